package azure

import (
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/oidc"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/clouds"
)

// State holds the objects of the sandbox's Azure.
type State struct {
	Identities  map[string]*Identity      `json:"identities"`      // by client id
	Assignments map[string]RoleAssignment `json:"roleAssignments"` // by name
	Secrets     map[string]*Secret        `json:"secrets"`         // by resource id in lower case
}

// RoleAssignment is a role that a principal holds at a scope and below it.
type RoleAssignment struct {
	Name             string `json:"name"` // a GUID
	Scope            string `json:"scope"`
	PrincipalID      string `json:"principalId"`
	RoleDefinitionID string `json:"roleDefinitionId"`
}

// Identity is a managed identity, or an app registration. PrincipalID is "" for one that only its credentials name.
type Identity struct {
	ClientID    string                                   `json:"clientId"`
	TenantID    string                                   `json:"tenantId"`
	PrincipalID string                                   `json:"principalId,omitempty"`
	Credentials map[string]oidc.AzureFederatedCredential `json:"credentials"` // by name in lower case
}

// Fill makes what is missing.
func (a *State) Fill() {
	clouds.Fill(&a.Identities)
	clouds.Fill(&a.Assignments)
	clouds.Fill(&a.Secrets)
}
