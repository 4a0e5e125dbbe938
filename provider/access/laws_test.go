package access_test

import (
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/access"
)

func TestParseReadsWhatMarshalWrites(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := descriptors(3).Draw(t, "descriptor")
		text, err := access.MarshalDescriptor(d)
		if err != nil {
			t.Fatal(err)
		}
		back, err := access.ParseDescriptor(text)
		if err != nil {
			t.Fatalf("%v\n%s", err, text)
		}
		if !reflect.DeepEqual(back, d) {
			t.Fatalf("got %#v\nwant %#v\n%s", back, d, text)
		}
	})
}

func TestCanonicalIsIdempotentAndIgnoresOrderAndDuplicates(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a := accesses.Draw(t, "access")
		want := a.Canonical()
		if again := want.Canonical(); !reflect.DeepEqual(again, want) {
			t.Fatalf("canonical twice: got %+v\nwant %+v", again, want)
		}
		shuffled := access.Access{
			Stacks:       rapid.Permutation(append(a.Stacks, a.Stacks...)).Draw(t, "stacks"),
			Environments: rapid.Permutation(append(a.Environments, a.Environments...)).Draw(t, "environments"),
			Accounts:     rapid.Permutation(append(a.Accounts, a.Accounts...)).Draw(t, "accounts"),
			Organization: a.Organization,
			Scopes:       rapid.Permutation(append(a.Scopes, a.Scopes...)).Draw(t, "scopes"),
		}
		if got := shuffled.Canonical(); !reflect.DeepEqual(got, want) {
			t.Fatalf("shuffled: got %+v\nwant %+v", got, want)
		}
	})
}

func TestDecompileReadsWhatCompileWrites(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a := accesses.Draw(t, "access")
		d, err := compiled(a, ids, resolved(t))
		if err != nil {
			t.Fatal(err)
		}
		got, unrecognized := access.Decompile(d, names, setRefs)
		if want := a.Canonical(); !reflect.DeepEqual(got, want) {
			t.Fatalf("got %+v\nwant %+v\n%s", got, want, printed(d))
		}
		if len(unrecognized) > 0 {
			t.Fatalf("unrecognized: %q", unrecognized)
		}
	})
}

// resolved sometimes leaves out the organization-level sets, as some services do.
func resolved(t *rapid.T) map[access.SetRef]string {
	known := maps.Clone(sets)
	if rapid.Bool().Draw(t, "without organization sets") {
		maps.DeleteFunc(known, func(ref access.SetRef, _ string) bool { return ref.Kind == access.Organization })
	}
	return known
}

func printed(d access.Descriptor) string {
	text, err := access.MarshalDescriptor(d)
	if err != nil {
		return err.Error()
	}
	return string(text)
}

// TestCompiledAccessGrantsExactlyTheRules compares with a model that knows nothing of descriptors.
func TestCompiledAccessGrantsExactlyTheRules(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, e := accesses.Draw(t, "access"), entities.Draw(t, "entity")
		d, err := compiled(a, ids, resolved(t))
		if err != nil {
			t.Fatal(err)
		}
		got, want := access.Evaluate(d, e, lookup).Scopes, model(a, e)
		if !maps.Equal(got, want) {
			t.Fatalf("got %v\nwant %v\n%s", got, want, printed(d))
		}
	})
}

// model returns what rules grant on an entity, straight from what they say.
func model(a access.Access, e access.Entity) map[string]time.Duration {
	granted := map[string]time.Duration{}
	if e.Kind == access.Organization {
		for _, scope := range append(access.LevelScopes(e.Kind, a.Organization), a.Scopes...) {
			granted[scope] = 0
		}
	}
	for _, kind := range entityKinds {
		for _, rule := range a.Rules(kind) {
			if kind == e.Kind && matches(rule.Selector, e) || rule.All {
				modelRule(granted, kind, e.Kind, rule.Grant)
			}
		}
	}
	modelEverywhere(granted, a, e)
	return granted
}

// modelEverywhere gives organization-level scopes that exist on entities as well, on every entity.
func modelEverywhere(granted map[string]time.Duration, a access.Access, e access.Entity) {
	for _, scope := range a.Scopes {
		if catalogue.Has(e.Kind, scope) {
			granted[scope] = 0
		}
	}
}

func modelRule(granted map[string]time.Duration, kind, asked access.EntityKind, g access.Grant) {
	scopes := append(access.LevelScopes(kind, g.Permission), g.Scopes...)
	if g.PermissionSet != "" {
		scopes = records[g.PermissionSet].(access.Allowed).Permissions
	}
	for _, scope := range scopes {
		if !catalogue.Has(asked, scope) {
			continue
		}
		limit := g.MaxOpenDuration
		if scope != "environment:open" && scope != "environment_version:open" {
			limit = 0
		}
		held, already := granted[scope]
		if already && (held == 0 || limit != 0 && held > limit) {
			limit = held
		}
		granted[scope] = limit
	}
}

func matches(s access.Selector, e access.Entity) bool {
	switch {
	case s.All:
		return true
	case s.Identity != "":
		return s.Identity == e.ID
	case s.Tags != nil:
		for key, value := range s.Tags {
			if held, ok := e.Tags[key]; !ok || held != value {
				return false
			}
		}
		return true
	default:
		return ids[access.EntityRef{Kind: e.Kind, Project: s.Project, Name: s.Name}] == e.ID
	}
}

func TestAddingARuleNeverRemovesAScope(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, e := accesses.Draw(t, "access"), entities.Draw(t, "entity")
		more := a
		more.Environments = append(slices.Clone(a.Environments), rules(access.Environment).Draw(t, "more"))
		before, after := effective(t, a, e), effective(t, more, e)
		for scope, limit := range before {
			now, held := after[scope]
			if !held || now != 0 && (limit == 0 || now < limit) {
				t.Fatalf("%s was held for %s; now %s, held: %t", scope, limit, now, held)
			}
		}
	})
}

func effective(t *rapid.T, a access.Access, e access.Entity) map[string]time.Duration {
	d, err := compiled(a, ids, sets)
	if err != nil {
		t.Fatal(err)
	}
	return access.Evaluate(d, e, lookup).Scopes
}

func TestGroupGrantsTheUnion(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		parts := rapid.SliceOfN(descriptors(2), 0, 4).Draw(t, "parts")
		e := entities.Draw(t, "entity")
		want := map[string]bool{}
		reasons := 0
		for _, part := range parts {
			granted := access.Evaluate(part, e, lookup)
			reasons += len(granted.Reasons)
			for scope := range granted.Scopes {
				want[scope] = true
			}
		}
		got := access.Evaluate(access.Group{Entries: parts}, e, lookup)
		if !slices.Equal(got.List(), slices.Sorted(maps.Keys(want))) || len(got.Reasons) != reasons {
			t.Fatalf("got %v\nwant %v, %d reasons", got, want, reasons)
		}
	})
}

// TestReasonsAddUpToTheScopes: no scope without a reason, no reason for what is not granted.
func TestReasonsAddUpToTheScopes(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		granted := access.Evaluate(descriptors(3).Draw(t, "descriptor"), entities.Draw(t, "entity"), lookup)
		given := map[string]bool{}
		for _, reason := range granted.Reasons {
			for _, scope := range reason.Scopes {
				given[scope] = true
			}
		}
		if !slices.Equal(granted.List(), slices.Sorted(maps.Keys(given))) {
			t.Fatalf("scopes %v, reasons %v", granted.List(), granted.Reasons)
		}
	})
}

func TestScopesAreGrantedOnlyOnTheirKind(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		e := entities.Draw(t, "entity")
		for scope := range access.Evaluate(descriptors(3).Draw(t, "descriptor"), e, lookup).Scopes {
			if !catalogue.Has(e.Kind, scope) {
				t.Fatalf("%s was granted on a %s", scope, e.Kind)
			}
		}
	})
}

// TestAConditionAndItsOppositeNeverBothHold, and neither does when the condition is about another kind.
func TestAConditionAndItsOppositeNeverBothHold(t *testing.T) {
	all := access.Allowed{Permissions: allScopes()}
	rapid.Check(t, func(t *rapid.T) {
		condition, e := conditions(3).Draw(t, "condition"), entities.Draw(t, "entity")
		holds := len(access.Evaluate(access.Condition{Condition: condition, SubNode: all}, e, nil).Scopes) > 0
		opposite := len(access.Evaluate(access.Condition{Condition: access.Not{Node: condition}, SubNode: all}, e, nil).Scopes) > 0
		if holds && opposite {
			t.Fatalf("%#v and its opposite both hold", condition)
		}
		otherwise := access.IfThenElse{Condition: condition, WhenTrue: access.Group{}, WhenFalse: all}
		if got := len(access.Evaluate(otherwise, e, nil).Scopes) > 0; got != opposite {
			t.Fatalf("else: got %t, want %t as under Not", got, opposite)
		}
	})
}

func TestEvaluatorAgreesWithEvaluate(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		find := generatedRecords(t)
		d := access.Group{Entries: rapid.SliceOfN(rapid.OneOf(descriptors(2), readable()), 1, 5).Draw(t, "entries")}
		ev := access.NewEvaluator(d, find)
		e := entities.Draw(t, "entity")
		want := access.Evaluate(d, e, find)
		if got := ev.Evaluate(e); !reflect.DeepEqual(got, want) {
			t.Fatalf("got %+v\nwant %+v", got, want)
		}
		for _, scope := range append(allScopes(), "") {
			if got := ev.Holds(scope, e); got != want.Has(scope) {
				t.Fatalf("holds %q: got %t, want %t", scope, got, want.Has(scope))
			}
		}
	})
}

// generatedRecords replaces two records by any trees, which may compose each other and themselves.
func generatedRecords(t *rapid.T) access.Records {
	some := maps.Clone(records)
	for _, id := range []string{"lost", "custom stack"} {
		some[id] = descriptors(2).Draw(t, "record "+id)
	}
	return func(id string) (access.Descriptor, bool) {
		d, found := some[id]
		return d, found
	}
}

// TestDecompiledTreesGrantNoMore: what is read back from any tree grants the same if nothing was unrecognized, and never
// more than the tree did.
func TestDecompiledTreesGrantNoMore(t *testing.T) {
	whole := 0
	rapid.Check(t, func(t *rapid.T) {
		d := rapid.OneOf(descriptors(2), readable()).Draw(t, "tree")
		a, unrecognized := access.Decompile(d, names, setRefs)
		again, err := compiled(a, ids, sets)
		if err != nil {
			t.Fatalf("%v\n%s", err, printed(d))
		}
		e := entities.Draw(t, "entity")
		got, want := access.Evaluate(again, e, lookup).Scopes, access.Evaluate(d, e, lookup).Scopes
		if len(unrecognized) == 0 {
			whole++
			if !maps.Equal(got, want) {
				t.Fatalf("got %v\nwant %v\n%s\n%s", got, want, printed(d), printed(again))
			}
		}
		for scope := range got {
			if _, held := want[scope]; !held {
				t.Fatalf("%s was not granted before\n%s\n%s", scope, printed(d), printed(again))
			}
		}
		for _, line := range unrecognized {
			if len(line) > 700 {
				t.Fatalf("%d bytes: %s", len(line), line)
			}
		}
	})
	if whole == 0 {
		t.Fatal("no generated tree was recognized as a whole")
	}
}

// readable generates trees in the forms that rules can state, though not laid out as Compile would.
func readable() *rapid.Generator[access.Descriptor] {
	return rapid.Custom(func(t *rapid.T) access.Descriptor {
		entries := rapid.SliceOfN(descriptors(0), 0, 3).Draw(t, "everywhere")
		for range rapid.IntRange(0, 3).Draw(t, "conditions") {
			entries = append(entries, access.Condition{
				Condition: conditions(0).Draw(t, "condition"),
				SubNode:   access.Group{Entries: rapid.SliceOfN(descriptors(0), 0, 3).Draw(t, "granted")},
			})
		}
		return access.Group{Entries: entries}
	})
}

// An In is what an Or over its values is: in what it grants, under Not, and in the rules that it is read back as.
func TestInIsAnyOfItsValues(t *testing.T) {
	all := access.Allowed{Permissions: allScopes()}
	held := 0
	rapid.Check(t, func(t *rapid.T) {
		in, ok := ins().Draw(t, "in").(access.In)
		if !ok {
			t.Fatal("not an In")
		}
		var or access.Expression
		for _, member := range literals(in.Values) {
			equal := access.Expression(access.Equal{Left: in.Target, Right: member})
			if or != nil {
				equal = access.Or{Left: or, Right: equal}
			}
			or = equal
		}
		if or == nil {
			return
		}
		e := entities.Draw(t, "entity")
		for _, wrap := range []func(access.Expression) access.Descriptor{
			func(x access.Expression) access.Descriptor { return access.Condition{Condition: x, SubNode: all} },
			func(x access.Expression) access.Descriptor {
				return access.Condition{Condition: access.Not{Node: x}, SubNode: all}
			},
		} {
			got, want := access.Evaluate(wrap(in), e, nil).Scopes, access.Evaluate(wrap(or), e, nil).Scopes
			if !maps.Equal(got, want) {
				t.Fatalf("got %v\nwant %v\n%s", got, want, printed(wrap(in)))
			}
			if len(got) > 0 {
				held++
			}
			certain := func(d access.Descriptor) (scopes []string) {
				open := func(string) (access.Descriptor, string, bool) { return nil, "", false }
				for _, leaf := range access.NewEvaluator(d, nil).Leaves(e, open) {
					scopes = append(scopes, leaf.Doubt, strings.Join(leaf.Scopes, " "))
				}
				return scopes
			}
			if got, want := certain(wrap(in)), certain(wrap(or)); !slices.Equal(got, want) {
				t.Fatalf("got %v\nwant %v\n%s", got, want, printed(wrap(in)))
			}
		}
	})
	if held == 0 {
		t.Fatal("no generated In held")
	}
}

// literals are the values of a set.
func literals(set access.Expression) (all []access.Expression) {
	switch set := set.(type) {
	case access.EntitySet:
		for _, id := range set.Identities {
			all = append(all, access.LiteralEntity{Kind: set.Kind, Identity: id})
		}
	case access.StringSet:
		for _, text := range set.Values {
			all = append(all, access.LiteralString{Value: text})
		}
	}
	return all
}

func TestDecompileReadsAnInAsRules(t *testing.T) {
	t.Parallel()
	read := access.Allowed{Permissions: []string{"stack:read"}}
	rule := func(s access.Selector) access.Rule {
		return access.Rule{Selector: s, Grant: access.Grant{Scopes: []string{"stack:read"}}}
	}
	tag := access.Tag{Context: access.Context{Kind: access.Stack}, Key: "tier"}
	for name, c := range map[string]struct {
		condition access.Expression
		want      []access.Rule
	}{
		"entities": {
			access.In{Target: access.Context{Kind: access.Stack}, Values: access.EntitySet{Kind: access.Stack, Identities: []string{"s1", "s2"}}},
			[]access.Rule{rule(access.Selector{Identity: "s1"}), rule(access.Selector{Identity: "s2"})},
		},
		"values of a tag": {
			access.In{Target: tag, Values: access.StringSet{Values: []string{"dev", "prod"}}},
			[]access.Rule{rule(access.Selector{Tags: map[string]string{"tier": "dev"}}), rule(access.Selector{Tags: map[string]string{"tier": "prod"}})},
		},
		"and another tag": {
			access.And{
				Left:  access.In{Target: tag, Values: access.StringSet{Values: []string{"dev", "prod"}}},
				Right: access.Equal{Left: access.Tag{Context: access.Context{Kind: access.Stack}, Key: "squad"}, Right: access.LiteralString{Value: "a"}},
			},
			[]access.Rule{
				rule(access.Selector{Tags: map[string]string{"tier": "dev", "squad": "a"}}),
				rule(access.Selector{Tags: map[string]string{"tier": "prod", "squad": "a"}}),
			},
		},
		"another kind": {access.In{Target: access.Context{Kind: access.Stack}, Values: access.EntitySet{Kind: access.Account, Identities: []string{"a1"}}}, nil},
		"nothing":      {access.In{Target: access.Context{Kind: access.Stack}, Values: access.EntitySet{Kind: access.Stack}}, nil},
		"not":          {access.Not{Node: access.In{Target: tag, Values: access.StringSet{Values: []string{"dev"}}}}, nil},
	} {
		a, unrecognized := access.Decompile(access.Condition{Condition: c.condition, SubNode: read}, nil, nil)
		if want := (access.Access{Stacks: c.want}).Canonical(); !reflect.DeepEqual(a, want) || (len(unrecognized) > 0) != (c.want == nil) {
			t.Errorf("%s: got %+v, %v\nwant %+v", name, a, unrecognized, want)
		}
	}
}
