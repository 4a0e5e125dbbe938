package entityaccess

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/access"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/cloud"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/ptr"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/resources/kit"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/resources/lockout"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/resources/membership"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/types"
)

// caller is who makes the calls, as far as grants on one entity matter.
type caller struct {
	login string
	keys  map[principal]certainty // whose grants let the caller hand out access on the entity
}

// certainty says whether a grant is known to be the caller's and to hand out access, or may be.
type certainty bool

const (
	certain  certainty = true
	possible certainty = false
)

// mine reports whether a grant lets the caller hand out access, or may do so.
func (c caller) mine(g grant) bool {
	_, key := c.keys[g.who]
	return key
}

// callerOf finds the grants by which the caller administers the entity. Administrators of the organization need none.
func (r *reconciler) callerOf(ctx context.Context, now actual) (caller, error) {
	if r.admin {
		return caller{}, nil
	}
	user, err := r.session.Client.CurrentUser(ctx)
	if err != nil {
		return caller{}, err
	}
	c := caller{login: user.Login, keys: map[principal]certainty{}}
	for _, one := range now.grants.sorted() {
		if one.held.sets == "" && one.held.Level != access.Admin {
			continue
		}
		is, known, err := r.isOf(ctx, one, user)
		if err != nil {
			return c, err
		}
		if !is {
			continue
		}
		administers, readable, err := r.administers(ctx, one.held, now.id)
		if err != nil {
			return c, err
		}
		if administers || !readable {
			c.keys[one.who] = certainty(known && readable)
		}
	}
	return c, nil
}

// isOf reports whether a grant is the caller's, by themselves or as a member of the team, and whether that is known: what cannot be
// read may be.
func (r *reconciler) isOf(ctx context.Context, one grant, user cloud.User) (is, known bool, err error) {
	if !one.who.team {
		return one.sameLogin(user.Login), true, nil
	}
	if user.Token != nil {
		return user.Token.Team == one.name, true, nil
	}
	team, err := r.session.Client.Team(ctx, r.organization, one.name)
	if errors.Is(err, cloud.ErrForbidden) || cloud.IsNotFound(err) {
		return true, false, nil
	}
	return membership.Index(team.Members, user.Login) >= 0, team.ListMembersError == "", err
}

// administers reports whether what is held lets its holder hand out access on the entity, and whether that could be read.
func (r *reconciler) administers(ctx context.Context, h held, id string) (administers, readable bool, err error) {
	if h.sets == "" {
		return h.Level == access.Admin, true, nil
	}
	roles := lockout.Roles{Client: r.session.Client, Organization: r.organization}
	administers, err = roles.HandOut(ctx, strings.Split(h.sets, ","), access.Entity{Kind: r.ref.Kind, ID: id})
	if errors.Is(err, cloud.ErrForbidden) {
		return false, false, nil
	}
	return administers, err == nil, err
}

// refuseLockOut refuses to take the caller's last grant by which they may hand out access on the entity. Anybody but an
// administrator of the organization may have that through a role as well, which the service does not tell: they insist. What is
// not certain counts where it is lost, and does not where it is kept.
func (r *reconciler) refuseLockOut(ctx context.Context, c caller, now actual, steps []step) error {
	if len(c.keys) == 0 || slices.Contains(ptr.Value(r.desired.Allow), types.OptIn("lockOut")) {
		return nil
	}
	end := maps.Clone(now.grants)
	for _, s := range steps {
		s.after(end)
	}
	lost := false
	for who, known := range c.keys {
		left, there := end[who]
		keeps := there && left.held == now.grants[who].held
		if there && !keeps {
			var err error
			if keeps, _, err = r.administers(ctx, left.held, now.id); err != nil {
				return err
			}
		}
		if keeps && known == certain {
			return nil
		}
		lost = lost || !keeps
	}
	if !lost {
		return nil
	}
	return &lockout.Error{Text: fmt.Sprintf("refused: this would take the grant away by which %s, the caller, hands out access on %s, and with it "+
		"perhaps the right to change it again. Keep it among the grants of this resource, run with an organization administrator's token, "+
		"or insist with allow: [lockOut]", c.login, r.ref)}
}

// refuseForeign refuses to take or replace what this resource did not grant, where the program says so.
func (r *reconciler) refuseForeign(steps []step, n names) error {
	if !r.desired.OnForeign.Refuses() {
		return nil
	}
	foreign := slices.DeleteFunc(slices.Clone(steps), func(s step) bool { return !s.foreign })
	if len(foreign) == 0 {
		return nil
	}
	return fmt.Errorf("%s", kit.Bulleted(fmt.Sprintf("%s: refused by onForeign, because these grants were not made by this resource, but came with "+
		"it, or were made in the console or by another program. Add them to the program, remove them there, or allow their removal with "+
		"onForeign: warn:", r.ref), lines(foreign, n)))
}
