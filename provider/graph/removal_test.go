package graph_test

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/graph"
)

// removal takes away what a path names, from an organization and an entity. Paths with the same key fall together.
type removal struct {
	key  string
	take func(o *naiveOrg, e *naiveEntity)
	// within are removals that take away what this one does, and more: one for each path, by key.
	within []string
}

// removalOf is how to take away what a path of a principal names; nothing for what a principal has by being what it is.
func removalOf(o *naiveOrg, kind graph.Kind, name string, p graph.Path) (removal, bool) {
	first := p.Steps[0]
	switch first.Kind {
	case graph.IssuerPolicyStep:
		return removal{key: "policies", take: func(o *naiveOrg, _ *naiveEntity) { o.policies = nil }}, true
	case graph.CreatorStep, graph.AssignmentStep, graph.OwnerStep:
		return removal{key: string(first.Kind) + first.Name, take: func(_ *naiveOrg, e *naiveEntity) { e.revoke(first) }}, true
	default: // by what the principal is
	}
	switch kind {
	case graph.UserKind:
		return removalOfUser(name, first)
	case graph.TeamKind:
		key := string(first.Kind) // the team's own, or what every member has
		if first.Kind == graph.TeamStep {
			key += " " + string(p.Steps[1].Kind)
		}
		return removal{key: strings.Replace(key, string(graph.DefaultStep), string(graph.OrganizationRoleStep), 1),
			take: func(o *naiveOrg, e *naiveEntity) { o.strip(name, p.Steps, *e) }}, true
	case graph.TokenKind:
		if team := o.tokens[slices.IndexFunc(o.tokens, func(t naiveToken) bool { return t.name == name })].team; team != "" {
			return removalOf(o, graph.TeamKind, team, p)
		}
		return removal{key: "token's role", take: func(o *naiveOrg, _ *naiveEntity) { o.demote(name) }}, true
	case graph.AgentKind:
		return removal{key: "agent's role", take: func(o *naiveOrg, _ *naiveEntity) { o.agents = []naiveAssistant{{name: name, role: "gone"}} }}, true
	default:
		return removal{}, false
	}
}

func removalOfUser(login string, first graph.Step) (removal, bool) {
	if first.Kind == graph.TeamStep {
		return removal{key: "team " + first.Name, take: func(o *naiveOrg, _ *naiveEntity) {
			at := slices.IndexFunc(o.teams, func(t naiveTeam) bool { return t.name == first.Name })
			o.teams[at].members = slices.DeleteFunc(slices.Clone(o.teams[at].members), func(m string) bool { return m == login })
		}}, true
	}
	return removal{key: "role", take: func(o *naiveOrg, _ *naiveEntity) {
		at := slices.IndexFunc(o.users, func(u naiveUser) bool { return u.login == login })
		o.users[at] = naiveUser{login: login, role: "gone"}
	}}, true
}

// strip takes a role, the grant on the entity, or what every member has from a team.
func (o *naiveOrg) strip(team string, steps []graph.Step, e naiveEntity) {
	at := slices.IndexFunc(o.teams, func(t naiveTeam) bool { return t.name == team })
	switch {
	case steps[0].Kind != graph.TeamStep:
		o.restricted = true
	case steps[1].Kind == graph.RoleStep:
		o.teams[at].roles = nil
	default:
		o.teams[at].levels = maps.Clone(o.teams[at].levels)
		delete(o.teams[at].levels, e.kind+" "+e.name)
	}
}

func (o *naiveOrg) demote(token string) {
	at := slices.IndexFunc(o.tokens, func(t naiveToken) bool { return t.name == token })
	o.tokens[at].role, o.tokens[at].admin = "gone", false
}

func (e *naiveEntity) revoke(step graph.Step) {
	switch step.Kind {
	case graph.CreatorStep:
		delete(e.direct, step.Name)
	case graph.AssignmentStep:
		delete(e.assigned, step.Name)
	case graph.OwnerStep:
		e.owner = ""
	default:
		panic("no grant on the entity: " + string(step.Kind))
	}
}

// Taking away exactly what the paths name takes the access away; taking away all but what one of them names does not.
func TestPathsAreNecessaryAndSufficient(t *testing.T) {
	t.Parallel()
	removesPaths(t, removalOf, func(string) bool { return true })
}

// The same holds of permission sets: what a set gives is by the paths that name it, and by no other one.
func TestPermissionSetsAreNecessaryAndSufficient(t *testing.T) {
	t.Parallel()
	removesPaths(t, bySet, func(key string) bool { return strings.HasPrefix(key, "permission set ") })
}

type remover func(o *naiveOrg, kind graph.Kind, name string, p graph.Path) (removal, bool)

// removesPaths takes away what the paths of drawn accesses name: those in which there is a removal that is asked for.
func removesPaths(t *testing.T, remove remover, asked func(key string) bool) {
	t.Helper()
	taken, kept := 0, 0
	for seed := range *organizations / 4 { // each is evaluated some hundred times
		o, e := drawn(seed)
		index := graph.NewIndex(o.product(t))
		for _, scope := range drawnScopes[e.kind] {
			for name := range o.all(e) {
				kind, principal, _ := strings.Cut(name, " ")
				removals := pathRemovals(t, remove, index, &o, e, graph.Kind(kind), principal, scope)
				if !slices.ContainsFunc(removals, func(r removal) bool { return asked(r.key) }) {
					continue
				}
				for except := -1; except < len(removals); except++ {
					less, on := drawn(seed)
					for i, r := range removals {
						if i != except {
							r.take(&less, &on)
						}
					}
					after, _ := graph.NewIndex(less.product(t)).Of(graph.Kind(kind), principal, on.product())
					switch holds := after.Holds(scope) != ""; {
					case except >= 0 && !alone(removals, except): // the others take it away as well
					case except < 0 && holds:
						t.Fatalf("seed %d: %s still holds %s on %s %s without %v\n%s", seed, name, scope, e.kind, e.name, keys(removals), o.describe())
					case except >= 0 && !holds:
						t.Fatalf("seed %d: %s lost %s on %s %s with %s of %v\n%s", seed, name, scope, e.kind, e.name, removals[except].key, keys(removals), o.describe())
					case except < 0:
						taken++
					case len(removals) > 1:
						kept++
					}
				}
			}
		}
	}
	t.Logf("%d accesses were taken away, and %d kept", taken, kept)
	if taken < *organizations/4 || kept < *organizations/4 {
		t.Errorf("%d accesses were taken away and %d kept: the law was hardly tried", taken, kept)
	}
}

// pathRemovals are those of all paths to a scope, nothing if one cannot be taken away.
func pathRemovals(t *testing.T, remove remover, index *graph.Index, o *naiveOrg, e naiveEntity, kind graph.Kind, name, scope string) []removal {
	t.Helper()
	held, _ := index.Of(kind, name, e.product())
	var removals []removal
	for _, path := range held.Paths {
		if !slices.Contains(path.Scopes, scope) {
			continue
		}
		one, can := remove(o, kind, name, path)
		whole, _ := removalOf(o, kind, name, path)
		if !can {
			return nil
		}
		at := slices.IndexFunc(removals, func(r removal) bool { return r.key == one.key })
		if at < 0 {
			at, removals = len(removals), append(removals, one)
		}
		removals[at].within = append(removals[at].within, whole.key)
	}
	if held.Holds(scope) != "" && len(removals) == 0 {
		t.Fatalf("%s %s holds %s on %s without a path", kind, name, scope, e.name)
	}
	return removals
}

// alone reports whether a path of one removal is outside what the others take away.
func alone(removals []removal, one int) bool {
	return slices.ContainsFunc(removals[one].within, func(whole string) bool {
		for i, other := range removals {
			if i != one && other.key == whole {
				return false
			}
		}
		return true
	})
}

func keys(removals []removal) (all []string) {
	for _, r := range removals {
		all = append(all, r.key)
	}
	return all
}

// bySet is how to take away what a path names where that is a permission set of the organization: its scopes. Else it is removalOf.
func bySet(o *naiveOrg, kind graph.Kind, name string, p graph.Path) (removal, bool) {
	for _, step := range p.Steps {
		if step.Kind != graph.PermissionSetStep || o.records[step.Name].builtin != "" {
			continue
		}
		return removal{key: "permission set " + step.Name, take: func(o *naiveOrg, _ *naiveEntity) {
			o.records[step.Name] = naiveRecord{name: step.Name, details: `{"__type":"PermissionDescriptorAllow","permissions":[]}`}
		}}, true
	}
	return removalOf(o, kind, name, p)
}
