package permissionset_test

import (
	"testing"

	p "github.com/pulumi/pulumi-go-provider"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/cloud"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/resourcetest"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/server/servertest"
)

// scopeSetOf makes inputs of a PermissionSet.
func scopeSetOf(scopes ...string) map[string]any {
	return map[string]any{"name": "look", "entityType": "stack", "scopes": scopes}
}

func TestPermissionSetLifecycle(t *testing.T) {
	t.Parallel()
	w := resourcetest.New(t, resourcetest.Estate)
	before := string(w.State())
	e := w.Resource("PermissionSet")
	inputs := scopeSetOf("stack_deployment:read", "stack:read", "stack:read")

	w.Reset()
	preview, err := e.Preview(inputs)
	require.NoError(t, err)
	assert.Equal(t, map[string]int{"GET /api/orgs/{orgName}/roles": 1}, w.Calls(), "a preview looks whether the name is taken")
	w.Reset()
	assert.True(t, preview.Get("permissionSetId").IsComputed())
	require.NoError(t, e.Up(inputs))
	assert.Equal(t, map[string]int{resourcetest.CreateRoleRoute: 1}, w.Calls())
	id := e.State.Get("permissionSetId").AsString()
	assert.Equal(t, "acme/"+id, e.ID)
	made := w.Record(id)
	assert.Equal(t, cloud.PurposeSet, made.Purpose)
	assert.Equal(t, "stack", made.ResourceType)
	assert.JSONEq(t, `{"__type": "PermissionDescriptorAllow", "permissions": ["stack:read", "stack_deployment:read"]}`, string(made.Details))

	w.Reset()
	e.Settled(scopeSetOf("stack:read", "stack_deployment:read"))
	assert.Empty(t, w.Calls())
	require.NoError(t, e.Refresh())
	assert.Equal(t, map[string]int{resourcetest.GetRoleRoute: 1}, w.Calls())
	e.Settled(inputs)

	w.Reset()
	next := map[string]any{"name": "watch", "description": "Watching.", "entityType": "stack", "scopes": []string{"stack:read"}}
	assert.Equal(t, []string{"description", "name", "scopes"}, resourcetest.Changed(e.Diff(next)))
	preview, err = e.Preview(next)
	require.NoError(t, err)
	assert.Equal(t, id, preview.Get("permissionSetId").AsString(), "an id that never changes is known")
	assert.Contains(t, e.Said(), "- stack_deployment:read")
	require.NoError(t, e.Up(next))
	assert.Equal(t, map[string]int{resourcetest.PatchRoleRoute: 1}, w.Calls())
	e.Settled(next)
	assert.Equal(t, "watch", w.Record(id).Name)

	w.Reset()
	require.NoError(t, e.Destroy())
	assert.Equal(t, map[string]int{resourcetest.GetRoleRoute: 2, resourcetest.DeleteRoleRoute: 1}, w.Calls())
	assert.Equal(t, before, string(w.State()))
}

func TestPermissionSetEntityTypes(t *testing.T) {
	t.Parallel()
	w := resourcetest.New(t, resourcetest.Estate)
	for entity, scope := range map[string]string{
		"stack": "stack:read", "environment": "environment:open", "account": "insights_account:scan",
	} {
		e := w.Resource("PermissionSet")
		inputs := map[string]any{"name": "only-" + entity, "entityType": entity, "scopes": []string{scope}}
		require.NoError(t, e.Up(inputs))
		require.NoError(t, e.Refresh())
		e.Settled(inputs)
		again := w.Resource("PermissionSet")
		require.NoError(t, again.Adopt(e.ID))
		assert.Equal(t, resourcetest.Shown(e.Checked(inputs)), resourcetest.Shown(again.Inputs))
		again.Settled(inputs)
	}
	e := w.Resource("PermissionSet")
	require.NoError(t, e.Up(scopeSetOf("stack:read")))
	diff := e.Diff(map[string]any{"name": "look", "entityType": "environment", "scopes": []string{"environment:read"}})
	assert.Equal(t, p.UpdateReplace, diff.DetailedDiff["entityType"].Kind)
	assert.True(t, diff.DeleteBeforeReplace, "the name is taken as long as the old one is there")
}

func TestPermissionSetChecks(t *testing.T) {
	t.Parallel()
	w := resourcetest.New(t, resourcetest.People)
	e := w.Resource("PermissionSet")
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
		assert.Contains(t, e.Failures(test.inputs)[test.path], test.say)
	}
	assert.Empty(t, e.Failures(map[string]any{"name": resourcetest.Unknown, "entityType": "stack", "scopes": resourcetest.Unknown}))
	assert.Empty(t, e.Failures(map[string]any{"name": "x", "entityType": resourcetest.Unknown, "scopes": []string{"stack:read"}}))
	assert.Equal(t, map[string]int{"GET /api/orgs/{orgName}/roles/scopes": 1}, w.Calls(), "only a scope that is not known is asked for, once")
}

func TestPermissionSetDrift(t *testing.T) {
	t.Parallel()
	w := resourcetest.New(t, resourcetest.Estate)
	e := w.Resource("PermissionSet")
	inputs := map[string]any{"name": "openers", "entityType": "environment", "scopes": []string{"environment:open"}}
	require.NoError(t, e.Up(inputs))
	id := e.State.Get("permissionSetId").AsString()
	w.Admin("PATCH", resourcetest.RolesPath+"/"+id, resourcetest.Tree{"details": resourcetest.Tree{
		"__type": "PermissionDescriptorAllow", "permissions": []string{"environment:open", "environment:write"},
		"constraints": resourcetest.Tree{"MaxOpenDuration": 1800},
	}})
	require.NoError(t, e.Refresh())
	assert.Equal(t, []string{"scopes", "unrecognized"}, resourcetest.Changed(e.Diff(inputs)))
	assert.Equal(t, "[opening lasts at most 30m]", resourcetest.Show(e.State.Get("unrecognized")))
	require.NoError(t, e.Up(inputs))
	e.Settled(inputs)
	assert.JSONEq(t, `{"__type": "PermissionDescriptorAllow", "permissions": ["environment:open"]}`, string(w.Record(id).Details))
}

// A permission set that roles grant stays, and the refusal names them.
func TestPermissionSetInUse(t *testing.T) {
	t.Parallel()
	w := resourcetest.New(t, resourcetest.Estate)
	e := w.Resource("PermissionSet")
	inputs := scopeSetOf("stack:read")
	require.NoError(t, e.Up(inputs))
	id := e.State.Get("permissionSetId").AsString()
	support := w.Resource("Role")
	require.NoError(t, support.Up(resourcetest.RoleInputs(resourcetest.StackRules(map[string]any{"all": true, "permissionSet": id}))))
	w.AddRole("operators", resourcetest.Group(resourcetest.Compose(id)))
	loose := w.AddRecord("", "policy", "loose", resourcetest.Group(resourcetest.Compose(id)), "global")

	w.Reset()
	err := e.Destroy()
	require.ErrorContains(t, err, `"look" is granted by policy loose (`+loose.ID+`), role operators, role payments. Take it out of them`)
	assert.Equal(t, map[string]int{resourcetest.GetRoleRoute: 1, resourcetest.DeleteRoleRoute: 1, resourcetest.ListRolesRoute: 2}, w.Calls())
	require.NoError(t, e.Refresh())
	e.Settled(inputs)
}

func TestPermissionSetFaults(t *testing.T) {
	t.Parallel()
	w := resourcetest.New(t, resourcetest.Estate)
	before := string(w.State())
	e := w.Resource("PermissionSet")
	inputs := scopeSetOf("stack:read")

	w.Fault(servertest.Fault{Match: resourcetest.CreateRoleRoute, Reset: "after"})
	require.NoError(t, e.Up(inputs), "an answer that is lost is looked up")
	assert.Len(t, w.Writes(), 1)
	other := w.Resource("PermissionSet")
	require.ErrorContains(t, other.Up(inputs), "pulumi import leastprivilege:index:PermissionSet x "+e.ID)
	taken := scopeSetOf("stack:read")
	taken["name"] = w.Record(w.SetID("stack-read")).Name
	require.ErrorContains(t, other.Up(taken), "built-in permission set")

	// Gone, and blind.
	w.Admin("DELETE", resourcetest.RolesPath+"/"+e.State.Get("permissionSetId").AsString(), nil)
	require.ErrorContains(t, e.Up(scopeSetOf("stack:read", "stack:export")), "deleted outside Pulumi")
	blind := w.With(w.TokenFor(servertest.Identity{User: "bo"}), "PermissionSet")
	blind.ID, blind.State, blind.Inputs = e.ID, e.State, e.Inputs
	require.Error(t, blind.Refresh())
	require.NotEmpty(t, blind.ID)
	require.NoError(t, e.Destroy(), "what was deleted needs no delete")
	assert.Equal(t, before, string(w.State()))
	e = w.Resource("PermissionSet")
	require.NoError(t, e.Up(inputs))
	w.Admin("DELETE", resourcetest.RolesPath+"/"+e.State.Get("permissionSetId").AsString(), nil)
	require.NoError(t, e.Refresh())
	assert.Empty(t, e.ID)
}

// What is not a custom permission set is not taken over as one.
func TestPermissionSetImportRefuses(t *testing.T) {
	t.Parallel()
	w := resourcetest.New(t, resourcetest.Estate)
	e := w.Resource("PermissionSet")
	require.ErrorContains(t, e.Adopt("acme/"+w.SetID("stack-read")), "built in")
	require.ErrorContains(t, e.Adopt("acme/"+w.AddRole("r", resourcetest.Group(resourcetest.Allow("audit_logs:read"))).ID), "import a role")
	require.ErrorContains(t, e.Adopt("acme/"+w.AddRecord("", "set", "g", resourcetest.Allow("audit_logs:read"), "global").ID), "access.scopes")
	require.ErrorContains(t, e.Adopt("look"), "organization/id")
}

// A set that gets more in the update in which a role stops granting it would give that to the role's holders in between:
// the preview refuses it. A role that goes on granting the set is previewed as ever.
func TestPermissionSetThatGetsMoreWhileARoleDropsIt(t *testing.T) {
	t.Parallel()
	w := resourcetest.New(t, resourcetest.Estate)
	set, role := w.Resource("PermissionSet"), w.Resource("Role")
	role.Server = set.Server // one provider, as in one update
	look := map[string]any{"name": "look", "entityType": "stack", "scopes": []string{"stack:read"}}
	require.NoError(t, set.Up(look))
	id := set.State.Get("permissionSetId").AsString()
	composing := func(project string) map[string]any {
		return map[string]any{"name": "lookers", "access": map[string]any{
			"stacks": []any{map[string]any{"project": project, "stack": "dev", "permissionSet": id}}, "scopes": []string{"audit_logs:read"},
		}}
	}
	require.NoError(t, role.Up(composing("payments")))

	_, err := role.Preview(composing("web"))
	require.NoError(t, err, "the set stays as it is")
	look["scopes"] = []string{"stack:read", "stack:write"}
	_, err = set.Preview(look)
	require.NoError(t, err)
	assert.Contains(t, set.Said(), "would give everybody whose role grants it:\n  - stack:write")
	_, err = role.Preview(composing("web"))
	require.ErrorContains(t, err, "would stop granting the permission set "+id+" on stack payments/dev")
	_, err = role.Preview(composing("payments"))
	require.NoError(t, err)
}
