package cloudlogin

import (
	"crypto/sha256"
	"encoding/hex"
	"slices"

	"github.com/google/uuid"
	"github.com/pulumi/pulumi/sdk/v3/go/property"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumix"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/components/kit"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/oidc"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/types"
)

// Children from the official azure-native package, by token: its SDK is a module for each of Azure's services and would add a
// tenth to the size of this plugin, for three resources. Tests hold tokens and properties against the SDK's types.
const (
	azureNativeVersion       = "3.16.0"
	azureIdentityToken       = "azure-native:managedidentity:UserAssignedIdentity"
	azureCredentialToken     = "azure-native:managedidentity:FederatedIdentityCredential"
	azureRoleAssignmentToken = "azure-native:authorization:RoleAssignment"
)

type (
	azureIdentityChild struct {
		pulumi.CustomResourceState
		ClientID    pulumi.StringOutput `pulumi:"clientId"`
		Name        pulumi.StringOutput `pulumi:"name"`
		PrincipalID pulumi.StringOutput `pulumi:"principalId"`
		TenantID    pulumi.StringOutput `pulumi:"tenantId"`
	}
)

func (c *azureIdentityChild) id() kit.Out[string] {
	return pulumix.MustConvertTyped[string](c.ID().ToStringOutput())
}

// azureParent registers children from the azure-native package below a component.
type azureParent struct {
	*kit.Construction
	group kit.Out[string]
}

func (p azureParent) identity(login *AzureLogin) (*azureIdentityChild, error) {
	props := kit.Properties{"resourceGroupName": p.group}
	kit.SetIf(props, "resourceName", login.IdentityName)
	kit.SetIf(props, "location", login.Location)
	kit.SetIf(props, "tags", login.Tags)
	made := &azureIdentityChild{}
	return made, p.RegisterForeign(azureIdentityToken, azureNativeVersion, p.Name, props, made)
}

// credentials makes one federated credential for each name, one after the other: Azure refuses concurrent writes to the
// credentials of an identity.
func (p azureParent) credentials(
	identity *azureIdentityChild, all kit.Out[[]oidc.AzureFederatedCredential], names []string,
) ([]pulumi.Resource, error) {
	var last []pulumi.Resource
	for i, name := range names {
		one := pulumix.Apply(all, func(all []oidc.AzureFederatedCredential) oidc.AzureFederatedCredential { return all[i] })
		field := func(of func(oidc.AzureFederatedCredential) string) kit.Out[string] { return pulumix.Apply(one, of) }
		child := &kit.Child{}
		err := p.RegisterForeign(azureCredentialToken, azureNativeVersion, kit.ChildName(p.Name, name), kit.Properties{
			"resourceGroupName": p.group,
			"resourceName":      identity.Name,
			"federatedIdentityCredentialResourceName": field(func(c oidc.AzureFederatedCredential) string { return c.Name }),
			"issuer":    field(func(c oidc.AzureFederatedCredential) string { return c.Issuer }),
			"subject":   field(func(c oidc.AzureFederatedCredential) string { return c.Subject }),
			"audiences": pulumix.Apply(one, func(c oidc.AzureFederatedCredential) []string { return c.Audiences }),
		}, child, last...)
		if err != nil {
			return nil, err
		}
		last = []pulumi.Resource{child}
	}
	return last, nil
}

// assignmentSpace makes the names of role assignments, which are GUIDs, reproducible.
var assignmentSpace = uuid.MustParse("0d7c1c53-2f0e-4a5b-9a6b-6a0a7f7d3f10")

func (p azureParent) roleAssignments(
	identity *azureIdentityChild, roles azureRoles,
) ([]pulumi.Resource, error) {
	distinct := pulumix.Apply(roles.all, types.DistinctAzureRoles)
	all := slices.Clone(roles.kept)
	for i, name := range roles.names {
		one := pulumix.Apply(distinct, func(all []types.AzureRoleAssignment) types.AzureRoleAssignment { return all[i] })
		all = append(all, azureRole{name: name, role: one})
	}
	principal := pulumix.MustConvertTyped[string](identity.PrincipalID)
	var made []pulumi.Resource
	for _, one := range all {
		child := &kit.Child{}
		err := p.RegisterForeign(azureRoleAssignmentToken, azureNativeVersion, kit.ChildName(p.Name, one.name), kit.Properties{
			"principalId": principal,
			// Without it Azure looks the principal up, and does not find one that it has just made.
			"principalType": pulumi.String("ServicePrincipal"),
			"roleAssignmentName": pulumix.Apply2(one.role, principal, func(one types.AzureRoleAssignment, principal string) string {
				return uuid.NewSHA1(assignmentSpace, []byte(one.Key()+"|"+principal)).String()
			}),
			"roleDefinitionId": pulumix.Apply(one.role, types.AzureRoleAssignment.RoleID),
			"scope":            pulumix.Apply(one.role, func(one types.AzureRoleAssignment) string { return one.Scope }),
		}, child)
		if err != nil {
			return nil, err
		}
		made = append(made, child)
	}
	return made, nil
}

// givenAssignments are the role assignments of an azure block.
func givenAssignments(block *property.Map) plannedAssignments {
	if block == nil {
		return plannedAssignments{}
	}
	given := block.Get("roleAssignments")
	all := kit.ValueOf[[]types.AzureRoleAssignment](*block, "roleAssignments")
	if all == nil {
		return plannedAssignments{}
	}
	return plannedAssignments{all: *all, computed: given.HasComputed(), secret: given.HasSecrets()}
}

// names are what the role assignments are called by: each by its scope and role, so that their order makes no difference.
func (p plannedAssignments) names() []string {
	return kit.EachName(p.all, p.computed, p.secret, types.DistinctAzureRoles, func(all []types.AzureRoleAssignment) []string {
		return kit.Convert(all, func(one types.AzureRoleAssignment) string {
			hash := sha256.Sum256([]byte(one.Key()))
			return hex.EncodeToString(hash[:4])
		})
	})
}
