package components_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/property"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const (
	azureVault       = azureGroup + "/providers/Microsoft.KeyVault/vaults/payments"
	azureSecretsUser = "4633458b-17de-408a-b874-0445c86b69e6"
)

// vaultEnvironment reads secrets of a vault, by the names that it gives them.
func vaultEnvironment(azure inputs, vault property.Value, secrets inputs) inputs {
	in := azureEnvironment(azure, property.Value{})
	get := inputs{}
	for key, name := range secrets {
		get[key] = object(inputs{"name": name})
	}
	in["secrets"] = object(inputs{"azureKeyVault": object(inputs{"vaultId": vault, "get": object(get)})})
	return in
}

// The identity that is created holds one role at each secret that is named, and the environment reads those.
func TestVaultOfACreatedIdentity(t *testing.T) {
	t.Parallel()
	e := newEngine(t)
	azure := createdAzure(assignment(text(azureVault+"/secrets/db"), azureSecretsUser), assignment(text(azureGroup), azureReader))
	answer, err := e.construct("SecretStoreEnvironment", vaultEnvironment(azure, text(azureVault), inputs{"password": text("db"), "again": text("DB"), "key": text("api-key")}), false)
	require.NoError(t, err)
	scopes := map[string]string{}
	for _, name := range e.azureChildren() {
		if strings.HasPrefix(name, assignmentToken) {
			in := e.children[name].Inputs
			role := in.Get("roleDefinitionId").AsString()
			scopes[strings.ToLower(in.Get("scope").AsString())] = role[strings.LastIndex(role, "/")+1:]
		}
	}
	assert.Equal(t, map[string]string{
		strings.ToLower(azureVault + "/secrets/db"): azureSecretsUser, strings.ToLower(azureVault + "/secrets/api-key"): azureSecretsUser,
		strings.ToLower(azureGroup): azureReader,
	}, scopes)
	assert.Len(t, e.azureChildren(), 1+1+3)
	assert.Contains(t, e.child("leastprivilege:index:Environment", "x").Inputs.Get("definition").AsString(), `    secrets:
      fn::open::azure-secrets:
        get:
          again:
            name: DB
          key:
            name: api-key
          password:
            name: db
        login: ${azure.login}
        vault: payments
`)
	var given []map[string]string
	require.NoError(t, json.Unmarshal([]byte(answer.State.Get("azureRoleAssignments").AsString()), &given))
	assert.Len(t, given, 2)
}

// A program that brings its identity needs no Azure plugin, and gets the role assignments to give to it.
func TestVaultOfAnExistingIdentity(t *testing.T) {
	t.Parallel()
	e := newEngine(t)
	answer, err := e.construct("SecretStoreEnvironment", vaultEnvironment(existingAzure(), text(azureVault), inputs{"password": text("db")}), false)
	require.NoError(t, err)
	assert.Empty(t, e.azureChildren())
	assert.JSONEq(t, `[{"scope": "`+azureVault+`/secrets/db", "roleDefinitionId": "/subscriptions/`+azureSubscription+
		`/providers/Microsoft.Authorization/roleDefinitions/`+azureSecretsUser+`"}]`, answer.State.Get("azureRoleAssignments").AsString())
}

// Which role assignments there are is known at preview, whatever is not.
func TestVaultOfUnknowns(t *testing.T) {
	t.Parallel()
	e := newEngine(t)
	_, err := e.construct("SecretStoreEnvironment", vaultEnvironment(createdAzure(), unknown(), inputs{"a": text("db"), "b": unknown()}), true)
	require.NoError(t, err)
	assert.Equal(t, []string{
		assignmentToken + " x-1", assignmentToken + " x-2", credentialToken + " x-payments/prod", identityToken + " x",
	}, e.azureChildren())
	assert.True(t, e.child("leastprivilege:index:Environment", "x").Inputs.Get("definition").IsComputed())

	e = newEngine(t)
	_, err = e.construct("SecretStoreEnvironment", vaultEnvironment(createdAzure(), text(azureVault), inputs{"a": secret(text("hidden"))}), false)
	require.NoError(t, err)
	assert.NotContains(t, strings.Join(e.childNames(), " "), "hidden")
	assert.True(t, e.child(assignmentToken, "x-1").Inputs.Get("scope").HasSecrets())
	assert.True(t, e.child("leastprivilege:index:Environment", "x").Inputs.Get("definition").HasSecrets())
}

func TestBadVaults(t *testing.T) {
	t.Parallel()
	good := inputs{"a": text("db")}
	withoutLogin := vaultEnvironment(inputs{}, text(azureVault), good)
	delete(withoutLogin, "azure")
	unknownGet := vaultEnvironment(createdAzure(), text(azureVault), good)
	unknownGet["secrets"] = object(inputs{"azureKeyVault": object(inputs{"vaultId": text(azureVault), "get": unknown()})})
	unknownVault := vaultEnvironment(createdAzure(), text(azureVault), good)
	unknownVault["secrets"] = object(inputs{"azureKeyVault": unknown()})
	for name, test := range map[string]struct {
		in   inputs
		path string
	}{
		"no login":       {withoutLogin, "secrets.azureKeyVault"},
		"a vault's name": {vaultEnvironment(existingAzure(), text("payments"), good), "secrets.azureKeyVault.vaultId"},
		"no secrets":     {vaultEnvironment(existingAzure(), text(azureVault), inputs{}), "secrets.azureKeyVault.get"},
		"a path":         {vaultEnvironment(existingAzure(), text(azureVault), inputs{"a": text("db/password")}), "secrets.azureKeyVault.get.a.name"},
		"unknown get":    {unknownGet, "secrets.azureKeyVault.get"},
		"unknown store":  {unknownVault, "secrets.azureKeyVault"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := newEngine(t)
			_, err := e.construct("SecretStoreEnvironment", test.in, true)
			require.Error(t, err)
			assert.Equal(t, []string{test.path}, failedPaths(t, err), "%v", err)
			assert.Empty(t, e.childNames())
		})
	}
}
