package ownership

import (
	"maps"
	"slices"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/access"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/graph"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/logins"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/resources/kit"
)

// plannedAccess is whose grants on the entities stay.
func (k Kind) plannedAccess(op kit.Op, before []Owned, want State) (string, graph.Changes) {
	if op.Unknown("project", k.Noun(), "tags", "keep") || k.GrantMoves && op.Unknown("owner") {
		return want.Organization, graph.Changes{{Unknown: []graph.Blind{{
			What: "the grants on " + k.plural() + " that are kept", Hides: "who holds a grant of their own",
		}}}}
	}
	return want.Organization, graph.Changes{{Resource: func(t graph.Resource) graph.Resource {
		if t.Kind != k.Entity || !want.selects(t) {
			return t
		}
		t.Direct, t.Assigned = maps.Clone(t.Direct), maps.Clone(t.Assigned)
		maps.DeleteFunc(t.Direct, func(login string, _ access.Level) bool { return !want.keeps(login) })
		maps.DeleteFunc(t.Assigned, func(login string, _ []string) bool { return !want.keeps(login) })
		if k.GrantMoves {
			t = want.plannedOwner(t)
		}
		return want.plannedOwed(before, t)
	}}}
}

// plannedOwed is the entity with what is given back to those whom a change of the owner took it from.
func (v State) plannedOwed(before []Owned, t graph.Resource) graph.Resource {
	at := slices.IndexFunc(before, func(one Owned) bool { return one.ID == t.Entity.ID })
	if at < 0 {
		return t
	}
	for _, g := range v.owed(before[at]) {
		level, set, err := assignable(g)
		switch {
		case err != nil: // the update fails
		case set != "":
			if t.Assigned == nil {
				t.Assigned = map[string][]string{}
			}
			t.Assigned[g.Login] = append(slices.Clone(t.Assigned[g.Login]), set)
		default:
			if t.Direct == nil {
				t.Direct = map[string]access.Level{}
			}
			t.Direct[g.Login] = level
		}
	}
	return t
}

// plannedOwner is the entity in the hands of its owner, who holds admin by it where their grants stay. So does the owner before.
func (v State) plannedOwner(t graph.Resource) graph.Resource {
	if logins.Same(t.Owner, v.Owner) {
		t.OwnerRevoked = t.OwnerRevoked || !v.keeps(v.Owner)
		return t
	}
	if t.Owner != "" && !t.OwnerRevoked && v.keeps(t.Owner) {
		if t.Direct == nil {
			t.Direct = map[string]access.Level{}
		}
		t.Direct[t.Owner] = access.Admin
	}
	t.Owner, t.OwnerRevoked = v.Owner, !v.keeps(v.Owner)
	return t
}
