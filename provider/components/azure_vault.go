package components

import (
	"encoding/json"
	"slices"

	"github.com/pulumi/pulumi/sdk/v3/go/property"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumix"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/types"
)

// azureRoles are the role assignments of an identity, and what the children that make them are called by. Kept are those that
// a live definition needs and that the program does not give.
type azureRoles struct {
	all   out[[]types.AzureRoleAssignment]
	names []string
	kept  []azureRole
}

// azureRole is a role assignment, and what the child that makes it is called by.
type azureRole struct {
	name string
	role out[types.AzureRoleAssignment]
}

// assigned are those of the azure block, and those by which the identity reads the secrets that are named.
func (l *AzureLogin) assigned(block *property.Map, reads storeReads) azureRoles {
	all, planned := orZero(l.RoleAssignments), givenAssignments(block)
	if read := reads.stores.azureReads(); read != nil {
		all = pulumix.Apply2(all, *read, func(own, reads []types.AzureRoleAssignment) []types.AzureRoleAssignment {
			return slices.Concat(own, reads)
		})
		planned = planned.with(vaultAssignments(reads.block))
	}
	return azureRoles{all: all, names: planned.names()}
}

// azureReads are the roles by which an identity reads exactly the secrets that are named.
func (s SecretStores) azureReads() *out[[]types.AzureRoleAssignment] {
	if s.AzureKeyVault == nil {
		return nil
	}
	reads := pulumix.Apply(*s.AzureKeyVault, types.AzureKeyVault.Assignments)
	return &reads
}

// azureRoleAssignments are those roles as JSON, nil when nothing is read from Azure.
func (s SecretStores) azureRoleAssignments() out[*string] {
	reads := s.azureReads()
	if reads == nil {
		return known[*string](nil)
	}
	return present(pulumix.ApplyErr(*reads, writeAssignments))
}

func writeAssignments(all []types.AzureRoleAssignment) (string, error) {
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

// plannedAssignments are role assignments as far as they are known at preview.
type plannedAssignments struct {
	all              []types.AzureRoleAssignment
	computed, secret bool
}

func (p plannedAssignments) with(other plannedAssignments) plannedAssignments {
	return plannedAssignments{
		all: slices.Concat(p.all, other.all), computed: p.computed || other.computed, secret: p.secret || other.secret,
	}
}

// vaultAssignments are the role assignments at the secrets that are read.
func vaultAssignments(block *property.Map) plannedAssignments {
	if block == nil {
		return plannedAssignments{}
	}
	given := block.Get("azureKeyVault")
	vault := valueOf[types.AzureKeyVault](*block, "azureKeyVault")
	if vault == nil {
		return plannedAssignments{}
	}
	planned := plannedAssignments{all: vault.Assignments(), computed: given.HasComputed(), secret: given.HasSecrets()}
	if planned.computed {
		planned.all = make([]types.AzureRoleAssignment, len(vault.Get))
	}
	return planned
}

// vaultMustKnown are the parts of a store that decide how many role assignments there are.
func vaultMustKnown(in property.Map) []string {
	if !createsIdentity(blockAt(in, "azure")) {
		return nil
	}
	return []string{"secrets.azureKeyVault", "secrets.azureKeyVault.get"}
}
