package ownership

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/cloud"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/logins"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/ptr"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/resources/entitygrants"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/resources/kit"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/types"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/wire"
)

func isUnlisted(err error) bool {
	var unlisted *entitygrants.UnlistedError
	return errors.As(err, &unlisted)
}

// title is the noun as a sentence begins with it, and article the noun with its article.
func (k Kind) title() string { return strings.ToUpper(k.Noun()[:1]) + k.Noun()[1:] }

func (k Kind) article() string {
	if strings.ContainsAny(k.Noun()[:1], "aeio") {
		return "an " + k.Noun()
	}
	return "a " + k.Noun()
}

// taken is a grant by which somebody administers an entity, and that an update would take.
type taken struct {
	login string
	on    Owned
	// moves says that the grant goes with the ownership, also where it is to be kept.
	moves bool
}

func (r *reconciler) takes() []taken {
	var out []taken
	for _, one := range r.state.Entities {
		leaves := r.kind.GrantMoves && !logins.Same(one.Owner, r.state.Owner)
		for _, g := range one.Grants {
			moves := leaves && logins.Same(g.Login, one.Owner)
			if administers(g) && (moves || !r.state.keeps(g.Login)) {
				out = append(out, taken{login: g.Login, on: one, moves: moves})
			}
		}
	}
	return out
}

// refuse refuses what could not be undone: to take a grant that stays and could not be given back, and the caller's own.
func (r *reconciler) refuse(ctx context.Context) error {
	if err := r.refuseUnreturnable(); err != nil {
		return err
	}
	if err := r.refuseHolders(ctx); err != nil {
		return err
	}
	return r.refuseLockOut(ctx)
}

// refuseLockOut refuses to take a caller's own admin grant. Administrators of the organization keep access whatever
// becomes of grants. Anybody else may hold admin through a role or team as well, which the service does not tell: they
// insist, and then their own grant is taken last.
func (r *reconciler) refuseLockOut(ctx context.Context) error {
	takes := r.takes()
	if len(takes) == 0 {
		return nil
	}
	insists := slices.Contains(ptr.Value(r.state.Allow), types.OptIn("lockOut"))
	seen, err := r.session.Client.Organization(ctx, r.state.Organization)
	if err == nil && seen.IsAdmin() || err != nil && !insists {
		return err
	}
	caller, err := r.session.Client.CurrentUser(ctx)
	if err != nil && !insists {
		return err
	}
	r.own = caller.Login
	if insists {
		return nil
	}
	for _, t := range takes {
		if !logins.Same(t.login, caller.Login) {
			continue
		}
		instead := fmt.Sprintf("Add %q to keep, run", t.login)
		if t.moves {
			instead = "It goes with the ownership, and could not be given back by its holder. Run"
		}
		return fmt.Errorf("refused: this would remove the caller's own grant, of %s on %s %s, and with it perhaps the right to "+
			"change it again. %s with an organization administrator's token, or insist with allow: [lockOut]",
			t.login, r.kind.Noun(), t.on.path(), instead)
	}
	return nil
}

// giveBack returns an entity whose owner was changed, unless somebody else has decided about it since, and what is owed there.
func (r *reconciler) giveBack(ctx context.Context, one Owned) error {
	returns := one.PreviousOwner != nil && !logins.Same(*one.PreviousOwner, r.state.Owner)
	if !returns && len(one.Owed) == 0 {
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
// with the ownership before all, and who held something holds it still.
func (r *reconciler) returned(ctx context.Context, before Owned, previous string) error {
	failed := func(what string, err error) error {
		return fmt.Errorf("%s %s went back to %s, but %s failed: %w", r.kind.Noun(), before.path(), previous, what, err)
	}
	if _, held := before.holds(previous); !held && !r.state.keeps(previous) {
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
		if held, some := now.holds(g.Login); some && held == g || logins.Same(g.Login, before.Owner) {
			continue
		}
		if err := r.calls.Give(ctx, before, g); err != nil {
			return failed("giving back "+grantOf(g), err)
		}
	}
	return nil
}
