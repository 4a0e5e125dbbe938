package components_test

import (
	"encoding/json"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/property"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/oidc"
)

const prodSubject = "pulumi:environments:pulumi.organization.login:acme" +
	":rootEnvironment.name:payments/prod:currentEnvironment.name:payments/prod"

func prodEnvironment(aws map[string]property.Value) map[string]property.Value {
	return map[string]property.Value{"project": text("payments"), "name": text("prod"), "aws": object(aws)}
}

// The role, both kinds of policies and their exclusive ownership are children from the official package.
func TestCreatedRole(t *testing.T) {
	t.Parallel()
	e := newEngine(t)
	answer, err := e.construct("ProductionEnvironment", prodEnvironment(map[string]property.Value{
		"accountId":           text("123456789012"),
		"roleName":            text("payments-prod"),
		"path":                text("/pulumi/"),
		"permissionsBoundary": text("arn:aws:iam::123456789012:policy/boundary"),
		"managedPolicyArns":   list(text("arn:aws:iam::aws:policy/ReadOnlyAccess")),
		"inlinePolicies":      object(map[string]property.Value{"deploy": text(`{"Version":"2012-10-17"}`)}),
		"duration":            text("2h"),
		"tags":                object(map[string]property.Value{"team": text("payments")}),
	}), false)
	require.NoError(t, err)

	role := e.child("aws:iam/role:Role", "x")
	assert.Contains(t, role.RegisterRPC.GetParent(), "leastprivilege:index:ProductionEnvironment::x")
	assert.Equal(t, "payments-prod", role.Inputs.Get("name").AsString())
	assert.Equal(t, "/pulumi/", role.Inputs.Get("path").AsString())
	assert.Equal(t, "arn:aws:iam::123456789012:policy/boundary", role.Inputs.Get("permissionsBoundary").AsString())
	assert.InDelta(t, 7200, role.Inputs.Get("maxSessionDuration").AsNumber(), 0)
	assert.Equal(t, "payments", role.Inputs.Get("tags").AsMap().Get("team").AsString())
	assertAdmitsOnly(t, role.Inputs.Get("assumeRolePolicy").AsString(), prodSubject, "aws:acme")

	managed := e.child("aws:iam/rolePolicyAttachmentsExclusive:RolePolicyAttachmentsExclusive", "x").Inputs
	assert.Equal(t, "made", managed.Get("roleName").AsString())
	assert.Equal(t, list(text("arn:aws:iam::aws:policy/ReadOnlyAccess")), managed.Get("policyArns"))
	inline := e.child("aws:iam/rolePolicy:RolePolicy", "x-deploy").Inputs
	assert.Equal(t, "deploy", inline.Get("name").AsString())
	assert.JSONEq(t, `{"Version":"2012-10-17"}`, inline.Get("policy").AsString())
	names := e.child("aws:iam/rolePoliciesExclusive:RolePoliciesExclusive", "x").Inputs
	assert.Equal(t, list(text("deploy")), names.Get("policyNames"))

	definition := e.child("leastprivilege:index:Environment", "x").Inputs.Get("definition").AsString()
	assert.Contains(t, definition, "roleArn: arn:aws:iam::123456789012:role/made")
	assert.Contains(t, definition, "duration: 2h")
	assert.Equal(t, "arn:aws:iam::123456789012:role/made", answer.State.Get("awsRoleArn").AsString())
}

// Without policies, both kinds are owned as empty: one that is attached by hand is still taken away.
func TestCreatedRoleWithoutPolicies(t *testing.T) {
	t.Parallel()
	e := newEngine(t)
	_, err := e.construct("ProductionEnvironment", prodEnvironment(map[string]property.Value{
		"createOidcProvider": property.New(true),
	}), false)
	require.NoError(t, err)
	managed := e.child("aws:iam/rolePolicyAttachmentsExclusive:RolePolicyAttachmentsExclusive", "x").Inputs
	assert.Equal(t, list(), managed.Get("policyArns"))
	inline := e.child("aws:iam/rolePoliciesExclusive:RolePoliciesExclusive", "x").Inputs
	assert.Equal(t, list(), inline.Get("policyNames"))

	provider := e.child("aws:iam/openIdConnectProvider:OpenIdConnectProvider", "x").Inputs
	assert.Equal(t, "https://api.pulumi.com/oidc", provider.Get("url").AsString())
	assert.Equal(t, list(text("aws:acme")), provider.Get("clientIdLists"))
	role := e.child("aws:iam/role:Role", "x").Inputs
	assertAdmitsOnly(t, role.Get("assumeRolePolicy").AsString(), prodSubject, "aws:acme")
}

// A role that exists needs no child from the aws package, and so no AWS plugin.
func TestExistingRole(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, arn, provider string
		aws                 map[string]property.Value
	}{
		{
			name: "by ARN", arn: "arn:aws:iam::210987654321:role/team/payments",
			aws: map[string]property.Value{"roleArn": text("arn:aws:iam::210987654321:role/team/payments")},
		},
		{
			name: "by account and name", arn: "arn:aws:iam::210987654321:role/payments",
			aws: map[string]property.Value{"accountId": text("210987654321"), "roleName": text("payments")},
		},
		{
			name: "by account, path and name", arn: "arn:aws:iam::210987654321:role/team/payments",
			aws: map[string]property.Value{
				"accountId": text("210987654321"), "roleName": text("payments"), "path": text("/team/"),
			},
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			e := newEngine(t)
			test.aws["create"] = property.New(false)
			answer, err := e.construct("ProductionEnvironment", prodEnvironment(test.aws), false)
			require.NoError(t, err)
			assert.Equal(t, []string{
				"leastprivilege:index:Environment x", "leastprivilege:index:LoginTransition x", "leastprivilege:index:ProductionEnvironment x",
			}, e.childNames(), "nothing in the cloud")
			assert.Equal(t, test.arn, answer.State.Get("awsRoleArn").AsString())
			policy := answer.State.Get("awsTrustPolicy").AsString()
			assert.Contains(t, policy, "arn:aws:iam::210987654321:oidc-provider/api.pulumi.com/oidc")
			document, err := oidc.ParseAWSTrustPolicy([]byte(policy))
			require.NoError(t, err)
			allowed, reason := document.Decide("210987654321", oidc.WebIdentity{
				Issuer: "https://api.pulumi.com/oidc", Subject: prodSubject, Audiences: []string{"aws:acme"},
			})
			assert.True(t, allowed, reason)
		})
	}
}

// A deployment's trust has one subject per operation and the plain organization as audience.
func TestDeploymentTrust(t *testing.T) {
	t.Parallel()
	e := newEngine(t)
	answer, err := e.construct("DeploymentRoleAssignment", map[string]property.Value{
		"project": text("payments"), "stack": text("prod"),
		"access": object(map[string]property.Value{"environments": list(object(map[string]property.Value{
			"project": text("payments"), "environment": text("prod"), "permission": text("open"),
		}))}),
		"oidc": object(map[string]property.Value{
			"operations": list(text("update"), text("preview")),
			"aws": object(map[string]property.Value{
				"create": property.New(false), "roleArn": text("arn:aws:iam::123456789012:role/payments"),
			}),
		}),
	}, false)
	require.NoError(t, err)
	assert.Equal(t, list(
		text("pulumi:deploy:org:acme:project:payments:stack:prod:operation:preview:scope:write"),
		text("pulumi:deploy:org:acme:project:payments:stack:prod:operation:update:scope:write"),
	), answer.State.Get("subjects"))
	assert.Equal(t, "acme", answer.State.Get("audience").AsString())

	// The role made from access holds write on the stack itself as well.
	stacks := e.child("leastprivilege:index:Role", "x").Inputs.Get("access").AsMap().Get("stacks").AsArray()
	require.Equal(t, 1, stacks.Len())
	assert.Equal(t, "write", stacks.Get(0).AsMap().Get("permission").AsString())
	settings := e.child("leastprivilege:index:DeploymentRole", "x").Inputs
	assert.Equal(t, "role-1", settings.Get("roleId").AsString())
	aws := settings.Get("oidc").AsMap().Get("aws").AsMap()
	assert.Equal(t, "arn:aws:iam::123456789012:role/payments", aws.Get("roleArn").AsString())
	assert.Equal(t, "payments-prod", aws.Get("sessionName").AsString())
}

func assertAdmitsOnly(t *testing.T, policy, subject, audience string) {
	t.Helper()
	require.True(t, json.Valid([]byte(policy)), policy)
	document, err := oidc.ParseAWSTrustPolicy([]byte(policy))
	require.NoError(t, err)
	identity := oidc.WebIdentity{Issuer: "https://api.pulumi.com/oidc", Subject: subject, Audiences: []string{audience}}
	allowed, reason := document.Decide("123456789012", identity)
	assert.True(t, allowed, reason)
	identity.Subject += "x"
	allowed, _ = document.Decide("123456789012", identity)
	assert.False(t, allowed)
}
