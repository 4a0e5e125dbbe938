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
	// Planned are the changes that an update is about to make; only [Survey.Holders] regards them.
	Planned graph.Changes
	// Why is a scope whose missing grants [Survey.Effective] returns.
	Why string
	Options
}

// WhoCan asks who holds a scope on an entity. The tokens of teams are read for those teams alone that hold it.
func (s *Survey) WhoCan(ctx context.Context, scope string, q Question) (graph.Answer, []graph.Blind, error) {
	held, blind, err := s.Holders(ctx, scope, q)
	return held.Answer, blind, err
}

// Holders is who holds a scope on an entity, with the organization that the answer is about.
type Holders struct {
	Organization graph.Organization
	Resource     graph.Resource
	Answer       graph.Answer
}

// Holders asks who holds a scope on an entity once the planned changes of the question are made.
func (s *Survey) Holders(ctx context.Context, scope string, q Question) (Holders, []graph.Blind, error) {
	resource, unseen, err := s.readResource(ctx, q.Kind, q.Name, graph.OpensImports(scope), q.Planned)
	if err != nil {
		return Holders{}, nil, err
	}
	first, early, err := s.holders(ctx, scope, q, &resource)
	if err != nil {
		return Holders{}, nil, err
	}
	for _, p := range slices.Concat(first.Answer.Principals, first.Answer.Blocked) {
		if p.Kind == graph.TeamKind && !q.Planned.CreatesTeam(p.Name) {
			q.TeamTokens = append(q.TeamTokens, p.Name)
		}
	}
	held, blind, err := s.holders(ctx, scope, q, &resource)
	return held, distinct(unseen, early, blind), err
}

// holders answers from what was read. Planned changes may decide by tags where nothing does yet.
func (s *Survey) holders(ctx context.Context, scope string, q Question, resource *graph.Resource) (Holders, []graph.Blind, error) {
	organization, blind, err := s.load(ctx, q.Options, resource)
	if err == nil && len(q.Planned) > 0 {
		var more []graph.Blind
		more, err = s.addTags(ctx, resource)
		blind = distinct(blind, more)
	}
	if err != nil {
		return Holders{}, nil, err
	}
	held := Holders{}
	held.Organization, held.Resource = q.Planned.Apply(organization, *resource)
	held.Answer = graph.NewIndex(held.Organization).WhoCan(scope, held.Resource)
	return held, blind, nil
}

// Effective is what a principal may do on an entity.
type Effective struct {
	graph.Access
	Level          access.Level // the strongest built-in permission set that is wholly held
	MissingImports []string     // environments that it imports and that the principal may not open
	// Missing are the grants that would give what the question asks why about.
	Missing []graph.Missing
}

// Effective asks what a principal may do on an entity, or on the organization itself.
func (s *Survey) Effective(ctx context.Context, kind graph.Kind, name string, q Question) (Effective, []graph.Blind, error) {
	resource, unseen, err := s.readResource(ctx, q.Kind, q.Name, true, nil)
	if err != nil {
		return Effective{}, nil, err
	}
	if kind == graph.DeploymentKind {
		q.Deployments = append(q.Deployments, name)
	}
	organization, blind, err := s.load(ctx, q.Options, &resource)
	if err != nil {
		return Effective{}, nil, err
	}
	index, principal := withIdentity(graph.NewIndex(organization), kind, name, q.Claims)
	held, found := index.Of(kind, principal, resource)
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
	out := Effective{Access: held, Level: index.Level(held, q.Kind), MissingImports: index.MissingImports(kind, principal, resource)}
	if q.Why != "" {
		out.Missing = index.Missing(kind, principal, q.Why, resource)
	}
	return out, blind, nil
}

// withIdentity adds an identity outside that is given by its claims to the principals, by the name that is returned.
func withIdentity(index *graph.Index, kind graph.Kind, name string, claims map[string]string) (*graph.Index, string) {
	if kind == graph.OutsiderKind && claims != nil {
		if with, named, found := index.WithIdentity(name, claims); found {
			return with, named
		}
	}
	return index, name
}

// BlastRadius asks what a principal can reach in the whole organization: what it holds, and what it can come to by acts.
func (s *Survey) BlastRadius(ctx context.Context, kind graph.Kind, name string, o Options) (graph.Radius, []graph.Escalation, []graph.Blind, error) {
	index, _, blind, err := s.whole(ctx, nil, o)
	if err != nil {
		return graph.Radius{}, nil, nil, err
	}
	index, principal := withIdentity(index, kind, name, o.Claims)
	radius, found := index.BlastRadius(kind, principal)
	if !found {
		return graph.Radius{}, nil, blind, &UnknownPrincipalError{s.organization, kind, name}
	}
	of, _ := known(index, graph.PrincipalID{Kind: kind, Name: principal})
	return radius, index.Escalations(&of, "", nil), blind, nil
}

// UnknownPrincipalError is the error for a principal that the organization does not have.
type UnknownPrincipalError struct {
	Organization string
	Kind         graph.Kind
	Name         string
}

// Error names the principal.
func (e *UnknownPrincipalError) Error() string {
	what := string(e.Kind)
	if e.Kind == graph.OutsiderKind {
		what = "OIDC issuer"
	}
	return fmt.Sprintf("organization %q has no %s %q", e.Organization, what, e.Name)
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
