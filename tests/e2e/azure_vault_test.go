package e2e

import (
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const azureVault = azureGroup + "/providers/Microsoft.KeyVault/vaults/payments"

const vaultProgram = `
resources:
  database:
    type: leastprivilege:SecretStoreEnvironment
    properties:
      project: payments
      name: database
      deletionProtected: false
      secrets:
        azureKeyVault:
          vaultId: ` + azureVault + `
          get:
            password: {name: db}
            key: {name: api-key}
      environmentVariables: {DB_PASSWORD: '$${azure.secrets.password}'}
      azure: {resourceGroupName: payments, identityName: payments-database}
outputs:
  assignments: ${database.azureRoleAssignments}
`

// The environment reads the secrets that it names. Whoever can write it and names another one is refused by the vault, and
// so is whoever borrows the login.
func TestAzureKeyVault(t *testing.T) {
	t.Parallel()
	p := newProject(t, organization, vaultProgram)
	p.useCloud("azure-native", azureVersion)
	for _, name := range []string{"db", "db-old", "d", "api-key"} {
		p.sandbox.Control(http.MethodPost, "clouds/azure/secrets", map[string]any{"vaultId": azureVault, "name": name, "value": "marked-" + name}, nil)
	}
	before := p.sandbox.State()
	p.up()
	unchanged := p.calls(func() { p.up("--expect-no-changes") })
	assert.Zero(t, unchanged.Total, "%v", unchanged.Routes)
	p.refresh("--expect-no-changes")
	assert.Len(t, p.azure().Clouds.Azure.RoleAssignments, 2)

	ana := p.user("ana")
	assert.Equal(t, "\"marked-db\"\n", ana.run("env", "open", "payments/database", "environmentVariables.DB_PASSWORD"))
	assert.Equal(t, "\"marked-api-key\"\n", ana.run("env", "open", "payments/database", "azure.secrets.key"))

	definition := ana.run("env", "get", "payments/database", "--definition")
	for _, other := range []string{"db-old", "d", "none"} {
		edited := strings.Replace(definition, "name: db\n", "name: "+other+"\n", 1)
		require.NotEqual(t, definition, edited)
		ana.write("edited.yaml", edited)
		ana.run("env", "edit", "payments/database", "--file", "edited.yaml")
		refused, err := ana.cli.Run(t.Context(), "env", "open", "payments/database")
		require.NoError(t, err) // the CLI prints what went wrong in an environment and does not call it a failure
		assert.Contains(t, refused, "ForbiddenByRbac", other)
		assert.NotContains(t, refused, "marked-", other)
	}
	p.refresh()
	p.up()

	ana.write("copy.yaml", definition)
	ana.run("env", "init", "payments/copy", "--file", "copy.yaml")
	refused, err := ana.cli.Run(t.Context(), "env", "open", "payments/copy")
	require.NoError(t, err)
	assert.Contains(t, refused, "AADSTS700213")
	assert.NotContains(t, refused, "marked-")
	ana.run("env", "rm", "payments/copy", "--yes")

	p.destroy()
	assert.Equal(t, string(before), string(p.sandbox.State()))
}
