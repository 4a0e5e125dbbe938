package server

import (
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/state"
)

// newRequest files a request of the caller's.
func (c *call) newRequest(action string, e *state.Environment, first state.Proposal) *state.ChangeRequest {
	q := &state.ChangeRequest{
		ID: c.s.state.NewID("change-request", e.Path()), Action: action, Status: state.StatusDraft,
		Environment: e.Path(), EnvironmentID: e.ID, Creator: c.caller.login, Created: c.s.now(), Revisions: []state.Proposal{first},
	}
	c.s.state.History.Requests = append(c.s.state.History.Requests, q)
	c.note(q, state.RequestEvent{Type: state.EventRevision})
	return q
}

// note adds an event to the request's own log. It is no audit event: the service documents none for approvals.
func (c *call) note(q *state.ChangeRequest, e state.RequestEvent) {
	e.ID = c.s.state.NewID("event", q.ID)
	e.RequestID, e.Login, e.Created, e.Revision = q.ID, c.caller.login, c.s.now(), q.Latest().Number
	q.Events = append(q.Events, e)
}

func (c *call) moveRequest(q *state.ChangeRequest, status, reason string) {
	c.note(q, state.RequestEvent{Type: state.EventStatus, From: q.Status, To: status, Reason: reason})
	q.Status = status
}

// propose adds a revision; approvals stay, and a gate that wants them anew stops counting them.
func (c *call) propose(q *state.ChangeRequest, next state.Proposal) {
	next.Number = q.Latest().Number + 1
	q.Revisions = append(q.Revisions, next)
	c.note(q, state.RequestEvent{Type: state.EventRevision})
}
