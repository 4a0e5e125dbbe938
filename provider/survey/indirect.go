package survey

import (
	"context"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/graph"
)

// WhoCanIndirect asks who holds a scope on an entity, and who can come to use it by acts. It reads the whole organization.
func (s *Survey) WhoCanIndirect(ctx context.Context, scope string, q Question) (graph.Answer, []graph.Blind, error) {
	index, resource, blind, err := s.whole(ctx, &q, q.Options)
	if err != nil {
		return graph.Answer{}, nil, err
	}
	return index.WhoCanIndirect(scope, *resource), blind, nil
}

// Escalations asks how principals come to what they do not hold: one of them, or everybody who is not an administrator, if of is nil. Without
// a scope and a question it is about an administrator's rights, and about what tells most of each entity.
func (s *Survey) Escalations(
	ctx context.Context, of *graph.PrincipalID, scope string, q *Question, o Options,
) ([]graph.Escalation, []graph.Blind, error) {
	index, resource, blind, err := s.whole(ctx, q, o)
	if err != nil {
		return nil, nil, err
	}
	if of != nil {
		with, name := withIdentity(index, of.Kind, of.Name, o.Claims)
		found, known := known(with, graph.PrincipalID{Kind: of.Kind, Name: name})
		if !known {
			return nil, nil, &UnknownPrincipalError{s.organization, of.Kind, of.Name}
		}
		index = with
		of = &found
	}
	return index.Escalations(of, scope, resource), blind, nil
}

// whole reads the organization, and the entity of a question. One that no list has may be there all the same.
func (s *Survey) whole(ctx context.Context, q *Question, o Options) (*graph.Index, *graph.Resource, []graph.Blind, error) {
	var resource *graph.Resource
	var unseen []graph.Blind
	if q != nil {
		read, blind, err := s.Resource(ctx, q.Kind, q.Name)
		if err != nil {
			return nil, nil, nil, err
		}
		resource, unseen = &read, blind
	}
	organization, blind, err := s.Whole(ctx, o)
	if err != nil {
		return nil, nil, nil, err
	}
	index := graph.NewIndex(organization)
	if q != nil {
		if listed, found := index.Entity(q.Kind, q.Name); found {
			resource = &listed
		}
	}
	return index, resource, distinct(unseen, blind), nil
}

// known finds a principal. A login may be that of a service principal.
func known(index *graph.Index, p graph.PrincipalID) (graph.PrincipalID, bool) {
	for _, one := range index.AllPrincipals() {
		if one == p || one.Name == p.Name && p.Kind == graph.UserKind && one.Kind == graph.ServicePrincipalKind {
			return one, true
		}
	}
	return p, false
}
