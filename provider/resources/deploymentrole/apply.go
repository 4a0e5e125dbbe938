package deploymentrole

import (
	"context"
	"errors"
	"fmt"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/cloud"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/ptr"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/resources/kit"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/resources/records"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/session"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/shortlist"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/types"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/wire"
)

// writer writes the deployment settings of one stack.
type writer struct {
	session *session.Session
	state   State
	before  map[string]string // what this resource wrote before
}

func (w *writer) stack() string { return w.state.Project + "/" + w.state.Stack }

func (w *writer) settings(ctx context.Context) (cloud.DeploymentSettings, error) {
	return w.session.Client.DeploymentSettings(ctx, w.state.Organization, w.state.Project, w.state.Stack)
}

// stackExists tells a stack without settings, which is fine, from one that is not there. It does not ask where this process read the
// stack before, as for the names in a role.
func (w *writer) stackExists(ctx context.Context) error {
	if cloud.KnowsStack(ctx, w.session.Client, w.state.Organization, w.state.Project, w.state.Stack) {
		return nil
	}
	_, err := w.session.Client.Stack(ctx, w.state.Organization, w.state.Project, w.state.Stack)
	if !cloud.IsNotFound(err) {
		return err
	}
	return fmt.Errorf("%w\n  Stack %q of project %q does not exist in organization %q, or is not visible to this token: create it "+
		"first (`pulumi stack init %s/%s/%s`), or correct project and stack", err, w.state.Stack, w.state.Project,
		w.state.Organization, w.state.Organization, w.state.Project, w.state.Stack)
}

// create records what is there before it writes. A write whose outcome is not known keeps the record: a second create would
// take what this one wrote for what was there before.
func (w *writer) create(ctx context.Context) error {
	live, err := w.settings(ctx)
	if err != nil && !cloud.IsNotFound(err) {
		return err
	}
	existed := err == nil
	if !existed {
		if err := w.stackExists(ctx); err != nil {
			return err
		}
	}
	if theirs := w.replaced(ctx, live); len(theirs) > 0 && w.state.OnForeign.Refuses() {
		return refuseForeign(w.state, theirs)
	}
	w.state.Previous = record(live, existed, w.state)
	w.state.Written = w.state.written()
	if !existed && w.state.RoleID == nil && w.state.OIDC == nil {
		return nil // nothing is wanted, and nothing is there
	}
	if err := w.write(ctx, live); err != nil {
		if errors.Is(err, cloud.ErrUnknownOutcome) {
			return kit.PartialSettled(err)
		}
		return err
	}
	return nil
}

// update looks first: the merge keeps what is not named, so that all that is not wanted must be.
func (w *writer) update(ctx context.Context) error {
	live, err := w.settings(ctx)
	if cloud.IsNotFound(err) {
		err = w.stackExists(ctx)
	}
	if err != nil {
		return err
	}
	if theirs := w.replaced(ctx, live); len(theirs) > 0 && w.state.OnForeign.Refuses() {
		return refuseForeign(w.state, theirs)
	}
	return w.write(ctx, live)
}

func (w *writer) write(ctx context.Context, live cloud.DeploymentSettings) error {
	after, err := w.merge(ctx, w.state.RoleID, oidcPatch(live.OIDC, w.state.wantedOIDC()))
	if err != nil {
		return w.badRole(ctx, err)
	}
	if left := replacedBy(after, w.state); len(left) > 0 {
		return kit.PartialSettled(fmt.Errorf("deployment settings of stack %s: written, but read back with %s: run `pulumi up` again",
			w.stack(), shortlist.Of(left, 20)))
	}
	return nil
}

func (w *writer) merge(ctx context.Context, roleID *string, oidc map[string]any) (cloud.DeploymentSettings, error) {
	return w.session.Client.MergeDeploymentSettings(context.WithoutCancel(ctx),
		w.state.Organization, w.state.Project, w.state.Stack, roleID, oidc)
}

// badRole explains a refusal by the role that was to be set: the service says no more than that something is invalid.
func (w *writer) badRole(ctx context.Context, err error) error {
	if !errors.Is(err, cloud.ErrInvalid) || w.state.RoleID == nil {
		return err
	}
	return records.ExplainRole(ctx, w.session.Client, w.state.Organization, "roleId", *w.state.RoleID, err)
}

// restore puts back what was recorded.
func (w *writer) restore(ctx context.Context) error {
	live, err := kit.Twice(func() (cloud.DeploymentSettings, error) { return w.settings(ctx) })
	if err != nil {
		return kit.RequireSight(ctx, w.session, w.state.Organization, err)
	}
	previous := w.state.Previous
	if previous == nil {
		previous = &types.DeploymentPrevious{Existed: true}
	}
	roleID, wanted := w.putBack(ctx, live, *previous)
	if !previous.Existed && !live.Other && roleID == nil && len(wanted) == 0 {
		return w.remove(ctx)
	}
	if live.RoleID == ptr.Value(roleID) && sameOIDC(live.OIDC, wanted) {
		return nil // the settings are as they were already
	}
	patch := oidcPatch(live.OIDC, wanted)
	after, err := w.merge(ctx, roleID, patch)
	if errors.Is(err, cloud.ErrInvalid) && roleID != nil {
		wire.Log(ctx).Warningf("deployment settings of stack %s: the role %s that was set before cannot be put back (%v): "+
			"no role is set", w.stack(), *roleID, err)
		roleID = nil
		after, err = w.merge(ctx, nil, patch)
	}
	if err != nil {
		return err
	}
	if after.RoleID != ptr.Value(roleID) || !sameOIDC(after.OIDC, wanted) {
		return fmt.Errorf("deployment settings of stack %s: what was there before was written, but is not what reads back: "+
			"run again", w.stack())
	}
	return nil
}

func (w *writer) remove(ctx context.Context) error {
	client := w.session.Client
	err := client.DeleteDeploymentSettings(context.WithoutCancel(ctx), w.state.Organization, w.state.Project, w.state.Stack)
	if err != nil {
		return err
	}
	_, err = w.settings(ctx)
	switch {
	case cloud.IsNotFound(err):
		return nil
	case err != nil:
		return fmt.Errorf("deployment settings of stack %s were deleted, but reading back whether they still exist failed: %w",
			w.stack(), err)
	}
	return fmt.Errorf("deployment settings of stack %s are still there after they were deleted: run again", w.stack())
}

func writerOf(op kit.Op, state State) *writer {
	return &writer{session: op.Session, state: state}
}

func create(ctx context.Context, op kit.Op, want Args) (*State, error) {
	w := writerOf(op, wanted(want))
	err := w.create(ctx)
	return kit.Reached(w.state, err)
}

func update(ctx context.Context, op kit.Op, before State, want Args) (*State, error) {
	w := writerOf(op, planned(before, want))
	w.before, w.state.Written = before.Written, w.state.written()
	err := w.update(ctx)
	return kit.Reached(w.state, err)
}
