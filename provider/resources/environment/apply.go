package environment

import (
	"context"
	"errors"
	"fmt"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/cloud"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/esc"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/ptr"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/resources/kit"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/session"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/wire"
)

// create creates the environment, then gives it its definition, tags and protection. When a step after the first
// fails, the state holds what was done.
func create(ctx context.Context, op kit.Op, desired Args) (*State, error) {
	e := writerOf(op, State{Organization: ptr.Value(desired.Organization), Project: desired.Project, Name: desired.Name})
	if err := e.decideScopes(ctx, op, desired); err != nil {
		return nil, err
	}
	if err := e.create(ctx); errors.Is(err, cloud.ErrUnknownOutcome) {
		return &e.state, kit.PartialSettled(err) // without the environment's id: the next run looks for it
	} else if err != nil {
		return nil, err
	}
	err := e.reconcile(ctx, desired)
	return &e.state, err
}

// update changes what differs, in the order of [writer.reconcile].
func update(
	ctx context.Context, op kit.Op, before State, desired Args,
) (*State, error) {
	e := writerOf(op, before)
	if err := e.decideScopes(ctx, op, desired); err != nil {
		return nil, err
	}
	err := e.reconcile(ctx, desired)
	if err != nil && !e.wrote && !e.definitionWaits() {
		return nil, kit.Missing(err)
	}
	return &e.state, err
}

// decideScopes refuses gates whose approvers hold something that the service does not list, before anything is written.
func (e *writer) decideScopes(ctx context.Context, op kit.Op, desired Args) error {
	return op.Session.DecideScopes(ctx, fmt.Sprintf("environment %q", e.path()), e.state.Organization, desired.checkGates)
}

// remove deletes the environment and confirms it. Gates that were deleted just before it come back when it fails, and
// gates that it was told of go with it.
func remove(ctx context.Context, op kit.Op, state State) error {
	e := writerOf(op, state)
	if leave, err := e.notOurs(ctx); leave || err != nil {
		return err
	}
	deleted := op.Session.Program.DeletedGates(state.Organization, state.Project, state.Name)
	gates, err := e.remove(ctx, op)
	if err != nil {
		return e.putBackGates(ctx, deleted, err)
	}
	return e.sweepGates(ctx, gates)
}

// writer makes one environment the desired one. Its state is always what was really done.
type writer struct {
	session *session.Session
	client  *cloud.Client
	state   State
	wrote   bool // something was done that the state must record
	fresh   bool // this run created it, so it starts without tags
	// waiting says for which approval the definition waits. Nothing failed then, and what is taken away does not wait.
	waiting string
	// declined says that a change request was closed without having been applied.
	declined error
}

func writerOf(op kit.Op, state State) *writer {
	return &writer{session: op.Session, client: op.Session.Client, state: state}
}

// path is `project/name`.
func (e *writer) path() string { return e.state.path() }

// create creates the environment, which starts empty.
func (e *writer) create(ctx context.Context) error {
	made, err := e.client.CreateEnvironment(context.WithoutCancel(ctx), e.state.Organization, e.state.Project, e.state.Name)
	if err != nil {
		return kit.ExistsAlready(ctx, e.session, err, fmt.Sprintf("environment %q", e.path()),
			kit.JoinID(e.state.Organization, e.state.Project, e.state.Name))
	}
	e.wrote, e.fresh = true, true
	e.take(made)
	return nil
}

// reconcile makes the environment the desired one, and warns of a definition that waits for an approval.
func (e *writer) reconcile(ctx context.Context, desired Args) error {
	err := e.runSteps(ctx, desired)
	if e.waiting != "" {
		wire.Log(ctx).Warning(e.waiting)
	}
	return err
}

// runSteps takes the steps in an order in which nobody sees at any of them what neither the old nor the new program shows
// them. Gates on opening exist before there is something to open. Tags that go are taken off before the definition changes,
// and tags that come are put on after it, since access rules select by tags. While a definition waits for its approval, so do
// the tags that come.
func (e *writer) runSteps(ctx context.Context, desired Args) error {
	for _, step := range []func(context.Context, Args) error{
		e.identify, e.guardOpening, e.untag, e.define, e.guardUpdates, e.tag, e.protect,
	} {
		if err := context.Cause(ctx); err != nil {
			return fmt.Errorf("stopped before environment %q was finished; run again to finish: %w", e.path(), err)
		}
		// A cancel stops between steps: a call that was cut off would leave its outcome unknown.
		if err := step(context.WithoutCancel(ctx), desired); err != nil {
			return err
		}
	}
	return e.declined
}

// identify completes a state that lacks what only reading gives: that of an environment that was just created, or one whose
// last write could not be read back.
func (e *writer) identify(ctx context.Context, _ Args) error {
	if e.state.EnvironmentID == "" {
		if !e.fresh {
			if err := e.findCreated(ctx); err != nil {
				return err
			}
		}
		metadata, err := e.client.EnvironmentMetadata(ctx, e.state.Organization, e.state.Project, e.state.Name)
		if err != nil {
			return err
		}
		e.state.EnvironmentID = metadata.ID
	}
	if e.state.ETag != "" {
		return nil
	}
	return e.readText(ctx)
}

// findCreated finds the environment that was created, or may have been. One that was not is created now; one that is not as a create
// leaves it was made by somebody else.
func (e *writer) findCreated(ctx context.Context) error {
	ours, err := e.untouched(ctx)
	switch {
	case cloud.IsNotFound(err):
		return e.create(ctx)
	case err == nil && !ours:
		return fmt.Errorf("environment %q is not the one that was about to be created, because it has a definition already: remove this "+
			"resource from the state with `pulumi state delete`. %s", e.path(),
			kit.TakeOver(ctx, e.session, kit.JoinID(e.state.Organization, e.state.Project, e.state.Name)))
	}
	return err
}

// untouched reports whether the environment is as a create leaves it: empty, and never written.
func (e *writer) untouched(ctx context.Context) (bool, error) {
	now, err := e.client.ReadEnvironment(ctx, e.state.Organization, e.state.Project, e.state.Name)
	return now.Text == "" && now.Revision <= 1, err
}

// notOurs reports whether what has the name is not what this resource created.
func (e *writer) notOurs(ctx context.Context) (bool, error) {
	if e.state.EnvironmentID == "" { // its create failed halfway, or its answer was lost
		return e.notCreated(ctx)
	}
	now, err := e.client.EnvironmentMetadata(ctx, e.state.Organization, e.state.Project, e.state.Name)
	if err != nil {
		return false, kit.RequireSight(ctx, e.session, e.state.Organization, err) // one that was deleted needs no delete
	}
	if now.ID == e.state.EnvironmentID {
		return false, nil
	}
	wire.Log(ctx).Warningf("environment %q stays: it was deleted and created again since the last update (id %s, was %s), so it is not the one "+
		"of this resource. If it is to be deleted, run `pulumi refresh` first", e.path(), now.ID, e.state.EnvironmentID)
	return true, nil
}

// notCreated reports whether there is nothing of this resource to delete: its create never arrived. Another environment of that name stays.
func (e *writer) notCreated(ctx context.Context) (bool, error) {
	ours, err := kit.Twice(func() (bool, error) { return e.untouched(ctx) })
	if err != nil {
		return true, kit.RequireSight(ctx, e.session, e.state.Organization, err)
	}
	if !ours {
		wire.Log(ctx).Warningf("environment %q stays: it has a definition already, so it is not the one that this resource was about to create", e.path())
	}
	return !ours, nil
}

// define writes the definition, if it differs, under the etag that the state knows, and reads it back.
func (e *writer) define(ctx context.Context, inputs Args) error {
	desired := ptr.Value(inputs.Definition)
	if e.state.ChangeRequestID != nil {
		if settled, err := e.followUp(ctx, desired); settled || err != nil {
			return err
		}
	}
	if desired == ptr.Value(e.state.Definition) {
		e.state.Definition = inputs.Definition
		return nil
	}
	if err := e.write(ctx, desired); err != nil || e.waiting != "" {
		return err
	}
	e.wrote = true
	e.state.Definition, e.state.ETag = inputs.Definition, ""
	now, err := e.client.ReadEnvironment(ctx, e.state.Organization, e.state.Project, e.state.Name)
	if err != nil {
		// Without an etag the next run reads first.
		return fmt.Errorf("environment %q was written, but reading it back failed: %w", e.path(), err)
	}
	e.record(now)
	return nil
}

// write replaces the definition under the etag that the state knows, or submits it as a draft where a gate wants one.
func (e *writer) write(ctx context.Context, desired string) error {
	sent, err := e.sent(desired)
	if err != nil {
		return err
	}
	// Two texts that differ in the payload of a secret only cannot be told apart when they are read, so an unchanged etag
	// says that nothing was written, and ReplaceDefinition asks that first.
	landed := func(stored string) bool { return esc.SameStructure(stored, desired) }
	err = e.client.ReplaceDefinition(ctx, e.state.Organization, e.state.Project, e.state.Name, sent, e.state.ETag, landed)
	if refusesWrites(err) {
		return e.explainConflict(ctx, desired, err)
	}
	return err
}

// explainConflict says who was faster. A text that is what was to be written, and has no secret whose value could differ,
// is not a conflict: an earlier write landed although its answer was lost. Where nobody was, a gate may want a draft instead.
func (e *writer) explainConflict(ctx context.Context, desired string, refusal error) error {
	now, err := e.client.ReadEnvironment(ctx, e.state.Organization, e.state.Project, e.state.Name)
	if err != nil {
		return errors.Join(refusal, err)
	}
	if now.ETag == e.state.ETag {
		return e.draftIfGated(ctx, desired, refusal)
	}
	if !errors.Is(refusal, cloud.ErrConflict) {
		return refusal
	}
	if esc.OnlyRotated(e.state.ServiceDefinition, now.Text) {
		e.record(now) // a rotation was faster, and what it made is carried over
		return e.write(ctx, desired)
	}
	if esc.SameStructure(now.Text, desired) && !esc.HasPlaintextSecret(desired) {
		return nil
	}
	return fmt.Errorf("environment %q was changed by somebody else: it is at revision %d, the state knows revision %d. Nothing was "+
		"overwritten. Run `pulumi refresh`, look at what changed, then run `pulumi up` again: %w",
		e.path(), now.Revision, e.state.Revision, refusal)
}

// protect sets the deletion protection, if it is managed.
func (e *writer) protect(ctx context.Context, inputs Args) error {
	desired, known := inputs.DeletionProtected, e.state.DeletionProtected
	if desired != nil && (known == nil || *known != *desired) {
		err := e.client.SetDeletionProtected(ctx, e.state.Organization, e.state.Project, e.state.Name, *desired)
		if err != nil {
			return err
		}
		e.wrote = true
	}
	e.state.DeletionProtected = desired
	return nil
}

// deletable reads the environment before it is deleted: the answer to a delete does not tell an environment that was deleted
// from one that the caller may not see any more.
func (e *writer) deletable(ctx context.Context) error {
	protected, err := e.client.DeletionProtected(ctx, e.state.Organization, e.state.Project, e.state.Name)
	if err != nil {
		return err
	}
	if protected {
		return fmt.Errorf("environment %q is protected from deletion: set deletionProtected to false and run `pulumi up`, then "+
			"delete it. To keep it and only forget it here, use `pulumi state delete`", e.path())
	}
	return nil
}

// remove deletes the environment unless it is protected, and returns the gates that it was told of.
func (e *writer) remove(ctx context.Context, op kit.Op) ([]cloud.Gate, error) {
	if err := kit.RequireSight(ctx, op.Session, e.state.Organization, e.deletable(ctx)); err != nil {
		return nil, err
	}
	gates, err := e.ownGates(ctx)
	if err := kit.RequireSight(ctx, op.Session, e.state.Organization, err); err != nil {
		return nil, err // one that was deleted, as after a lost answer, has no gates to list
	}
	return gates, e.delete(ctx)
}

// delete deletes the environment and confirms it. One that was deleted already is done.
func (e *writer) delete(ctx context.Context) error {
	err := e.client.DeleteEnvironment(context.WithoutCancel(ctx), e.state.Organization, e.state.Project, e.state.Name)
	if err != nil {
		return err
	}
	_, err = e.client.ReadEnvironment(ctx, e.state.Organization, e.state.Project, e.state.Name)
	switch {
	case cloud.IsNotFound(err):
		return nil
	case err != nil:
		return fmt.Errorf("environment %q was deleted, but reading back whether it still exists failed: %w", e.path(), err)
	}
	return fmt.Errorf("environment %q is still there after it was deleted: the caller may see it, but not delete it. Use a token of "+
		"an organization administrator", e.path())
}
