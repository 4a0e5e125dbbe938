package teamaccess

import (
	"context"
	"fmt"
	"slices"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/access"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/resources/kit"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/types"
)

// importedTeamAccess owns every axis.
func importedTeamAccess() Args {
	return Args{
		RoleIDs: &[]string{}, Stacks: &[]types.TeamStackGrant{}, Environments: &[]types.TeamEnvironmentGrant{},
		Accounts: &[]types.TeamAccountGrant{},
	}
}

// keepable are the inputs of an import that a program can keep: with the risks that are taken already, and without the axes on which
// something is held that no program can say.
func (v Args) keepable(ctx context.Context, actual grantSet) Args {
	unwritable := map[access.EntityKind][]string{}
	for key, level := range actual.entities {
		if !slices.Contains(access.Levels(key.Kind), level.Level) {
			unwritable[key.Kind] = append(unwritable[key.Kind], level.String()+" on "+key.String())
		}
		if key.Kind == access.Stack && level.Level == access.Admin {
			v.Allow = &[]types.OptIn{types.OptIn(access.AllowStackAdminForPeople)}
		}
	}
	leave := func(axis string, lines []string) bool {
		slices.Sort(lines)
		kit.WarnRemovals(ctx, fmt.Sprintf("team %q: %s is not managed by this import, because it cannot be written in a program. Change it in the "+
			"console, then set %[2]s:", v.Team, axis), lines)
		return len(lines) > 0
	}
	if len(actual.roles) > 1 && leave("roleIds", slices.Clone(actual.roles)) {
		v.RoleIDs = nil
	}
	if leave("stacks", unwritable[access.Stack]) {
		v.Stacks = nil
	}
	if leave("environments", unwritable[access.Environment]) {
		v.Environments = nil
	}
	if leave("accounts", unwritable[access.Account]) {
		v.Accounts = nil
	}
	return v
}
