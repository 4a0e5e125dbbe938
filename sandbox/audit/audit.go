// Package audit serves the audit log of an organization; see [Routes]. [GenerateAudit] fills it with plausible past events.
// [core.Call.Audit] writes events.
package audit

import (
	"slices"
	"strconv"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/core"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/rest"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/state"
)

type auditLogs struct {
	Events            []auditLogEvent `json:"auditLogEvents"`
	ContinuationToken string          `json:"continuationToken,omitempty"`
}

type auditLogEvent struct {
	Timestamp     int64         `json:"timestamp"`
	Event         string        `json:"event"`
	Description   string        `json:"description"`
	User          core.UserInfo `json:"user"`
	SourceIP      string        `json:"sourceIP"`
	TokenID       string        `json:"tokenID,omitempty"`
	TokenName     string        `json:"tokenName,omitempty"`
	ReqOrgAdmin   bool          `json:"reqOrgAdmin"`
	ReqStackAdmin bool          `json:"reqStackAdmin"`
	AuthFailure   bool          `json:"authFailure"`
}

func Routes() []core.Route {
	return []core.Route{
		{Pattern: "GET /api/orgs/{orgName}/auditlogs", Handle: rest.Plain(listAuditV1)},
		{Pattern: "GET /api/orgs/{orgName}/auditlogs/v2", Handle: rest.Plain(listAuditV2)},
	}
}

// listAuditV1 is the first version, in which startTime is the latest time, not the earliest.
func listAuditV1(c *core.Call) error {
	if c.Query("startTime") == "" && c.Query("continuationToken") == "" {
		return rest.BadRequest("startTime or continuationToken is required")
	}
	until, err := seconds(c, "startTime", maxSeconds)
	if err != nil {
		return err
	}
	end, err := seconds(c, "endTime", maxSeconds)
	if err != nil {
		return err
	}
	return listAudit(c, 0, min(until, end))
}

func listAuditV2(c *core.Call) error {
	from, err := seconds(c, "startTime", 0)
	if err != nil {
		return err
	}
	until, err := seconds(c, "endTime", maxSeconds)
	if err != nil {
		return err
	}
	return listAudit(c, from, until)
}

const maxSeconds = int64(1) << 40

// seconds reads a time in Unix seconds.
func seconds(c *core.Call, parameter string, absent int64) (int64, error) {
	text := c.Query(parameter)
	if text == "" {
		return absent, nil
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return 0, rest.BadRequest("%s must be a Unix time in seconds", parameter)
	}
	return n, nil
}

func listAudit(c *core.Call, from, until int64) error {
	if err := c.RequireOrg("audit_logs:read"); err != nil {
		return err
	}
	if login := c.Query("userFilter"); login != "" && !knowsActor(c.Org, login) {
		return rest.NotFound("user not found")
	}
	events, next, err := auditPage(c, auditFilter(c, from, until))
	if err != nil {
		return err
	}
	return c.OK(auditLogs{Events: rest.OrNone(events), ContinuationToken: next})
}

// auditPage goes back from where the last page ended. A token is the number of the event to go on with, counted from the first
// one ever, so that events that come in between move nothing.
func auditPage(c *core.Call, wanted func(state.AuditEvent) bool) (events []auditLogEvent, next string, err error) {
	h := c.Org.State.History
	i := len(h.Audit) - 1
	if token := c.Query("continuationToken"); token != "" {
		number, err := strconv.Atoi(token)
		if err != nil || number < 0 {
			return nil, "", rest.BadRequest("invalid continuation token")
		}
		i = min(i, number-h.Dropped)
	}
	for ; i >= 0; i-- {
		if !wanted(h.Audit[i]) {
			continue
		}
		if len(events) == c.Org.Options.PageSize {
			return events, strconv.Itoa(h.Dropped + i), nil
		}
		events = append(events, showEvent(h.Audit[i]))
	}
	return events, "", nil
}

func auditFilter(c *core.Call, from, until int64) func(state.AuditEvent) bool {
	event, login := c.Query("eventFilter"), c.Query("userFilter")
	return func(e state.AuditEvent) bool {
		at := e.Time.Unix()
		return at >= from && at <= until && (event == "" || event == e.Event) && (login == "" || login == e.Login)
	}
}

func knowsActor(s *core.Org, login string) bool {
	if _, ok := s.State.Users[login]; ok {
		return true
	}
	return slices.ContainsFunc(s.State.History.Audit, func(e state.AuditEvent) bool { return e.Login == login })
}

func showEvent(e state.AuditEvent) auditLogEvent {
	return auditLogEvent{
		Timestamp: e.Time.Unix(), Event: e.Event, Description: e.Description, SourceIP: e.SourceIP,
		User:    core.UserInfo{Login: e.Login, Name: e.Name, AvatarURL: core.Avatar(e.Login)},
		TokenID: e.TokenID, TokenName: e.TokenName, ReqOrgAdmin: e.ReqOrgAdmin, ReqStackAdmin: e.ReqStackAdmin,
		AuthFailure: e.AuthFailure,
	}
}
