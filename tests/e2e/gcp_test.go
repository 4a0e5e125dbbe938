package e2e

import (
	"encoding/json"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// gcpVersion is that of the SDK whose types the stand-in checks, and of the plugin that components ask for.
const gcpVersion = "9.37.0"

const (
	gcpAccount = "payments-prod@acme-prod.iam.gserviceaccount.com"
	gcpUser    = "roles/iam.workloadIdentityUser"
	gcpMembers = "/_sandbox/clouds/gcp/members"
)

// gcpProgram is an environment that may be opened by the team, and used by the roots and users of its lock.
func gcpProgram(lock string) string {
	return `
resources:
  prod:
    type: leastprivilege:ProductionEnvironment
    properties:
      project: payments
      name: prod
      deletionProtected: false
      lock: ` + lock + `
      gcp:
        project: acme-prod
        projectNumber: "123456789012"
        workloadPoolId: pulumi
        createPool: true
        roles: [roles/storage.objectViewer]
        tokenLifetime: 30m
      pulumiConfig:
        number: $${gcp.login.project}
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
  account: ${prod.gcpServiceAccount}
  condition: ${prod.gcpAttributeCondition}
  principals: ${prod.gcpPrincipals}
`
}

// gcpSession is an access token that the sandbox's Google gave out.
type gcpSession struct{ Subject, Principal, ServiceAccount string }

func (p *project) gcpSessions() []gcpSession {
	p.t.Helper()
	var answer struct{ Sessions []gcpSession }
	status, body := p.sandbox.Call("", http.MethodGet, "/_sandbox/clouds/gcp/sessions", nil)
	require.Equal(p.t, http.StatusOK, status)
	require.NoError(p.t, json.Unmarshal(body, &answer))
	return answer.Sessions
}

// What the component makes with Google's plugin is what the sandbox's Google decides by: the real CLI is let in to the
// environment itself, by its own name and from a program, and refused wherever its login is borrowed.
func TestGoogleEnvironment(t *testing.T) {
	t.Parallel()
	p := newProject(t, organization, gcpProgram("{}"))
	p.useCloud("gcp", gcpVersion)
	before := p.sandbox.State()
	p.up()
	unchanged := p.calls(func() { p.up("--expect-no-changes") })
	assert.Zero(t, unchanged.Total, "%v", unchanged.Routes)
	p.refresh("--expect-no-changes")

	const subject = "pulumi:environments:pulumi.organization.login:acme:rootEnvironment.name:payments/prod:currentEnvironment.name:payments/prod"
	assert.Equal(t, gcpAccount, strings.TrimSpace(p.run("stack", "output", "account")))
	assert.Equal(t, "assertion.sub == '"+subject+"'", strings.TrimSpace(p.run("stack", "output", "condition")))
	opened := p.user("bo").run("env", "open", "payments/prod", "environmentVariables")
	for _, want := range []string{`"GOOGLE_OAUTH_ACCESS_TOKEN": "ya29.`, `"CLOUDSDK_AUTH_ACCESS_TOKEN": "ya29.`, `"CLOUDSDK_CORE_PROJECT": "acme-prod"`, `"GOOGLE_CLOUD_PROJECT": "123456789012"`} {
		assert.Contains(t, opened, want)
	}

	// The program of a stack imports the environment, and gets its login's number as configuration.
	runner := p.user("ana")
	runner.source("payments", "outputs: {got: '${number}'}\nconfig: {number: {type: string}}\n")
	runner.run("stack", "init", "acme/payments/staging", "--non-interactive")
	require.NoError(t, os.WriteFile(filepath.Join(runner.cli.Dir, "Pulumi.staging.yaml"), []byte("environment: [payments/prod]\n"), 0o600))
	runner.up("--stack", "acme/payments/staging")
	assert.Equal(t, "123456789012", strings.TrimSpace(runner.run("stack", "output", "got", "--show-secrets", "--stack", "acme/payments/staging")))
	runner.destroy()
	runner.run("stack", "rm", "acme/payments/staging", "--yes")
	for _, session := range p.gcpSessions() {
		assert.Equal(t, subject, session.Subject)
		assert.Equal(t, gcpAccount, session.ServiceAccount)
		assert.Contains(t, p.run("stack", "output", "principals"), session.Principal)
	}

	runner.write("copy.yaml", runner.run("env", "get", "payments/prod", "--definition"))
	runner.write("import.yaml", "imports: [payments/prod]\nvalues: {}\n")
	granted := len(p.gcpSessions())
	for name, file := range map[string]string{"payments/copy": "copy.yaml", "payments/import": "import.yaml"} {
		runner.run("env", "init", name, "--file", file)
		refused, err := runner.cli.Run(t.Context(), "env", "open", name)
		require.NoError(t, err) // the CLI prints what went wrong in an environment and does not call it a failure
		assert.Contains(t, refused, "rejected by the attribute condition", name)
		assert.NotContains(t, refused, "ya29.", name)
		runner.run("env", "rm", name, "--yes")
	}
	assert.Len(t, p.gcpSessions(), granted)
	p.destroy()
	assert.Equal(t, string(before), string(p.sandbox.State()))
}

// The lock's users are let in and no other, a change of the lock changes who, and a principal that is bound by hand is drift.
func TestGoogleLockChanges(t *testing.T) {
	t.Parallel()
	p := newProject(t, organization, gcpProgram("{users: [bo]}"))
	p.useCloud("gcp", gcpVersion)
	p.up()
	bo, cy := p.user("bo"), p.user("cy")
	assert.Contains(t, bo.run("env", "open", "payments/prod"), "ya29.")
	assert.Contains(t, cy.run("env", "open", "payments/prod"), "rejected by the attribute condition", "cy may open it, and is not in the lock")

	p.program(gcpProgram("{users: [cy, bo]}"))
	assert.NotContains(t, p.preview(), "replace", "the provider and the bindings change in place")
	p.up()
	assert.Contains(t, cy.run("env", "open", "payments/prod"), "ya29.")
	p.program(gcpProgram("{users: [cy, bo, cy]}"))
	p.up("--expect-no-changes")
	p.program(gcpProgram("{users: [cy]}"))
	p.up()
	assert.Contains(t, bo.run("env", "open", "payments/prod"), "rejected by the attribute condition")

	var account struct {
		ServiceAccounts []struct{ Bindings []struct{ Members []string } }
	}
	broad := "principalSet://iam.googleapis.com/projects/123456789012/locations/global/workloadIdentityPools/pulumi/*"
	p.call(http.MethodPost, gcpMembers, map[string]string{"serviceAccount": gcpAccount, "role": gcpUser, "member": broad})
	assert.Contains(t, p.refresh(), "1 updated", "what was bound by hand shows as drift")
	p.up()
	require.NoError(t, json.Unmarshal(p.call(http.MethodGet, "/_sandbox/clouds/gcp/service-accounts", nil), &account))
	require.Len(t, account.ServiceAccounts, 1)
	require.Len(t, account.ServiceAccounts[0].Bindings, 1)
	assert.Len(t, account.ServiceAccounts[0].Bindings[0].Members, 1, "and is removed by the next update")

	// A binding that somebody takes away keeps even the right subject out, until it is put back.
	query := url.Values{"serviceAccount": {gcpAccount}, "role": {gcpUser}, "member": {account.ServiceAccounts[0].Bindings[0].Members[0]}}
	p.call(http.MethodDelete, gcpMembers+"?"+query.Encode(), nil)
	assert.Contains(t, cy.run("env", "open", "payments/prod"), "iam.serviceAccounts.getAccessToken")
	p.refresh()
	p.up()
	assert.Contains(t, cy.run("env", "open", "payments/prod"), "ya29.")
}

// A stack's deployments are let in by the operations that were asked for, and no other stack's are.
func TestGoogleDeployments(t *testing.T) {
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
        gcp: {project: acme-prod, projectNumber: "123456789012", workloadPoolId: pulumi}
`
	p := newProject(t, organization, program)
	p.useCloud("gcp", gcpVersion)
	before := p.sandbox.State()
	p.up()
	unchanged := p.calls(func() { p.up("--expect-no-changes") })
	assert.Zero(t, unchanged.Total, "%v", unchanged.Routes)
	p.refresh("--expect-no-changes")

	logIn := func(stack, operation string) (int, string) {
		status, answer := p.sandbox.Call("", http.MethodPost, "/_sandbox/deployments/logins",
			map[string]any{"cloud": "gcp", "project": "payments", "stack": stack, "operation": operation})
		return status, string(answer)
	}
	for _, operation := range []string{"preview", "update"} {
		status, answer := logIn("prod", operation)
		assert.Equal(t, http.StatusOK, status, answer)
	}
	for _, operation := range []string{"destroy", "refresh", "detect-drift"} {
		status, answer := logIn("prod", operation)
		assert.Equal(t, http.StatusForbidden, status, answer)
		assert.Contains(t, answer, "rejected by the attribute condition")
	}
	// Another stack whose settings name the same identity.
	var settings map[string]any
	require.NoError(t, json.Unmarshal(p.call(http.MethodGet, "/api/stacks/acme/payments/prod/deployments/settings", nil), &settings))
	delete(settings, "version")
	p.call(http.MethodPost, "/api/stacks/acme/payments/dev/deployments/settings", settings)
	status, answer := logIn("dev", "update")
	assert.Equal(t, http.StatusForbidden, status, answer)
	p.call(http.MethodDelete, "/api/stacks/acme/payments/dev/deployments/settings", nil)

	p.destroy()
	assert.Equal(t, string(before), string(p.sandbox.State()))
}
