package e2e

import (
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// azureVersion is that of the SDK whose types the stand-in checks, and of the plugin that components ask for.
const azureVersion = "3.16.0"

const azureGroup = "/subscriptions/33333333-3333-4333-8333-333333333333/resourceGroups/payments"

// azureProgram is an environment that may be opened by the team, and used by the roots and users of its lock.
func azureProgram(lock string) string {
	return `
resources:
  prod:
    type: leastprivilege:ProductionEnvironment
    properties:
      project: payments
      name: prod
      deletionProtected: false
      lock: ` + lock + `
      azure:
        resourceGroupName: payments
        identityName: payments-prod
        roleAssignments:
          - {scope: ` + azureGroup + `, roleDefinitionId: acdd72a7-3385-48ef-bd42-f606fba81ae7}
      pulumiConfig:
        client: $${azure.login.clientId}
  openers:
    type: leastprivilege:ScopedTeam
    properties:
      name: openers
      members: [bo, cy]
      access:
        environments:
          - {all: true, permission: open}
        organization: readOnly
      allow: [openOnAll]
    options: {dependsOn: ['${prod}']}
outputs:
  client: ${prod.azureClientId}
  credentials: ${prod.azureFederatedCredentials}
`
}

// azureState is what the sandbox's Azure holds.
type azureState struct {
	Clouds struct {
		Azure struct {
			Identities map[string]struct {
				Credentials map[string]struct{ Subject string }
			}
			RoleAssignments map[string]struct{ Scope, RoleDefinitionID string }
		}
	}
}

func (p *project) azure() azureState {
	p.t.Helper()
	var state azureState
	require.NoError(p.t, json.Unmarshal(p.sandbox.State(), &state))
	return state
}

// azureSubjects are the subjects that the one identity admits.
func (p *project) azureSubjects() []string {
	p.t.Helper()
	identities := p.azure().Clouds.Azure.Identities
	require.Len(p.t, identities, 1)
	var subjects []string
	for _, identity := range identities {
		for _, credential := range identity.Credentials {
			subjects = append(subjects, credential.Subject)
		}
	}
	return subjects
}

// What the component makes with Azure's plugin is what the sandbox's Azure decides by: the real CLI is let in to the
// environment itself, and refused wherever its login is borrowed.
func TestAzureEnvironment(t *testing.T) {
	t.Parallel()
	p := newProject(t, organization, azureProgram("{}"))
	p.useCloud("azure-native", azureVersion)
	before := p.sandbox.State()
	p.up()
	unchanged := p.calls(func() { p.up("--expect-no-changes") })
	assert.Zero(t, unchanged.Total, "%v", unchanged.Routes)
	p.refresh("--expect-no-changes")

	bo := p.user("bo")
	opened := bo.run("env", "open", "payments/prod", "environmentVariables")
	for _, want := range []string{"ARM_CLIENT_ID", "ARM_TENANT_ID", "ARM_SUBSCRIPTION_ID", `"ARM_USE_OIDC": "true"`, `"ARM_OIDC_TOKEN": "eyJ`} {
		assert.Contains(t, opened, want)
	}
	assert.Contains(t, opened, strings.TrimSpace(p.run("stack", "output", "client")))
	const subject = "pulumi:environments:pulumi.organization.login:acme:rootEnvironment.name:payments/prod:currentEnvironment.name:payments/prod"
	assert.Equal(t, []string{subject}, p.azureSubjects())
	assert.Contains(t, p.run("stack", "output", "credentials"), subject)
	for _, assigned := range p.azure().Clouds.Azure.RoleAssignments {
		assert.Equal(t, azureGroup, assigned.Scope)
	}
	assert.Len(t, p.azure().Clouds.Azure.RoleAssignments, 1)

	// The program of a stack imports the environment, and gets its login's ids as configuration.
	ana := p.user("ana")
	ana.source("payments", "outputs: {got: '${client}'}\nconfig: {client: {type: string}}\n")
	ana.run("stack", "init", "acme/payments/staging", "--non-interactive")
	require.NoError(t, os.WriteFile(filepath.Join(ana.cli.Dir, "Pulumi.staging.yaml"), []byte("environment: [payments/prod]\n"), 0o600))
	ana.up("--stack", "acme/payments/staging")
	assert.Equal(t, p.run("stack", "output", "client"), ana.run("stack", "output", "got", "--stack", "acme/payments/staging"))
	ana.destroy()
	ana.run("stack", "rm", "acme/payments/staging", "--yes")

	ana.write("copy.yaml", ana.run("env", "get", "payments/prod", "--definition"))
	ana.write("import.yaml", "imports: [payments/prod]\nvalues: {}\n")
	for name, file := range map[string]string{"payments/copy": "copy.yaml", "payments/import": "import.yaml"} {
		ana.run("env", "init", name, "--file", file)
		refused, err := ana.cli.Run(t.Context(), "env", "open", name)
		require.NoError(t, err) // the CLI prints what went wrong in an environment and does not call it a failure
		assert.Contains(t, refused, "AADSTS700213", name)
		assert.NotContains(t, refused, "eyJ", name)
		ana.run("env", "rm", name, "--yes")
	}
	p.destroy()
	assert.Equal(t, string(before), string(p.sandbox.State()))
}

func (p *project) write(name, text string) {
	p.t.Helper()
	require.NoError(p.t, os.WriteFile(filepath.Join(p.cli.Dir, name), []byte(text), 0o600))
}

// A change of the lock adds and removes the credentials of the subjects that it is about, and leaves the others alone.
func TestAzureLockChanges(t *testing.T) {
	t.Parallel()
	p := newProject(t, organization, azureProgram("{users: [bo]}"))
	p.useCloud("azure-native", azureVersion)
	p.up()
	bo, cy := p.user("bo"), p.user("cy")
	assert.Contains(t, bo.run("env", "open", "payments/prod"), "ARM_OIDC_TOKEN")
	assert.Contains(t, cy.run("env", "open", "payments/prod"), "AADSTS700213", "cy may open it, and is not in the lock")

	p.program(azureProgram("{users: [cy, bo]}"))
	assert.Contains(t, p.up(), "1 created", "the credential of cy, and nothing else")
	assert.Contains(t, cy.run("env", "open", "payments/prod"), "ARM_OIDC_TOKEN")
	p.program(azureProgram("{users: [bo, cy, bo]}"))
	p.up("--expect-no-changes")
	p.program(azureProgram("{users: [cy]}"))
	assert.Contains(t, p.up(), "1 deleted")
	assert.Contains(t, bo.run("env", "open", "payments/prod"), "AADSTS700213")
	assert.Len(t, p.azureSubjects(), 1)
}

// A stack's deployments are let in by the operations that were asked for, and no other stack's are.
func TestAzureDeployments(t *testing.T) {
	t.Parallel()
	program := `
resources:
  deployments:
    type: leastprivilege:DeploymentRoleAssignment
    properties:
      project: payments
      stack: prod
      access: {organization: readOnly}
      oidc:
        operations: [preview, update]
        azure: {resourceGroupName: payments}
`
	p := newProject(t, organization, program)
	p.useCloud("azure-native", azureVersion)
	before := p.sandbox.State()
	p.up()
	unchanged := p.calls(func() { p.up("--expect-no-changes") })
	assert.Zero(t, unchanged.Total, "%v", unchanged.Routes)
	p.refresh("--expect-no-changes")
	assert.Len(t, p.azureSubjects(), 2)

	logIn := func(stack, operation string) (int, string) {
		status, answer := p.sandbox.Call("", http.MethodPost, "/_sandbox/deployments/logins",
			map[string]any{"cloud": "azure", "project": "payments", "stack": stack, "operation": operation})
		return status, string(answer)
	}
	for _, operation := range []string{"preview", "update"} {
		status, answer := logIn("prod", operation)
		assert.Equal(t, http.StatusOK, status, answer)
	}
	for _, operation := range []string{"destroy", "refresh", "detect-drift"} {
		status, answer := logIn("prod", operation)
		assert.Equal(t, http.StatusForbidden, status, answer)
		assert.Contains(t, answer, "AADSTS700213")
	}
	// Another stack whose settings name the same identity.
	_, text := p.sandbox.Call(p.sandbox.Token, "GET", "/api/stacks/acme/payments/prod/deployments/settings", nil)
	var settings map[string]any
	require.NoError(t, json.Unmarshal(text, &settings))
	delete(settings, "version")
	p.call("POST", "/api/stacks/acme/payments/dev/deployments/settings", settings)
	status, answer := logIn("dev", "update")
	assert.Equal(t, http.StatusForbidden, status, answer)
	p.call("DELETE", "/api/stacks/acme/payments/dev/deployments/settings", nil)

	p.destroy()
	assert.Equal(t, string(before), string(p.sandbox.State()))
}
