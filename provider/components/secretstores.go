package components

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/pulumi/pulumi-go-provider/infer"
	"github.com/pulumi/pulumi/sdk/v3/go/property"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumix"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/arn"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/esc"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/problem"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/stores"
)

// SecretStores are the stores that an environment reads from.
type SecretStores struct {
	AWSSecretsManager   *out[stores.AWSSecretsManager]   `pulumi:"awsSecretsManager,optional"`
	AWSParameterStore   *out[stores.AWSParameterStore]   `pulumi:"awsParameterStore,optional"`
	AzureKeyVault       *out[stores.AzureKeyVault]       `pulumi:"azureKeyVault,optional"`
	GoogleSecretManager *out[stores.GoogleSecretManager] `pulumi:"googleSecretManager,optional"`
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

func (s SecretStores) usesAWS() bool { return s.of(awsCloud{}.name()) != nil }

// storeReads are what the identities of an environment read from stores, and the block as it was given.
type storeReads struct {
	stores SecretStores
	block  *property.Map
}

// storeKind is a kind of store, and how to find one among the inputs. Of a store in general only what holds for its zero value
// is to be asked.
type storeKind struct {
	stores.Store
	// field is the store that the component reads from, nil if it reads from none of this kind.
	field func(SecretStores) *out[stores.Store]
	// in is the store in the block of the inputs, as far as it is known, nil if there is none.
	in func(block property.Map) stores.Store
}

// storeKinds has an entry for each field of [SecretStores].
var storeKinds = []storeKind{
	kindOfStore(func(s SecretStores) *out[stores.AWSSecretsManager] { return s.AWSSecretsManager }),
	kindOfStore(func(s SecretStores) *out[stores.AWSParameterStore] { return s.AWSParameterStore }),
	kindOfStore(func(s SecretStores) *out[stores.AzureKeyVault] { return s.AzureKeyVault }),
	kindOfStore(func(s SecretStores) *out[stores.GoogleSecretManager] { return s.GoogleSecretManager }),
}

func kindOfStore[T stores.Store](field func(SecretStores) *out[T]) storeKind {
	var general T
	return storeKind{
		Store: general,
		field: func(s SecretStores) *out[stores.Store] {
			given := field(s)
			if given == nil {
				return nil
			}
			store := pulumix.Apply(*given, func(store T) stores.Store { return store })
			return &store
		},
		in: func(block property.Map) stores.Store {
			if given := valueOf[T](block, general.Name()); given != nil {
				return *given
			}
			return nil
		},
	}
}

// of are the stores of a cloud, nil if there are none; of every cloud for "".
func (s SecretStores) of(cloud string) *out[[]stores.Store] {
	var all *out[[]stores.Store]
	for _, kind := range storeKinds {
		store := kind.field(s)
		if store == nil || cloud != "" && kind.ESC().Cloud != cloud {
			continue
		}
		more := pulumix.Apply2(orZero(all), *store, func(all []stores.Store, one stores.Store) []stores.Store {
			return append(slices.Clone(all), one)
		})
		all = &more
	}
	return all
}

// permissionsToRead are what the identity on a cloud needs to read from its stores, as the cloud grants it; nil if there are none.
func permissionsToRead[T any](s SecretStores, cloud string, of func(stores.Permissions) (T, error)) *out[T] {
	all := s.of(cloud)
	if all == nil {
		return nil
	}
	needed := pulumix.ApplyErr(*all, func(all []stores.Store) (T, error) { return of(stores.PermissionsFor(all)) })
	return &needed
}

// escStores are how the environment reads from them.
func (s SecretStores) escStores() out[[]esc.Store] {
	return pulumix.Apply(orZero(s.of("")), func(all []stores.Store) []esc.Store { return convert(all, stores.Store.ESC) })
}

// storesIn are the stores of a cloud in the block of the inputs, as far as they are known.
func storesIn(block property.Map, cloud string) []stores.Store {
	var all []stores.Store
	for _, kind := range storeKinds {
		if store := kind.in(block); store != nil && kind.ESC().Cloud == cloud {
			all = append(all, store)
		}
	}
	return all
}

// storesMustKnown are the parts of stores that decide how many grants there are.
func storesMustKnown(in property.Map) []string {
	var paths []string
	for _, kind := range storeKinds {
		if kind.OneByOne() && createsIdentity(blockAt(in, kind.ESC().Cloud)) {
			path := problem.Join("secrets", kind.Name())
			paths = append(paths, path, problem.Join(path, "get"))
		}
	}
	return paths
}

// checkSecretStores checks what is read, and that there is a login to its cloud.
func checkSecretStores(in property.Map) problem.List {
	block := blockAt(in, "secrets")
	if block == nil {
		return nil
	}
	var problems problem.List
	given := false
	partition := cmp.Or(givenPartition(in), stores.PartitionOf(storesIn(*block, awsCloud{}.name())))
	for _, kind := range storeKinds {
		if !has(*block, kind.Name()) {
			continue
		}
		given = true
		path := problem.Join("secrets", kind.Name())
		if login := kind.ESC().Cloud; !has(in, login) {
			problems.Add(path, "needs the login to %s: give %s as well", cloudNamed(login).title(), login)
		}
		if store := kind.in(*block); store != nil {
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
	if all := storesIn(block, awsCloud{}.name()); len(all) > 0 {
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

// givenPartition is the partition of the role, as far as an ARN says it; "" where none does.
func givenPartition(in property.Map) string {
	block := blockAt(in, "aws")
	if block == nil {
		return ""
	}
	for _, name := range []string{"roleArn", "oidcProviderArn"} {
		if partition := arn.Partition(textOf(*block, name)); partition != "" {
			return partition
		}
	}
	if has(*block, "accountId") {
		return arn.Default // which ARNs are computed in
	}
	return ""
}

// checkInlinePolicies holds all inline policies of the role together against AWS's limit, which counts no white space.
func checkInlinePolicies(in property.Map, written string) problem.List {
	block := blockAt(in, "aws")
	if block == nil || len(checkInline(*block)) > 0 {
		return nil // which is said without this one already
	}
	total := len(written) + inlineLength(*block)
	if total <= stores.MaxInlinePolicies {
		return nil
	}
	return problem.List{{Path: "aws.inlinePolicies", Reason: fmt.Sprintf("all inline policies of the role together, with the one that allows to "+
		"read the secrets, have %d characters; AWS allows %d. Move some into managed policies", total, stores.MaxInlinePolicies)}}
}

// checkSecretsPolicyName keeps the name of the policy that the component writes from being given twice.
func checkSecretsPolicyName(in property.Map) problem.List {
	if !has(in, "aws") || !in.Get("aws").IsMap() {
		return nil
	}
	inline, given := in.Get("aws").AsMap().GetOk("inlinePolicies")
	if !given || !inline.IsMap() || !has(inline.AsMap(), secretsPolicy) {
		return nil
	}
	return problem.List{{Path: "aws.inlinePolicies." + secretsPolicy, Reason: "is the name of the policy that allows to read the secrets; use another"}}
}
