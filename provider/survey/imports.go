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

// imports are the environments that opening an environment opens besides itself.
type imports struct {
	openings []opening
	unclear  string // why they are not known, or not all of them; "" where they are
}

// opening is an environment that another one opens, and the scope that this takes.
type opening struct{ name, scope string }

// readImports reads the imports of an environment from its definition, which is the only place that has them.
func (s *Survey) readImports(ctx context.Context, name string) (seen[imports], error) {
	return s.imports.get(name, func() (seen[imports], error) {
		var out seen[imports]
		project, env := cut(name)
		definition, err := s.client.ReadEnvironment(ctx, s.organization, project, env)
		if out.blind, err = unseen(err, graph.Blind{What: "definition of environment " + name, Hides: "what it imports, and their gates"}); err != nil {
			return out, err
		}
		written, err := esc.Opened(definition.Text)
		if err != nil {
			out.blind = append(out.blind, graph.Blind{What: fmt.Sprintf("imports of environment %s: %v", name, err), Hides: "what opening it takes"})
		}
		if len(out.blind) > 0 {
			out.value.unclear = fmt.Sprintf("what environment %s imports could not be read", name)
		}
		for _, one := range written {
			out.value.add(name, one)
		}
		return out, nil
	})
}

// add adds an import as the definition of an environment writes it.
func (i *imports) add(environment, written string) {
	name, version, _ := strings.Cut(written, "@")
	ref, err := oidc.ParseEnvironmentRef(name)
	if err != nil {
		i.unclear = fmt.Sprintf("environment %s imports %q, which is not a name of an environment", environment, written)
		return
	}
	scope := "environment:open"
	if version != "" {
		scope = "environment_version:open"
	}
	i.openings = append(i.openings, opening{ref.Project + "/" + ref.Name, scope})
}

// readClosure reads an environment with its gates, and every environment that opening it opens, each once.
func (s *Survey) readClosure(ctx context.Context, name string) (graph.Resource, []graph.Blind, error) {
	resource, blind, err := s.readGated(ctx, name)
	if err != nil {
		return resource, nil, err
	}
	own, err := s.readImports(ctx, name)
	if err != nil {
		return resource, nil, err
	}
	blind = append(blind, own.blind...)
	resource.Unclear = own.value.unclear
	known := map[opening]bool{}
	waiting := slices.Clone(own.value.openings)
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

func (s *Survey) readImport(ctx context.Context, o opening, resource *graph.Resource) ([]opening, []graph.Blind, error) {
	found, blind, err := s.readGated(ctx, o.name)
	hidden, err := unseen(err, graph.Blind{
		What: fmt.Sprintf("environment %s, which %s imports", o.name, resource.Name), Hides: "who may open it, and its gates",
	})
	if err != nil {
		return nil, nil, err
	}
	if len(hidden) > 0 {
		resource.Unclear = fmt.Sprintf("it imports %s, which does not exist or is not visible to this token", o.name)
		return nil, hidden, nil
	}
	own, err := s.readImports(ctx, o.name)
	if err != nil {
		return nil, nil, err
	}
	if own.value.unclear != "" {
		resource.Unclear = own.value.unclear
	}
	if o.scope != "environment:open" {
		resource.Unclear = fmt.Sprintf("it imports a revision of %s, which may import others than the current one", o.name)
	}
	resource.Imports = append(resource.Imports, graph.Import{Resource: found, Scope: o.scope})
	return own.value.openings, distinct(blind, own.blind), nil
}
