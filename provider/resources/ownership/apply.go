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

	own   string // the caller's login, where the order of the calls counts: they might lose the right to make the rest
	stale bool   // grants were changed since they were read
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
	if err := r.refuse(ctx); err != nil {
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

// settle takes from an entity what may be taken before its owner changes, changes the owner, takes the rest, gives back what the
// change took from those who keep their grants, and takes the caller's own grant last. It reads back.
func (r *reconciler) settle(ctx context.Context, one *Owned) error {
	own := func(g types.DirectGrant) bool { return logins.Same(g.Login, r.own) }
	if !logins.Same(one.Owner, r.state.Owner) {
		if err := r.takeBefore(ctx, one, own); err != nil {
			return err
		}
		if err := r.transfer(ctx, one); err != nil {
			return err
		}
	}
	if err := r.take(ctx, one, func(g types.DirectGrant) bool { return !own(g) }); err != nil {
		return err
	}
	if err := r.giveOwed(ctx, one); err != nil {
		return err
	}
	if err := r.take(ctx, one, own); err != nil {
		return err
	}
	return r.readBack(ctx, one)
}

// takeBefore takes what goes before a change of the owner that gives somebody something.
func (r *reconciler) takeBefore(ctx context.Context, one *Owned, own func(types.DirectGrant) bool) error {
	if !r.kind.GrantMoves {
		return nil
	}
	before := *one
	return r.take(ctx, one, func(g types.DirectGrant) bool { return !own(g) && !r.moves(before, g) })
}

// moves says that a grant goes with the ownership, or comes with it again: there is no use in taking it before.
func (r *reconciler) moves(one Owned, g types.DirectGrant) bool {
	return r.kind.GrantMoves && (logins.Same(g.Login, one.Owner) || logins.Same(g.Login, r.state.Owner))
}

// take takes those of the unwanted grants that are meant.
func (r *reconciler) take(ctx context.Context, one *Owned, meant func(types.DirectGrant) bool) error {
	for _, g := range r.state.unwanted(one.Grants) {
		if !meant(g) {
			continue
		}
		r.stale = true
		if err := r.calls.Remove(ctx, *one, g.Login); err != nil {
			return fmt.Errorf("removing %s: %w", grantLine(*one, g), err)
		}
		one.took(g)
		one.drop(g.Login)
	}
	return nil
}

// readGrants reads what is held now.
func (r *reconciler) readGrants(ctx context.Context, one *Owned) error {
	now, err := r.calls.Grants(ctx, *one)
	if err == nil {
		one.Grants, r.stale = now, false
	}
	return err
}

// readBack checks that what was taken since the last look was removed. What shows only then is taken as well: one list may have hidden
// what another has.
func (r *reconciler) readBack(ctx context.Context, one *Owned) error {
	for range 2 {
		if !r.stale {
			return nil
		}
		if err := r.readGrants(ctx, one); err != nil {
			return fmt.Errorf("direct grants on %s %s were changed, but reading back whether those that were removed still exist failed: %w",
				r.kind.Noun(), one.path(), err)
		}
		if err := r.take(ctx, one, func(types.DirectGrant) bool { return true }); err != nil {
			return err
		}
	}
	if err := r.readGrants(ctx, one); err != nil {
		return err
	}
	if left := r.state.unwanted(one.Grants); len(left) > 0 {
		return fmt.Errorf("%s is still there after it was removed: run `pulumi up` again", grantLine(*one, left[0]))
	}
	return nil
}

// remove gives the entities back to whom they belonged. Grants that were removed stay removed.
func (r *reconciler) remove(ctx context.Context) error {
	kit.WarnRemovals(ctx, r.kind.StayRemoved, removedLines(r.state))
	for _, one := range r.state.Entities {
		if err := context.Cause(ctx); err != nil {
			return err
		}
		if err := r.giveBack(context.WithoutCancel(ctx), one); err != nil {
			return err
		}
	}
	return nil
}
