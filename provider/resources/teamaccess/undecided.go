package teamaccess

import (
	"context"
	"fmt"
	"slices"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/access"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/ptr"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/resources/kit"
)

// sayUndecided tells at preview which grants may be taken away, because part of an axis is not known yet.
func (r reconciler) sayUndecided(ctx context.Context, op kit.Op, actual grantSet) {
	known := map[access.EntityRef]bool{}
	for _, g := range kit.KnownElements(op, "stacks", ptr.Value(r.desired.Stacks)) {
		known[access.EntityRef{Kind: access.Stack, Project: g.Project, Name: g.Stack}] = true
	}
	for _, g := range kit.KnownElements(op, "environments", ptr.Value(r.desired.Environments)) {
		known[access.EntityRef{Kind: access.Environment, Project: g.Project, Name: g.Environment}] = true
	}
	for _, g := range kit.KnownElements(op, "accounts", ptr.Value(r.desired.Accounts)) {
		known[access.EntityRef{Kind: access.Account, Name: g.Account}] = true
	}
	mayGo := map[access.EntityKind][]string{}
	for key, level := range actual.entities {
		if !known[key] {
			mayGo[key.Kind] = append(mayGo[key.Kind], level.String()+" on "+key.String())
		}
	}
	for _, axis := range []struct {
		input string
		kind  access.EntityKind
	}{{"stacks", access.Stack}, {"environments", access.Environment}, {"accounts", access.Account}} {
		slices.Sort(mayGo[axis.kind])
		kit.WarnUndecided(ctx, op, fmt.Sprintf("team %q: its grants on %s", r.team, axis.input), []string{axis.input}, mayGo[axis.kind])
	}
	var roles []string
	for _, id := range foreignRoles(actual.roles, kit.KnownElements(op, "roleIds", ptr.Value(r.desired.RoleIDs)), nil) {
		roles = append(roles, "role "+id)
	}
	if len(roles) > 0 { // a team without a role has none to lose
		kit.WarnUndecided(ctx, op, fmt.Sprintf("team %q: its role", r.team), []string{"roleIds"}, roles)
	}
}
