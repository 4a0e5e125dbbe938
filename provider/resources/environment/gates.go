package environment

import (
	"context"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/cloud"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/resources/approvalgate"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/types"
)

// An environment can be told of its gates. The resources that own these depend on the environment, so they are created after
// it and deleted before it. The environment makes sure that a gate exists before there is something to guard: it creates a
// gate that is missing, and tightens one, before it writes the definition; the gate's own resource then takes it over. What
// loosens a gate is left to that resource, which is updated after the definition.

// guardOpening creates the gates on opening, before anything can be opened.
func (e *writer) guardOpening(ctx context.Context, desired Args) error {
	return e.guard(ctx, desired, types.GateOpen)
}

// guardUpdates creates the gates on updates, after the definition: with them, the first definition would wait for an approval.
func (e *writer) guardUpdates(ctx context.Context, desired Args) error {
	if err := e.guard(ctx, desired, types.GateUpdate); err != nil {
		return err
	}
	e.state.Gates = desired.Gates
	return nil
}

func (e *writer) guard(ctx context.Context, desired Args, action types.GateAction) error {
	for _, gate := range desired.Gates {
		if gate.Action != action || slices.ContainsFunc(e.state.Gates, func(v types.EnvironmentGate) bool { return reflect.DeepEqual(v, gate) }) {
			continue
		}
		if err := e.reconcileGate(ctx, gate); err != nil {
			return fmt.Errorf("gate on %s of environment %q: %w", action, e.path(), err)
		}
	}
	return nil
}

// reconcileGate creates a gate that is missing, or tightens the one that this resource knew before.
func (e *writer) reconcileGate(ctx context.Context, declared types.EnvironmentGate) error {
	desired := e.gate(declared)
	if !desired.Enabled {
		return nil
	}
	actual, err := e.actualGates(ctx)
	if err != nil || slices.ContainsFunc(actual, desired.Same) {
		return err
	}
	for _, known := range e.state.Gates {
		at := slices.IndexFunc(actual, e.gate(known).Same)
		switch {
		case known.Action != declared.Action || at < 0:
		case tightens(e.gate(known), desired):
			_, err := e.client.UpdateGate(ctx, e.state.Organization, actual[at].ID, desired)
			e.wrote = e.wrote || err == nil
			return err
		default:
			return nil // it loosens the gate, which its own resource does later
		}
	}
	_, err = e.client.CreateGate(ctx, e.state.Organization, desired, actual)
	e.wrote = e.wrote || err == nil
	return err
}

// gate is what the service is sent, the same as what an ApprovalGate with the default name sends.
func (e *writer) gate(v types.EnvironmentGate) cloud.Gate {
	return approvalgate.GateOf(approvalgate.Args{
		Organization: &e.state.Organization, Project: e.state.Project, Environment: e.state.Name, Action: v.Action, Approvers: v.Approvers,
		RequiredApprovals: v.RequiredApprovals, AllowSelfApproval: v.AllowSelfApproval,
		RequireReapprovalOnChange: v.RequireReapprovalOnChange, Enabled: v.Enabled,
	})
}

// tightens reports whether everything that passes the new gate passes the old one.
func tightens(before, after cloud.Gate) bool {
	if !before.Enabled {
		return after.Enabled
	}
	within := func(a, b []string) bool {
		return !slices.ContainsFunc(a, func(one string) bool { return !slices.Contains(b, one) })
	}
	a, b := after.Rule, before.Rule
	return after.Enabled && a.RequiredApprovals >= b.RequiredApprovals && (!a.AllowSelfApproval || b.AllowSelfApproval) &&
		(a.ReapprovalOnChange || !b.ReapprovalOnChange) &&
		within(a.Teams, b.Teams) && within(a.Users, b.Users) && within(a.Permission, b.Permission)
}

// sweepGates deletes the environment's gates that its deletion left behind: their own resources are deleted with it.
func (e *writer) sweepGates(ctx context.Context, before []cloud.Gate) error {
	for _, gate := range before {
		switch _, err := e.client.Gate(ctx, e.state.Organization, gate.ID); {
		case cloud.IsNotFound(err):
			continue
		case err != nil:
			return fmt.Errorf("environment %q was deleted, but whether its gate %q still exists could not be read: %w", e.path(), gate.Name, err)
		}
		if err := e.client.DeleteGate(context.WithoutCancel(ctx), e.state.Organization, gate.ID); err != nil {
			return fmt.Errorf("environment %q was deleted, but its gate %q was not: %w", e.path(), gate.Name, err)
		}
	}
	return nil
}

// putBackGates creates the gates again that were deleted just before an environment which was then not deleted: without them it
// would open without approval. It returns the error of the deletion, with what was done about the gates.
func (e *writer) putBackGates(ctx context.Context, deleted []cloud.Gate, failed error) error {
	ctx = context.WithoutCancel(ctx)
	var back []string
	for _, gate := range deleted {
		if !gate.Enabled {
			continue
		}
		actual, err := e.actualGates(ctx)
		if err == nil && !slices.ContainsFunc(actual, gate.Same) {
			_, err = e.client.CreateGate(ctx, e.state.Organization, gate, actual)
		}
		switch {
		case cloud.IsNotFound(err): // the environment is deleted after all
		case err != nil:
			failed = fmt.Errorf("%w\n  Environment %q STAYS WITHOUT its gate %q (%s), which was deleted before it and could not be put back: %w. "+
				"Create the gate again, or delete the environment", failed, e.path(), gate.Name, gate.Action, err)
		default:
			back = append(back, fmt.Sprintf("%q (%s)", gate.Name, gate.Action))
		}
	}
	if len(back) == 0 {
		return failed
	}
	return fmt.Errorf("%w\n  These gates of environment %q had been deleted before it, and were put back: %s. Run the command again to delete both. "+
		"To keep both, set `takeOver: true` on the gate before the next `pulumi up`", failed, e.path(), strings.Join(back, ", "))
}

// actualGates are the gates that the service has on the environment.
func (e *writer) actualGates(ctx context.Context) ([]cloud.Gate, error) {
	var actual []cloud.Gate
	for gate, err := range e.client.Gates(ctx, e.state.Organization, e.state.Project, e.state.Name) {
		if err != nil {
			return nil, err
		}
		actual = append(actual, gate)
	}
	return actual, nil
}

// ownGates are those of the actual gates that the environment was told of.
func (e *writer) ownGates(ctx context.Context) ([]cloud.Gate, error) {
	if len(e.state.Gates) == 0 {
		return nil, nil
	}
	actual, err := e.actualGates(ctx)
	return slices.DeleteFunc(actual, func(gate cloud.Gate) bool {
		return !slices.ContainsFunc(e.state.Gates, func(v types.EnvironmentGate) bool { return e.gate(v).Same(gate) })
	}), err
}

func sameGates(a, b []types.EnvironmentGate) bool {
	return slices.EqualFunc(a, b, func(x, y types.EnvironmentGate) bool { return reflect.DeepEqual(x, y) })
}
