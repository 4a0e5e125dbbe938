package server

import (
	"fmt"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/state"
)

// outOfReach names the gate that nobody can satisfy for a request as things are, since too few people may approve; "" if there
// is none, and somebody only has to.
func (s *org) outOfReach(q *state.ChangeRequest, e *state.Environment) string {
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
