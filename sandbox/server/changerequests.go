package server

import (
	"slices"

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

// closeRequests ends what was asked for an environment that was deleted.
func (s *org) closeRequests(environmentID string) {
	for _, q := range s.state.History.Requests {
		if q.EnvironmentID == environmentID && q.Active() {
			q.Status = state.StatusClosed
		}
	}
}

// eligible tells whether a person may approve at a gate. Only people do: a machine token is no member of a team and no
// user, and a permission that a machine holds does not make it one.
func (s *org) eligible(p principal, g *state.Gate, e *state.Environment) bool {
	if p.user == nil || p.user.Suspended {
		return false
	}
	return slices.ContainsFunc(g.Approvers, func(a state.Approver) bool {
		switch a.Kind {
		case state.EligibleTeam:
			t, ok := s.state.Teams[a.Team]
			if !ok || t.ID != a.TeamID {
				return false
			}
			_, in := t.Members[p.user.Login]
			return in
		case state.EligibleUser:
			return a.User == p.user.Login
		case state.EligiblePermission:
			return s.rules().can(p, a.Permission, environmentEntity(e))
		}
		return false
	})
}

// approvers lists whose approvals count at a gate now: given to the latest revision if the gate asks for that, by people
// who are still eligible.
func (s *org) approvers(q *state.ChangeRequest, g *state.Gate, e *state.Environment) []string {
	logins := []string{}
	for _, a := range q.Approvals {
		u, member := s.state.Users[a.Login]
		switch {
		case !member || slices.Contains(logins, a.Login):
		case g.Reapproval && a.Revision != q.Latest().Number:
		case a.Login == q.Creator && !g.AllowSelfApproval:
		case s.eligible(principal{login: u.Login, user: u}, g, e):
			logins = append(logins, a.Login)
		}
	}
	return logins
}

type wireGateEvaluation struct {
	Satisfied bool                   `json:"satisfied"`
	Gates     []wireSingleEvaluation `json:"applicableGates"`
}

type wireSingleEvaluation struct {
	ID        string              `json:"id"`
	Name      string              `json:"name"`
	Satisfied bool                `json:"satisfied"`
	Details   wireApprovalDetails `json:"ruleDetails"`
}

type wireApprovalDetails struct {
	RuleType          string     `json:"ruleType"`
	RequiredApprovals int        `json:"requiredApprovals"`
	Approvers         []userInfo `json:"approvers"`
}

// evaluate holds a request against the gates that there are now. Every gate must be satisfied.
func (s *org) evaluate(q *state.ChangeRequest, e *state.Environment) wireGateEvaluation {
	all := wireGateEvaluation{Satisfied: true, Gates: []wireSingleEvaluation{}}
	for _, g := range s.gatesOn(q.Environment, q.Action) {
		one := wireSingleEvaluation{ID: g.ID, Name: g.Name, Details: wireApprovalDetails{
			RuleType: state.ApprovalRequired, RequiredApprovals: g.RequiredApprovals, Approvers: []userInfo{},
		}}
		for _, login := range s.approvers(q, g, e) {
			one.Details.Approvers = append(one.Details.Approvers, s.userInfo(login))
		}
		one.Satisfied = len(one.Details.Approvers) >= g.RequiredApprovals
		all.Satisfied = all.Satisfied && one.Satisfied
		all.Gates = append(all.Gates, one)
	}
	return all
}
