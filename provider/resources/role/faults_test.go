package role_test

import (
	"net/http"
	"testing"

	p "github.com/pulumi/pulumi-go-provider"
	"github.com/pulumi/pulumi/sdk/v3/go/property"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/cloud"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/resourcetest"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/server/servertest"
)

// TestRoleCreateUnderFaults shows that whatever happens to the answers, one role is made.
func TestRoleCreateUnderFaults(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name  string
		fault servertest.Fault
	}{
		{name: "answer lost", fault: servertest.Fault{Match: resourcetest.CreateRoleRoute, Reset: "after"}},
		{name: "request lost", fault: servertest.Fault{Match: resourcetest.CreateRoleRoute, Reset: "before"}},
		{name: "limited", fault: servertest.Fault{
			Match: resourcetest.CreateRoleRoute, Status: http.StatusTooManyRequests, Times: 2, Headers: map[string]string{"Retry-After": "1"},
		}},
		{name: "gateway", fault: servertest.Fault{Match: resourcetest.CreateRoleRoute, Status: http.StatusBadGateway}},
		{name: "reading fails for a while", fault: servertest.Fault{
			Match: resourcetest.ListRolesRoute, Status: http.StatusServiceUnavailable, Times: 3,
		}},
		{name: "looking up is cut off", fault: servertest.Fault{Match: resourcetest.GetStackRoute, Reset: "after"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			w := resourcetest.New(t, resourcetest.Estate)
			e := w.Resource("Role")
			w.Fault(test.fault)
			inputs := resourcetest.RoleInputs(resourcetest.StackRules(resourcetest.OnStack("payments", "dev", "read")))
			require.NoError(t, e.Up(inputs))
			assert.Len(t, named(w, cloud.PurposePolicy), 1)
			assert.Equal(t, "acme/"+named(w, cloud.PurposeRole)["payments"], e.ID)
			require.NoError(t, e.Refresh())
			e.Settled(inputs)
			require.NoError(t, e.Destroy())
		})
	}
}

func TestRoleUpdateUnderFaults(t *testing.T) {
	t.Parallel()
	for _, fault := range []servertest.Fault{
		{Match: resourcetest.PatchRoleRoute, Reset: "after"},
		{Match: resourcetest.PatchRoleRoute, Reset: "before"},
		{Match: resourcetest.PatchRoleRoute, Status: http.StatusServiceUnavailable, Times: 2},
		{Match: resourcetest.PatchRoleRoute, Status: http.StatusTooManyRequests, Headers: map[string]string{"Retry-After": "1"}},
	} {
		w := resourcetest.New(t, resourcetest.Estate)
		e := w.Resource("Role")
		require.NoError(t, e.Up(resourcetest.RoleInputs(resourcetest.StackRules(resourcetest.OnStack("payments", "dev", "read")))))
		w.Fault(fault)
		inputs := resourcetest.RoleInputs(resourcetest.StackRules(resourcetest.OnStack("payments", "dev", "write")))
		require.NoError(t, e.Up(inputs), "%+v", fault)
		require.NoError(t, e.Refresh())
		e.Settled(inputs)
	}
}

func TestRoleUpdateRefusedChangesNothing(t *testing.T) {
	t.Parallel()
	w := resourcetest.New(t, resourcetest.Estate)
	e := w.Resource("Role")
	require.NoError(t, e.Up(resourcetest.RoleInputs(resourcetest.StackRules(resourcetest.OnStack("payments", "dev", "read")))))
	state := resourcetest.Shown(e.State)
	w.Fault(servertest.Fault{Match: resourcetest.PatchRoleRoute, Status: http.StatusForbidden})
	inputs := resourcetest.RoleInputs(resourcetest.StackRules(resourcetest.OnStack("payments", "dev", "write")))
	require.ErrorContains(t, e.Up(inputs), "403")
	assert.Equal(t, state, resourcetest.Shown(e.State))
	require.NoError(t, e.Up(inputs))
}

// TestRolePartlyCreated has the service answer a create with something that does not name the policy.
func TestRolePartlyCreated(t *testing.T) {
	t.Parallel()
	w := resourcetest.New(t, resourcetest.Estate)
	e := w.Resource("Role")
	inputs := resourcetest.RoleInputs(resourcetest.StackRules(resourcetest.OnStack("payments", "dev", "read")))
	body := `{"id": "` + madeLater + `", "name": "payments", "details": {"__type": "PermissionDescriptorGroup", "entries": []}}`
	w.Fault(servertest.Fault{Match: resourcetest.CreateRoleRoute, Body: &body})
	w.Fault(servertest.Fault{Match: resourcetest.GetRoleRoute, Status: http.StatusForbidden})
	err := e.Up(inputs)
	var partial *resourcetest.UnfinishedError
	require.ErrorAs(t, err, &partial)
	require.ErrorContains(t, err, "was made")
	assert.Equal(t, "acme/"+madeLater, e.ID)

	// The state knows the role; here its id is corrected, since the answer above was made up.
	e.State = e.State.Set("roleId", property.New(named(w, cloud.PurposeRole)["payments"]))
	w.Reset()
	require.NoError(t, e.Up(inputs), "the next update finishes it")
	assert.Equal(t, map[string]int{resourcetest.GetRoleRoute: 1}, w.Calls())
	assert.Equal(t, named(w, cloud.PurposePolicy)["payments"], e.State.Get("policyId").AsString())
	assert.False(t, e.Unfinished)
}

const madeLater = "00000000-0000-0000-0000-000000000001"

// TestRolePartlyRenamed has the second of two calls refused.
func TestRolePartlyRenamed(t *testing.T) {
	t.Parallel()
	w := resourcetest.New(t, resourcetest.Estate)
	w.AddRecord("", "role", "taken", resourcetest.Allow("audit_logs:read"), "global")
	e := w.Resource("Role")
	require.NoError(t, e.Up(resourcetest.RoleInputs(resourcetest.StackRules(resourcetest.OnStack("payments", "dev", "read")))))
	err := e.Up(resourcetest.RoleInputs(resourcetest.StackRules(resourcetest.OnStack("payments", "dev", "write")), map[string]any{"name": "taken"}))
	var partial *resourcetest.UnfinishedError
	require.ErrorAs(t, err, &partial)
	require.ErrorContains(t, err, "exists already")
	assert.Contains(t, resourcetest.Shown(e.State), "name: payments")
	assert.Contains(t, resourcetest.Shown(e.State), "permission: write")

	other := resourcetest.RoleInputs(resourcetest.StackRules(resourcetest.OnStack("payments", "dev", "write")), map[string]any{"name": "free"})
	require.NoError(t, e.Up(other))
	e.Settled(other)
	assert.Contains(t, named(w, cloud.PurposePolicy), "free")
	require.NoError(t, e.Refresh())
	e.Settled(other)
}

func TestRoleNameTaken(t *testing.T) {
	t.Parallel()
	w := resourcetest.New(t, resourcetest.Estate)
	made := w.AddRole("payments", resourcetest.Group(resourcetest.Allow("audit_logs:read")))
	e := w.Resource("Role")
	err := e.Up(resourcetest.RoleInputs(resourcetest.StackRules(resourcetest.OnStack("payments", "dev", "read"))))
	require.ErrorContains(t, err, "pulumi import leastprivilege:index:Role x acme/"+made.ID)
	assert.Empty(t, e.ID)
	require.ErrorContains(t, w.Resource("Role").Up(resourcetest.RoleInputs(resourcetest.StackRules(resourcetest.OnStack("payments", "dev", "read")),
		map[string]any{"name": "Member"})), "built-in role")

	w.AddRecord("", "policy", "left-over", resourcetest.Group(resourcetest.Allow("audit_logs:read")), "global")
	err = w.Resource("Role").Up(resourcetest.RoleInputs(resourcetest.StackRules(resourcetest.OnStack("payments", "dev", "read")), map[string]any{"name": "left-over"}))
	require.ErrorContains(t, err, "not visible to this token")
}

func TestRoleNamesWhatIsMissing(t *testing.T) {
	t.Parallel()
	w := resourcetest.New(t, resourcetest.Estate)
	e := w.Resource("Role")
	inputs := resourcetest.RoleInputs(map[string]any{
		"stacks":       []any{resourcetest.OnStack("payments", "dev", "read"), resourcetest.OnStack("payments", "qa", "read"), resourcetest.OnStack("nope", "x", "read")},
		"environments": []any{onEnvironment("payments", "staging", "read")},
	})
	_, err := e.Preview(inputs)
	require.NoError(t, err)
	said := e.Said()
	for _, missing := range []string{"stack payments/qa", "stack nope/x", "environment payments/staging"} {
		assert.Contains(t, said, missing)
	}
	assert.NotContains(t, said, "payments/dev")

	err = e.Up(inputs)
	for _, missing := range []string{"stack payments/qa", "stack nope/x", "environment payments/staging", "dependsOn"} {
		require.ErrorContains(t, err, missing)
	}
	assert.NotContains(t, err.Error(), "payments/dev")
	assert.Empty(t, w.Writes())
}

func TestRolePreviewsWithoutTheService(t *testing.T) {
	t.Parallel()
	w := resourcetest.New(t, resourcetest.Estate)
	e := w.Resource("Role")
	w.Fault(servertest.Fault{Match: "*", Status: http.StatusForbidden, Times: 50})
	_, err := e.Preview(resourcetest.RoleInputs(resourcetest.StackRules(resourcetest.OnStack("payments", "dev", "read"))))
	require.NoError(t, err)
	assert.Contains(t, e.Said(), "could not be read")
}

func TestRoleHeldIsNotDeleted(t *testing.T) {
	t.Parallel()
	w := resourcetest.New(t, resourcetest.Estate)
	e := w.Resource("Role")
	require.NoError(t, e.Up(resourcetest.RoleInputs(resourcetest.StackRules(resourcetest.OnStack("payments", "dev", "read")))))
	id := e.State.Get("roleId").AsString()
	w.Admin("POST", "/api/orgs/acme/teams/pulumi", resourcetest.Tree{
		"name": "payers", "displayName": "Payers", "description": "",
	})
	require.NoError(t, w.Client(w.Token).AssignTeamRole(t.Context(), "acme", "payers", id))
	w.Admin("PATCH", "/api/orgs/acme/members/bo", resourcetest.Tree{"fgaRoleId": id})
	err := e.Destroy()
	require.ErrorContains(t, err, "team payers")
	require.ErrorContains(t, err, "user bo")
	assert.NotEmpty(t, named(w, cloud.PurposeRole)["payments"])
}

func TestRoleHeldByDeploymentsIsNotDeleted(t *testing.T) {
	t.Parallel()
	w := resourcetest.New(t, resourcetest.Estate)
	e := w.Resource("Role")
	require.NoError(t, e.Up(resourcetest.RoleInputs(resourcetest.StackRules(resourcetest.OnStack("payments", "dev", "read")))))
	w.Admin("POST", "/api/stacks/acme/payments/dev/deployments/settings",
		resourcetest.Tree{"operationContext": resourcetest.Tree{"role": resourcetest.Tree{"id": e.State.Get("roleId").AsString()}}})
	require.ErrorContains(t, e.Destroy(), "some stack's deployments")
	w.Admin("PATCH", resourcetest.RolesPath+"/"+e.State.Get("roleId").AsString()+"/default", nil)
	require.ErrorContains(t, e.Destroy(), "default role of its members")
}

func TestRoleCheck(t *testing.T) {
	t.Parallel()
	w := resourcetest.New(t, resourcetest.Estate)
	e := w.Resource("Role")
	one := func(rule map[string]any) map[string]any {
		return resourcetest.RoleInputs(resourcetest.StackRules(rule))
	}
	for _, test := range []struct {
		name   string
		inputs map[string]any
		path   string
		says   string
	}{
		{name: "empty name", inputs: resourcetest.RoleInputs(resourcetest.StackRules(resourcetest.OnStack("a", "b", "read")), map[string]any{"name": " "}), path: "name"},
		{name: "name with a slash", inputs: resourcetest.RoleInputs(resourcetest.StackRules(resourcetest.OnStack("a", "b", "read")), map[string]any{"name": "a/b"}), path: "name"},
		{name: "empty access", inputs: resourcetest.RoleInputs(map[string]any{}), path: "access", says: "grants nothing"},
		{name: "no access", inputs: map[string]any{"name": "x"}, path: "access"},
		{name: "unknown permission", inputs: one(resourcetest.OnStack("a", "b", "open")), path: "access.stacks[0].permission", says: "write"},
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
		{name: "stack with a slash", inputs: one(resourcetest.OnStack("a", "b/c", "read")), path: "access.stacks[0].stack"},
		{name: "empty tags", inputs: one(map[string]any{"tags": map[string]any{}, "permission": "read"}), path: "access.stacks[0].tags"},
		{
			name: "bad duration",
			inputs: resourcetest.RoleInputs(map[string]any{"environments": []any{map[string]any{
				"project": "a", "environment": "b", "permission": "open", "maxOpenDuration": "soon",
			}}}), path: "access.environments[0].maxOpenDuration",
		},
		{
			name:   "open on all",
			inputs: resourcetest.RoleInputs(map[string]any{"environments": []any{map[string]any{"all": true, "permission": "open"}}}),
			path:   "access.environments[0].permission", says: "openOnAll",
		},
		{name: "entity scope among the organization's", inputs: resourcetest.RoleInputs(map[string]any{"scopes": []string{"stack:delete"}}), path: "access.scopes[0]"},
		{
			name:   "unknown opt-in",
			inputs: resourcetest.RoleInputs(resourcetest.StackRules(resourcetest.OnStack("a", "b", "read")), map[string]any{"allow": []string{"everything"}}), path: "allow[0]",
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			failures := e.Failures(test.inputs)
			require.Contains(t, failures, test.path)
			assert.Contains(t, failures[test.path], test.says)
		})
	}
	assert.Equal(t, map[string]int{"GET /api/orgs/{orgName}/roles/scopes": 1}, w.Calls(), "a check asks for a scope that is not known, once")
}

// TestRoleUnknowns shows that what is not known yet neither fails nor gets lost.
func TestRoleUnknowns(t *testing.T) {
	t.Parallel()
	w := resourcetest.New(t, resourcetest.Estate)
	for _, test := range []struct {
		name   string
		inputs map[string]any
		shown  string
	}{
		{name: "access", inputs: map[string]any{"name": "x", "access": resourcetest.Unknown}, shown: "access: unknown"},
		{name: "name", inputs: resourcetest.RoleInputs(resourcetest.StackRules(resourcetest.OnStack("payments", "dev", "read")), map[string]any{"name": resourcetest.Unknown}), shown: "name: unknown"},
		{name: "stacks", inputs: resourcetest.RoleInputs(map[string]any{"stacks": resourcetest.Unknown}), shown: "access: unknown"},
		{name: "scopes", inputs: resourcetest.RoleInputs(map[string]any{"scopes": resourcetest.Unknown}), shown: "access: unknown"},
		{name: "organization's set", inputs: resourcetest.RoleInputs(map[string]any{"organization": resourcetest.Unknown}), shown: "access: unknown"},
		{
			name:   "project",
			inputs: resourcetest.RoleInputs(resourcetest.StackRules(map[string]any{"project": resourcetest.Unknown, "stack": "dev", "permission": "read"})),
			shown:  "access: unknown",
		},
		{name: "tags", inputs: resourcetest.RoleInputs(resourcetest.StackRules(map[string]any{"tags": resourcetest.Unknown, "permission": "read"})), shown: "access: unknown"},
		{
			name:   "one tag",
			inputs: resourcetest.RoleInputs(resourcetest.StackRules(map[string]any{"tags": map[string]any{"a": resourcetest.Unknown}, "permission": "read"})),
			shown:  "access: unknown",
		},
		{
			name:   "a rule's scopes",
			inputs: resourcetest.RoleInputs(resourcetest.StackRules(map[string]any{"project": "payments", "stack": "dev", "scopes": resourcetest.Unknown})),
			shown:  "access: unknown",
		},
		{name: "a rule", inputs: resourcetest.RoleInputs(resourcetest.StackRules(resourcetest.Unknown, resourcetest.OnStack("payments", "dev", "read"))), shown: "access: unknown"},
		{
			name:   "opt-ins",
			inputs: resourcetest.RoleInputs(resourcetest.StackRules(resourcetest.OnStack("payments", "dev", "read")), map[string]any{"allow": resourcetest.Unknown}), shown: "allow: unknown",
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			e := w.Resource("Role")
			assert.Contains(t, resourcetest.Shown(e.Checked(test.inputs)), test.shown)
			_, err := e.Preview(test.inputs)
			require.NoError(t, err)
			assert.NotContains(t, e.Said(), "fail")
			e.ID, e.Inputs = "acme/x", e.Checked(resourcetest.RoleInputs(resourcetest.StackRules(resourcetest.OnStack("payments", "dev", "read"))))
			e.State = resourcetest.Object(map[string]any{
				"organization": "acme", "name": "payments", "roleId": "x", "policyId": "y", "scopes": []string{},
				"unrecognized": []string{}, "entityIds": map[string]any{}, "setIds": map[string]any{},
				"access": resourcetest.StackRules(resourcetest.OnStack("payments", "dev", "read")),
			})
			assert.True(t, e.Diff(test.inputs).HasChanges)
			preview, err := e.Preview(test.inputs)
			require.NoError(t, err)
			assert.Equal(t, "x", preview.Get("roleId").AsString())
			assert.NotContains(t, e.Said(), "take from its holders")
		})
	}
	assert.Empty(t, w.Writes())
}

func TestRoleSecretsStaySecret(t *testing.T) {
	t.Parallel()
	w := resourcetest.New(t, resourcetest.Estate)
	e := w.Resource("Role")
	secret := map[string]any{"project": property.New("payments").WithSecret(true), "stack": "dev", "permission": "read"}
	inputs := resourcetest.RoleInputs(resourcetest.StackRules(resourcetest.OnStack("web", "dev", "read"), secret))
	assert.Contains(t, resourcetest.Shown(e.Checked(inputs)), "access: secret(")
	require.NoError(t, e.Up(inputs))
	assert.True(t, e.State.Get("access").Secret())
	require.NoError(t, e.Refresh())
	assert.True(t, e.State.Get("access").Secret())
}

func TestRoleMovesToAnotherOrganizationByReplacement(t *testing.T) {
	t.Parallel()
	w := resourcetest.New(t, resourcetest.Estate)
	e := w.Resource("Role")
	require.NoError(t, e.Up(resourcetest.RoleInputs(resourcetest.StackRules(resourcetest.OnStack("payments", "dev", "read")))))
	diff := e.Diff(resourcetest.RoleInputs(resourcetest.StackRules(resourcetest.OnStack("payments", "dev", "read")), map[string]any{"organization": "other"}))
	assert.Equal(t, p.UpdateReplace, diff.DetailedDiff["organization"].Kind)
}

// TestRoleLockOut has a caller change the only role by which the caller may hand out access.
func TestRoleLockOut(t *testing.T) {
	t.Parallel()
	w := resourcetest.New(t, resourcetest.Estate)
	mighty := resourcetest.RoleInputs(map[string]any{"scopes": []string{"role:read", "role:update", "team:read", "team:list", "team:update"}})
	weak := map[string]any{"scopes": []string{"role:read"}}
	made := w.Resource("Role")
	require.NoError(t, made.Up(mighty))
	id := made.State.Get("roleId").AsString()
	client := w.Client(w.Token)
	_, err := client.CreateTeam(t.Context(), "acme", "masters", "Masters", "")
	require.NoError(t, err)
	require.NoError(t, client.AssignTeamRole(t.Context(), "acme", "masters", id))
	require.NoError(t, client.ChangeTeamMember(t.Context(), "acme", "masters", "eve", cloud.AddMember))
	as := func(token string) *resourcetest.Engine {
		e := w.With(token, "Role")
		e.ID, e.Inputs, e.State = made.ID, made.Inputs, made.State
		return e
	}
	eve := as(w.TokenFor(servertest.Identity{User: "eve"}))
	before := policyOf(w, made)
	_, err = eve.Preview(resourcetest.RoleInputs(weak))
	require.ErrorContains(t, err, "refused: eve may hand out access")
	_, err = eve.Preview(map[string]any{"name": "payments", "access": resourcetest.Unknown})
	require.NoError(t, err)
	require.ErrorContains(t, eve.Up(resourcetest.RoleInputs(weak)), "allow: [lockOut]")
	assert.Equal(t, before, policyOf(w, made))

	w.Reset()
	wider := map[string]any{"scopes": []string{"role:read", "role:update", "team:read", "team:list", "team:update", "team:create"}}
	require.NoError(t, as(w.TokenFor(servertest.Identity{User: "eve"})).Up(resourcetest.RoleInputs(wider)))
	assert.Equal(t, map[string]int{resourcetest.PatchRoleRoute: 1}, w.Calls(), "nothing is asked while the role keeps what it takes")

	insisting := as(w.TokenFor(servertest.Identity{User: "eve"}))
	require.NoError(t, insisting.Up(resourcetest.RoleInputs(weak, map[string]any{"allow": []string{"lockOut"}})))
	require.NoError(t, made.Refresh())
	require.NoError(t, made.Up(mighty), "an administrator may")
	require.NoError(t, made.Up(resourcetest.RoleInputs(weak)), "and may take it away again")
}
