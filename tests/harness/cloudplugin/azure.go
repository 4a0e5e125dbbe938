package cloudplugin

import (
	"context"
	"net/http"
	"net/url"
	"strings"

	"github.com/google/uuid"
	"github.com/pulumi/pulumi-azure-native-sdk/authorization/v3"
	"github.com/pulumi/pulumi-azure-native-sdk/managedidentity/v3"
)

// The tenant and the subscription in which the stand-in makes things.
const (
	azureTenant       = "22222222-2222-4222-8222-222222222222"
	azureSubscription = "33333333-3333-4333-8333-333333333333"
)

var azureResources = registry{
	"azure-native:managedidentity:UserAssignedIdentity": {
		args: managedidentity.UserAssignedIdentityArgs{}, named: "resourceName", fixed: []string{"resourceGroupName", "location"},
		create: createAzureIdentity, remove: removeAzureIdentity,
	},
	"azure-native:managedidentity:FederatedIdentityCredential": {
		args: managedidentity.FederatedIdentityCredentialArgs{}, required: []string{"audiences"},
		named: "federatedIdentityCredentialResourceName", fixed: []string{"resourceGroupName", "resourceName"},
		create: createAzureCredential, remove: removeAzureCredential,
	},
	"azure-native:authorization:RoleAssignment": {
		args: authorization.RoleAssignmentArgs{}, named: "roleAssignmentName", fixed: []string{"principalId", "roleDefinitionId", "scope"},
		create: createAzureRoleAssignment, remove: removeAzureRoleAssignment,
	},
}

// azureIdentityID is the resource id of the identity that a resource is, or belongs to.
func azureIdentityID(v values) string {
	return "/subscriptions/" + azureSubscription + "/resourceGroups/" + v.text("resourceGroupName") +
		"/providers/Microsoft.ManagedIdentity/userAssignedIdentities/" + v.text("resourceName")
}

// azureClientID is made from the resource id, so that a credential, which names its identity, finds it.
func azureClientID(v values) string {
	return uuid.NewSHA1(uuid.NameSpaceURL, []byte(strings.ToLower(azureIdentityID(v)))).String()
}

func createAzureIdentity(ctx context.Context, in cloud, inputs values) (string, map[string]any, error) {
	var made struct{ PrincipalID string }
	client := azureClientID(inputs)
	err := in.send(ctx, http.MethodPost, "azure/identities", map[string]any{"clientId": client, "tenantId": azureTenant}, &made)
	return azureIdentityID(inputs), map[string]any{
		"name": inputs.text("resourceName"), "clientId": client, "principalId": made.PrincipalID, "tenantId": azureTenant,
	}, err
}

func removeAzureIdentity(ctx context.Context, in cloud, _ string, state values) error {
	return in.send(ctx, http.MethodDelete, "azure/identities?clientId="+azureClientID(state), nil, nil)
}

func createAzureCredential(ctx context.Context, in cloud, inputs values) (string, map[string]any, error) {
	name := inputs.text("federatedIdentityCredentialResourceName")
	err := in.send(ctx, http.MethodPost, "azure/credentials", map[string]any{
		"clientId": azureClientID(inputs), "tenantId": azureTenant,
		"name": name, "issuer": inputs.text("issuer"), "subject": inputs.text("subject"), "audiences": inputs.of("audiences"),
	}, nil)
	return azureIdentityID(inputs) + "/federatedIdentityCredentials/" + name, map[string]any{"name": name}, err
}

func removeAzureCredential(ctx context.Context, in cloud, _ string, state values) error {
	name := url.QueryEscape(state.text("federatedIdentityCredentialResourceName"))
	return in.send(ctx, http.MethodDelete, "azure/credentials?clientId="+azureClientID(state)+"&name="+name, nil, nil)
}

func createAzureRoleAssignment(ctx context.Context, in cloud, inputs values) (string, map[string]any, error) {
	name, scope := inputs.text("roleAssignmentName"), inputs.text("scope")
	err := in.send(ctx, http.MethodPost, "azure/role-assignments", map[string]any{
		"name": name, "scope": scope, "principalId": inputs.text("principalId"), "roleDefinitionId": inputs.text("roleDefinitionId"),
	}, nil)
	return scope + "/providers/Microsoft.Authorization/roleAssignments/" + name, map[string]any{"name": name}, err
}

func removeAzureRoleAssignment(ctx context.Context, in cloud, _ string, state values) error {
	return in.send(ctx, http.MethodDelete, "azure/role-assignments?name="+url.QueryEscape(state.text("roleAssignmentName")), nil, nil)
}
