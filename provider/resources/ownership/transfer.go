package ownership

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/access"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/cloud"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/logins"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/problem"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/ptr"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/types"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/wire"
)

// transfer changes the owner. Whose the entity was, and what may be taken from those who keep their grants, is noted before: the answer
// may be lost.
func (r *reconciler) transfer(ctx context.Context, one *Owned) error {
	before := *one
	if one.PreviousOwner == nil {
		one.PreviousOwner = &before.Owner
	}
	one.Owed = r.atRisk(before)
	if err := r.calls.Transfer(ctx, *one, r.state.Owner); err != nil {
		return r.notTransferred(one, before, err)
	}
	one.Owner = r.state.Owner
	if r.kind.GrantMoves {
		if err := r.moved(ctx, one, before); err != nil {
			return err
		}
	} else if len(one.Owed) == 0 {
		return nil
	}
	if err := r.readGrants(ctx, one); err != nil {
		return fmt.Errorf("%s %s belongs to %s now, but reading back who holds direct grants on it failed: %w", r.kind.Noun(), one.path(), one.Owner, err)
	}
	for _, g := range one.Owed {
		if held, some := one.holds(g.Login); some && held.Permission != g.Permission {
			one.drop(g.Login) // the change left something else, which what was held takes the place of
		}
	}
	return nil
}

// moved notes what the change of the owner did to the grants. Where the new owner is to hold nothing, the very next call takes the grant that
// came with owning, unless it is the caller's own.
func (r *reconciler) moved(ctx context.Context, one *Owned, before Owned) error {
	for _, g := range r.state.unwanted(before.Grants) {
		if r.moves(before, g) {
			one.took(g)
		}
	}
	one.drop(before.Owner)
	one.drop(one.Owner)
	one.Grants = append(one.Grants, types.DirectGrant{Login: one.Owner, Permission: string(access.Admin)})
	if r.state.keeps(one.Owner) || logins.Same(one.Owner, r.own) {
		return nil
	}
	if err := r.calls.Remove(ctx, *one, one.Owner); err != nil {
		return fmt.Errorf("%s %s belongs to %s now, but removing the grant that came with it failed: %w", r.kind.Noun(), one.path(), one.Owner, err)
	}
	one.drop(one.Owner)
	return nil
}

// notTransferred forgets what was noted about a change of the owner that certainly did not happen.
func (r *reconciler) notTransferred(one *Owned, before Owned, err error) error {
	if !errors.Is(err, cloud.ErrUnknownOutcome) {
		one.PreviousOwner, one.Owed = before.PreviousOwner, before.Owed
	}
	if cloud.IsNotFound(err) {
		return fmt.Errorf("%w\n  owner: %q is not a member of organization %q, or %s %s was not found: only a member can own %s",
			err, r.state.Owner, r.state.Organization, r.kind.Noun(), one.path(), r.kind.article())
	}
	return err
}

// atRisk are the grants that stay and that a change of the owner may take, and those that are owed already. The new owner holds what
// comes with owning where that is so.
func (r *reconciler) atRisk(before Owned) []types.DirectGrant {
	return slices.DeleteFunc(slices.Concat(r.state.owed(before), before.Grants), func(g types.DirectGrant) bool {
		return !r.state.keeps(g.Login) || r.kind.GrantMoves && logins.Same(g.Login, r.state.Owner)
	})
}

// owed are the grants that are still to be given back: of those who keep theirs, and hold nothing.
func (v State) owed(one Owned) []types.DirectGrant {
	var owed []types.DirectGrant
	for _, g := range one.Owed {
		if _, some := one.holds(g.Login); !some && v.keeps(g.Login) {
			owed = append(owed, g)
		}
	}
	return owed
}

// giveOwed gives back what is owed. Who holds something else by now was given it by somebody else, which stands.
func (r *reconciler) giveOwed(ctx context.Context, one *Owned) error {
	owed := r.state.owed(*one)
	for i, g := range owed {
		if err := r.calls.Give(ctx, *one, g); err != nil {
			one.Owed = owed[i:]
			return fmt.Errorf("a change of the owner of %s %s took %s, who is in keep, and giving it back failed; the next update tries again: %w",
				r.kind.Noun(), one.path(), grantOf(g), err)
		}
		one.Grants, r.stale = SortGrants(append(one.Grants, g)), true
	}
	one.Owed = nil
	return nil
}

// settleOwed forgets what is not due any more, and names what is not given back because somebody holds something else.
func (r *reconciler) settleOwed(ctx context.Context, one *Owned) {
	for _, g := range one.Owed {
		if held, some := one.holds(g.Login); some && held.Permission != g.Permission && r.state.keeps(g.Login) {
			wire.Log(ctx).Warningf("%s %s: %s is not given back, because %s holds %s there by now", r.kind.Noun(), one.path(), grantOf(g),
				g.Login, held.Permission)
		}
	}
	one.Owed = r.state.owed(*one)
}

// refuseUnreturnable refuses a change of the owner that takes a grant which stays and could not be given back.
func (r *reconciler) refuseUnreturnable() error {
	var problems problem.List
	for _, one := range r.state.Entities {
		if !r.kind.GrantMoves || logins.Same(one.Owner, r.state.Owner) {
			continue
		}
		for _, g := range r.atRisk(one) {
			if _, _, err := assignable(g); err == nil || !logins.Same(g.Login, one.Owner) {
				continue
			}
			at := logins.Index(ptr.Value(r.state.Keep), g.Login)
			problems.Add(fmt.Sprintf("keep[%d]", at), "the change of the owner of %s %s takes %s, and Pulumi Cloud can assign one permission set at a "+
				"time, so it could not be given back: leave %s out of keep, or assign them one permission set there first",
				r.kind.Noun(), one.path(), grantOf(g), g.Login)
		}
	}
	return problems.Err()
}
