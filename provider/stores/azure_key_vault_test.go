package stores_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/stores"
)

const vaultID = "/subscriptions/22222222-2222-4222-8222-222222222222/resourceGroups/payments/providers/Microsoft.KeyVault/vaults/payments"

func TestAzureKeyVaultCheck(t *testing.T) {
	t.Parallel()
	version := strings.Repeat("0", 32)
	for path, change := range map[string]func(*stores.AzureKeyVault){
		"":              func(v *stores.AzureKeyVault) { v.Get["a"] = stores.AzureSecret{Name: "a-B-3", Version: &version} },
		"vaultId":       func(v *stores.AzureKeyVault) { v.VaultID = "payments" },
		"get":           func(v *stores.AzureKeyVault) { v.Get = nil },
		"get.a.name":    func(v *stores.AzureKeyVault) { v.Get["a"] = stores.AzureSecret{Name: "db/password"} },
		"get.long.name": func(v *stores.AzureKeyVault) { v.Get["long"] = stores.AzureSecret{Name: strings.Repeat("n", 128)} },
		"get.star.name": func(v *stores.AzureKeyVault) { v.Get["star"] = stores.AzureSecret{Name: "*"} },
		"get.a.version": func(v *stores.AzureKeyVault) {
			latest := "latest"
			v.Get["a"] = stores.AzureSecret{Name: "a", Version: &latest}
		},
		"vaultId (secret)": func(v *stores.AzureKeyVault) { v.VaultID += "/secrets/x" },
	} {
		vault := stores.AzureKeyVault{VaultID: vaultID, Get: map[string]stores.AzureSecret{"db": {Name: "db"}}}
		change(&vault)
		problems := vault.Check("")
		if path == "" {
			assert.Empty(t, problems)
			continue
		}
		require.Len(t, problems, 1, path)
		assert.Equal(t, strings.Fields(path)[0], problems[0].Path)
	}
}

// Whatever is named, each secret has one role at itself, and nothing else has any.
func TestAzureKeyVaultAssignments(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		names := rapid.MapOf(rapid.StringMatching(`[a-z]{1,3}`), rapid.StringMatching(`[a-cA-C-]{1,2}`)).Draw(t, "names")
		vault := stores.AzureKeyVault{VaultID: vaultID, Get: map[string]stores.AzureSecret{}}
		want := map[string]bool{}
		for key, name := range names {
			vault.Get[key] = stores.AzureSecret{Name: name}
			want[strings.ToLower(vaultID+"/secrets/"+name)] = true
		}
		got := map[string]bool{}
		for _, one := range vault.Assignments() {
			scope := strings.ToLower(one.Scope)
			if got[scope] || !want[scope] || !strings.HasSuffix(one.RoleID(), "4633458b-17de-408a-b874-0445c86b69e6") {
				t.Fatalf("%+v of %v", one, names)
			}
			got[scope] = true
		}
		if len(got) != len(want) {
			t.Fatalf("%d assignments for %d secrets", len(got), len(want))
		}
	})
}

func TestAzureKeyVaultStore(t *testing.T) {
	t.Parallel()
	version := strings.Repeat("a", 32)
	store := stores.AzureKeyVault{VaultID: vaultID, Get: map[string]stores.AzureSecret{"db": {Name: "db-password"}, "old": {Name: "db-password", Version: &version}}}.ESC()
	assert.Equal(t, "azure-secrets", store.Provider)
	assert.Equal(t, map[string]any{
		"vault": "payments",
		"get":   map[string]any{"db": map[string]any{"name": "db-password"}, "old": map[string]any{"name": "db-password", "version": version}},
	}, store.Inputs)
}
