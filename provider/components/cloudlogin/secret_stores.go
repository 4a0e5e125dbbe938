package cloudlogin

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/pulumi/pulumi-go-provider/infer"
	"github.com/pulumi/pulumi/sdk/v3/go/property"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumix"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/arn"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/components/kit"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/esc"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/problem"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/stores"
)

// SecretStores are the stores that an environment reads from.
type SecretStores struct {
	AWSSecretsManager   *kit.Out[stores.AWSSecretsManager]   `pulumi:"awsSecretsManager,optional"`
	AWSParameterStore   *kit.Out[stores.AWSParameterStore]   `pulumi:"awsParameterStore,optional"`
	AzureKeyVault       *kit.Out[stores.AzureKeyVault]       `pulumi:"azureKeyVault,optional"`
	GoogleSecretManager *kit.Out[stores.GoogleSecretManager] `pulumi:"googleSecretManager,optional"`
}

// Annotate describes the stores.
func (s *SecretStores) Annotate(a infer.Annotator) {
	a.SetToken("index", "SecretStores")
	a.Describe(s, "The stores that the environment reads from when it is opened, and exactly what it reads there. Each needs the "+
		"login to its cloud.")
	a.Describe(&s.AWSSecretsManager, "Secrets of AWS Secrets Manager. They are values at `aws.secrets`.")
	a.Describe(&s.AWSParameterStore, "Parameters of AWS Systems Manager Parameter Store. They are values at `aws.parameters`.")
	a.Describe(&s.AzureKeyVault, "Secrets of a vault of Azure Key Vault. They are values at `azure.secrets`.")
	a.Describe(&s.GoogleSecretManager, "Secrets of Google Secret Manager. They are values at `gcp.secrets`.")
}

// secretsPolicy is the name of the inline policy of a role that is created.
const secretsPolicy = "leastprivilege-secrets"

func (s SecretStores) UsesAWS() bool { return s.of(awsCloud{}.Name()) != nil }

// Reads are what the identities of an environment read from stores, and the block as it was given.
type Reads struct {
	Stores SecretStores
	Block  *property.Map
}

// StoreKind is a kind of store, and how to find one among the inputs. The embedded store is the zero value: ask it only for what is
// the same for every value.
type StoreKind struct {
	stores.Store
	// field is the store that the component reads from, nil if it reads from none of this kind.
	field func(SecretStores) *kit.Out[stores.Store]
	// In is the store in the block of the inputs, as far as it is known, nil if there is none.
	In func(block property.Map) stores.Store
}

// StoreKinds has an entry for each field of [SecretStores].
var StoreKinds = []StoreKind{
	kindOfStore(func(s SecretStores) *kit.Out[stores.AWSSecretsManager] { return s.AWSSecretsManager }),
	kindOfStore(func(s SecretStores) *kit.Out[stores.AWSParameterStore] { return s.AWSParameterStore }),
	kindOfStore(func(s SecretStores) *kit.Out[stores.AzureKeyVault] { return s.AzureKeyVault }),
	kindOfStore(func(s SecretStores) *kit.Out[stores.GoogleSecretManager] { return s.GoogleSecretManager }),
}

func kindOfStore[T stores.Store](field func(SecretStores) *kit.Out[T]) StoreKind {
	var general T
	return StoreKind{
		Store: general,
		field: func(s SecretStores) *kit.Out[stores.Store] {
			given := field(s)
			if given == nil {
				return nil
			}
			store := pulumix.Apply(*given, func(store T) stores.Store { return store })
			return &store
		},
		In: func(block property.Map) stores.Store {
			if given := kit.ValueOf[T](block, general.Name()); given != nil {
				return *given
			}
			return nil
		},
	}
}

// of are the stores of a cloud, nil if there are none; of every cloud for "".
func (s SecretStores) of(cloud string) *kit.Out[[]stores.Store] {
	var all *kit.Out[[]stores.Store]
	for _, kind := range StoreKinds {
		store := kind.field(s)
		if store == nil || cloud != "" && kind.ESC().Cloud != cloud {
			continue
		}
		more := pulumix.Apply2(kit.OrZero(all), *store, func(all []stores.Store, one stores.Store) []stores.Store {
			return append(slices.Clone(all), one)
		})
		all = &more
	}
	return all
}

// permissionsToRead are what the identity on a cloud needs to read from its stores, as the cloud grants it; nil if there are none.
func permissionsToRead[T any](s SecretStores, cloud string, of func(stores.Permissions) (T, error)) *kit.Out[T] {
	all := s.of(cloud)
	if all == nil {
		return nil
	}
	needed := pulumix.ApplyErr(*all, func(all []stores.Store) (T, error) { return of(stores.PermissionsFor(all)) })
	return &needed
}

// ESCStores are how the environment reads from them.
func (s SecretStores) ESCStores() kit.Out[[]esc.Store] {
	return pulumix.Apply(kit.OrZero(s.of("")), func(all []stores.Store) []esc.Store { return kit.Convert(all, stores.Store.ESC) })
}

// storesIn are the stores of a cloud in the block of the inputs, as far as they are known.
func storesIn(block property.Map, cloud string) []stores.Store {
	var all []stores.Store
	for _, kind := range StoreKinds {
		if store := kind.In(block); store != nil && kind.ESC().Cloud == cloud {
			all = append(all, store)
		}
	}
	return all
}

// StoresMustKnown are the parts of stores that decide how many grants there are.
func StoresMustKnown(in property.Map) []string {
	var paths []string
	for _, kind := range StoreKinds {
		if kind.OneByOne() && CreatesIdentity(kit.BlockAt(in, kind.ESC().Cloud)) {
			path := problem.Join("secrets", kind.Name())
			paths = append(paths, path, problem.Join(path, "get"))
		}
	}
	return paths
}

// CheckSecretStores checks what is read, and that there is a login to its cloud.
func CheckSecretStores(in property.Map) problem.List {
	block := kit.BlockAt(in, "secrets")
	if block == nil {
		return nil
	}
	var problems problem.List
	given := false
	partition := cmp.Or(givenPartition(in), stores.PartitionOf(storesIn(*block, awsCloud{}.Name())))
	for _, kind := range StoreKinds {
		if !kit.Has(*block, kind.Name()) {
			continue
		}
		given = true
		path := problem.Join("secrets", kind.Name())
		if login := kind.ESC().Cloud; !kit.Has(in, login) {
			problems.Add(path, "needs the login to %s: give %s as well", cloudNamed(login).Title(), login)
		}
		if store := kind.In(*block); store != nil {
			problems.AddUnder(path, store.Check(partition))
		}
	}
	if !given {
		problems.AddReason("secrets", "name at least one store to read from")
	}
	return append(problems, checkSecretsPolicy(in, *block, partition)...)
}

// checkSecretsPolicy checks the inline policy that allows to read from AWS's stores: its length, alone and together with the
// others, and its name. What is wrong with a single store is found by the store's check.
func checkSecretsPolicy(in, block property.Map, partition string) problem.List {
	var problems problem.List
	if all := storesIn(block, awsCloud{}.Name()); len(all) > 0 {
		text, err := stores.AWSPolicy(stores.PermissionsFor(all).AWS.Anywhere(partition))
		for _, one := range problem.Of(err) {
			if one.Path == "" {
				problems.AddReason("secrets", one.Reason)
			}
		}
		if err == nil {
			problems = append(problems, checkInlinePolicies(in, text)...)
		}
	}
	return append(problems, checkSecretsPolicyName(in)...)
}

// givenPartition is the partition of the role by the ARNs that are given, "" if none is.
func givenPartition(in property.Map) string {
	block := kit.BlockAt(in, "aws")
	if block == nil {
		return ""
	}
	for _, name := range []string{"roleArn", "oidcProviderArn"} {
		if partition := arn.Partition(kit.TextOf(*block, name)); partition != "" {
			return partition
		}
	}
	if kit.Has(*block, "accountId") {
		return arn.Default // which ARNs are computed in
	}
	return ""
}

// checkInlinePolicies compares the length of all inline policies of the role together with AWS's limit, which counts no white space.
func checkInlinePolicies(in property.Map, written string) problem.List {
	block := kit.BlockAt(in, "aws")
	if block == nil || len(checkInline(*block)) > 0 {
		return nil // which is reported already
	}
	total := len(written) + inlineLength(*block)
	if total <= stores.MaxInlinePolicies {
		return nil
	}
	return problem.List{{Path: "aws.inlinePolicies", Reason: fmt.Sprintf("all inline policies of the role together, with the one that allows to "+
		"read the secrets, have %d characters; AWS allows %d. Move some into managed policies", total, stores.MaxInlinePolicies)}}
}

// checkSecretsPolicyName refuses an inline policy with the name of the one that the component writes.
func checkSecretsPolicyName(in property.Map) problem.List {
	if !kit.Has(kit.BlockOr(in, "aws", "inlinePolicies"), secretsPolicy) {
		return nil
	}
	return problem.List{{Path: "aws.inlinePolicies." + secretsPolicy, Reason: "is the name of the policy that allows to read the secrets; use another"}}
}
