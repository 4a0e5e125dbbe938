package access_test

import (
	"fmt"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/access"
)

func opener(records map[string]access.Descriptor) access.Opener {
	return func(id string) (access.Descriptor, string, bool) {
		d, found := records[id]
		return d, "", found
	}
}

// A record that is composed twice at each of many levels is walked once, and one that composes itself ends.
func TestLeavesStayLinear(t *testing.T) {
	t.Parallel()
	records := map[string]access.Descriptor{"r0": access.Group{Entries: []access.Descriptor{access.Allowed{Permissions: []string{"stack:read"}}, access.Compose{IDs: []string{"r60"}}}}}
	for i := range 60 {
		below := fmt.Sprintf("r%d", i)
		records[fmt.Sprintf("r%d", i+1)] = access.Group{Entries: []access.Descriptor{access.Compose{IDs: []string{below, below}}}}
	}
	leaves := access.NewEvaluator(access.Compose{IDs: []string{"r60"}}, nil).Leaves(access.Entity{Kind: access.Stack, ID: "s"}, opener(records))
	if len(leaves) == 0 || len(leaves) > 200 {
		t.Fatalf("%d leaves", len(leaves))
	}
}

// A rule reads as its user wrote it.
func TestLeafRules(t *testing.T) {
	t.Parallel()
	in := access.Access{
		Environments: []access.Rule{
			{Selector: access.Selector{Project: "payments", Name: "prod"}, Grant: access.Grant{Permission: access.Open}},
			{Selector: access.Selector{Tags: map[string]string{"tier": "prod", "a": "b"}}, Grant: access.Grant{Scopes: []string{"environment:read"}}},
			{Selector: access.Selector{All: true}, Grant: access.Grant{PermissionSet: "auditors"}},
		},
		Stacks: []access.Rule{{Selector: access.Selector{Tags: map[string]string{"tier": "prod"}}, Grant: access.Grant{Permission: access.View}}},
	}
	ids := map[access.EntityRef]string{{Kind: access.Environment, Project: "payments", Name: "prod"}: "e1"}
	sets := map[access.SetRef]string{{Kind: access.Environment, Level: access.Open}: "open"}
	compiled, err := compiled(in, ids, sets)
	if err != nil {
		t.Fatal(err)
	}
	records := map[string]access.Descriptor{
		"open": access.Allowed{Permissions: []string{"environment:open"}}, "auditors": access.Allowed{Permissions: []string{"environment:read"}},
	}
	name := func(id string) string {
		return map[string]string{"open": "permission: open", "auditors": "permissionSet: auditors"}[id]
	}
	ask := func(e access.Entity, named string) (rules []string) {
		for _, leaf := range access.NewEvaluator(compiled, nil).Leaves(e, opener(records)) {
			rules = append(rules, leaf.Rule(e.Kind, named, name))
		}
		return rules
	}
	tags := map[string]string{"tier": "prod", "a": "b"}
	for _, c := range []struct {
		got, want []string
	}{
		{ask(access.Entity{Kind: access.Environment, ID: "e1", Tags: tags}, "payments/prod"), []string{
			"environments: {all: true, permissionSet: auditors}", "environments: {project: payments, environment: prod, permission: open}",
			"environments: {tags: {a: b, tier: prod}, scopes: [environment:read]}",
		}},
		{ask(access.Entity{Kind: access.Stack, ID: "s1", Tags: tags}, "web/prod"), []string{"stacks: {tags: {tier: prod}, permission: view}"}},
	} {
		if !slices.Equal(c.got, c.want) {
			t.Errorf("got %q, want %q", c.got, c.want)
		}
	}
}

// What is certain is granted by Evaluate, and what Evaluate grants is at least possible.
func TestLeavesBoundEvaluate(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		d, e := descriptors(3).Draw(t, "descriptor"), entities.Draw(t, "entity")
		granted := access.Evaluate(d, e, lookup)
		certain, possible := map[string]bool{}, map[string]bool{}
		for _, leaf := range access.NewEvaluator(d, nil).Leaves(e, func(id string) (access.Descriptor, string, bool) { d, found := lookup(id); return d, "", found }) {
			for _, scope := range leaf.Scopes {
				possible[scope] = true
				certain[scope] = certain[scope] || leaf.Doubt == ""
			}
		}
		for scope := range possible {
			if certain[scope] && !granted.Has(scope) {
				t.Fatalf("%s is certain and not granted", scope)
			}
		}
		for _, scope := range granted.List() {
			if !possible[scope] {
				t.Fatalf("%s is granted and not possible", scope)
			}
		}
	})
}
