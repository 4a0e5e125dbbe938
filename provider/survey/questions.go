package survey

import (
	"context"
	"fmt"
	"slices"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/access"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/graph"
)

// Question names an entity by its kind, and `project/name` or an account's name.
type Question struct {
	Kind access.EntityKind
	Name string
	Options
}

// WhoCan asks who holds a scope on an entity. The tokens of teams are read for those teams alone that hold it.
func (s *Survey) WhoCan(ctx context.Context, scope string, q Question) (graph.Answer, []graph.Blind, error) {
	resource, unseen, err := s.readResource(ctx, q.Kind, q.Name, graph.OpensImports(scope))
	if err != nil {
		return graph.Answer{}, nil, err
	}
	organization, early, err := s.load(ctx, q.Options, &resource)
	if err != nil {
		return graph.Answer{}, nil, err
	}
	first := graph.NewIndex(organization).WhoCan(scope, resource)
	for _, p := range slices.Concat(first.Principals, first.Blocked) {
		if p.Kind == graph.TeamKind {
			q.TeamTokens = append(q.TeamTokens, p.Name)
		}
	}
	organization, blind, err := s.load(ctx, q.Options, &resource)
	if err != nil {
		return graph.Answer{}, nil, err
	}
	return graph.NewIndex(organization).WhoCan(scope, resource), distinct(unseen, early, blind), nil
}

// Effective is what a principal may do on an entity.
type Effective struct {
	graph.Access
	Level          access.Level // the strongest built-in permission set that is wholly held
	MissingImports []string     // environments that it imports and that the principal may not open
}

// Effective asks what a principal may do on an entity.
func (s *Survey) Effective(ctx context.Context, kind graph.Kind, name string, q Question) (Effective, []graph.Blind, error) {
	resource, unseen, err := s.readResource(ctx, q.Kind, q.Name, true)
	if err != nil {
		return Effective{}, nil, err
	}
	organization, blind, err := s.load(ctx, q.Options, &resource)
	if err != nil {
		return Effective{}, nil, err
	}
	index := graph.NewIndex(organization)
	held, found := index.Of(kind, name, resource)
	if !found && kind == graph.TokenKind {
		for _, team := range organization.Teams {
			q.TeamTokens = append(q.TeamTokens, team.Name)
		}
		unseen = distinct(unseen, blind)
		if organization, blind, err = s.load(ctx, q.Options, &resource); err != nil {
			return Effective{}, nil, err
		}
		index = graph.NewIndex(organization)
		held, found = index.Of(kind, name, resource)
	}
	blind = distinct(unseen, blind)
	if !found {
		return Effective{}, blind, &UnknownPrincipalError{s.organization, kind, name}
	}
	return Effective{held, index.Level(held, q.Kind), index.MissingImports(kind, name, resource)}, blind, nil
}

// UnknownPrincipalError is the error for a principal that the organization does not have.
type UnknownPrincipalError struct {
	Organization string
	Kind         graph.Kind
	Name         string
}

// Error names the principal.
func (e *UnknownPrincipalError) Error() string {
	return fmt.Sprintf("organization %q has no %s %q", e.Organization, e.Kind, e.Name)
}

// distinct concatenates blind spots without duplicates.
func distinct(lists ...[]graph.Blind) []graph.Blind {
	known := map[graph.Blind]bool{}
	var all []graph.Blind
	for _, blind := range slices.Concat(lists...) {
		if !known[blind] {
			known[blind] = true
			all = append(all, blind)
		}
	}
	return all
}
