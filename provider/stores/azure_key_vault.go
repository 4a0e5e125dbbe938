package stores

import (
	"encoding/json"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/pulumi/pulumi-go-provider/infer"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/esc"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/problem"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/types"
)

// AzureKeyVault is what is read from a vault of Azure Key Vault.
type AzureKeyVault struct {
	VaultID string                 `pulumi:"vaultId"`
	Get     map[string]AzureSecret `pulumi:"get"`
}

// Annotate describes the store.
func (v *AzureKeyVault) Annotate(a infer.Annotator) {
	a.SetToken("index", "AzureKeyVault")
	a.Describe(v, "Secrets of a vault of Azure Key Vault, read when the environment is opened. The vault decides by Azure roles "+
		"(`enableRbacAuthorization`); vaults with access policies know no right to a single secret.")
	a.Describe(&v.VaultID, "The vault's resource id, which ends in `/providers/Microsoft.KeyVault/vaults/NAME`.")
	a.Describe(&v.Get, "The secrets, by the names that the environment gives them: `password` is read as `${azure.secrets.password}`. "+
		"How many there are must be known at preview where the identity is created.")
}

// AzureSecret is one secret of a vault.
type AzureSecret struct {
	Name    string  `pulumi:"name"`
	Version *string `pulumi:"version,optional"`
}

// Annotate describes the secret.
func (v *AzureSecret) Annotate(a infer.Annotator) {
	a.SetToken("index", "AzureSecret")
	a.Describe(v, "A secret of Azure Key Vault.")
	a.Describe(&v.Name, "The secret's name in the vault.")
	a.Describe(&v.Version, "The version to read, 32 hexadecimal digits. Default: the latest.")
}

// keyVaultSecretsUser is the built-in role that allows to read the value of a secret, and nothing else; see
// https://learn.microsoft.com/azure/key-vault/general/rbac-guide.
const keyVaultSecretsUser = "4633458b-17de-408a-b874-0445c86b69e6"

var (
	azureVaultID    = regexp.MustCompile(`(?i)^/subscriptions/[0-9a-f-]{36}/resourceGroups/[^/?#\s]+/providers/Microsoft\.KeyVault/vaults/([a-z][a-z0-9-]{1,22}[a-z0-9])$`)
	azureSecretName = regexp.MustCompile(`^[0-9A-Za-z-]{1,127}$`)
	azureVersion    = regexp.MustCompile(`^[0-9a-f]{32}$`)
)

// Name is that of the block.
func (AzureKeyVault) Name() string { return "azureKeyVault" }

// ESC is how an environment reads the secrets.
func (v AzureKeyVault) ESC() esc.Store {
	get := entries(v.Get, func(secret AzureSecret) map[string]any { return versioned(secret.Name, secret.Version) })
	vault := v.VaultID[strings.LastIndex(v.VaultID, "/")+1:]
	return esc.Store{Cloud: "azure", Name: "secrets", Provider: "azure-secrets", Inputs: map[string]any{"vault": vault, "get": get}}
}

// Check returns what Azure would refuse, with paths inside the store.
func (v AzureKeyVault) Check(string) problem.List {
	var problems problem.List
	if !azureVaultID.MatchString(v.VaultID) {
		problems.Add("vaultId", "%q is not the resource id of a vault, which looks like "+
			"/subscriptions/SUBSCRIPTION-ID/resourceGroups/NAME/providers/Microsoft.KeyVault/vaults/NAME", v.VaultID)
	}
	if len(v.Get) == 0 {
		problems.Add("get", "name at least one secret to read")
	}
	for _, key := range slices.Sorted(maps.Keys(v.Get)) {
		secret := v.Get[key]
		if !azureSecretName.MatchString(secret.Name) {
			problems.Add("get."+key+".name", "%q is not the name of a secret: Azure takes up to 127 letters, digits and dashes", secret.Name)
		}
		if secret.Version != nil && !azureVersion.MatchString(*secret.Version) {
			problems.Add("get."+key+".version", "%q is not a version of a secret, which has 32 hexadecimal digits", *secret.Version)
		}
	}
	return problems
}

// Permit adds a role at each secret.
func (v AzureKeyVault) Permit(all *Permissions) { all.Azure = append(all.Azure, v.Assignments()...) }

// OneByOne is true: each secret has a role assignment of its own.
func (AzureKeyVault) OneByOne() bool { return true }

// Assignments let an identity read exactly the secrets that are named, whatever their version: a role at each of them.
func (v AzureKeyVault) Assignments() []types.AzureRoleAssignment {
	var all []types.AzureRoleAssignment
	for _, key := range slices.Sorted(maps.Keys(v.Get)) {
		all = append(all, types.AzureRoleAssignment{Scope: v.VaultID + "/secrets/" + v.Get[key].Name, RoleDefinitionID: keyVaultSecretsUser})
	}
	return types.DistinctAzureRoles(all)
}

// AzureDocument writes role assignments as JSON, for an identity that is made elsewhere.
func AzureDocument(all []types.AzureRoleAssignment) (string, error) {
	type document struct {
		Scope            string `json:"scope"`
		RoleDefinitionID string `json:"roleDefinitionId"`
	}
	written := make([]document, len(all))
	for i, one := range all {
		written[i] = document{Scope: one.Scope, RoleDefinitionID: one.RoleID()}
	}
	text, err := json.Marshal(written)
	return string(text), err
}
