package survey_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/cloud"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/graph"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/server/servertest"
)

// No secret of the organization is in a snapshot, wherever it is kept.
func TestSnapshotsHoldNoSecrets(t *testing.T) {
	t.Parallel()
	const marked = "m4rk3d"
	f := start(t, strings.Replace(seed, `definition: "values: {a: b}", owner: ana, tags`, `definition: '
  values: {
    password: {fn::secret: m4rk3d-plain}, list: [{fn::secret: m4rk3d-list}], json: {fn::toJSON: {a: {fn::secret: m4rk3d-nested}}},
    aws: {login: {fn::open::aws-login: {static: {accessKeyId: {fn::secret: m4rk3d-id}, secretAccessKey: {fn::secret: m4rk3d-key}}}}},
    role: {fn::open::aws-login: {oidc: {roleArn: {fn::secret: m4rk3d-role}, sessionName: x}}},
    gcp: {fn::open::gcp-login: {project: {fn::secret: m4rk3d-project}, oidc: {serviceAccount: {fn::secret: m4rk3d-account}}}},
    vault: {fn::open::vault-login: {jwt: {role: {fn::secret: m4rk3d-vault}}}},
    stored: {fn::open::aws-secrets: {login: {}, get: {db: {secretId: {fn::secret: m4rk3d-id}}}}},
    rotated: {fn::rotate::passphrase: {inputs: {length: 8}, state: {current: {fn::secret: m4rk3d-state}}}},
    environmentVariables: {TOKEN: {fn::secret: m4rk3d-variable}}, files: {KEY: {fn::secret: m4rk3d-file}}
  }', owner: ana, tags`, 1))
	secret := map[string]any{"secret": marked + "-setting"}
	status, said := f.Call(f.Token, http.MethodPost, "/api/stacks/acme/payments/prod/deployments/settings", map[string]any{
		"operationContext": map[string]any{
			"environmentVariables": map[string]any{"PULUMI_ACCESS_TOKEN": secret, "OTHER": secret},
			"oidc":                 map[string]any{"aws": map[string]any{"roleArn": "arn:aws:iam::123456789012:role/deploy", "sessionName": "s"}},
		},
		"sourceContext":   map[string]any{"git": map[string]any{"repoUrl": "https://example.com", "gitAuth": map[string]any{"accessToken": secret}}},
		"executorContext": map[string]any{"executorImage": map[string]any{"reference": "r", "credentials": map[string]any{"username": "u", "password": secret}}},
	})
	require.Less(t, status, 300, string(said))
	values := []string{marked, f.Token, f.TokenFor(servertest.Identity{User: "bo"})}
	for _, create := range []func() (cloud.NewToken, error){
		func() (cloud.NewToken, error) {
			return f.client.CreateTeamToken(t.Context(), "acme", "web", cloud.TokenInput{Name: "ci", Description: "d"})
		},
		func() (cloud.NewToken, error) {
			return f.client.CreateOrganizationToken(t.Context(), "acme", "", cloud.TokenInput{Name: "robot"})
		},
	} {
		token, err := create()
		require.NoError(t, err)
		values = append(values, token.Value)
	}
	organization, blind := f.whole()
	require.Empty(t, blind)
	text, err := graph.MarshalSnapshot(graph.Snapshot{Taken: time.Unix(0, 0), Organization: organization, Blind: blind})
	require.NoError(t, err)
	for _, value := range values {
		require.NotEmpty(t, value)
		assert.NotContains(t, string(text), value)
	}
	for _, name := range []string{"password", "list[0]", "json", "aws.login", "stored.db", "rotated", "environmentVariables.TOKEN", "files.KEY"} {
		assert.Contains(t, string(text), `"path": "`+name+`"`, "names of secrets are there")
	}
	assert.Contains(t, string(text), "role/deploy")
	assert.Contains(t, string(text), `"ownToken": true`)
}
