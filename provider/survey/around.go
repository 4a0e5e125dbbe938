package survey

import (
	"context"
	"errors"
	"slices"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/access"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/cloud"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/graph"
)

// Around is a principal that can do what a gate holds back without its approval.
type Around struct {
	graph.Principal          // Paths lead to the first of Scopes
	Scopes          []string // by which it goes around the gate
	Admin           bool     // an administrator, who holds every scope
}

// wayAround is a scope that goes around a gate, for whoever holds one of those that it needs on the environment, and the one that it
// needs in the organization.
type wayAround struct {
	scope          string
	needs          []string
	inOrganization string
}

// waysAround are the scopes that go around a gate on an action. A copy of an environment has no gate, and neither has one that was
// deleted and restored, or created again under its name. Whether the service lets somebody copy an environment that they may read and
// not open is not documented, so reading suffices.
func waysAround(action string) []wayAround {
	if action == cloud.GateUpdate {
		needs := []string{"environment:write"}
		return []wayAround{
			{scope: "change_gate:update", needs: needs}, {scope: "change_gate:delete", needs: needs},
			{scope: deleteScope, needs: []string{deleteScope}, inOrganization: "environment:create"},
			{scope: deleteScope, needs: needs, inOrganization: "environment:restore_deleted"},
		}
	}
	opens := []string{"environment:open", "environment_version:open"}
	return []wayAround{
		{scope: "environment:clone", needs: append([]string{"environment:read"}, opens...)},
		{scope: "change_gate:update", needs: opens}, {scope: "change_gate:delete", needs: opens},
		{scope: deleteScope, needs: opens, inOrganization: "environment:restore_deleted"},
	}
}

const deleteScope = "environment:delete"

// AroundGate returns who can do without approval what a gate on an environment guards. For an environment that does not exist
// yet, exists is false, and the answer holds those who have access to every environment.
func (s *Survey) AroundGate(ctx context.Context, action string, q Question) (around []Around, blind []graph.Blind, exists bool, err error) {
	resource, blind, err := s.readResource(ctx, access.Environment, q.Name, true, nil)
	exists = err == nil
	if errors.Is(err, cloud.ErrNotFound) {
		resource, err = graph.Resource{Entity: access.Entity{Kind: access.Environment}, Name: q.Name}, nil
	}
	if err != nil {
		return nil, nil, false, err
	}
	organization, unseen, err := s.load(ctx, q.Options, &resource)
	if err != nil {
		return nil, nil, exists, err
	}
	around = goingAround(organization, action, resource)
	for _, one := range around {
		if one.Kind == graph.TeamKind {
			q.TeamTokens = append(q.TeamTokens, one.Name)
		}
	}
	if len(q.TeamTokens) > 0 { // whose tokens are read only then
		blind = distinct(blind, unseen)
		if organization, unseen, err = s.load(ctx, q.Options, &resource); err != nil {
			return nil, nil, exists, err
		}
		around = goingAround(organization, action, resource)
	}
	return around, distinct(blind, unseen), exists, nil
}

// principalKey tells principals apart.
type principalKey struct {
	kind graph.Kind
	name string
}

func keyOf(p graph.Principal) principalKey { return principalKey{p.Kind, p.Name} }

// holders are the principals that hold a scope on one resource, each scope asked for once.
type holders struct {
	index    *graph.Index
	resource graph.Resource
	byScope  map[string][]graph.Principal
}

func (h holders) of(scope string) []graph.Principal {
	found, known := h.byScope[scope]
	if !known {
		answer := h.index.WhoCan(scope, h.resource)
		found = slices.Concat(answer.Principals, answer.Blocked) // what the environment imports is not part of a copy
		h.byScope[scope] = found
	}
	return found
}

// ofAny is how certain it is that a principal holds one of the scopes.
func (h holders) ofAny(scopes []string) map[principalKey]graph.Certainty {
	certainty := map[principalKey]graph.Certainty{}
	for _, scope := range scopes {
		for _, p := range h.of(scope) {
			if certainty[keyOf(p)] != graph.Certain {
				certainty[keyOf(p)] = p.Certainty
			}
		}
	}
	return certainty
}

// both is how certain it is that a principal has both.
func both(first, second map[principalKey]graph.Certainty) map[principalKey]graph.Certainty {
	certainty := map[principalKey]graph.Certainty{}
	for key, one := range first {
		other, has := second[key]
		switch {
		case has && one == graph.Certain:
			certainty[key] = other
		case has:
			certainty[key] = one
		}
	}
	return certainty
}

// goingAround answers from what was read.
func goingAround(organization graph.Organization, action string, resource graph.Resource) []Around {
	index := graph.NewIndex(organization)
	held := holders{index, resource, map[string][]graph.Principal{}}
	whole := graph.Resource{Entity: access.Entity{Kind: access.Organization}, Name: organization.Login}
	inOrganization := holders{index, whole, map[string][]graph.Principal{}}
	var all []Around
	at := map[principalKey]int{}
	for _, way := range waysAround(action) {
		needed := held.ofAny(way.needs)
		if way.inOrganization != "" {
			needed = both(needed, inOrganization.ofAny([]string{way.inOrganization}))
		}
		for _, p := range held.of(way.scope) {
			certainty, has := needed[keyOf(p)]
			if !has {
				continue
			}
			if certainty != graph.Certain {
				p.Certainty = certainty
			}
			i, known := at[keyOf(p)]
			if !known {
				i, at[keyOf(p)] = len(all), len(all)
				all = append(all, Around{Principal: p, Admin: index.IsAdministrator(p.Kind, p.Name)})
			}
			if !slices.Contains(all[i].Scopes, way.scope) {
				all[i].Scopes = append(all[i].Scopes, way.scope)
			}
			if p.Certainty == graph.Certain {
				all[i].Certainty = graph.Certain
			}
		}
	}
	return all
}
