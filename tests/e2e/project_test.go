// Package e2e runs programs with the real Pulumi CLI and the built plugin against a sandbox Pulumi Cloud.
//
// The sandbox runs inside the test, so that every exchange is held against Pulumi Cloud's OpenAPI document where
// PULUMI_CLOUD_OPENAPI names it.
package e2e

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/server"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/server/servertest"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/tests/harness"
)

// project is a Pulumi project in a folder of its own, with one stack, whose provider works on a sandbox.
type project struct {
	t       *testing.T
	sandbox *servertest.Running
	cli     harness.CLI
	root    string // everything that is written lies here
}

const organization = `
organization: acme
users:
  - {login: ana, role: admin}
  - {login: bo, role: member}
  - {login: cy, role: member}
stacks:
  - {project: payments, stack: dev, owner: ana, tags: {environment: development}}
  - {project: payments, stack: prod, owner: ana, tags: {environment: production}}
`

// newProject starts a sandbox with the seed and makes a project of the YAML program.
func newProject(t *testing.T, seed, program string) *project {
	t.Helper()
	p := newFolder(t, seed)
	p.program(program)
	p.stack()
	return p
}

// newFolder starts a sandbox with the seed and makes a folder for a project that is still to be written.
func newFolder(t *testing.T, seed string) *project {
	t.Helper()
	return newFolderAt(t, seed, nil)
}

// newFolderAt does the same with a sandbox that reads the time from a clock.
func newFolderAt(t *testing.T, seed string, now func() time.Time) *project {
	t.Helper()
	root := t.TempDir()
	sandbox := servertest.Start(t, server.Options{Organization: "acme", Seed: []byte(seed), Now: now})
	folder, state := filepath.Join(root, "project"), filepath.Join(root, "state")
	require.NoError(t, os.Mkdir(folder, 0o700))
	require.NoError(t, os.Mkdir(state, 0o700))
	home := filepath.Join(root, "home")
	require.NoError(t, harness.LinkPlugin(home))
	cli := harness.NewCLI(folder, home,
		"PULUMI_BACKEND_URL=file://"+filepath.ToSlash(state),
		"PULUMI_ACCESS_TOKEN="+sandbox.Token,
		"PULUMI_ORGANIZATION=acme",
	)
	return &project{t: t, sandbox: sandbox, cli: cli, root: root}
}

// stack makes the project's stack.
func (p *project) stack() {
	p.t.Helper()
	p.run("stack", "init", "test", "--non-interactive")
	p.run("config", "set", "leastprivilege:apiUrl", p.sandbox.URL)
}

// program replaces the program: what follows `runtime: yaml`.
func (p *project) program(text string) {
	p.t.Helper()
	text = "name: e2e\nruntime: yaml\n" + text
	require.NoError(p.t, os.WriteFile(filepath.Join(p.cli.Dir, "Pulumi.yaml"), []byte(text), 0o600))
}

func (p *project) run(arguments ...string) string {
	p.t.Helper()
	output, err := p.cli.Run(p.t.Context(), arguments...)
	require.NoError(p.t, err)
	return output
}

func (p *project) fails(arguments ...string) string {
	p.t.Helper()
	output, err := p.cli.Run(p.t.Context(), arguments...)
	require.Error(p.t, err, "pulumi %s succeeded:\n%s", strings.Join(arguments, " "), output)
	return output
}

var unattended = []string{"--yes", "--skip-preview", "--non-interactive"}

func (p *project) up(flags ...string) string {
	p.t.Helper()
	return p.run(append(append([]string{"up"}, unattended...), flags...)...)
}

func (p *project) refresh(flags ...string) string {
	p.t.Helper()
	return p.run(append(append([]string{"refresh"}, unattended...), flags...)...)
}

func (p *project) destroy() string {
	p.t.Helper()
	return p.run(append([]string{"destroy"}, unattended...)...)
}

func (p *project) preview(flags ...string) string {
	p.t.Helper()
	return p.run(append([]string{"preview", "--non-interactive"}, flags...)...)
}

// calls runs something and returns the calls that it made.
func (p *project) calls(during func()) servertest.Log {
	p.t.Helper()
	p.sandbox.Reset()
	during()
	return p.sandbox.Requests()
}

// resource is one resource of the stack's state.
type resource struct {
	URN     string         `json:"urn"`
	Type    string         `json:"type"`
	ID      string         `json:"id"`
	Inputs  map[string]any `json:"inputs"`
	Outputs map[string]any `json:"outputs"`
}

// state exports the stack's resources.
func (p *project) state() []resource {
	p.t.Helper()
	var exported struct {
		Deployment struct {
			Resources []resource `json:"resources"`
		} `json:"deployment"`
	}
	require.NoError(p.t, json.Unmarshal([]byte(p.run("stack", "export")), &exported))
	return exported.Deployment.Resources
}

// only returns the one resource of a type.
func (p *project) only(token string) resource {
	p.t.Helper()
	var found []resource
	for _, r := range p.state() {
		if r.Type == "leastprivilege:index:"+token {
			found = append(found, r)
		}
	}
	require.Len(p.t, found, 1, token)
	return found[0]
}

// call makes one call by hand, as an administrator.
func (p *project) call(method, path string, body any) []byte {
	p.t.Helper()
	status, answer := p.sandbox.Call(p.sandbox.Token, method, path, body)
	require.Less(p.t, status, 300, "%s %s: %s", method, path, answer)
	return answer
}
