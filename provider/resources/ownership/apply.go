package ownership

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

// reconciler gives entities an owner. Its state says what is there, and what was done.
type reconciler struct {
	kind    Kind
	calls   Calls
	session *session.Session
	state   State
}

func (k Kind) reconciler(op kit.Op, state State) *reconciler {
	state.Entities = keepLists(state.Entities)
	return &reconciler{kind: k, calls: k.Calls(op, state.Organization), session: op.Session, state: state}
}

// run reads the entities, and settles each that is not as wanted.
func (r *reconciler) run(ctx context.Context) error {
	if err := r.look(ctx); err != nil {
		return err
	}
	if err := r.refuseLockOut(ctx); err != nil {
		return err
	}
	todo, done := len(r.state.outOfLine(r.state.Entities)), 0
	for i := range r.state.Entities {
		one := &r.state.Entities[i]
		if len(r.state.outOfLine([]Owned{*one})) == 0 {
			continue
		}
		err := context.Cause(ctx)
		if err == nil {
			err = r.settle(context.WithoutCancel(ctx), one) // a cancel stops between entities, not within one
		}
		if err != nil {
			return r.stopped(err, done, todo)
		}
		done++
		kit.Progress(ctx, "settled the ownership of %d of %d %s", done, todo, r.kind.plural())
	}
	return nil
}

// stopped keeps what was done. A first call that was refused did nothing, and leaves nothing to keep.
func (r *reconciler) stopped(err error, done, todo int) error {
	if done == 0 && todo == 1 && !errors.Is(err, cloud.ErrUnknownOutcome) && len(removedLines(r.state)) == 0 && !r.took() {
		return err
	}
	return kit.Partial(fmt.Errorf("stopped after %d of %d %s: %w", done, todo, r.kind.plural(), err))
}

// took tells whether any entity changed its owner.
func (r *reconciler) took() bool {
	return slices.ContainsFunc(r.state.Entities, func(one Owned) bool { return one.PreviousOwner != nil })
}

// settle gives one entity its owner, and then takes what others hold on it, the caller's own last. It reads back.
func (r *reconciler) settle(ctx context.Context, one *Owned) error {
	if err := r.transfer(ctx, one); err != nil {
		return err
	}
	unwanted := r.state.unwanted(one.Grants)
	if len(unwanted) == 0 {
		return nil
	}
	for _, g := range r.ownLast(ctx, unwanted) {
		if err := r.calls.Remove(ctx, *one, g.Login); err != nil {
			return fmt.Errorf("removing %s: %w", grantLine(*one, g), err)
		}
		one.took(g)
		one.Grants = slices.DeleteFunc(one.Grants, func(other types.DirectGrant) bool { return other == g })
	}
	left, err := r.calls.Grants(ctx, *one)
	if err != nil {
		return fmt.Errorf("direct grants on %s %s were removed, but reading back whether they still exist failed: %w", r.kind.Noun(), one.path(), err)
	}
	one.Grants = left
	if left := r.state.unwanted(one.Grants); len(left) > 0 {
		return fmt.Errorf("%s is still there after it was removed: run `pulumi up` again", grantLine(*one, left[0]))
	}
	return nil
}

// took notes a grant that was removed.
func (v *Owned) took(g types.DirectGrant) {
	v.Removed = append(v.Removed, g)
}

// transfer changes the owner. Whose the entity was is noted before: the answer may be lost.
func (r *reconciler) transfer(ctx context.Context, one *Owned) error {
	if logins.Same(one.Owner, r.state.Owner) {
		return nil
	}
	before := *one
	if one.PreviousOwner == nil {
		one.PreviousOwner = &before.Owner
	}
	after, err := r.calls.Transfer(ctx, *one, r.state.Owner, func(login string) bool {
		return r.state.keeps(login) && !logins.Same(login, r.state.Owner) // the owner holds what comes with it
	})
	*one = after
	for _, g := range r.state.unwanted(before.Grants) {
		if !slices.ContainsFunc(after.Grants, func(left types.DirectGrant) bool { return logins.Same(left.Login, g.Login) }) {
			one.took(g)
		}
	}
	if err == nil {
		return nil
	}
	if !errors.Is(err, cloud.ErrUnknownOutcome) && logins.Same(after.Owner, before.Owner) {
		one.PreviousOwner = before.PreviousOwner
	}
	if cloud.IsNotFound(err) {
		return fmt.Errorf("%w\n  owner: %q is not a member of organization %q, or %s %s was not found: only a member can own %s",
			err, r.state.Owner, r.state.Organization, r.kind.Noun(), one.path(), r.kind.article())
	}
	return err
}

// remove gives the entities back to whom they belonged. Grants that were removed stay removed.
func (r *reconciler) remove(ctx context.Context) error {
	kit.WarnRemovals(ctx, r.kind.StayRemoved, removedLines(r.state))
	return r.giveBack(ctx)
}
