package server

import (
	"slices"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/state"
)

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
