package cloudlogin

import (
	"slices"

	"github.com/pulumi/pulumi/sdk/v3/go/property"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumix"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/components/kit"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/stores"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/types"
)

// azureRoles are the role assignments of an identity, and what the children that make them are called by. Kept are those that
// the current definition needs and that the program does not give.
type azureRoles struct {
	all   kit.Out[[]types.AzureRoleAssignment]
	names []string
	kept  []azureRole
}

// azureRole is a role assignment, and what the child that makes it is called by.
type azureRole struct {
	name string
	role kit.Out[types.AzureRoleAssignment]
}

// assigned are those of the azure block, and those by which the identity reads the secrets that are named.
func (l *AzureLogin) assigned(block *property.Map, reads Reads) azureRoles {
	all, planned := kit.OrZero(l.RoleAssignments), givenAssignments(block)
	if read := reads.Stores.azureReads(); read != nil {
		all = pulumix.Apply2(all, *read, func(own, reads []types.AzureRoleAssignment) []types.AzureRoleAssignment {
			return slices.Concat(own, reads)
		})
		planned = planned.with(vaultAssignments(reads.Block))
	}
	return azureRoles{all: all, names: planned.names()}
}

// azureReads are the roles by which an identity reads exactly the secrets that are named.
func (s SecretStores) azureReads() *kit.Out[[]types.AzureRoleAssignment] {
	return permissionsToRead(s, azureCloud{}.Name(), func(needed stores.Permissions) ([]types.AzureRoleAssignment, error) {
		return needed.Azure, nil
	})
}

// AzureRoleAssignments are those roles as JSON, nil when nothing is read from Azure.
func (s SecretStores) AzureRoleAssignments() kit.Out[*string] {
	reads := s.azureReads()
	if reads == nil {
		return kit.Known[*string](nil)
	}
	return kit.Present(pulumix.ApplyErr(*reads, stores.AzureDocument))
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
	vault := kit.ValueOf[stores.AzureKeyVault](*block, stores.AzureKeyVault{}.Name())
	if vault == nil {
		return plannedAssignments{}
	}
	given := block.Get(vault.Name())
	planned := plannedAssignments{all: vault.Assignments(), computed: given.HasComputed(), secret: given.HasSecrets()}
	if planned.computed {
		planned.all = make([]types.AzureRoleAssignment, len(vault.Get))
	}
	return planned
}
