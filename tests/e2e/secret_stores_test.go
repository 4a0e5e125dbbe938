package e2e

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const storesKey = "arn:aws:kms:eu-west-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab"

const storesProgram = `
resources:
  database:
    type: leastprivilege:SecretStoreEnvironment
    properties:
      project: payments
      name: database
      deletionProtected: false
      secrets:
        awsSecretsManager:
          region: eu-west-1
          kmsKeyArns: [` + storesKey + `]
          get:
            password: {secretId: payments/db}
        awsParameterStore:
          region: eu-west-1
          get:
            host: {name: /payments/host}
      values: {endpoint: 'https://$${aws.parameters.host}'}
      environmentVariables: {DB_PASSWORD: '$${aws.secrets.password}'}
      aws: {createOidcProvider: true, roleName: payments-database}
outputs:
  policy: ${database.awsPolicy}
`

// fillStores puts secrets with names that resemble each other into the sandbox's AWS. The value of each holds its name.
func (p *project) fillStores() {
	p.t.Helper()
	for _, name := range []string{"payments/db", "payments/db-old", "payments/db-abcdef", "payments/d", "web/db"} {
		p.sandbox.Control(http.MethodPost, "clouds/aws/secrets", map[string]any{
			"account": "123456789012", "region": "eu-west-1", "name": name, "value": "marked-" + name, "kmsKeyArn": storesKey,
		}, nil)
	}
	for _, name := range []string{"/payments/host", "/payments/hosts", "/payments"} {
		p.sandbox.Control(http.MethodPost, "clouds/aws/parameters", map[string]any{
			"account": "123456789012", "region": "eu-west-1", "name": name, "value": "marked-" + name,
		}, nil)
	}
}

// borrowed is the environment's definition with another secret to read: what somebody who may write the environment, and
// has no right in the cloud, would try.
func (p *project) borrowed(from, to string) {
	p.t.Helper()
	status, definition := p.sandbox.Call(p.sandbox.Token, http.MethodGet, "/api/esc/environments/acme/payments/database", nil)
	require.Equal(p.t, http.StatusOK, status)
	require.Contains(p.t, string(definition), from)
	cli := p.userCLI("ana")
	_, err := cli.Shell(p.t.Context(), "pulumi env edit acme/payments/database --file - <<'EOF'\n"+
		strings.ReplaceAll(string(definition), from, to)+"\nEOF")
	require.NoError(p.t, err)
}

// The environment reads what it names. Whoever changes its definition to read a neighbour is refused by the cloud.
func TestSecretStoreEnvironmentReadsExactlyWhatItNames(t *testing.T) {
	t.Parallel()
	p := newProject(t, organization, storesProgram)
	p.useCloud("aws", pluginUses(t, awsSDK))
	p.fillStores()
	before := p.sandbox.State()
	p.preview()
	assert.Equal(t, before, p.sandbox.State())
	p.up()
	unchanged := p.calls(func() { p.up("--expect-no-changes") })
	assert.Zero(t, unchanged.Total, "%v", unchanged.Routes)
	p.refresh("--expect-no-changes")

	role := p.awsRoles()["arn:aws:iam::123456789012:role/payments-database"]
	require.Contains(t, role.Policies, "leastprivilege-secrets")
	var outputs map[string]string
	require.NoError(t, json.Unmarshal([]byte(p.run("stack", "output", "--json")), &outputs))
	assert.JSONEq(t, outputs["policy"], string(role.Policies["leastprivilege-secrets"]))

	ana := p.userCLI("ana")
	shown := opening(t, ana, "acme/payments/database")
	assert.Contains(t, shown, `"DB_PASSWORD": "marked-payments/db"`)
	assert.Contains(t, shown, `"endpoint": "https://marked-/payments/host"`)
	assert.NotContains(t, p.run("stack", "export"), "marked-", "no secret is in Pulumi's state")

	current := "secretId: payments/db"
	for _, neighbour := range []string{"payments/db-old", "payments/db-abcdef", "payments/d", "web/db"} {
		p.borrowed(current, "secretId: "+neighbour)
		current = "secretId: " + neighbour
		refused := opening(t, ana, "acme/payments/database")
		assert.Contains(t, refused, "is not authorized to perform: secretsmanager:GetSecretValue", neighbour)
		assert.NotContains(t, refused, "marked-")
	}
	p.borrowed(current, "secretId: payments/db")
	p.borrowed("name: /payments/host", "name: /payments/hosts")
	assert.Contains(t, opening(t, ana, "acme/payments/database"), "is not authorized to perform: ssm:GetParameter")
	p.refresh()
	p.destroy()
	assert.JSONEq(t, string(before), string(p.sandbox.State()))
}

// Bad input is refused at preview, at the path that the user wrote.
func TestSecretStoreEnvironmentChecks(t *testing.T) {
	t.Parallel()
	p := newProject(t, organization, "")
	for change, want := range map[[2]string]string{
		{"secretId: payments/db", "secretId: 'payments/*'"}:                               "secrets.awsSecretsManager.get.password.secretId",
		{"name: /payments/host", "name: 'payments/*'"}:                                    "secrets.awsParameterStore.get.host.name",
		{storesKey, "arn:aws:kms:eu-west-1:123456789012:alias/db"}:                        "secrets.awsSecretsManager.kmsKeyArns[0]",
		{"aws: {createOidcProvider: true, roleName: payments-database}", ""}:              "secrets.awsSecretsManager",
		{"roleName: payments-database", "inlinePolicies: {leastprivilege-secrets: '{}'}"}: "aws.inlinePolicies.leastprivilege-secrets",
	} {
		program := strings.ReplaceAll(storesProgram, change[0], change[1])
		require.NotEqual(t, storesProgram, program, want)
		p.program(program)
		assert.Contains(t, p.fails("preview", "--non-interactive"), want)
	}
}
