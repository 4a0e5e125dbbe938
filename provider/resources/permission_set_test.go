package resources_test

import (
	"testing"

	p "github.com/pulumi/pulumi-go-provider"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/cloud"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/server/servertest"
)

// scopeSetOf makes inputs of a PermissionSet.
func scopeSetOf(scopes ...string) map[string]any {
	return map[string]any{"name": "look", "entityType": "stack", "scopes": scopes}
}

func TestPermissionSetLifecycle(t *testing.T) {
	t.Parallel()
	w := newWorld(t, estate)
	before := string(w.State())
	e := w.resource("PermissionSet")
	inputs := scopeSetOf("stack_deployment:read", "stack:read", "stack:read")

	w.Reset()
	preview, err := e.preview(inputs)
	require.NoError(t, err)
	assert.Equal(t, map[string]int{"GET /api/orgs/{orgName}/roles": 1}, w.calls(), "a preview looks whether the name is taken")
	w.Reset()
	assert.True(t, preview.Get("permissionSetId").IsComputed())
	require.NoError(t, e.up(inputs))
	assert.Equal(t, map[string]int{createRoleRoute: 1}, w.calls())
	id := e.state.Get("permissionSetId").AsString()
	assert.Equal(t, "acme/"+id, e.id)
	made := w.record(id)
	assert.Equal(t, cloud.PurposeSet, made.Purpose)
	assert.Equal(t, "stack", made.ResourceType)
	assert.JSONEq(t, `{"__type": "PermissionDescriptorAllow", "permissions": ["stack:read", "stack_deployment:read"]}`, string(made.Details))

	w.Reset()
	e.settled(scopeSetOf("stack:read", "stack_deployment:read"))
	assert.Empty(t, w.calls())
	require.NoError(t, e.refresh())
	assert.Equal(t, map[string]int{getRoleRoute: 1}, w.calls())
	e.settled(inputs)

	w.Reset()
	next := map[string]any{"name": "watch", "description": "Watching.", "entityType": "stack", "scopes": []string{"stack:read"}}
	assert.Equal(t, []string{"description", "name", "scopes"}, changed(e.diff(next)))
	preview, err = e.preview(next)
	require.NoError(t, err)
	assert.Equal(t, id, preview.Get("permissionSetId").AsString(), "an id that never changes is known")
	assert.Contains(t, e.said(), "- stack_deployment:read")
	require.NoError(t, e.up(next))
	assert.Equal(t, map[string]int{patchRoleRoute: 1}, w.calls())
	e.settled(next)
	assert.Equal(t, "watch", w.record(id).Name)

	w.Reset()
	require.NoError(t, e.destroy())
	assert.Equal(t, map[string]int{getRoleRoute: 2, deleteRoleRoute: 1}, w.calls())
	assert.Equal(t, before, string(w.State()))
}

func TestPermissionSetEntityTypes(t *testing.T) {
	t.Parallel()
	w := newWorld(t, estate)
	for entity, scope := range map[string]string{
		"stack": "stack:read", "environment": "environment:open", "account": "insights_account:scan",
	} {
		e := w.resource("PermissionSet")
		inputs := map[string]any{"name": "only-" + entity, "entityType": entity, "scopes": []string{scope}}
		require.NoError(t, e.up(inputs))
		require.NoError(t, e.refresh())
		e.settled(inputs)
		again := w.resource("PermissionSet")
		require.NoError(t, again.adopt(e.id))
		assert.Equal(t, shown(e.checked(inputs)), shown(again.inputs))
		again.settled(inputs)
	}
	e := w.resource("PermissionSet")
	require.NoError(t, e.up(scopeSetOf("stack:read")))
	diff := e.diff(map[string]any{"name": "look", "entityType": "environment", "scopes": []string{"environment:read"}})
	assert.Equal(t, p.UpdateReplace, diff.DetailedDiff["entityType"].Kind)
	assert.True(t, diff.DeleteBeforeReplace, "the name is taken as long as the old one is there")
}

func TestPermissionSetChecks(t *testing.T) {
	t.Parallel()
	w := newWorld(t, people)
	e := w.resource("PermissionSet")
	for _, test := range []struct {
		inputs    map[string]any
		path, say string
	}{
		{scopeSetOf("stack:raed"), "scopes[0]", "stack:read"},
		{scopeSetOf("stack:read", "environment:open"), "scopes[1]", "is a scope of the environment, not of the stack"},
		{scopeSetOf(), "scopes", "empty"},
		{map[string]any{"name": "x", "entityType": "team", "scopes": []string{"team:read"}}, "entityType", "stack, environment, account"},
		{map[string]any{"name": "", "entityType": "stack", "scopes": []string{"stack:read"}}, "name", "empty"},
	} {
		assert.Contains(t, e.failures(test.inputs)[test.path], test.say)
	}
	assert.Empty(t, e.failures(map[string]any{"name": unknown, "entityType": "stack", "scopes": unknown}))
	assert.Empty(t, e.failures(map[string]any{"name": "x", "entityType": unknown, "scopes": []string{"stack:read"}}))
	assert.Empty(t, w.calls())
}

func TestPermissionSetDrift(t *testing.T) {
	t.Parallel()
	w := newWorld(t, estate)
	e := w.resource("PermissionSet")
	inputs := map[string]any{"name": "openers", "entityType": "environment", "scopes": []string{"environment:open"}}
	require.NoError(t, e.up(inputs))
	id := e.state.Get("permissionSetId").AsString()
	w.admin("PATCH", rolesPath+"/"+id, tree{"details": tree{
		"__type": "PermissionDescriptorAllow", "permissions": []string{"environment:open", "environment:write"},
		"constraints": tree{"MaxOpenDuration": 1800},
	}})
	require.NoError(t, e.refresh())
	assert.Equal(t, []string{"scopes", "unrecognized"}, changed(e.diff(inputs)))
	assert.Equal(t, "[opening lasts at most 30m]", show(e.state.Get("unrecognized")))
	require.NoError(t, e.up(inputs))
	e.settled(inputs)
	assert.JSONEq(t, `{"__type": "PermissionDescriptorAllow", "permissions": ["environment:open"]}`, string(w.record(id).Details))
}

// A permission set that roles grant stays, and the refusal names them.
func TestPermissionSetInUse(t *testing.T) {
	t.Parallel()
	w := newWorld(t, estate)
	e := w.resource("PermissionSet")
	inputs := scopeSetOf("stack:read")
	require.NoError(t, e.up(inputs))
	id := e.state.Get("permissionSetId").AsString()
	support := w.resource("Role")
	require.NoError(t, support.up(role(stacks(map[string]any{"all": true, "permissionSet": id}))))
	w.addRole("operators", group(compose(id)))
	loose := w.addRecord("", "policy", "loose", group(compose(id)), "global")

	w.Reset()
	err := e.destroy()
	require.ErrorContains(t, err, `"look" is granted by policy loose (`+loose.ID+`), role operators, role payments. Take it out of them`)
	assert.Equal(t, map[string]int{getRoleRoute: 1, deleteRoleRoute: 1, listRolesRoute: 2}, w.calls())
	require.NoError(t, e.refresh())
	e.settled(inputs)
}

func TestPermissionSetFaults(t *testing.T) {
	t.Parallel()
	w := newWorld(t, estate)
	before := string(w.State())
	e := w.resource("PermissionSet")
	inputs := scopeSetOf("stack:read")

	w.Fault(servertest.Fault{Match: createRoleRoute, Reset: "after"})
	require.NoError(t, e.up(inputs), "an answer that is lost is looked up")
	assert.Len(t, w.writes(), 1)
	other := w.resource("PermissionSet")
	require.ErrorContains(t, other.up(inputs), "pulumi import leastprivilege:index:PermissionSet NAME "+e.id)
	taken := scopeSetOf("stack:read")
	taken["name"] = w.record(w.set("stack-read")).Name
	require.ErrorContains(t, other.up(taken), "built-in permission set")

	// Gone, and blind.
	w.admin("DELETE", rolesPath+"/"+e.state.Get("permissionSetId").AsString(), nil)
	require.ErrorContains(t, e.up(scopeSetOf("stack:read", "stack:export")), "deleted outside Pulumi")
	blind := w.with(w.TokenFor(servertest.Identity{User: "bo"}), "PermissionSet")
	blind.id, blind.state, blind.inputs = e.id, e.state, e.inputs
	require.Error(t, blind.refresh())
	require.NotEmpty(t, blind.id)
	require.NoError(t, e.destroy(), "what is gone is done")
	assert.Equal(t, before, string(w.State()))
	e = w.resource("PermissionSet")
	require.NoError(t, e.up(inputs))
	w.admin("DELETE", rolesPath+"/"+e.state.Get("permissionSetId").AsString(), nil)
	require.NoError(t, e.refresh())
	assert.Empty(t, e.id)
}

// What is not a custom permission set is not taken over as one.
func TestPermissionSetImportRefuses(t *testing.T) {
	t.Parallel()
	w := newWorld(t, estate)
	e := w.resource("PermissionSet")
	require.ErrorContains(t, e.adopt("acme/"+w.set("stack-read")), "built in")
	require.ErrorContains(t, e.adopt("acme/"+w.addRole("r", group(allow("audit_logs:read"))).ID), "import a role")
	require.ErrorContains(t, e.adopt("acme/"+w.addRecord("", "set", "g", allow("audit_logs:read"), "global").ID), "access.scopes")
	require.ErrorContains(t, e.adopt("look"), "organization/id")
}

// A set that gets more in the update in which a role stops granting it would give that to the role's holders in between:
// the preview refuses it. A role that goes on granting the set is previewed as ever.
func TestPermissionSetThatGetsMoreWhileARoleDropsIt(t *testing.T) {
	t.Parallel()
	w := newWorld(t, estate)
	set, role := w.resource("PermissionSet"), w.resource("Role")
	role.server = set.server // one provider, as in one update
	look := map[string]any{"name": "look", "entityType": "stack", "scopes": []string{"stack:read"}}
	require.NoError(t, set.up(look))
	id := set.state.Get("permissionSetId").AsString()
	composing := func(project string) map[string]any {
		return map[string]any{"name": "lookers", "access": map[string]any{
			"stacks": []any{map[string]any{"project": project, "stack": "dev", "permissionSet": id}}, "scopes": []string{"audit_logs:read"},
		}}
	}
	require.NoError(t, role.up(composing("payments")))

	_, err := role.preview(composing("web"))
	require.NoError(t, err, "the set stays as it is")
	look["scopes"] = []string{"stack:read", "stack:write"}
	_, err = set.preview(look)
	require.NoError(t, err)
	assert.Contains(t, set.said(), "would give everybody whose role grants it:\n  - stack:write")
	_, err = role.preview(composing("web"))
	require.ErrorContains(t, err, "would stop granting the permission set "+id+" on stack payments/dev")
	_, err = role.preview(composing("payments"))
	require.NoError(t, err)
}
