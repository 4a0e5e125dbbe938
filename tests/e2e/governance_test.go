package e2e

import (
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/server/servertest"
)

func TestGovernance(t *testing.T) {
	t.Parallel()
	folder := example("yaml", "governance")
	p := newFolder(t, seedOf(t, folder))
	require.NoError(t, os.CopyFS(p.cli.Dir, os.DirFS(folder)))
	p.stack()
	p.checkGovernance(p)
}

func TestGoGovernance(t *testing.T) { t.Parallel(); golang.checkGovernance(t, "go") }

func TestTypeScriptGovernance(t *testing.T) {
	t.Parallel()
	typeScript.checkGovernance(t, "typescript")
}

func TestPythonGovernance(t *testing.T) { t.Parallel(); pythonLanguage.checkGovernance(t, "python") }

func (l language) checkGovernance(t *testing.T, name string) {
	folder := example(name, "governance")
	a := l.newAutomated(t, seedOf(t, folder), folder)
	a.checkGovernance(a)
}

func seedOf(t *testing.T, folder string) string {
	t.Helper()
	seed, err := os.ReadFile(filepath.Join(folder, "organization.yaml"))
	require.NoError(t, err)
	return string(seed)
}

// operator carries out operations on a stack: the CLI, or a driver of the program's language.
type operator interface {
	preview(flags ...string) string
	up(flags ...string) string
	refresh(flags ...string) string
	destroy() string
}

// checkGovernance holds what the example governance promises: a preview writes nothing; up puts every rule in force, and a
// second update makes no call; destroy leaves the organization as it was, byte for byte.
func (p *project) checkGovernance(by operator) {
	t := p.t
	before := p.sandbox.State()
	for _, call := range p.calls(func() { by.preview() }).List {
		assert.False(t, call.Writes(), "the preview wrote: %s %s", call.Method, call.Path)
	}
	assert.Equal(t, before, p.sandbox.State(), "the preview changes nothing")

	by.up()
	p.checkRules()
	unchanged := p.calls(func() { by.up("--expect-no-changes") })
	assert.Zero(t, unchanged.Total, "an update without changes makes no call: %v", unchanged.Routes)
	by.refresh("--expect-no-changes")

	p.run("config", "set", "protectProduction", "false")
	by.up()
	by.destroy()
	assert.Equal(t, string(before), string(p.sandbox.State()), "destroy leaves the organization as it was, byte for byte")
}

// checkRules tries what the rules of the example allow and refuse.
func (p *project) checkRules() {
	const esc, stacks = "/api/esc/environments/acme/", "/api/stacks/acme/"
	bo, cy, di := p.tokenOf("bo"), p.tokenOf("cy"), p.tokenOf("di")
	deployment := p.sandbox.TokenFor(servertest.Identity{Deployment: &servertest.Deployment{Project: "payments", Stack: "prod"}})
	var outputs struct {
		ScannerToken string   `json:"scannerToken"`
		Members      []string `json:"breakGlassMembers"`
	}
	require.NoError(p.t, json.Unmarshal([]byte(p.run("stack", "output", "--json", "--show-secrets")), &outputs))
	assert.Empty(p.t, outputs.Members, "the time of the only one who is named is past")
	for _, c := range []struct {
		what, token, method, path string
		body                      any
		allowed                   bool
	}{
		{"engineers open development", bo, http.MethodPost, esc + "payments/dev/open?duration=1h", nil, true},
		{"engineers do not open production", bo, http.MethodPost, esc + "payments/prod/open?duration=1h", nil, false},
		{"engineers read production", cy, http.MethodGet, esc + "payments/prod", nil, true},
		{"engineers see the stack of production", cy, http.MethodGet, stacks + "payments/prod", nil, true},
		{"an engineer of two teams sees the stacks of both", cy, http.MethodGet, stacks + "ledger/dev", nil, true},
		{"an engineer of one team does not", bo, http.MethodGet, stacks + "ledger/dev", nil, false},
		{"deployments open production as far as Pulumi Cloud goes", deployment, http.MethodGet, esc + "payments/prod", nil, true},
		{"members create no stacks", bo, http.MethodPost, stacks + "mine", map[string]string{"stackName": "dev"}, false},
		{"members create no teams", bo, http.MethodPost, "/api/orgs/acme/teams/pulumi", map[string]string{"name": "x", "displayName": "x", "description": ""}, false},
		{"security sees every stack", di, http.MethodGet, stacks + "ledger/dev", nil, true},
		{"security reads the audit log", di, http.MethodGet, "/api/orgs/acme/auditlogs/v2", nil, true},
		{"engineers do not", bo, http.MethodGet, "/api/orgs/acme/auditlogs/v2", nil, false},
		{"security decrypts nothing", di, http.MethodPost, stacks + "ledger/dev/decrypt", map[string]string{"ciphertext": ""}, false},
		{"whose emergency has ended opens nothing", bo, http.MethodPost, esc + "payments/break-glass/open?duration=1h", nil, false},
		{"the scanner's token works", outputs.ScannerToken, http.MethodGet, stacks + "payments/prod", nil, true},
		{"and is scoped to its team", outputs.ScannerToken, http.MethodGet, stacks + "ledger/dev", nil, false},
		{"a change of production's definition takes an approval", p.sandbox.Token, http.MethodPatch, esc + "payments/prod", "values: {}", false},
	} {
		status, answer := p.sandbox.Call(c.token, c.method, c.path, c.body)
		assert.Equal(p.t, c.allowed, status < http.StatusBadRequest, "%s: %d %s", c.what, status, answer)
	}
}

func (p *project) tokenOf(login string) string {
	return p.sandbox.TokenFor(servertest.Identity{User: login})
}
