package entityaccess

import (
	"context"
	"maps"
	"strings"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/access"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/graph"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/logins"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/ptr"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/resources/kit"
)

// plannedAccess is what the update changes of the grants on the entity. Of one that does not exist yet, or whose grants cannot be read now,
// only the update can tell.
func plannedAccess(ctx context.Context, op kit.Op, before *State, desired Args) (string, graph.Changes) {
	organization := ptr.Value(desired.Organization)
	if desired.reports() {
		return organization, nil
	}
	unknown := func(what string) graph.Change {
		return graph.Change{Unknown: []graph.Blind{{What: what + " on " + desired.entity().String(), Hides: "who holds a grant of their own there"}}}
	}
	if op.Unknown("stack", "environment", "account", kit.OrganizationProperty) {
		return organization, graph.Changes{unknown("the grants")}
	}
	known, open := desired.decided(op.Unknowns)
	r := reconcilerOf(op, ptr.Value(before), known)
	now, err := r.look(ctx)
	if err != nil {
		return organization, graph.Changes{unknown("the grants")}
	}
	var changes graph.Changes
	for _, axis := range open {
		r.aims.leave(now.grants, axis)
		changes = append(changes, unknown("the grants of "+axis.property()))
	}
	for _, s := range r.plan(now.grants) {
		changes = append(changes, r.planned(now, s))
	}
	return organization, changes
}

// planned is what a step changes.
func (r *reconciler) planned(now actual, s step) graph.Change {
	name := s.about().name
	if s.about().who.team {
		return graph.Change{Organization: func(o graph.Organization) graph.Organization {
			return o.WithTeam(name, func(t graph.Team) graph.Team { return r.grantTeam(t, s.to) })
		}}
	}
	return graph.Change{Resource: func(t graph.Resource) graph.Resource {
		if t.Kind != r.ref.Kind || t.Name != r.ref.Path() {
			return t
		}
		return r.grantUser(t, now, name, s.to)
	}}
}

// grantTeam is the team with another grant on the entity, or none.
func (r *reconciler) grantTeam(t graph.Team, to *grant) graph.Team {
	on := map[access.EntityKind]*map[string]graph.Held{access.Stack: &t.Stacks, access.Environment: &t.Environments, access.Account: &t.Accounts}[r.ref.Kind]
	held := maps.Clone(*on)
	if held == nil {
		held = map[string]graph.Held{}
	}
	delete(held, r.ref.Path())
	if to != nil {
		held[r.ref.Path()] = graph.Held{Level: to.held.Level, MaxOpen: to.held.MaxOpenDuration}
	}
	*on = held
	return t
}

// grantUser is the entity where a person holds another grant, or none. The owner of an entity holds theirs by being the owner.
func (r *reconciler) grantUser(t graph.Resource, now actual, login string, to *grant) graph.Resource {
	same := func(other string) bool { return logins.Same(other, login) }
	t.Direct, t.Assigned = maps.Clone(t.Direct), maps.Clone(t.Assigned)
	maps.DeleteFunc(t.Direct, func(other string, _ access.Level) bool { return same(other) })
	maps.DeleteFunc(t.Assigned, func(other string, _ []string) bool { return same(other) })
	owner := t.Owner != "" && same(t.Owner) && t.Kind != access.Stack
	if owner {
		t.OwnerRevoked = to == nil || to.held.Level != access.Admin
	}
	if to == nil || owner && !t.OwnerRevoked {
		return t
	}
	if t.Assigned == nil {
		t.Assigned = map[string][]string{}
	}
	t.Assigned[login] = strings.Split(now.setID(r.ref.Kind, to.held), ",")
	return t
}
