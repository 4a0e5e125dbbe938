package teamaccess

import (
	"maps"
	"slices"

	p "github.com/pulumi/pulumi-go-provider"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/access"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/ptr"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/resources/kit"
)

// diff compares what a team is granted with the desired access. An unknown input counts as a difference.
func diff(state State, desired Args, unknowns []string) (p.DiffResponse, error) {
	before := state.inputs()
	actual, err := grantsOfInputs(before)
	if err != nil {
		return p.DiffResponse{}, err
	}
	next, err := grantsOfInputs(desired)
	if err != nil {
		return p.DiffResponse{}, err
	}
	same := func(kind access.EntityKind) bool { return maps.Equal(actual.on(kind), next.on(kind)) }
	d := differences{kit.NewDifferences(unknowns)}
	d.Add(kit.OrganizationProperty, ptr.Value(desired.Organization) != state.Organization, p.UpdateReplace)
	d.Add("team", desired.Team != state.Team, p.UpdateReplace)
	had, has := ownedBy(before), ownedBy(desired)
	d.axis("roleIds", had.roles, has.roles, sameStrings(actual.roles, next.roles))
	d.axis("stacks", had.stacks, has.stacks, same(access.Stack))
	d.axis("environments", had.environments, has.environments, same(access.Environment))
	d.axis("accounts", had.accounts, has.accounts, same(access.Account))
	d.Add("allow", !sameStrings(ptr.Value(state.Allow), ptr.Value(desired.Allow)), p.Update)
	return d.Response(), nil
}

type differences struct{ kit.Differences }

// axis compares one axis. One that the program stops naming is a difference until nothing is left on it.
func (d differences) axis(property string, had, has, same bool) {
	switch {
	case had && has:
		d.Add(property, !same, p.Update)
	case had:
		d.Add(property, true, p.Delete)
	default:
		d.Add(property, has, p.Add)
	}
}

func sameStrings[S ~string](a, b []S) bool {
	return slices.Equal(slices.Compact(slices.Sorted(slices.Values(a))), slices.Compact(slices.Sorted(slices.Values(b))))
}

// on are the grants on entities of one kind.
func (g grantSet) on(kind access.EntityKind) map[access.EntityRef]access.TeamGrant {
	of := maps.Clone(g.entities)
	maps.DeleteFunc(of, func(key access.EntityRef, _ access.TeamGrant) bool { return key.Kind != kind })
	return of
}
