package survey

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/access"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/cloud"
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
		if hidden, err := out.missed(ctx, err, graph.Blind{What: "definition of environment " + name, Hides: "what it imports, and their gates"}); hidden {
			out.value.Unreadable = "the definition could not be read"
			return out, err
		}
		out.value, out.blind = DefinitionOf(name, definition.Text)
		return out, nil
	})
}

// DefinitionOf is what the text of an environment's definition says, and what of it cannot be told.
func DefinitionOf(name, text string) (graph.Definition, []graph.Blind) {
	var out graph.Definition
	var blind []graph.Blind
	written, err := esc.Opened(text)
	if err != nil {
		out.Unreadable = err.Error()
		blind = append(blind, graph.Blind{What: fmt.Sprintf("imports of environment %s: %v", name, err), Hides: "what opening it takes"})
	}
	for _, one := range written {
		addImport(&out, name, one)
	}
	contents, err := esc.ContentsOf(text)
	if err != nil && out.Unreadable == "" {
		out.Unreadable = err.Error()
		blind = append(blind, graph.Blind{What: fmt.Sprintf("contents of environment %s: %v", name, err), Hides: "its logins to clouds and its secrets"})
	}
	for _, login := range contents.Logins {
		out.Logins = append(out.Logins, graph.Login(login))
	}
	for _, secret := range contents.Secrets {
		out.Secrets = append(out.Secrets, graph.Secret(secret))
	}
	for _, credential := range contents.Credentials {
		out.Credentials = append(out.Credentials, graph.Credential(credential))
	}
	out.Plain = contents.Plain
	return out, blind
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

// readClosure reads an environment with its gates, and every environment that opening it opens, each once, as planned changes define
// them.
func (s *Survey) readClosure(ctx context.Context, name string, planned graph.Changes) (graph.Resource, []graph.Blind, error) {
	resource, blind, err := s.readGatedAs(ctx, name, planned)
	if err != nil {
		return resource, nil, err
	}
	own, err := s.readDefinitionAs(ctx, name, planned)
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
		imported, more, err := s.readImport(ctx, next, planned, &resource)
		if err != nil {
			return resource, nil, err
		}
		blind = append(blind, more...)
		waiting = append(waiting, imported...)
	}
	return resource, blind, nil
}

// readGatedAs reads an environment with its gates. One that does not exist is as a planned change creates it.
func (s *Survey) readGatedAs(ctx context.Context, name string, planned graph.Changes) (graph.Resource, []graph.Blind, error) {
	resource, blind, err := s.readGated(ctx, name)
	if errors.Is(err, cloud.ErrNotFound) {
		if created, is := planned.Created(access.Environment, name); is {
			return created, nil, nil
		}
	}
	return resource, blind, err
}

// readDefinitionAs reads what a definition says once planned changes are made.
func (s *Survey) readDefinitionAs(ctx context.Context, name string, planned graph.Changes) (seen[graph.Definition], error) {
	if written, is := planned.Definition(name); is {
		return seen[graph.Definition]{value: *written}, nil
	}
	return s.readDefinition(ctx, name)
}

func (s *Survey) readImport(ctx context.Context, o graph.Reference, planned graph.Changes, resource *graph.Resource) ([]graph.Reference, []graph.Blind, error) {
	found, blind, err := s.readGatedAs(ctx, o.Name, planned)
	var missing gaps
	if hidden, err := missing.missed(ctx, err, hiddenImport(o.Name, resource.Name)); hidden {
		resource.Unclear = fmt.Sprintf("it imports %s, which does not exist or is not visible to this token", o.Name)
		return nil, missing.blind, err
	}
	own, err := s.readDefinitionAs(ctx, o.Name, planned)
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
