package esc_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/esc"
)

func TestContentsFindsStoredCredentials(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		definition  string
		credentials []esc.CredentialAt
		plain       []string
	}{
		"in a secret": {
			"values: {environmentVariables: {AWS_ACCESS_KEY_ID: x, AWS_SECRET_ACCESS_KEY: {fn::secret: {ciphertext: x}}}}",
			[]esc.CredentialAt{{Cloud: "aws", Path: "environmentVariables.AWS_ACCESS_KEY_ID"}, {Cloud: "aws", Path: "environmentVariables.AWS_SECRET_ACCESS_KEY"}},
			[]string{"environmentVariables.AWS_ACCESS_KEY_ID"},
		},
		"by its form":       {"values: {deploy: {user: AKIAIOSFODNN7EXAMPLE}}", []esc.CredentialAt{{Cloud: "aws", Path: "deploy.user"}}, []string{"deploy.user"}},
		"in configuration":  {"values: {pulumiConfig: {'azure-native:clientSecret': {fn::secret: x}}}", []esc.CredentialAt{{Cloud: "azure", Path: `pulumiConfig["azure-native:clientSecret"]`}}, nil},
		"a static login":    {"values: {aws: {login: {fn::open::aws-login: {static: {accessKeyId: a, secretAccessKey: {fn::secret: b}}}}}}", []esc.CredentialAt{{Cloud: "aws", Path: "aws.login"}}, nil},
		"a login by OIDC":   {"values: {aws: {login: {fn::open::aws-login: {oidc: {roleArn: arn, sessionName: s}}}}, environmentVariables: {AWS_SECRET_ACCESS_KEY: '${aws.login.secretAccessKey}'}}", nil, nil},
		"a plain password":  {"values: {db: {password: hunter2, user: app, port: 5432}}", nil, []string{"db.password"}},
		"a secret password": {"values: {db: {password: {fn::secret: hunter2}}}", nil, nil},
		"from a store":      {"values: {db: {password: {fn::open::aws-secrets: {region: r, login: x, get: {p: {secretId: s}}}}}}", nil, nil},
	} {
		found, err := esc.ContentsOf(c.definition)
		require.NoError(t, err, name)
		assert.ElementsMatch(t, c.credentials, found.Credentials, name)
		assert.Equal(t, c.plain, found.Plain, name)
	}
	assert.Equal(t, "aws", esc.CredentialCloud("AWS_SECRET_ACCESS_KEY"))
	assert.Empty(t, esc.CredentialCloud("REGION"))
}
