package resources_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/cloud"
)

const (
	listEnvironmentsRoute = "GET /api/esc/environments/{orgName}"
	environmentMetaRoute  = "GET /api/esc/environments/{orgName}/{projectName}/{envName}/metadata"
)

func onEnvironment(project, environment, permission string) map[string]any {
	return map[string]any{"project": project, "environment": environment, "permission": permission}
}

// named are the ids of the custom records of a purpose, by name.
func named(w world, purpose cloud.Purpose) map[string]string {
	w.t.Helper()
	records, err := w.client(w.Token).Roles(w.t.Context(), "acme", purpose)
	require.NoError(w.t, err)
	ids := map[string]string{}
	for _, record := range records {
		if record.DefaultIdentifier == "" {
			ids[record.Name] = record.ID
		}
	}
	return ids
}

func stackID(w world, project, stack string) string {
	w.t.Helper()
	found, err := w.client(w.Token).Stack(w.t.Context(), "acme", project, stack)
	require.NoError(w.t, err)
	return found.ID
}

func remakeStack(w world, project, stack string) {
	w.t.Helper()
	w.dropStack(project, stack)
	w.admin("POST", "/api/stacks/acme/"+project, map[string]any{"stackName": stack})
}

// policy is the tree of the policy behind the engine's role.
func policyOf(w world, e *engine) string {
	w.t.Helper()
	return string(w.record(e.state.Get("policyId").AsString()).Details)
}

func TestRoleLifecycle(t *testing.T) {
	t.Parallel()
	w := newWorld(t, estate)
	before := string(w.State())
	e := w.resource("Role")
	inputs := role(map[string]any{
		"stacks":       []any{onStack("payments", "dev", "write")},
		"environments": []any{onEnvironment("payments", "dev", "open")},
		"accounts":     []any{map[string]any{"account": "aws-prod", "permission": "read"}},
		"organization": "readOnly",
		"scopes":       []string{"audit_logs:read"},
	}, map[string]any{"description": "Pays"})

	preview, err := e.preview(inputs)
	require.NoError(t, err)
	assert.Empty(t, w.writes(), "a preview only reads")
	assert.Equal(t, 4, w.Requests().Total, "one look-up for each name, the role's own among them")
	for _, output := range []string{"roleId", "policyId", "entityIds", "setIds", "scopes", "unrecognized"} {
		assert.True(t, preview.Get(output).IsComputed(), "%s is not known yet", output)
	}
	assert.Empty(t, e.said())

	w.Reset()
	require.NoError(t, e.up(inputs))
	assert.Equal(t, map[string]int{
		listRolesRoute: 1, getStackRoute: 1, environmentMetaRoute: 1,
		"GET /api/preview/insights/{orgName}/accounts/{accountName}": 1, createRoleRoute: 1,
	}, w.calls())
	id := named(w, cloud.PurposeRole)["payments"]
	assert.Equal(t, "acme/"+id, e.id)
	assert.Equal(t, id, e.state.Get("roleId").AsString())
	assert.Equal(t, named(w, cloud.PurposePolicy)["payments"], e.state.Get("policyId").AsString())
	assert.Contains(t, shown(e.state), "stack:write")
	assert.Contains(t, shown(e.state), "audit_logs:read")
	assert.Equal(t, "Pays", w.record(id).Description)
	assert.Contains(t, policyOf(w, e), stackID(w, "payments", "dev"))

	w.Reset()
	e.settled(inputs)
	require.NoError(t, e.up(inputs))
	assert.Empty(t, w.calls(), "nothing to do makes no call")
	was := shown(e.state)
	require.NoError(t, e.refresh())
	assert.Equal(t, was, shown(e.state), "a refresh of what did not change changes nothing")
	e.settled(inputs)

	w.Reset()
	require.NoError(t, e.destroy())
	assert.Equal(t, map[string]int{getRoleRoute: 2, deleteRoleRoute: 1}, w.calls())
	assert.Equal(t, before, string(w.State()), "the policy is gone with its role")
	require.NoError(t, e.adopt("acme/"+id))
	assert.Empty(t, e.id, "a role that is gone reads as no resource")
}

func TestRoleChangesInPlace(t *testing.T) {
	t.Parallel()
	w := newWorld(t, estate)
	e := w.resource("Role")
	require.NoError(t, e.up(role(stacks(onStack("payments", "dev", "read"), onStack("payments", "prod", "read")))))
	id := e.id

	for _, step := range []struct {
		name   string
		inputs map[string]any
		calls  map[string]int
		diff   []string
	}{
		{
			name:   "level",
			inputs: role(stacks(onStack("payments", "dev", "write"), onStack("payments", "prod", "write"))),
			calls:  map[string]int{patchRoleRoute: 1}, diff: []string{"access.stacks"},
		},
		{
			name:   "another stack",
			inputs: role(stacks(onStack("payments", "dev", "write"), onStack("web", "dev", "write"))),
			calls:  map[string]int{patchRoleRoute: 1, getStackRoute: 1}, diff: []string{"access.stacks"},
		},
		{
			name: "name",
			inputs: role(stacks(onStack("payments", "dev", "write"), onStack("web", "dev", "write")),
				map[string]any{"name": "payers"}),
			calls: map[string]int{patchRoleRoute: 2}, diff: []string{"name"},
		},
		{
			name:   "name, description and rules",
			inputs: role(map[string]any{"scopes": []string{"audit_logs:read"}}, map[string]any{"description": "Audits"}),
			calls:  map[string]int{patchRoleRoute: 2},
			diff:   []string{"access.scopes", "access.stacks", "description", "name"},
		},
	} {
		w.Reset()
		preview, err := e.preview(step.inputs)
		require.NoError(t, err, step.name)
		assert.Empty(t, w.writes(), step.name)
		assert.Equal(t, e.state.Get("roleId"), preview.Get("roleId"), "%s: the id stays known", step.name)
		assert.Equal(t, step.diff, changed(e.diff(step.inputs)), step.name)
		w.Reset()
		require.NoError(t, e.up(step.inputs), step.name)
		assert.Equal(t, step.calls, w.calls(), step.name)
		assert.Equal(t, id, e.id, step.name)
		e.settled(step.inputs)
		was := shown(e.state)
		require.NoError(t, e.refresh(), step.name)
		assert.Equal(t, was, shown(e.state), step.name)
	}
	assert.Equal(t, "Audits", w.record(e.state.Get("policyId").AsString()).Description, "the policy is renamed with its role")
}

func TestRoleOrderAndDuplicatesDoNotDiffer(t *testing.T) {
	t.Parallel()
	w := newWorld(t, estate)
	e := w.resource("Role")
	a := onStack("payments", "dev", "read")
	b := map[string]any{"project": "web", "stack": "dev", "scopes": []string{"stack:read", "stack:export"}}
	c := map[string]any{"project": "payments", "environment": "dev", "permission": "open", "maxOpenDuration": "1h"}
	require.NoError(t, e.up(role(map[string]any{"stacks": []any{a, b}, "environments": []any{c}})))

	b2 := map[string]any{"project": "web", "stack": "dev", "scopes": []string{"stack:export", "stack:read", "stack:export"}}
	c2 := map[string]any{"project": "payments", "environment": "dev", "permission": "open", "maxOpenDuration": "60m"}
	again := role(map[string]any{"stacks": []any{b2, a, b, a}, "environments": []any{c2, c2}})
	w.Reset()
	assert.Empty(t, e.diff(again).DetailedDiff)
	require.NoError(t, e.up(again))
	assert.Empty(t, w.calls())
	require.NoError(t, e.refresh())
	assert.Empty(t, e.diff(again).DetailedDiff)
}

// TestRoleBudget counts what a thousand rules cost: nothing but the pages of the list of stacks grows with them.
func TestRoleBudget(t *testing.T) {
	t.Parallel()
	const n = 1000
	var seed strings.Builder
	seed.WriteString(people + "stacks:\n")
	rules := func(permission string) map[string]any {
		var all []any
		for i := range n {
			all = append(all, onStack(fmt.Sprintf("p%d", i%7), fmt.Sprintf("s%d", i), permission))
		}
		return role(map[string]any{"stacks": all})
	}
	for i := range n {
		fmt.Fprintf(&seed, "  - {project: p%d, stack: s%d}\n", i%7, i)
	}
	w := newWorld(t, seed.String())
	e := w.resource("Role")
	require.NoError(t, e.up(rules("read")))
	assert.Equal(t, map[string]int{listRolesRoute: 1, listStacksRoute: n / 100, createRoleRoute: 1}, w.calls())

	w.Reset()
	require.NoError(t, e.up(rules("write")))
	assert.Equal(t, map[string]int{patchRoleRoute: 1}, w.calls())

	w.Reset()
	require.NoError(t, e.refresh())
	assert.Equal(t, map[string]int{getRoleRoute: 2, listStacksRoute: n / 100}, w.calls())
	e.settled(rules("write"))

	w.Reset()
	imported := w.resource("Role")
	require.NoError(t, imported.adopt(e.id))
	assert.Equal(t, map[string]int{getRoleRoute: 2, listRolesRoute: 1, listStacksRoute: n / 100}, w.calls())
	imported.settled(rules("write"))
}

// TestRoleLooksUpCheaply counts look-ups where the organization has far more stacks than rules name.
func TestRoleLooksUpCheaply(t *testing.T) {
	t.Parallel()
	var seed strings.Builder
	seed.WriteString(people + "stacks:\n")
	for i := range 1000 {
		fmt.Fprintf(&seed, "  - {project: p, stack: s%03d}\n", i)
	}
	w := newWorld(t, seed.String())
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
		e := w.resource("Role")
		var rules []any
		for _, i := range test.stacks {
			rules = append(rules, onStack("p", fmt.Sprintf("s%03d", i), "read"))
		}
		require.NoError(t, e.up(role(stacks(rules...), map[string]any{"name": test.name})), test.name)
		assert.Equal(t, test.pages, w.calls()[listStacksRoute], test.name)
		assert.Equal(t, test.asks, w.calls()[getStackRoute], test.name)
	}
}
