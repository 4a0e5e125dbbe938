package role

import (
	"context"
	"errors"
	"fmt"
	"sync"

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
		return o.WithRecord(id, graph.Record{Name: want.Name, Descriptor: descriptor(o), Assignable: true})
	}
	return organization, graph.Changes{change}
}

// plannedDescriptor is what the update writes, in an organization whose permission sets are known: without a call, since most programs ask for
// it only to find that it concerns nobody. Names that do not exist yet are those of entities that the update creates.
func plannedDescriptor(ctx context.Context, op kit.Op, want Args, state State) (func(graph.Organization) access.Descriptor, error) {
	w := writerOf(op, ptr.Value(want.Organization))
	valid, problems := want.Access.Parse()
	if err := problems.Err(); err != nil {
		return nil, err
	}
	inline, problems := access.Parse(spelledOut(valid.Access()))
	if err := problems.Err(); err != nil {
		return nil, err
	}
	rules := valid.Access()
	ids := entityIDs(state.EntityIDs)
	found, err := plannedEntities(ctx, op, w, unresolved(rules.Entities(), ids.keyed()))
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
	spelled, err := plannedTree(inline, ids, nil)
	if err != nil || state.inline() {
		return func(graph.Organization) access.Descriptor { return spelled }, err
	}
	var mutex sync.Mutex
	known := map[string]access.Descriptor{} // every later change of the program asks again
	return func(o graph.Organization) access.Descriptor {
		sets := setsOf(o)
		key := fmt.Sprint(sets)
		mutex.Lock()
		defer mutex.Unlock()
		if known[key] == nil {
			if known[key], err = plannedTree(valid, ids, sets); err != nil {
				known[key] = spelled // the organization does not have all of the sets
			}
		}
		return known[key]
	}, nil
}

// plannedTree is a role's descriptor, whatever its size: the update refuses one that is too large.
func plannedTree(valid access.Valid, ids map[access.EntityRef]string, sets map[access.SetRef]string) (access.Descriptor, error) {
	descriptor, err := access.Compile(valid, ids, sets)
	var limit *access.LimitError
	if errors.As(err, &limit) {
		return descriptor, nil
	}
	return descriptor, err
}

// setsOf are the ids of the built-in permission sets of an organization.
func setsOf(o graph.Organization) map[access.SetRef]string {
	sets := map[access.SetRef]string{}
	for id, record := range o.Records {
		if ref, ok := setByIdentifier(record.Identifier); ok {
			sets[ref] = id
		}
	}
	return sets
}

// plannedEntities are the ids of entities, as far as they exist.
func plannedEntities(ctx context.Context, op kit.Op, w writer, names []access.EntityRef) (entities, error) {
	if op.Session.Known == nil {
		return (&directory{client: w.client, organization: w.organization}).find(ctx, names, nil)
	}
	found := entities{}
	for _, ref := range names {
		for _, t := range op.Session.Known.Entities(ref.Kind) {
			if t.Name == ref.Path() {
				found[ref] = t.ID
			}
		}
	}
	return found, nil
}
