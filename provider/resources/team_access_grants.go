package resources

import (
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/access"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/cloud"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/timetext"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/types"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/wire"
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
	grants := teamGrants{roles: team.RoleIDs, entities: map[access.EntityRef]access.TeamGrant{}}
	for _, g := range team.Stacks {
		if g.Permission != cloud.StackNone {
			grants.entities[access.EntityRef{Kind: access.Stack, Project: g.Project, Name: g.Stack}] = access.TeamGrant{Level: g.Permission.Level()}
		}
	}
	for _, g := range team.Environments {
		if access.Level(g.Permission) == access.None {
			continue
		}
		key := access.EntityRef{Kind: access.Environment, Project: g.Project, Name: g.Environment}
		maxOpen, err := readMaxOpen(g.MaxOpenDuration)
		if err != nil {
			return grants, fmt.Errorf("team %q, %s: %w", team.Name, key, err)
		}
		grants.entities[key] = access.TeamGrant{Level: access.Level(g.Permission), MaxOpenDuration: maxOpen}
	}
	for _, g := range team.Accounts {
		if g.Permission != 0 {
			grants.entities[access.EntityRef{Kind: access.Account, Name: g.Account}] = access.TeamGrant{Level: g.Permission.Level()}
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

// grantsOfInputs returns what the inputs ask for. A duration that is unknown at a preview decodes to an empty text: no bound.
func grantsOfInputs(v TeamAccessArgs) (teamGrants, error) {
	grants := teamGrants{roles: list(v.RoleIDs), entities: map[access.EntityRef]access.TeamGrant{}}
	for _, g := range list(v.Stacks) {
		grants.entities[access.EntityRef{Kind: access.Stack, Project: g.Project, Name: g.Stack}] = access.TeamGrant{Level: access.Level(g.Permission)}
	}
	for _, g := range list(v.Environments) {
		level := access.TeamGrant{Level: access.Level(g.Permission)}
		key := access.EntityRef{Kind: access.Environment, Project: g.Project, Name: g.Environment}
		if bound := text(g.MaxOpenDuration); bound != "" {
			var err error
			if level.MaxOpenDuration, err = timetext.ParseDuration(bound); err != nil {
				return grants, fmt.Errorf("team %q, %s: %w", v.Team, key, err)
			}
		}
		grants.entities[key] = level
	}
	for _, g := range list(v.Accounts) {
		grants.entities[access.EntityRef{Kind: access.Account, Name: g.Account}] = access.TeamGrant{Level: access.Level(g.Permission)}
	}
	return grants, nil
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
		wire.SortSet(roles)
		v.RoleIDs = &roles
	}
	stacks, environments, accounts := []types.TeamStackGrant{}, []types.TeamEnvironmentGrant{}, []types.TeamAccountGrant{}
	for _, key := range slices.SortedFunc(maps.Keys(g.entities), access.EntityRef.Compare) {
		level := g.entities[key]
		switch key.Kind {
		case access.Stack:
			stacks = append(stacks, types.TeamStackGrant{
				Project: key.Project, Stack: key.Name, Permission: types.StackPermission(level.Level),
			})
		case access.Environment:
			environments = append(environments, types.TeamEnvironmentGrant{
				Project: key.Project, Environment: key.Name, Permission: types.EnvironmentPermission(level.Level),
				MaxOpenDuration: writeMaxOpen(level.MaxOpenDuration),
			})
		case access.Account:
			accounts = append(accounts, types.TeamAccountGrant{Account: key.Name, Permission: types.AccountPermission(level.Level)})
		case access.Organization, access.Team:
		}
	}
	wire.SortSet(stacks)
	wire.SortSet(environments)
	wire.SortSet(accounts)
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
	text := timetext.FormatDuration(d)
	return &text
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
func readTeamAccess(inputs TeamAccessArgs, before TeamAccessState, live teamGrants) (TeamAccessState, error) {
	recorded, err := grantsOfInputs(argsOfTeamAccess(before))
	if err != nil {
		return TeamAccessState{}, err
	}
	owned := ownedBy(inputs)
	kept := teamGrants{roles: live.roles, entities: map[access.EntityRef]access.TeamGrant{}}
	if !owned.roles {
		kept.roles = slices.DeleteFunc(slices.Clone(live.roles), func(id string) bool { return !slices.Contains(recorded.roles, id) })
	}
	for key, level := range live.entities {
		if _, own := recorded.entities[key]; own || owned.kind(key.Kind) {
			kept.entities[key] = level
		}
	}
	return stateOfTeamAccess(inputs.keeping(before).withGrants(kept).withoutEmptied(inputs)), nil
}

// argsOfTeamAccess are the inputs that would ask for a state.
func argsOfTeamAccess(v TeamAccessState) TeamAccessArgs {
	return TeamAccessArgs{
		Organization: &v.Organization, Team: v.Team, RoleIDs: v.RoleIDs, Stacks: v.Stacks, Environments: v.Environments,
		Accounts: v.Accounts, Allow: v.Allow,
	}
}
