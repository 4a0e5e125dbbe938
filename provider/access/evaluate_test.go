package access_test

import (
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/access"
)

var (
	onStack = access.Context{Kind: access.Stack}
	onEnv   = access.Context{Kind: access.Environment}
	isS1    = access.Equal{Left: onStack, Right: access.LiteralEntity{Kind: access.Stack, Identity: "s1"}}
	isE1    = access.Equal{Left: onEnv, Right: access.LiteralEntity{Kind: access.Environment, Identity: "e1"}}
	isProd  = access.Equal{Left: access.Tag{Context: onStack, Key: "tier"}, Right: access.LiteralString{Value: "prod"}}

	s1  = access.Entity{Kind: access.Stack, ID: "s1", Tags: map[string]string{"tier": "prod"}}
	s2  = access.Entity{Kind: access.Stack, ID: "s2"}
	e1  = access.Entity{Kind: access.Environment, ID: "e1"}
	org = access.Entity{Kind: access.Organization}
)

func allow(scopes ...string) access.Descriptor { return access.Allowed{Permissions: scopes} }

func when(condition access.Expression, scopes ...string) access.Descriptor {
	return access.Condition{Condition: condition, SubNode: allow(scopes...)}
}

func TestEvaluateRules(t *testing.T) {
	t.Parallel()
	no := func(e access.Expression) access.Expression { return access.Not{Node: e} }
	for _, tc := range []struct {
		name       string
		descriptor access.Descriptor
		on         access.Entity
		want       []string
	}{
		{"nothing by default", access.Group{}, s1, nil},
		{"no descriptor", nil, s1, nil},
		{"an Allow reaches every entity", allow("stack:read", "team:read"), s2, []string{"stack:read"}},
		{"and the organization", allow("stack:read", "team:read"), org, []string{"team:read"}},
		{"a scope of both is granted on both", allow("stack:create"), org, []string{"stack:create"}},
		{"on the entity too", allow("stack:create"), s1, []string{"stack:create"}},
		{"organization scopes in an entity condition", when(isS1, "team:read"), s1, nil},
		{"nor on the organization", when(isS1, "team:read"), org, nil},
		{"Not of an entity is nothing on the organization", when(no(isS1), "team:read"), org, nil},
		{"the entity", when(isS1, "stack:read"), s1, []string{"stack:read"}},
		{"another entity", when(isS1, "stack:read"), s2, nil},
		{"not the entity", when(no(isS1), "stack:read"), s2, []string{"stack:read"}},
		{"a foreign condition", when(isE1, "stack:read"), s1, nil},
		{"Not over a foreign condition", when(no(isE1), "stack:read"), s1, nil},
		{"twice Not over a foreign condition", when(no(no(isE1)), "stack:read"), s1, nil},
		{"foreign or own", when(access.Or{Left: isE1, Right: isS1}, "stack:read"), s1, []string{"stack:read"}},
		{"foreign or not own", when(access.Or{Left: isE1, Right: isS1}, "stack:read"), s2, nil},
		{"Not of foreign and false", when(no(access.And{Left: isE1, Right: isProd}), "stack:read"), s2, nil},
		{"foreign condition around an own one", access.Condition{Condition: isE1, SubNode: when(isS1, "stack:read")}, s1, nil},
		{"both conditions", when(access.And{Left: isS1, Right: isProd}, "stack:read"), s1, []string{"stack:read"}},
		{"tag", when(isProd, "stack:read"), s1, []string{"stack:read"}},
		{"tag is absent", when(isProd, "stack:read"), s2, nil},
		{"tag does not equal, being absent", when(no(isProd), "stack:read"), s2, []string{"stack:read"}},
		{"tag is the empty text, being absent", when(access.Equal{Left: access.Tag{Context: onStack, Key: "tier"}, Right: access.LiteralString{}}, "stack:read"), s2, nil},
		{"two absent tags are not equal", when(access.Equal{Left: access.Tag{Context: onStack, Key: "a"}, Right: access.Tag{Context: onStack, Key: "b"}}, "stack:read"), s1, nil},
		{"has tag", when(access.HasTag{Context: onStack, Key: "tier"}, "stack:read"), s1, []string{"stack:read"}},
		{"lacks tag", when(no(access.HasTag{Context: onStack, Key: "tier"}), "stack:read"), s2, []string{"stack:read"}},
		{"tag without context", when(access.HasTag{Key: "tier"}, "stack:read"), s1, nil},
		{"Not of a tag without context", when(no(access.HasTag{Key: "tier"}), "stack:read"), s2, nil},
		{"a number is not a text", when(access.Equal{Left: access.LiteralNumber{}, Right: access.LiteralString{}}, "stack:read"), s1, nil},
		{"not equal to an entity of another kind", when(no(access.Equal{Left: onStack, Right: access.LiteralEntity{Kind: access.Environment, Identity: "e1"}}), "stack:read"), s1, nil},
		{"entities without id are not equal", when(access.Equal{Left: onStack, Right: access.LiteralEntity{Kind: access.Stack}}, "stack:read"), access.Entity{Kind: access.Stack}, nil},
		{"the organization is not an entity", when(access.HasTag{Context: access.Context{Kind: access.Organization}, Key: "k"}, "team:read"),
			access.Entity{Kind: access.Organization, Tags: map[string]string{"k": ""}}, nil},
		{"then", access.IfThenElse{Condition: isS1, WhenTrue: allow("stack:read"), WhenFalse: allow("stack:write")}, s1, []string{"stack:read"}},
		{"else", access.IfThenElse{Condition: isS1, WhenTrue: allow("stack:read"), WhenFalse: allow("stack:write")}, s2, []string{"stack:write"}},
		{"neither, the condition being foreign", access.IfThenElse{Condition: isE1, WhenTrue: allow("stack:read"), WhenFalse: allow("stack:write")}, s1, nil},
		{"selected", tier(), s1, []string{"stack:read"}},
		{"none selected", tier(), s2, nil},
		{"a record that is lost", access.Compose{IDs: []string{"lost"}}, s1, nil},
		{"a set under a condition of another kind", access.Condition{Condition: isE1, SubNode: access.Compose{IDs: []string{"set stack-read"}}}, e1, nil},
		{"a newer scope of the family", allow("stack:fly"), s1, []string{"stack:fly"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			got := access.Evaluate(tc.descriptor, tc.on, lookup)
			if indexed := access.NewEvaluator(tc.descriptor, lookup).Evaluate(tc.on); !slices.Equal(indexed.List(), tc.want) {
				t.Errorf("indexed: got %q, want %q", indexed.List(), tc.want)
			}
			if !slices.Equal(got.List(), tc.want) {
				t.Errorf("got %q, want %q", got.List(), tc.want)
			}
		})
	}
}

func tier() access.Descriptor {
	return access.Select{
		Selector: access.Tag{Context: onStack, Key: "tier"},
		Options: []access.Option{
			{Value: access.LiteralString{Value: "dev"}, Node: allow("stack:write")},
			{Value: access.LiteralString{Value: "prod"}, Node: allow("stack:read")},
		},
	}
}

func TestTheMostGenerousBoundWins(t *testing.T) {
	t.Parallel()
	open := func(limit time.Duration) access.Descriptor {
		return access.Allowed{Permissions: []string{"environment:read", "environment:open"}, MaxOpenDuration: limit}
	}
	for _, tc := range []struct {
		name  string
		parts []access.Descriptor
		want  time.Duration
	}{
		{"one", []access.Descriptor{open(time.Hour)}, time.Hour},
		{"the longer", []access.Descriptor{open(time.Hour), open(2 * time.Hour), open(time.Minute)}, 2 * time.Hour},
		{"unbounded last", []access.Descriptor{open(time.Hour), open(0)}, 0},
		{"unbounded first", []access.Descriptor{open(0), open(time.Hour)}, 0},
		{"an Allow without open does not unbind", []access.Descriptor{open(time.Hour), allow("environment:read")}, time.Hour},
	} {
		got := access.Evaluate(access.Group{Entries: tc.parts}, e1, nil).Scopes
		want := map[string]time.Duration{"environment:read": 0, "environment:open": tc.want}
		if !maps.Equal(got, want) {
			t.Errorf("%s: got %v, want %v", tc.name, got, want)
		}
	}
}

func TestReasons(t *testing.T) {
	t.Parallel()
	policy := access.Group{Entries: []access.Descriptor{allow("stack:write"), when(isS1, "stack:delete", "stack:read")}}
	find := func(id string) (access.Descriptor, bool) {
		if id == "policy" {
			return policy, true
		}
		return lookup(id)
	}
	d := access.Group{Entries: []access.Descriptor{
		allow("stack:read", "team:read"),
		access.Group{Entries: []access.Descriptor{when(isE1, "stack:read"), when(isS1, "stack:write", "stack:read")}},
		access.Compose{IDs: []string{"set team", "policy", "policy"}},
		access.IfThenElse{Condition: isProd, WhenTrue: tier(), WhenFalse: access.Group{}},
	}}
	want := []access.Reason{
		{Path: "entries[0]", Scopes: []string{"stack:read"}},
		{Path: "entries[1].entries[1].subNode", Scopes: []string{"stack:read", "stack:write"}},
		{Path: "entries[2].permissionDescriptors[1].entries[0]", Scopes: []string{"stack:write"}},
		{Path: "entries[2].permissionDescriptors[1].entries[1].subNode", Scopes: []string{"stack:delete", "stack:read"}},
		{Path: "entries[2].permissionDescriptors[2]", Scopes: []string{"stack:delete", "stack:read", "stack:write"}},
		{Path: "entries[3].subNodeForTrue.options[1].node", Scopes: []string{"stack:read"}},
	}
	got := access.Evaluate(d, s1, find).Reasons
	if !slices.EqualFunc(got, want, func(a, b access.Reason) bool { return a.Path == b.Path && slices.Equal(a.Scopes, b.Scopes) }) {
		t.Errorf("got %q\nwant %q", got, want)
	}
}

func TestEvaluatorKeepsTheOrderOfTheTree(t *testing.T) {
	t.Parallel()
	d := access.Group{Entries: []access.Descriptor{
		allow("stack:read"), when(isS1, "stack:write"), access.Group{Entries: []access.Descriptor{when(isProd, "stack:delete")}}, when(isS1, "stack:read"),
	}}
	var paths []string
	for _, reason := range access.NewEvaluator(d, nil).Evaluate(s1).Reasons {
		paths = append(paths, reason.Path)
	}
	want := []string{"entries[0]", "entries[1].subNode", "entries[2].entries[0].subNode", "entries[3].subNode"}
	if !slices.Equal(paths, want) {
		t.Errorf("got %q, want %q", paths, want)
	}
}

// TestComposeCyclesEnd has every record compose every other, so that a walk which only watched its own path would not
// end in a lifetime.
func TestComposeCyclesEnd(t *testing.T) {
	t.Parallel()
	all := make([]string, 30)
	for i := range all {
		all[i] = string(rune('A' + i))
	}
	find := func(id string) (access.Descriptor, bool) {
		return access.Group{Entries: []access.Descriptor{
			access.Condition{Condition: isS1, SubNode: access.Compose{IDs: all}}, allow("stack:read"),
		}}, true
	}
	got := access.Evaluate(access.Compose{IDs: []string{"A"}}, s1, find)
	if !slices.Equal(got.List(), []string{"stack:read"}) {
		t.Errorf("got %q", got.List())
	}
	if !access.NewEvaluator(access.Compose{IDs: all}, find).Holds("stack:read", s2) {
		t.Error("the evaluator found nothing")
	}
}

// TestABoundSurvivesASecondReach: a record that is reached again must not be granted again without its bound.
func TestABoundSurvivesASecondReach(t *testing.T) {
	t.Parallel()
	record := access.Group{Entries: []access.Descriptor{
		access.Allowed{Permissions: []string{"environment:open"}, MaxOpenDuration: time.Hour},
	}}
	find := func(string) (access.Descriptor, bool) { return record, true }
	got := access.Evaluate(access.Compose{IDs: []string{"r", "r"}}, e1, find)
	if got.Scopes["environment:open"] != time.Hour || len(got.Reasons) != 2 {
		t.Errorf("got %+v", got)
	}
}
