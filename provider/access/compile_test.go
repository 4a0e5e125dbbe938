package access_test

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/access"
)

func tagged(pairs ...string) access.Selector {
	s := access.Selector{Tags: map[string]string{}}
	for i := 0; i < len(pairs); i += 2 {
		s.Tags[pairs[i]] = pairs[i+1]
	}
	return s
}

// compiled parses and compiles.
func compiled(a access.Access, ids map[access.EntityRef]string, sets map[access.SetRef]string) (access.Descriptor, error) {
	valid, problems := access.Parse(a)
	if err := problems.Err(); err != nil {
		return nil, err
	}
	return access.Compile(valid, ids, sets)
}

// TestCompileLayout is the console's layout, so that roles open in its editor.
func TestCompileLayout(t *testing.T) {
	t.Parallel()
	dev := access.EntityRef{Kind: access.Stack, Project: "payments", Name: "dev"}
	prod := access.EntityRef{Kind: access.Environment, Project: "payments", Name: "prod"}
	a := access.Access{
		Stacks: []access.Rule{
			{Selector: paymentsDev, Grant: access.Grant{Permission: access.Write}},
			{Selector: paymentsDev, Grant: access.Grant{PermissionSet: "custom"}},
			{Selector: access.Selector{Identity: "id-dev"}, Grant: scoped("stack:transfer", "stack:delete")},
			{Selector: everything, Grant: reading},
		},
		Environments: []access.Rule{
			{Selector: access.Selector{Project: "payments", Name: "prod"}, Grant: access.Grant{Permission: access.Open, MaxOpenDuration: time.Hour}},
			{Selector: tagged("tier", "dev", "owner", "bo"), Grant: reading},
			{Selector: everything, Grant: scoped("environment:list")},
		},
		Organization: access.ReadOnly,
		Scopes:       []string{"audit_logs:read"},
	}
	stack, env := access.Context{Kind: access.Stack}, access.Context{Kind: access.Environment}
	is := func(key, value string) access.Expression {
		return access.Equal{Left: access.Tag{Context: env, Key: key}, Right: access.LiteralString{Value: value}}
	}
	want := access.Group{Entries: []access.Descriptor{
		access.Compose{IDs: []string{"0-read-only", "set-read"}},
		access.Allowed{Permissions: []string{"audit_logs:read"}},
		access.Allowed{Permissions: []string{"environment:list"}},
		access.Condition{
			Condition: access.Equal{Left: stack, Right: access.LiteralEntity{Kind: access.Stack, Identity: "id-dev"}},
			SubNode: access.Group{Entries: []access.Descriptor{
				access.Compose{IDs: []string{"a-set-write", "custom"}},
				access.Allowed{Permissions: []string{"stack:delete", "stack:transfer"}},
			}},
		},
		access.Condition{
			Condition: access.Equal{Left: env, Right: access.LiteralEntity{Kind: access.Environment, Identity: "id-prod"}},
			SubNode:   access.Allowed{Permissions: access.LevelScopes(access.Environment, access.Open), MaxOpenDuration: time.Hour},
		},
		access.Condition{
			Condition: access.And{Left: is("owner", "bo"), Right: is("tier", "dev")},
			SubNode:   access.Compose{IDs: []string{"env-read"}},
		},
	}}
	got, err := compiled(a, map[access.EntityRef]string{dev: "id-dev", prod: "id-prod"}, map[access.SetRef]string{
		{Kind: access.Stack, Level: access.Read}:            "set-read",
		{Kind: access.Stack, Level: access.Write}:           "a-set-write",
		{Kind: access.Environment, Level: access.Read}:      "env-read",
		{Kind: access.Organization, Level: access.ReadOnly}: "0-read-only",
	})
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(got, access.Descriptor(want)) {
		t.Errorf("got %s\nwant %s", printed(got), printed(want))
	}
}

func TestCompileNamesWhatIsUnresolved(t *testing.T) {
	t.Parallel()
	a := access.Access{
		Stacks:       []access.Rule{{Selector: access.Selector{Project: "payments", Name: "gone"}, Grant: access.Grant{Permission: access.Admin}}},
		Accounts:     []access.Rule{{Selector: access.Selector{Name: "gone"}, Grant: scoped("insights_account:read")}},
		Organization: access.Standard,
	}
	d, err := compiled(a, ids, nil)
	var unresolved *access.UnresolvedError
	if !errors.As(err, &unresolved) || d != nil {
		t.Fatalf("got %v, %v", d, err)
	}
	if !reflect.DeepEqual(unresolved.Entities, a.Entities()) || len(unresolved.Entities) != 2 {
		t.Errorf("entities: got %v", unresolved.Entities)
	}
	if want := []access.SetRef{{Kind: access.Stack, Level: access.Admin}}; !slices.Equal(unresolved.Sets, want) {
		t.Errorf("sets: got %v, want %v: the organization's is spelt out", unresolved.Sets, want)
	}
	for _, want := range []string{"stack payments/gone does not exist", "account gone does not exist", "stack-admin"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%q does not say %q", err, want)
		}
	}
	if _, err = compiled(stacks(manyStacks(30)...), nil, sets); !strings.Contains(err.Error(), "and 10 more") {
		t.Errorf("got %v", err)
	}
}

func TestParseRefusesWhatCheckRefuses(t *testing.T) {
	t.Parallel()
	for name, a := range map[string]access.Access{
		"no selector":                   stacks(access.Rule{Grant: reading}),
		"empty tags":                    stacks(access.Rule{Selector: tagged(), Grant: reading}),
		"no grant":                      stacks(access.Rule{Selector: everything}),
		"entity scope at the top":       {Scopes: []string{"environment:open"}},
		"organization scope in a rule":  stacks(access.Rule{Selector: everything, Grant: scoped("team:read")}),
		"unknown level":                 {Organization: "owner"},
		"bounded stack":                 stacks(access.Rule{Selector: everything, Grant: access.Grant{Permission: access.Read, MaxOpenDuration: time.Hour}}),
		"newer scope of another family": environments(access.Rule{Selector: everything, Grant: scoped("stack:fly")}),
	} {
		if d, err := compiled(a, ids, sets); err == nil {
			t.Errorf("%s: got %s", name, printed(d))
		}
		if len(a.Check(access.CheckOptions{})) == 0 {
			t.Errorf("%s: Check finds nothing", name)
		}
	}
}

func TestCompileKeepsWithinTheLimits(t *testing.T) {
	t.Parallel()
	known := func(a access.Access) map[access.EntityRef]string {
		ids := map[access.EntityRef]string{}
		for _, ref := range a.Entities() {
			ids[ref] = "id of " + ref.Name
		}
		return ids
	}
	full := stacks(manyStacks(access.MaxEntries)...)
	if d, err := compiled(full, known(full), sets); err != nil || access.Entries(d) != access.MaxEntries {
		t.Errorf("as many as fit: %v", err)
	}
	var limit *access.LimitError
	over := stacks(manyStacks(access.MaxEntries + 1)...)
	if _, err := compiled(over, known(over), sets); !errors.As(err, &limit) || !strings.Contains(err.Error(), "2001 entries") {
		t.Errorf("one more: %v", err)
	}
	long := access.Access{}
	for i := range 1500 {
		long.Stacks = append(long.Stacks, access.Rule{Selector: tagged(fmt.Sprint("k", i), strings.Repeat("v", 600)), Grant: reading})
	}
	if _, err := compiled(long, nil, sets); !errors.As(err, &limit) || !strings.Contains(err.Error(), "1048576") {
		t.Errorf("too long: %v", err)
	}
}

func TestEntitiesAndSets(t *testing.T) {
	t.Parallel()
	a := access.Access{
		Stacks: []access.Rule{
			{Selector: paymentsDev, Grant: reading}, {Selector: paymentsDev, Grant: scoped("stack:write")},
			{Selector: access.Selector{Project: "billing", Name: "prod"}, Grant: access.Grant{PermissionSet: "x"}},
			{Selector: access.Selector{Identity: "i"}, Grant: reading}, {Selector: everything, Grant: access.Grant{Permission: access.Write}},
		},
		Environments: []access.Rule{{Selector: tagged("a", "b"), Grant: access.Grant{Permission: access.Open, MaxOpenDuration: time.Hour}}},
		Accounts:     []access.Rule{{Selector: awsProd, Grant: access.Grant{Permission: access.Admin}}},
		Organization: access.Billing, Scopes: []string{"team:list"},
	}
	entities := []access.EntityRef{{Kind: access.Stack, Project: "billing", Name: "prod"},
		{Kind: access.Stack, Project: "payments", Name: "dev"}, {Kind: access.Account, Name: "aws-prod"}}
	if got := a.Entities(); !slices.Equal(got, entities) {
		t.Errorf("entities: got %v, want %v", got, entities)
	}
	sets := []access.SetRef{{Kind: access.Stack, Level: access.Read}, {Kind: access.Stack, Level: access.Write},
		{Kind: access.Account, Level: access.Admin}, {Kind: access.Organization, Level: access.Billing}}
	if got := a.Sets(); !slices.Equal(got, sets) {
		t.Errorf("sets: got %v, want %v", got, sets)
	}
	flat := a.FlatScopes()
	for _, scope := range []string{"stack:decrypt", "stack:write", "environment:open", "insights_account:delete", "organization:billing", "team:list"} {
		if !slices.Contains(flat, scope) {
			t.Errorf("%s is missing in %q", scope, flat)
		}
	}
	if !slices.IsSorted(flat) || len(slices.Compact(slices.Clone(flat))) != len(flat) {
		t.Errorf("not a sorted set: %q", flat)
	}
}

func TestDecompileReportsWhatNoRuleStates(t *testing.T) {
	t.Parallel()
	stackTag := func(key, value string) access.Expression {
		return access.Equal{Left: access.Tag{Context: onStack, Key: key}, Right: access.LiteralString{Value: value}}
	}
	inTeam := access.Equal{Left: access.Context{Kind: access.Team}, Right: access.LiteralEntity{Kind: access.Team, Identity: "t"}}
	readSet := access.Compose{IDs: []string{"set stack-read"}}
	for _, tc := range []struct {
		name string
		tree access.Descriptor
		want []string
	}{
		{"HasTag", when(access.HasTag{Context: onStack, Key: "x"}, "stack:read"), []string{"the top: its condition", "grants stack:read:", `"PermissionExpressionHasTag"`}},
		{"Not", access.Group{Entries: []access.Descriptor{allow("stack:write"), when(access.Not{Node: isS1}, "stack:read")}}, []string{"entries[1]: its condition"}},
		{"Or", when(access.Or{Left: isS1, Right: isS1}, "stack:read"), []string{"its condition"}},
		{"team", when(inTeam, "stack:read"), []string{"PermissionExpressionTeam"}},
		{"entity and tag", when(access.And{Left: isS1, Right: isProd}, "stack:read"), []string{"its condition"}},
		{"one tag with two values", when(access.And{Left: stackTag("a", "b"), Right: stackTag("a", "c")}, "stack:read"), []string{"its condition"}},
		{"tag that equals nothing", when(stackTag("a", ""), "stack:read"), []string{"its condition"}},
		{"tags of two kinds", when(access.And{Left: isProd, Right: access.Equal{Left: access.Tag{Context: onEnv, Key: "a"}, Right: access.LiteralString{Value: "b"}}}, "stack:read"), []string{"its condition"}},
		{"entity of another kind", when(access.Equal{Left: onStack, Right: access.LiteralEntity{Kind: access.Environment, Identity: "e1"}}, "stack:read"), []string{"its condition"}},
		{"two literals", when(access.Equal{Left: access.LiteralString{Value: "a"}, Right: access.LiteralString{Value: "a"}}, "stack:read"), []string{"its condition"}},
		{"IfThenElse", access.IfThenElse{Condition: isS1, WhenTrue: readSet, WhenFalse: allow("stack:write")}, []string{"a choice", "grants stack:write, the set stack-read:"}},
		{"Select", tier(), []string{"a choice", "grants stack:read, stack:write:"}},
		{"condition in a condition", access.Condition{Condition: isProd, SubNode: when(isS1, "stack:read")}, []string{"subNode: ", "inside the condition on stacks with tier=prod"}},
		{"foreign set", access.Condition{Condition: isE1, SubNode: readSet}, []string{"subNode.permissionDescriptors[0]: a permission set of the stack, which grants nothing on the environment with the id e1"}},
		{"foreign scope", when(isE1, "team:read"), []string{"scopes that grant nothing on", "grants team:read"}},
		{"scope without a name", allow(""), []string{"a scope without a name"}},
		{"set without an id", access.Condition{Condition: isS1, SubNode: access.Compose{IDs: []string{""}}}, []string{"without an id"}},
		{"unknown set everywhere", access.Compose{IDs: []string{"2f6b"}}, []string{"permissionDescriptors[0]: a permission set that is not known", "the set 2f6b"}},
		{"second organization set", access.Compose{IDs: []string{"set org-settings-standard", "set org-settings-billing"}}, []string{"beside standard", "org-settings-billing"}},
		{"line breaks", access.Condition{Condition: access.Equal{Left: access.Tag{Context: onStack, Key: "a"}, Right: access.LiteralString{Value: "b\n\x1b[2J"}}, SubNode: tier()}, []string{"a=b  [2J"}},
		{"long, a byte further", when(access.HasTag{Context: onStack, Key: "x" + strings.Repeat("\u00e9", 5000)}, "stack:read"), []string{"..."}},
		{"long", when(access.HasTag{Context: onStack, Key: strings.Repeat("\u00e9", 5000)}, slices.Repeat([]string{"stack:read", "stack:write"}, 1000)...), []string{"..."}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			_, lines := access.Decompile(tc.tree, names, setRefs)
			if len(lines) != 1 || len(lines[0]) > 700 || strings.Contains(lines[0], "\n") || !utf8.ValidString(lines[0]) {
				t.Fatalf("want one bounded line, got %q", lines)
			}
			for _, want := range tc.want {
				if !strings.Contains(lines[0], want) {
					t.Errorf("%q does not say %q", lines[0], want)
				}
			}
		})
	}
}

func TestDecompileReadsOtherLayouts(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name string
		tree access.Descriptor
		want access.Access
	}{
		{"an Allow of several kinds", allow("stack:read", "environment:read", "team:read"), access.Access{
			Stacks:       []access.Rule{{Selector: everything, Grant: scoped("stack:read")}},
			Environments: []access.Rule{{Selector: everything, Grant: scoped("environment:read")}},
			Scopes:       []string{"team:read"},
		}},
		{"sides of Equal swapped", when(access.Equal{Left: access.LiteralEntity{Kind: access.Stack, Identity: "id of stack payments/dev"}, Right: onStack}, "stack:read"),
			stacks(access.Rule{Selector: paymentsDev, Grant: scoped("stack:read")})},
		{"tag swapped, and the And folded right", when(access.And{
			Left:  access.Equal{Left: access.LiteralString{Value: "x"}, Right: access.Tag{Context: onStack, Key: "c"}},
			Right: access.And{Left: isProd, Right: isProd},
		}, "stack:read"), stacks(access.Rule{Selector: tagged("c", "x", "tier", "prod"), Grant: scoped("stack:read")})},
		{"an id without a name", when(isE1, "environment:read"), environments(access.Rule{Selector: access.Selector{Identity: "e1"}, Grant: scoped("environment:read")})},
		{"an id that is known for another kind", when(access.Equal{Left: onEnv, Right: access.LiteralEntity{Kind: access.Environment, Identity: "id of stack payments/dev"}}, "environment:read"),
			environments(access.Rule{Selector: access.Selector{Identity: "id of stack payments/dev"}, Grant: scoped("environment:read")})},
		{"an unknown set in a condition", access.Condition{Condition: isE1, SubNode: access.Compose{IDs: []string{"2f6b"}}},
			environments(access.Rule{Selector: access.Selector{Identity: "e1"}, Grant: access.Grant{PermissionSet: "2f6b"}})},
		{"standard contains read only", access.Compose{IDs: []string{"set org-settings-standard", "set org-settings-read-only"}}, access.Access{Organization: access.Standard}},
		{"in either order", access.Compose{IDs: []string{"set org-settings-read-only", "set org-settings-standard"}}, access.Access{Organization: access.Standard}},
		{"a bound on nothing", access.Allowed{Permissions: []string{"stack:read"}, MaxOpenDuration: time.Hour}, stacks(access.Rule{Selector: everything, Grant: scoped("stack:read")})},
		{"nothing", access.Group{Entries: []access.Descriptor{access.Compose{}, access.Allowed{}, access.Group{}}}, access.Access{}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			got, unrecognized := access.Decompile(tc.tree, names, setRefs)
			if !reflect.DeepEqual(got, tc.want) || len(unrecognized) > 0 {
				t.Errorf("got %+v, %q\nwant %+v", got, unrecognized, tc.want)
			}
		})
	}
}

func TestCanonical(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name       string
		give, want access.Access
	}{
		{"none", access.Access{Organization: access.None, Scopes: []string{}}, access.Access{}},
		{"a spelt-out organization set", access.Access{Scopes: access.LevelScopes(access.Organization, access.ReadOnly)}, access.Access{Organization: access.ReadOnly}},
		{"scopes of both levels on everything",
			environments(access.Rule{Selector: everything, Grant: scoped("change_gate:update")}, access.Rule{Selector: everything, Grant: scoped("environment:read", "change_gate:delete")}),
			access.Access{Environments: []access.Rule{{Selector: everything, Grant: scoped("environment:read")}}, Scopes: []string{"change_gate:delete", "change_gate:update"}}},
		{"scopes of both levels on one stack", stacks(access.Rule{Selector: paymentsDev, Grant: scoped("stack:create")}),
			stacks(access.Rule{Selector: paymentsDev, Grant: scoped("stack:create")})},
		{"a spelt-out set with a bound",
			environments(access.Rule{Selector: paymentsDev, Grant: access.Grant{Scopes: access.LevelScopes(access.Environment, access.Open), MaxOpenDuration: time.Hour}}),
			environments(access.Rule{Selector: paymentsDev, Grant: access.Grant{Permission: access.Open, MaxOpenDuration: time.Hour}})},
		{"a spelt-out set without a bound", environments(access.Rule{Selector: paymentsDev, Grant: scoped(access.LevelScopes(access.Environment, access.Open)...)}),
			environments(access.Rule{Selector: paymentsDev, Grant: scoped(access.LevelScopes(access.Environment, access.Open)...)})},
		{"rules on one entity stay apart",
			stacks(access.Rule{Selector: paymentsDev, Grant: access.Grant{Permission: access.Write}}, access.Rule{Selector: paymentsDev, Grant: reading}, access.Rule{Selector: paymentsDev, Grant: reading}),
			stacks(access.Rule{Selector: paymentsDev, Grant: reading}, access.Rule{Selector: paymentsDev, Grant: access.Grant{Permission: access.Write}})},
	} {
		if got := tc.give.Canonical(); !reflect.DeepEqual(got, tc.want) {
			t.Errorf("%s: got %+v\nwant %+v", tc.name, got, tc.want)
		}
	}
}
