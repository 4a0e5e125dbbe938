package e2e

import (
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/server/servertest"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/tests/harness"
)

// login is somebody with a home of their own who keeps state in the sandbox, as `pulumi login <url>` makes them.
func (p *project) login(name, token string) *project {
	p.t.Helper()
	folder, home := filepath.Join(p.root, name), filepath.Join(p.root, name+"-home")
	require.NoError(p.t, os.MkdirAll(folder, 0o700))
	require.NoError(p.t, harness.LinkPlugin(home))
	other := *p
	other.cli = harness.NewCLI(folder, home, "PULUMI_ACCESS_TOKEN="+token)
	other.run("login", p.sandbox.URL)
	return &other
}

func (p *project) user(login string) *project {
	p.t.Helper()
	return p.login(login, p.sandbox.TokenFor(servertest.Identity{User: login}))
}

// source writes a project of any name.
func (p *project) source(name, text string) {
	p.t.Helper()
	text = "name: " + name + "\nruntime: yaml\n" + text
	require.NoError(p.t, os.WriteFile(filepath.Join(p.cli.Dir, "Pulumi.yaml"), []byte(text), 0o600))
}

const backendPassword = "marked-password-51d7"

// What a developer works on: a stack with a secret in its configuration and in its outputs.
const workload = `
config:
  password: {type: string, secret: true}
  region: {type: string, default: eu-west-1}
outputs:
  connection: postgres://${password}@db
  region: ${region}
`

// The quickstart is applied with the sandbox as its own state backend. From then on it decides about developers' own
// runs of the CLI.
func TestSandboxIsAStateBackend(t *testing.T) {
	t.Parallel()
	folder := filepath.Join("..", "..", "examples", "yaml", "quickstart")
	seed, err := os.ReadFile(filepath.Join(folder, "organization.yaml"))
	require.NoError(t, err)
	program, err := os.ReadFile(filepath.Join(folder, "Pulumi.yaml"))
	require.NoError(t, err)
	p := newFolder(t, string(seed))
	before := p.sandbox.State()

	// Who views a stack sees no secrets, and this one has some: a preview of it takes reading.
	reading := strings.Replace(string(program), "stack: prod, permission: view}", "stack: prod, permission: read}", 1)
	require.NotEqual(t, string(program), reading)

	ana := p.login("ana", p.sandbox.Token)
	assert.Contains(t, ana.run("whoami", "--verbose"), "acme")
	require.NoError(t, os.WriteFile(filepath.Join(ana.cli.Dir, "Pulumi.yaml"), []byte(reading), 0o600))
	ana.run("stack", "init", "acme/sandbox", "--non-interactive")
	ana.run("config", "set", "leastprivilege:apiUrl", p.sandbox.URL)
	ana.run("config", "set", "leastprivilege:organization", "acme")
	ana.run("config", "set", "protectProduction", "false")
	ana.preview()
	ana.up()
	ana.up("--expect-no-changes")
	ana.refresh("--expect-no-changes")

	bo := p.user("bo")
	bo.source("payments", workload)
	bo.run("stack", "select", "acme/dev")
	bo.run("config", "set", "--secret", "password", backendPassword)
	assert.Contains(t, bo.up(), "connection")
	assert.Equal(t, "postgres://"+backendPassword+"@db\n", bo.run("stack", "output", "connection", "--show-secrets"))
	assert.NotContains(t, string(p.sandbox.History()), backendPassword, "the backend keeps ciphertext")

	bo.run("stack", "select", "acme/prod")
	bo.run("config", "set", "--secret", "password", backendPassword)
	assert.Contains(t, bo.preview(), "connection", "reading allows a preview")
	assert.Contains(t, bo.fails(append([]string{"up"}, unattended...)...), "stack:write")
	assert.Contains(t, bo.fails(append([]string{"destroy"}, unattended...)...), "stack:write")
	assert.Contains(t, bo.fails("stack", "rm", "--yes", "--force", "acme/prod"), "stack:delete")

	bo.run("stack", "select", "acme/dev")
	bo.destroy()
	ana.destroy()
	ana.run("stack", "rm", "--yes", "acme/sandbox")
	// The CLI has tagged the stack that was updated.
	for _, tag := range []string{"pulumi:project", "pulumi:runtime"} {
		before = withTag(t, before, "payments/dev", tag, map[string]string{"pulumi:project": "payments", "pulumi:runtime": "yaml"}[tag])
	}
	assert.JSONEq(t, string(before), string(p.sandbox.State()))
}

func withTag(t *testing.T, state []byte, stack, name, value string) []byte {
	t.Helper()
	var object map[string]any
	require.NoError(t, json.Unmarshal(state, &object))
	object["stacks"].(map[string]any)[stack].(map[string]any)["tags"].(map[string]any)[name] = value
	text, err := json.Marshal(object)
	require.NoError(t, err)
	return text
}

// Every command about stacks and their state works.
func TestStackCommandsOnTheBackend(t *testing.T) {
	t.Parallel()
	p := newFolder(t, organization+`
environments:
  - {project: payments, environment: shared, definition: "values: {pulumiConfig: {region: eu-north-1}}"}
`)
	ana := p.login("ana", p.sandbox.Token)
	ana.source("payments", workload)
	ana.run("stack", "init", "acme/one", "--non-interactive")
	ana.run("config", "set", "--secret", "password", backendPassword)
	ana.run("config", "env", "add", "payments/shared", "--yes")
	assert.Contains(t, ana.up(), "eu-north-1", "the environment in the stack's configuration is opened")
	assert.Contains(t, ana.run("stack", "history"), "Version: 1")
	assert.Contains(t, ana.run("stack", "ls", "--all", "--organization", "acme"), "one*")

	ana.run("stack", "tag", "set", "environment", "staging")
	ana.refresh()
	assert.Contains(t, ana.run("stack", "tag", "ls"), "staging", "an update keeps the tags")

	state := filepath.Join(p.root, "state.json")
	ana.run("stack", "export", "--file", state)
	ana.run("stack", "import", "--file", state)
	assert.Contains(t, ana.fails("stack", "rm", "--yes", "acme/one"), "still has resources")
	ana.run("stack", "rename", "acme/payments/two")
	assert.Equal(t, "postgres://"+backendPassword+"@db\n", ana.run("stack", "output", "connection", "--show-secrets"))
	ana.up("--expect-no-changes")
	ana.run("config", "refresh", "--force")
	ana.destroy()
	ana.run("stack", "rm", "--yes", "acme/payments/two")
	assert.NotContains(t, string(p.sandbox.State()), "payments/two")
	assert.NotContains(t, string(p.sandbox.History()), backendPassword)
}

// A preview changes nothing, so that reading a stack is enough for it, also where the CLI runs it as a part of something else.
func TestPreviewsOnTheBackendAreNoUpdates(t *testing.T) {
	t.Parallel()
	p := newFolder(t, organization+"settings: {defaultStackPermission: read}\n")
	ana := p.login("ana", p.sandbox.Token)
	ana.source("payments", workload)
	ana.run("stack", "init", "acme/one", "--non-interactive")
	ana.run("config", "set", "--secret", "password", backendPassword)
	ana.up()
	before := p.sandbox.State()

	bo := p.user("bo")
	bo.source("payments", workload)
	bo.run("stack", "select", "acme/one")
	bo.run("config", "refresh", "--force")
	bo.run("refresh", "--preview-only", "--non-interactive")
	bo.run("destroy", "--preview-only", "--non-interactive")
	output := bo.fails("up", "--yes", "--non-interactive")
	assert.Contains(t, output, "Previewing update", "the preview within an update reads")
	assert.Contains(t, output, "stack:write", "the update itself does not")
	assert.JSONEq(t, string(before), string(p.sandbox.State()))
	assert.NotContains(t, ana.run("stack", "history"), "Version: 2")
	ana.up("--expect-no-changes")
}

// While an update runs, another one conflicts, until it is cancelled. What ran finds its lease gone.
func TestConcurrentUpdatesConflict(t *testing.T) {
	t.Parallel()
	p := newFolder(t, organization)
	ana := p.login("ana", p.sandbox.Token)
	ana.source("payments", "outputs: {a: 1}\n")
	ana.run("stack", "select", "acme/dev")
	id := p.startUpdate("dev")
	assert.Contains(t, ana.fails(append([]string{"up"}, unattended...)...), "Another update is currently in progress.")
	assert.Contains(t, ana.preview(), "a", "a preview needs nothing for itself")
	ana.run("cancel", "--yes")
	var status struct{ Status string }
	require.NoError(t, json.Unmarshal(p.call("GET", "/api/stacks/acme/payments/dev/update/"+id, nil), &status))
	assert.Equal(t, "cancelled", status.Status)
	ana.up()
}

func (p *project) startUpdate(stack string) string {
	p.t.Helper()
	path := "/api/stacks/acme/payments/" + stack + "/update"
	var created struct{ UpdateID string }
	require.NoError(p.t, json.Unmarshal(p.call("POST", path, updateRequest()), &created))
	p.call("POST", path+"/"+created.UpdateID, map[string]any{})
	return created.UpdateID
}

func updateRequest() map[string]any {
	return map[string]any{
		"name": "payments", "runtime": "yaml", "main": "", "description": "", "config": map[string]any{},
		"metadata": map[string]any{"message": "", "environment": map[string]string{}},
		"options": map[string]any{
			"localPolicyPackPaths": []string{}, "color": "raw", "dryRun": false, "parallel": 1, "showConfig": false,
			"showReplacementSteps": false, "showNames": false, "summary": false, "debug": false,
		},
	}
}

// A stack that a team's token creates leaves the grant of its creator to the token's identity, and it outlives the token.
func TestTeamTokenLeavesItsCreatorGrant(t *testing.T) {
	t.Parallel()
	p := newFolder(t, organization+"teams: [{name: payments, members: [bo]}]\n")
	var made struct{ ID, TokenValue string }
	require.NoError(t, json.Unmarshal(p.call("POST", "/api/orgs/acme/teams/payments/tokens",
		map[string]any{"name": "ci", "description": "", "expires": 0}), &made))
	ci := p.login("ci", made.TokenValue)
	ci.source("payments", "outputs: {a: 1}\n")
	ci.run("stack", "init", "acme/made", "--teams", "payments", "--non-interactive")
	ci.up()
	p.call("DELETE", "/api/orgs/acme/teams/payments/tokens/"+made.ID, nil)
	assert.Contains(t, ci.fails(append([]string{"up"}, unattended...)...), "logging in")
	collaborators := string(p.call("GET", "/api/stacks/acme/payments/made/collaborators", nil))
	assert.Contains(t, collaborators, "team-account:", "the identity of the token is its team's")
	assert.Contains(t, collaborators, "104")

	bo := p.sandbox.TokenFor(servertest.Identity{User: "bo"})
	assert.Equal(t, http.StatusOK, p.status(bo, "GET", "/api/stacks/acme/payments/made/export"), "the team was named")
	assert.True(t, strings.HasPrefix(p.user("bo").run("stack", "ls", "--all"), "NAME"))
}
