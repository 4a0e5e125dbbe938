package docs

import (
	"encoding/json"
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/oidc"
)

// The service account that the pages act as, and the provider of the pool by which they do.
const (
	googleAccount  = "payments-prod@acme-prod.iam.gserviceaccount.com"
	googleProvider = "projects/123456789012/locations/global/workloadIdentityPools/pulumi/providers/payments-prod"
)

// attachGoogle does what the pages tell readers to do with the outputs `workloadIdentityProvider` and `principals`: the
// sandbox's Google decides by them from then on.
func (d *desk) attachGoogle(outputs map[string]any) {
	d.t.Helper()
	document, ok := outputs["workloadIdentityProvider"].(string)
	if !ok {
		return
	}
	var provider map[string]any
	require.NoError(d.t, json.Unmarshal([]byte(document), &provider))
	provider["name"] = googleProvider
	for kind, body := range map[string]any{
		"providers": provider,
		"service-accounts": map[string]any{"email": googleAccount, "bindings": []any{
			map[string]any{"role": "roles/iam.workloadIdentityUser", "members": outputs["principals"]},
		}},
	} {
		status, answer := d.sandbox.Call("", http.MethodPost, "/_sandbox/clouds/gcp/"+kind, body)
		require.Equal(d.t, http.StatusOK, status, "%s", answer)
	}
}

// Providers of workload identity pools in the pages are what the provider writes.
func TestGoogleProviders(t *testing.T) {
	t.Parallel()
	shown := of(blocks(t), "json", "google-provider")
	require.NotEmpty(t, shown)
	for _, b := range shown {
		subjects, err := oidc.ESCSubjects("acme", oidc.EnvironmentRef{Project: "payments", Name: "prod"}, oidc.Lock{})
		require.NoError(t, err)
		written, err := oidc.GoogleWorkloadIdentityFor(oidc.GoogleTrust{
			Subjects: subjects, Audience: oidc.ESCAudience(oidc.GCP, "acme", "payments"), Issuer: "https://api.pulumi.com/oidc",
		})
		require.NoError(t, err)
		document, err := oidc.Document(written)
		require.NoError(t, err)
		assert.JSONEq(t, document, b.text, "%s", b)
	}
}
