package types_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/access"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/oidc"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/problem"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/types"
)

func ptr[T any](v T) *T { return &v }

var durations = rapid.Custom(func(t *rapid.T) time.Duration {
	unit := rapid.SampledFrom([]time.Duration{1, time.Millisecond, time.Second, time.Minute, time.Hour, 24 * time.Hour}).Draw(t, "unit")
	return time.Duration(rapid.Int64Range(1, 100_000).Draw(t, "n")) * unit
})

// someAccess has every way of selecting and granting. Rules may make no sense: translating does not check.
var someAccess = rapid.Custom(func(t *rapid.T) access.Access {
	return access.Access{
		Stacks:       rapid.SliceOfN(ruleOf(true, false), 0, 3).Draw(t, "stacks"),
		Environments: rapid.SliceOfN(ruleOf(true, true), 0, 3).Draw(t, "environments"),
		Accounts:     rapid.SliceOfN(ruleOf(false, false), 0, 3).Draw(t, "accounts"),
		Organization: rapid.SampledFrom([]access.Level{"", access.ReadOnly, access.Standard, access.Billing}).Draw(t, "organization"),
		Scopes:       texts.Draw(t, "scopes"),
	}
})

var (
	word  = rapid.SampledFrom([]string{"", "payments", "prod", "x"})
	texts = rapid.SliceOfN(rapid.SampledFrom([]string{"stack:read", "audit_logs:read"}), 0, 2)
)

func ruleOf(project, opens bool) *rapid.Generator[access.Rule] {
	return rapid.Custom(func(t *rapid.T) access.Rule {
		rule := access.Rule{
			Selector: access.Selector{
				Name: word.Draw(t, "name"), All: rapid.Bool().Draw(t, "all"), Identity: word.Draw(t, "identity"),
				Tags: rapid.MapOfN(word, word, 0, 2).Draw(t, "tags"),
			},
			Grant: access.Grant{
				Permission: rapid.SampledFrom([]access.Level{"", access.Read, access.Admin}).Draw(t, "permission"),
				Scopes:     texts.Draw(t, "scopes"), PermissionSet: word.Draw(t, "set"),
			},
		}
		if project {
			rule.Project = word.Draw(t, "project")
		}
		if opens && rapid.Bool().Draw(t, "limited") {
			rule.MaxOpenDuration = durations.Draw(t, "duration")
		}
		return rule
	})
}

func TestAccessRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := someAccess.Draw(t, "access")
		got, problems := types.AccessFrom(want).Rules()
		if len(problems) > 0 {
			t.Fatalf("%v", problems)
		}
		if len(want.Stacks) != len(got.Stacks) || len(want.Environments) != len(got.Environments) || len(want.Accounts) != len(got.Accounts) {
			t.Fatalf("want %+v, got %+v", want, got)
		}
		if !assert.ObjectsAreEqual(dropEmpty(want), dropEmpty(got)) {
			t.Fatalf("want %+v, got %+v", want, got)
		}
	})
}

// dropEmpty makes nil and empty lists the same.
func dropEmpty(a access.Access) access.Access {
	for _, rules := range []*[]access.Rule{&a.Stacks, &a.Environments, &a.Accounts} {
		if len(*rules) == 0 {
			*rules = nil
		}
	}
	return a
}

func TestAccessRules(t *testing.T) {
	t.Parallel()
	in := types.Access{
		Stacks: []types.StackRule{{Project: ptr("payments"), Stack: ptr("dev"), Permission: ptr(types.StackPermission("write"))}},
		Environments: []types.EnvironmentRule{
			{Tags: map[string]string{"tier": "dev"}, Scopes: []string{"environment:open"}, MaxOpenDuration: ptr("1d")},
			{All: ptr(true), Permission: ptr(types.EnvironmentPermission("read"))},
		},
		Accounts:     []types.AccountRule{{Account: ptr("aws-prod"), PermissionSet: ptr("set-1")}, {Identity: ptr("id-1")}},
		Organization: ptr(types.OrganizationAccess("readOnly")),
		Scopes:       []string{"audit_logs:read"},
	}
	want := access.Access{
		Stacks: []access.Rule{{Selector: access.Selector{Project: "payments", Name: "dev"}, Grant: access.Grant{Permission: access.Write}}},
		Environments: []access.Rule{
			{
				Selector: access.Selector{Tags: map[string]string{"tier": "dev"}},
				Grant:    access.Grant{Scopes: []string{"environment:open"}, MaxOpenDuration: 24 * time.Hour},
			},
			{Selector: access.Selector{All: true}, Grant: access.Grant{Permission: access.Read}},
		},
		Accounts: []access.Rule{
			{Selector: access.Selector{Name: "aws-prod"}, Grant: access.Grant{PermissionSet: "set-1"}},
			{Selector: access.Selector{Identity: "id-1"}},
		},
		Organization: access.ReadOnly,
		Scopes:       []string{"audit_logs:read"},
	}
	got, problems := in.Rules()
	require.Empty(t, problems)
	assert.Equal(t, want, got)
	assert.Equal(t, in, types.AccessFrom(want))

	none := types.AccessFrom(access.Access{Organization: access.None})
	assert.Nil(t, none.Organization, "none is what is there when nothing is said")
}

func TestAccessNamesBadDurations(t *testing.T) {
	t.Parallel()
	_, problems := types.Access{Environments: []types.EnvironmentRule{
		{MaxOpenDuration: ptr("1 hour")}, {MaxOpenDuration: ptr("1h")}, {MaxOpenDuration: ptr("-1h")}, {MaxOpenDuration: ptr("")},
	}}.Rules()
	var paths []string
	for _, one := range problems {
		paths = append(paths, one.Path)
		assert.Contains(t, one.Reason, "is not a duration")
	}
	assert.Equal(t, []string{"environments[0].maxOpenDuration", "environments[2].maxOpenDuration", "environments[3].maxOpenDuration"}, paths)
}

// The enums are those that package access knows, in the same order.
func TestEnumsAreTheLevels(t *testing.T) {
	t.Parallel()
	var stacks, environments, accounts, organization []access.Level
	for _, v := range types.StackPermission("").Values() {
		stacks = append(stacks, access.Level(v.Value))
	}
	for _, v := range types.EnvironmentPermission("").Values() {
		environments = append(environments, access.Level(v.Value))
	}
	for _, v := range types.AccountPermission("").Values() {
		accounts = append(accounts, access.Level(v.Value))
	}
	for _, v := range types.OrganizationAccess("").Values() {
		if access.Level(v.Value) != access.None {
			organization = append(organization, access.Level(v.Value))
		}
	}
	assert.Equal(t, access.Permissions(access.Stack), stacks)
	assert.Equal(t, access.Permissions(access.Environment), environments)
	assert.Equal(t, access.Permissions(access.Account), accounts)
	assert.ElementsMatch(t, access.Levels(access.Organization), organization)

	var operations []oidc.Operation
	for _, v := range types.Operation("").Values() {
		operations = append(operations, oidc.Operation(v.Value))
	}
	assert.Equal(t, oidc.Operations(), operations)
	assert.Equal(t, operations, types.OperationsOf([]types.Operation{"preview", "update", "refresh", "destroy", "detect-drift", "remediate-drift"}))
}

func TestLockParse(t *testing.T) {
	t.Parallel()
	got, err := types.Lock{AllowedRoots: []string{"billing/prod", "old"}, Users: []string{"ana", "bo@acme.example"}}.Parse()
	require.NoError(t, err)
	assert.Equal(t, oidc.Lock{
		AllowedRoots: []oidc.EnvironmentRef{{Project: "billing", Name: "prod"}, {Project: "default", Name: "old"}},
		Users:        []string{"ana", "bo@acme.example"},
	}, got)
	empty, err := types.Lock{}.Parse()
	require.NoError(t, err)
	assert.Empty(t, empty)

	_, err = types.Lock{
		AllowedRoots: []string{"billing/prod", "acme/billing/prod", "*", "<yaml>", "", "billing/"},
		Users:        []string{"ana", "", "b o", "*", "a:b"},
	}.Parse()
	var paths []string
	for _, one := range problem.Of(err) {
		paths = append(paths, one.Path)
		assert.NotEmpty(t, one.Reason)
	}
	assert.Equal(t, []string{
		"allowedRoots[1]", "allowedRoots[2]", "allowedRoots[3]", "allowedRoots[4]", "allowedRoots[5]",
		"users[1]", "users[2]", "users[3]", "users[4]",
	}, paths)
}

func TestNames(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"payments", "a.b", "...", "ä", "two words", "a-b_c"} {
		assert.Empty(t, types.CheckName("name", name), name)
	}
	for name, reason := range map[string]string{
		"": "must not be empty", "  ": "must not be empty", "\t": "must not be empty", "a/b": "without a slash", "/": "without a slash",
		".": "not a place", "..": "not a place",
	} {
		problems := types.CheckName("team.name", name)
		require.Len(t, problems, 1, name)
		assert.Equal(t, "team.name", problems[0].Path)
		assert.Contains(t, problems[0].Reason, reason, name)
	}
}

func TestBareIDs(t *testing.T) {
	t.Parallel()
	assert.Empty(t, types.CheckBareID("roleId", "4f0c2d1e-0000-4000-8000-000000000000"))
	problems := types.CheckBareID("roleIds[1]", "acme/4f0c2d1e")
	require.Len(t, problems, 1)
	assert.Equal(t, "roleIds[1]", problems[0].Path)
	assert.True(t, strings.Contains(problems[0].Reason, "${role.roleId}"))
}

func TestAudiencesOf(t *testing.T) {
	t.Parallel()
	assert.Equal(t, types.Audiences{AWS: "aws:acme", Azure: "azure:acme", GCP: "gcp:acme"}, types.AudiencesOf("Acme", "payments"))
	assert.Equal(t, types.Audiences{AWS: "acme", Azure: "acme", GCP: "acme"}, types.AudiencesOf("acme", "default"))
}

// A level says what its scopes let people do: the words for what is sensitive stand where a level begins to have it.
func TestLevelsPromiseWhatTheyGive(t *testing.T) {
	t.Parallel()
	said := map[string]string{
		"stack:export": "export state", "stack:decrypt": "decrypt", "stack:write": "updates", "stack_deployment_settings:write": "deployments",
		"stack_tags:update": "tags", "stack_webhook:create": "webhooks", "stack:delete": "delete", "stack:transfer": "transfer",
		"stack_access:update": "who has access", "stack_access:read": "access",
		"environment:read": "definition", "environment:open": "secrets and cloud credentials", "environment_version:open": "old versions",
		"environment:clone": "environment:clone", "environment:write": "change the definition", "environment_tag:update": "tags",
		"environment_webhook:create": "webhooks", "environment:rotate": "rotate", "environment:delete": "delete",
		"insights_account_scan:read": "resources", "insights_account:update": "credentials", "insights_account:delete": "delete",
		"insights_account_access:update": "who has access",
		"resources:search":               "search", "org_member:read": "members", "environment:create": "create environments",
		"project:decrypt": "project:decrypt", "services:admin": "services:admin", "organization:billing": "billing",
	}
	descriptions := map[access.SetRef]string{}
	for _, v := range types.StackPermission("").Values() {
		descriptions[access.SetRef{Kind: access.Stack, Level: access.Level(v.Value)}] = v.Description
	}
	for _, v := range types.EnvironmentPermission("").Values() {
		descriptions[access.SetRef{Kind: access.Environment, Level: access.Level(v.Value)}] = v.Description
	}
	for _, v := range types.AccountPermission("").Values() {
		descriptions[access.SetRef{Kind: access.Account, Level: access.Level(v.Value)}] = v.Description
	}
	for _, v := range types.OrganizationAccess("").Values() {
		descriptions[access.SetRef{Kind: access.Organization, Level: access.Level(v.Value)}] = v.Description
	}
	used := map[string]bool{}
	for _, kind := range access.Kinds() {
		before := map[string]bool{}
		for _, level := range access.Permissions(kind) {
			for _, scope := range access.LevelScopes(kind, level) {
				if words, sensitive := said[scope]; sensitive && !before[scope] {
					used[scope] = true
					assert.Contains(t, descriptions[access.SetRef{Kind: kind, Level: level}], words, "%s %s has %s", kind, level, scope)
				}
				before[scope] = true
			}
		}
	}
	assert.Len(t, used, len(said), "a scope is in no level")
	for _, v := range types.DefaultStackPermission("").Values() {
		if slices.Contains(access.LevelScopes(access.Stack, access.Level(v.Value)), "stack:decrypt") && v.Value == "read" {
			assert.Contains(t, v.Description, "decrypt")
		}
	}
}
