package officialclient

import (
	"slices"
	"testing"

	"github.com/pulumi/pulumi-cloud-sdk/go/apitype"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/access"
)

// The catalogue has the scopes that the official client has, and no others.
func TestTheCatalogueHasTheOfficialScopes(t *testing.T) {
	t.Parallel()
	known := map[string]bool{}
	for _, kind := range access.Kinds() {
		for _, scope := range access.NewCatalogue(nil).Scopes(kind) {
			known[scope] = true
		}
	}
	official := map[string]bool{}
	for _, scope := range apitype.RbacPermission("").AllValues() {
		if scope != "" {
			official[string(scope)] = true
		}
	}
	if len(official) < 200 {
		t.Errorf("only %d official scopes", len(official))
	}
	for _, kind := range access.Kinds() {
		for _, group := range access.Groups(kind) {
			if !apitype.RbacScopeGroupName(group.Name).IsValid() {
				t.Errorf("the official client has no group %q of scopes", group.Name)
			}
		}
	}
	for scope := range official {
		if !known[scope] {
			t.Errorf("the catalogue does not have %s", scope)
		}
	}
	for scope := range known {
		if !official[scope] {
			t.Errorf("the official client does not have %s", scope)
		}
	}
}

// The built-in permission sets and roles have the identifiers of the official client. Those of the organization's settings are not
// in its list.
func TestTheOfficialIdentifiersAreKnown(t *testing.T) {
	t.Parallel()
	var known []string
	for _, kind := range []access.EntityKind{access.Stack, access.Environment, access.Account} {
		for _, level := range access.Levels(kind) {
			known = append(known, access.SetIdentifier(kind, level))
		}
	}
	roles := []string{"member", "admin", "billing-manager", "reader", "builder", "maintainer"}
	for _, identifier := range apitype.DefaultIdentifierMember.AllValues() {
		if !slices.Contains(known, string(identifier)) && !slices.Contains(roles, string(identifier)) {
			t.Errorf("%s is not known", identifier)
		}
	}
	for _, identifier := range known {
		if !apitype.DefaultIdentifier(identifier).IsValid() {
			t.Errorf("the official client does not have %s", identifier)
		}
	}
}
