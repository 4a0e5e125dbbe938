package access_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/access"
)

var (
	paymentsDev = access.Selector{Project: "payments", Name: "dev"}
	awsProd     = access.Selector{Name: "aws-prod"}
	everything  = access.Selector{All: true}
	reading     = access.Grant{Permission: access.Read}
)

func stacks(rules ...access.Rule) access.Access       { return access.Access{Stacks: rules} }
func environments(rules ...access.Rule) access.Access { return access.Access{Environments: rules} }
func accounts(rules ...access.Rule) access.Access     { return access.Access{Accounts: rules} }

func scoped(scopes ...string) access.Grant { return access.Grant{Scopes: scopes} }

func TestCheckProblems(t *testing.T) {
	t.Parallel()
	type problem struct{ path, reason string }
	for _, tc := range []struct {
		name   string
		access access.Access
		people bool
		allow  []access.Allow
		want   []problem
	}{
		{name: "nothing at all", want: []problem{{"", "grants nothing"}}},
		{
			name: "none and no scopes", access: access.Access{Organization: access.None, Scopes: []string{}},
			want: []problem{{"", "grants nothing"}},
		},
		{
			name: "no selector", access: stacks(access.Rule{Grant: reading}),
			want: []problem{{"stacks[0]", "exactly one way: {project, stack}, {tags} or {all: true}; got none of them"}},
		},
		{
			name: "two selectors",
			access: environments(access.Rule{
				Selector: access.Selector{Project: "p", Name: "e", Tags: map[string]string{"a": "b"}, All: true}, Grant: reading}),
			want: []problem{{"environments[0]", "got project and environment, tags, all"}},
		},
		{
			name:   "name and identity",
			access: accounts(access.Rule{Selector: access.Selector{Name: "a", Identity: "i"}, Grant: reading}),
			want:   []problem{{"accounts[0]", "got account, identity"}},
		},
		{
			name:   "missing stack",
			access: stacks(access.Rule{Selector: access.Selector{Project: "payments"}, Grant: reading}),
			want:   []problem{{"stacks[0].stack", "needs project and stack"}},
		},
		{
			name:   "missing project",
			access: environments(access.Rule{Selector: access.Selector{Name: "dev"}, Grant: reading}),
			want:   []problem{{"environments[0].project", "needs project and environment"}},
		},
		{
			name:   "account in a project",
			access: accounts(access.Rule{Selector: access.Selector{Project: "p", Name: "a"}, Grant: reading}),
			want:   []problem{{"accounts[0].project", "in no project"}},
		},
		{
			name:   "slashes",
			access: stacks(access.Rule{Selector: access.Selector{Project: "acme/payments", Name: "payments/dev"}, Grant: reading}),
			want: []problem{
				{"stacks[0].project", `"acme/payments" contains a slash`},
				{"stacks[0].stack", "project and stack apart"},
			},
		},
		{
			name:   "slash in an account",
			access: accounts(access.Rule{Selector: access.Selector{Name: "acme/aws-prod"}, Grant: reading}),
			want:   []problem{{"accounts[0].account", "contains a slash"}},
		},
		{
			name:   "empty tags",
			access: stacks(access.Rule{Selector: access.Selector{Tags: map[string]string{}}, Grant: reading}),
			want:   []problem{{"stacks[0].tags", "would match everything"}},
		},
		{
			name:   "tags without name and value",
			access: stacks(access.Rule{Selector: access.Selector{Tags: map[string]string{"": "x", "tier": ""}}, Grant: reading}),
			want:   []problem{{"stacks[0].tags", "without a name"}, {`stacks[0].tags["tier"]`, "no value"}},
		},
		{
			name: "no grant", access: stacks(access.Rule{Selector: paymentsDev}),
			want: []problem{{"stacks[0]", "permission, scopes or permissionSet; got none of them"}},
		},
		{
			name: "three grants",
			access: stacks(access.Rule{Selector: paymentsDev, Grant: access.Grant{
				Permission: access.Read, Scopes: []string{"stack:read"}, PermissionSet: "id"}}),
			want: []problem{{"stacks[0]", "got permission, scopes, permissionSet"}},
		},
		{
			name:   "open on a stack",
			access: stacks(access.Rule{Selector: paymentsDev, Grant: access.Grant{Permission: access.Open}}),
			want:   []problem{{"stacks[0].permission", `"open" is not a valid stack permission; valid are view, read, write, admin`}},
		},
		{
			name:   "unknown permission",
			access: environments(access.Rule{Selector: paymentsDev, Grant: access.Grant{Permission: "Read"}}),
			want:   []problem{{"environments[0].permission", "read, open, write, admin"}},
		},
		{
			name: "no permission", access: accounts(access.Rule{Selector: awsProd, Grant: access.Grant{Permission: access.None}}),
			want: []problem{{"accounts[0].permission", "read, write, admin"}},
		},
		{
			name: "misspelt scope", access: stacks(access.Rule{Selector: paymentsDev, Grant: scoped("stack:read", "stack:reed")}),
			want: []problem{{"stacks[0].scopes[1]", "nearest are stack:read,"}},
		},
		{
			name: "scope that never existed", access: environments(access.Rule{Selector: paymentsDev, Grant: scoped("environment:update")}),
			want: []problem{{"environments[0].scopes[0]", "environment:"}},
		},
		{
			name: "scope of another kind", access: stacks(access.Rule{Selector: paymentsDev, Grant: scoped("environment:open")}),
			want: []problem{{"stacks[0].scopes[0]", "a scope of the environment, not of the stack; put it under the scopes of a rule in environments"}},
		},
		{
			name: "organization scope in a rule", access: stacks(access.Rule{Selector: paymentsDev, Grant: scoped("audit_logs:read")}),
			want: []problem{{"stacks[0].scopes[0]", "put it under access.scopes"}},
		},
		{
			name: "empty scopes", access: stacks(access.Rule{Selector: paymentsDev, Grant: access.Grant{Scopes: []string{}}}),
			want: []problem{{"stacks[0].scopes", "is empty"}},
		},
		{
			name: "qualified permission set", access: stacks(access.Rule{Selector: paymentsDev, Grant: access.Grant{PermissionSet: "acme/2f6b"}}),
			want: []problem{{"stacks[0].permissionSet", "bare id"}},
		},
		{
			name:   "bounded stack",
			access: stacks(access.Rule{Selector: paymentsDev, Grant: access.Grant{Permission: access.Read, MaxOpenDuration: time.Hour}}),
			want:   []problem{{"stacks[0].maxOpenDuration", "only environments are opened"}},
		},
		{
			name:   "negative bound",
			access: environments(access.Rule{Selector: paymentsDev, Grant: access.Grant{Permission: access.Open, MaxOpenDuration: -time.Hour}}),
			want:   []problem{{"environments[0].maxOpenDuration", "not positive"}},
		},
		{
			name:   "broken second",
			access: environments(access.Rule{Selector: paymentsDev, Grant: access.Grant{Permission: access.Open, MaxOpenDuration: 1500 * time.Millisecond}}),
			want:   []problem{{"environments[0].maxOpenDuration", "whole number of seconds"}},
		},
		{
			name:   "bound without open",
			access: environments(access.Rule{Selector: paymentsDev, Grant: access.Grant{Permission: access.Read, MaxOpenDuration: time.Hour}}),
			want:   []problem{{"environments[0].maxOpenDuration", "bounds nothing"}},
		},
		{
			name:   "bounded permission set",
			access: environments(access.Rule{Selector: paymentsDev, Grant: access.Grant{PermissionSet: "id", MaxOpenDuration: time.Hour}}),
			want:   []problem{{"environments[0].maxOpenDuration", "cannot be bounded"}},
		},
		{
			name: "open on all", access: environments(access.Rule{Selector: everything, Grant: access.Grant{Permission: access.Open}}),
			want: []problem{{"environments[0].permission", "add openOnAll to allow"}},
		},
		{
			name: "admin on all environments", access: environments(access.Rule{Selector: everything, Grant: access.Grant{Permission: access.Admin}}),
			allow: []access.Allow{access.AllowStackAdminForPeople},
			want:  []problem{{"environments[0].permission", "would open every environment"}},
		},
		{
			name: "open scope on all", access: environments(access.Rule{Selector: everything, Grant: scoped("environment:open")}),
			want: []problem{{"environments[0].scopes", "(environment:open)"}},
		},
		{
			name: "stack admin for people", access: stacks(access.Rule{Selector: paymentsDev, Grant: access.Grant{Permission: access.Admin}}),
			people: true, allow: []access.Allow{access.AllowOpenOnAll},
			want: []problem{{"stacks[0].permission", "add stackAdminForPeople to allow"}},
		},
		{
			name: "stack admin scope for people", access: stacks(access.Rule{Selector: everything, Grant: scoped("stack:read", "stack:transfer")}),
			people: true,
			want:   []problem{{"stacks[0].scopes", "(stack:transfer)"}},
		},
		{
			name: "unknown organization level", access: access.Access{Organization: "admin"},
			want: []problem{{"organization", "none, readOnly, standard, billing"}},
		},
		{
			name: "entity scope among the organization's", access: access.Access{Scopes: []string{"team:read", "environment:open"}},
			want: []problem{{"scopes[1]", "would open every environment. If that is meant, write it as a rule in environments: {all: true, scopes: [environment:open]}"}},
		},
		{
			name: "misspelt organization scope", access: access.Access{Scopes: []string{"audit_log:read"}},
			want: []problem{{"scopes[0]", "nearest are audit_logs:read"}},
		},
		{
			name:   "too many entities",
			access: stacks(manyStacks(access.MaxEntries + 1)...),
			want:   []problem{{"", "2001 entities are named one by one"}},
		},
		{
			name: "everything at once, in order",
			access: access.Access{
				Stacks:       []access.Rule{{Selector: paymentsDev, Grant: reading}, {Selector: paymentsDev, Grant: access.Grant{Permission: "x"}}},
				Environments: []access.Rule{{Grant: access.Grant{Permission: "y"}}},
				Organization: "z", Scopes: []string{"nope"},
			},
			want: []problem{{"stacks[1].permission", ""}, {"environments[0]", ""}, {"environments[0].permission", ""},
				{"organization", ""}, {"scopes[0]", ""}},
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			got := tc.access.Check(access.CheckOptions{ForPeople: tc.people, Allow: tc.allow})
			if len(got) != len(tc.want) {
				t.Fatalf("got %d problems, want %d: %+v", len(got), len(tc.want), got)
			}
			for i, want := range tc.want {
				if got[i].Path != want.path || !strings.Contains(got[i].Reason, want.reason) {
					t.Errorf("problem %d: got %q: %s\nwant %q: ...%s...", i, got[i].Path, got[i].Reason, want.path, want.reason)
				}
			}
		})
	}
}

func TestCheckAccepts(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name    string
		access  access.Access
		options access.CheckOptions
	}{
		{name: "the same rule twice", access: stacks(access.Rule{Selector: paymentsDev, Grant: reading}, access.Rule{Selector: paymentsDev, Grant: reading})},
		{name: "stack admin for a machine", access: stacks(access.Rule{Selector: paymentsDev, Grant: access.Grant{Permission: access.Admin}})},
		{
			name: "stack admin opted into", access: stacks(access.Rule{Selector: paymentsDev, Grant: access.Grant{Permission: access.Admin}}),
			options: access.CheckOptions{ForPeople: true, Allow: []access.Allow{access.AllowStackAdminForPeople}},
		},
		{
			name: "open on all opted into", access: environments(access.Rule{Selector: everything, Grant: access.Grant{Permission: access.Open}}),
			options: access.CheckOptions{Allow: []access.Allow{access.AllowOpenOnAll}},
		},
		{name: "read on all environments", access: environments(access.Rule{Selector: everything, Grant: reading})},
		{name: "open by tag", access: environments(access.Rule{Selector: access.Selector{Tags: map[string]string{"tier": "dev"}}, Grant: access.Grant{Permission: access.Open}})},
		{name: "scopes of both levels", access: access.Access{Scopes: []string{"stack:create", "environment:create", "insights_account:create", "change_gate:update"}}},
		{name: "organization level only", access: access.Access{Organization: access.ReadOnly}},
		{
			name: "additional scopes", access: access.Access{Scopes: []string{"gadget:turn"}, Stacks: []access.Rule{{Selector: paymentsDev, Grant: scoped("stack:fly")}}},
			options: access.CheckOptions{Catalogue: catalogue},
		},
		{name: "as many entities as fit", access: stacks(manyStacks(access.MaxEntries)...)},
		{name: "more rules than fit that say the same", access: stacks(slices.Repeat(manyStacks(500), 5)...)},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			if got := tc.access.Check(tc.options); got != nil {
				t.Errorf("got %+v", got)
			}
		})
	}
}

func TestGeneratedAccessPassesCheck(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a := accesses.Draw(t, "access")
		got := a.Check(access.CheckOptions{Catalogue: catalogue, Allow: []access.Allow{access.AllowOpenOnAll}})
		if want := a.IsEmpty(); (len(got) > 0) != want {
			t.Fatalf("empty: %t, got %+v", want, got)
		}
	})
}

func manyStacks(n int) []access.Rule {
	rules := make([]access.Rule, n)
	for i := range rules {
		rules[i] = access.Rule{Selector: access.Selector{Project: "payments", Name: fmt.Sprintf("s%05d", i)}, Grant: access.Grant{Permission: access.Write}}
	}
	return rules
}
