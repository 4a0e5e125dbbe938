package resources

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/access"
)

// TestEntityKeys holds that what state keeps of an entity reads back as the same entity.
func TestEntityKeys(t *testing.T) {
	name := rapid.StringMatching(`[A-Za-z0-9_.-]{1,10}`)
	rapid.Check(t, func(t *rapid.T) {
		ref := access.EntityRef{Kind: rapid.SampledFrom(access.Kinds()[:3]).Draw(t, "kind"), Name: name.Draw(t, "name")}
		if ref.Kind == access.Account {
			ref.Name += rapid.SampledFrom([]string{"", "/child"}).Draw(t, "child")
		} else {
			ref.Project = name.Draw(t, "project")
		}
		ids := entities{ref: "id"}
		require.Equal(t, ids, entityIDs(ids.keyed()))
	})
	require.Empty(t, entityIDs(map[string]string{"nonsense": "id"}))
}

// TestSetIdentifiers holds that every built-in permission set is found by its identifier.
func TestSetIdentifiers(t *testing.T) {
	t.Parallel()
	for _, kind := range access.Kinds() {
		for _, level := range access.Levels(kind) {
			if identifier := access.SetIdentifier(kind, level); identifier != "" {
				ref, ok := setByIdentifier(identifier)
				require.True(t, ok, identifier)
				require.Equal(t, access.SetRef{Kind: kind, Level: level}, ref)
			}
		}
	}
	_, ok := setByIdentifier("")
	require.False(t, ok, "a custom set has no identifier")
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
