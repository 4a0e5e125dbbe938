package survey

import (
	"context"
	"fmt"
	"strings"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/access"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/cloud"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/graph"
)

func cut(name string) (project, rest string) {
	project, rest, _ = strings.Cut(name, "/")
	return project, rest
}

// Resource reads an entity and everything that a question about it may need: a stack or an environment by `project/name`, an
// account by its name.
func (s *Survey) Resource(ctx context.Context, kind access.EntityKind, name string) (graph.Resource, []graph.Blind, error) {
	resource, blind, err := s.readResource(ctx, kind, name, true, nil)
	if err != nil {
		return resource, nil, err
	}
	more, err := s.addTags(ctx, &resource)
	return resource, distinct(blind, more), err
}

// readResource reads an entity, without the tags of an environment, and what it imports only if imports is set. An environment that does
// not exist is as a planned change creates it.
func (s *Survey) readResource(
	ctx context.Context, kind access.EntityKind, name string, imports bool, planned graph.Changes,
) (graph.Resource, []graph.Blind, error) {
	switch kind {
	case access.Organization:
		return graph.Organization{Login: s.organization}.Itself(), nil, nil
	case access.Stack:
		found, err := s.readStack(ctx, name)
		return found.value, found.blind, err
	case access.Environment:
		if imports {
			return s.readClosure(ctx, name, planned)
		}
		return s.readGatedAs(ctx, name, planned)
	default:
		found, err := s.readAccount(ctx, name)
		return found.value, found.blind, err
	}
}

func (s *Survey) readStack(ctx context.Context, name string) (seen[graph.Resource], error) {
	return s.stacks.get(name, func() (seen[graph.Resource], error) {
		var out seen[graph.Resource]
		project, stack := cut(name)
		found, err := s.client.Stack(ctx, s.organization, project, stack)
		if err != nil {
			return out, err
		}
		out.value = graph.Resource{
			Entity: access.Entity{Kind: access.Stack, ID: found.ID, Tags: found.Tags}, Name: name, Direct: map[string]access.Level{},
		}
		direct, err := s.client.Collaborators(ctx, s.organization, project, stack)
		if _, err = out.missed(ctx, err, graph.Blind{What: "direct grants on stack " + name, Hides: "its creator and collaborators"}); err != nil {
			return out, err
		}
		for _, collaborator := range direct {
			out.value.Direct[collaborator.User.Login] = collaborator.Permission.Level()
		}
		if found.Config != nil {
			if reference, known := referenceTo(found.Config.Environment); known {
				out.value.Uses = []graph.Reference{reference}
			}
		}
		return out, s.readAssigned(ctx, &out)
	})
}

func (s *Survey) readAccount(ctx context.Context, name string) (seen[graph.Resource], error) {
	return s.accounts.get(name, func() (seen[graph.Resource], error) {
		found, err := s.client.Account(ctx, s.organization, name)
		if err != nil {
			return seen[graph.Resource]{}, err
		}
		return s.accountDetails(ctx, found)
	})
}

// readListedAccount is readAccount for an account of the list, which has all but the tags and assignments.
func (s *Survey) readListedAccount(ctx context.Context, listed cloud.Account) (seen[graph.Resource], error) {
	return s.accounts.get(listed.Name, func() (seen[graph.Resource], error) { return s.accountDetails(ctx, listed) })
}

func (s *Survey) accountDetails(ctx context.Context, found cloud.Account) (seen[graph.Resource], error) {
	out := seen[graph.Resource]{value: accountOf(found)}
	var err error
	if out.value.Tags, err = s.client.AccountTags(ctx, s.organization, found.Name); err != nil {
		return out, err
	}
	return out, s.readAssigned(ctx, &out)
}

func accountOf(found cloud.Account) graph.Resource {
	return graph.Resource{Entity: access.Entity{Kind: access.Account, ID: found.ID}, Name: found.Name, Owner: found.Owner.Login}
}

// readAssigned reads the permission sets that single people hold on an entity, if the organization uses them.
func (s *Survey) readAssigned(ctx context.Context, out *seen[graph.Resource]) error {
	settings, err := s.readSettings(ctx)
	if err != nil || !settings.Features.UserAssignments {
		return err
	}
	assigned, err := s.client.EntityAssignments(ctx, s.organization, out.value.Kind, out.value.ID)
	out.value.Assigned = map[string][]string{}
	hidden, err := out.missed(ctx, err, graph.Blind{What: "assignments on " + out.value.Name, Hides: "people who hold a permission set there"})
	if hidden {
		return err
	}
	if len(assigned.Others) > 0 {
		out.blind = append(out.blind, graph.Blind{
			What: fmt.Sprintf("%d assignments on %s", len(assigned.Others), out.value.Name), Hides: "who holds them: principals of a kind that is not known",
		})
	}
	levels := levelsOfSets(out.value.Kind, assigned.Sets)
	out.value.OwnerRevoked = out.value.Owner != ""
	for _, one := range assigned.Users {
		level := levels[one.SetID]
		if one.Login == out.value.Owner && level == access.Admin {
			out.value.OwnerRevoked = false
		}
		if level == "" || !heldAnyway(out.value, one.Login, level) {
			out.value.Assigned[one.Login] = append(out.value.Assigned[one.Login], one.SetID)
		}
	}
	return nil
}

// levelsOfSets are the levels of built-in permission sets, by the id of the set.
func levelsOfSets(kind access.EntityKind, sets []cloud.PermissionSet) map[string]access.Level {
	levels := map[string]access.Level{}
	for _, set := range sets {
		for _, level := range access.Levels(kind) {
			if set.DefaultIdentifier == access.SetIdentifier(kind, level) {
				levels[set.ID] = level
			}
		}
	}
	return levels
}

// heldAnyway reports whether an assignment is what the target shows already: a collaborator's permission, or an owner's.
func heldAnyway(t graph.Resource, login string, level access.Level) bool {
	return t.Direct[login] == level || t.Owner == login && t.Kind != access.Stack && level == access.Admin
}
