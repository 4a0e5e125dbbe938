package resources_test

import (
	"net/http"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/cloud"
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

func protect(w world, protected bool) {
	w.t.Helper()
	require.NoError(w.t, w.client(w.Token).SetDeletionProtected(w.t.Context(), "acme", "payments", "prod", protected))
}

// What guards outlives what is guarded: a default is not put back to a higher level over environments that somebody protects.
func TestDefaultsOutliveProtectedEnvironments(t *testing.T) {
	t.Parallel()
	closed := map[string]any{"defaultEnvironmentPermission": "none", "defaultStackPermission": "read"}
	for name, guard := range map[string]struct {
		on, off func(world)
		said    string
	}{
		"protected": {func(w world) { protect(w, true) }, func(w world) { protect(w, false) }, "payments/prod: protected from deletion"},
		"gated": {
			func(w world) {
				require.NoError(w.t, w.resource("ApprovalGate").up(openGate("open", map[string]any{"approvers": map[string]any{"users": []string{"bo"}}})))
			},
			func(w world) { w.admin("DELETE", gatesPath+"/"+w.gates()[0].ID, nil) }, "payments/prod: needs an approval",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, guardedSeed)
			e := w.resource("OrganizationSettings")
			require.NoError(t, e.up(closed))
			guard.on(w)
			w.Reset()
			err := e.destroy()
			require.ErrorContains(t, err, guard.said)
			require.ErrorContains(t, err, "allow: [loosenDefaults]")
			assert.NotContains(t, err.Error(), "payments/dev")
			assert.Empty(t, w.writes(), "nothing was put back")
			_, err = e.preview(map[string]any{"defaultStackPermission": "read"})
			require.ErrorContains(t, err, guard.said, "a setting that leaves the program is put back as well")

			// It waits for those that are deleted beside it.
			var once sync.Once // reads come several at once
			watcher := servertest.NewWatcher(nil)
			waiting := w.provider(t.Context(), &http.Client{Transport: onRead{watcher, func(path string) {
				if path == "/api/esc/environments/acme/payments/prod/settings" {
					once.Do(func() { guard.off(w) })
				}
			}}}, w.Token, "OrganizationSettings")
			waiting.id, waiting.state, waiting.inputs = e.id, e.state, e.inputs
			require.NoError(t, waiting.destroy())
			assert.Equal(t, "write", w.metadata()["defaultEnvironmentPermission"])
		})
	}
	w := newWorld(t, guardedSeed)
	e := w.resource("OrganizationSettings")
	require.NoError(t, e.up(closed))
	protect(w, true)
	require.NoError(t, e.up(map[string]any{
		"defaultEnvironmentPermission": "none", "defaultStackPermission": "read", "allow": []string{"loosenDefaults"},
	}))
	require.NoError(t, e.destroy())
	assert.Contains(t, e.said(), "defaultEnvironmentPermission: none becomes write")
	assert.Equal(t, "write", w.metadata()["defaultEnvironmentPermission"])

	tightening := w.resource("OrganizationSettings")
	w.change(tree{"setDefaultEnvironmentPermission": "read"})
	require.NoError(t, tightening.up(map[string]any{"defaultEnvironmentPermission": "write"}))
	w.Reset()
	require.NoError(t, tightening.destroy(), "what gives less is put back at once")
	assert.Equal(t, map[string]int{organizationRoute: 1, patchOrganizationRoute: 1}, w.calls())
}

// Whether there are protected environments must be known.
func TestDefaultsStayWhereProtectionCannotBeRead(t *testing.T) {
	t.Parallel()
	w := newWorld(t, guardedSeed)
	e := w.resource("OrganizationSettings")
	require.NoError(t, e.up(map[string]any{"defaultEnvironmentPermission": "none"}))
	w.Fault(servertest.Fault{Match: readEnvironmentRoute + "/settings", Times: 100, Status: http.StatusForbidden})
	require.ErrorIs(t, e.destroy(), cloud.ErrForbidden)
	assert.Equal(t, "none", w.metadata()["defaultEnvironmentPermission"])
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
