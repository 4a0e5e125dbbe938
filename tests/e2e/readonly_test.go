package e2e

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const lookRole = "arn:aws:iam::123456789012:role/payments-look"

const viewOnly = "arn:aws:iam::aws:policy/job-function/ViewOnlyAccess"

// readOnlyProgram lets bo look at payments' production; the team that may open the environment is bo and cy.
const readOnlyProgram = `
resources:
  look:
    type: leastprivilege:ReadOnlyCloudAccess
    properties:
      project: payments
      name: prod-look
      deletionProtected: false
      lock: {users: [bo]}
      aws: {createOidcProvider: true, roleName: payments-look, policy: ViewOnlyAccess}
      azure:
        resourceGroupName: payments
        scopes: ['` + azureGroup + `']
      gcp:
        project: acme-prod
        projectNumber: "123456789012"
        workloadPoolId: pulumi
  engineers:
    type: leastprivilege:ScopedTeam
    properties:
      name: engineers
      members: [bo, cy]
      access: ${look.access}
outputs:
  access: ${look.access}
`

// bo looks at production under their own name, with a session that can only view; cy may open the environment and gets
// nothing from any cloud, and so does an administrator.
func TestReadOnlyCloudAccess(t *testing.T) {
	t.Parallel()
	p := newProject(t, organization, readOnlyProgram)
	p.useCloud("aws", pluginUses(t, awsSDK))
	p.useCloud("azure-native", azureVersion)
	p.useCloud("gcp", gcpVersion)
	before := p.sandbox.State()
	p.up()
	unchanged := p.calls(func() { p.up("--expect-no-changes") })
	assert.Zero(t, unchanged.Total, "%v", unchanged.Routes)
	p.refresh("--expect-no-changes")
	assert.JSONEq(t, `{"environments": [{"project": "payments", "environment": "prod-look", "permission": "open"}]}`, p.run("stack", "output", "access", "--json"))
	assert.Equal(t, []string{viewOnly}, p.awsRoles()[lookRole].ManagedPolicies)
	assert.Empty(t, p.awsRoles()[lookRole].Policies)
	for _, assigned := range p.azure().Clouds.Azure.RoleAssignments {
		assert.Equal(t, azureGroup, assigned.Scope)
		assert.Contains(t, assigned.RoleDefinitionID, "acdd72a7-3385-48ef-bd42-f606fba81ae7", "Reader")
	}
	assert.Len(t, p.azureSubjects(), 1)

	bo, cy := p.user("bo"), p.user("cy")
	opened := bo.run("env", "open", "payments/prod-look", "environmentVariables")
	assert.Contains(t, opened, `"AWS_ACCESS_KEY_ID": "ASIA`)
	assert.Contains(t, opened, `"ARM_OIDC_TOKEN": "eyJ`)
	assert.Contains(t, opened, `"GOOGLE_OAUTH_ACCESS_TOKEN": "ya29.`)
	for login, person := range map[string]*project{"cy": cy, "ana": p.user("ana")} {
		refused := person.run("env", "open", "payments/prod-look")
		assert.Contains(t, refused, "AccessDenied", login)
		assert.Contains(t, refused, "AADSTS700213", login)
		assert.Contains(t, refused, "rejected by the attribute condition", login)
		assert.NotContains(t, refused, "ASIA", login)
		assert.NotContains(t, refused, "ya29.", login)
	}

	var aws struct {
		Sessions []struct {
			SessionName, Subject string
			PolicyARNs           []string
		}
	}
	require.NoError(t, json.Unmarshal(p.call(http.MethodGet, "/_sandbox/clouds/aws/sessions", nil), &aws))
	require.Len(t, aws.Sessions, 1)
	assert.Equal(t, "bo", aws.Sessions[0].SessionName, "AWS's audit trail names the person")
	assert.Equal(t, []string{viewOnly}, aws.Sessions[0].PolicyARNs)
	assert.True(t, strings.HasSuffix(aws.Sessions[0].Subject, ":pulumi.user.login:bo"), aws.Sessions[0].Subject)
	sessions := p.gcpSessions()
	require.Len(t, sessions, 1)
	assert.True(t, strings.HasSuffix(sessions[0].Principal, ":pulumi.user.login:bo"), sessions[0].Principal)

	// The team's right is to open it, and no more.
	cy.fails("env", "rm", "payments/prod-look", "--yes")

	// The lock and the grant are two things: who is in the lock and not in the team may not even open it.
	p.program(strings.Replace(readOnlyProgram, "members: [bo, cy]", "members: [cy]", 1))
	p.up()
	bo.fails("env", "open", "payments/prod-look")

	p.destroy()
	assert.Equal(t, string(before), string(p.sandbox.State()))
}
