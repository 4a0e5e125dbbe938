package stackowner

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/cloud"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/logins"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/resources/kit"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/session"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/types"
)

// reconciler gives stacks an owner. Its state says what is there, and what was done.
type reconciler struct {
	session *session.Session
	state   State
}

// run reads the stacks, and settles each that is not as wanted.
func (r *reconciler) run(ctx context.Context) error {
	if err := r.look(ctx); err != nil {
		return err
	}
	if err := r.refuseLockOut(ctx); err != nil {
		return err
	}
	todo, done := len(r.state.outOfLine(r.state.Stacks)), 0
	for i := range r.state.Stacks {
		stack := &r.state.Stacks[i]
		if len(r.state.outOfLine([]types.OwnedStack{*stack})) == 0 {
			continue
		}
		err := context.Cause(ctx)
		if err == nil {
			err = r.settle(context.WithoutCancel(ctx), stack) // a cancel stops between stacks, not within one
		}
		if err != nil {
			return r.stopped(err, done, todo)
		}
		done++
		kit.Progress(ctx, "settled the ownership of %d of %d stacks", done, todo)
	}
	return nil
}

// stopped keeps what was done. A first call that was refused did nothing, and leaves nothing to keep.
func (r *reconciler) stopped(err error, done, todo int) error {
	if done == 0 && todo == 1 && !errors.Is(err, cloud.ErrUnknownOutcome) && len(removedLines(r.state)) == 0 && !r.took() {
		return err
	}
	return kit.Partial(fmt.Errorf("stopped after %d of %d stacks: %w", done, todo, err))
}

// took tells whether any stack changed its owner.
func (r *reconciler) took() bool {
	return slices.ContainsFunc(r.state.Stacks, func(s types.OwnedStack) bool { return s.PreviousOwner != nil })
}

// settle gives one stack its owner, and then takes what others hold on it, the caller's own last. It reads back.
func (r *reconciler) settle(ctx context.Context, stack *types.OwnedStack) error {
	if err := r.transfer(ctx, stack); err != nil {
		return err
	}
	unwanted := r.state.unwanted(stack.Grants)
	if len(unwanted) == 0 {
		return nil
	}
	for _, g := range r.ownLast(ctx, unwanted) {
		err := r.session.Client.RemoveCollaborator(ctx, r.state.Organization, stack.Project, stack.Stack, g.Login)
		if err != nil {
			return fmt.Errorf("removing %s: %w", grantLine(*stack, g), err)
		}
		stack.Removed = append(stack.Removed, g)
		stack.Grants = slices.DeleteFunc(stack.Grants, func(other types.DirectGrant) bool { return other == g })
	}
	after, err := r.readGrants(ctx, *stack)
	if err != nil {
		return fmt.Errorf("direct grants on stack %s were removed, but reading back whether they still exist failed: %w", nameOf(*stack), err)
	}
	*stack = after
	if left := r.state.unwanted(stack.Grants); len(left) > 0 {
		return fmt.Errorf("%s is still there after it was removed: run `pulumi up` again", grantLine(*stack, left[0]))
	}
	return nil
}

// transfer changes the owner. Whose the stack was is noted before: the answer may be lost.
func (r *reconciler) transfer(ctx context.Context, stack *types.OwnedStack) error {
	if logins.Same(stack.Owner, r.state.Owner) {
		return nil
	}
	noted := stack.PreviousOwner
	if noted == nil {
		owner := stack.Owner
		stack.PreviousOwner = &owner
	}
	err := r.session.Client.SetStackOwner(ctx, r.state.Organization, stack.Project, stack.Stack, r.state.Owner)
	if err == nil {
		stack.Owner = r.state.Owner
		return nil
	}
	if !errors.Is(err, cloud.ErrUnknownOutcome) {
		stack.PreviousOwner = noted
	}
	if cloud.IsNotFound(err) {
		return fmt.Errorf("%w\n  owner: %q is not a member of organization %q, or stack %s was not found: only a member can own a stack",
			err, r.state.Owner, r.state.Organization, nameOf(*stack))
	}
	return err
}

func reconcilerFor(op kit.Op, state State) *reconciler {
	state.Stacks = keepGrants(state.Stacks)
	return &reconciler{session: op.Session, state: state}
}

func (r *reconciler) apply(ctx context.Context) (*State, error) {
	err := r.run(ctx)
	return kit.Reached(r.state, err)
}

// remove gives the stacks back to whom they belonged. Grants that were removed stay removed.
func remove(ctx context.Context, op kit.Op, state State) error {
	kit.WarnRemovals(ctx, "direct grants that were removed stay removed, because Pulumi Cloud has no call that gives one:", removedLines(state))
	return reconcilerFor(op, state).giveBack(ctx)
}
