package docs

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"
)

// toolCommand begins a command of the terminal tool.
const toolCommand = "pulumi plugin run leastprivilege -- "

// tool asks the terminal tool for the help of a command, and for its flags in it.
func (d *desk) tool(b block, line string) {
	d.t.Helper()
	fields := strings.Fields(strings.TrimPrefix(line, toolCommand))
	help, err := d.engineer.Run(d.t.Context(), "plugin", "run", "leastprivilege", "--", fields[0], "--help")
	require.NoError(d.t, err, "%s: %s", b, line)
	for _, flag := range flagName.FindAllString(line, -1) {
		assert.Contains(d.t, help, flag+" ", "%s: %s", b, line)
	}
}

// runs are the scripts of a CI file, of which every command of the tool must exist.
func (d *desk) runs(b block, scripts []string) {
	d.t.Helper()
	for _, script := range scripts {
		path := filepath.Join(d.t.TempDir(), "script.sh")
		write(d.t, path, script)
		output, err := exec.CommandContext(d.t.Context(), "bash", "-n", path).CombinedOutput()
		assert.NoError(d.t, err, "%s: %s\n%s", b, script, output)
		for _, line := range strings.Split(strings.ReplaceAll(script, "\\\n", " "), "\n") {
			if at := strings.Index(line, toolCommand); at >= 0 {
				command := line[at:]
				for _, end := range []string{" ||", " &&", " |", " >", ";", ")"} {
					command, _, _ = strings.Cut(command, end)
				}
				d.tool(b, command)
			}
		}
	}
}

// Workflows of GitHub Actions in the pages are valid to actionlint, and run commands that exist.
func TestWorkflows(t *testing.T) {
	t.Parallel()
	shown := of(blocks(t), "yaml", "workflow")
	require.NotEmpty(t, shown)
	found := exec.CommandContext(t.Context(), "go", "-C", filepath.Join(root, "tools"), "run", "./cmd/tools", "workflows")
	found.Stderr = os.Stderr
	folder, err := found.Output()
	require.NoError(t, err)
	d := newDesk(t, organization)
	for _, b := range shown {
		path := filepath.Join(t.TempDir(), "workflow.yml")
		write(t, path, b.text)
		// What these switches leave out depends on what a machine has installed.
		lint := exec.CommandContext(t.Context(), filepath.Join(strings.TrimSpace(string(folder)), "actionlint"), "-shellcheck=", "-pyflakes=", path)
		output, err := lint.CombinedOutput()
		assert.NoError(t, err, "%s\n%s", b, output)
		var workflow struct {
			Permissions map[string]string
			Jobs        map[string]struct {
				Permissions map[string]string
				Steps       []struct{ Run string }
			}
		}
		require.NoError(t, yaml.Unmarshal([]byte(b.text), &workflow), "%s", b)
		assert.NotNil(t, workflow.Permissions, "%s: says which permissions it has", b)
		var scripts []string
		for _, job := range workflow.Jobs {
			for _, step := range job.Steps {
				scripts = append(scripts, step.Run)
			}
		}
		d.runs(b, scripts)
	}
}

// gitlabKeywords are those of jobs that the pages use (https://docs.gitlab.com/ci/yaml/).
var gitlabKeywords = []string{"stage", "image", "rules", "id_tokens", "variables", "script", "before_script", "after_script", "artifacts", "allow_failure", "cache"}

// Jobs of GitLab in the pages have keywords that there are, and run commands that exist.
func TestGitLabJobs(t *testing.T) {
	t.Parallel()
	shown := of(blocks(t), "yaml", "gitlab")
	require.NotEmpty(t, shown)
	d := newDesk(t, organization)
	for _, b := range shown {
		var jobs map[string]map[string]any
		require.NoError(t, yaml.Unmarshal([]byte(b.text), &jobs), "%s", b)
		for name, job := range jobs {
			require.Contains(t, job, "script", "%s: %s", b, name)
			for keyword := range job {
				assert.True(t, slices.Contains(gitlabKeywords, keyword), "%s: %s has the keyword %q", b, name, keyword)
			}
			var scripts []string
			for _, line := range job["script"].([]any) {
				scripts = append(scripts, line.(string))
			}
			assert.Regexp(t, regexp.MustCompile(regexp.QuoteMeta(toolCommand)), strings.Join(scripts, "\n"), "%s", b)
			d.runs(b, scripts)
		}
	}
}

// Commands of the tool that the pages show by themselves exist, with their flags.
func TestToolCommands(t *testing.T) {
	t.Parallel()
	shown := of(blocks(t), "text", "tool")
	require.NotEmpty(t, shown)
	d := newDesk(t, organization)
	for _, b := range shown {
		require.Contains(t, b.text, toolCommand, "%s", b)
		d.runs(b, []string{b.text})
	}
}
