package e2e

import (
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// transitionProgram reads two secrets, and its updates need an approval.
const transitionProgram = `
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
            old: {secretId: payments/db-old}
      aws: {createOidcProvider: true, roleName: payments-database, duration: 2h}
      updateApproval: {approvers: {users: [cy]}}
`

// waits is the change request that the environment's definition waits for.
func (p *project) waits() string {
	p.t.Helper()
	id, _ := p.only("Environment").Outputs["changeRequestId"].(string)
	require.NotEmpty(p.t, id)
	return id
}

// reviewedBy makes a user of the team security one who may read, and so review, an environment.
func (p *project) reviewedBy(login, name string) {
	p.t.Helper()
	p.call("PATCH", "/api/orgs/acme/teams/security", map[string]any{"member": login, "memberAction": "add"})
	p.call("PATCH", "/api/orgs/acme/teams/security", map[string]any{"addEnvironmentPermission": map[string]any{
		"projectName": "payments", "envName": name, "permission": "read",
	}})
}

// The cloud decides by the role's own trust and policy: what is live opens before the approval, right after it, and after the
// next update, which takes away what only the old definition needed.
func TestProductionOpensWhileAChangeOfItsLoginWaits(t *testing.T) {
	t.Parallel()
	const arn = "arn:aws:iam::123456789012:role/payments-database"
	p := newProject(t, watched, transitionProgram)
	p.useCloud("aws", pluginUses(t, awsSDK))
	p.fillStores()
	p.up()
	p.reviewedBy("cy", "database")
	ana := p.userCLI("ana")
	require.Contains(t, opening(t, ana, "acme/payments/database"), "marked-payments/db-old")
	wide := p.awsRoles()[arn]

	// A narrower lock, a secret less and shorter sessions in one change.
	p.program(strings.NewReplacer("            old: {secretId: payments/db-old}\n", "", "duration: 2h", "duration: 1h",
		"      aws: {", "      lock: {users: [ana]}\n      aws: {").Replace(transitionProgram))
	assert.Contains(t, p.preview(), "keeps 1 subjects")
	p.up()
	shown := opening(t, ana, "acme/payments/database")
	assert.Contains(t, shown, "marked-payments/db-old", "the live definition opens while the new one waits")
	both := p.awsRoles()[arn]
	assert.NotEqual(t, string(wide.TrustPolicy), string(both.TrustPolicy))
	assert.Equal(t, 7200, both.MaxSessionDuration)
	p.up()
	assert.Equal(t, both, p.awsRoles()[arn], "nothing is taken away while it waits")

	p.approve(p.waits(), "cy", "ana", 1)
	shown = opening(t, ana, "acme/payments/database")
	assert.Contains(t, shown, "marked-payments/db", "the new definition opens as soon as it is live")
	assert.NotContains(t, shown, "db-old")
	p.up()
	narrow := p.awsRoles()[arn]
	assert.NotEqual(t, string(both.TrustPolicy), string(narrow.TrustPolicy))
	assert.Less(t, len(narrow.TrustPolicy), len(both.TrustPolicy))
	assert.NotContains(t, string(narrow.Policies["leastprivilege-secrets"]), "db-old", "nothing is left wider than declared")
	assert.Equal(t, 3600, narrow.MaxSessionDuration)
	assert.Contains(t, opening(t, ana, "acme/payments/database"), "marked-payments/db")
	unchanged := p.calls(func() { p.up("--expect-no-changes") })
	assert.Zero(t, unchanged.Total, "%v", unchanged.Routes)

	// Another role, or none, would leave nothing for the live definition to log in to.
	for from, to := range map[string]string{
		"roleName: payments-database": "roleName: another", "duration: 1h": "duration: 1h, path: /new/",
		"createOidcProvider: true, roleName: payments-database, duration: 1h": "create: false, roleArn: 'arn:aws:iam::123456789012:role/x'",
	} {
		program := strings.NewReplacer("            old: {secretId: payments/db-old}\n", "", "duration: 2h", "duration: 1h",
			"      aws: {", "      lock: {users: [ana]}\n      aws: {").Replace(transitionProgram)
		p.program(strings.ReplaceAll(program, from, to))
		refused := p.fails("preview", "--non-interactive")
		assert.Contains(t, refused, "until then the environment would open for nobody", to)
		assert.Contains(t, refused, "set `enabled: false` in updateApproval")
	}
	assert.Equal(t, narrow, p.awsRoles()[arn])
	p.call(http.MethodPatch, "/api/orgs/acme/teams/security", map[string]any{"member": "cy", "memberAction": "remove"})
	p.destroy()
}
