package graph_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"pgregory.net/rapid"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/access"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/graph"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/oidc"
)

// changedPart is the part of the organizations that differences are compared on, since each is asked about everything.
const changedPart = 4

// changed is an organization with some parts of another one.
func (d drawer) changed(o naiveOrg) naiveOrg {
	other := (&drawer{T: d.T}).organization()
	out := o
	for range d.howMany("changes", 2) + 1 {
		switch d.one("changed", "defaults", "role", "role", "set", "user", "team", "membership", "token", "deployment", "agent", "policies", "settings", "members can") {
		case "defaults":
			out.defaults = other.defaults
		case "role":
			out.records = maps.Clone(out.records)
			id := d.one("record", "r1", "r2", "policy1", "policy2")
			out.records[id] = other.records[id]
		case "set":
			out.records = maps.Clone(out.records)
			out.records["custom environment"] = naiveRecord{name: "custom environment", details: text(node{
				"__type": "PermissionDescriptorAllow", "permissions": d.some("scopes", drawnScopes["environment"]),
			})}
		case "user":
			out.users = slices.Clone(out.users)
			at := d.howMany("user", len(out.users)-1)
			out.users[at] = other.users[at]
		case "team":
			out.teams = slices.Clone(out.teams)
			at := d.howMany("team", len(out.teams)-1)
			out.teams[at] = other.teams[at]
		case "membership":
			out.teams = slices.Clone(out.teams)
			at := d.howMany("team", len(out.teams)-1)
			out.teams[at].members = other.teams[at].members
		case "token":
			out.tokens = append(slices.Clone(other.tokens), naiveToken{name: "new", role: d.one("new role", "r1", "r2", "member")})
		case "deployment":
			out.deployments = other.deployments
		case "agent":
			out.agents = other.agents
		case "policies":
			out.policies = other.policies
		case "settings":
			out.defaultRole, out.defaultDeploy = other.defaultRole, other.defaultDeploy
			out.restricted = d.chance("restricted now", 3)
		case "members can":
			out.toggles = other.toggles
		}
	}
	return out
}

// entities draws all entities of an organization, with definitions that import.
func (d drawer) entities() map[string]graph.Resource {
	all := map[string]graph.Resource{}
	for _, kind := range drawnKinds {
		for _, name := range drawnNames[kind] {
			t := d.entity(kind, name).product()
			if kind == "environment" {
				t.Definition = &graph.Definition{}
				for _, imported := range d.some("imports", []string{"p/e2", "q/e3"}) {
					if imported != name && d.chance("imported", 3) {
						t.Definition.Imports = append(t.Definition.Imports, graph.Reference{Name: imported, Scope: d.one("by", "environment:open", "environment_version:open")})
					}
				}
			}
			all[kind+" "+name] = t
		}
	}
	return all
}

func withEntities(o graph.Organization, all map[string]graph.Resource) graph.Organization {
	for _, key := range slices.Sorted(maps.Keys(all)) {
		switch t := all[key]; t.Kind {
		case access.Stack:
			o.Stacks = append(o.Stacks, t)
		case access.Environment:
			o.Environments = append(o.Environments, t)
		default:
			o.Accounts = append(o.Accounts, t)
		}
	}
	return o
}

// drawnChange is an organization before and after a change.
func drawnChange(t *testing.T, seed int) (before, after graph.Organization) {
	t.Helper()
	rapid.Custom(func(rt *rapid.T) bool {
		d := &drawer{T: rt}
		first := d.organization()
		entities := d.entities()
		before = withEntities(first.product(t), entities)
		second, changed := d.changed(first), maps.Clone(entities)
		if d.chance("an entity changes", 2) {
			others := d.entities()
			for _, key := range d.some("changed entities", slices.Sorted(maps.Keys(entities))) {
				if changed[key] = others[key]; d.chance("deleted", 5) {
					delete(changed, key)
				}
			}
		}
		after = withEntities(second.product(t), changed)
		return true
	}).Example(seed)
	return before, after
}

// stands is an answer about one principal, without what it is: how it stands to a scope, and by which paths.
type stands struct {
	rank, certainty int
	paths           []string
}

var certaintyOf = map[graph.Certainty]int{"": 0, graph.Possible: 1, graph.Certain: 2}

func standsOf(p graph.Principal) stands {
	s := stands{rank: 3, certainty: certaintyOf[p.Certainty]}
	switch {
	case p.Gated && p.SelfApproval:
		s.rank = 2
	case p.Gated:
		s.rank = 1
	}
	for _, path := range p.Paths {
		s.paths = append(s.paths, strings.Join(path.StepTexts(), "|"))
	}
	return s
}

// more is how certain it is that the second one may do more: 0 for not.
func more(from, to stands) int {
	switch {
	case to.certainty == 0:
		return 0
	case from.certainty == 0 || from.rank < to.rank:
		return to.certainty
	case from.certainty < to.certainty:
		return 1
	case from.certainty == 1 && to.certainty == 1 && slices.ContainsFunc(to.paths, func(path string) bool { return !slices.Contains(from.paths, path) }):
		return 1
	}
	return 0
}

// answers are how everybody but identities outside stands to everything, by principal, scope and entity.
func answers(ix *graph.Index) map[string]stands {
	all := map[string]stands{}
	for kind, scopes := range drawnScopes {
		kind := access.EntityKind(kind)
		entities := ix.Entities(kind)
		if kind == access.Organization {
			entities = []graph.Resource{ix.Itself()}
		}
		for _, t := range entities {
			t, _ = ix.Entity(kind, t.Name)
			for _, scope := range scopes {
				for _, p := range ix.WhoCan(scope, t).Principals {
					if p.Kind != graph.OutsiderKind {
						all[fmt.Sprintf("%s %s %s %s %s", p.Kind, p.Name, scope, kind, t.Name)] = standsOf(p)
					}
				}
			}
		}
	}
	return all
}

// said are differences, one line for each principal, scope and entity.
func saidOf(all []graph.Difference) map[string]int {
	out := map[string]int{}
	for _, d := range all {
		for _, h := range d.Holders {
			if h.Kind == graph.OutsiderKind {
				continue
			}
			for _, name := range d.Entities {
				for _, scope := range d.Scopes {
					if !slices.Contains(drawnScopes[string(d.Kind)], scope) {
						continue
					}
					out[fmt.Sprintf("gains %t: %s %s %s %s %s", d.Gains, h.Kind, h.Name, scope, d.Kind, name)] = certaintyOf[d.Certainty]
				}
			}
		}
	}
	return out
}

// Differences are what comparing the answers about every scope on every entity gives.
func TestDifferencesAgreeWithAnswers(t *testing.T) {
	t.Parallel()
	met := map[string]int{}
	for seed := range *organizations / changedPart {
		before, after := drawnChange(t, seed)
		was, is := graph.NewIndex(before), graph.NewIndex(after)
		first, second := answers(was), answers(is)
		expected := map[string]int{}
		for key := range first {
			if _, there := second[key]; !there {
				second[key] = stands{}
			}
		}
		for key, then := range second {
			if how := more(first[key], then); how > 0 {
				expected["gains true: "+key] = how
			}
			if how := more(then, first[key]); how > 0 {
				expected["gains false: "+key] = how
			}
		}
		differences := graph.Differences(was, is)
		got := saidOf(differences)
		for key, how := range expected {
			if got[key] != how {
				t.Fatalf("seed %d: %s is %d by the answers (%+v, then %+v), and %d by Differences", seed, key, how, first[strings.SplitN(key, ": ", 2)[1]],
					second[strings.SplitN(key, ": ", 2)[1]], got[key])
			}
		}
		for key, how := range got {
			if expected[key] != how {
				t.Fatalf("seed %d: %s is %d by Differences and %d by the answers (%+v, then %+v)", seed, key, how, expected[key],
					first[strings.SplitN(key, ": ", 2)[1]], second[strings.SplitN(key, ": ", 2)[1]])
			}
		}
		for _, d := range differences {
			met[fmt.Sprintf("%t %s %s-%s", d.Gains, d.Certainty, d.Before, d.After)]++
			if len(d.Path.Steps) == 0 {
				t.Fatalf("seed %d: no path in %+v", seed, d)
			}
		}
		assert.Equal(t, differences, graph.Differences(graph.NewIndex(before), graph.NewIndex(after)), "the order is always the same")
	}
	t.Log(met)
	for _, kind := range []string{
		"true certain -usable", "true possible -usable", "false certain usable-", "true certain -approval", "true certain approval-usable", "false certain usable-approval",
	} {
		if met[kind] < *organizations/changedPart/50 {
			t.Errorf("the drawn changes have %q only %d times: %v", kind, met[kind], met)
		}
	}
}

// An identity outside that gets to a scope by a change is one of those of a difference; and each of these has one that does.
func TestDifferencesOfIdentitiesOutsideAreComplete(t *testing.T) {
	t.Parallel()
	tokens := []map[string]string{{}}
	for _, sub := range []string{"main", "main2", "mainn", "pulp", "pul.", "other"} {
		tokens = append(tokens, map[string]string{"sub": sub})
		for _, environment := range []string{"prod", "dev"} {
			tokens = append(tokens, map[string]string{"sub": sub, "environment": environment}, map[string]string{"environment": environment})
		}
	}
	gained, examples := 0, 0
	for seed := range *organizations / changedPart {
		before, after := drawnChange(t, seed)
		was, is := graph.NewIndex(before), graph.NewIndex(after)
		differences := graph.Differences(was, is)
		for _, environment := range after.Environments {
			gains := map[string]bool{} // by token
			for i, claims := range tokens {
				if opens(was, claims, environment.Name) == "" && opens(is, claims, environment.Name) == graph.Certain {
					gains[fmt.Sprint(i)] = true
					gained++
					if !slices.ContainsFunc(differences, func(d graph.Difference) bool { return saysOf(d, claims, environment.Name) }) {
						t.Fatalf("seed %d: a token with %v reads %s after the change and not before, and nothing says so: %+v\n%+v\n%+v", seed, claims,
							environment.Name, differences, before.Issuers, after.Issuers)
					}
				}
			}
			for _, d := range differences {
				if !d.Gains || d.Certainty != graph.Certain || !slices.Contains(d.Entities, environment.Name) || d.Kind != access.Environment ||
					!slices.Contains(d.Scopes, "environment:read") {
					continue
				}
				for _, h := range d.Holders {
					if h.Kind == graph.OutsiderKind {
						examples++
						one := graph.Difference{Gains: true, Holders: []graph.Holder{h}, Entities: d.Entities, Scopes: d.Scopes, Kind: d.Kind}
						if !slices.ContainsFunc(tokens, func(claims map[string]string) bool {
							return saysOf(one, claims, environment.Name) && opens(was, claims, environment.Name) != graph.Certain &&
								opens(is, claims, environment.Name) != ""
						}) {
							t.Fatalf("seed %d: nobody of %q reads %s after the change and not before\n%+v\n%+v", seed, h.Name, environment.Name, before.Issuers, after.Issuers)
						}
					}
				}
			}
		}
	}
	t.Logf("%d tokens gained, %d examples", gained, examples)
	assert.Greater(t, gained, *organizations/changedPart/20)
	assert.Greater(t, examples, *organizations/changedPart/20)
}

func opens(ix *graph.Index, claims map[string]string, name string) graph.Certainty {
	with, principal, found := ix.WithIdentity("ci", claims)
	t, there := ix.Entity(access.Environment, name)
	if !found || !there {
		return ""
	}
	held, _ := with.Of(graph.OutsiderKind, principal, t)
	return held.Holds("environment:read")
}

// saysOf reports whether a difference is about an identity with the claims.
func saysOf(d graph.Difference, claims map[string]string, name string) bool {
	return d.Gains && slices.Contains(d.Entities, name) && slices.Contains(d.Scopes, "environment:read") &&
		slices.ContainsFunc(d.Holders, func(h graph.Holder) bool {
			asked, outside := strings.CutPrefix(h.Name, "ci: ")
			if !outside {
				return false
			}
			if asked == "any token" {
				return true
			}
			for _, part := range strings.Split(asked, ", ") {
				claim, pattern, _ := strings.Cut(part, "=")
				if !oidc.MatchClaim(pattern, claims[claim]) {
					return false
				}
			}
			return true
		})
}
