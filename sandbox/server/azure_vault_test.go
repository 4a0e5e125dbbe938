package server

import (
	"net/http"
	"strings"
	"testing"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/oidc"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/clouds/azure"
)

const (
	azureVaultGroup   = "/subscriptions/" + azureSubscription + "/resourceGroups/pulumi"
	azureVault        = azureVaultGroup + "/providers/Microsoft.KeyVault/vaults/payments"
	azureSecretsPath  = "/_sandbox/clouds/azure/secrets"
	azureSecretsUser  = "4633458b-17de-408a-b874-0445c86b69e6"
	azureOwner        = "8e3af657-a8ff-443c-a75c-2fe8c4bcb635"
	azureOtherRole    = "acdd72a7-3385-48ef-bd42-f606fba81ae7"
	azureAssignment   = "55555555-5555-4555-8555-555555555555"
	azureSecretMarked = "marked-vault-1c7e"
)

// vaultBox has an environment that reads secrets of a vault, as an identity that holds one role at a scope.
func vaultBox(t *testing.T, get, scope, role string) *box {
	t.Helper()
	b := newBox(t, lockSeed)
	made := decoded[azure.Identity](b.send("", http.MethodPost, "/_sandbox/clouds/azure/identities",
		map[string]any{"clientId": azureClient, "tenantId": azureTenant}).want(http.StatusOK))
	b.azureLocked("payments", "prod", oidc.Lock{})
	for name, value := range map[string]string{"db": azureSecretMarked, "db-admin": "other"} {
		b.send("", http.MethodPost, azureSecretsPath, map[string]any{"vaultId": azureVault, "name": name, "value": value}).want(http.StatusOK)
	}
	if scope != "" {
		b.send("", http.MethodPost, "/_sandbox/clouds/azure/role-assignments", map[string]any{
			"name": azureAssignment, "principalId": made.PrincipalID, "scope": scope, "roleDefinitionId": role,
		}).want(http.StatusOK)
	}
	b.admin(http.MethodPatch, escPath("payments/prod"), azureDefinition(oidc.SubjectAttributes(oidc.Lock{}))+
		"  secrets:\n    fn::open::azure-secrets: {login: '${azure.login}', vault: payments, get: "+get+"}\n").want(http.StatusOK)
	return b
}

// Who may read a secret is decided by role assignments at the secret and above it, and by no other secret's.
func TestAzureVaultDecides(t *testing.T) {
	t.Parallel()
	const both = "{a: {name: db}, b: {name: db-admin}}"
	for name, c := range map[string]struct {
		get, scope, role string
		want             string // "" is allowed
	}{
		"at the secret":            {"{a: {name: db}}", azureVault + "/secrets/db", azureSecretsUser, ""},
		"in another case":          {"{a: {name: DB}}", strings.ToUpper(azureVault + "/secrets/db"), azureSecretsUser, ""},
		"at the vault":             {both, azureVault, azureSecretsUser, ""},
		"at the resource group":    {both, azureVaultGroup, azureSecretsUser, ""},
		"at the subscription":      {both, "/subscriptions/" + azureSubscription, azureSecretsUser, ""},
		"another secret":           {both, azureVault + "/secrets/db", azureSecretsUser, "get.b: ForbiddenByRbac"},
		"a secret that begins so":  {"{a: {name: db}}", azureVault + "/secrets/d", azureSecretsUser, "ForbiddenByRbac"},
		"a longer name":            {"{a: {name: db}}", azureVault + "/secrets/db-admin", azureSecretsUser, "ForbiddenByRbac"},
		"another vault":            {"{a: {name: db}}", azureVault + "2", azureSecretsUser, "ForbiddenByRbac"},
		"without a role":           {"{a: {name: db}}", "", "", "ForbiddenByRbac"},
		"an owner":                 {"{a: {name: db}}", azureVault, azureOwner, "ForbiddenByRbac"},
		"a reader":                 {"{a: {name: db}}", azureVault, azureOtherRole, "ForbiddenByRbac"},
		"no such secret, no right": {"{a: {name: none}}", azureVault + "/secrets/db", azureSecretsUser, "ForbiddenByRbac"},
		"no such secret":           {"{a: {name: none}}", azureVault, azureSecretsUser, "SecretNotFound"},
		"no such version":          {"{a: {name: db, version: none}}", azureVault, azureSecretsUser, "SecretNotFound"},
		"an unknown input":         {"{a: {name: db, stage: x}}", azureVault, azureSecretsUser, "unknown input"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := vaultBox(t, c.get, c.scope, c.role)
			opened := b.opened(b.user("bo"), "payments/prod")
			if c.want != "" {
				opened.want(http.StatusBadRequest).says(c.want).hides(azureSecretMarked)
				return
			}
			opened.want(http.StatusOK).says(azureSecretMarked)
		})
	}
}

// A version is read as it was; the latest is that which came last.
func TestAzureSecretVersions(t *testing.T) {
	t.Parallel()
	first := azure.DefaultVersion(strings.ToLower(azureVault+"/secrets/db"), 0)
	b := vaultBox(t, "{a: {name: db}, b: {name: db, version: "+first+"}}", azureVault, azureSecretsUser)
	b.send("", http.MethodPost, azureSecretsPath, map[string]any{"vaultId": azureVault, "name": "db", "value": "the-second"}).want(http.StatusOK)
	b.opened(b.user("bo"), "payments/prod").want(http.StatusOK).says("the-second").says(azureSecretMarked)
	b.send("", http.MethodPost, azureSecretsPath, map[string]any{"vaultId": azureVault, "name": "db", "value": "x", "version": first}).
		want(http.StatusBadRequest).says("version")
}

// What borrows the login reads nothing, whatever the identity may read; nor does a login that Azure refuses later.
func TestAzureVaultRefusesBorrowers(t *testing.T) {
	t.Parallel()
	b := vaultBox(t, "{a: {name: db}}", azureVault, azureSecretsUser)
	for _, environment := range []string{"payments/borrower", "payments/indirect"} {
		b.opened(b.user("bo"), environment).want(http.StatusBadRequest).says("AADSTS700213").hides(azureSecretMarked)
	}
	b.yamlOpened(b.user("bo"), "imports: [payments/prod]").want(http.StatusOK).says(azureSecretMarked)
	b.admin(http.MethodPatch, escPath("payments/copy"), "values:\n  s:\n    fn::open::azure-secrets: {login: {clientId: "+azureClient+", tenantId: "+azureTenant+
		", subscriptionId: x, oidc: {token: made-up}}, vault: payments, get: {a: {name: db}}}\n").want(http.StatusOK)
	b.opened(b.user("bo"), "payments/copy").want(http.StatusBadRequest).says("AADSTS50027").hides(azureSecretMarked)
	b.admin(http.MethodPatch, escPath("payments/copy"), "values:\n  s:\n    fn::open::azure-secrets: {login: {clientId: "+azureClient+", tenantId: "+azureTenant+
		", subscriptionId: x, clientSecret: y}, vault: payments, get: {a: {name: db}}}\n").want(http.StatusOK)
	b.opened(b.user("bo"), "payments/copy").want(http.StatusBadRequest).says("AADSTS7000215").hides(azureSecretMarked)
	b.send("", http.MethodDelete, "/_sandbox/clouds/azure/identities?clientId="+azureClient, nil).want(http.StatusNoContent)
	b.opened(b.user("bo"), "payments/prod").want(http.StatusBadRequest).says("AADSTS700016").hides(azureSecretMarked)
}

func TestAzureSecretsControl(t *testing.T) {
	t.Parallel()
	b := newBox(t, "")
	before := b.send("", http.MethodGet, "/_sandbox/state", nil).body
	put := func(vault, name string) reply {
		return b.send("", http.MethodPost, azureSecretsPath, map[string]any{"vaultId": vault, "name": name, "value": azureSecretMarked})
	}
	put(azureVault, "db").want(http.StatusOK).says("https://payments.vault.azure.net/secrets/db/")
	put(strings.Replace(azureVault, "pulumi", "other", 1), "db").want(http.StatusConflict).says("VaultAlreadyExists")
	put("payments", "db").want(http.StatusBadRequest).says("vaultId")
	put(azureVault, "a/b").want(http.StatusBadRequest).says("name")
	state := b.send("", http.MethodGet, "/_sandbox/state", nil).hides(azureSecretMarked).says("payments/secrets/db").body
	b.send("", http.MethodPut, "/_sandbox/state", state).want(http.StatusNoContent)
	b.send("", http.MethodPut, "/_sandbox/state", strings.Replace(state, `"name": "db"`, `"name": "x"`, 1)).want(http.StatusBadRequest).says("clouds.azure.secrets")
	b.send("", http.MethodDelete, azureSecretsPath+"?name=db&vaultId="+azureVault, nil).want(http.StatusNoContent)
	b.send("", http.MethodDelete, azureSecretsPath+"?name=db&vaultId="+azureVault, nil).want(http.StatusNotFound)
	if after := b.send("", http.MethodGet, "/_sandbox/state", nil).body; after != before {
		t.Errorf("deleting what was made left %s", after)
	}
	b.send("", http.MethodPost, azureSecretsPath, map[string]any{"vaultId": azureVault, "name": "db"}).want(http.StatusOK) // an empty value
}
