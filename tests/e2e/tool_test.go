package e2e

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/tests/harness"
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
	p.toolHasFlagsOfItsOwn()
	// The stored login is enough.
	output, err := p.cli.With("PULUMI_ACCESS_TOKEN="+p.sandbox.Token).Shell(t.Context(),
		"pulumi login "+p.sandbox.URL+" && unset PULUMI_ACCESS_TOKEN PULUMI_BACKEND_URL && pulumi plugin run leastprivilege -- who-can team:create")
	require.NoError(t, err, output)
	assert.Contains(t, output, "user:ana")
}

// toolHasFlagsOfItsOwn: the CLI reads flags that it knows even behind --, and then takes their values for its own.
func (p *project) toolHasFlagsOfItsOwn() {
	p.t.Helper()
	flags := func(help string) map[string]bool {
		found := map[string]bool{}
		for _, match := range regexp.MustCompile(`(?m)^ +(?:(-\w), )?(--[a-z-]+)`).FindAllStringSubmatch(help, -1) {
			found[match[1]], found[match[2]] = true, true
		}
		delete(found, "")
		return found
	}
	known := flags(p.run("plugin", "run", "--help"))
	require.Contains(p.t, known, "--kind")
	_, listed, _ := strings.Cut(p.run("plugin", "run", "leastprivilege", "--", "--help"), "Available Commands:")
	commands := regexp.MustCompile(`(?m)^  ([a-z-]+) +[A-Z]`).FindAllStringSubmatch(listed, -1)
	require.Greater(p.t, len(commands), 9)
	for _, command := range commands {
		for flag := range flags(p.run("plugin", "run", "leastprivilege", "--", command[1], "--help")) {
			if flag == "--help" || flag == "-h" || flag == "--kind" && command[1] == "lint" { // which --type says as well
				continue
			}
			assert.NotContains(p.t, known, flag, command[1])
		}
	}
	folder := p.cli.Dir
	require.NoError(p.t, os.WriteFile(filepath.Join(folder, "azure.json"), []byte("[]"), 0o600))
	p.run("plugin", "run", "leastprivilege", "--", "lint", "azure.json", "--type", "azure")
}

// A command of the tool is there at once. It is the work that is measured: other tests run beside this one.
func TestToolStartsWithinATenthOfASecond(t *testing.T) {
	t.Parallel()
	directory, err := harness.BuiltDir()
	require.NoError(t, err)
	best := time.Hour
	for range 5 {
		help := exec.CommandContext(t.Context(), filepath.Join(directory, "pulumi-tool-leastprivilege"), "--help")
		require.NoError(t, help.Run())
		best = min(best, help.ProcessState.UserTime()+help.ProcessState.SystemTime())
	}
	assert.Less(t, best, 100*time.Millisecond)
}
