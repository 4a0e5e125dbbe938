package e2e

import (
	"encoding/json"
	"net/http"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/server/servertest"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/tests/harness"
)

const awsSDK = "github.com/pulumi/pulumi-aws/sdk/v7"

// One account, two logins: an environment's, which makes the account's OIDC provider, and that of a stack's deployments.
const awsProgram = `
resources:
  prod:
    type: leastprivilege:ProductionEnvironment
    properties:
      project: payments
      name: prod
      deletionProtected: false
      aws:
        createOidcProvider: true
        oidcAudiences: [acme]
        roleName: payments-prod
        path: /pulumi/
        permissionsBoundary: arn:aws:iam::123456789012:policy/boundary
        managedPolicyArns: ['arn:aws:iam::aws:policy/ReadOnlyAccess', 'arn:aws:iam::aws:policy/AWSSupportAccess']
        inlinePolicies:
          logs:
            fn::toJSON:
              Version: '2012-10-17'
              Statement: {Effect: Allow, Action: 'logs:GetLogEvents', Resource: '*'}
        duration: 2h
        tags: {team: payments}
  deployments:
    type: leastprivilege:DeploymentRoleAssignment
    options: {dependsOn: ['${prod}']}
    properties:
      project: payments
      stack: prod
      access:
        environments: [{project: payments, environment: prod, permission: open}]
      oidc:
        operations: [update]
        aws:
          oidcProviderArn: ${prod.awsOidcProviderArn}
          roleName: payments-deploy
outputs:
  role: ${prod.awsRoleArn}
  provider: ${prod.awsOidcProviderArn}
`

type awsRole struct {
	ARN                 string                     `json:"arn"`
	TrustPolicy         json.RawMessage            `json:"trustPolicy"`
	MaxSessionDuration  int                        `json:"maxSessionDuration"`
	PermissionsBoundary string                     `json:"permissionsBoundary"`
	Tags                map[string]string          `json:"tags"`
	Policies            map[string]json.RawMessage `json:"policies"`
	ManagedPolicies     []string                   `json:"managedPolicies"`
}

func (p *project) awsRoles() map[string]awsRole {
	p.t.Helper()
	var listed struct {
		Roles []awsRole `json:"roles"`
	}
	p.sandbox.Control(http.MethodGet, "clouds/aws/roles", nil, &listed)
	byARN := map[string]awsRole{}
	for _, role := range listed.Roles {
		byARN[role.ARN] = role
	}
	return byARN
}

// as is somebody with a token of their own who is logged in to the sandbox.
func (p *project) as(name, token string) harness.CLI {
	p.t.Helper()
	cli := harness.NewCLI(p.cli.Dir, filepath.Join(p.root, name), "PULUMI_ACCESS_TOKEN="+token)
	_, err := cli.Run(p.t.Context(), "login", p.sandbox.URL)
	require.NoError(p.t, err)
	return cli
}

func (p *project) userCLI(login string) harness.CLI {
	p.t.Helper()
	return p.as(login, p.sandbox.TokenFor(servertest.Identity{User: login}))
}

// opening is everything that opening an environment prints: its values, or what was refused, of which the CLI makes no
// error.
func opening(t *testing.T, cli harness.CLI, environment string) string {
	t.Helper()
	output, err := cli.Run(t.Context(), "env", "open", environment)
	if err != nil {
		return err.Error()
	}
	return output
}

// The role is made whole in the account, with the account's one OIDC provider, and admits whom it is made for: the
// environment when it is opened, and no environment that imports it.
func TestAWSIdentitiesAreMadeWhole(t *testing.T) {
	t.Parallel()
	p := newProject(t, organization, awsProgram)
	p.useCloud("aws", pluginUses(t, awsSDK))
	before := p.sandbox.State()
	p.preview()
	assert.Equal(t, before, p.sandbox.State(), "a preview makes nothing in the cloud")
	p.up()

	role := p.awsRoles()["arn:aws:iam::123456789012:role/pulumi/payments-prod"]
	assert.Equal(t, "arn:aws:iam::123456789012:policy/boundary", role.PermissionsBoundary)
	assert.Equal(t, []string{"arn:aws:iam::aws:policy/AWSSupportAccess", "arn:aws:iam::aws:policy/ReadOnlyAccess"}, role.ManagedPolicies)
	assert.Equal(t, 7200, role.MaxSessionDuration)
	assert.Equal(t, map[string]string{"team": "payments"}, role.Tags)
	assert.Contains(t, role.Policies, "logs")
	var providers struct {
		Providers []struct {
			ARN       string   `json:"arn"`
			ClientIDs []string `json:"clientIds"`
		} `json:"providers"`
	}
	p.sandbox.Control(http.MethodGet, "clouds/aws/oidc-providers", nil, &providers)
	require.Len(t, providers.Providers, 1, "one account, one provider")
	assert.Equal(t, []string{"aws:acme", "acme"}, providers.Providers[0].ClientIDs)

	ana := p.userCLI("ana")
	assert.Contains(t, opening(t, ana, "acme/payments/prod"), "ASIA")
	p.call(http.MethodPost, "/api/esc/environments/acme", map[string]any{"project": "payments", "name": "borrower"})
	p.sandbox.Call(p.sandbox.Token, http.MethodPatch, "/api/esc/environments/acme/payments/borrower", json.RawMessage(`{"imports":["payments/prod"]}`))
	assert.Contains(t, opening(t, ana, "acme/payments/borrower"), "AccessDenied")
	p.call(http.MethodDelete, "/api/esc/environments/acme/payments/borrower", nil)

	var sessions struct {
		Sessions []struct{ RoleARN, SessionName string } `json:"sessions"`
	}
	p.sandbox.Control(http.MethodGet, "clouds/aws/sessions", nil, &sessions)
	require.Len(t, sessions.Sessions, 1)
	assert.Equal(t, "pulumi-ana", sessions.Sessions[0].SessionName, "the audit trail names who opened it")

	issuer := p.sandbox.URL + "/oidc"
	deploy := string(p.awsRoles()["arn:aws:iam::123456789012:role/payments-deploy"].TrustPolicy)
	const subject = "pulumi:deploy:org:acme:project:payments:stack:prod:operation:update:scope:write"
	admitted, reason := admits(t, deploy, "123456789012", issuer, subject, "acme")
	assert.True(t, admitted, reason)
	admitted, _ = admits(t, deploy, "123456789012", issuer, strings.ReplaceAll(subject, "update", "destroy"), "acme")
	assert.False(t, admitted)

	unchanged := p.calls(func() { p.up("--expect-no-changes") })
	assert.Zero(t, unchanged.Total, "%v", unchanged.Routes)
	p.awsPoliciesAreOwnedWhole()
	p.destroy()
	assert.JSONEq(t, string(before), string(p.sandbox.State()))
}

// awsPoliciesAreOwnedWhole: what somebody attaches to the role by hand is seen by a refresh and gone after the next update.
func (p *project) awsPoliciesAreOwnedWhole() {
	t, arn := p.t, "arn:aws:iam::123456789012:role/pulumi/payments-prod"
	made := p.awsRoles()[arn]
	p.refresh("--expect-no-changes")
	p.sandbox.Control(http.MethodPut, "clouds/aws/roles/policies", map[string]any{
		"role": arn, "name": "by-hand",
		"policy": `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}`,
	}, nil)
	p.sandbox.Control(http.MethodPut, "clouds/aws/roles/managed-policies", map[string]any{
		"role": arn, "policyArns": append([]string{"arn:aws:iam::aws:policy/AdministratorAccess"}, made.ManagedPolicies...),
	}, nil)
	refreshed := p.refresh("--diff")
	assert.Contains(t, refreshed, "by-hand")
	assert.Contains(t, refreshed, "AdministratorAccess")
	p.up()
	assert.Equal(t, made, p.awsRoles()[arn])
}

// A second provider for the same issuer is refused by the account, as AWS refuses it, and so is a token for an audience
// that the account's provider does not list.
func TestAWSHasOneProviderForEachIssuer(t *testing.T) {
	t.Parallel()
	p := newProject(t, organization, strings.NewReplacer(
		"oidcProviderArn: ${prod.awsOidcProviderArn}", "createOidcProvider: true").Replace(awsProgram))
	p.useCloud("aws", pluginUses(t, awsSDK))
	assert.Contains(t, p.fails("up", "--yes", "--skip-preview", "--non-interactive"), "EntityAlreadyExists")
	p.destroy()

	p.sandbox.Control(http.MethodPost, "clouds/aws/oidc-providers",
		map[string]any{"account": "123456789012", "url": p.sandbox.URL + "/oidc", "clientIds": []string{"acme"}}, nil)
	p.program(strings.NewReplacer("createOidcProvider: true", "accountId: '123456789012'", "oidcAudiences: [acme]", "",
		"oidcProviderArn: ${prod.awsOidcProviderArn}", "accountId: '123456789012'").Replace(awsProgram))
	p.up()
	assert.Contains(t, opening(t, p.userCLI("ana"), "acme/payments/prod"), "Incorrect token audience")
	p.sandbox.Control(http.MethodPut, "clouds/aws/oidc-providers",
		map[string]any{"account": "123456789012", "url": p.sandbox.URL + "/oidc", "clientIds": []string{"acme", "aws:acme"}}, nil)
	assert.Contains(t, opening(t, p.userCLI("ana"), "acme/payments/prod"), "AWS_ACCESS_KEY_ID")
	p.destroy()
}
