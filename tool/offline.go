package main

import (
	"context"
	"fmt"
	"os"
	"slices"
	"time"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/access"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/graph"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/survey"
)

// offline answers from a snapshot.
type offline struct {
	graph.Snapshot
	index *graph.Index
}

func (c *cli) openSnapshot(path string) (*offline, error) {
	snapshot, err := readSnapshot(path)
	if err != nil {
		return nil, err
	}
	// The variable says which organization is meant where nothing else does; a snapshot does.
	if c.organization != "" && c.organization != snapshot.Organization.Login {
		return nil, misused("--organization is %q, and %s is a snapshot of %q", c.organization, path, snapshot.Organization.Login)
	}
	catalogue := snapshot.Organization.Catalogue
	snapshot.Organization.Catalogue = access.NewCatalogue(slices.Concat(catalogue.Additional(), c.additional))
	return &offline{snapshot, graph.NewIndex(snapshot.Organization)}, nil
}

func readSnapshot(path string) (graph.Snapshot, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return graph.Snapshot{}, fmt.Errorf("reading the snapshot: %w", err)
	}
	snapshot, err := graph.ParseSnapshot(text)
	if err != nil {
		return graph.Snapshot{}, fmt.Errorf("reading %s: %w", path, err)
	}
	return snapshot, nil
}

func (o *offline) organization() string { return o.Organization.Login }

func (o *offline) whole(context.Context) (graph.Organization, []graph.Blind, error) {
	return o.Organization, o.Blind, nil
}

func (o *offline) catalogueWith(_ context.Context, kind access.EntityKind, scope string) (access.Catalogue, []graph.Blind, error) {
	catalogue := o.Organization.Catalogue
	if !catalogue.Has(kind, scope) {
		return catalogue, nil, unknownScope(kind, scope, catalogue.Nearest(kind, scope))
	}
	return catalogue, nil, nil
}

// resource finds an entity.
func (o *offline) resource(e entity) (graph.Resource, error) {
	if e.kind == access.Organization {
		return o.Organization.Itself(), nil
	}
	found, is := o.index.Entity(e.kind, e.name)
	if !is {
		return found, fmt.Errorf("the snapshot of organization %q, taken at %s, has no %s %q: %w",
			o.Organization.Login, o.Taken.Format(time.RFC3339), e.kind.Noun(), e.name, errAbsent)
	}
	return found, nil
}

func (o *offline) whoCan(_ context.Context, q question) (answer graph.Answer, importers graph.Importers, blind []graph.Blind, err error) {
	resource, err := o.resource(q.entity)
	if err != nil {
		return answer, importers, nil, err
	}
	if graph.OpensImports(q.scope) {
		importers = o.index.Importers(q.name)
	}
	if q.indirect {
		return o.index.WhoCanIndirect(q.scope, resource), importers, o.Blind, nil
	}
	return o.index.WhoCan(q.scope, resource), importers, o.Blind, nil
}

func (o *offline) effective(_ context.Context, p principal, q question) (survey.Effective, []graph.Blind, error) {
	resource, err := o.resource(q.entity)
	if err != nil {
		return survey.Effective{}, nil, err
	}
	index, id, _ := known(o.index, p)
	held, found := index.Of(id.Kind, id.Name, resource)
	if !found {
		return survey.Effective{}, nil, &survey.UnknownPrincipalError{Organization: o.Organization.Login, Kind: p.Kind, Name: p.Name}
	}
	return effectiveOn(index, id, held, resource, q.scope), o.Blind, nil
}

// effectiveOn is what a principal holds on an entity, with what else an explanation says.
func effectiveOn(index *graph.Index, id graph.PrincipalID, held graph.Access, t graph.Resource, why string) survey.Effective {
	out := survey.Effective{Access: held, Level: index.Level(held, t.Kind), MissingImports: index.MissingImports(id.Kind, id.Name, t)}
	if why != "" {
		out.Missing = index.Missing(id.Kind, id.Name, why, t)
	}
	return out
}
