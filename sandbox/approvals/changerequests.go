package approvals

import (
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/core"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/state"
)

// newRequest files a request of the caller's.
func newRequest(c *core.Call, action string, e *state.Environment, first state.Proposal) *state.ChangeRequest {
	q := &state.ChangeRequest{
		ID: c.Org.State.NewID("change-request", e.Path()), Action: action, Status: state.StatusDraft,
		Environment: e.Path(), EnvironmentID: e.ID, Creator: c.Caller.Login, Created: c.Org.Now(), Revisions: []state.Proposal{first},
	}
	c.Org.State.History.Requests = append(c.Org.State.History.Requests, q)
	note(c, q, state.RequestEvent{Type: state.EventRevision})
	return q
}

// note adds an event to the request's own log, not to the audit log: the service documents no audit events for approvals.
func note(c *core.Call, q *state.ChangeRequest, e state.RequestEvent) {
	e.ID = c.Org.State.NewID("event", q.ID)
	e.RequestID, e.Login, e.Created, e.Revision = q.ID, c.Caller.Login, c.Org.Now(), q.Latest().Number
	q.Events = append(q.Events, e)
}

func moveRequest(c *core.Call, q *state.ChangeRequest, status, reason string) {
	note(c, q, state.RequestEvent{Type: state.EventStatus, From: q.Status, To: status, Reason: reason})
	q.Status = status
}

// propose adds a revision. Approvals stay in the list; a gate that requires reapproval no longer counts them.
func propose(c *core.Call, q *state.ChangeRequest, next state.Proposal) {
	next.Number = q.Latest().Number + 1
	q.Revisions = append(q.Revisions, next)
	note(c, q, state.RequestEvent{Type: state.EventRevision})
}
