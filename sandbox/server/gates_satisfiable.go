package server

import (
	"fmt"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/rest"
)

// checkSatisfiable refuses a rule that nobody could ever satisfy, whoever joins a team or gets a permission: one without
// approvers, and one that asks for more approvals than the people whom it names.
func (g *gate) checkSatisfiable() error {
	if len(g.Approvers) == 0 {
		return rest.BadRequest("Invalid input: rule.eligibleApprovers is empty, so that nobody could approve")
	}
	named := map[string]bool{}
	for _, a := range g.Approvers {
		if a.Kind != eligibleUser {
			return nil
		}
		named[a.User] = true
	}
	if len(named) < g.RequiredApprovals {
		return rest.BadRequest("Invalid input: rule.numApprovalsRequired is %d, and rule.eligibleApprovers names %d", g.RequiredApprovals, len(named))
	}
	return nil
}

// outOfReach names the gate that nobody can satisfy for a request as things are, since too few people may approve; "" if there
// is none, and somebody only has to.
func (s *org) outOfReach(q *changeRequest, e *environment) string {
	for _, g := range s.gatesOn(q.Environment, q.Action) {
		may := 0
		for _, u := range s.state.Users {
			if (u.Login != q.Creator || g.AllowSelfApproval) && s.eligible(principal{login: u.Login, user: u}, g, e) {
				may++
			}
		}
		if may < g.RequiredApprovals {
			return fmt.Sprintf(": gate '%s' asks for %d approvals, and only %d people may give one", g.Name, g.RequiredApprovals, may)
		}
	}
	return ""
}
