package role_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/cloud"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/resourcetest"
)

const (
	listEnvironmentsRoute = "GET /api/esc/environments/{orgName}"
	environmentMetaRoute  = "GET /api/esc/environments/{orgName}/{projectName}/{envName}/metadata"
)

func onEnvironment(project, environment, permission string) map[string]any {
	return map[string]any{"project": project, "environment": environment, "permission": permission}
}

// named are the ids of the custom records of a purpose, by name.
func named(w resourcetest.World, purpose cloud.Purpose) map[string]string {
	w.T.Helper()
	records, err := w.Client(w.Token).Roles(w.T.Context(), "acme", purpose)
	require.NoError(w.T, err)
	ids := map[string]string{}
	for _, record := range records {
		if record.DefaultIdentifier == "" {
			ids[record.Name] = record.ID
		}
	}
	return ids
}

func stackID(w resourcetest.World, project, stack string) string {
	w.T.Helper()
	found, err := w.Client(w.Token).Stack(w.T.Context(), "acme", project, stack)
	require.NoError(w.T, err)
	return found.ID
}

func remakeStack(w resourcetest.World, project, stack string) {
	w.T.Helper()
	w.DropStack(project, stack)
	w.Admin("POST", "/api/stacks/acme/"+project, map[string]any{"stackName": stack})
}

// policy is the tree of the policy behind the engine's role.
func policyOf(w resourcetest.World, e *resourcetest.Engine) string {
	w.T.Helper()
	return string(w.Record(e.State.Get("policyId").AsString()).Details)
}

func TestRoleLifecycle(t *testing.T) {
	t.Parallel()
	w := resourcetest.New(t, resourcetest.Estate)
	before := string(w.State())
	e := w.Resource("Role")
	inputs := resourcetest.RoleInputs(map[string]any{
		"stacks":       []any{resourcetest.OnStack("payments", "dev", "write")},
		"environments": []any{onEnvironment("payments", "dev", "open")},
		"accounts":     []any{map[string]any{"account": "aws-prod", "permission": "read"}},
		"organization": "readOnly",
		"scopes":       []string{"audit_logs:read"},
	}, map[string]any{"description": "Pays"})

	preview, err := e.Preview(inputs)
	require.NoError(t, err)
	assert.Empty(t, w.Writes(), "a preview only reads")
	assert.Equal(t, 4, w.Requests().Total, "one look-up for each name, the role's own among them")
	for _, output := range []string{"roleId", "policyId", "entityIds", "setIds", "scopes", "unrecognized"} {
		assert.True(t, preview.Get(output).IsComputed(), "%s is not known yet", output)
	}
	assert.Empty(t, e.Said())

	w.Reset()
	require.NoError(t, e.Up(inputs))
	assert.Equal(t, map[string]int{
		resourcetest.ListRolesRoute: 1, resourcetest.GetStackRoute: 1, environmentMetaRoute: 1,
		"GET /api/preview/insights/{orgName}/accounts/{accountName}": 1, resourcetest.CreateRoleRoute: 1,
	}, w.Calls())
	id := named(w, cloud.PurposeRole)["payments"]
	assert.Equal(t, "acme/"+id, e.ID)
	assert.Equal(t, id, e.State.Get("roleId").AsString())
	assert.Equal(t, named(w, cloud.PurposePolicy)["payments"], e.State.Get("policyId").AsString())
	assert.Contains(t, resourcetest.Shown(e.State), "stack:write")
	assert.Contains(t, resourcetest.Shown(e.State), "audit_logs:read")
	assert.Equal(t, "Pays", w.Record(id).Description)
	assert.Contains(t, policyOf(w, e), stackID(w, "payments", "dev"))

	w.Reset()
	e.Settled(inputs)
	require.NoError(t, e.Up(inputs))
	assert.Empty(t, w.Calls(), "nothing to do makes no call")
	was := resourcetest.Shown(e.State)
	require.NoError(t, e.Refresh())
	assert.Equal(t, was, resourcetest.Shown(e.State), "a refresh of what did not change changes nothing")
	e.Settled(inputs)

	w.Reset()
	require.NoError(t, e.Destroy())
	assert.Equal(t, map[string]int{resourcetest.GetRoleRoute: 2, resourcetest.DeleteRoleRoute: 1}, w.Calls())
	assert.Equal(t, before, string(w.State()), "the policy was deleted with its role")
	require.NoError(t, e.Adopt("acme/"+id))
	assert.Empty(t, e.ID, "a role that was deleted reads as no resource")
}

func TestRoleChangesInPlace(t *testing.T) {
	t.Parallel()
	w := resourcetest.New(t, resourcetest.Estate)
	e := w.Resource("Role")
	require.NoError(t, e.Up(resourcetest.RoleInputs(resourcetest.StackRules(resourcetest.OnStack("payments", "dev", "read"), resourcetest.OnStack("payments", "prod", "read")))))
	id := e.ID

	for _, step := range []struct {
		name   string
		inputs map[string]any
		calls  map[string]int
		diff   []string
	}{
		{
			name:   "level",
			inputs: resourcetest.RoleInputs(resourcetest.StackRules(resourcetest.OnStack("payments", "dev", "write"), resourcetest.OnStack("payments", "prod", "write"))),
			calls:  map[string]int{resourcetest.PatchRoleRoute: 1}, diff: []string{"access.stacks"},
		},
		{
			name:   "another stack",
			inputs: resourcetest.RoleInputs(resourcetest.StackRules(resourcetest.OnStack("payments", "dev", "write"), resourcetest.OnStack("web", "dev", "write"))),
			calls:  map[string]int{resourcetest.PatchRoleRoute: 1, resourcetest.GetStackRoute: 1}, diff: []string{"access.stacks"},
		},
		{
			name: "name",
			inputs: resourcetest.RoleInputs(resourcetest.StackRules(resourcetest.OnStack("payments", "dev", "write"), resourcetest.OnStack("web", "dev", "write")),
				map[string]any{"name": "payers"}),
			calls: map[string]int{resourcetest.PatchRoleRoute: 2}, diff: []string{"name"},
		},
		{
			name:   "name, description and rules",
			inputs: resourcetest.RoleInputs(map[string]any{"scopes": []string{"audit_logs:read"}}, map[string]any{"description": "Audits"}),
			calls:  map[string]int{resourcetest.PatchRoleRoute: 2},
			diff:   []string{"access.scopes", "access.stacks", "description", "name"},
		},
	} {
		w.Reset()
		preview, err := e.Preview(step.inputs)
		require.NoError(t, err, step.name)
		assert.Empty(t, w.Writes(), step.name)
		assert.Equal(t, e.State.Get("roleId"), preview.Get("roleId"), "%s: the id stays known", step.name)
		assert.Equal(t, step.diff, resourcetest.Changed(e.Diff(step.inputs)), step.name)
		w.Reset()
		require.NoError(t, e.Up(step.inputs), step.name)
		assert.Equal(t, step.calls, w.Calls(), step.name)
		assert.Equal(t, id, e.ID, step.name)
		e.Settled(step.inputs)
		was := resourcetest.Shown(e.State)
		require.NoError(t, e.Refresh(), step.name)
		assert.Equal(t, was, resourcetest.Shown(e.State), step.name)
	}
	assert.Equal(t, "Audits", w.Record(e.State.Get("policyId").AsString()).Description, "the policy is renamed with its role")
}

func TestRoleOrderAndDuplicatesDoNotDiffer(t *testing.T) {
	t.Parallel()
	w := resourcetest.New(t, resourcetest.Estate)
	e := w.Resource("Role")
	a := resourcetest.OnStack("payments", "dev", "read")
	b := map[string]any{"project": "web", "stack": "dev", "scopes": []string{"stack:read", "stack:export"}}
	c := map[string]any{"project": "payments", "environment": "dev", "permission": "open", "maxOpenDuration": "1h"}
	require.NoError(t, e.Up(resourcetest.RoleInputs(map[string]any{"stacks": []any{a, b}, "environments": []any{c}})))

	b2 := map[string]any{"project": "web", "stack": "dev", "scopes": []string{"stack:export", "stack:read", "stack:export"}}
	c2 := map[string]any{"project": "payments", "environment": "dev", "permission": "open", "maxOpenDuration": "60m"}
	again := resourcetest.RoleInputs(map[string]any{"stacks": []any{b2, a, b, a}, "environments": []any{c2, c2}})
	w.Reset()
	assert.Empty(t, e.Diff(again).DetailedDiff)
	require.NoError(t, e.Up(again))
	assert.Empty(t, w.Calls())
	require.NoError(t, e.Refresh())
	assert.Empty(t, e.Diff(again).DetailedDiff)
}

// TestRoleBudget counts what a thousand rules cost: nothing but the pages of the list of stacks grows with them.
func TestRoleBudget(t *testing.T) {
	t.Parallel()
	const n = 1000
	var seed strings.Builder
	seed.WriteString(resourcetest.People + "stacks:\n")
	rules := func(permission string) map[string]any {
		var all []any
		for i := range n {
			all = append(all, resourcetest.OnStack(fmt.Sprintf("p%d", i%7), fmt.Sprintf("s%d", i), permission))
		}
		return resourcetest.RoleInputs(map[string]any{"stacks": all})
	}
	for i := range n {
		fmt.Fprintf(&seed, "  - {project: p%d, stack: s%d}\n", i%7, i)
	}
	w := resourcetest.New(t, seed.String())
	e := w.Resource("Role")
	require.NoError(t, e.Up(rules("read")))
	assert.Equal(t, map[string]int{resourcetest.ListRolesRoute: 1, resourcetest.ListStacksRoute: n / 100, resourcetest.CreateRoleRoute: 1}, w.Calls())

	w.Reset()
	require.NoError(t, e.Up(rules("write")))
	assert.Equal(t, map[string]int{resourcetest.PatchRoleRoute: 1}, w.Calls())

	w.Reset()
	require.NoError(t, e.Refresh())
	assert.Equal(t, map[string]int{resourcetest.GetRoleRoute: 2, resourcetest.ListStacksRoute: n / 100}, w.Calls())
	e.Settled(rules("write"))

	w.Reset()
	imported := w.Resource("Role")
	require.NoError(t, imported.Adopt(e.ID))
	assert.Equal(t, map[string]int{resourcetest.GetRoleRoute: 2, resourcetest.ListRolesRoute: 1, resourcetest.ListStacksRoute: n / 100}, w.Calls())
	imported.Settled(rules("write"))
}

// TestRoleLooksUpCheaply counts look-ups where the organization has far more stacks than rules name.
func TestRoleLooksUpCheaply(t *testing.T) {
	t.Parallel()
	var seed strings.Builder
	seed.WriteString(resourcetest.People + "stacks:\n")
	for i := range 1000 {
		fmt.Fprintf(&seed, "  - {project: p, stack: s%03d}\n", i)
	}
	w := resourcetest.New(t, seed.String())
	for _, test := range []struct {
		name        string
		stacks      []int
		pages, asks int
	}{
		{name: "one name is asked for", stacks: []int{999}, asks: 1},
		{name: "names on the first page", stacks: []int{3, 50, 70}, pages: 1},
		{name: "two names at the far end", stacks: []int{998, 999}, pages: 2, asks: 2},
		{name: "the last of several is asked for", stacks: []int{1, 2, 999}, pages: 1, asks: 1},
	} {
		w.Reset()
		e := w.Resource("Role")
		var rules []any
		for _, i := range test.stacks {
			rules = append(rules, resourcetest.OnStack("p", fmt.Sprintf("s%03d", i), "read"))
		}
		require.NoError(t, e.Up(resourcetest.RoleInputs(resourcetest.StackRules(rules...), map[string]any{"name": test.name})), test.name)
		assert.Equal(t, test.pages, w.Calls()[resourcetest.ListStacksRoute], test.name)
		assert.Equal(t, test.asks, w.Calls()[resourcetest.GetStackRoute], test.name)
	}
}
