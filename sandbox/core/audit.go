package core

import (
	"fmt"
	"net"
	"slices"
	"strings"
	"time"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/authz"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/state"
)

// Audit records that the caller did something, or was refused it.
func (c *Call) Audit(event, format string, args ...any) {
	e := NewAuditEvent(c.Org.Now(), c.Caller, event, fmt.Sprintf(format, args...))
	e.SourceIP = sourceIP(c.Request.RemoteAddr)
	c.Org.State.History.Audit = append(c.Org.State.History.Audit, e)
	c.Org.State.History.Trim(c.Org.Options.KeepEvents)
}

func NewAuditEvent(at time.Time, by authz.Principal, event, description string) state.AuditEvent {
	e := state.AuditEvent{
		Time: at, Event: event, Description: description, Login: by.Login, Name: by.Name,
		AuthFailure: strings.HasPrefix(event, "auth-failure-") || event == "environment-unauthorized-open",
		ReqOrgAdmin: slices.ContainsFunc(adminEvents, func(p string) bool { return strings.HasPrefix(event, p) }),
		ReqStackAdmin: strings.HasPrefix(event, "stack-collaborator-") || event == "stack-deleted" ||
			event == "deployment-settings-role-updated",
	}
	if t := by.Token; t != nil {
		e.TokenID, e.TokenName = t.ID, t.Name
	}
	return e
}

// adminEvents are those that the service marks as needing an organization administrator.
var adminEvents = []string{"custom-role-", "member-", "team-", "organization-", "change-gate-"}

func sourceIP(address string) string {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return address
	}
	return host
}
