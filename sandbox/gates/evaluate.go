package gates

import (
	"slices"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/authz"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/core"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/state"
)

// Eligible reports whether a person may approve at a gate. A machine token is never eligible, also where it holds the
// permission that approvers need.
func Eligible(s *core.Org, p authz.Principal, g *state.Gate, e *state.Environment) bool {
	if p.User == nil || p.User.Suspended {
		return false
	}
	return slices.ContainsFunc(g.Approvers, func(a state.Approver) bool {
		switch a.Kind {
		case state.EligibleTeam:
			t, ok := s.State.Teams[a.Team]
			if !ok || t.ID != a.TeamID {
				return false
			}
			_, in := t.Members[p.User.Login]
			return in
		case state.EligibleUser:
			return a.User == p.User.Login
		case state.EligiblePermission:
			return s.Rules().Can(p, a.Permission, authz.Environment(e))
		}
		return false
	})
}

// approvers lists whose approvals count at a gate now: given to the latest revision if the gate asks for that, by people
// who are still eligible.
func approvers(s *core.Org, q *state.ChangeRequest, g *state.Gate, e *state.Environment) []string {
	logins := []string{}
	for _, a := range q.Approvals {
		u, member := s.State.Users[a.Login]
		switch {
		case !member || slices.Contains(logins, a.Login):
		case g.Reapproval && a.Revision != q.Latest().Number:
		case a.Login == q.Creator && !g.AllowSelfApproval:
		case Eligible(s, authz.Principal{Login: u.Login, User: u}, g, e):
			logins = append(logins, a.Login)
		}
	}
	return logins
}

type WireGateEvaluation struct {
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
	RuleType          string          `json:"ruleType"`
	RequiredApprovals int             `json:"requiredApprovals"`
	Approvers         []core.UserInfo `json:"approvers"`
}

// Evaluate evaluates a request by the current gates. Every gate must be satisfied.
func Evaluate(s *core.Org, q *state.ChangeRequest, e *state.Environment) WireGateEvaluation {
	all := WireGateEvaluation{Satisfied: true, Gates: []wireSingleEvaluation{}}
	for _, g := range GatesOn(s, q.Environment, q.Action) {
		one := wireSingleEvaluation{ID: g.ID, Name: g.Name, Details: wireApprovalDetails{
			RuleType: state.ApprovalRequired, RequiredApprovals: g.RequiredApprovals, Approvers: []core.UserInfo{},
		}}
		for _, login := range approvers(s, q, g, e) {
			one.Details.Approvers = append(one.Details.Approvers, s.UserInfo(login))
		}
		one.Satisfied = len(one.Details.Approvers) >= g.RequiredApprovals
		all.Satisfied = all.Satisfied && one.Satisfied
		all.Gates = append(all.Gates, one)
	}
	return all
}
