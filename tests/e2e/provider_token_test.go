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

// governanceScopes are those that the rules of a whole organization need beside what the quickstart needs.
const governanceScopes = `
  governor:
    type: leastprivilege:Role
    properties:
      name: governor
      access:
        stacks:
          - {all: true, scopes: ['stack:read', 'stack_deployment_settings:read', 'stack_deployment_settings:write', 'stack_access:read', 'stack_access:update']}
        environments:
          - all: true
            scopes: ['environment:read', 'environment:write', 'environment:delete', 'environment_settings:update', 'environment_tag:read',
              'environment_tag:create', 'environment_tag:update', 'environment_tag:delete']
        scopes: ['environment:create', 'team:read', 'team:create', 'team:update', 'team:delete', 'role:read', 'role:create', 'role:update',
          'role:delete', 'org_member:read', 'organization:update', 'org_token:read', 'team:create_token', 'team:delete_token',
          'team:list_tokens', 'change_gate:create', 'change_gate:update', 'change_gate:delete']
`

// The first preview of a program whose gates name teams that it makes passes with a token that is not an administrator's, and
// so does the one after an update that stopped between a team and its members.
func TestGovernanceRunsWithoutAnAdministratorsToken(t *testing.T) {
	t.Parallel()
	p := newFolder(t, readText(t, example("yaml", "governance")+"/organization.yaml"))
	p.program("resources:" + governanceScopes)
	p.stack()
	p.up()
	token := p.sandbox.TokenFor(servertest.Identity{Organization: true, Role: p.only("Role").Outputs["roleId"].(string)})

	require.NoError(t, os.CopyFS(p.cli.Dir+"/governance", os.DirFS(example("yaml", "governance"))))
	p.cli.Dir += "/governance"
	p.cli = p.cli.With("PULUMI_ACCESS_TOKEN="+token, "PULUMI_ORGANIZATION=acme")
	p.run("stack", "init", "governance", "--non-interactive")
	p.run("config", "set", "leastprivilege:apiUrl", p.sandbox.URL)
	p.preview()

	p.sandbox.Fault(servertest.Fault{Match: "POST /api/orgs/{orgName}/teams/{teamName}/roles/{roleID}", Status: 403})
	p.fails("up", "--yes", "--skip-preview", "--non-interactive")
	assert.Contains(t, string(p.sandbox.State()), `"security"`, "the team is there, and its members are not")
	p.preview()
	p.up()
	p.up("--expect-no-changes")
	p.run("config", "set", "protectProduction", "false")
	p.up()
	p.destroy()
}

func readText(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	return string(text)
}
