// Package azureid checks the ids and names of Azure. Each Bad function returns why a text is not one, and "" if it is.
package azureid

import (
	"fmt"
	"regexp"
)

var (
	guid           = regexp.MustCompile(`^[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}$`)
	roleDefinition = regexp.MustCompile(`(?i)^(/[^?#\s]+)?/providers/Microsoft\.Authorization/roleDefinitions/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$`)
	scopePattern   = regexp.MustCompile(`(?i)^/(subscriptions/[0-9a-f-]{36}|providers/Microsoft\.Management/managementGroups/[^/?#\s]+)(/[^/?#\s]+)*$`)
	identityName   = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_-]{2,127}$`)
	resourceGroup  = regexp.MustCompile(`^[\p{L}\p{N}_().-]{0,89}[\p{L}\p{N}_()-]$`)

	subscription = regexp.MustCompile(`(?i)^/subscriptions/([0-9a-f-]{36})(/|$)`)
)

// Bad returns why a text is not an id of Azure's, which are GUIDs; "" if it is.
func Bad(id string) string {
	if guid.MatchString(id) {
		return ""
	}
	return fmt.Sprintf("%q is not an id of Azure's, which looks like 11111111-2222-3333-4444-555555555555", id)
}

// BadIdentityName returns why a text is not the name of a managed identity; "" if it is. See
// https://learn.microsoft.com/azure/azure-resource-manager/management/resource-name-rules#microsoftmanagedidentity.
func BadIdentityName(name string) string {
	if identityName.MatchString(name) {
		return ""
	}
	return fmt.Sprintf("%q is not the name of a managed identity: Azure takes 3 to 128 letters, digits, - and _, a letter or digit first", name)
}

// BadResourceGroup returns why a text is not the name of a resource group; "" if it is.
func BadResourceGroup(name string) string {
	if resourceGroup.MatchString(name) {
		return ""
	}
	return fmt.Sprintf("%q is not the name of a resource group: give the name alone, up to 90 letters, digits and any of _().-, no dot last", name)
}

// BadScope returns why a text is not the id of something that roles are held at; "" if it is.
func BadScope(id string) string {
	if scopePattern.MatchString(id) {
		return ""
	}
	return fmt.Sprintf("%q is not the id of a subscription, a management group or something in one, which looks like "+
		"/subscriptions/SUBSCRIPTION-ID/resourceGroups/NAME", id)
}

// BadRoleDefinition returns why a text is neither the GUID nor the id of a role's definition; "" if it is.
func BadRoleDefinition(id string) string {
	if guid.MatchString(id) || roleDefinition.MatchString(id) {
		return ""
	}
	return fmt.Sprintf("%q is neither the GUID of a role's definition nor its id, which ends in "+
		"/providers/Microsoft.Authorization/roleDefinitions/GUID", id)
}

// SubscriptionOf is the id of the subscription that a resource is in, "" if it is in none.
func SubscriptionOf(resourceID string) string {
	parts := subscription.FindStringSubmatch(resourceID)
	if parts == nil {
		return ""
	}
	return parts[1]
}
