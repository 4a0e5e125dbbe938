package role

import (
	"context"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/access"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/graph"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/ptr"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/resources/kit"
)

// plannedAccess is what the update changes of who has access. A role that is created is held by nobody yet: who will hold it says the
// resource that gives it to them.
func plannedAccess(ctx context.Context, op kit.Op, before *State, want Args) (string, graph.Changes) {
	organization, state := ptr.Value(want.Organization), State{}
	change := graph.Change{}
	if before != nil {
		state = *before
	}
	id := state.RoleID
	if id == "" {
		id = graph.PlannedID("role " + want.Name)
		change.CreatesRole = id
	}
	unknown := func() (string, graph.Changes) {
		change.Unknown = []graph.Blind{{What: "what role " + want.Name + " will grant", Hides: "what its holders get"}}
		return organization, graph.Changes{change}
	}
	if op.Unknown("access", "organization", "name") {
		return unknown()
	}
	descriptor, err := plannedDescriptor(ctx, op, want, state)
	if err != nil {
		return unknown() // the update reports it
	}
	change.Organization = func(o graph.Organization) graph.Organization {
		return o.WithRecord(id, graph.Record{Name: want.Name, Descriptor: descriptor, Assignable: true})
	}
	return organization, graph.Changes{change}
}

// plannedDescriptor is what the update writes. Names that do not exist yet are those of entities that the update creates.
func plannedDescriptor(ctx context.Context, op kit.Op, want Args, state State) (access.Descriptor, error) {
	w := writerOf(op, ptr.Value(want.Organization))
	valid, problems := want.Access.Parse()
	if err := problems.Err(); err != nil {
		return nil, err
	}
	if state.inline() {
		if valid, problems = access.Parse(spelledOut(valid.Access())); len(problems) > 0 {
			return nil, problems
		}
	}
	rules := valid.Access()
	sets, err := w.sets(ctx, rules.Sets(), state)
	if err != nil {
		return nil, err
	}
	byRef := map[access.SetRef]string{}
	for identifier, id := range sets {
		if ref, ok := setByIdentifier(identifier); ok && !state.inline() {
			byRef[ref] = id
		}
	}
	ids := entityIDs(state.EntityIDs)
	found, err := (&directory{client: w.client, organization: w.organization}).find(ctx, unresolved(rules.Entities(), ids.keyed()), nil)
	if err != nil {
		return nil, err
	}
	for _, ref := range rules.Entities() {
		if found[ref] != "" {
			ids[ref] = found[ref]
		}
		if ids[ref] == "" {
			ids[ref] = graph.PlannedID(ref.Project + "/" + ref.Name)
		}
	}
	return access.Compile(valid, ids, byRef)
}
