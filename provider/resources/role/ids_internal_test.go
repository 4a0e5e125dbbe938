package role

import (
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
