package e2e

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// A released archive of the tool is installed as its documentation says; the CLI then runs it, hands its exit code on, and gives it the
// login of `pulumi login`.
func TestRunReleasedTool(t *testing.T) {
	t.Parallel()
	const version = "7.8.9"
	archive := hostArchive(t, version, "tool")
	assert.Contains(t, filepath.Base(archive), "pulumi-tool-leastprivilege-v"+version+"-")

	p := newBareProject(t, "")
	p.run("plugin", "install", "tool", "leastprivilege", "v"+version, "--file", archive)
	p.cli = p.cli.With("PULUMI_BACKEND_URL=" + p.sandbox.URL)
	assert.Contains(t, p.run("plugin", "run", "leastprivilege", "--", "--version"), version)
	assert.Contains(t, p.run("plugin", "run", "leastprivilege", "--", "who-can", "team:create"), "user:ana")
	p.run("plugin", "run", "leastprivilege", "--", "snapshot", "-o", "acme.json")
	_, err := os.Stat(filepath.Join(p.cli.Dir, "acme.json"))
	require.NoError(t, err, "the tool runs in the folder that the CLI was started in")
	for line, code := range map[string]string{"review --fail-on info": "1", "review --nonsense": "2", "explain user:nobody": "3"} {
		output, _ := p.cli.Shell(t.Context(), "pulumi plugin run leastprivilege -- "+line+"; echo exit code $?")
		assert.Contains(t, output, "exit code "+code, line)
	}
	// The stored login is enough.
	output, err := p.cli.With("PULUMI_ACCESS_TOKEN="+p.sandbox.Token).Shell(t.Context(),
		"pulumi login "+p.sandbox.URL+" && unset PULUMI_ACCESS_TOKEN PULUMI_BACKEND_URL && pulumi plugin run leastprivilege -- who-can team:create")
	require.NoError(t, err, output)
	assert.Contains(t, output, "user:ana")
}
