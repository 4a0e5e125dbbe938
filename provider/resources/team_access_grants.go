package resources

import (
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/property"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/access"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/cloud"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/types"
)

var teamStackNumbers = map[access.Level]cloud.StackPermission{
	access.Read: cloud.StackRead, access.Write: cloud.StackWrite, access.Admin: cloud.StackAdmin,
}

// teamAccountLevels are in the order of the service's numbers, which start at 1.
var teamAccountLevels = []access.Level{access.Read, access.Write, access.Admin}

func accountNumber(level access.Level) cloud.AccountPermission {
	return cloud.AccountPermission(slices.Index(teamAccountLevels, level) + 1)
}

// grantsOfTeam is what the service says that a team is granted, its roles apart.
func grantsOfTeam(team cloud.Team) (teamGrants, error) {
	grants := teamGrants{roles: team.RoleIDs, entities: map[grantKey]grantLevel{}}
	for _, g := range team.Stacks {
		if g.Permission != cloud.StackNone {
			grants.entities[grantKey{access.Stack, g.Project, g.Stack}] = grantLevel{level: g.Permission.Level()}
		}
	}
	for _, g := range team.Environments {
		if access.Level(g.Permission) == access.None {
			continue
		}
		key := grantKey{access.Environment, g.Project, g.Environment}
		maxOpen, err := readMaxOpen(g.MaxOpenDuration)
		if err != nil {
			return grants, fmt.Errorf("team %q, %s: %w", team.Name, key, err)
		}
		grants.entities[key] = grantLevel{level: access.Level(g.Permission), maxOpen: maxOpen}
	}
	for _, g := range team.Accounts {
		if g.Permission != 0 {
			grants.entities[grantKey{access.Account, "", g.Account}] = grantLevel{level: g.Permission.Level()}
		}
	}
	return grants, nil
}

func readMaxOpen(value string) (time.Duration, error) {
	if value == "" {
		return 0, nil
	}
	d, err := time.ParseDuration(value)
	if err != nil {
		return 0, fmt.Errorf("the service's maxOpenDuration %q is not a duration: %w", value, err)
	}
	return d, nil
}

// grantsOfInputs is what the inputs ask for. They were checked.
func grantsOfInputs(v TeamAccessArgs) teamGrants {
	grants := teamGrants{roles: list(v.RoleIDs), entities: map[grantKey]grantLevel{}}
	for _, g := range list(v.Stacks) {
		grants.entities[grantKey{access.Stack, g.Project, g.Stack}] = grantLevel{level: access.Level(g.Permission)}
	}
	for _, g := range list(v.Environments) {
		level := grantLevel{level: access.Level(g.Permission)}
		if g.MaxOpenDuration != nil {
			level.maxOpen, _ = types.ParseDuration(*g.MaxOpenDuration) // unknown durations decode to nothing, in previews only
		}
		grants.entities[grantKey{access.Environment, g.Project, g.Environment}] = level
	}
	for _, g := range list(v.Accounts) {
		grants.entities[grantKey{access.Account, "", g.Account}] = grantLevel{level: access.Level(g.Permission)}
	}
	return grants
}

func ownedBy(v TeamAccessArgs) ownedAxes {
	return ownedAxes{
		roles: v.RoleIDs != nil, stacks: v.Stacks != nil, environments: v.Environments != nil, accounts: v.Accounts != nil,
	}
}

// withGrants are the inputs with what a team is granted on every axis that they manage, in canonical order.
func (v TeamAccessArgs) withGrants(g teamGrants) TeamAccessArgs {
	if v.RoleIDs != nil {
		roles := append([]string{}, g.roles...)
		slices.SortFunc(roles, byKey(stringValue))
		v.RoleIDs = &roles
	}
	stacks, environments, accounts := []types.TeamStackGrant{}, []types.TeamEnvironmentGrant{}, []types.TeamAccountGrant{}
	for _, key := range slices.SortedFunc(maps.Keys(g.entities), compareKeys) {
		level := g.entities[key]
		switch key.kind {
		case access.Stack:
			stacks = append(stacks, types.TeamStackGrant{
				Project: key.project, Stack: key.name, Permission: types.StackPermission(level.level),
			})
		case access.Environment:
			environments = append(environments, types.TeamEnvironmentGrant{
				Project: key.project, Environment: key.name, Permission: types.EnvironmentPermission(level.level),
				MaxOpenDuration: writeMaxOpen(level.maxOpen),
			})
		case access.Account:
			accounts = append(accounts, types.TeamAccountGrant{Account: key.name, Permission: types.AccountPermission(level.level)})
		case access.Organization, access.Team:
		}
	}
	slices.SortFunc(stacks, byKey(stackGrantValue))
	slices.SortFunc(environments, byKey(environmentGrantValue))
	slices.SortFunc(accounts, byKey(accountGrantValue))
	if v.Stacks != nil {
		v.Stacks = &stacks
	}
	if v.Environments != nil {
		v.Environments = &environments
	}
	if v.Accounts != nil {
		v.Accounts = &accounts
	}
	return v
}

func writeMaxOpen(d time.Duration) *string {
	if d == 0 {
		return nil
	}
	text := types.FormatDuration(d)
	return &text
}

func stackGrantValue(g types.TeamStackGrant) property.Value {
	return property.New(map[string]property.Value{
		"project": property.New(g.Project), "stack": property.New(g.Stack), "permission": property.New(string(g.Permission)),
	})
}

func environmentGrantValue(g types.TeamEnvironmentGrant) property.Value {
	fields := map[string]property.Value{
		"project": property.New(g.Project), "environment": property.New(g.Environment),
		"permission": property.New(string(g.Permission)),
	}
	if g.MaxOpenDuration != nil {
		fields["maxOpenDuration"] = property.New(*g.MaxOpenDuration)
	}
	return property.New(fields)
}

func accountGrantValue(g types.TeamAccountGrant) property.Value {
	return property.New(map[string]property.Value{
		"account": property.New(g.Account), "permission": property.New(string(g.Permission)),
	})
}

// keeping are the inputs with the axes besides that the state shows to be managed: nothing is wanted on those any more.
func (v TeamAccessArgs) keeping(state TeamAccessState) TeamAccessArgs {
	if v.RoleIDs == nil && state.RoleIDs != nil {
		v.RoleIDs = &[]string{}
	}
	if v.Stacks == nil && state.Stacks != nil {
		v.Stacks = &[]types.TeamStackGrant{}
	}
	if v.Environments == nil && state.Environments != nil {
		v.Environments = &[]types.TeamEnvironmentGrant{}
	}
	if v.Accounts == nil && state.Accounts != nil {
		v.Accounts = &[]types.TeamAccountGrant{}
	}
	return v
}

// withoutEmptied drops the axes that the program does not name, once nothing is left on them.
func (v TeamAccessArgs) withoutEmptied(want TeamAccessArgs) TeamAccessArgs {
	if want.RoleIDs == nil && len(list(v.RoleIDs)) == 0 {
		v.RoleIDs = nil
	}
	if want.Stacks == nil && len(list(v.Stacks)) == 0 {
		v.Stacks = nil
	}
	if want.Environments == nil && len(list(v.Environments)) == 0 {
		v.Environments = nil
	}
	if want.Accounts == nil && len(list(v.Accounts)) == 0 {
		v.Accounts = nil
	}
	return v
}

// readTeamAccess is the state of a team that is granted this now. On an axis that the program does not name any more, only
// what this resource granted before is its own.
func readTeamAccess(inputs TeamAccessArgs, before TeamAccessState, live teamGrants) TeamAccessState {
	owned, recorded := ownedBy(inputs), grantsOfInputs(argsOfTeamAccess(before))
	kept := teamGrants{roles: live.roles, entities: map[grantKey]grantLevel{}}
	if !owned.roles {
		kept.roles = slices.DeleteFunc(slices.Clone(live.roles), func(id string) bool { return !slices.Contains(recorded.roles, id) })
	}
	for key, level := range live.entities {
		if _, own := recorded.entities[key]; own || owned.kind(key.kind) {
			kept.entities[key] = level
		}
	}
	return stateOfTeamAccess(inputs.keeping(before).withGrants(kept).withoutEmptied(inputs))
}

// argsOfTeamAccess are the inputs that would ask for a state.
func argsOfTeamAccess(v TeamAccessState) TeamAccessArgs {
	return TeamAccessArgs{
		Organization: &v.Organization, Team: v.Team, RoleIDs: v.RoleIDs, Stacks: v.Stacks, Environments: v.Environments,
		Accounts: v.Accounts, Allow: v.Allow,
	}
}
