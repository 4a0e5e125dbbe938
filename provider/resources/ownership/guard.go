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

// caller is who makes the calls, "" when that cannot be read.
func (r *reconciler) caller(ctx context.Context) string {
	caller, err := r.session.Client.CurrentUser(ctx)
	if err != nil {
		return ""
	}
	return caller.Login
}

// ownLast puts the caller's own grant at the end: without it the others could perhaps not be removed. It asks only where
// there is an order to choose.
func (r *reconciler) ownLast(ctx context.Context, grants []types.DirectGrant) []types.DirectGrant {
	if len(grants) < 2 {
		return grants
	}
	caller := r.caller(ctx)
	own := func(g types.DirectGrant) int {
		if logins.Same(g.Login, caller) {
			return 1
		}
		return 0
	}
	sorted := slices.Clone(grants)
	slices.SortStableFunc(sorted, func(a, b types.DirectGrant) int { return own(a) - own(b) })
	return sorted
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
		leaves := r.kind.TransferTakes && !logins.Same(one.Owner, r.state.Owner)
		for _, g := range one.Grants {
			moves := leaves && logins.Same(g.Login, one.Owner)
			if administers(g) && (moves || !r.state.keeps(g.Login)) {
				out = append(out, taken{login: g.Login, on: one, moves: moves})
			}
		}
	}
	return out
}

// refuseLockOut refuses to take a caller's own admin grant. Administrators of the organization keep access whatever
// becomes of grants. Anybody else may hold admin through a role or team as well, which the service does not tell: they
// insist.
func (r *reconciler) refuseLockOut(ctx context.Context) error {
	takes := r.takes()
	if len(takes) == 0 || slices.Contains(ptr.Value(r.state.Allow), types.OptIn("lockOut")) {
		return nil
	}
	seen, err := r.session.Client.Organization(ctx, r.state.Organization)
	if err != nil || seen.IsAdmin() {
		return err
	}
	caller, err := r.session.Client.CurrentUser(ctx)
	if err != nil {
		return err
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

// giveBack returns every entity whose owner was changed, unless somebody else has decided about it since.
func (r *reconciler) giveBack(ctx context.Context) error {
	for _, one := range r.state.Entities {
		if one.PreviousOwner == nil || logins.Same(*one.PreviousOwner, r.state.Owner) {
			continue
		}
		if err := context.Cause(ctx); err != nil {
			return err
		}
		if err := r.giveBackOne(context.WithoutCancel(ctx), one); err != nil {
			return err
		}
	}
	return nil
}

func (r *reconciler) giveBackOne(ctx context.Context, one Owned) error {
	previous := *one.PreviousOwner
	now, err := r.calls.Owner(ctx, one)
	if err != nil {
		return kit.RequireSight(ctx, r.session, r.state.Organization, err)
	}
	log := wire.Log(ctx)
	held := func(login string) bool {
		return slices.ContainsFunc(now.Grants, func(g types.DirectGrant) bool { return logins.Same(g.Login, login) })
	}
	switch {
	case logins.Same(now.Owner, previous):
		if held(previous) && !r.state.keeps(previous) {
			log.Warningf("%s %s belongs to %s again, who holds a grant there, which stays", r.kind.Noun(), one.path(), previous)
		}
		return nil
	case !logins.Same(now.Owner, r.state.Owner):
		log.Warningf("%s %s belongs to %s by now, so it stays there and does not go back to %s", r.kind.Noun(), one.path(), now.Owner, previous)
		return nil
	}
	after, err := r.calls.Transfer(ctx, now, previous, func(login string) bool { return held(login) && !logins.Same(login, now.Owner) })
	if cloud.IsNotFound(err) {
		log.Warningf("%s %s stays with %s: %s, who owned it before, is not a member of organization %q any more",
			r.kind.Noun(), one.path(), now.Owner, previous, r.state.Organization)
		return nil
	}
	if err != nil || r.state.keeps(previous) || held(previous) {
		return err
	}
	return r.dropBrought(ctx, after, previous)
}

// dropBrought takes the grant that came back with the ownership: what was removed stays removed.
func (r *reconciler) dropBrought(ctx context.Context, one Owned, login string) error {
	for _, g := range one.Grants {
		if !logins.Same(g.Login, login) {
			continue
		}
		if err := r.calls.Remove(ctx, one, login); err != nil {
			return fmt.Errorf("%s %s went back to %s, but removing the grant that came with it failed: %w", r.kind.Noun(), one.path(), login, err)
		}
	}
	return nil
}
