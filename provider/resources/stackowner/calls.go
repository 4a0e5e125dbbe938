package stackowner

import (
	"context"
	"slices"
	"sync"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/access"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/cloud"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/logins"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/resources/entitygrants"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/resources/ownership"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/types"
)

// calls are the calls about the stacks of an organization.
type calls struct {
	client       *cloud.Client
	organization string

	lock   sync.Mutex
	seen   *cloud.Organization
	listed map[string]lists // by the stack's id, as they were last read
}

// lists are the logins of a stack's direct grants: those that are its collaborators, and those that are assigned something else, or
// are not among the collaborators.
type lists struct{ collaborators, assigned []string }

var _ ownership.Calls = (*calls)(nil)

// One finds one stack.
func (c *calls) One(ctx context.Context, project, name string) (ownership.Owned, error) {
	found, err := c.client.Stack(ctx, c.organization, project, name)
	return owned(found), err
}

// Many finds stacks.
func (c *calls) Many(ctx context.Context, project string, tags map[string]string) ([]ownership.Owned, error) {
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
func (c *calls) Read(ctx context.Context, of ownership.Owned) (ownership.Owned, error) {
	of, err := c.Owner(ctx, of)
	if err != nil {
		return of, err
	}
	of.Grants, err = c.Grants(ctx, of)
	return of, err
}

// Owner reads the owner: grants stay as they are when it changes.
func (c *calls) Owner(ctx context.Context, of ownership.Owned) (ownership.Owned, error) {
	owner, err := c.client.StackOwner(ctx, c.organization, of.Project, of.Name)
	of.Owner, of.Grants = owner, nil
	return of, err
}

// Grants reads the direct grants, by login: those of collaborators, the creator among them, and the permission sets that people are
// assigned. One list may show what the other does not.
func (c *calls) Grants(ctx context.Context, of ownership.Owned) ([]types.DirectGrant, error) {
	found, err := c.client.Collaborators(ctx, c.organization, of.Project, of.Name)
	grants := []types.DirectGrant{}
	for _, one := range found {
		level := string(one.Permission.Level())
		if one.Permission == cloud.StackCreator {
			level = ownership.CreatorGrant
		}
		grants = append(grants, types.DirectGrant{Login: one.User.Login, Permission: level})
	}
	if err != nil {
		return grants, err
	}
	seen, err := c.settings(ctx)
	if err != nil {
		return grants, err
	}
	beside := []types.DirectGrant{}
	if seen.Features.UserAssignments {
		assigned, err := c.client.EntityAssignments(ctx, c.organization, access.Stack, of.ID)
		if err != nil {
			return grants, err
		}
		ownership.WarnOthers(ctx, access.Stack, of, assigned)
		beside = notAmong(grants, ownership.Assigned(access.Stack, assigned))
	}
	c.remember(of.ID, lists{collaborators: loginsOf(grants), assigned: loginsOf(beside)})
	return ownership.Beside(grants, beside), nil
}

// settings are the organization's, which are read once.
func (c *calls) settings(ctx context.Context) (cloud.Organization, error) {
	c.lock.Lock()
	defer c.lock.Unlock()
	if c.seen != nil {
		return *c.seen, nil
	}
	seen, err := c.client.Organization(ctx, c.organization)
	if err == nil {
		c.seen = &seen
	}
	return seen, err
}

// notAmong are the assignments that the list of collaborators does not show.
func notAmong(collaborators, assigned []types.DirectGrant) []types.DirectGrant {
	return slices.DeleteFunc(assigned, func(g types.DirectGrant) bool {
		return slices.ContainsFunc(collaborators, func(c types.DirectGrant) bool {
			creates := c.Permission == ownership.CreatorGrant && g.Permission == string(access.Admin)
			return logins.Same(c.Login, g.Login) && (creates || c.Permission == g.Permission)
		})
	})
}

func loginsOf(grants []types.DirectGrant) []string {
	var out []string
	for _, g := range grants {
		out = append(out, g.Login)
	}
	return out
}

func (c *calls) remember(id string, of lists) {
	c.lock.Lock()
	defer c.lock.Unlock()
	if c.listed == nil {
		c.listed = map[string]lists{}
	}
	c.listed[id] = of
}

func (c *calls) of(id string) lists {
	c.lock.Lock()
	defer c.lock.Unlock()
	return c.listed[id]
}

// Transfer changes the owner.
func (c *calls) Transfer(ctx context.Context, of ownership.Owned, to string) error {
	return c.client.SetStackOwner(ctx, c.organization, of.Project, of.Name, to)
}

// Give assigns what somebody held, where the organization has permission sets for single people.
func (c *calls) Give(ctx context.Context, of ownership.Owned, g types.DirectGrant) error {
	seen, err := c.settings(ctx)
	if err == nil {
		err = entitygrants.RequireListing(c.organization, seen, "stacks")
	}
	if err != nil {
		return err
	}
	return ownership.Assign(ctx, c.client, c.organization, access.Stack, of, g)
}

// Remove takes what somebody holds as a collaborator, and what they are assigned.
func (c *calls) Remove(ctx context.Context, of ownership.Owned, login string) error {
	listed := c.of(of.ID)
	if logins.Index(listed.assigned, login) >= 0 {
		if err := c.client.Unassign(ctx, c.organization, access.Stack, of.ID, login); err != nil {
			return err
		}
		if logins.Index(listed.collaborators, login) < 0 {
			return nil
		}
	}
	return c.client.RemoveCollaborator(ctx, c.organization, of.Project, of.Name, login)
}
