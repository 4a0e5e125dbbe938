package esc_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/esc"
)

func TestContents(t *testing.T) {
	t.Parallel()
	found, err := esc.ContentsOf(`
imports: [p/base]
values:
  aws:
    login:
      fn::open::aws-login:
        oidc: {roleArn: "arn:aws:iam::123456789012:role/deploy", sessionName: x, subjectAttributes: [rootEnvironment.name]}
    secrets:
      fn::open::aws-secrets: {region: eu-west-1, login: "${aws.login}", get: {db: {secretId: prod/db}, "a.b": {secretId: c}}}
    static:
      fn::open:
        provider: aws-login
        inputs: {static: {accessKeyId: AKIA, secretAccessKey: {fn::secret: hunter2}}}
  azure: {login: {fn::open::azure-login: {clientId: c1, tenantId: t1, subscriptionId: s1, oidc: true}}}
  gcp:
    login: {fn::open::gcp-login: {project: 123, oidc: {workloadPoolId: pool, providerId: prov, serviceAccount: sa@p.iam.gserviceaccount.com}}}
    pool: {fn::open::gcp-login: {project: 123, oidc: {workloadPoolId: pool, providerId: prov}}}
  vault: {fn::open::vault-login: {address: "https://v", oidc: {role: deployer}}}
  token: {fn::open::oidc: {audience: artifactory}}
  hidden: {fn::open::aws-login: {oidc: {roleArn: {fn::secret: "arn:aws:iam::1:role/quiet"}}}}
  app:
    password: {fn::secret: {ciphertext: abc}}
    joined: {fn::toJSON: {inner: {fn::secret: x}}}
    keys: [{fn::secret: y}, plain]
    rotated: {fn::rotate::aws-iam: {inputs: {}, state: {current: {fn::secret: z}}}}
    outputs: {fn::open::pulumi-stacks: {stacks: {net: {stack: net/prod}}}}
  environmentVariables: {TOKEN: "${app.password}"}
`)
	require.NoError(t, err)
	assert.Equal(t, []esc.LoginAt{
		{Path: "aws.login", Cloud: "aws", Identity: "arn:aws:iam::123456789012:role/deploy"},
		{Path: "aws.static", Cloud: "aws"},
		{Path: "azure.login", Cloud: "azure", Identity: "c1"},
		{Path: "gcp.login", Cloud: "gcp", Identity: "sa@p.iam.gserviceaccount.com"},
		{Path: "gcp.pool", Cloud: "gcp", Identity: "projects/123/locations/global/workloadIdentityPools/pool/providers/prov"},
		{Path: "vault", Cloud: "vault", Identity: "deployer"},
		{Path: "token", Cloud: "oidc", Identity: "artifactory"},
		{Path: "hidden", Cloud: "aws"},
	}, found.Logins)
	assert.Equal(t, []esc.SecretAt{
		{Path: "aws.secrets.db", Source: "aws-secrets"}, {Path: `aws.secrets["a.b"]`, Source: "aws-secrets"}, {Path: "aws.static"}, {Path: "hidden"},
		{Path: "app.password"}, {Path: "app.joined"}, {Path: "app.keys[0]"}, {Path: "app.rotated", Source: "aws-iam"}, {Path: "app.rotated"},
		{Path: "app.outputs", Source: "pulumi-stacks"},
	}, found.Secrets)
	for _, empty := range []string{"", "values: {}", "imports: [a/b]", "values: text"} {
		found, err := esc.ContentsOf(empty)
		require.NoError(t, err, empty)
		assert.Empty(t, found, empty)
	}
	for _, bad := range []string{"values: {a: &x {fn::secret: hunter2}, b: *x}", "a: [hunter2", "a: b\n---\nhunter2: c"} {
		_, err := esc.ContentsOf(bad)
		require.Error(t, err)
		assert.NotContains(t, err.Error(), "hunter2")
	}
}

// Whatever a secret stands in, its name is found and its value is nowhere.
func TestContentsHoldNoSecretValues(t *testing.T) {
	t.Parallel()
	const marked = "s3cr3t-value"
	rapid.Check(t, func(t *rapid.T) {
		value := "{fn::secret: " + marked + "}"
		forms := []string{
			"{a: %s}", "[%s, b]", "{fn::toJSON: %s}", "{fn::open::aws-login: {oidc: {roleArn: %s}}}", "{fn::open::vault-login: {oidc: {role: %s}}}",
			"{fn::open::gcp-login: {project: %s, oidc: {workloadPoolId: %[1]s, providerId: p}}}", "{fn::open: {provider: azure-login, inputs: {clientId: %s}}}",
			"{fn::rotate::password: {inputs: {length: %s}}}", "{fn::open::aws-secrets: {get: {x: {secretId: %s}}}}", "{fn::join: ['-', [%s]]}",
		}
		for range rapid.IntRange(0, 3).Draw(t, "depth") {
			value = fmt.Sprintf(rapid.SampledFrom(forms).Draw(t, "form"), value)
		}
		found, err := esc.ContentsOf("values: {at: " + value + "}")
		if err != nil || len(found.Secrets) == 0 {
			t.Fatalf("%s: %v, %v", value, found, err)
		}
		if text := fmt.Sprint(found); strings.Contains(text, marked) {
			t.Fatalf("%s: %s", value, text)
		}
	})
}
