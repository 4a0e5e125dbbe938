package resources_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/access"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/cloud"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/server/servertest"
)

// onStackID is a condition on one stack, as the console writes it.
func onStackID(id string, node tree) tree {
	return tree{
		"__type": "PermissionDescriptorCondition",
		"condition": tree{
			"__type": "PermissionExpressionEqual",
			"left":   tree{"__type": "PermissionExpressionStack"},
			"right":  tree{"__type": "PermissionLiteralExpressionStack", "identity": id},
		},
		"subNode": node,
	}
}

// notTagged is a condition that no rule can state.
func notTagged(key string, node tree) tree {
	return tree{
		"__type": "PermissionDescriptorCondition",
		"condition": tree{
			"__type": "PermissionExpressionNot",
			"node": tree{
				"__type": "PermissionExpressionHasTag", "key": key,
				"context": tree{"__type": "PermissionExpressionStack"},
			},
		},
		"subNode": node,
	}
}

// rewrite changes the rules of a role in the console.
func rewrite(w world, e *engine, details tree) {
	w.t.Helper()
	w.admin("PATCH", rolesPath+"/"+e.state.Get("policyId").AsString(), tree{"details": details})
}

func TestRoleEditedInTheConsole(t *testing.T) {
	t.Parallel()
	w := newWorld(t, estate)
	e := w.resource("Role")
	inputs := role(stacks(onStack("payments", "dev", "read")))
	require.NoError(t, e.up(inputs))
	clean := policyOf(w, e)

	rewrite(w, e, group(
		onStackID(stackID(w, "payments", "dev"), compose(w.set("stack-read"))),
		onStackID(stackID(w, "payments", "prod"), compose(w.set("stack-admin"))),
		notTagged("restricted", allow("stack:read")),
	))
	assert.Empty(t, e.diff(inputs).DetailedDiff, "an update does not look for drift, as with every resource")
	w.Reset()
	require.NoError(t, e.refresh())
	assert.Equal(t, map[string]int{getRoleRoute: 2, listStacksRoute: 1}, w.calls())
	assert.Contains(t, shown(e.state), "{permission: admin, project: payments, stack: prod}")
	assert.Contains(t, e.state.Get("unrecognized").AsArray().Get(0).AsString(), "stack:read")
	assert.Equal(t, []string{"access.stacks", "unrecognized"}, changed(e.diff(inputs)))

	w.Reset()
	_, err := e.preview(inputs)
	require.NoError(t, err)
	said := e.said()
	assert.Contains(t, said, "WARN")
	assert.Contains(t, said, "stack payments/prod: admin", "what is taken away is named")
	assert.Contains(t, said, "as no rule can say")
	assert.Contains(t, said, "restricted")
	assert.Empty(t, w.calls(), "every name is known")

	require.NoError(t, e.up(inputs))
	assert.Equal(t, map[string]int{patchRoleRoute: 1}, w.calls())
	assert.JSONEq(t, clean, policyOf(w, e))
	e.settled(inputs)
	assert.Equal(t, "[]", show(e.state.Get("unrecognized")))
}

func TestRoleOnlyUnrecognizedIsRepaired(t *testing.T) {
	t.Parallel()
	w := newWorld(t, estate)
	e := w.resource("Role")
	inputs := role(stacks(onStack("payments", "dev", "read")))
	require.NoError(t, e.up(inputs))
	clean := policyOf(w, e)
	rewrite(w, e, group(
		onStackID(stackID(w, "payments", "dev"), compose(w.set("stack-read"))), notTagged("x", allow("stack:delete")),
	))
	require.NoError(t, e.refresh())
	assert.Equal(t, []string{"unrecognized"}, changed(e.diff(inputs)))
	require.NoError(t, e.up(inputs))
	assert.JSONEq(t, clean, policyOf(w, e))
}

func TestRoleRenamedInTheConsole(t *testing.T) {
	t.Parallel()
	w := newWorld(t, estate)
	e := w.resource("Role")
	inputs := role(stacks(onStack("payments", "dev", "read")))
	require.NoError(t, e.up(inputs))
	id := e.state.Get("roleId").AsString()
	w.admin("PATCH", rolesPath+"/"+id, tree{"name": "mine", "description": "Mine"})
	require.NoError(t, e.refresh())
	assert.Equal(t, []string{"description", "name"}, changed(e.diff(inputs)))
	require.NoError(t, e.up(inputs))
	assert.Equal(t, "payments", w.record(id).Name)
	assert.Empty(t, w.record(id).Description)
}

// TestRoleEntityMadeAgain shows that names mean what they mean today.
func TestRoleEntityMadeAgain(t *testing.T) {
	t.Parallel()
	w := newWorld(t, estate)
	e := w.resource("Role")
	inputs := role(stacks(onStack("payments", "dev", "read"), onStack("payments", "prod", "read")))
	require.NoError(t, e.up(inputs))
	old := stackID(w, "payments", "prod")
	remakeStack(w, "payments", "prod")
	require.NotEqual(t, old, stackID(w, "payments", "prod"))

	w.Reset()
	require.NoError(t, e.refresh())
	assert.LessOrEqual(t, w.Requests().Total, 4)
	assert.Contains(t, shown(e.state), "{identity: "+old+", permission: read}")
	assert.Equal(t, []string{"access.stacks"}, changed(e.diff(inputs)))

	w.Reset()
	require.NoError(t, e.up(inputs))
	assert.Equal(t, map[string]int{patchRoleRoute: 1}, w.calls(), "the refresh knows the new id")
	assert.Contains(t, policyOf(w, e), stackID(w, "payments", "prod"))
	assert.NotContains(t, policyOf(w, e), old)
	require.NoError(t, e.refresh())
	e.settled(inputs)
}

func TestRoleEntityGone(t *testing.T) {
	t.Parallel()
	w := newWorld(t, estate)
	e := w.resource("Role")
	inputs := role(stacks(onStack("payments", "dev", "read"), onStack("payments", "prod", "read")))
	require.NoError(t, e.up(inputs))
	w.dropStack("payments", "prod")
	require.NoError(t, e.refresh())

	_, err := e.preview(inputs)
	require.NoError(t, err, "a preview does not fail on what may still be made")
	assert.Contains(t, e.said(), "stack payments/prod")
	before := policyOf(w, e)
	err = e.up(inputs)
	require.ErrorContains(t, err, "stack payments/prod")
	require.ErrorContains(t, err, "dependsOn")
	assert.Equal(t, before, policyOf(w, e))

	less := role(stacks(onStack("payments", "dev", "read")))
	require.NoError(t, e.up(less))
	e.settled(less)
	require.NoError(t, e.refresh())
	e.settled(less)
}

// TestRoleStackRenamed shows that an id survives a rename, and the rule shows the name of today.
func TestRoleStackRenamed(t *testing.T) {
	t.Parallel()
	w := newWorld(t, estate)
	e := w.resource("Role")
	require.NoError(t, e.up(role(stacks(onStack("payments", "dev", "read")))))
	state := strings.Replace(string(w.State()), `"payments/dev": {`, `"payments/dev2": {`, 1)
	state = renameIn(t, state, "payments/dev2", "dev2")
	w.Restore([]byte(state))
	require.NoError(t, e.refresh())
	assert.Contains(t, shown(e.state), "{permission: read, project: payments, stack: dev2}")
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
	w := newWorld(t, estate)
	custom := w.addRecord("", "set", "lookers", allow("stack:read"), "stack")
	made := w.addRole("hand-made", group(
		compose(w.set("environment-open"), w.set("org-settings-standard"), custom.ID),
		onStackID(stackID(w, "payments", "dev"), compose(w.set("stack-write"))),
		allow("audit_logs:read"),
	))
	e := w.resource("Role")
	w.Reset()
	require.NoError(t, e.adopt("acme/"+made.ID))
	assert.Equal(t, 4, w.Requests().Total, "role, policy, sets and stacks")
	assert.Equal(t, "acme/"+made.ID, e.id)
	inputs := map[string]any{
		"name": "hand-made", "allow": []string{"openOnAll"},
		"access": map[string]any{
			"stacks":       []any{onStack("payments", "dev", "write"), map[string]any{"all": true, "permissionSet": custom.ID}},
			"environments": []any{map[string]any{"all": true, "permission": "open"}},
			"organization": "standard",
			"scopes":       []string{"audit_logs:read"},
		},
	}
	e.settled(inputs)
	w.Reset()
	require.NoError(t, e.refresh())
	assert.Equal(t, map[string]int{getRoleRoute: 2, getStackRoute: 1}, w.calls())
	e.settled(inputs)
	require.NoError(t, e.destroy())
}

func TestRoleImportRefusals(t *testing.T) {
	t.Parallel()
	w := newWorld(t, estate)
	made := w.addRole("hand-made", group(allow("audit_logs:read")))
	policy, _ := cloud.PolicyOf(made)
	builtin, err := w.client(w.Token).Roles(t.Context(), "acme", cloud.PurposeRole)
	require.NoError(t, err)
	for _, test := range []struct{ name, id, says string }{
		{name: "built-in role", id: "acme/" + builtin[0].ID, says: "is built in"},
		{name: "policy", id: "acme/" + policy, says: "import the role"},
		{name: "set", id: "acme/" + w.set("stack-read"), says: "is built in"},
		{name: "custom set", id: "acme/" + w.addRecord("", "set", "s", allow("stack:read"), "stack").ID, says: "permission set"},
		{name: "bare id", id: made.ID, says: "organization/id"},
	} {
		t.Run(test.name, func(t *testing.T) {
			err := w.resource("Role").adopt(test.id)
			require.ErrorContains(t, err, test.says)
		})
	}
}

// TestRoleInline covers a role that holds its rules itself, which may not compose permission sets.
func TestRoleInline(t *testing.T) {
	t.Parallel()
	w := newWorld(t, estate)
	made := w.addRecord("", "role", "old-style", group(
		onStackID(stackID(w, "payments", "dev"), allow(levelScopes("stack", "read")...)), allow("audit_logs:read"),
	), "global")
	e := w.resource("Role")
	require.NoError(t, e.adopt("acme/"+made.ID))
	inputs := func(level string) map[string]any {
		return map[string]any{"name": "old-style", "access": map[string]any{
			"stacks": []any{onStack("payments", "dev", level)}, "scopes": []string{"audit_logs:read"},
		}}
	}
	e.settled(inputs("read"))
	assert.Empty(t, e.state.Get("policyId").AsString())

	w.Reset()
	require.NoError(t, e.up(inputs("write")))
	assert.Equal(t, map[string]int{getRoleRoute: 1, patchRoleRoute: 1}, w.calls())
	assert.Contains(t, string(w.record(made.ID).Details), "stack:write")
	e.settled(inputs("write"))
	w.Reset()
	require.NoError(t, e.refresh())
	assert.Equal(t, map[string]int{getRoleRoute: 1, getStackRoute: 1}, w.calls())
	e.settled(inputs("write"))

	named := inputs("write")
	named["name"] = "new-style"
	require.NoError(t, e.up(named))
	assert.Equal(t, "new-style", w.record(made.ID).Name)

	err := e.up(role(stacks(map[string]any{"all": true, "permissionSet": w.set("stack-read")})))
	require.ErrorContains(t, err, "holds its rules itself")
	require.NoError(t, e.destroy())
}

func TestRoleGoneOrHidden(t *testing.T) {
	t.Parallel()
	w := newWorld(t, estate)
	reader := w.addRole("reader", group(allow("role:read", "org_member:read"))).ID
	inputs := role(stacks(onStack("payments", "dev", "read")))
	made := w.resource("Role")
	require.NoError(t, made.up(inputs))
	as := func(token string) *engine {
		e := w.with(token, "Role")
		e.id, e.inputs, e.state = made.id, made.inputs, made.state
		return e
	}
	nobody := w.TokenFor(servertest.Identity{User: "eve"})
	require.ErrorContains(t, as(nobody).refresh(), "403")
	require.ErrorContains(t, as(nobody).destroy(), "403")

	blind := w.TokenFor(servertest.Identity{Organization: true, Role: reader})
	err := as(blind).refresh()
	require.ErrorContains(t, err, "not visible to this token", "a stack that this token cannot see is not taken for gone")

	w.admin("DELETE", rolesPath+"/"+made.state.Get("roleId").AsString(), nil)
	require.ErrorContains(t, as(blind).refresh(), "not visible to this token")
	require.ErrorContains(t, as(blind).destroy(), "not visible to this token")
	changedInputs := role(stacks(onStack("payments", "dev", "write")))
	require.ErrorContains(t, as(w.Token).up(changedInputs), "was deleted outside")
	require.NoError(t, as(w.Token).destroy())
	require.NoError(t, made.refresh())
	assert.Empty(t, made.id)
	require.NoError(t, made.up(inputs), "and the next update makes it again")
}

// levelScopes are the scopes of a built-in permission set.
func levelScopes(kind, level string) []string {
	return access.LevelScopes(access.EntityKind(kind), access.Level(level))
}

// TestRoleByIdentity keeps a rule that is written by an id as it is written.
func TestRoleByIdentity(t *testing.T) {
	t.Parallel()
	w := newWorld(t, estate)
	e := w.resource("Role")
	inputs := role(stacks(
		map[string]any{"identity": stackID(w, "payments", "dev"), "permission": "read"}, onStack("web", "dev", "write"),
	))
	require.NoError(t, e.up(inputs))
	require.NoError(t, e.refresh())
	e.settled(inputs)
	imported := w.resource("Role")
	require.NoError(t, imported.adopt(e.id))
	imported.settled(role(stacks(onStack("payments", "dev", "read"), onStack("web", "dev", "write"))))
}

// A change of level does not move a rule among its neighbours.
func TestRulesStayWhereTheyAre(t *testing.T) {
	t.Parallel()
	w := newWorld(t, estate)
	e := w.resource("Role")
	rules := func(first, second string) map[string]any {
		return role(stacks(onStack("payments", "dev", first), onStack("web", "dev", second)))
	}
	order := func(inputs map[string]any) (names []string) {
		for _, rule := range e.checked(inputs).Get("access").AsMap().Get("stacks").AsArray().All {
			names = append(names, rule.AsMap().Get("project").AsString())
		}
		return names
	}
	for _, levels := range [][2]string{{"read", "write"}, {"write", "read"}, {"read", "read"}} {
		assert.Equal(t, []string{"payments", "web"}, order(rules(levels[0], levels[1])))
	}
	require.NoError(t, e.up(rules("read", "write")))
	e.said()
	_, err := e.preview(rules("write", "write"))
	require.NoError(t, err)
	said := e.said()
	assert.NotContains(t, said, "would take from its holders")
	assert.Contains(t, said, "would give its holders\n  - stack payments/dev: write, where it would be read")
}

// A role of which no rule can state anything cannot be imported, and the error says what it grants.
func TestImportOfARoleThatNoRuleCanState(t *testing.T) {
	t.Parallel()
	w := newWorld(t, estate)
	strange := `{"__type": "PermissionDescriptorIfThenElse", "condition": {"__type": "PermissionExpressionNot", "node":
		{"__type": "PermissionExpressionEqual", "left": {"__type": "PermissionExpressionStack"},
		 "right": {"__type": "PermissionLiteralExpressionStack", "identity": "x"}}},
		"subNodeForTrue": {"__type": "PermissionDescriptorAllow", "permissions": ["stack:read"]},
		"subNodeForFalse": {"__type": "PermissionDescriptorAllow", "permissions": ["stack:write"]}}`
	body := `{"id": "1", "name": "strange", "uxPurpose": "role", "details": ` + strange + `}`
	w.Fault(servertest.Fault{Match: getRoleRoute, Status: 200, Body: &body})
	e := w.resource("Role")
	err := e.adopt("acme/1")
	require.ErrorContains(t, err, `role "strange" grants what `+"`access`"+` cannot express`)
	require.ErrorContains(t, err, "Use its id 1 as it is")
	nothing := `{"id": "1", "name": "empty", "uxPurpose": "role", "details": {"__type": "PermissionDescriptorGroup", "entries": []}}`
	w.Fault(servertest.Fault{Match: getRoleRoute, Status: 200, Body: &nothing})
	require.ErrorContains(t, w.resource("Role").adopt("acme/1"), `role "empty" grants nothing`)
}
