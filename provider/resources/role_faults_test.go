package resources_test

import (
	"net/http"
	"testing"

	p "github.com/pulumi/pulumi-go-provider"
	"github.com/pulumi/pulumi/sdk/v3/go/property"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/cloud"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/server/servertest"
)

// TestRoleCreateUnderFaults shows that whatever happens to the answers, one role is made.
func TestRoleCreateUnderFaults(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name  string
		fault servertest.Fault
	}{
		{name: "answer lost", fault: servertest.Fault{Match: createRoleRoute, Reset: "after"}},
		{name: "request lost", fault: servertest.Fault{Match: createRoleRoute, Reset: "before"}},
		{name: "limited", fault: servertest.Fault{
			Match: createRoleRoute, Status: http.StatusTooManyRequests, Times: 2, Headers: map[string]string{"Retry-After": "1"},
		}},
		{name: "gateway", fault: servertest.Fault{Match: createRoleRoute, Status: http.StatusBadGateway}},
		{name: "reading fails for a while", fault: servertest.Fault{
			Match: listRolesRoute, Status: http.StatusServiceUnavailable, Times: 3,
		}},
		{name: "looking up is cut off", fault: servertest.Fault{Match: getStackRoute, Reset: "after"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, estate)
			e := w.resource("Role")
			w.Fault(test.fault)
			inputs := role(stacks(onStack("payments", "dev", "read")))
			require.NoError(t, e.up(inputs))
			assert.Len(t, named(w, cloud.PurposePolicy), 1)
			assert.Equal(t, "acme/"+named(w, cloud.PurposeRole)["payments"], e.id)
			require.NoError(t, e.refresh())
			e.settled(inputs)
			require.NoError(t, e.destroy())
		})
	}
}

func TestRoleUpdateUnderFaults(t *testing.T) {
	t.Parallel()
	for _, fault := range []servertest.Fault{
		{Match: patchRoleRoute, Reset: "after"},
		{Match: patchRoleRoute, Reset: "before"},
		{Match: patchRoleRoute, Status: http.StatusServiceUnavailable, Times: 2},
		{Match: patchRoleRoute, Status: http.StatusTooManyRequests, Headers: map[string]string{"Retry-After": "1"}},
	} {
		w := newWorld(t, estate)
		e := w.resource("Role")
		require.NoError(t, e.up(role(stacks(onStack("payments", "dev", "read")))))
		w.Fault(fault)
		inputs := role(stacks(onStack("payments", "dev", "write")))
		require.NoError(t, e.up(inputs), "%+v", fault)
		require.NoError(t, e.refresh())
		e.settled(inputs)
	}
}

func TestRoleUpdateRefusedChangesNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t, estate)
	e := w.resource("Role")
	require.NoError(t, e.up(role(stacks(onStack("payments", "dev", "read")))))
	state := shown(e.state)
	w.Fault(servertest.Fault{Match: patchRoleRoute, Status: http.StatusForbidden})
	inputs := role(stacks(onStack("payments", "dev", "write")))
	require.ErrorContains(t, e.up(inputs), "403")
	assert.Equal(t, state, shown(e.state))
	require.NoError(t, e.up(inputs))
}

// TestRolePartlyCreated has the service answer a create with something that does not name the policy.
func TestRolePartlyCreated(t *testing.T) {
	t.Parallel()
	w := newWorld(t, estate)
	e := w.resource("Role")
	inputs := role(stacks(onStack("payments", "dev", "read")))
	body := `{"id": "` + madeLater + `", "name": "payments", "details": {"__type": "PermissionDescriptorGroup", "entries": []}}`
	w.Fault(servertest.Fault{Match: createRoleRoute, Body: &body})
	w.Fault(servertest.Fault{Match: getRoleRoute, Status: http.StatusForbidden})
	err := e.up(inputs)
	var partly *unfinishedError
	require.ErrorAs(t, err, &partly)
	require.ErrorContains(t, err, "was made")
	assert.Equal(t, "acme/"+madeLater, e.id)

	// The state knows the role; here its id is mended by hand, since the answer above was made up.
	e.state = e.state.Set("roleId", property.New(named(w, cloud.PurposeRole)["payments"]))
	w.Reset()
	require.NoError(t, e.up(inputs), "the next update finishes it")
	assert.Equal(t, map[string]int{getRoleRoute: 1}, w.calls())
	assert.Equal(t, named(w, cloud.PurposePolicy)["payments"], e.state.Get("policyId").AsString())
	assert.False(t, e.unfinished)
}

const madeLater = "00000000-0000-0000-0000-000000000001"

// TestRolePartlyRenamed has the second of two calls refused.
func TestRolePartlyRenamed(t *testing.T) {
	t.Parallel()
	w := newWorld(t, estate)
	w.addRecord("", "role", "taken", allow("audit_logs:read"), "global")
	e := w.resource("Role")
	require.NoError(t, e.up(role(stacks(onStack("payments", "dev", "read")))))
	err := e.up(role(stacks(onStack("payments", "dev", "write")), map[string]any{"name": "taken"}))
	var partly *unfinishedError
	require.ErrorAs(t, err, &partly)
	require.ErrorContains(t, err, "exists already")
	assert.Contains(t, shown(e.state), "name: payments")
	assert.Contains(t, shown(e.state), "permission: write")

	other := role(stacks(onStack("payments", "dev", "write")), map[string]any{"name": "free"})
	require.NoError(t, e.up(other))
	e.settled(other)
	assert.Contains(t, named(w, cloud.PurposePolicy), "free")
	require.NoError(t, e.refresh())
	e.settled(other)
}

func TestRoleNameTaken(t *testing.T) {
	t.Parallel()
	w := newWorld(t, estate)
	made := w.addRole("payments", group(allow("audit_logs:read")))
	e := w.resource("Role")
	err := e.up(role(stacks(onStack("payments", "dev", "read"))))
	require.ErrorContains(t, err, "pulumi import leastprivilege:index:Role NAME acme/"+made.ID)
	assert.Empty(t, e.id)
	require.ErrorContains(t, w.resource("Role").up(role(stacks(onStack("payments", "dev", "read")),
		map[string]any{"name": "Member"})), "built-in role")

	w.addRecord("", "policy", "left-over", group(allow("audit_logs:read")), "global")
	err = w.resource("Role").up(role(stacks(onStack("payments", "dev", "read")), map[string]any{"name": "left-over"}))
	require.ErrorContains(t, err, "not visible to this token")
}

func TestRoleNamesWhatIsMissing(t *testing.T) {
	t.Parallel()
	w := newWorld(t, estate)
	e := w.resource("Role")
	inputs := role(map[string]any{
		"stacks":       []any{onStack("payments", "dev", "read"), onStack("payments", "qa", "read"), onStack("nope", "x", "read")},
		"environments": []any{onEnvironment("payments", "staging", "read")},
	})
	_, err := e.preview(inputs)
	require.NoError(t, err)
	said := e.said()
	for _, missing := range []string{"stack payments/qa", "stack nope/x", "environment payments/staging"} {
		assert.Contains(t, said, missing)
	}
	assert.NotContains(t, said, "payments/dev")

	err = e.up(inputs)
	for _, missing := range []string{"stack payments/qa", "stack nope/x", "environment payments/staging", "dependsOn"} {
		require.ErrorContains(t, err, missing)
	}
	assert.NotContains(t, err.Error(), "payments/dev")
	assert.Empty(t, w.writes())
}

func TestRolePreviewsWithoutTheService(t *testing.T) {
	t.Parallel()
	w := newWorld(t, estate)
	e := w.resource("Role")
	w.Fault(servertest.Fault{Match: "*", Status: http.StatusForbidden, Times: 50})
	_, err := e.preview(role(stacks(onStack("payments", "dev", "read"))))
	require.NoError(t, err)
	assert.Contains(t, e.said(), "could not be read")
}

func TestRoleHeldIsNotDeleted(t *testing.T) {
	t.Parallel()
	w := newWorld(t, estate)
	e := w.resource("Role")
	require.NoError(t, e.up(role(stacks(onStack("payments", "dev", "read")))))
	id := e.state.Get("roleId").AsString()
	w.admin("POST", "/api/orgs/acme/teams/pulumi", tree{
		"name": "payers", "displayName": "Payers", "description": "",
	})
	require.NoError(t, w.client(w.Token).AssignTeamRole(t.Context(), "acme", "payers", id))
	w.admin("PATCH", "/api/orgs/acme/members/bo", tree{"fgaRoleId": id})
	err := e.destroy()
	require.ErrorContains(t, err, "team payers")
	require.ErrorContains(t, err, "user bo")
	assert.NotEmpty(t, named(w, cloud.PurposeRole)["payments"])
}

func TestRoleHeldByDeploymentsIsNotDeleted(t *testing.T) {
	t.Parallel()
	w := newWorld(t, estate)
	e := w.resource("Role")
	require.NoError(t, e.up(role(stacks(onStack("payments", "dev", "read")))))
	w.admin("POST", "/api/stacks/acme/payments/dev/deployments/settings",
		tree{"operationContext": tree{"role": tree{"id": e.state.Get("roleId").AsString()}}})
	require.ErrorContains(t, e.destroy(), "some stack's deployments")
	w.admin("PATCH", rolesPath+"/"+e.state.Get("roleId").AsString()+"/default", nil)
	require.ErrorContains(t, e.destroy(), "default role of its members")
}

func TestRoleCheck(t *testing.T) {
	t.Parallel()
	w := newWorld(t, estate)
	e := w.resource("Role")
	one := func(rule map[string]any) map[string]any { return role(stacks(rule)) }
	for _, test := range []struct {
		name   string
		inputs map[string]any
		path   string
		says   string
	}{
		{name: "empty name", inputs: role(stacks(onStack("a", "b", "read")), map[string]any{"name": " "}), path: "name"},
		{name: "name with a slash", inputs: role(stacks(onStack("a", "b", "read")), map[string]any{"name": "a/b"}), path: "name"},
		{name: "empty access", inputs: role(map[string]any{}), path: "access", says: "grants nothing"},
		{name: "no access", inputs: map[string]any{"name": "x"}, path: "access"},
		{name: "unknown permission", inputs: one(onStack("a", "b", "open")), path: "access.stacks[0].permission", says: "write"},
		{
			name:   "unknown scope",
			inputs: one(map[string]any{"project": "a", "stack": "b", "scopes": []string{"stack:raed"}}),
			path:   "access.stacks[0].scopes[0]", says: "stack:read",
		},
		{
			name: "permission and scopes",
			inputs: one(map[string]any{
				"project": "a", "stack": "b", "permission": "read", "scopes": []string{"stack:read"},
			}), path: "access.stacks[0]",
		},
		{name: "neither", inputs: one(map[string]any{"project": "a", "stack": "b"}), path: "access.stacks[0]"},
		{name: "stack with a slash", inputs: one(onStack("a", "b/c", "read")), path: "access.stacks[0].stack"},
		{name: "empty tags", inputs: one(map[string]any{"tags": map[string]any{}, "permission": "read"}), path: "access.stacks[0].tags"},
		{
			name: "bad duration",
			inputs: role(map[string]any{"environments": []any{map[string]any{
				"project": "a", "environment": "b", "permission": "open", "maxOpenDuration": "soon",
			}}}), path: "access.environments[0].maxOpenDuration",
		},
		{
			name:   "open on all",
			inputs: role(map[string]any{"environments": []any{map[string]any{"all": true, "permission": "open"}}}),
			path:   "access.environments[0].permission", says: "openOnAll",
		},
		{name: "entity scope among the organization's", inputs: role(map[string]any{"scopes": []string{"stack:delete"}}), path: "access.scopes[0]"},
		{
			name:   "unknown opt-in",
			inputs: role(stacks(onStack("a", "b", "read")), map[string]any{"allow": []string{"everything"}}), path: "allow[0]",
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			failures := e.failures(test.inputs)
			require.Contains(t, failures, test.path)
			assert.Contains(t, failures[test.path], test.says)
		})
	}
	assert.Empty(t, w.calls(), "a check makes no call")
}

// TestRoleUnknowns shows that what is not known yet neither fails nor gets lost.
func TestRoleUnknowns(t *testing.T) {
	t.Parallel()
	w := newWorld(t, estate)
	for _, test := range []struct {
		name   string
		inputs map[string]any
		shown  string
	}{
		{name: "access", inputs: map[string]any{"name": "x", "access": unknown}, shown: "access: unknown"},
		{name: "name", inputs: role(stacks(onStack("payments", "dev", "read")), map[string]any{"name": unknown}), shown: "name: unknown"},
		{name: "stacks", inputs: role(map[string]any{"stacks": unknown}), shown: "access: unknown"},
		{name: "scopes", inputs: role(map[string]any{"scopes": unknown}), shown: "access: unknown"},
		{name: "organization's set", inputs: role(map[string]any{"organization": unknown}), shown: "access: unknown"},
		{
			name:   "project",
			inputs: role(stacks(map[string]any{"project": unknown, "stack": "dev", "permission": "read"})),
			shown:  "access: unknown",
		},
		{name: "tags", inputs: role(stacks(map[string]any{"tags": unknown, "permission": "read"})), shown: "access: unknown"},
		{
			name:   "one tag",
			inputs: role(stacks(map[string]any{"tags": map[string]any{"a": unknown}, "permission": "read"})),
			shown:  "access: unknown",
		},
		{
			name:   "a rule's scopes",
			inputs: role(stacks(map[string]any{"project": "payments", "stack": "dev", "scopes": unknown})),
			shown:  "access: unknown",
		},
		{name: "a rule", inputs: role(stacks(unknown, onStack("payments", "dev", "read"))), shown: "access: unknown"},
		{
			name:   "opt-ins",
			inputs: role(stacks(onStack("payments", "dev", "read")), map[string]any{"allow": unknown}), shown: "allow: unknown",
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			e := w.resource("Role")
			assert.Contains(t, shown(e.checked(test.inputs)), test.shown)
			_, err := e.preview(test.inputs)
			require.NoError(t, err)
			assert.NotContains(t, e.said(), "fail")
			e.id, e.inputs = "acme/x", e.checked(role(stacks(onStack("payments", "dev", "read"))))
			e.state = object(map[string]any{
				"organization": "acme", "name": "payments", "roleId": "x", "policyId": "y", "scopes": []string{},
				"unrecognized": []string{}, "entityIds": map[string]any{}, "setIds": map[string]any{},
				"access": stacks(onStack("payments", "dev", "read")),
			})
			assert.True(t, e.diff(test.inputs).HasChanges)
			preview, err := e.preview(test.inputs)
			require.NoError(t, err)
			assert.Equal(t, "x", preview.Get("roleId").AsString())
			assert.NotContains(t, e.said(), "take from its holders")
		})
	}
	assert.Empty(t, w.writes())
}

func TestRoleSecretsStaySecret(t *testing.T) {
	t.Parallel()
	w := newWorld(t, estate)
	e := w.resource("Role")
	secret := map[string]any{"project": property.New("payments").WithSecret(true), "stack": "dev", "permission": "read"}
	inputs := role(stacks(onStack("web", "dev", "read"), secret))
	assert.Contains(t, shown(e.checked(inputs)), "access: secret(")
	require.NoError(t, e.up(inputs))
	assert.True(t, e.state.Get("access").Secret())
	require.NoError(t, e.refresh())
	assert.True(t, e.state.Get("access").Secret())
}

func TestRoleMovesToAnotherOrganizationByReplacement(t *testing.T) {
	t.Parallel()
	w := newWorld(t, estate)
	e := w.resource("Role")
	require.NoError(t, e.up(role(stacks(onStack("payments", "dev", "read")))))
	diff := e.diff(role(stacks(onStack("payments", "dev", "read")), map[string]any{"organization": "other"}))
	assert.Equal(t, p.UpdateReplace, diff.DetailedDiff["organization"].Kind)
}

// TestRoleLockOut has a caller change the only role by which the caller may hand out access.
func TestRoleLockOut(t *testing.T) {
	t.Parallel()
	w := newWorld(t, estate)
	mighty := role(map[string]any{"scopes": []string{"role:read", "role:update", "team:read", "team:list", "team:update"}})
	weak := map[string]any{"scopes": []string{"role:read"}}
	made := w.resource("Role")
	require.NoError(t, made.up(mighty))
	id := made.state.Get("roleId").AsString()
	client := w.client(w.Token)
	_, err := client.CreateTeam(t.Context(), "acme", "masters", "Masters", "")
	require.NoError(t, err)
	require.NoError(t, client.AssignTeamRole(t.Context(), "acme", "masters", id))
	require.NoError(t, client.ChangeTeamMember(t.Context(), "acme", "masters", "eve", cloud.AddMember))
	as := func(token string) *engine {
		e := w.with(token, "Role")
		e.id, e.inputs, e.state = made.id, made.inputs, made.state
		return e
	}
	eve := as(w.TokenFor(servertest.Identity{User: "eve"}))
	before := policyOf(w, made)
	_, err = eve.preview(role(weak))
	require.ErrorContains(t, err, "refused: eve may hand out access")
	_, err = eve.preview(map[string]any{"name": "payments", "access": unknown})
	require.NoError(t, err)
	require.ErrorContains(t, eve.up(role(weak)), "allow: [lockOut]")
	assert.Equal(t, before, policyOf(w, made))

	w.Reset()
	wider := map[string]any{"scopes": []string{"role:read", "role:update", "team:read", "team:list", "team:update", "team:create"}}
	require.NoError(t, as(w.TokenFor(servertest.Identity{User: "eve"})).up(role(wider)))
	assert.Equal(t, map[string]int{patchRoleRoute: 1}, w.calls(), "nothing is asked while the role keeps what it takes")

	insisting := as(w.TokenFor(servertest.Identity{User: "eve"}))
	require.NoError(t, insisting.up(role(weak, map[string]any{"allow": []string{"lockOut"}})))
	require.NoError(t, made.refresh())
	require.NoError(t, made.up(mighty), "an administrator may")
	require.NoError(t, made.up(role(weak)), "and may take it away again")
}
