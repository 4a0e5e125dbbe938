package e2e

import (
	"os"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/server/servertest"
)

// The role that the page on the provider's own token shows runs the quickstart from creation to destroy. The token may
// change every environment, and opens only those that it created.
func TestQuickstartRunsWithoutAnAdministratorsToken(t *testing.T) {
	t.Parallel()
	p := newFolder(t, quickstartSeed(t)+"\nenvironments: [{project: ledger, environment: prod, definition: 'values: {a: 1}'}]\n")
	p.program(onlyFence(t, readText(t, "../../docs/provider-permissions.md"), "yaml"))
	p.stack()
	p.up()
	before := p.sandbox.State()
	role := p.only("Role").Outputs["roleId"].(string)
	token := p.sandbox.TokenFor(servertest.Identity{Organization: true, Role: role})

	require.NoError(t, os.CopyFS(p.cli.Dir+"/quickstart", os.DirFS(example("yaml", "quickstart"))))
	p.cli.Dir += "/quickstart"
	p.cli = p.cli.With("PULUMI_ACCESS_TOKEN=" + token)
	p.run("stack", "init", "quickstart", "--non-interactive")
	p.run("config", "set", "leastprivilege:apiUrl", p.sandbox.URL)
	p.preview()
	p.up()
	p.up("--expect-no-changes")
	p.refresh("--expect-no-changes")

	status, _ := p.sandbox.Call(token, "POST", "/api/esc/environments/acme/payments/dev/open", nil)
	assert.Equal(t, 200, status, "whoever creates an environment is left with admin on it")
	status, _ = p.sandbox.Call(token, "POST", "/api/esc/environments/acme/ledger/prod/open", nil)
	assert.Equal(t, 403, status)

	p.run("config", "set", "protectProduction", "false")
	p.up()
	p.destroy()
	assert.JSONEq(t, string(before), string(p.sandbox.State()))
}

func readText(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	return string(text)
}
