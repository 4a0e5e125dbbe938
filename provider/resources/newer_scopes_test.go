package resources_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/resourcetest"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/server"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/server/servertest"
)

const listScopesRoute = "GET /api/orgs/{orgName}/roles/scopes"

// newerService knows scopes that this version does not.
func newerService(t *testing.T) resourcetest.World {
	t.Helper()
	return resourcetest.On(t, servertest.Start(t, server.Options{Seed: []byte(resourcetest.Estate), Scopes: []string{"environment:close", "stack:fly", "org_token:rotate"}}))
}

// withScope are inputs that name a scope, by the kind of the resource: where, and the path of a check failure.
var withScope = map[string]struct {
	inputs func(scope string) map[string]any
	path   string
	newer  string
	other  string // of another kind
}{
	"PermissionSet": {func(scope string) map[string]any {
		return map[string]any{"name": "x", "entityType": "environment", "scopes": []string{"environment:read", scope}}
	}, "scopes[1]", "environment:close", "stack:fly"},
	"Role": {func(scope string) map[string]any {
		return resourcetest.RoleInputs(map[string]any{"environments": []any{map[string]any{"project": "payments", "environment": "dev", "scopes": []string{"environment:read", scope}}}})
	}, "access.environments[0].scopes[1]", "environment:close", "stack:fly"},
	"Role of organization scopes": {func(scope string) map[string]any {
		return resourcetest.RoleInputs(map[string]any{"scopes": []string{scope}})
	}, "access.scopes[0]", "org_token:rotate", "stack:fly"},
	"ApprovalGate": {func(scope string) map[string]any {
		return resourcetest.GateOnProd(map[string]any{"approvers": map[string]any{"permission": scope}})
	}, "approvers.permission", "environment:close", "stack:fly"},
	"Environment": {func(scope string) map[string]any {
		return map[string]any{"project": "payments", "name": "new", "gates": []any{map[string]any{
			"action": "update", "approvers": map[string]any{"permission": scope}, "requiredApprovals": 1, "allowSelfApproval": false,
			"requireReapprovalOnChange": true, "enabled": true,
		}}}
	}, "gates[0].approvers.permission", "environment:close", "stack:fly"},
}

func kindOf(name string) string {
	if name == "Role of organization scopes" {
		return "Role"
	}
	return name
}

// A scope that is newer than this version is taken if the service lists it for this kind of entity; a misspelled one is refused with
// the nearest names, those of the service among them.
func TestNewerScopesNeedNoRelease(t *testing.T) {
	t.Parallel()
	for name, c := range withScope {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newerService(t)
			e := w.Resource(kindOf(name))
			require.NoError(t, e.Up(c.inputs(c.newer)))
			assert.Equal(t, 1, w.Calls()[listScopesRoute], "the list is read once")
			assert.NotContains(t, e.Said(), "could not be asked")
			require.NoError(t, e.Refresh())
			e.Settled(c.inputs(c.newer))

			assert.Regexp(t, "is a scope of the stack|is not a scope of the environment", e.Failures(c.inputs(c.other))[c.path])
			assert.Contains(t, e.Failures(c.inputs(c.newer + "s"))[c.path], "nearest are "+c.newer)
			assert.Contains(t, e.Failures(c.inputs("Environment Open"))[c.path], "is not a scope")

			w.Reset()
			known := map[string]string{"org_token:rotate": "org_token:read"}[c.newer]
			if known == "" {
				known = "environment:open"
			}
			assert.Empty(t, e.Failures(c.inputs(known)))
			assert.Empty(t, w.Calls(), "known scopes are not asked for")
		})
	}
}

// While the list cannot be read, a preview accepts what may be a scope, and says so; the update fails until the list says that it is.
func TestNewerScopesThatCannotBeTold(t *testing.T) {
	t.Parallel()
	for name, c := range withScope {
		for reason, fault := range map[string]servertest.Fault{
			"refused": {Match: listScopesRoute, Status: http.StatusForbidden, Times: 50},
			"outage":  {Match: listScopesRoute, Status: http.StatusServiceUnavailable, Times: 200},
			"empty":   {Match: listScopesRoute, Status: http.StatusOK, Body: new("{}"), Times: 50},
		} {
			t.Run(name+" "+reason, func(t *testing.T) {
				t.Parallel()
				w := newerService(t)
				w.Fault(fault)
				e := w.Resource(kindOf(name))
				for _, scope := range []string{c.newer, c.newer + "s"} {
					_, err := e.Preview(c.inputs(scope))
					require.NoError(t, err)
					said := e.Said()
					assert.Contains(t, said, "could not be asked")
					assert.Contains(t, said, scope)
				}
				assert.Contains(t, e.Failures(c.inputs("Environment Open"))[c.path], "is not a scope", "what cannot be a scope is refused")
				w.Reset()
				w.Fault(fault)
				require.ErrorContains(t, e.Up(c.inputs(c.newer)), "additionalScopes")
				assert.Empty(t, w.Writes())
				w.Call(w.Token, "DELETE", "/_sandbox/faults", nil)
				assert.NotEmpty(t, e.Failures(c.inputs(c.newer + "s"))[c.path], "once it can be read, a misspelled one is refused")
				require.NoError(t, e.Up(c.inputs(c.newer)))
			})
		}
	}
}

// An organization that is not known yet cannot be asked.
func TestNewerScopesOfAnUnknownOrganization(t *testing.T) {
	t.Parallel()
	w := newerService(t)
	inputs := withScope["Role"].inputs("environment:close")
	inputs["organization"] = resourcetest.Unknown
	e := w.Resource("Role")
	assert.Empty(t, e.Failures(inputs))
	assert.Contains(t, e.Said(), "environment:close, on the environment")
	assert.Empty(t, w.Calls())
}
