package environmentowner

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/access"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/cloud"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/logins"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/resources/entitygrants"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/resources/ownership"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/types"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/wire"
)

// calls are the calls about the environments of an organization.
type calls struct {
	client       *cloud.Client
	organization string
}

var _ ownership.Calls = calls{}

// One finds one environment.
func (c calls) One(ctx context.Context, project, name string) (ownership.Owned, error) {
	found, err := c.client.EnvironmentMetadata(ctx, c.organization, project, name)
	if err == nil {
		err = c.requireListing(ctx)
	}
	return ownership.Owned{Project: project, Name: name, ID: found.ID, Owner: found.Owner.Login}, err
}

// Many finds environments.
func (c calls) Many(ctx context.Context, project string, tags map[string]string) ([]ownership.Owned, error) {
	if err := c.requireListing(ctx); err != nil {
		return nil, err
	}
	all := []ownership.Owned{}
	for found, err := range c.client.Environments(ctx, c.organization) {
		if err != nil {
			return nil, err
		}
		if project != "" && found.Project != project {
			continue
		}
		if has, err := c.hasTags(ctx, found, tags); err != nil {
			return nil, err
		} else if has {
			all = append(all, ownership.Owned{Project: found.Project, Name: found.Name, ID: found.ID, Owner: found.Owner.Login})
		}
	}
	slices.SortFunc(all, func(a, b ownership.Owned) int { return strings.Compare(a.Project+"/"+a.Name, b.Project+"/"+b.Name) })
	return all, nil
}

// hasTags reads an environment's tags where the list does not have them.
func (c calls) hasTags(ctx context.Context, found cloud.Environment, tags map[string]string) (bool, error) {
	if found.Tags != nil || len(tags) == 0 {
		return ownership.HasTags(found.Tags, tags), nil
	}
	of, err := c.client.EnvironmentTags(ctx, c.organization, found.Project, found.Name)
	if cloud.IsNotFound(err) {
		return false, nil // it was deleted since it was listed
	}
	return ownership.HasTags(of, tags), err
}

// requireListing holds that the service says who holds something directly.
func (c calls) requireListing(ctx context.Context) error {
	seen, err := c.client.Organization(ctx, c.organization)
	if err != nil {
		return err
	}
	return entitygrants.RequireListing(c.organization, seen, "environments")
}

// Read reads owner and grants.
func (c calls) Read(ctx context.Context, of ownership.Owned) (ownership.Owned, error) {
	var err error
	if of.Owner == "" { // the list did not say
		if of, err = c.owner(ctx, of); err != nil {
			return of, err
		}
	}
	found, err := c.assigned(ctx, of)
	of.Grants = found.grants()
	if others := found.others(); others != "" {
		wire.Log(ctx).Warningf("environment %s/%s: principals of a kind that this version does not know hold %s there, which stays",
			of.Project, of.Name, others)
	}
	return of, err
}

// Owner reads owner and grants anew.
func (c calls) Owner(ctx context.Context, of ownership.Owned) (ownership.Owned, error) {
	of, err := c.owner(ctx, of)
	if err != nil {
		return of, err
	}
	if err := c.requireListing(ctx); err != nil {
		return of, err
	}
	of.Grants, err = c.Grants(ctx, of)
	return of, err
}

func (c calls) owner(ctx context.Context, of ownership.Owned) (ownership.Owned, error) {
	found, err := c.client.EnvironmentMetadata(ctx, c.organization, of.Project, of.Name)
	if err != nil {
		return of, err
	}
	of.Owner = found.Owner.Login
	return of, nil
}

// Grants reads what people hold directly, by login.
func (c calls) Grants(ctx context.Context, of ownership.Owned) ([]types.DirectGrant, error) {
	found, err := c.assigned(ctx, of)
	return found.grants(), err
}

// Remove takes what somebody holds directly.
func (c calls) Remove(ctx context.Context, of ownership.Owned, login string) error {
	return c.client.Unassign(ctx, c.organization, access.Environment, of.ID, login)
}

// Transfer changes the owner. The service may take the grant of the owner before with it, and give the new one another: who
// stays is assigned again what they held.
func (c calls) Transfer(ctx context.Context, of ownership.Owned, to string, stays func(string) bool) (ownership.Owned, error) {
	before, err := c.assigned(ctx, of)
	if err != nil {
		return of, err
	}
	if of, err = c.setOwner(ctx, of, to); err != nil {
		return of, err
	}
	after, err := c.assigned(ctx, of)
	if err != nil {
		return of, fmt.Errorf("environment %s/%s belongs to %s now, but reading back who holds direct grants on it failed: %w", of.Project, of.Name, to, err)
	}
	of.Grants = after.grants()
	for _, login := range before.logins() {
		if !stays(login) || slices.Equal(before.setsOf(login), after.setsOf(login)) {
			continue
		}
		if err := c.restore(ctx, of, before, login); err != nil {
			return of, fmt.Errorf("environment %s/%s belongs to %s now, which took the %s grant of %s, and giving it back failed, so it has to be granted anew: %w",
				of.Project, of.Name, to, before.permission(login), login, err)
		}
		of.Grants = slices.DeleteFunc(of.Grants, func(g types.DirectGrant) bool { return logins.Same(g.Login, login) })
		of.Grants = ownership.SortGrants(append(of.Grants, types.DirectGrant{Login: login, Permission: before.permission(login)}))
	}
	return of, nil
}

// setOwner changes the owner. Where the answer was lost, it reads whether it was done.
func (c calls) setOwner(ctx context.Context, of ownership.Owned, to string) (ownership.Owned, error) {
	err := c.client.SetEnvironmentOwner(ctx, c.organization, of.Project, of.Name, to)
	if errors.Is(err, cloud.ErrUnknownOutcome) {
		if now, readErr := c.owner(ctx, of); readErr == nil && logins.Same(now.Owner, to) {
			return now, nil
		}
	}
	if err == nil {
		of.Owner = to
	}
	return of, err
}

func (c calls) restore(ctx context.Context, of ownership.Owned, held assigned, login string) error {
	sets := held.setsOf(login)
	if len(sets) != 1 {
		return fmt.Errorf("it is %d permission sets, and one at a time can be assigned", len(sets))
	}
	return c.client.Assign(ctx, c.organization, access.Environment, of.ID, login, sets[0])
}
