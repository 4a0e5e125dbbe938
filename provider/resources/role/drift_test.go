package role_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/access"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/cloud"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/resourcetest"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/server/servertest"
)

// onStackID is a condition on one stack, as the console writes it.
func onStackID(id string, node resourcetest.Tree) resourcetest.Tree {
	return resourcetest.Tree{
		"__type": "PermissionDescriptorCondition",
		"condition": resourcetest.Tree{
			"__type": "PermissionExpressionEqual",
			"left":   resourcetest.Tree{"__type": "PermissionExpressionStack"},
			"right":  resourcetest.Tree{"__type": "PermissionLiteralExpressionStack", "identity": id},
		},
		"subNode": node,
	}
}

// notTagged is a condition that no rule can state.
func notTagged(key string, node resourcetest.Tree) resourcetest.Tree {
	return resourcetest.Tree{
		"__type": "PermissionDescriptorCondition",
		"condition": resourcetest.Tree{
			"__type": "PermissionExpressionNot",
			"node": resourcetest.Tree{
				"__type": "PermissionExpressionHasTag", "key": key,
				"context": resourcetest.Tree{"__type": "PermissionExpressionStack"},
			},
		},
		"subNode": node,
	}
}

// rewrite changes the rules of a role in the console.
func rewrite(w resourcetest.World, e *resourcetest.Engine, details resourcetest.Tree) {
	w.T.Helper()
	w.Admin("PATCH", resourcetest.RolesPath+"/"+e.State.Get("policyId").AsString(), resourcetest.Tree{"details": details})
}

func TestRoleEditedInTheConsole(t *testing.T) {
	t.Parallel()
	w := resourcetest.New(t, resourcetest.Estate)
	e := w.Resource("Role")
	inputs := resourcetest.RoleInputs(resourcetest.StackRules(resourcetest.OnStack("payments", "dev", "read")))
	require.NoError(t, e.Up(inputs))
	clean := policyOf(w, e)

	rewrite(w, e, resourcetest.Group(
		onStackID(stackID(w, "payments", "dev"), resourcetest.Compose(w.SetID("stack-read"))),
		onStackID(stackID(w, "payments", "prod"), resourcetest.Compose(w.SetID("stack-admin"))),
		notTagged("restricted", resourcetest.Allow("stack:read")),
	))
	assert.Empty(t, e.Diff(inputs).DetailedDiff, "an update does not look for drift, as with every resource")
	w.Reset()
	require.NoError(t, e.Refresh())
	assert.Equal(t, map[string]int{resourcetest.GetRoleRoute: 2, resourcetest.ListStacksRoute: 1}, w.Calls())
	assert.Contains(t, resourcetest.Shown(e.State), "{permission: admin, project: payments, stack: prod}")
	assert.Contains(t, e.State.Get("unrecognized").AsArray().Get(0).AsString(), "stack:read")
	assert.Equal(t, []string{"access.stacks", "unrecognized"}, resourcetest.Changed(e.Diff(inputs)))

	w.Reset()
	_, err := e.Preview(inputs)
	require.NoError(t, err)
	said := e.Said()
	assert.Contains(t, said, "WARN")
	assert.Contains(t, said, "stack payments/prod: admin", "what is taken away is named")
	assert.Contains(t, said, "as no rule can say")
	assert.Contains(t, said, "restricted")
	assert.Empty(t, w.Calls(), "every name is known")

	require.NoError(t, e.Up(inputs))
	assert.Equal(t, map[string]int{resourcetest.PatchRoleRoute: 1}, w.Calls())
	assert.JSONEq(t, clean, policyOf(w, e))
	e.Settled(inputs)
	assert.Equal(t, "[]", resourcetest.Show(e.State.Get("unrecognized")))
}

func TestRoleOnlyUnrecognizedIsRepaired(t *testing.T) {
	t.Parallel()
	w := resourcetest.New(t, resourcetest.Estate)
	e := w.Resource("Role")
	inputs := resourcetest.RoleInputs(resourcetest.StackRules(resourcetest.OnStack("payments", "dev", "read")))
	require.NoError(t, e.Up(inputs))
	clean := policyOf(w, e)
	rewrite(w, e, resourcetest.Group(
		onStackID(stackID(w, "payments", "dev"), resourcetest.Compose(w.SetID("stack-read"))), notTagged("x", resourcetest.Allow("stack:delete")),
	))
	require.NoError(t, e.Refresh())
	assert.Equal(t, []string{"unrecognized"}, resourcetest.Changed(e.Diff(inputs)))
	require.NoError(t, e.Up(inputs))
	assert.JSONEq(t, clean, policyOf(w, e))
}

func TestRoleRenamedInTheConsole(t *testing.T) {
	t.Parallel()
	w := resourcetest.New(t, resourcetest.Estate)
	e := w.Resource("Role")
	inputs := resourcetest.RoleInputs(resourcetest.StackRules(resourcetest.OnStack("payments", "dev", "read")))
	require.NoError(t, e.Up(inputs))
	id := e.State.Get("roleId").AsString()
	w.Admin("PATCH", resourcetest.RolesPath+"/"+id, resourcetest.Tree{"name": "mine", "description": "Mine"})
	require.NoError(t, e.Refresh())
	assert.Equal(t, []string{"description", "name"}, resourcetest.Changed(e.Diff(inputs)))
	require.NoError(t, e.Up(inputs))
	assert.Equal(t, "payments", w.Record(id).Name)
	assert.Empty(t, w.Record(id).Description)
}

// TestRoleEntityMadeAgain shows that names mean what they mean today.
func TestRoleEntityMadeAgain(t *testing.T) {
	t.Parallel()
	w := resourcetest.New(t, resourcetest.Estate)
	e := w.Resource("Role")
	inputs := resourcetest.RoleInputs(resourcetest.StackRules(resourcetest.OnStack("payments", "dev", "read"), resourcetest.OnStack("payments", "prod", "read")))
	require.NoError(t, e.Up(inputs))
	old := stackID(w, "payments", "prod")
	remakeStack(w, "payments", "prod")
	require.NotEqual(t, old, stackID(w, "payments", "prod"))

	w.Reset()
	require.NoError(t, e.Refresh())
	assert.LessOrEqual(t, w.Requests().Total, 4)
	assert.Contains(t, resourcetest.Shown(e.State), "{identity: "+old+", permission: read}")
	assert.Equal(t, []string{"access.stacks"}, resourcetest.Changed(e.Diff(inputs)))

	w.Reset()
	require.NoError(t, e.Up(inputs))
	assert.Equal(t, map[string]int{resourcetest.PatchRoleRoute: 1}, w.Calls(), "the refresh knows the new id")
	assert.Contains(t, policyOf(w, e), stackID(w, "payments", "prod"))
	assert.NotContains(t, policyOf(w, e), old)
	require.NoError(t, e.Refresh())
	e.Settled(inputs)
}

func TestRoleEntityGone(t *testing.T) {
	t.Parallel()
	w := resourcetest.New(t, resourcetest.Estate)
	e := w.Resource("Role")
	inputs := resourcetest.RoleInputs(resourcetest.StackRules(resourcetest.OnStack("payments", "dev", "read"), resourcetest.OnStack("payments", "prod", "read")))
	require.NoError(t, e.Up(inputs))
	w.DropStack("payments", "prod")
	require.NoError(t, e.Refresh())

	_, err := e.Preview(inputs)
	require.NoError(t, err, "a preview does not fail on what may still be made")
	assert.Contains(t, e.Said(), "stack payments/prod")
	before := policyOf(w, e)
	err = e.Up(inputs)
	require.ErrorContains(t, err, "stack payments/prod")
	require.ErrorContains(t, err, "dependsOn")
	assert.Equal(t, before, policyOf(w, e))

	less := resourcetest.RoleInputs(resourcetest.StackRules(resourcetest.OnStack("payments", "dev", "read")))
	require.NoError(t, e.Up(less))
	e.Settled(less)
	require.NoError(t, e.Refresh())
	e.Settled(less)
}

// TestRoleStackRenamed shows that an id survives a rename, and the rule shows the name of today.
func TestRoleStackRenamed(t *testing.T) {
	t.Parallel()
	w := resourcetest.New(t, resourcetest.Estate)
	e := w.Resource("Role")
	require.NoError(t, e.Up(resourcetest.RoleInputs(resourcetest.StackRules(resourcetest.OnStack("payments", "dev", "read")))))
	state := strings.Replace(string(w.State()), `"payments/dev": {`, `"payments/dev2": {`, 1)
	state = renameIn(t, state, "payments/dev2", "dev2")
	w.Restore([]byte(state))
	require.NoError(t, e.Refresh())
	assert.Contains(t, resourcetest.Shown(e.State), "{permission: read, project: payments, stack: dev2}")
}

// renameIn gives a stack of a sandbox state another name.
func renameIn(t *testing.T, state, key, name string) string {
	t.Helper()
	var all map[string]json.RawMessage
	require.NoError(t, json.Unmarshal([]byte(state), &all))
	var stacks map[string]map[string]any
	require.NoError(t, json.Unmarshal(all["stacks"], &stacks))
	for property, value := range stacks[key] {
		if value == "dev" {
			stacks[key][property] = name
		}
	}
	changed, err := json.Marshal(stacks)
	require.NoError(t, err)
	all["stacks"] = changed
	out, err := json.Marshal(all)
	require.NoError(t, err)
	return string(out)
}

func TestRoleImport(t *testing.T) {
	t.Parallel()
	w := resourcetest.New(t, resourcetest.Estate)
	custom := w.AddRecord("", "set", "lookers", resourcetest.Allow("stack:read"), "stack")
	made := w.AddRole("hand-made", resourcetest.Group(
		resourcetest.Compose(w.SetID("environment-open"), w.SetID("org-settings-standard"), custom.ID),
		onStackID(stackID(w, "payments", "dev"), resourcetest.Compose(w.SetID("stack-write"))),
		resourcetest.Allow("audit_logs:read"),
	))
	e := w.Resource("Role")
	w.Reset()
	require.NoError(t, e.Adopt("acme/"+made.ID))
	assert.Equal(t, 4, w.Requests().Total, "role, policy, sets and stacks")
	assert.Equal(t, "acme/"+made.ID, e.ID)
	inputs := map[string]any{
		"name": "hand-made", "allow": []string{"openOnAll"},
		"access": map[string]any{
			"stacks":       []any{resourcetest.OnStack("payments", "dev", "write"), map[string]any{"all": true, "permissionSet": custom.ID}},
			"environments": []any{map[string]any{"all": true, "permission": "open"}},
			"organization": "standard",
			"scopes":       []string{"audit_logs:read"},
		},
	}
	e.Settled(inputs)
	w.Reset()
	require.NoError(t, e.Refresh())
	assert.Equal(t, map[string]int{resourcetest.GetRoleRoute: 2, resourcetest.GetStackRoute: 1}, w.Calls())
	e.Settled(inputs)
	require.NoError(t, e.Destroy())
}

func TestRoleImportRefusals(t *testing.T) {
	t.Parallel()
	w := resourcetest.New(t, resourcetest.Estate)
	made := w.AddRole("hand-made", resourcetest.Group(resourcetest.Allow("audit_logs:read")))
	policy, _ := cloud.PolicyOf(made)
	builtin, err := w.Client(w.Token).Roles(t.Context(), "acme", cloud.PurposeRole)
	require.NoError(t, err)
	for _, test := range []struct{ name, id, says string }{
		{name: "built-in role", id: "acme/" + builtin[0].ID, says: "is built in"},
		{name: "policy", id: "acme/" + policy, says: "import the role"},
		{name: "set", id: "acme/" + w.SetID("stack-read"), says: "is built in"},
		{name: "custom set", id: "acme/" + w.AddRecord("", "set", "s", resourcetest.Allow("stack:read"), "stack").ID, says: "permission set"},
		{name: "bare id", id: made.ID, says: "organization/id"},
	} {
		t.Run(test.name, func(t *testing.T) {
			err := w.Resource("Role").Adopt(test.id)
			require.ErrorContains(t, err, test.says)
		})
	}
}

// TestRoleInline covers a role that holds its rules itself, which may not compose permission sets.
func TestRoleInline(t *testing.T) {
	t.Parallel()
	w := resourcetest.New(t, resourcetest.Estate)
	made := w.AddRecord("", "role", "old-style", resourcetest.Group(
		onStackID(stackID(w, "payments", "dev"), resourcetest.Allow(levelScopes("stack", "read")...)), resourcetest.Allow("audit_logs:read"),
	), "global")
	e := w.Resource("Role")
	require.NoError(t, e.Adopt("acme/"+made.ID))
	inputs := func(level string) map[string]any {
		return map[string]any{"name": "old-style", "access": map[string]any{
			"stacks": []any{resourcetest.OnStack("payments", "dev", level)}, "scopes": []string{"audit_logs:read"},
		}}
	}
	e.Settled(inputs("read"))
	assert.Empty(t, e.State.Get("policyId").AsString())

	w.Reset()
	require.NoError(t, e.Up(inputs("write")))
	assert.Equal(t, map[string]int{resourcetest.GetRoleRoute: 1, resourcetest.PatchRoleRoute: 1}, w.Calls())
	assert.Contains(t, string(w.Record(made.ID).Details), "stack:write")
	e.Settled(inputs("write"))
	w.Reset()
	require.NoError(t, e.Refresh())
	assert.Equal(t, map[string]int{resourcetest.GetRoleRoute: 1, resourcetest.GetStackRoute: 1}, w.Calls())
	e.Settled(inputs("write"))

	named := inputs("write")
	named["name"] = "new-style"
	require.NoError(t, e.Up(named))
	assert.Equal(t, "new-style", w.Record(made.ID).Name)

	err := e.Up(resourcetest.RoleInputs(resourcetest.StackRules(map[string]any{"all": true, "permissionSet": w.SetID("stack-read")})))
	require.ErrorContains(t, err, "holds its rules itself")
	require.NoError(t, e.Destroy())
}

func TestRoleGoneOrHidden(t *testing.T) {
	t.Parallel()
	w := resourcetest.New(t, resourcetest.Estate)
	reader := w.AddRole("reader", resourcetest.Group(resourcetest.Allow("role:read", "org_member:read"))).ID
	inputs := resourcetest.RoleInputs(resourcetest.StackRules(resourcetest.OnStack("payments", "dev", "read")))
	made := w.Resource("Role")
	require.NoError(t, made.Up(inputs))
	as := func(token string) *resourcetest.Engine {
		e := w.With(token, "Role")
		e.ID, e.Inputs, e.State = made.ID, made.Inputs, made.State
		return e
	}
	nobody := w.TokenFor(servertest.Identity{User: "eve"})
	require.ErrorContains(t, as(nobody).Refresh(), "403")
	require.ErrorContains(t, as(nobody).Destroy(), "403")

	blind := w.TokenFor(servertest.Identity{Organization: true, Role: reader})
	err := as(blind).Refresh()
	require.ErrorContains(t, err, "not visible to this token", "a stack that this token cannot see is not taken for deleted")

	w.Admin("DELETE", resourcetest.RolesPath+"/"+made.State.Get("roleId").AsString(), nil)
	require.ErrorContains(t, as(blind).Refresh(), "not visible to this token")
	require.ErrorContains(t, as(blind).Destroy(), "not visible to this token")
	changedInputs := resourcetest.RoleInputs(resourcetest.StackRules(resourcetest.OnStack("payments", "dev", "write")))
	require.ErrorContains(t, as(w.Token).Up(changedInputs), "was deleted outside")
	require.NoError(t, as(w.Token).Destroy())
	require.NoError(t, made.Refresh())
	assert.Empty(t, made.ID)
	require.NoError(t, made.Up(inputs), "and the next update makes it again")
}

// levelScopes are the scopes of a built-in permission set.
func levelScopes(kind, level string) []string {
	return access.LevelScopes(access.EntityKind(kind), access.Level(level))
}

// TestRoleByIdentity keeps a rule that is written by an id as it is written.
func TestRoleByIdentity(t *testing.T) {
	t.Parallel()
	w := resourcetest.New(t, resourcetest.Estate)
	e := w.Resource("Role")
	inputs := resourcetest.RoleInputs(resourcetest.StackRules(
		map[string]any{"identity": stackID(w, "payments", "dev"), "permission": "read"}, resourcetest.OnStack("web", "dev", "write"),
	))
	require.NoError(t, e.Up(inputs))
	require.NoError(t, e.Refresh())
	e.Settled(inputs)
	imported := w.Resource("Role")
	require.NoError(t, imported.Adopt(e.ID))
	imported.Settled(resourcetest.RoleInputs(resourcetest.StackRules(resourcetest.OnStack("payments", "dev", "read"), resourcetest.OnStack("web", "dev", "write"))))
}

// A change of level does not move a rule among its neighbours.
func TestRulesStayWhereTheyAre(t *testing.T) {
	t.Parallel()
	w := resourcetest.New(t, resourcetest.Estate)
	e := w.Resource("Role")
	rules := func(first, second string) map[string]any {
		return resourcetest.RoleInputs(resourcetest.StackRules(resourcetest.OnStack("payments", "dev", first), resourcetest.OnStack("web", "dev", second)))
	}
	order := func(inputs map[string]any) (names []string) {
		for _, rule := range e.Checked(inputs).Get("access").AsMap().Get("stacks").AsArray().All {
			names = append(names, rule.AsMap().Get("project").AsString())
		}
		return names
	}
	for _, levels := range [][2]string{{"read", "write"}, {"write", "read"}, {"read", "read"}} {
		assert.Equal(t, []string{"payments", "web"}, order(rules(levels[0], levels[1])))
	}
	require.NoError(t, e.Up(rules("read", "write")))
	e.Said()
	_, err := e.Preview(rules("write", "write"))
	require.NoError(t, err)
	said := e.Said()
	assert.NotContains(t, said, "would take from its holders")
	assert.Contains(t, said, "would give its holders\n  - stack payments/dev: write, where it would be read")
}

// A role of which no rule can state anything cannot be imported, and the error says what it grants.
func TestImportOfARoleThatNoRuleCanState(t *testing.T) {
	t.Parallel()
	w := resourcetest.New(t, resourcetest.Estate)
	strange := `{"__type": "PermissionDescriptorIfThenElse", "condition": {"__type": "PermissionExpressionNot", "node":
		{"__type": "PermissionExpressionEqual", "left": {"__type": "PermissionExpressionStack"},
		 "right": {"__type": "PermissionLiteralExpressionStack", "identity": "x"}}},
		"subNodeForTrue": {"__type": "PermissionDescriptorAllow", "permissions": ["stack:read"]},
		"subNodeForFalse": {"__type": "PermissionDescriptorAllow", "permissions": ["stack:write"]}}`
	body := `{"id": "1", "name": "strange", "uxPurpose": "role", "details": ` + strange + `}`
	w.Fault(servertest.Fault{Match: resourcetest.GetRoleRoute, Status: 200, Body: &body})
	e := w.Resource("Role")
	err := e.Adopt("acme/1")
	require.ErrorContains(t, err, `role "strange" grants what `+"`access`"+` cannot express`)
	require.ErrorContains(t, err, "Use its id 1 as it is")
	nothing := `{"id": "1", "name": "empty", "uxPurpose": "role", "details": {"__type": "PermissionDescriptorGroup", "entries": []}}`
	w.Fault(servertest.Fault{Match: resourcetest.GetRoleRoute, Status: 200, Body: &nothing})
	require.ErrorContains(t, w.Resource("Role").Adopt("acme/1"), `role "empty" grants nothing`)
}
