package organizationsettings_test

import (
	"net/http"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/cloud"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/resourcetest"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/server/servertest"
)

const guardedSeed = `
organization: acme
users: [{login: ana, role: admin}, {login: bo}]
settings: {defaultStackPermission: write, defaultEnvironmentPermission: write}
environments:
- {project: payments, environment: prod, definition: "values: {a: 1}"}
- {project: payments, environment: dev, definition: "values: {a: 1}"}
`

func protect(w resourcetest.World, protected bool) {
	w.T.Helper()
	require.NoError(w.T, w.Client(w.Token).SetDeletionProtected(w.T.Context(), "acme", "payments", "prod", protected))
}

// What guards outlives what is guarded: a default is not put back to a higher level over environments that somebody protects.
func TestDefaultsOutliveProtectedEnvironments(t *testing.T) {
	t.Parallel()
	closed := map[string]any{"defaultEnvironmentPermission": "none", "defaultStackPermission": "read"}
	for name, guard := range map[string]struct {
		on, off func(resourcetest.World)
		said    string
	}{
		"protected": {func(w resourcetest.World) { protect(w, true) }, func(w resourcetest.World) { protect(w, false) }, "payments/prod: protected from deletion"},
		"gated": {
			func(w resourcetest.World) {
				require.NoError(w.T, w.Resource("ApprovalGate").Up(resourcetest.GateBySec("open", map[string]any{"approvers": map[string]any{"users": []string{"bo"}}})))
			},
			func(w resourcetest.World) { w.Admin("DELETE", resourcetest.GatesPath+"/"+w.Gates()[0].ID, nil) }, "payments/prod: needs an approval",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := resourcetest.New(t, guardedSeed)
			e := w.Resource("OrganizationSettings")
			require.NoError(t, e.Up(closed))
			guard.on(w)
			w.Reset()
			err := e.Destroy()
			require.ErrorContains(t, err, guard.said)
			require.ErrorContains(t, err, "allow: [loosenDefaults]")
			assert.NotContains(t, err.Error(), "payments/dev")
			assert.Empty(t, w.Writes(), "nothing was put back")
			_, err = e.Preview(map[string]any{"defaultStackPermission": "read"})
			require.ErrorContains(t, err, guard.said, "a setting that leaves the program is put back as well")

			// It waits for those that are deleted beside it.
			var once sync.Once // reads come several at once
			watcher := servertest.NewWatcher(nil)
			waiting := w.Through(t.Context(), &http.Client{Transport: onRead{watcher, func(path string) {
				if path == "/api/esc/environments/acme/payments/prod/settings" {
					once.Do(func() { guard.off(w) })
				}
			}}}, w.Token, "OrganizationSettings")
			waiting.ID, waiting.State, waiting.Inputs = e.ID, e.State, e.Inputs
			require.NoError(t, waiting.Destroy())
			assert.Equal(t, "write", w.Metadata()["defaultEnvironmentPermission"])
		})
	}
	w := resourcetest.New(t, guardedSeed)
	e := w.Resource("OrganizationSettings")
	require.NoError(t, e.Up(closed))
	protect(w, true)
	require.NoError(t, e.Up(map[string]any{
		"defaultEnvironmentPermission": "none", "defaultStackPermission": "read", "allow": []string{"loosenDefaults"},
	}))
	require.NoError(t, e.Destroy())
	assert.Contains(t, e.Said(), "defaultEnvironmentPermission: none becomes write")
	assert.Equal(t, "write", w.Metadata()["defaultEnvironmentPermission"])

	tightening := w.Resource("OrganizationSettings")
	w.Change(resourcetest.Tree{"setDefaultEnvironmentPermission": "read"})
	require.NoError(t, tightening.Up(map[string]any{"defaultEnvironmentPermission": "write"}))
	w.Reset()
	require.NoError(t, tightening.Destroy(), "what gives less is put back at once")
	assert.Equal(t, map[string]int{resourcetest.OrganizationRoute: 1, resourcetest.PatchOrganizationRoute: 1}, w.Calls())
}

// A role of deployments that is put back reaches every environment, as a default does.
func TestDeploymentRoleOutlivesProtectedEnvironments(t *testing.T) {
	t.Parallel()
	const seed = `
organization: acme
users: [{login: ana, role: admin}]
settings: {defaultDeploymentRole: wide}
roles:
- {name: wide, scopes: ["environment:read", "environment:open"]}
- {name: narrow, scopes: ["environment:read"]}
environments:
- {project: payments, environment: prod, definition: "values: {a: 1}"}
`
	w := resourcetest.New(t, seed)
	e := w.Resource("OrganizationSettings")
	wide, narrow := w.RoleID("wide"), w.RoleID("narrow")
	inputs := map[string]any{"defaultDeploymentRoleId": narrow}
	require.NoError(t, e.Up(inputs))
	protect(w, true)
	err := e.Destroy()
	require.ErrorContains(t, err, "Deployments would hold what their default role grants")
	require.ErrorContains(t, err, "payments/prod: protected from deletion")
	assert.Contains(t, e.Said(), "defaultDeploymentRoleId: narrow becomes wide, which gives on every environment: environment:open")
	assert.Equal(t, narrow, w.Metadata()["defaultDeploymentRoleId"])
	_, err = e.Preview(map[string]any{"membersCanCreateStacks": true})
	require.ErrorContains(t, err, "Deployments would hold", "a setting that leaves the program is put back as well")
	protect(w, false)
	require.NoError(t, e.Destroy())
	assert.Equal(t, wide, w.Metadata()["defaultDeploymentRoleId"])

	protect(w, true)
	e = w.Resource("OrganizationSettings")
	w.Change(resourcetest.Tree{"setDefaultDeploymentRoleId": narrow})
	require.NoError(t, e.Up(map[string]any{"defaultDeploymentRoleId": wide}))
	require.NoError(t, e.Destroy(), "what gives less is put back at once")
}

// Whether there are protected environments must be known.
func TestDefaultsStayWhereProtectionCannotBeRead(t *testing.T) {
	t.Parallel()
	w := resourcetest.New(t, guardedSeed)
	e := w.Resource("OrganizationSettings")
	require.NoError(t, e.Up(map[string]any{"defaultEnvironmentPermission": "none"}))
	w.Fault(servertest.Fault{Match: resourcetest.ReadEnvironmentRoute + "/settings", Times: 100, Status: http.StatusForbidden})
	require.ErrorIs(t, e.Destroy(), cloud.ErrForbidden)
	assert.Equal(t, "none", w.Metadata()["defaultEnvironmentPermission"])
}

// onRead calls something before each read.
type onRead struct {
	next   http.RoundTripper
	before func(path string)
}

func (o onRead) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Method == http.MethodGet {
		o.before(r.URL.Path)
	}
	return o.next.RoundTrip(r)
}
