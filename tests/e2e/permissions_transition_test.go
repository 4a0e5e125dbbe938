package e2e

import (
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const permissionsProgram = `
resources:
  prod:
    type: leastprivilege:ProductionEnvironment
    properties:
      project: payments
      name: prod
      deletionProtected: false
      values: {region: eu-west-1}
      aws:
        createOidcProvider: true
        roleName: payments-prod
        inlinePolicies:
          reads: '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:GetObject","Resource":"*"}]}'
          writes: '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:PutObject","Resource":"*"}]}'
      updateApproval: {approvers: {users: [cy]}}
`

// What the live definition came with is there before the approval, and gone with the first update after it.
func TestPermissionsStayUntilTheDefinitionIsLive(t *testing.T) {
	t.Parallel()
	const arn = "arn:aws:iam::123456789012:role/payments-prod"
	p := newProject(t, watched, permissionsProgram)
	p.useCloud("aws", pluginUses(t, awsSDK))
	p.up()
	p.reviewedBy("cy", "prod")
	wide := p.awsRoles()[arn]
	assert.Len(t, wide.Policies, 2)

	narrower := strings.Replace(permissionsProgram, "region: eu-west-1", "region: eu-north-1", 1)
	narrower = without(t, narrower, "          writes:", "      updateApproval")
	p.program(narrower)
	shown := p.preview()
	assert.Contains(t, shown, "what this program takes from aws.inlinePolicies")
	assert.NotContains(t, shown, "delete")
	p.up()
	assert.Equal(t, wide, p.awsRoles()[arn], "the live definition keeps what it came with")
	p.approve(p.waits(), "cy", "ana", 1)
	p.up()
	assert.Len(t, p.awsRoles()[arn].Policies, 1, "the new definition is live")
	unchanged := p.calls(func() { p.up("--expect-no-changes") })
	assert.Zero(t, unchanged.Total, "%v", unchanged.Routes)

	// Without a change of the definition it is removed at once.
	p.program(without(t, narrower, "        inlinePolicies:", "      updateApproval"))
	p.up()
	assert.Empty(t, p.awsRoles()[arn].Policies)
	p.call(http.MethodPatch, "/api/orgs/acme/teams/security", map[string]any{"member": "cy", "memberAction": "remove"})
	p.destroy()
}

// without is a text without what stands from one mark to another.
func without(t *testing.T, text, from, to string) string {
	t.Helper()
	head, rest, found := strings.Cut(text, from)
	require.True(t, found, from)
	_, tail, found := strings.Cut(rest, to)
	require.True(t, found, to)
	return head + to + tail
}
