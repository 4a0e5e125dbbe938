package gates

import (
	"fmt"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/authz"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/core"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/state"
)

// OutOfReach names the gate that nobody can satisfy for a request as things are, since too few people may approve; "" if there
// is none, and somebody only has to.
func OutOfReach(s *core.Org, q *state.ChangeRequest, e *state.Environment) string {
	for _, g := range GatesOn(s, q.Environment, q.Action) {
		may := 0
		for _, u := range s.State.Users {
			if (u.Login != q.Creator || g.AllowSelfApproval) && Eligible(s, authz.Principal{Login: u.Login, User: u}, g, e) {
				may++
			}
		}
		if may < g.RequiredApprovals {
			return fmt.Sprintf(": gate '%s' asks for %d approvals, and only %d people may give one", g.Name, g.RequiredApprovals, may)
		}
	}
	return ""
}
