package e2e

import (
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const googleStoreProgram = `
resources:
  database:
    type: leastprivilege:SecretStoreEnvironment
    properties:
      project: payments
      name: database
      deletionProtected: false
      secrets:
        googleSecretManager:
          get:
            password: {name: db}
            key: {name: api-key, version: "1"}
      environmentVariables: {DB_PASSWORD: '$${gcp.secrets.password}'}
      gcp: {project: acme-prod, projectNumber: "123456789012", workloadPoolId: pulumi}
outputs:
  members: ${database.gcpSecretIamMembers}
`

// The environment reads the secrets that it names. Whoever can write it and names another one is refused by Google.
func TestGoogleSecretManager(t *testing.T) {
	t.Parallel()
	p := newProject(t, organization, googleStoreProgram)
	p.useCloud("gcp", gcpVersion)
	for _, name := range []string{"db", "db-old", "d", "api-key"} {
		p.sandbox.Control(http.MethodPost, "clouds/gcp/secrets", map[string]any{"name": "projects/123456789012/secrets/" + name, "value": "marked-" + name}, nil)
	}
	before := p.sandbox.State()
	p.up()
	unchanged := p.calls(func() { p.up("--expect-no-changes") })
	assert.Zero(t, unchanged.Total, "%v", unchanged.Routes)
	p.refresh("--expect-no-changes")
	assert.Equal(t, 2, strings.Count(string(p.sandbox.State()), "roles/secretmanager.secretAccessor"))

	ana := p.user("ana")
	assert.Equal(t, "\"marked-db\"\n", ana.run("env", "open", "payments/database", "environmentVariables.DB_PASSWORD"))
	assert.Equal(t, "\"marked-api-key\"\n", ana.run("env", "open", "payments/database", "gcp.secrets.key"))

	definition := ana.run("env", "get", "payments/database", "--definition")
	for _, other := range []string{"db-old", "d", "none"} {
		edited := strings.Replace(definition, "name: db\n", "name: "+other+"\n", 1)
		require.NotEqual(t, definition, edited)
		ana.write("edited.yaml", edited)
		ana.run("env", "edit", "payments/database", "--file", "edited.yaml")
		refused, err := ana.cli.Run(t.Context(), "env", "open", "payments/database")
		require.NoError(t, err) // the CLI prints what went wrong in an environment and does not call it a failure
		assert.Contains(t, refused, "PERMISSION_DENIED", other)
		assert.NotContains(t, refused, "marked-", other)
	}
	p.refresh()
	p.up()
	p.destroy()
	assert.Equal(t, string(before), string(p.sandbox.State()))
}
