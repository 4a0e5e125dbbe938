package stores

import (
	"cmp"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/arn"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/esc"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/problem"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/types"
)

// Store is a store of secrets, and what an environment reads from it: a block of a component's inputs.
//
// To add one, write the block with these methods, and give it a field of the components' SecretStores and a line in the list
// beside that. If its cloud grants in another way than by [Permissions], that gets a field, and the cloud's login uses it.
//
// Name, OneByOne and what is not an input in ESC are the same for every value, the zero value too.
type Store interface {
	// Name is that of the block: the property in the inputs.
	Name() string
	// ESC is how an environment reads from it. Its Cloud is the block of the login that it needs: aws, azure or gcp.
	ESC() esc.Store
	// Check returns what the cloud would refuse, with paths inside the block. Partition is that of the role on AWS, ""
	// while it is not known.
	Check(partition string) problem.List
	// Permit adds what an identity needs to read exactly what is named, and nothing else of the store.
	Permit(*Permissions)
	// OneByOne reports whether the cloud grants each secret by itself, so that how many there are must be known at preview.
	OneByOne() bool
}

// Permissions are what an identity needs in order to read from stores, as its cloud grants it.
type Permissions struct {
	AWS    AWS                         // one policy; see [AWSPolicy]
	Azure  []types.AzureRoleAssignment // a role at each secret
	Google []string                    // the names of the secrets that the service account is a member of, as [GoogleSecretAccessor]
}

// PermissionsFor are those to read what all of the stores name.
func PermissionsFor(all []Store) Permissions {
	var needed Permissions
	for _, store := range all {
		store.Permit(&needed)
	}
	return needed
}

// PartitionOf is the partition of the first of AWS's stores, by its region; "" if there is none.
func PartitionOf(all []Store) string {
	if reads := PermissionsFor(all).AWS; reads.region() != "" {
		return arn.OfRegion(reads.region())
	}
	return ""
}

// anyAccount stands for an account that is not known: every account's id has the same length.
const anyAccount = "000000000000"

// Anywhere are the same reads in an account that is not known, and in a partition; "" stands for that of the region. The policy for
// them is as long as that for any account.
func (in AWS) Anywhere(partition string) AWS {
	in.Account = anyAccount
	in.Partition = cmp.Or(partition, arn.OfRegion(in.region()))
	return in
}

// entries are what is read, as ESC takes it, by the names that the environment gives.
func entries[T any](get map[string]T, entry func(T) map[string]any) map[string]any {
	all := make(map[string]any, len(get))
	for name, one := range get {
		all[name] = entry(one)
	}
	return all
}

// versioned is a secret by its name, of a version if one is given.
func versioned(name string, version *string) map[string]any {
	entry := map[string]any{"name": name}
	put(entry, "version", version)
	return entry
}

func put[T any](object map[string]any, key string, value *T) {
	if value != nil {
		object[key] = *value
	}
}
