package kit

import (
	"context"
	"fmt"
	"sync"

	"github.com/pulumi/pulumi/sdk/v3/go/property"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/graph"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/ptr"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/session"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/wire"
)

// PlannedRole is the id of a role that an input gives, for what is planned at preview. One that is not known yet is a role that the program
// makes: told is false where none can be told, certain is false where it may be another one.
func (o Op) PlannedRole(ctx context.Context, organization, input string, given *string) (id string, told, certain bool) {
	if !o.Unknown(input) {
		return ptr.Value(given), true, true
	}
	id, certain = o.Session.Planned.NewRole(organization, wire.URN(ctx))
	return id, id != "", certain
}

// plan tells invariants what the update that was previewed is about to change of who has access, and explains it. Those that were evaluated
// before did not wait for this resource, so that it evaluates them again: in the update, nobody would.
func (m *Managed[Args, State, Live]) plan(ctx context.Context, op Op, before *State, desired Args, planned State) error {
	if m.spec.Planned == nil {
		return nil
	}
	later := context.WithoutCancel(ctx)
	changes := sync.OnceValues(func() (string, graph.Changes) { return m.spec.Planned(later, op, before, desired) })
	earlier := op.Session.Planned.Add(ctx, wire.URN(ctx), changes)
	m.explain(ctx, op, before, desired, planned, earlier, changes)
	for _, watch := range op.Session.Planned.Watches() {
		if _, changes := changes(); len(changes) == 0 {
			return nil
		}
		if err := watch.Again(ctx); err != nil {
			return fmt.Errorf("with this change of the %s, %s does not hold: %w", m.called(planned), watch.Name, err)
		}
		wire.Log(ctx).Warningf("%s did not wait for the %s, which changes who has access. Add it to the invariant's dependsOn, so that the invariant is "+
			"evaluated after it", watch.Name, m.called(planned))
	}
	return nil
}

// changed evaluates the invariants again that were evaluated before the object was changed. What was done stays done.
func (m *Managed[Args, State, Live]) changed(ctx context.Context, op Op, state State) error {
	if m.spec.Planned == nil {
		return nil
	}
	for _, watch := range op.Session.Planned.Watches() {
		if err := watch.Again(ctx); err != nil {
			return fmt.Errorf("the %s was changed, and since then %s does not hold: %w", m.called(state), watch.Name, err)
		}
	}
	return nil
}

// Planner tells what an update of a resource changes of who has access, from values that a preview printed.
type Planner interface {
	PlannedAccess(ctx context.Context, current *session.Session, before *property.Map, desired property.Map) (organization string, changes graph.Changes, err error)
}

// PlannedAccess is what an update changes of who has access; before is the state, nil for a create. Values that are not known are computed.
func (m *Managed[Args, State, Live]) PlannedAccess(
	ctx context.Context, current *session.Session, before *property.Map, desired property.Map,
) (string, graph.Changes, error) {
	op := Op{Session: current, Unknowns: wire.Unknowns(desired)}
	args, problems := wire.Decode[Args](desired)
	if err := problems.Err(); err != nil {
		return "", nil, err
	}
	KeepLists(&args, op.Unknowns)
	var state *State
	if before != nil {
		decoded, problems := wire.Decode[State](*before)
		if err := problems.Err(); err != nil {
			return "", nil, err
		}
		state = &decoded
	}
	planned := sync.OnceValues(func() (string, graph.Changes) { return m.spec.Planned(ctx, op, state, args) })
	current.Planned.Add(ctx, wire.URN(ctx), planned)
	organization, changes := planned()
	return organization, changes, nil
}
