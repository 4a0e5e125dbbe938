package cloud_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/cloud"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/oidc"
)

func TestUpdateOIDCIssuerSendsNoURL(t *testing.T) {
	t.Parallel()
	client := scripted(t, exchange{
		call: "PATCH /api/orgs/acme/oidc/issuers/i1", body: `{"name":"CI","maxExpiration":60}`,
		answer: `{"id":"i1","name":"CI","url":"https://ci.example","issuer":"https://ci.example","maxExpiration":60}`,
	})
	got, err := client.UpdateOIDCIssuer(t.Context(), "acme", "i1", cloud.OIDCIssuerInput{Name: "CI", URL: "https://ci.example", MaxExpiration: 60})
	require.NoError(t, err)
	assert.Equal(t, int64(60), got.MaxExpiration)
}

func TestReplaceAuthPolicySendsTheWholeList(t *testing.T) {
	t.Parallel()
	const denied = `{"decision":"deny","tokenType":"organization","authorizedPermissions":[],"rules":{}}`
	client := scripted(t, exchange{
		call: "PATCH /api/orgs/acme/auth/policies/p1", body: `{"policies":[` + denied + `]}`,
		answer: `{"id":"p1","version":2,"policies":[` + denied + `]}`,
	})
	got, err := client.ReplaceAuthPolicy(t.Context(), "acme", "p1", []oidc.IssuerPolicy{oidc.DenyAll()})
	require.NoError(t, err)
	assert.True(t, oidc.AdmitsNobody(got.Policies))
}
