package types

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/pulumi/pulumi-go-provider/infer"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/access"
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

var (
	azureGUID  = regexp.MustCompile(`^[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}$`)
	azureRole  = regexp.MustCompile(`(?i)^(/[^?#\s]+)?/providers/Microsoft\.Authorization/roleDefinitions/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$`)
	azureScope = regexp.MustCompile(`(?i)^/(subscriptions/[0-9a-f-]{36}|providers/Microsoft\.Management/managementGroups/[^/?#\s]+)(/[^/?#\s]+)*$`)
	azureName  = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_-]{2,127}$`)
	azureGroup = regexp.MustCompile(`^[\p{L}\p{N}_().-]{0,89}[\p{L}\p{N}_()-]$`)

	azureSubscription = regexp.MustCompile(`(?i)^/subscriptions/([0-9a-f-]{36})(/|$)`)
)

// BadAzureID says why a text is not an id of Azure's, which are GUIDs; "" if it is.
func BadAzureID(id string) string {
	if azureGUID.MatchString(id) {
		return ""
	}
	return fmt.Sprintf("%q is not an id of Azure's, which looks like 11111111-2222-3333-4444-555555555555", id)
}

// BadAzureIdentityName says why a text is not the name of a managed identity; "" if it is. See
// https://learn.microsoft.com/azure/azure-resource-manager/management/resource-name-rules#microsoftmanagedidentity.
func BadAzureIdentityName(name string) string {
	if azureName.MatchString(name) {
		return ""
	}
	return fmt.Sprintf("%q is not the name of a managed identity: Azure takes 3 to 128 letters, digits, - and _, a letter or digit first", name)
}

// BadAzureResourceGroup says why a text is not the name of a resource group; "" if it is.
func BadAzureResourceGroup(name string) string {
	if azureGroup.MatchString(name) {
		return ""
	}
	return fmt.Sprintf("%q is not the name of a resource group: give the name alone, up to 90 letters, digits and any of _().-, no dot last", name)
}

// Check returns what Azure would refuse, with paths inside the assignment.
func (v AzureRoleAssignment) Check() []access.Problem {
	var problems []access.Problem
	if !azureScope.MatchString(v.Scope) {
		problems = append(problems, access.Problem{Path: "scope", Reason: fmt.Sprintf("%q is not the id of a subscription, a management "+
			"group or something in one, which looks like /subscriptions/SUBSCRIPTION-ID/resourceGroups/NAME", v.Scope)})
	}
	if !azureGUID.MatchString(v.RoleDefinitionID) && !azureRole.MatchString(v.RoleDefinitionID) {
		problems = append(problems, access.Problem{Path: "roleDefinitionId", Reason: fmt.Sprintf("%q is neither the GUID of a role's "+
			"definition nor its id, which ends in /providers/Microsoft.Authorization/roleDefinitions/GUID", v.RoleDefinitionID)})
	}
	return problems
}

// RoleID is the role's resource id, in the form that Azure gives it: below the scope's subscription.
func (v AzureRoleAssignment) RoleID() string {
	if !azureGUID.MatchString(v.RoleDefinitionID) {
		return v.RoleDefinitionID
	}
	below := ""
	if subscription := AzureSubscriptionOf(v.Scope); subscription != "" {
		below = "/subscriptions/" + subscription
	}
	return below + "/providers/Microsoft.Authorization/roleDefinitions/" + v.RoleDefinitionID
}

// Key is the same for assignments that Azure takes for one: its ids know no case, and a role is told by its GUID.
func (v AzureRoleAssignment) Key() string {
	role := v.RoleDefinitionID[strings.LastIndex(v.RoleDefinitionID, "/")+1:]
	return strings.ToLower(v.Scope + "|" + role)
}

// AzureSubscriptionOf is the id of the subscription that a resource is in, "" if it is in none.
func AzureSubscriptionOf(resourceID string) string {
	parts := azureSubscription.FindStringSubmatch(resourceID)
	if parts == nil {
		return ""
	}
	return parts[1]
}
