package teamaccess

import (
	"context"
	"maps"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/access"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/graph"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/ptr"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/resources/kit"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/wire"
)

// plannedAccess is what the update changes of what the team is granted, on the axes that it owns or owned.
func plannedAccess(ctx context.Context, op kit.Op, before *State, desired Args) (string, graph.Changes) {
	organization, change := ptr.Value(desired.Organization), graph.Change{}
	unknown := func(axis string) {
		change.Unknown = append(change.Unknown, graph.Blind{What: axis + " of team " + desired.Team, Hides: "what its members and tokens get"})
	}
	state := State{}
	if before != nil {
		state = *before
	}
	r := reconcilerOf(op, state, desired)
	owned, known := ownedBy(r.scope), ownedBy(r.scope).known(op)
	wanted, err := grantsOfInputs(r.scope)
	if err != nil || op.Unknown("team", "organization") {
		unknown("the access")
		return organization, graph.Changes{change}
	}
	roles, rolesKnown := wanted.roles, known.roles
	if owned.roles && !known.roles {
		unknown("the role")
		id, certain := op.Session.Planned.NewRole(organization, wire.URN(ctx))
		if id != "" {
			roles, rolesKnown = []string{id}, true
		}
		if certain {
			change.Unknown = nil
		}
	}
	for _, axis := range []struct {
		name         string
		owned, known bool
	}{{"stacks", owned.stacks, known.stacks}, {"environments", owned.environments, known.environments}, {"accounts", owned.accounts, known.accounts}} {
		if axis.owned && !axis.known {
			unknown("grants on " + axis.name)
		}
	}
	change.Organization = func(o graph.Organization) graph.Organization {
		return o.WithTeam(desired.Team, func(t graph.Team) graph.Team {
			if rolesKnown {
				t.Roles = roles
			}
			t.Stacks = wanted.heldOn(access.Stack, known.stacks, t.Stacks)
			t.Environments = wanted.heldOn(access.Environment, known.environments, t.Environments)
			t.Accounts = wanted.heldOn(access.Account, known.accounts, t.Accounts)
			return t
		})
	}
	return organization, graph.Changes{change}
}

// heldOn are the grants on entities of a kind: those of the set on an axis that is owned, else those that there are.
func (g grantSet) heldOn(kind access.EntityKind, owned bool, now map[string]graph.Held) map[string]graph.Held {
	if !owned {
		return maps.Clone(now)
	}
	held := map[string]graph.Held{}
	for ref, grant := range g.on(kind) {
		name := ref.Name
		if ref.Project != "" {
			name = ref.Project + "/" + ref.Name
		}
		held[name] = graph.Held{Level: grant.Level, MaxOpen: grant.MaxOpenDuration}
	}
	return held
}
