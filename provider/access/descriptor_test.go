package access_test

import (
	"math"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/access"
)

// wire is a tree with every variant, as the service writes it.
const wire = `{"__type":"PermissionDescriptorGroup","entries":[` +
	`{"__type":"PermissionDescriptorCompose","permissionDescriptors":["2f6b","91ac"]},` +
	`{"__type":"PermissionDescriptorAllow","permissions":["environment:open"],"constraints":{"MaxOpenDuration":1800}},` +
	`{"__type":"PermissionDescriptorCondition",` +
	`"condition":{"__type":"PermissionExpressionEqual","left":{"__type":"PermissionExpressionStack"},` +
	`"right":{"__type":"PermissionLiteralExpressionStack","identity":"7c1e"}},` +
	`"subNode":{"__type":"PermissionDescriptorAllow","permissions":["stack:read"]}},` +
	`{"__type":"PermissionDescriptorIfThenElse",` +
	`"condition":{"__type":"PermissionExpressionOr",` +
	`"left":{"__type":"PermissionExpressionHasTag","context":{"__type":"PermissionExpressionEnvironment"},"key":"shared"},` +
	`"right":{"__type":"PermissionExpressionNot","node":{"__type":"PermissionExpressionHasTag","key":"secret"}}},` +
	`"subNodeForTrue":{"__type":"PermissionDescriptorGroup","entries":[]},` +
	`"subNodeForFalse":{"__type":"PermissionDescriptorAllow","permissions":[]}},` +
	`{"__type":"PermissionDescriptorSelect",` +
	`"selector":{"__type":"PermissionExpressionTag","context":{"__type":"PermissionExpressionInsightsAccount"},"key":"tier"},` +
	`"options":[{"value":{"__type":"PermissionLiteralExpressionNumber","value":1.5},` +
	`"node":{"__type":"PermissionDescriptorAllow","permissions":["insights_account:read"]}},` +
	`{"value":{"__type":"PermissionLiteralExpressionBool","value":true},` +
	`"node":{"__type":"PermissionDescriptorCondition","condition":{"__type":"PermissionExpressionAnd",` +
	`"left":{"__type":"PermissionExpressionEqual","left":{"__type":"PermissionExpressionTeam"},` +
	`"right":{"__type":"PermissionLiteralExpressionTeam","identity":"t"}},` +
	`"right":{"__type":"PermissionExpressionEqual","left":{"__type":"PermissionLiteralExpressionString","value":"a"},` +
	`"right":{"__type":"PermissionLiteralExpressionEnvironment","identity":"e"}}},` +
	`"subNode":{"__type":"PermissionDescriptorCompose","permissionDescriptors":[]}}}]}]}`

func TestWireFormat(t *testing.T) {
	t.Parallel()
	stack := access.Context{Kind: access.Stack}
	want := access.Group{Entries: []access.Descriptor{
		access.Compose{IDs: []string{"2f6b", "91ac"}},
		access.Allowed{Permissions: []string{"environment:open"}, MaxOpenDuration: 30 * time.Minute},
		access.Condition{
			Condition: access.Equal{Left: stack, Right: access.LiteralEntity{Kind: access.Stack, Identity: "7c1e"}},
			SubNode:   access.Allowed{Permissions: []string{"stack:read"}},
		},
		access.IfThenElse{
			Condition: access.Or{
				Left:  access.HasTag{Context: access.Context{Kind: access.Environment}, Key: "shared"},
				Right: access.Not{Node: access.HasTag{Key: "secret"}},
			},
			WhenTrue: access.Group{}, WhenFalse: access.Allowed{},
		},
		access.Select{
			Selector: access.Tag{Context: access.Context{Kind: access.Account}, Key: "tier"},
			Options: []access.Option{
				{Value: access.LiteralNumber{Value: 1.5}, Node: access.Allowed{Permissions: []string{"insights_account:read"}}},
				{Value: access.LiteralBool{Value: true}, Node: access.Condition{
					Condition: access.And{
						Left:  access.Equal{Left: access.Context{Kind: access.Team}, Right: access.LiteralEntity{Kind: access.Team, Identity: "t"}},
						Right: access.Equal{Left: access.LiteralString{Value: "a"}, Right: access.LiteralEntity{Kind: access.Environment, Identity: "e"}},
					},
					SubNode: access.Compose{},
				}},
			},
		},
	}}
	got, err := access.ParseDescriptor([]byte(wire))
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %#v\nwant %#v", got, want)
	}
	text, err := access.MarshalDescriptor(want)
	if err != nil || string(text) != wire {
		t.Errorf("got %s, %v\nwant %s", text, err, wire)
	}
	if got := access.Entries(want); got != 6 {
		t.Errorf("entries: got %d, want 6: two composed records and four allows", got)
	}
}

func TestParseDescriptorRefuses(t *testing.T) {
	t.Parallel()
	allow := `{"__type":"PermissionDescriptorAllow","permissions":["stack:read"]}`
	condition := func(expression string) string {
		return `{"__type":"PermissionDescriptorCondition","condition":` + expression + `,"subNode":` + allow + `}`
	}
	for _, tc := range []struct{ name, text, want string }{
		{"nothing", ``, "not JSON"},
		{"broken JSON", `{"__type":`, "not JSON"},
		{"two values", allow + allow, "something follows"},
		{"null", `null`, "at the top: want an object, got nothing"},
		{"a list", `[]`, "want an object, got a list"},
		{"no type", `{"permissions":[]}`, `no "__type"`},
		{"type of another case", `{"__TYPE":"PermissionDescriptorAllow"}`, `no "__type"`},
		{"unknown type", `{"__type":"PermissionDescriptorDeny"}`, `at the top: "PermissionDescriptorDeny" is not a permission descriptor`},
		{"long unknown type", `{"__type":"` + strings.Repeat("x", 1000) + `"}`, `xxx..." is not`},
		{"expression for a descriptor", `{"__type":"PermissionExpressionStack"}`, "is not a permission descriptor"},
		{"deep inside", `{"__type":"PermissionDescriptorGroup","entries":[` + allow + `,{"__type":"PermissionDescriptorGroup","entries":[{"__type":"X"}]}]}`,
			`at entries[1].entries[0]: "X"`},
		{"scope that is a number", `{"__type":"PermissionDescriptorAllow","permissions":["stack:read",5]}`, "at permissions[1]: want a string, got a number"},
		{"entries that are an object", `{"__type":"PermissionDescriptorGroup","entries":{}}`, "at entries: want a list, got an object"},
		{"unknown constraint", `{"__type":"PermissionDescriptorAllow","permissions":[],"constraints":{"MaxOpens":1}}`, `constraint "MaxOpens"`},
		{"constraints that are a list", `{"__type":"PermissionDescriptorAllow","constraints":[]}`, "at constraints: want an object, got a list"},
		{"bound as text", `{"__type":"PermissionDescriptorAllow","constraints":{"MaxOpenDuration":"1h"}}`, "at constraints.MaxOpenDuration: want a number of seconds, got a string"},
		{"broken bound", `{"__type":"PermissionDescriptorAllow","constraints":{"MaxOpenDuration":1.5}}`, `"1.5" is not a whole number`},
		{"negative bound", `{"__type":"PermissionDescriptorAllow","constraints":{"MaxOpenDuration":-1}}`, `"-1" is not`},
		{"overflowing bound", `{"__type":"PermissionDescriptorAllow","constraints":{"MaxOpenDuration":9223372036854775807}}`, "is not a whole number of seconds that is possible"},
		{"no condition", `{"__type":"PermissionDescriptorCondition","subNode":` + allow + `}`, "at condition: want an object, got nothing"},
		{"no sub-node", `{"__type":"PermissionDescriptorCondition","condition":{"__type":"PermissionExpressionHasTag","key":"k"}}`, "at subNode: want an object"},
		{"no else", `{"__type":"PermissionDescriptorIfThenElse","condition":{"__type":"PermissionExpressionHasTag","key":"k"},"subNodeForTrue":` + allow + `}`, "at subNodeForFalse"},
		{"option without node", `{"__type":"PermissionDescriptorSelect","selector":{"__type":"PermissionExpressionStack"},"options":[{"value":{"__type":"PermissionExpressionStack"}}]}`, "at options[0].node"},
		{"value for a condition", condition(`{"__type":"PermissionLiteralExpressionBool","value":true}`), "at condition: want a condition"},
		{"value under Not", condition(`{"__type":"PermissionExpressionNot","node":{"__type":"PermissionExpressionStack"}}`), "at condition.node: want a condition"},
		{"value under And", condition(`{"__type":"PermissionExpressionAnd","left":{"__type":"PermissionExpressionHasTag","key":"k"},"right":{"__type":"PermissionExpressionStack"}}`), "at condition.right: want a condition"},
		{"tag of a literal", condition(`{"__type":"PermissionExpressionHasTag","context":{"__type":"PermissionLiteralExpressionString","value":""},"key":"k"}`), "at condition.context: want the entity"},
		{"tag without context", condition(`{"__type":"PermissionExpressionEqual","left":{"__type":"PermissionExpressionTag","key":"k"},"right":{"__type":"PermissionExpressionStack"}}`), "at condition.left.context"},
		{"tag without key", condition(`{"__type":"PermissionExpressionHasTag"}`), "at condition.key: want a string, got nothing"},
		{"literal without identity", condition(`{"__type":"PermissionExpressionEqual","left":{"__type":"PermissionExpressionStack"},"right":{"__type":"PermissionLiteralExpressionStack"}}`), "at condition.right.identity"},
		{"literal of another type", condition(`{"__type":"PermissionExpressionEqual","left":{"__type":"PermissionExpressionStack"},"right":{"__type":"PermissionLiteralExpressionString","value":5}}`), "a number does not fit PermissionLiteralExpressionString"},
		{"number out of range", condition(`{"__type":"PermissionExpressionEqual","left":{"__type":"PermissionExpressionStack"},"right":{"__type":"PermissionLiteralExpressionNumber","value":1e999}}`), "at condition.right.value"},
		{"unknown expression", condition(`{"__type":"PermissionExpressionXor"}`), `"PermissionExpressionXor" is not a permission expression`},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			got, err := access.ParseDescriptor([]byte(tc.text))
			if err == nil || got != nil || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("got %v, %v\nwant an error with %q", got, err, tc.want)
			}
			if err != nil && len(err.Error()) > 300 {
				t.Errorf("the error has %d bytes", len(err.Error()))
			}
		})
	}
}

func TestParseDescriptorTolerates(t *testing.T) {
	t.Parallel()
	for name, text := range map[string]string{
		"missing lists":  `{"__type":"PermissionDescriptorAllow"}`,
		"null lists":     `{"__type":"PermissionDescriptorAllow","permissions":null,"constraints":null}`,
		"no bound":       `{"__type":"PermissionDescriptorAllow","permissions":[],"constraints":{"MaxOpenDuration":0}}`,
		"unknown key":    `{"__type":"PermissionDescriptorAllow","permissions":[],"comment":"x"}`,
		"white space":    " {\"__type\": \"PermissionDescriptorAllow\"}\n",
		"no constraints": `{"__type":"PermissionDescriptorAllow","constraints":{}}`,
	} {
		if got, err := access.ParseDescriptor([]byte(text)); err != nil || !reflect.DeepEqual(got, access.Allowed{}) {
			t.Errorf("%s: got %#v, %v", name, got, err)
		}
	}
}

// TestDeepDocuments are as deep as JSON may be; each must be handled in the blink of an eye.
func TestDeepDocuments(t *testing.T) {
	t.Parallel()
	const depth = 2000
	tag := `{"__type":"PermissionExpressionHasTag","context":{"__type":"PermissionExpressionStack"},"key":"k"}`
	nested := func(open, inner, end string) string {
		return strings.Repeat(open, depth) + inner + strings.Repeat(end, depth)
	}
	for name, condition := range map[string]string{
		"Not":   nested(`{"__type":"PermissionExpressionNot","node":`, tag, `}`),
		"Equal": nested(`{"__type":"PermissionExpressionEqual","left":{"__type":"PermissionLiteralExpressionBool","value":true},"right":`, tag, `}`),
		"And":   nested(`{"__type":"PermissionExpressionAnd","left":`+tag+`,"right":`, tag, `}`),
	} {
		text := `{"__type":"PermissionDescriptorCondition","condition":` + condition +
			`,"subNode":{"__type":"PermissionDescriptorAllow","permissions":["stack:read"]}}`
		d, err := access.ParseDescriptor([]byte(text))
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		e := access.Entity{Kind: access.Stack, ID: "s1", Tags: map[string]string{"k": ""}}
		if !access.Evaluate(d, e, nil).Has("stack:read") {
			t.Errorf("%s: not granted", name)
		}
		if _, unrecognized := access.Decompile(d, names, setRefs); len(unrecognized) != 1 || len(unrecognized[0]) > 700 {
			t.Errorf("%s: got %q", name, unrecognized)
		}
	}
	broken := nested(`{"__type":"PermissionDescriptorGroup","entries":[`, `{}`, `]}`)
	if _, err := access.ParseDescriptor([]byte(broken)); err == nil || len(err.Error()) > 600 {
		t.Errorf("got %v", err)
	}
}

func TestMarshalDescriptorRefuses(t *testing.T) {
	t.Parallel()
	yes := access.HasTag{Context: access.Context{Kind: access.Stack}, Key: "k"}
	for name, d := range map[string]access.Descriptor{
		"nothing":              nil,
		"nothing in a group":   access.Group{Entries: []access.Descriptor{nil}},
		"no condition":         access.Condition{SubNode: access.Allowed{}},
		"no sub-node":          access.Condition{Condition: yes},
		"no else":              access.IfThenElse{Condition: yes, WhenTrue: access.Allowed{}},
		"no selector":          access.Select{},
		"no value":             access.Select{Selector: yes, Options: []access.Option{{Node: access.Allowed{}}}},
		"half a second":        access.Allowed{MaxOpenDuration: time.Second / 2},
		"negative bound":       access.Allowed{MaxOpenDuration: -time.Second},
		"context of no kind":   access.Condition{Condition: access.HasTag{Context: access.Context{Kind: access.Organization}}, SubNode: access.Allowed{}},
		"tag without context":  access.Select{Selector: access.Tag{Key: "k"}},
		"entity of no kind":    access.Select{Selector: access.LiteralEntity{Kind: "cat"}},
		"half an And":          access.Condition{Condition: access.And{Left: yes}, SubNode: access.Allowed{}},
		"number that is none":  access.Select{Selector: access.LiteralNumber{Value: math.NaN()}},
		"Not without operand":  access.Condition{Condition: access.Not{}, SubNode: access.Allowed{}},
		"Equal without a side": access.Condition{Condition: access.Equal{Right: yes}, SubNode: access.Allowed{}},
	} {
		if text, err := access.MarshalDescriptor(d); err == nil {
			t.Errorf("%s: got %s", name, text)
		}
	}
}

// FuzzParseDescriptor: what parses is written so that it reads back the same, and can be evaluated and read as rules.
func FuzzParseDescriptor(f *testing.F) {
	f.Add([]byte(wire))
	f.Add([]byte(`{"__type":"PermissionDescriptorAllow","permissions":["stack:read",""],"constraints":{"MaxOpenDuration":1}}`))
	f.Add([]byte(`{"__type":"PermissionDescriptorCompose","permissionDescriptors":["","a/b","set stack-read"]}`))
	f.Add([]byte(`{"__type":"PermissionDescriptorCondition","condition":{"__type":"PermissionExpressionHasTag","key":"k"},"subNode":null}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		d, err := access.ParseDescriptor(text)
		if err != nil {
			return
		}
		written, err := access.MarshalDescriptor(d)
		if err != nil {
			t.Fatal(err)
		}
		if back, err := access.ParseDescriptor(written); err != nil || !reflect.DeepEqual(back, d) {
			t.Fatalf("got %#v, %v\nwant %#v", back, err, d)
		}
		checkDecompiled(t, d)
	})
}

// checkDecompiled holds the rules that were read against the tree: they grant no more.
func checkDecompiled(t *testing.T, d access.Descriptor) {
	a, _ := access.Decompile(d, names, setRefs)
	again, err := compiled(a, ids, sets)
	if err != nil {
		return
	}
	for _, kind := range access.Kinds() {
		e := access.Entity{Kind: kind, ID: "7c1e"}
		before := access.Evaluate(d, e, lookup)
		for _, scope := range access.Evaluate(again, e, lookup).List() {
			if !before.Has(scope) {
				t.Fatalf("the rules grant %s on a %s, the tree does not", scope, kind)
			}
		}
	}
}
