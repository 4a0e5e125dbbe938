package ownership

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/logins"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/ptr"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/resources/entitygrants"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/types"
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
