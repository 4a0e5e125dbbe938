package resources

import (
	"context"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/esc"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/ptr"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/resources/borrowing"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/resources/kit"
)

// previewEnvironment warns of a name that is taken, and of the logins that the definition borrows.
func previewEnvironment(ctx context.Context, op kit.Op, desired EnvironmentArgs) (EnvironmentState, error) {
	warnTakenEnvironment(ctx, op.Session, desired)
	warnBorrowed(ctx, op, desired)
	return EnvironmentState{}.with(desired), nil
}

// createEnvironment creates the environment, then gives it its definition, tags and protection. When a step after the first
// fails, the state holds what was done.
func createEnvironment(ctx context.Context, op kit.Op, desired EnvironmentArgs) (*EnvironmentState, error) {
	e := writerOf(op, EnvironmentState{Organization: ptr.Value(desired.Organization), Project: desired.Project, Name: desired.Name})
	if err := e.create(ctx); err != nil {
		return nil, err
	}
	err := e.reconcile(ctx, desired)
	return &e.state, err
}

// readEnvironment returns the actual environment. An unchanged text leaves the definition as it was written; a changed one
// shows as the service's text.
func readEnvironment(
	ctx context.Context, op kit.Op, id []string, _ kit.None, before kit.Before[EnvironmentArgs, EnvironmentState],
) (*kit.Found[EnvironmentArgs, EnvironmentState], error) {
	e := writerOf(op, before.State)
	imported := before.State.Name == ""
	e.state.Organization, e.state.Project, e.state.Name = id[0], id[1], id[2]
	if err := e.refresh(ctx, imported); err != nil {
		return nil, kit.Missing(err)
	}
	return &kit.Found[EnvironmentArgs, EnvironmentState]{Inputs: e.state.inputs(), State: e.state}, nil
}

// previewEnvironmentUpdate says which tags go, which changes wait for an approval, and which logins the definition borrows.
func previewEnvironmentUpdate(
	ctx context.Context, op kit.Op, before EnvironmentState, desired EnvironmentArgs,
) (EnvironmentState, error) {
	e := writerOf(op, before)
	e.warnTags(ctx, op, desired)
	e.warnWaiting(ctx, op, desired)
	if ptr.Value(desired.Definition) != ptr.Value(before.Definition) {
		warnBorrowed(ctx, op, desired)
	}
	return before.with(desired), nil
}

// updateEnvironment changes what differs, in the order of [environmentWriter.reconcile].
func updateEnvironment(
	ctx context.Context, op kit.Op, before EnvironmentState, desired EnvironmentArgs,
) (*EnvironmentState, error) {
	e := writerOf(op, before)
	err := e.reconcile(ctx, desired)
	if err != nil && !e.wrote && !e.definitionWaits() {
		return nil, kit.Missing(err)
	}
	return &e.state, err
}

// deleteEnvironment deletes the environment and confirms it. Gates that were deleted just before it come back when it fails, and
// gates that it was told of go with it.
func deleteEnvironment(ctx context.Context, op kit.Op, state EnvironmentState) error {
	e := writerOf(op, state)
	deleted := op.Session.Program.DeletedGates(state.Organization, state.Project, state.Name)
	gates, err := e.remove(ctx, op)
	if err != nil {
		return e.putBackGates(ctx, deleted, err)
	}
	return e.sweepGates(ctx, gates)
}

// warnBorrowed says at preview whose logins the definition borrows, as far as it is known.
func warnBorrowed(ctx context.Context, op kit.Op, desired EnvironmentArgs) {
	imports, _ := esc.ImportsIn(ptr.Value(desired.Definition))
	borrowing.WarnExisting(ctx, op.Session, ptr.Value(desired.Organization), desired.path(), imports)
}
