package server

import (
	"slices"
)

// newRequest files a request of the caller's.
func (c *call) newRequest(action string, e *environment, first proposal) *changeRequest {
	q := &changeRequest{
		ID: c.s.state.newID("change-request", e.path()), Action: action, Status: statusDraft,
		Environment: e.path(), EnvironmentID: e.ID, Creator: c.caller.login, Created: c.s.now(), Revisions: []proposal{first},
	}
	c.s.state.History.Requests = append(c.s.state.History.Requests, q)
	c.note(q, requestEvent{Type: eventRevision})
	return q
}

// note adds an event to the request's own log. It is no audit event: the service documents none for approvals.
func (c *call) note(q *changeRequest, e requestEvent) {
	e.ID = c.s.state.newID("event", q.ID)
	e.RequestID, e.Login, e.Created, e.Revision = q.ID, c.caller.login, c.s.now(), q.latest().Number
	q.Events = append(q.Events, e)
}

func (c *call) moveRequest(q *changeRequest, status, reason string) {
	c.note(q, requestEvent{Type: eventStatus, From: q.Status, To: status, Reason: reason})
	q.Status = status
}

// propose adds a revision; approvals stay, and a gate that wants them anew stops counting them.
func (c *call) propose(q *changeRequest, next proposal) {
	next.Number = q.latest().Number + 1
	q.Revisions = append(q.Revisions, next)
	c.note(q, requestEvent{Type: eventRevision})
}

// closeRequests ends what was asked for an environment that was deleted.
func (s *org) closeRequests(environmentID string) {
	for _, q := range s.state.History.Requests {
		if q.EnvironmentID == environmentID && q.active() {
			q.Status = statusClosed
		}
	}
}

// eligible tells whether a person may approve at a gate. Only people do: a machine token is no member of a team and no
// user, and a permission that a machine holds does not make it one.
func (s *org) eligible(p principal, g *gate, e *environment) bool {
	if p.user == nil || p.user.Suspended {
		return false
	}
	return slices.ContainsFunc(g.Approvers, func(a approver) bool {
		switch a.Kind {
		case eligibleTeam:
			t, ok := s.state.Teams[a.Team]
			if !ok || t.ID != a.TeamID {
				return false
			}
			_, in := t.Members[p.user.Login]
			return in
		case eligibleUser:
			return a.User == p.user.Login
		case eligiblePermission:
			return s.rules().can(p, a.Permission, environmentEntity(e))
		}
		return false
	})
}

// approvers lists whose approvals count at a gate now: given to the latest revision if the gate asks for that, by people
// who are still eligible.
func (s *org) approvers(q *changeRequest, g *gate, e *environment) []string {
	logins := []string{}
	for _, a := range q.Approvals {
		u, member := s.state.Users[a.Login]
		switch {
		case !member || slices.Contains(logins, a.Login):
		case g.Reapproval && a.Revision != q.latest().Number:
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
func (s *org) evaluate(q *changeRequest, e *environment) wireGateEvaluation {
	all := wireGateEvaluation{Satisfied: true, Gates: []wireSingleEvaluation{}}
	for _, g := range s.gatesOn(q.Environment, q.Action) {
		one := wireSingleEvaluation{ID: g.ID, Name: g.Name, Details: wireApprovalDetails{
			RuleType: approvalRequired, RequiredApprovals: g.RequiredApprovals, Approvers: []userInfo{},
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
