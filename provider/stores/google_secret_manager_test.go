package stores_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/stores"
)

func TestGoogleSecretManagerCheck(t *testing.T) {
	t.Parallel()
	for path, change := range map[string]stores.GoogleSecret{
		"":                  {Name: "db_Password-1"},
		"get.a.name":        {Name: "projects/acme-prod/secrets/db"},
		"get.a.name (none)": {},
		"get.a.name (star)": {Name: "*"},
		"get.a.name (long)": {Name: strings.Repeat("n", 256)},
		"get.a.version":     {Name: "db", Version: new("0")},
		"get.a.version (x)": {Name: "db", Version: new("1/x")},
	} {
		problems := stores.GoogleSecretManager{Get: map[string]stores.GoogleSecret{"a": change, "b": {Name: "b", Version: new("latest")}, "c": {Name: "b", Version: new("12")}}}.Check("")
		if path == "" {
			assert.Empty(t, problems)
			continue
		}
		require.Len(t, problems, 1, path)
		assert.Equal(t, strings.Fields(path)[0], problems[0].Path)
	}
	problems := stores.GoogleSecretManager{}.Check("")
	require.Len(t, problems, 1)
	assert.Equal(t, "get", problems[0].Path)
}

// Each secret that is read is named once, in an order that does not depend on how the program calls it.
func TestGoogleSecretManagerNames(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		given := rapid.MapOf(rapid.StringMatching(`[a-z]{1,3}`), rapid.StringMatching(`[a-cA-C-]{1,2}`)).Draw(t, "names")
		store := stores.GoogleSecretManager{Get: map[string]stores.GoogleSecret{}}
		want := map[string]bool{}
		for key, name := range given {
			store.Get[key], want[name] = stores.GoogleSecret{Name: name}, true
		}
		got := store.Names()
		if len(got) != len(want) || !slices.IsSorted(got) {
			t.Fatalf("%v of %v", got, given)
		}
		for _, name := range got {
			if !want[name] {
				t.Fatalf("%s is not in %v", name, given)
			}
		}
	})
}

func TestGoogleSecretManagerStore(t *testing.T) {
	t.Parallel()
	store := stores.GoogleSecretManager{Get: map[string]stores.GoogleSecret{"db": {Name: "db-password"}, "old": {Name: "db-password", Version: new("3")}}}.ESC()
	assert.Equal(t, "gcp-secrets", store.Provider)
	assert.Equal(t, map[string]any{
		"access": map[string]any{"db": map[string]any{"name": "db-password"}, "old": map[string]any{"name": "db-password", "version": "3"}},
	}, store.Inputs)
}
