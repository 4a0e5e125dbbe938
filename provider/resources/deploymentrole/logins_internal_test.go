package deploymentrole

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// What the inputs cannot say is named, and keeps nothing else from being read.
func TestRecognize(t *testing.T) {
	t.Parallel()
	oidc, lines := recognize(map[string]json.RawMessage{
		"gcp":  json.RawMessage(`{"projectId": "1", "later": {"a": 1}}`),
		"aws":  json.RawMessage(`{"roleArn": "r", "policyArns": ["b", "a"]}`),
		"moon": json.RawMessage(`{"base": 1}`),
	})
	assert.Equal(t, []string{`oidc.gcp.later: {"a":1}`, `oidc.moon: {"base":1}`}, lines)
	assert.Equal(t, "1", oidc.GCP.ProjectID)
	assert.Equal(t, []string{"a", "b"}, oidc.AWS.PolicyARNs)

	oidc, lines = recognize(map[string]json.RawMessage{"gcp": json.RawMessage(`{"projectId": 1}`), "aws": json.RawMessage(`[]`)})
	assert.Nil(t, oidc)
	assert.Len(t, lines, 2)
}

// TestOIDCPatch shows that the merge is told to remove everything that is not wanted.
func TestOIDCPatch(t *testing.T) {
	t.Parallel()
	raw := func(fields map[string]string) map[string]json.RawMessage {
		out := map[string]json.RawMessage{}
		for name, text := range fields {
			out[name] = json.RawMessage(text)
		}
		return out
	}
	for _, test := range []struct {
		name         string
		live, wanted map[string]string
		want         string
	}{
		{name: "nothing", want: `{"aws": null, "azure": null, "gcp": null}`},
		{
			name:   "a login in place of none",
			wanted: map[string]string{"aws": `{"roleArn": "a"}`},
			want: `{"aws": {"roleArn": "a", "sessionName": null, "duration": null, "policyArns": null},
				"azure": null, "gcp": null}`,
		},
		{
			name:   "properties and clouds that are not known here",
			live:   map[string]string{"aws": `{"roleArn": "b", "region": "x"}`, "oci": `{"tenancy": "t"}`},
			wanted: map[string]string{"aws": `{"roleArn": "a", "duration": "1h0m0s"}`},
			want: `{"aws": {"roleArn": "a", "sessionName": null, "duration": "1h0m0s", "policyArns": null, "region": null},
				"azure": null, "gcp": null, "oci": null}`,
		},
		{
			name:   "another cloud put back",
			live:   map[string]string{"azure": `{"clientId": "x", "tenantId": "y"}`},
			wanted: map[string]string{"azure": `{"clientId": "z"}`},
			want:   `{"aws": null, "azure": {"clientId": "z", "tenantId": null, "subscriptionId": null}, "gcp": null}`,
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			patch, err := json.Marshal(oidcPatch(raw(test.live), raw(test.wanted)))
			require.NoError(t, err)
			require.JSONEq(t, test.want, string(patch))
		})
	}
}
