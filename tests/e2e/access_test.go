package e2e

import (
	"crypto/rand"
	"net/http"
	"os"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestAccess(t *testing.T) {
	t.Parallel()
	folder := example("yaml", "access")
	p := newFolder(t, seedOf(t, folder))
	require.NoError(t, os.CopyFS(p.cli.Dir, os.DirFS(folder)))
	p.stack()
	p.checkAccess(p)
}

func TestGoAccess(t *testing.T) { t.Parallel(); golang.checkAccess(t, "go") }

func TestTypeScriptAccess(t *testing.T) { t.Parallel(); typeScript.checkAccess(t, "typescript") }

func TestPythonAccess(t *testing.T) { t.Parallel(); pythonLanguage.checkAccess(t, "python") }

func (l language) checkAccess(t *testing.T, name string) {
	folder := example(name, "access")
	a := l.newAutomated(t, seedOf(t, folder), folder)
	a.checkAccess(a)
}

// checkAccess holds what the example access promises: who is named gets in as far as they are named, and nobody else; what is granted
// elsewhere shows as drift, and goes.
func (p *project) checkAccess(by operator) {
	t := p.t
	before := p.sandbox.State()
	assert.Contains(t, by.preview(), "bo")
	assert.Equal(t, string(before), string(p.sandbox.State()), "the preview changes nothing")
	require.True(t, p.gets("bo", "environment"))

	by.up()
	p.checkWhoGetsIn()
	unchanged := p.calls(func() { by.up("--expect-no-changes") })
	assert.Zero(t, unchanged.Total, "an update without changes makes no call: %v", unchanged.Routes)
	by.refresh("--expect-no-changes")

	p.call(http.MethodPatch, "/api/orgs/acme/teams/guests", map[string]any{
		"addEnvironmentPermission": map[string]any{"projectName": "payments", "envName": "prod", "permission": "write"},
	})
	require.True(t, p.gets("cy", "environment"))
	by.refresh()
	assert.Contains(t, by.preview("--diff"), "guests")
	by.up()
	p.checkWhoGetsIn()

	assert.Contains(t, by.destroy(), "stay removed")
	for _, login := range []string{"bo", "cy", "di"} {
		assert.False(t, p.gets(login, "stack"), "%s sees the stack", login)
	}
	assert.False(t, p.gets("di", "environment"))
	assert.Equal(t, "bo", p.ownerOf("payments/prod"), "the environment goes back to its owner")
}

// checkWhoGetsIn tries who sees the stack, changes it, and opens the environment.
func (p *project) checkWhoGetsIn() {
	p.t.Helper()
	for login, may := range map[string]map[string]bool{
		"ana": {"stack": true, "change": true, "environment": true},
		"bo":  {},
		"cy":  {"stack": true},
		"di":  {"stack": true, "change": true, "environment": true},
	} {
		for _, what := range []string{"stack", "change", "environment"} {
			assert.Equal(p.t, may[what], p.gets(login, what), "%s: %s", login, what)
		}
	}
	assert.Equal(p.t, "ana", p.ownerOf("payments/prod"))
}

// gets tries whether somebody sees or changes the stack of production, or opens its environment.
func (p *project) gets(login, what string) bool {
	p.t.Helper()
	const stack, environment = "/api/stacks/acme/payments/prod", "/api/esc/environments/acme/payments/prod"
	method, path, body := http.MethodGet, stack, any(nil)
	switch what {
	case "change":
		method, path, body = http.MethodPost, stack+"/tags", map[string]string{"name": "tried-" + rand.Text(), "value": login}
	case "environment":
		method, path = http.MethodPost, environment+"/open?duration=1h"
	}
	status, _ := p.sandbox.Call(p.tokenOf(login), method, path, body)
	return status < http.StatusBadRequest
}
