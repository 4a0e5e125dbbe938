package role_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/property"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/resourcetest"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/server/servertest"
)

// estateOf has n stacks, environments and accounts each.
func estateOf(n int) string {
	var seed strings.Builder
	seed.WriteString(resourcetest.People + "stacks:\n")
	for i := range n {
		fmt.Fprintf(&seed, "  - {project: p%d, stack: s%d}\n", i%3, i)
	}
	seed.WriteString("environments:\n")
	for i := range n {
		fmt.Fprintf(&seed, "  - {project: p%d, environment: e%d, definition: \"values: {}\"}\n", i%3, i)
	}
	seed.WriteString("accounts:\n")
	for i := range n {
		fmt.Fprintf(&seed, "  - {account: a%d, environment: p0/e0}\n", i)
	}
	return seed.String()
}

// anyRole generates the inputs of roles over estateOf(n).
func anyRole(n int) *rapid.Generator[map[string]any] {
	return rapid.Custom(func(t *rapid.T) map[string]any {
		access := map[string]any{}
		for _, of := range []struct {
			property, name string
			levels, scopes []string
		}{
			{"stacks", "stack", []string{"read", "write", "admin"}, []string{"stack:read", "stack:write", "stack_tags:update"}},
			{
				"environments", "environment", []string{"read", "open", "write", "admin"},
				[]string{"environment:read", "environment:open", "environment_tag:read"},
			},
			{
				"accounts", "account", []string{"read", "write", "admin"},
				[]string{"insights_account:read", "insights_account:scan"},
			},
		} {
			rules := []any{}
			for range rapid.IntRange(0, 5).Draw(t, of.property) {
				rule := map[string]any{}
				i := rapid.IntRange(0, n-1).Draw(t, "entity")
				switch rapid.IntRange(0, 4).Draw(t, "selector") {
				case 0:
					rule["all"] = true
				case 1:
					rule["tags"] = map[string]any{"tier": rapid.SampledFrom([]string{"dev", "prod"}).Draw(t, "tier")}
				default:
					rule[of.name] = fmt.Sprintf("%c%d", of.name[0], i)
					if of.name != "account" {
						rule["project"] = fmt.Sprintf("p%d", i%3)
					}
				}
				if rapid.Bool().Draw(t, "by level") {
					rule["permission"] = rapid.SampledFrom(of.levels).Draw(t, "level")
				} else {
					rule["scopes"] = rapid.SliceOfN(rapid.SampledFrom(of.scopes), 1, 3).Draw(t, "scopes")
				}
				if level, _ := rule["permission"].(string); of.name == "environment" && level != "read" && level != "" {
					rule["maxOpenDuration"] = rapid.SampledFrom([]string{"30m", "1h", "60m"}).Draw(t, "duration")
				}
				rules = append(rules, rule)
			}
			if len(rules) > 0 {
				access[of.property] = rules
			}
		}
		access["scopes"] = rapid.SliceOfN(rapid.SampledFrom([]string{"audit_logs:read", "team:read", "role:read"}), 1, 3).Draw(t, "scopes")
		if level := rapid.SampledFrom([]string{"", "none", "readOnly", "standard", "billing"}).Draw(t, "organization"); level != "" {
			access["organization"] = level
		}
		return map[string]any{"name": "generated", "access": access, "allow": []string{"openOnAll"}}
	})
}

// TestRoleReachesWhatIsWanted holds for every role: an update leads there in at most three calls beside look-ups, a refresh and
// an import find nothing to change, and a role reads back as itself.
func TestRoleReachesWhatIsWanted(t *testing.T) {
	const n = 4
	w := resourcetest.New(t, estateOf(n))
	e, imported := w.Resource("Role"), w.Resource("Role") // made once: building a provider is most of the work
	rapid.Check(t, func(rt *rapid.T) {
		first, second := anyRole(n).Draw(rt, "first"), anyRole(n).Draw(rt, "second")
		require.NoError(rt, e.Up(first))
		defer func() { require.NoError(rt, e.Destroy()) }()
		for _, inputs := range []map[string]any{first, second} {
			w.Reset()
			require.NoError(rt, e.Up(inputs))
			assert.LessOrEqual(rt, len(w.Writes()), 1)
			require.NoError(rt, e.Refresh())
			assert.Empty(rt, e.Diff(inputs).DetailedDiff, "after a refresh")
			require.NoError(rt, imported.Adopt(e.ID))
			inputs := withoutUnneeded(inputs, resourcetest.Shown(imported.Inputs))
			assert.Empty(rt, imported.Diff(inputs).DetailedDiff, "after an import")
			imported.ID, imported.Inputs, imported.State = "", property.Map{}, property.Map{}
		}
	})
}

// withoutUnneeded drops an opt-in that nothing needs, which an import cannot know of.
func withoutUnneeded(inputs map[string]any, imported string) map[string]any {
	out := map[string]any{}
	for key, value := range inputs {
		if key != "allow" || strings.Contains(imported, "openOnAll") {
			out[key] = value
		}
	}
	return out
}

// TestRoleOfManyKinds reads lists of every kind.
func TestRoleOfManyKinds(t *testing.T) {
	t.Parallel()
	w := resourcetest.New(t, estateOf(150))
	e := w.Resource("Role")
	var stackRules, environmentRules, accountRules []any
	for i := range 150 {
		project := fmt.Sprintf("p%d", i%3)
		stackRules = append(stackRules, resourcetest.OnStack(project, fmt.Sprintf("s%d", i), "read"))
		environmentRules = append(environmentRules, onEnvironment(project, fmt.Sprintf("e%d", i), "open"))
		accountRules = append(accountRules, map[string]any{"account": fmt.Sprintf("a%d", i), "permission": "read"})
	}
	inputs := resourcetest.RoleInputs(map[string]any{"stacks": stackRules, "environments": environmentRules, "accounts": accountRules})
	lists := map[string]int{resourcetest.ListStacksRoute: 2, listEnvironmentsRoute: 2, "GET /api/preview/insights/{orgName}/accounts": 2}
	require.NoError(t, e.Up(inputs))
	for route, calls := range lists {
		assert.Equal(t, calls, w.Calls()[route], route)
	}
	w.Reset()
	require.NoError(t, e.Refresh())
	lists[resourcetest.GetRoleRoute] = 2
	assert.Equal(t, lists, w.Calls())
	e.Settled(inputs)
}

// TestRoleOfAnUnknownForm has the service answer with a descriptor of a type that is not known here.
func TestRoleOfAnUnknownForm(t *testing.T) {
	t.Parallel()
	w := resourcetest.New(t, resourcetest.Estate)
	e := w.Resource("Role")
	inputs := resourcetest.RoleInputs(resourcetest.StackRules(resourcetest.OnStack("payments", "dev", "read")))
	require.NoError(t, e.Up(inputs))
	clean := policyOf(w, e)
	id := e.State.Get("roleId").AsString()
	body := `{"id": "` + id + `", "name": "payments", "uxPurpose": "role", "details": {"__type": "PermissionDescriptorNew"}}`
	w.Fault(servertest.Fault{Match: resourcetest.GetRoleRoute, Body: &body})
	require.NoError(t, e.Refresh())
	assert.Contains(t, resourcetest.Show(e.State.Get("unrecognized")), "PermissionDescriptorNew")
	assert.Equal(t, []string{"access.stacks", "unrecognized"}, resourcetest.Changed(e.Diff(inputs)))
	require.NoError(t, e.Up(inputs))
	e.Settled(inputs)
	assert.JSONEq(t, clean, policyOf(w, e))
}

// TestRoleSetsThatAreNotListed covers lists of permission sets that leave some out.
func TestRoleSetsThatAreNotListed(t *testing.T) {
	t.Parallel()
	w := resourcetest.New(t, resourcetest.Estate)
	made := w.AddRole("hand-made", resourcetest.Group(
		resourcetest.Compose(w.SetID("org-settings-billing")), onStackID(stackID(w, "payments", "dev"), resourcetest.Compose(w.SetID("stack-write"))),
	))
	none := `{"roles": []}`
	w.Fault(servertest.Fault{Match: resourcetest.ListRolesRoute, Body: &none, Times: 2})
	e := w.Resource("Role")
	require.NoError(t, e.Adopt("acme/"+made.ID))
	e.Settled(map[string]any{"name": "hand-made", "access": map[string]any{
		"stacks": []any{resourcetest.OnStack("payments", "dev", "write")}, "organization": "billing",
	}})

	err := w.Resource("Role").Up(resourcetest.RoleInputs(resourcetest.StackRules(resourcetest.OnStack("payments", "dev", "read"))))
	require.ErrorContains(t, err, "stack-read")
	w.Fault(servertest.Fault{Match: resourcetest.ListRolesRoute, Body: &none})
	spelled := w.Resource("Role")
	inputs := resourcetest.RoleInputs(map[string]any{"organization": "readOnly"})
	require.NoError(t, spelled.Up(inputs), "an organization-level set is spelled out where it is not listed")
	require.NoError(t, spelled.Refresh())
	spelled.Settled(inputs)
}

func TestRoleWarnsOfEveryLoss(t *testing.T) {
	t.Parallel()
	w := resourcetest.New(t, resourcetest.Estate)
	e := w.Resource("Role")
	gone := resourcetest.OnStack("web", "dev", "read")
	require.NoError(t, e.Up(resourcetest.RoleInputs(map[string]any{
		"stacks": []any{
			gone,
			map[string]any{"tags": map[string]any{"tier": "dev", "area": "eu"}, "scopes": []string{"stack:read"}},
			map[string]any{"all": true, "permissionSet": w.AddRecord("", "set", "lookers", resourcetest.Allow("stack:read"), "stack").ID},
		},
		"environments": []any{map[string]any{
			"project": "payments", "environment": "dev", "permission": "open", "maxOpenDuration": "90m",
		}},
		"accounts":     []any{map[string]any{"account": "aws-prod", "permission": "write"}},
		"organization": "standard", "scopes": []string{"audit_logs:read", "team:delete"},
	})))
	w.DropStack("web", "dev")
	require.NoError(t, e.Refresh())
	_, err := e.Preview(resourcetest.RoleInputs(map[string]any{"scopes": []string{"audit_logs:read"}}))
	require.NoError(t, err)
	said := e.Said()
	for _, line := range []string{
		"the stack with the id", "stacks with area=eu, tier=dev: stack:read", "every stack: the permission set ",
		"environment payments/dev: open, opened for at most 1h30m", "account aws-prod: write",
		"the organization: standard", "the organization: team:delete",
	} {
		assert.Contains(t, said, line)
	}
	assert.NotContains(t, said, "audit_logs:read")
}
