package resources

import (
	"maps"
	"slices"

	p "github.com/pulumi/pulumi-go-provider"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/access"
)

// diffTeamAccess says what differs between what a team is granted and what is wanted. An unknown input counts as a
// difference.
func diffTeamAccess(state TeamAccessState, want TeamAccessArgs, unknowns []string) (p.DiffResponse, error) {
	d := newDifferences(unknowns)
	d.add(organizationProperty, text(want.Organization) != state.Organization, p.UpdateReplace)
	d.add("team", want.Team != state.Team, p.UpdateReplace)
	have, err := grantsOfInputs(argsOfTeamAccess(state))
	if err != nil {
		return p.DiffResponse{}, err
	}
	need, err := grantsOfInputs(want)
	if err != nil {
		return p.DiffResponse{}, err
	}
	had, has := ownedBy(argsOfTeamAccess(state)), ownedBy(want)
	d.axis("roleIds", had.roles, has.roles, sameStrings(have.roles, need.roles))
	for _, of := range ruleKinds {
		d.axis(of.property, had.kind(of.kind), has.kind(of.kind), maps.Equal(have.on(of.kind), need.on(of.kind)))
	}
	d.add("allow", !sameStrings(list(state.Allow), list(want.Allow)), p.Update)
	return d.response(), nil
}

// axis compares one axis. One that the program stops naming is a difference until nothing is left on it.
func (d differences) axis(property string, had, has, same bool) {
	switch {
	case had && has:
		d.add(property, !same, p.Update)
	case had:
		d.add(property, true, p.Delete)
	default:
		d.add(property, has, p.Add)
	}
}

func sameStrings[S ~string](a, b []S) bool {
	return slices.Equal(slices.Compact(slices.Sorted(slices.Values(a))), slices.Compact(slices.Sorted(slices.Values(b))))
}

// on are the grants on entities of one kind.
func (g teamGrants) on(kind access.EntityKind) map[access.EntityRef]access.TeamGrant {
	of := maps.Clone(g.entities)
	maps.DeleteFunc(of, func(key access.EntityRef, _ access.TeamGrant) bool { return key.Kind != kind })
	return of
}
