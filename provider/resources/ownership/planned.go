package ownership

import (
	"maps"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/access"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/graph"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/logins"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/resources/kit"
)

// plannedAccess is whose grants on the entities stay.
func (k Kind) plannedAccess(op kit.Op, want State) (string, graph.Changes) {
	if op.Unknown("project", k.Noun(), "tags", "keep") || k.TransferTakes && op.Unknown("owner") {
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
		if k.TransferTakes {
			return want.plannedOwner(t)
		}
		return t
	}}}
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
