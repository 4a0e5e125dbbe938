package entityaccess

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/cloud"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/logins"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/problem"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/ptr"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/resources/membership"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/types"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/wire"
)

// findPeople finds the people who get their first grant among the organization's members, and writes their logins as the
// organization does. Who is not there is refused before anything is changed. A token that may not list members leaves that to the
// service.
func (r *reconciler) findPeople(ctx context.Context, steps []step) error {
	isNew := func(s step) bool { return s.from == nil && !s.to.who.team }
	if !slices.ContainsFunc(steps, isNew) {
		return nil
	}
	people, err := membership.Of(ctx, r.client, r.organization)
	if errors.Is(err, cloud.ErrForbidden) {
		return nil
	}
	if err != nil {
		return err
	}
	suspended := sync.OnceValue(func() membership.People { return membership.Suspended(ctx, r.client, r.organization) })
	var problems problem.List
	for _, s := range steps {
		if !isNew(s) {
			continue
		}
		if known := people.Spelling(s.to.name); known != "" {
			s.to.name = known
			continue
		}
		at := slices.IndexFunc(ptr.Value(r.given.Users), func(g types.EntityUserGrant) bool { return logins.Same(g.User, s.to.name) })
		problems.AddReason(fmt.Sprintf("users[%d].user", at), people.Why(r.organization, s.to.name, suspended()))
	}
	return problems.Err()
}

// sayMissingTeams names at preview the teams that get their first grant and are not there. The same update may create them; where it does
// not, it takes away what the program does not name, and then fails. A token that may not list teams leaves that to the service.
func (r *reconciler) sayMissingTeams(ctx context.Context, steps []step) {
	steps = slices.DeleteFunc(slices.Clone(steps), func(s step) bool { return s.from != nil || !s.to.who.team })
	if len(steps) == 0 {
		return
	}
	teams, err := r.client.Teams(ctx, r.organization)
	if err != nil {
		return
	}
	var names membership.People
	for _, team := range teams {
		names = append(names, team.Name)
	}
	for _, s := range steps {
		if slices.Contains(names, s.to.name) {
			continue
		}
		hint := ""
		if nearest := names.Nearest(s.to.name); nearest != "" {
			hint = fmt.Sprintf(" Is it %q, spelled exactly so?", nearest)
		}
		wire.Log(ctx).Warningf("%s: organization %q has no team %q now. Unless this update creates it first, the grant fails after others have been "+
			"taken away.%s", r.ref, r.organization, s.to.name, hint)
	}
}
