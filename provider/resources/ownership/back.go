package ownership

import (
	"context"
	"fmt"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/cloud"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/logins"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/resources/kit"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/wire"
)

// giveBack returns an entity whose owner was changed, and what is owed there, unless another resource of the program owns it now or
// somebody else has decided about it since.
func (r *reconciler) giveBack(ctx context.Context, one Owned) error {
	returns := one.PreviousOwner != nil && !logins.Same(*one.PreviousOwner, r.state.Owner)
	if !returns && len(one.Owed) == 0 {
		return nil
	}
	one, there, err := r.found(ctx, one)
	if err != nil || !there {
		return err
	}
	one, heir, err := r.inherited(ctx, one)
	if err != nil {
		return err
	}
	if returns = returns && heir == ""; !returns && len(one.Owed) == 0 {
		return nil
	}
	now, err := r.calls.Owner(ctx, one)
	if err != nil {
		return kit.RequireSight(ctx, r.session, r.state.Organization, err)
	}
	if err := r.giveOwedBefore(ctx, &now); err != nil {
		return err
	}
	if !returns {
		return nil
	}
	previous := *one.PreviousOwner
	log := wire.Log(ctx)
	switch held, some := now.holds(previous); {
	case logins.Same(now.Owner, previous):
		if was, _ := one.holds(previous); some && held.Permission != was.Permission {
			log.Warningf("%s %s belongs to %s again, who holds %s there, which stays", r.kind.Noun(), one.path(), previous, held.Permission)
		}
		return nil
	case !logins.Same(now.Owner, r.state.Owner):
		log.Warningf("%s %s belongs to %s by now, so it stays there and does not go back to %s", r.kind.Noun(), one.path(), now.Owner, previous)
		return nil
	}
	err = r.calls.Transfer(ctx, now, previous)
	if cloud.IsNotFound(err) {
		log.Warningf("%s %s stays with %s: %s, who owned it before, is not a member of organization %q any more",
			r.kind.Noun(), one.path(), now.Owner, previous, r.state.Organization)
		return nil
	}
	if err != nil || !r.kind.GrantMoves {
		return err
	}
	return r.returned(ctx, now, previous)
}

// found finds an entity by its id: under its name, or under the one to which it was renamed. Another one that has its name now was never
// the previous owner's.
func (r *reconciler) found(ctx context.Context, one Owned) (_ Owned, there bool, err error) {
	now, err := r.calls.One(ctx, one.Project, one.Name)
	switch {
	case err == nil && now.ID == one.ID:
		return one, true, nil
	case err != nil && !cloud.IsNotFound(err):
		return one, false, err
	}
	all, listErr := r.calls.Many(ctx, "", nil)
	if listErr != nil {
		return one, false, fmt.Errorf("whether %s %s was renamed could not be read: %w", r.kind.Noun(), one.path(), listErr)
	}
	for _, other := range all {
		if other.ID == one.ID {
			one.Project, one.Name = other.Project, other.Name
			return one, true, nil
		}
	}
	if err == nil {
		wire.Log(ctx).Warningf("%s %s was deleted and recreated since this resource changed its owner: the one that is there now stays with whom it "+
			"belongs to", r.kind.Noun(), one.path())
	}
	return one, false, kit.RequireSight(ctx, r.session, r.state.Organization, err)
}

// giveOwedBefore gives back what is owed before the owner changes again.
func (r *reconciler) giveOwedBefore(ctx context.Context, now *Owned) error {
	if len(now.Owed) == 0 {
		return nil
	}
	if err := r.readGrants(ctx, now); err != nil {
		return err
	}
	r.settleOwed(ctx, now)
	return r.giveOwed(ctx, now)
}

// returned makes the grants what they were before an entity went back to an owner: what was removed stays removed, the grant that came back
// with the ownership before all, and who held something holds it still. The owner of until now does where an EntityAccess declares it.
func (r *reconciler) returned(ctx context.Context, before Owned, previous string) error {
	failed := func(what string, err error) error {
		return fmt.Errorf("%s %s went back to %s, but %s failed: %w", r.kind.Noun(), before.path(), previous, what, err)
	}
	if _, held := before.holds(previous); !held && (!r.state.keeps(previous) || len(r.holders(ctx, before)) > 0) {
		if err := r.calls.Remove(ctx, before, previous); err != nil {
			return failed("removing the grant that came with it", err)
		}
	}
	after, err := r.calls.Grants(ctx, before)
	if err != nil {
		return failed("reading back who holds direct grants on it", err)
	}
	now := Owned{Grants: after}
	for _, g := range before.Grants {
		if held, some := now.holds(g.Login); some && held == g || logins.Same(g.Login, before.Owner) && !r.declares(ctx, before, g) {
			continue
		}
		if err := r.calls.Give(ctx, before, g); err != nil {
			return failed("giving back "+grantOf(g), err)
		}
	}
	return nil
}
