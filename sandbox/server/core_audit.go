package server

import (
	"fmt"
	"net"
	"slices"
	"strings"
	"time"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/state"
)

// audit records that the caller did something, or was refused it.
func (c *call) audit(event, format string, args ...any) {
	e := newAuditEvent(c.s.now(), c.caller, event, fmt.Sprintf(format, args...))
	e.SourceIP = sourceIP(c.Request.RemoteAddr)
	c.s.state.History.Audit = append(c.s.state.History.Audit, e)
	c.s.state.History.Trim(c.s.options.KeepEvents)
}

func newAuditEvent(at time.Time, by principal, event, description string) state.AuditEvent {
	e := state.AuditEvent{
		Time: at, Event: event, Description: description, Login: by.login, Name: by.name,
		AuthFailure: strings.HasPrefix(event, "auth-failure-") || event == "environment-unauthorized-open",
		ReqOrgAdmin: slices.ContainsFunc(adminEvents, func(p string) bool { return strings.HasPrefix(event, p) }),
		ReqStackAdmin: strings.HasPrefix(event, "stack-collaborator-") || event == "stack-deleted" ||
			event == "deployment-settings-role-updated",
	}
	if t := by.token; t != nil {
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
