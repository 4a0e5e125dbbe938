package stackowner

import (
	"context"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/cloud"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/resources/ownership"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/types"
)

// calls are the calls about the stacks of an organization.
type calls struct {
	client       *cloud.Client
	organization string
}

var _ ownership.Calls = calls{}

// One finds one stack.
func (c calls) One(ctx context.Context, project, name string) (ownership.Owned, error) {
	found, err := c.client.Stack(ctx, c.organization, project, name)
	return owned(found), err
}

// Many finds stacks.
func (c calls) Many(ctx context.Context, project string, tags map[string]string) ([]ownership.Owned, error) {
	found, err := c.client.TaggedStacks(ctx, c.organization, project, tags)
	all := []ownership.Owned{}
	for _, stack := range found {
		all = append(all, owned(stack))
	}
	return all, err
}

func owned(v cloud.Stack) ownership.Owned {
	return ownership.Owned{Project: v.Project, Name: v.Name, ID: v.ID}
}

// Read reads owner and grants.
func (c calls) Read(ctx context.Context, of ownership.Owned) (ownership.Owned, error) {
	of, err := c.Owner(ctx, of)
	if err != nil {
		return of, err
	}
	of.Grants, err = c.Grants(ctx, of)
	return of, err
}

// Owner reads the owner: grants stay as they are when it changes.
func (c calls) Owner(ctx context.Context, of ownership.Owned) (ownership.Owned, error) {
	owner, err := c.client.StackOwner(ctx, c.organization, of.Project, of.Name)
	of.Owner, of.Grants = owner, nil
	return of, err
}

// Grants reads the direct grants, by login.
func (c calls) Grants(ctx context.Context, of ownership.Owned) ([]types.DirectGrant, error) {
	found, err := c.client.Collaborators(ctx, c.organization, of.Project, of.Name)
	grants := []types.DirectGrant{}
	for _, one := range found {
		level := string(one.Permission.Level())
		if one.Permission == cloud.StackCreator {
			level = ownership.CreatorGrant
		}
		grants = append(grants, types.DirectGrant{Login: one.User.Login, Permission: level})
	}
	return ownership.SortGrants(grants), err
}

// Transfer changes the owner.
func (c calls) Transfer(ctx context.Context, of ownership.Owned, to string, _ func(string) bool) (ownership.Owned, error) {
	err := c.client.SetStackOwner(ctx, c.organization, of.Project, of.Name, to)
	if err == nil {
		of.Owner = to
	}
	return of, err
}

// Remove takes a direct grant.
func (c calls) Remove(ctx context.Context, of ownership.Owned, login string) error {
	return c.client.RemoveCollaborator(ctx, c.organization, of.Project, of.Name, login)
}
