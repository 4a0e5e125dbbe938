package survey

import (
	"context"
	"fmt"
	"strings"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/access"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/cloud"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/esc"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/graph"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/oidc"
)

func cut(name string) (project, rest string) {
	project, rest, _ = strings.Cut(name, "/")
	return project, rest
}

// Target reads an entity: a stack or an environment by `project/name`, an account by its name.
func (s *Survey) Target(ctx context.Context, kind access.EntityKind, name string) (graph.Target, []graph.Blind, error) {
	switch kind {
	case access.Stack:
		found, err := s.readStack(ctx, name)
		return found.value, found.blind, err
	case access.Environment:
		return s.readClosure(ctx, name)
	default:
		found, err := s.readAccount(ctx, name)
		return found.value, found.blind, err
	}
}

func (s *Survey) readStack(ctx context.Context, name string) (seen[graph.Target], error) {
	return s.stacks.get(name, func() (seen[graph.Target], error) {
		var out seen[graph.Target]
		project, stack := cut(name)
		found, err := s.client.Stack(ctx, s.organization, project, stack)
		if err != nil {
			return out, err
		}
		out.value = graph.Target{
			Entity: access.Entity{Kind: access.Stack, ID: found.ID, Tags: found.Tags}, Name: name, Direct: map[string]access.Level{},
		}
		direct, err := s.client.Collaborators(ctx, s.organization, project, stack)
		out.blind, err = unseen(err, graph.Blind{What: "direct grants on stack " + name, Hides: "its creator and collaborators"})
		if err != nil {
			return out, err
		}
		for _, collaborator := range direct {
			out.value.Direct[collaborator.User.Login] = collaborator.Permission.Level()
		}
		return out, s.readAssigned(ctx, &out)
	})
}

func (s *Survey) readAccount(ctx context.Context, name string) (seen[graph.Target], error) {
	return s.accounts.get(name, func() (seen[graph.Target], error) {
		var out seen[graph.Target]
		found, err := s.client.Account(ctx, s.organization, name)
		if err != nil {
			return out, err
		}
		tags, err := s.client.AccountTags(ctx, s.organization, name)
		if err != nil {
			return out, err
		}
		out.value = graph.Target{
			Entity: access.Entity{Kind: access.Account, ID: found.ID, Tags: tags}, Name: name, Owner: found.Owner.Login,
		}
		return out, s.readAssigned(ctx, &out)
	})
}

// readAssigned reads the permission sets that single people hold on an entity, where the organization has such.
func (s *Survey) readAssigned(ctx context.Context, out *seen[graph.Target]) error {
	settings, err := s.readSettings(ctx)
	if err != nil || !settings.Features.UserAssignments {
		return err
	}
	assigned, err := s.client.Assignments(ctx, s.organization, out.value.Kind, out.value.ID)
	blind, err := unseen(err, graph.Blind{What: "assignments on " + out.value.Name, Hides: "people who hold a permission set there"})
	out.blind = append(out.blind, blind...)
	out.value.Assigned = map[string][]string{}
	for _, one := range assigned {
		out.value.Assigned[one.Login] = append(out.value.Assigned[one.Login], one.SetID)
	}
	return err
}

// environment is an environment, and the names of those that opening it opens.
type environment struct {
	graph.Target
	opens []string
}

func (s *Survey) readEnvironment(ctx context.Context, name string) (seen[environment], error) {
	return s.environments.get(name, func() (seen[environment], error) {
		var out seen[environment]
		project, env := cut(name)
		metadata, err := s.client.EnvironmentMetadata(ctx, s.organization, project, env)
		if err != nil {
			return out, err
		}
		tags, err := s.client.EnvironmentTags(ctx, s.organization, project, env)
		if err != nil {
			return out, err
		}
		target := seen[graph.Target]{value: graph.Target{
			Entity: access.Entity{Kind: access.Environment, ID: metadata.ID, Tags: tags}, Name: name,
			Owner: metadata.Owner.Login, Gated: metadata.GatedActions,
		}}
		if err := s.readAssigned(ctx, &target); err != nil {
			return out, err
		}
		out.value.Target, out.blind = target.value, target.blind
		definition, err := s.client.ReadEnvironment(ctx, s.organization, project, env)
		blind, err := unseen(err, graph.Blind{What: "definition of environment " + name, Hides: "what it imports, and their gates"})
		if err != nil {
			return out, err
		}
		if out.value.opens, err = esc.Opened(definition.Text); err != nil || len(blind) > 0 {
			out.value.Unclear = fmt.Sprintf("what environment %s imports could not be read", name)
			if err != nil {
				blind = append(blind, graph.Blind{What: fmt.Sprintf("imports of environment %s: %v", name, err), Hides: "what opening it takes"})
			}
		}
		out.blind = append(out.blind, blind...)
		return out, nil
	})
}

// readGates reads the gates of an environment that has any.
func (s *Survey) readGates(ctx context.Context, t *graph.Target) ([]graph.Blind, error) {
	if len(t.Gated) == 0 {
		return nil, nil
	}
	found, err := s.gates.get(t.Name, func() (seen[[]gate], error) {
		var out seen[[]gate]
		project, name := cut(t.Name)
		for read, err := range s.client.Gates(ctx, s.organization, project, name) {
			blind, err := unseen(err, graph.Blind{What: "gates of environment " + t.Name, Hides: "who approves, and whether their own requests"})
			if err != nil {
				return out, err
			}
			if out.blind = append(out.blind, blind...); len(blind) == 0 {
				out.value = append(out.value, gateOf(read, t.Name))
			}
		}
		return out, nil
	})
	for _, g := range found.value {
		if g.enabled {
			t.Gates = append(t.Gates, g.Gate)
		}
	}
	return found.blind, err
}

// gate is a gate with what tells it from others.
type gate struct {
	graph.Gate
	id, environment string
	enabled         bool
}

func gateOf(read cloud.Gate, environment string) gate {
	return gate{
		id: read.ID, environment: environment, enabled: read.Enabled,
		Gate: graph.Gate{
			Action: read.Action, Approvals: read.Rule.RequiredApprovals, SelfApproval: read.Rule.AllowSelfApproval,
			Teams: read.Rule.Teams, Users: read.Rule.Users, PermissionsOn: read.Rule.Permission,
		},
	}
}

// readClosure reads an environment and all that opening it opens, each once.
func (s *Survey) readClosure(ctx context.Context, name string) (graph.Target, []graph.Blind, error) {
	root, err := s.readEnvironment(ctx, name)
	if err != nil {
		return graph.Target{}, nil, err
	}
	target, blind := root.value.Target, root.blind
	more, err := s.readGates(ctx, &target)
	if err != nil {
		return target, nil, err
	}
	blind = append(blind, more...)
	known := map[opening]bool{}
	waiting := openings(root.value, &target)
	for len(waiting) > 0 {
		next := waiting[0]
		waiting = waiting[1:]
		if known[next] {
			continue
		}
		known[next] = true
		imported, more, err := s.readImport(ctx, next, &target)
		if err != nil {
			return target, nil, err
		}
		blind = append(blind, more...)
		waiting = append(waiting, imported...)
	}
	return target, blind, nil
}

// opening is an environment that another one opens, and the scope that this takes.
type opening struct{ name, scope string }

// openings are what an environment opens. One whose name cannot be read makes the answer unclear.
func openings(e environment, target *graph.Target) []opening {
	var all []opening
	for _, written := range e.opens {
		name, version, _ := strings.Cut(written, "@")
		ref, err := oidc.ParseEnvironmentRef(name)
		if err != nil {
			target.Unclear = fmt.Sprintf("environment %s imports %q, which is no name of an environment", e.Name, written)
			continue
		}
		scope := "environment:open"
		if version != "" {
			scope = "environment_version:open"
		}
		all = append(all, opening{ref.Project + "/" + ref.Name, scope})
	}
	return all
}

func (s *Survey) readImport(ctx context.Context, o opening, target *graph.Target) ([]opening, []graph.Blind, error) {
	found, err := s.readEnvironment(ctx, o.name)
	blind, err := unseen(err, graph.Blind{
		What: fmt.Sprintf("environment %s, which %s imports", o.name, target.Name), Hides: "who may open it, and its gates",
	})
	if err != nil {
		return nil, nil, err
	}
	if len(blind) > 0 {
		target.Unclear = fmt.Sprintf("it imports %s, which does not exist or is not visible to this token", o.name)
		return nil, blind, nil
	}
	imported := found.value
	if imported.Unclear != "" {
		target.Unclear = imported.Unclear
	}
	if o.scope != "environment:open" {
		target.Unclear = fmt.Sprintf("it imports a revision of %s, which may import others than the current one", o.name)
	}
	more, err := s.readGates(ctx, &imported.Target)
	target.Imports = append(target.Imports, graph.Import{Target: imported.Target, Scope: o.scope})
	return openings(imported, target), append(found.blind, more...), err
}
