package environmentowner

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/access"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/cloud"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/logins"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/resources/entitygrants"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/resources/kit"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/resources/ownership"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/session"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/types"
)

// calls are the calls about the environments of an organization.
type calls struct {
	session      *session.Session
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
		return access.HasTags(found.Tags, tags), nil
	}
	of, err := c.client.EnvironmentTags(ctx, c.organization, found.Project, found.Name)
	if err != nil { // it was deleted since it was listed, if this token would see it
		return false, kit.RequireSight(ctx, c.session, c.organization, err)
	}
	return access.HasTags(of, tags), nil
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
	found, err := c.client.EntityAssignments(ctx, c.organization, access.Environment, of.ID)
	of.Grants = ownership.Assigned(access.Environment, found)
	ownership.WarnOthers(ctx, access.Environment, of, found)
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
	found, err := c.client.EntityAssignments(ctx, c.organization, access.Environment, of.ID)
	return ownership.Assigned(access.Environment, found), err
}

// Remove takes what somebody holds directly.
func (c calls) Remove(ctx context.Context, of ownership.Owned, login string) error {
	return c.client.Unassign(ctx, c.organization, access.Environment, of.ID, login)
}

// Give assigns what somebody held.
func (c calls) Give(ctx context.Context, of ownership.Owned, g types.DirectGrant) error {
	return ownership.Assign(ctx, c.client, c.organization, access.Environment, of, g)
}

// Transfer changes the owner. Where the answer was lost, it reads whether it was done.
func (c calls) Transfer(ctx context.Context, of ownership.Owned, to string) error {
	err := c.client.SetEnvironmentOwner(ctx, c.organization, of.Project, of.Name, to)
	if errors.Is(err, cloud.ErrUnknownOutcome) {
		if now, readErr := c.owner(ctx, of); readErr == nil && logins.Same(now.Owner, to) {
			return nil
		}
	}
	return err
}
