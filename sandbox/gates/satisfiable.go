package gates

import (
	"fmt"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/authz"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/core"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/state"
)

// OutOfReach returns why the request cannot get its approvals now: the text names the first gate for which fewer people may
// approve than it requires. It returns "" if every gate can be satisfied.
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
