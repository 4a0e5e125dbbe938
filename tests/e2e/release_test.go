package e2e

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/server"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/server/servertest"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/tests/harness"
)

// releaseProgram makes a team through a resource, a component and a function, so that each finds the plugin.
const releaseProgram = `
variables:
  subjects:
    fn::invoke:
      function: leastprivilege:escSubjects
      arguments: {organization: acme, project: payments, environment: prod}
resources:
  developers:
    type: leastprivilege:ScopedTeam
    properties:
      name: developers
      members: [bo]
      access:
        stacks: [{project: payments, stack: dev, permission: write}]
  watchers:
    type: leastprivilege:Team
    properties: {name: watchers, members: [cy]}
outputs:
  subjects: ${subjects.subjects}
  roleId: ${developers.roleId}
`

// newBareProject is a project of somebody who has the Pulumi CLI and nothing installed.
func newBareProject(t *testing.T, program string) *project {
	t.Helper()
	root := t.TempDir()
	folder, state := filepath.Join(root, "project"), filepath.Join(root, "state")
	require.NoError(t, os.Mkdir(folder, 0o700))
	require.NoError(t, os.Mkdir(state, 0o700))
	sandbox := servertest.Start(t, server.Options{Organization: "acme", Seed: []byte(organization)})
	cli := harness.NewCLI(folder, filepath.Join(root, "home"),
		"PULUMI_BACKEND_URL=file://"+filepath.ToSlash(state),
		"PULUMI_ACCESS_TOKEN="+sandbox.Token,
		"PULUMI_ORGANIZATION=acme",
	)
	p := &project{t: t, sandbox: sandbox, cli: cli, root: root}
	p.program(program)
	p.run("stack", "init", "test", "--non-interactive")
	p.run("config", "set", "leastprivilege:apiUrl", sandbox.URL)
	return p
}

// A released archive is installed as its documentation says, and a program then runs with that version of the plugin.
func TestInstallReleasedArchive(t *testing.T) {
	t.Parallel()
	const version = "7.8.9"
	archive := hostArchive(t, version)
	assert.Contains(t, filepath.Base(archive), "pulumi-resource-leastprivilege-v"+version+"-")

	p := newBareProject(t, releaseProgram)
	assert.Contains(t, p.fails("preview", "--non-interactive"), "leastprivilege", "nothing is installed yet")
	p.run("plugin", "install", "resource", "leastprivilege", "v"+version, "--file", archive)
	var installed []struct{ Name, Kind, Version string }
	require.NoError(t, json.Unmarshal([]byte(p.run("plugin", "ls", "--json")), &installed))
	require.Len(t, installed, 1)
	assert.Equal(t, version, installed[0].Version)

	p.runsAndLeavesNothing()
	assert.Equal(t, version, p.schema("leastprivilege@" + version)["version"], "the version that was linked in")
}

// A plugin that was just built is added to a YAML program by its path, before anything is installed. The CLI notes the
// package's name and version; running the program takes the path once more (https://github.com/pulumi/pulumi/issues/17662).
func TestAddPackageByPath(t *testing.T) {
	t.Parallel()
	plugin, err := harness.PluginPath()
	require.NoError(t, err)
	p := newBareProject(t, releaseProgram)
	p.run("package", "add", plugin)
	file := filepath.Join(p.cli.Dir, "Pulumi.yaml")
	added, err := os.ReadFile(file)
	require.NoError(t, err)
	assert.Contains(t, string(added), "packages:\n  leastprivilege: leastprivilege@"+harness.PluginVersion)
	withPath := string(added) + "plugins:\n  providers:\n    - {name: leastprivilege, path: " + filepath.Dir(plugin) + "}\n"
	require.NoError(t, os.WriteFile(file, []byte(withPath), 0o600))
	p.runsAndLeavesNothing()

	var published map[string]any
	text, err := os.ReadFile(filepath.Join("..", "..", "schema.json"))
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(text, &published))
	assert.True(t, reflect.DeepEqual(published, p.schema(plugin)), "the built plugin serves another schema than schema.json: run make build")
}

// runsAndLeavesNothing takes the program up, finds nothing to change, and takes it down.
func (p *project) runsAndLeavesNothing() {
	p.t.Helper()
	before := p.sandbox.State()
	p.up()
	p.up("--expect-no-changes")
	assert.Contains(p.t, p.run("stack", "output", "subjects"), "pulumi:environments:pulumi.organization.login:acme")
	assert.NotEqual(p.t, string(before), string(p.sandbox.State()))
	p.destroy()
	assert.Equal(p.t, string(before), string(p.sandbox.State()))
}

// schema is what the CLI says of a package.
func (p *project) schema(source string) map[string]any {
	p.t.Helper()
	var schema map[string]any
	require.NoError(p.t, json.Unmarshal([]byte(p.run("package", "get-schema", source)), &schema))
	return schema
}

// hostArchive builds the release archive of this machine's platform.
func hostArchive(t *testing.T, version string, kind ...string) string {
	t.Helper()
	args := append([]string{version, t.TempDir()}, kind...)
	command := exec.CommandContext(t.Context(), filepath.Join("..", "..", "tools", "archive.sh"), args...)
	command.Stderr = os.Stderr
	output, err := command.Output()
	require.NoError(t, err)
	return strings.TrimSpace(string(output))
}
