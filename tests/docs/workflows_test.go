package docs

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"gopkg.in/yaml.v3"
)

// Workflows of the pages are valid for GitHub Actions, by actionlint.
func TestWorkflows(t *testing.T) {
	t.Parallel()
	shown := of(blocks(t), "yaml", "workflow")
	require.NotEmpty(t, shown)
	found, err := exec.CommandContext(t.Context(), "go", "-C", filepath.Join(root, "tools"), "run", "./cmd/tools", "workflows").Output()
	require.NoError(t, err)
	for _, b := range shown {
		file := filepath.Join(t.TempDir(), "workflow.yml")
		require.NoError(t, os.WriteFile(file, []byte(b.text), 0o600))
		said, err := exec.CommandContext(t.Context(), filepath.Join(strings.TrimSpace(string(found)), "actionlint"), "-shellcheck=", "-pyflakes=", file).CombinedOutput()
		assert.NoError(t, err, "%s\n%s", b, said)
		checkTool(t, b)
	}
}

// Jobs for GitLab have what a job has.
func TestGitLabJobs(t *testing.T) {
	t.Parallel()
	shown := of(blocks(t), "yaml", "gitlab")
	require.NotEmpty(t, shown)
	for _, b := range shown {
		var jobs map[string]struct {
			Image       string              `yaml:"image"`
			Rules       []map[string]string `yaml:"rules"`
			Variables   map[string]string   `yaml:"variables"`
			Script      []string            `yaml:"script"`
			AfterScript []string            `yaml:"after_script"`
			Artifacts   struct {
				When  string   `yaml:"when"`
				Paths []string `yaml:"paths"`
			} `yaml:"artifacts"`
		}
		decoder := yaml.NewDecoder(strings.NewReader(b.text))
		decoder.KnownFields(true)
		require.NoError(t, decoder.Decode(&jobs), "%s", b)
		for name, job := range jobs {
			assert.NotEmpty(t, job.Script, "%s: %s", b, name)
			assert.NotEmpty(t, job.Image, "%s: %s", b, name)
		}
		checkTool(t, b)
	}
}

func TestToolCommands(t *testing.T) {
	t.Parallel()
	shown := of(blocks(t), "text", "tool")
	require.NotEmpty(t, shown)
	for _, b := range shown {
		checkTool(t, b)
	}
}

var (
	toolCall = regexp.MustCompile(`pulumi plugin run leastprivilege -- (\S+)([^\n]*)`)
	toolFlag = regexp.MustCompile(`(^| )--[a-z-]+`)
)

// checkTool checks that the commands of the tool in a block exist, and have the flags that it gives.
func checkTool(t *testing.T, b block) {
	t.Helper()
	calls := toolCall.FindAllStringSubmatch(b.text, -1)
	require.NotEmpty(t, calls, "%s", b)
	for _, call := range calls {
		command := exec.CommandContext(t.Context(), "go", "run", "./tool", call[1], "--help")
		command.Dir = root
		help, err := command.CombinedOutput()
		require.NoError(t, err, "%s: %s\n%s", b, call[0], help)
		for _, flag := range toolFlag.FindAllString(call[2], -1) {
			assert.Contains(t, string(help), strings.TrimSpace(flag), "%s: %s", b, call[0])
		}
	}
}
