package graph_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/access"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/graph"
)

// importWorld is a drawn organization whose environments import each other, and whose stacks and accounts name some in their
// configuration.
type importWorld struct {
	actWorld
	uses map[string][]string // by the name of a stack or an account
}

func drawnImports(seed int) (w importWorld) {
	rapid.Custom(func(t *rapid.T) bool {
		d := drawer{T: t}
		w = importWorld{d.actWorld(), map[string][]string{}}
		w.onlyOpens(d)
		for i := range w.things {
			switch e := &w.things[i]; e.kind {
			case "environment":
				e.gates, e.imports = nil, nil
				for _, name := range d.some("imports of "+e.name, append([]string{"q/gone"}, actThings["environment"]...)) {
					e.imports = append(e.imports, naiveImport{naiveEntity{kind: e.kind, name: name}, "environment:open"})
				}
			case "stack", "insights-account":
				w.uses[e.name] = d.some("used by "+e.name, actThings["environment"])
			}
		}
		return true
	}).Example(seed)
	return w
}

// onlyOpens leaves people nothing but opening environments, so that nobody comes to any by acts.
func (w *importWorld) onlyOpens(d drawer) {
	allow := node{"__type": "PermissionDescriptorAllow", "permissions": []string{"environment:read", "environment:open"}}
	for _, id := range []string{"r1", "r2", "r3", "custom environment"} {
		opens := allow
		if id != "custom environment" {
			opens = node{"__type": "PermissionDescriptorCondition", "subNode": allow, "condition": node{
				"__type": "PermissionExpressionEqual", "left": node{"__type": "PermissionExpressionEnvironment"},
				"right": node{"__type": "PermissionLiteralExpressionEnvironment", "identity": "id " + d.one("opened by "+id, actThings["environment"]...)},
			}}
		}
		w.records[id] = naiveRecord{name: id, details: text(opens)}
	}
	w.records["member"] = naiveRecord{name: "Member", builtin: "member", details: `{"__type":"PermissionDescriptorAllow","permissions":[]}`}
	w.toggles, w.defaultDeploy, w.agents, w.issuers = map[string]bool{}, "", nil, nil
	for kind := range w.defaults {
		w.defaults[kind] = "none"
	}
	for i := range w.teams {
		for on, level := range w.teams[i].levels {
			if !strings.HasPrefix(level, "set:") {
				w.teams[i].levels[on] = "read"
			}
		}
	}
}

func (w *importWorld) index(t *testing.T) *graph.Index {
	t.Helper()
	o := w.productOf(t)
	for _, all := range [][]graph.Resource{o.Stacks, o.Accounts} {
		for i := range all {
			for _, name := range w.uses[all[i].Name] {
				all[i].Uses = append(all[i].Uses, graph.Reference{Name: name, Scope: "environment:open"})
			}
		}
	}
	for i := range o.Environments {
		o.Environments[i].Imports = nil
	}
	return graph.NewIndex(o)
}

func (w *importWorld) thing(name string) *naiveEntity {
	return &w.things[slices.IndexFunc(w.things, func(e naiveEntity) bool { return e.name == name })]
}

// reaches follows imports one by one.
func (w *importWorld) reaches(from, to string, seen map[string]bool) bool {
	if seen[from] || from == "q/gone" {
		return false
	}
	seen[from] = true
	return slices.ContainsFunc(w.thing(from).imports, func(i naiveImport) bool {
		return i.entity.name == to || w.reaches(i.entity.name, to, seen)
	})
}

// Importers are exactly what imports an environment: environments by any chain of imports, and the stacks and accounts whose configuration
// names the environment or one of these. Taking all of their imports away leaves none.
func TestImportersAreNecessaryAndSufficient(t *testing.T) {
	t.Parallel()
	byChain, byConfiguration := 0, 0
	for seed := range *actOrganizations {
		w := drawnImports(seed)
		index := w.index(t)
		for _, target := range actThings["environment"] {
			var want graph.Importers
			opens := func(name string) bool { return name == target || w.reaches(name, target, map[string]bool{}) }
			for _, e := range w.things {
				uses := slices.ContainsFunc(w.uses[e.name], opens)
				switch {
				case e.kind == "environment" && e.name != target && opens(e.name):
					want.Environments = append(want.Environments, e.name)
				case e.kind == "stack" && uses:
					want.Stacks = append(want.Stacks, e.name)
				case e.kind == "insights-account" && uses:
					want.Accounts = append(want.Accounts, e.name)
				}
			}
			got := index.Importers(target)
			got.Environments = slices.DeleteFunc(got.Environments, func(name string) bool { return name == target })
			if fmt.Sprint(got) != fmt.Sprint(want) {
				t.Fatalf("seed %d: %s is imported by %v, and the answer is %v\n%v", seed, target, want, got, w.things)
			}
			byChain += len(want.Environments)
			byConfiguration += len(want.Stacks)
			for _, name := range want.Environments {
				w.thing(name).imports = nil
			}
			for _, name := range slices.Concat(want.Stacks, want.Accounts) {
				w.uses[name] = nil
			}
			w.thing(target).imports = nil
			if left := w.index(t).Importers(target); len(left.Environments)+len(left.Stacks)+len(left.Accounts) > 0 {
				t.Fatalf("seed %d: %s is still imported by %v", seed, target, left)
			}
			w = drawnImports(seed)
		}
	}
	t.Logf("%d environments and %d stacks import another", byChain, byConfiguration)
	if byChain < *actOrganizations || byConfiguration < *actOrganizations {
		t.Error("the law was hardly tried")
	}
}

// Somebody who opens an environment by what imports it alone does so by every path that the answer has: taking away what all of them name
// takes it away, and taking away what all but one name does not.
func TestImportPathsAreNecessaryAndSufficient(t *testing.T) {
	t.Parallel()
	taken, kept := 0, 0
	for seed := range *actOrganizations {
		w := drawnImports(seed)
		index := w.index(t)
		for _, target := range actThings["environment"] {
			on, _ := index.Entity(access.Environment, target)
			for _, p := range index.WhoCanIndirect("environment:open", on).Principals {
				removals, only := w.importRemovals(p)
				if !only {
					continue
				}
				for except := -1; except < len(removals); except++ {
					less := drawnImports(seed)
					for i, r := range removals {
						if i != except {
							r.take(&less)
						}
					}
					in := less.index(t)
					after, _ := in.Entity(access.Environment, target)
					is := slices.ContainsFunc(in.WhoCanIndirect("environment:open", after).Principals, func(other graph.Principal) bool {
						return other.Kind == p.Kind && other.Name == p.Name
					})
					switch {
					case is != (except >= 0):
						t.Fatalf("seed %d: %s %s opens %s: %t without %v, except for number %d\n%v\n%s", seed, p.Kind, p.Name, target, is, importKeys(removals), except, p.Paths, w.describe())
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
	if taken < *actOrganizations/4 || kept < *actOrganizations/10 {
		t.Errorf("%d accesses were taken away and %d kept: the law was hardly tried", taken, kept)
	}
}

type importRemoval struct {
	key  string
	take func(*importWorld)
}

func importKeys(removals []importRemoval) (all []string) {
	for _, r := range removals {
		all = append(all, r.key)
	}
	return all
}

// importRemovals are those of all paths of a principal; false if one of them does not end with an import, or cannot be taken away.
func (w *importWorld) importRemovals(p graph.Principal) (removals []importRemoval, only bool) {
	for _, path := range p.Paths {
		last := path.Steps[len(path.Steps)-1]
		if last.Kind != graph.ImportStep {
			return nil, false
		}
		path.Steps = path.Steps[:len(path.Steps)-1]
		one, can := removalOf(&w.naiveOrg, p.Kind, p.Name, path)
		if !can || slices.Contains([]graph.Kind{graph.AgentKind, graph.OutsiderKind}, p.Kind) {
			return nil, false
		}
		key, importer := one.key, last.Name
		if step := path.Steps[len(path.Steps)-1].Kind; step == graph.GrantStep || path.Steps[0].Kind == graph.CreatorStep ||
			path.Steps[0].Kind == graph.AssignmentStep || path.Steps[0].Kind == graph.OwnerStep {
			key += " on " + importer
		}
		if !slices.ContainsFunc(removals, func(r importRemoval) bool { return r.key == key }) {
			removals = append(removals, importRemoval{key, func(less *importWorld) { one.take(&less.naiveOrg, less.thing(importer)) }})
		}
	}
	return removals, len(removals) > 0
}
