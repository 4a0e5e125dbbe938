package cloud

import (
	"context"
	"iter"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// Collaborator is a grant that somebody holds on a stack directly, not through a team or a role.
type Collaborator struct {
	User       UserInfo        `json:"user" answer:"value"`
	Permission StackPermission `json:"permission" answer:"value"`
}

// StackFilter narrows a list of stacks; its zero value is all that the caller can see.
type StackFilter struct {
	Project  string // "" for every project
	Tag      string // "" for any tags
	TagValue string // with Tag; "" for any value
}

// StacksWhere lists the stacks of an organization that the caller can see and that a filter lets through.
func (c *Client) StacksWhere(ctx context.Context, organization string, filter StackFilter) iter.Seq2[Stack, error] {
	query := url.Values{"organization": {organization}}
	for name, value := range map[string]string{"project": filter.Project, "tagName": filter.Tag, "tagValue": filter.TagValue} {
		if value != "" {
			query.Set(name, value)
		}
	}
	return pages(ctx, c, call{
		method: http.MethodGet, path: []string{"user", "stacks"}, query: query,
		object: "stacks of " + quoted("organization", organization),
	}, func(p struct {
		Stacks            []Stack `json:"stacks" answer:"key"`
		ContinuationToken string  `json:"continuationToken"`
	},
	) ([]Stack, string) {
		return p.Stacks, p.ContinuationToken
	})
}

// TaggedStacks lists the visible stacks of a project ("" for all) that carry all of the tags (nil for any). The service
// filters by one tag at a time, so that every tag is a list of its own.
func (c *Client) TaggedStacks(ctx context.Context, organization, project string, tags map[string]string) ([]Stack, error) {
	filters := []StackFilter{}
	for _, name := range slices.Sorted(maps.Keys(tags)) {
		filters = append(filters, StackFilter{Project: project, Tag: name, TagValue: tags[name]})
	}
	if len(filters) == 0 {
		filters = append(filters, StackFilter{Project: project})
	}
	var kept map[string]Stack
	for i, filter := range filters {
		found := map[string]Stack{}
		for stack, err := range c.StacksWhere(ctx, organization, filter) {
			if err != nil {
				return nil, err
			}
			if _, before := kept[stack.ID]; before || i == 0 {
				found[stack.ID] = stack
			}
		}
		kept = found
	}
	return slices.SortedFunc(maps.Values(kept), func(a, b Stack) int {
		return strings.Compare(a.Project+"/"+a.Name, b.Project+"/"+b.Name)
	}), nil
}

// StackOwner returns the login of a stack's owner.
func (c *Client) StackOwner(ctx context.Context, organization, project, stack string) (string, error) {
	in := stackCall(http.MethodGet, organization, project, stack, "metadata")
	in.object = "owner of " + in.object
	found, err := get[struct {
		OwnedBy UserInfo `json:"ownedBy" answer:"value"`
	}](ctx, c, in)
	return found.OwnedBy.Login, err
}

// SetStackOwner makes a member of the organization a stack's owner. Grants stay as they are.
func (c *Client) SetStackOwner(ctx context.Context, organization, project, stack, login string) error {
	return c.setOwner(ctx, stackCall(http.MethodPost, organization, project, stack, "ownership"), login)
}

// SetEnvironmentOwner makes a member of the organization an environment's owner. The grant that an owner holds moves with it.
func (c *Client) SetEnvironmentOwner(ctx context.Context, organization, project, name, login string) error {
	return c.setOwner(ctx, environmentCall(http.MethodPost, organization, project, name, "ownership"), login)
}

func (c *Client) setOwner(ctx context.Context, in call, login string) error {
	in.object = "owner of " + in.object
	in.body = map[string]string{"githubLogin": login, "name": login, "avatarUrl": ""} // the service goes by the login
	_, err := get[struct {
		Previous *string `json:"githubLogin" answer:"key"`
	}](ctx, c, in)
	return err
}

// Collaborators lists the direct grants on a stack, that of its creator included.
func (c *Client) Collaborators(ctx context.Context, organization, project, stack string) ([]Collaborator, error) {
	found, err := get[struct {
		Users []Collaborator `json:"users" answer:"key"`
	}](ctx, c, collaboratorCall(http.MethodGet, organization, project, stack))
	return found.Users, err
}

// RemoveCollaborator takes a direct grant away. One that is not found is done.
func (c *Client) RemoveCollaborator(ctx context.Context, organization, project, stack, login string) error {
	return doneIfNotFound(c.send(ctx, collaboratorCall(http.MethodDelete, organization, project, stack, login)))
}

func collaboratorCall(method, organization, project, stack string, rest ...string) call {
	in := stackCall(method, organization, project, stack, append([]string{"collaborators"}, rest...)...)
	in.object = "direct grants on " + in.object
	return in
}
