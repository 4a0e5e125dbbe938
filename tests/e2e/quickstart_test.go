package e2e

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// The quickstart, as its folder has it, leaves the organization as it was. (`make demo` shows what it protects.)
func TestQuickstart(t *testing.T) {
	t.Parallel()
	folder := filepath.Join("..", "..", "examples", "yaml", "quickstart")
	seed, err := os.ReadFile(filepath.Join(folder, "organization.yaml"))
	require.NoError(t, err)
	program, err := os.ReadFile(filepath.Join(folder, "Pulumi.yaml"))
	require.NoError(t, err)

	p := newProject(t, string(seed), "")
	require.NoError(t, os.WriteFile(filepath.Join(p.cli.Dir, "Pulumi.yaml"), program, 0o600))
	p.run("stack", "init", "quickstart", "--non-interactive")
	p.run("config", "set", "leastprivilege:apiUrl", p.sandbox.URL)
	before := p.sandbox.State()
	p.up()
	unchanged := p.calls(func() { p.up("--expect-no-changes") })
	assert.Zero(t, unchanged.Total, "%v", unchanged.Routes)
	p.refresh("--expect-no-changes")
	p.run("config", "set", "protectProduction", "false")
	p.up()
	p.destroy()
	assert.JSONEq(t, string(before), string(p.sandbox.State()))
	assert.Equal(t, before, p.sandbox.State(), "byte for byte")
}
