package survey

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/esc"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/graph"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/oidc"
)

// readDefinition reads what the definition of an environment says, which is the only place that has its imports. What it says of
// logins and secrets are names.
func (s *Survey) readDefinition(ctx context.Context, name string) (seen[graph.Definition], error) {
	return s.definitions.get(name, func() (seen[graph.Definition], error) {
		var out seen[graph.Definition]
		project, env := cut(name)
		definition, err := s.client.ReadEnvironment(ctx, s.organization, project, env)
		if out.blind, err = unseen(err, graph.Blind{What: "definition of environment " + name, Hides: "what it imports, and their gates"}); err != nil {
			return out, err
		}
		if len(out.blind) > 0 {
			out.value.Unreadable = "the definition is not visible to this token"
			return out, nil
		}
		written, err := esc.Opened(definition.Text)
		if err != nil {
			out.value.Unreadable = err.Error()
			out.blind = append(out.blind, graph.Blind{What: fmt.Sprintf("imports of environment %s: %v", name, err), Hides: "what opening it takes"})
		}
		for _, one := range written {
			addImport(&out.value, name, one)
		}
		contents, err := esc.ContentsOf(definition.Text)
		if err != nil && out.value.Unreadable == "" {
			out.value.Unreadable = err.Error()
			out.blind = append(out.blind, graph.Blind{What: fmt.Sprintf("contents of environment %s: %v", name, err), Hides: "its logins to clouds and its secrets"})
		}
		for _, login := range contents.Logins {
			out.value.Logins = append(out.value.Logins, graph.Login(login))
		}
		for _, secret := range contents.Secrets {
			out.value.Secrets = append(out.value.Secrets, graph.Secret(secret))
		}
		return out, nil
	})
}

// addImport adds an import as the definition of an environment writes it.
func addImport(d *graph.Definition, environment, written string) {
	reference, known := referenceTo(written)
	if !known {
		d.Unclear = fmt.Sprintf("environment %s imports %q, which is not a name of an environment", environment, written)
		return
	}
	d.Imports = append(d.Imports, reference)
}

// referenceTo reads the name of an environment, perhaps with a revision.
func referenceTo(written string) (graph.Reference, bool) {
	name, version, _ := strings.Cut(written, "@")
	ref, err := oidc.ParseEnvironmentRef(name)
	if err != nil {
		return graph.Reference{}, false
	}
	scope := "environment:open"
	if version != "" {
		scope = "environment_version:open"
	}
	return graph.Reference{Name: ref.Project + "/" + ref.Name, Scope: scope}, true
}

// readClosure reads an environment with its gates, and every environment that opening it opens, each once.
func (s *Survey) readClosure(ctx context.Context, name string) (graph.Resource, []graph.Blind, error) {
	resource, blind, err := s.readGated(ctx, name)
	if err != nil {
		return resource, nil, err
	}
	own, err := s.readDefinition(ctx, name)
	if err != nil {
		return resource, nil, err
	}
	blind = append(blind, own.blind...)
	resource.Definition = &own.value
	resource.Unclear = own.value.UnclearImports(name)
	known := map[graph.Reference]bool{}
	waiting := slices.Clone(own.value.Imports)
	for len(waiting) > 0 {
		next := waiting[0]
		waiting = waiting[1:]
		if known[next] {
			continue
		}
		known[next] = true
		imported, more, err := s.readImport(ctx, next, &resource)
		if err != nil {
			return resource, nil, err
		}
		blind = append(blind, more...)
		waiting = append(waiting, imported...)
	}
	return resource, blind, nil
}

func (s *Survey) readImport(ctx context.Context, o graph.Reference, resource *graph.Resource) ([]graph.Reference, []graph.Blind, error) {
	found, blind, err := s.readGated(ctx, o.Name)
	hidden, err := unseen(err, hiddenImport(o.Name, resource.Name))
	if err != nil {
		return nil, nil, err
	}
	if len(hidden) > 0 {
		resource.Unclear = fmt.Sprintf("it imports %s, which does not exist or is not visible to this token", o.Name)
		return nil, hidden, nil
	}
	own, err := s.readDefinition(ctx, o.Name)
	if err != nil {
		return nil, nil, err
	}
	if unclear := own.value.UnclearImports(o.Name); unclear != "" {
		resource.Unclear = unclear
	}
	if o.Scope != "environment:open" {
		resource.Unclear = fmt.Sprintf("it imports a revision of %s, which may import others than the current one", o.Name)
	}
	resource.Imports = append(resource.Imports, graph.Import{Resource: found, Scope: o.Scope})
	return own.value.Imports, distinct(blind, own.blind), nil
}

func hiddenImport(name, by string) graph.Blind {
	return graph.Blind{What: fmt.Sprintf("environment %s, which %s imports", name, by), Hides: "who may open it, and its gates"}
}
