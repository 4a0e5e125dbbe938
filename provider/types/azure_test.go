package types_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/azureid"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/types"
)

const (
	azureID    = "11111111-1111-4111-8111-111111111111"
	azureScope = "/subscriptions/" + azureID + "/resourceGroups/pulumi"
	readerRole = "acdd72a7-3385-48ef-bd42-f606fba81ae7"
)

func TestDeploymentAzureCheck(t *testing.T) {
	t.Parallel()
	for path, change := range map[string]func(*types.DeploymentAzure){
		"":               func(v *types.DeploymentAzure) { v.ClientID = strings.ToUpper("aaaaaaaa-1111-4111-8111-111111111111") },
		"clientId":       func(v *types.DeploymentAzure) { v.ClientID = "payments" },
		"tenantId":       func(v *types.DeploymentAzure) { v.TenantID = "acme.onmicrosoft.com" },
		"subscriptionId": func(v *types.DeploymentAzure) { v.SubscriptionID = "" },
	} {
		login := types.DeploymentAzure{ClientID: azureID, TenantID: azureID, SubscriptionID: azureID}
		change(&login)
		problems := login.Check()
		if path == "" {
			assert.Empty(t, problems)
			continue
		}
		require.Len(t, problems, 1, path)
		assert.Equal(t, path, problems[0].Path)
	}
}

func TestAzureRoleAssignmentCheck(t *testing.T) {
	t.Parallel()
	const role = "/subscriptions/" + azureID + "/providers/Microsoft.Authorization/roleDefinitions/" + readerRole
	for name, test := range map[string]struct {
		scope, role, path string // of the one problem; "" for none
	}{
		"a resource group":       {azureScope, readerRole, ""},
		"a subscription":         {"/subscriptions/" + azureID, role, ""},
		"a management group":     {"/providers/Microsoft.Management/managementGroups/acme", readerRole, ""},
		"a secret":               {azureScope + "/providers/Microsoft.KeyVault/vaults/v/secrets/s", readerRole, ""},
		"a built-in role's id":   {azureScope, "/providers/Microsoft.Authorization/roleDefinitions/" + readerRole, ""},
		"another case":           {strings.ToUpper(azureScope), strings.ToLower(role), ""},
		"everything":             {"/", readerRole, "scope"},
		"a name":                 {"pulumi", readerRole, "scope"},
		"a wildcard of the path": {azureScope + "//x", readerRole, "scope"},
		"nothing":                {"", readerRole, "scope"},
		"a role's name":          {azureScope, "Reader", "roleDefinitionId"},
		"a role assignment":      {azureScope, strings.Replace(role, "Definitions", "Assignments", 1), "roleDefinitionId"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			problems := types.AzureRoleAssignment{Scope: test.scope, RoleDefinitionID: test.role}.Check()
			if test.path == "" {
				require.Empty(t, problems)
				return
			}
			require.Len(t, problems, 1)
			assert.Equal(t, test.path, problems[0].Path)
			assert.NotEmpty(t, problems[0].Reason)
		})
	}
}

func TestAzureRoleID(t *testing.T) {
	t.Parallel()
	const builtIn = "/providers/Microsoft.Authorization/roleDefinitions/" + readerRole
	in := func(scope, role string) types.AzureRoleAssignment {
		return types.AzureRoleAssignment{Scope: scope, RoleDefinitionID: role}
	}
	assert.Equal(t, "/subscriptions/"+azureID+builtIn, in(azureScope, readerRole).RoleID())
	assert.Equal(t, builtIn, in("/providers/Microsoft.Management/managementGroups/acme", readerRole).RoleID())
	assert.Equal(t, builtIn, in(azureScope, builtIn).RoleID(), "an id stays as it is given")
	assert.Equal(t, in(azureScope, readerRole).Key(), in(strings.ToUpper(azureScope), builtIn).Key())
	assert.NotEqual(t, in(azureScope, readerRole).Key(), in(azureScope+"2", readerRole).Key())
	assert.Equal(t, azureID, azureid.SubscriptionOf("/subscriptions/"+azureID))
	assert.Empty(t, azureid.SubscriptionOf("/providers/Microsoft.Management/managementGroups/acme"))
}
