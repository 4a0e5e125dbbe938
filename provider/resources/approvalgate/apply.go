package approvalgate

import (
	"context"
	"fmt"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/cloud"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/ptr"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/resources/kit"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/resources/protection"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/session"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/wire"
)

// keeper makes gates of one organization, and refuses those that would do harm.
type keeper struct {
	session      *session.Session
	organization string
	unknowns     []string
	preview      bool
}

func keeperOf(op kit.Op, organization string, preview bool) keeper {
	return keeper{session: op.Session, organization: organization, unknowns: op.Unknowns, preview: preview}
}

func create(ctx context.Context, op kit.Op, want Args) (*State, error) {
	state := wanted(want)
	g := keeperOf(op, state.Organization, false)
	if err := g.decideScopes(ctx, state.Name, want); err != nil {
		return nil, err
	}
	if err := g.refuseHarmful(ctx, state); err != nil {
		return nil, err
	}
	created, err := g.create(ctx, state.gate(), ptr.Value(want.TakeOver))
	if err != nil {
		return nil, err
	}
	state = stateOf(state.Organization, created, want)
	return &state, nil
}

// decideScopes refuses approvers by a permission that the service does not list.
func (g keeper) decideScopes(ctx context.Context, name string, want Args) error {
	return g.session.DecideScopes(ctx, fmt.Sprintf("gate %q", name), g.organization, want.checkRule)
}

// create makes the gate. One that is the same and there already is taken over or refused: two would ask for the same twice.
func (g keeper) create(ctx context.Context, want cloud.Gate, takeOver bool) (cloud.Gate, error) {
	var before []cloud.Gate
	for gate, err := range g.session.Client.Gates(ctx, g.organization, want.Project, want.Environment) {
		if err != nil {
			return cloud.Gate{}, err
		}
		if gate.Same(want) && takeOver {
			return gate, nil
		}
		if gate.Same(want) {
			return cloud.Gate{}, fmt.Errorf("environment %q has the very same gate already, which takeOver: true takes over. %s", want.Project+"/"+want.Environment,
				kit.TakeOver(ctx, g.session, id(g.organization, gate.ID)))
		}
		before = append(before, gate)
	}
	return g.session.Client.CreateGate(context.WithoutCancel(ctx), g.organization, want, before)
}

// update puts the whole gate in place of the one that is there.
func update(ctx context.Context, op kit.Op, before State, want Args) (*State, error) {
	next := planned(before, want)
	g := keeperOf(op, next.Organization, false)
	if err := g.decideScopes(ctx, next.Name, want); err != nil {
		return nil, err
	}
	if err := g.refuseHarmful(ctx, next); err != nil {
		return nil, err
	}
	if next.gate().Same(before.gate()) && len(before.Unrecognized) == 0 {
		return &next, nil // what differs is nothing that the service knows of
	}
	updated, err := op.Session.Client.UpdateGate(context.WithoutCancel(ctx), next.Organization, next.GateID, next.gate())
	if err != nil {
		return nil, kit.Missing(err)
	}
	next = stateOf(next.Organization, updated, want)
	return &next, nil
}

// remove leaves a gate in force that guards a protected environment, and one that never was on an environment.
func remove(ctx context.Context, op kit.Op, state State, live cloud.Gate) error {
	if state.foreign() {
		return errForeign(state)
	}
	if live.Enabled {
		if err := keeperOf(op, state.Organization, false).refuseToLeave(ctx, state, "was not deleted"); err != nil {
			return err
		}
	}
	return op.Session.Client.DeleteGate(context.WithoutCancel(ctx), state.Organization, state.GateID)
}

// refuseToLeave fails where a gate in force would go while its environment is protected: the environment would stay behind
// without its guard.
func (g keeper) refuseToLeave(ctx context.Context, state State, doing string) error {
	protected, err := protection.Of(ctx, g.session, state.Organization, state.Project, state.Environment)
	switch {
	case err != nil:
		return fmt.Errorf("gate %q: whether environment %s is protected from deletion could not be read, so the gate stays: %w",
			state.Name, state.path(), err)
	case !protected:
		return nil
	}
	return fmt.Errorf("gate %q guards environment %s, which is protected from deletion: the gate stays as long as the protection, and %s. "+
		"To take the environment down, set its deletionProtected to false, run `pulumi up`, then remove both. To do without the "+
		"approval%s", state.Name, state.path(), doing, withoutApproval(wire.Component(ctx)))
}

// withoutApproval is what to do to keep the environment without its gate, where the gate is declared in that component.
func withoutApproval(component string) string {
	switch component {
	case "":
		return ", set `enabled: false` on the gate and run `pulumi up` first"
	case "BreakGlass":
		return " and keep the environment: put the BreakGlass back, with `members: []` if nobody is to have the access any more, set the " +
			"environment's deletionProtected to false, and run `pulumi up`; then remove the BreakGlass and run `pulumi up`; then protect the " +
			"environment again"
	}
	return ", set `enabled: false` in openApproval or updateApproval of the " + component + " and run `pulumi up` first"
}
