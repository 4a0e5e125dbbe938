package teamaccess

import (
	"fmt"
	"slices"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/access"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/cloud"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/ptr"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/resources/teamgrants"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/timetext"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/types"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/wire"
)

// grantsOfTeam is what the service grants a team.
func grantsOfTeam(team cloud.Team) (grantSet, error) {
	grants := grantSet{roles: team.RoleIDs, entities: map[access.EntityRef]access.TeamGrant{}}
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
		maxOpen, err := teamgrants.ReadMaxOpen(g.MaxOpenDuration)
		if err != nil {
			return grants, fmt.Errorf("team %q, %s: %w", team.Name, key, err)
		}
		if access.Level(g.Permission) == access.Read {
			maxOpen = 0 // read does not open: a bound on it says nothing, and no program can write it
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

// grantsOfInputs returns what the inputs ask for. A duration that is unknown at a preview decodes to an empty text: no bound.
func grantsOfInputs(v Args) (grantSet, error) {
	grants := grantSet{roles: ptr.Value(v.RoleIDs), entities: map[access.EntityRef]access.TeamGrant{}}
	for _, g := range ptr.Value(v.Stacks) {
		grants.entities[access.EntityRef{Kind: access.Stack, Project: g.Project, Name: g.Stack}] = access.TeamGrant{Level: access.Level(g.Permission)}
	}
	for _, g := range ptr.Value(v.Environments) {
		level := access.TeamGrant{Level: access.Level(g.Permission)}
		key := access.EntityRef{Kind: access.Environment, Project: g.Project, Name: g.Environment}
		if bound := ptr.Value(g.MaxOpenDuration); bound != "" {
			var err error
			if level.MaxOpenDuration, err = timetext.ParseDuration(bound); err != nil {
				return grants, fmt.Errorf("team %q, %s: %w", v.Team, key, err)
			}
		}
		grants.entities[key] = level
	}
	for _, g := range ptr.Value(v.Accounts) {
		grants.entities[access.EntityRef{Kind: access.Account, Name: g.Account}] = access.TeamGrant{Level: access.Level(g.Permission)}
	}
	return grants, nil
}

func ownedBy(v Args) ownedAxes {
	return ownedAxes{
		roles: v.RoleIDs != nil, stacks: v.Stacks != nil, environments: v.Environments != nil, accounts: v.Accounts != nil,
	}
}

// withGrants are the inputs with what a team is granted on every axis that they manage, in canonical order.
func (v Args) withGrants(g grantSet) Args {
	stacks, environments, accounts := []types.TeamStackGrant{}, []types.TeamEnvironmentGrant{}, []types.TeamAccountGrant{}
	for key, level := range g.entities {
		switch key.Kind {
		case access.Stack:
			stacks = append(stacks, types.TeamStackGrant{
				Project: key.Project, Stack: key.Name, Permission: types.StackPermission(level.Level),
			})
		case access.Environment:
			environments = append(environments, types.TeamEnvironmentGrant{
				Project: key.Project, Environment: key.Name, Permission: types.EnvironmentPermission(level.Level),
				MaxOpenDuration: teamgrants.WriteMaxOpen(level.MaxOpenDuration),
			})
		case access.Account:
			accounts = append(accounts, types.TeamAccountGrant{Account: key.Name, Permission: types.AccountPermission(level.Level)})
		case access.Organization, access.Team:
		}
	}
	setAxis(&v.RoleIDs, append([]string{}, g.roles...))
	setAxis(&v.Stacks, stacks)
	setAxis(&v.Environments, environments)
	setAxis(&v.Accounts, accounts)
	return v
}

// setAxis sets an axis that is managed.
func setAxis[T any](axis **[]T, actual []T) {
	if *axis != nil {
		wire.SortSet(actual)
		*axis = &actual
	}
}

// keeping are the inputs with an empty list on each axis besides that the state shows to be managed.
func (v Args) keeping(state State) Args {
	keepAxis(&v.RoleIDs, state.RoleIDs)
	keepAxis(&v.Stacks, state.Stacks)
	keepAxis(&v.Environments, state.Environments)
	keepAxis(&v.Accounts, state.Accounts)
	return v
}

func keepAxis[T any](axis **[]T, before *[]T) {
	if *axis == nil && before != nil {
		*axis = &[]T{}
	}
}

// withoutEmptied drops the axes that the program does not name, once nothing is left on them.
func (v Args) withoutEmptied(desired Args) Args {
	dropEmptied(&v.RoleIDs, desired.RoleIDs)
	dropEmptied(&v.Stacks, desired.Stacks)
	dropEmptied(&v.Environments, desired.Environments)
	dropEmptied(&v.Accounts, desired.Accounts)
	return v
}

func dropEmptied[T any](axis **[]T, desired *[]T) {
	if desired == nil && len(ptr.Value(*axis)) == 0 {
		*axis = nil
	}
}

// ownedState is the state of a team that is granted this. On an axis that the program does not name any more, only what this
// resource granted before is its own.
func ownedState(inputs Args, before State, actual grantSet) (State, error) {
	recorded, err := grantsOfInputs(before.inputs())
	if err != nil {
		return State{}, err
	}
	owned := ownedBy(inputs)
	kept := grantSet{roles: actual.roles, entities: map[access.EntityRef]access.TeamGrant{}}
	if !owned.roles {
		kept.roles = slices.DeleteFunc(slices.Clone(actual.roles), func(id string) bool { return !slices.Contains(recorded.roles, id) })
	}
	for key, level := range actual.entities {
		if _, own := recorded.entities[key]; own || owned.kind(key.Kind) {
			kept.entities[key] = level
		}
	}
	return inputs.keeping(before).withGrants(kept).withoutEmptied(inputs).state(), nil
}
