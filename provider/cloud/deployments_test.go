package cloud_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/cloud"
)

const settings = "/api/stacks/acme/payments/prod/deployments/settings"

func TestMergeSendsExplicitNulls(t *testing.T) {
	t.Parallel()
	role := "role-1"
	tests := []struct {
		name string
		role *string
		oidc map[string]any
		body string
	}{
		{name: "role", role: &role, body: `{"operationContext":{"role":{"id":"role-1"}}}`},
		{name: "no role", body: `{"operationContext":{"role":null}}`},
		{
			name: "no cloud", role: &role, oidc: map[string]any{"aws": nil, "azure": nil, "gcp": nil},
			body: `{"operationContext":{"role":{"id":"role-1"},"oidc":{"aws":null,"azure":null,"gcp":null}}}`,
		},
		{
			name: "one cloud", oidc: map[string]any{"aws": map[string]any{"roleArn": "arn", "duration": nil}, "gcp": nil},
			body: `{"operationContext":{"role":null,"oidc":{"aws":{"roleArn":"arn","duration":null},"gcp":null}}}`,
		},
		{name: "clouds that stay", role: &role, oidc: map[string]any{}, body: `{"operationContext":{"role":{"id":"role-1"},"oidc":{}}}`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			answered, want := "null", ""
			if test.role != nil {
				answered, want = `{"id":"role-1"}`, "role-1"
			}
			client := scripted(t, exchange{
				call: "POST " + settings, body: test.body, answer: `{"version":1,"operationContext":{"role":` + answered + `}}`,
			})
			got, err := client.MergeDeploymentSettings(t.Context(), "acme", "payments", "prod", test.role, test.oidc)
			require.NoError(t, err)
			assert.Equal(t, want, got.RoleID)
		})
	}
}

func TestReadDeploymentSettings(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		answer string
		role   string
		oidc   string
		other  bool
	}{
		{name: "nothing", answer: `{"version":1}`},
		{name: "nothing but the service's own", answer: `{"version":7,"source":"api","operationContext":{}}`},
		{name: "null", answer: `{"version":1,"operationContext":null}`},
		{name: "role alone", answer: `{"version":1,"operationContext":{"role":{"id":"r","name":"deployer"}}}`, role: "r"},
		{name: "null role", answer: `{"version":1,"operationContext":{"role":null,"oidc":null}}`},
		{
			name: "role and OIDC", answer: `{"version":1,"operationContext":{"role":{"id":"r"},"oidc":{"aws":{"roleArn":"arn","n":1.50}}}}`,
			role: "r", oidc: `{"aws":{"roleArn":"arn","n":1.50}}`,
		},
		{name: "clouds that are not set", answer: `{"version":1,"operationContext":{"oidc":{"aws":null,"gcp":{ }}}}`, oidc: `{}`},
		{name: "empties of every kind", answer: `{"version":1,"tag":"","gitHub":{ },"cacheOptions":null,"x":[],"y":false,"operationContext":{"options":{}}}`},
		{name: "another setting", answer: `{"version":1,"agentPoolID":"pool"}`, other: true},
		{name: "another operation setting", answer: `{"version":1,"operationContext":{"preRunCommands":["make"]}}`, other: true},
		{
			name: "secrets in every form stay as they are", other: true, role: "r",
			answer: `{"version":1,"sourceContext":{"git":{"gitAuth":{"accessToken":{"secret":"s3cret"}}}},"operationContext":{"role":{"id":"r"},
				"environmentVariables":{"A":"text","B":{"secret":"s3cret"},"C":{"isSecret":true,"ciphertext":"AAA"},"D":{"ciphertext":"AAA"},"E":7}}}`,
		},
		{
			name: "executors in either form", other: true,
			answer: `{"version":1,"executorContext":{"executorImage":{"reference":"image","credentials":{"password":{"secret":"s3cret"}}}}}`,
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			got, err := scripted(t, exchange{call: "GET " + settings, answer: test.answer}).
				DeploymentSettings(t.Context(), "acme", "payments", "prod")
			require.NoError(t, err)
			assert.Equal(t, test.role, got.RoleID)
			assert.Equal(t, test.other, got.Other)
			if test.oidc != "" {
				text, err := json.Marshal(got.OIDC)
				require.NoError(t, err)
				assert.Equal(t, test.oidc, string(text), "byte for byte")
			} else {
				assert.Empty(t, got.OIDC)
			}
			whole, err := json.Marshal(got)
			require.NoError(t, err)
			assert.NotContains(t, string(whole), "s3cret")
		})
	}
}

func TestUnreadableDeploymentSettings(t *testing.T) {
	t.Parallel()
	for _, answer := range []string{`[]`, `{"operationContext":"s3cret"}`, `{"operationContext":{"role":"s3cret"}}`, `{"operationContext":{"oidc":["s3cret"]}}`, `<html>`, ""} {
		_, err := scripted(t, exchange{call: "GET " + settings, answer: answer}).
			DeploymentSettings(t.Context(), "acme", "payments", "prod")
		require.ErrorContains(t, err, `deployment settings of stack "payments/prod": GET `+settings, answer)
		assert.NotContains(t, err.Error(), "s3cret")
	}
	_, err := scripted(t, exchange{call: "GET " + settings, status: 404, answer: refusal(404, "Not Found")}).
		DeploymentSettings(t.Context(), "acme", "payments", "prod")
	require.ErrorIs(t, err, cloud.ErrNotFound)
}

func TestDeleteDeploymentSettings(t *testing.T) {
	t.Parallel()
	for _, e := range []exchange{{answer: "true"}, {status: 404, answer: refusal(404, "Not Found")}} {
		e.call = "DELETE " + settings
		require.NoError(t, scripted(t, e).DeleteDeploymentSettings(t.Context(), "acme", "payments", "prod"))
	}
	err := scripted(t, exchange{call: "DELETE " + settings, status: 402, answer: refusal(402, "Pulumi Deployments requires Team Growth")}).
		DeleteDeploymentSettings(t.Context(), "acme", "payments", "prod")
	require.Error(t, err)
	assert.True(t, strings.Contains(err.Error(), "edition"))
}
