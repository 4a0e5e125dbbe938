package types

import (
	"strings"

	"github.com/pulumi/pulumi-go-provider/infer"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/azureid"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/problem"
)

// AzureRoleAssignment is a role that an Azure identity holds at one scope.
type AzureRoleAssignment struct {
	Scope            string `pulumi:"scope"`
	RoleDefinitionID string `pulumi:"roleDefinitionId"`
}

// Annotate describes the assignment.
func (v *AzureRoleAssignment) Annotate(a infer.Annotator) {
	a.SetToken("index", "AzureRoleAssignment")
	a.Describe(v, "A role that an Azure identity holds at one scope and below it.")
	a.Describe(&v.Scope, "The resource id at which the role is held, such as that of a resource group. The narrower, the better.")
	a.Describe(&v.RoleDefinitionID, "The role: the GUID of its definition, such as `acdd72a7-3385-48ef-bd42-f606fba81ae7` (Reader), or "+
		"the whole resource id.")
}

// Check returns what Azure would refuse, with paths inside the assignment.
func (v AzureRoleAssignment) Check() problem.List {
	var problems problem.List
	problems.AddReason("scope", azureid.BadScope(v.Scope))
	problems.AddReason("roleDefinitionId", azureid.BadRoleDefinition(v.RoleDefinitionID))
	return problems
}

// RoleID is the role's resource id, in the form that Azure gives it: below the scope's subscription.
func (v AzureRoleAssignment) RoleID() string {
	if azureid.Bad(v.RoleDefinitionID) != "" {
		return v.RoleDefinitionID
	}
	below := ""
	if subscription := azureid.SubscriptionOf(v.Scope); subscription != "" {
		below = "/subscriptions/" + subscription
	}
	return below + "/providers/Microsoft.Authorization/roleDefinitions/" + v.RoleDefinitionID
}

// Key is the same for assignments that Azure takes for one: its ids know no case, and a role is told by its GUID.
func (v AzureRoleAssignment) Key() string {
	role := v.RoleDefinitionID[strings.LastIndex(v.RoleDefinitionID, "/")+1:]
	return strings.ToLower(v.Scope + "|" + role)
}

// DistinctAzureRoles drops the assignments that Azure would refuse because an equal one exists.
func DistinctAzureRoles(all []AzureRoleAssignment) []AzureRoleAssignment {
	var distinct []AzureRoleAssignment
	seen := map[string]bool{}
	for _, one := range all {
		if !seen[one.Key()] {
			distinct = append(distinct, one)
		}
		seen[one.Key()] = true
	}
	return distinct
}
