package components

import (
	"fmt"

	"github.com/pulumi/pulumi-go-provider/infer"
	"github.com/pulumi/pulumi/sdk/v3/go/property"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumix"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/arn"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/esc"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/problem"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/stores"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/types"
)

// SecretStores are the stores that an environment reads from.
type SecretStores struct {
	AWSSecretsManager   *out[types.AWSSecretsManager]   `pulumi:"awsSecretsManager,optional"`
	AWSParameterStore   *out[types.AWSParameterStore]   `pulumi:"awsParameterStore,optional"`
	AzureKeyVault       *out[types.AzureKeyVault]       `pulumi:"azureKeyVault,optional"`
	GoogleSecretManager *out[types.GoogleSecretManager] `pulumi:"googleSecretManager,optional"`
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

func (s SecretStores) usesAWS() bool { return s.AWSSecretsManager != nil || s.AWSParameterStore != nil }

// storeReads are what the identities of an environment read from stores, and the block as it was given.
type storeReads struct {
	stores SecretStores
	block  *property.Map
}

// escStores are how the environment reads from them.
func (s SecretStores) escStores() out[[]esc.Store] {
	return pulumix.Apply4(maybe(s.AWSSecretsManager), maybe(s.AWSParameterStore), maybe(s.AzureKeyVault), maybe(s.GoogleSecretManager),
		func(
			secrets *types.AWSSecretsManager, parameters *types.AWSParameterStore, vault *types.AzureKeyVault, google *types.GoogleSecretManager,
		) []esc.Store {
			var all []esc.Store
			if secrets != nil {
				all = append(all, secrets.Store())
			}
			if parameters != nil {
				all = append(all, parameters.Store())
			}
			if vault != nil {
				all = append(all, vault.Store())
			}
			if google != nil {
				all = append(all, google.Store())
			}
			return all
		})
}

// maybe is an optional input as a value of its own, nil when it is absent.
func maybe[T any](in *out[T]) out[*T] {
	if in == nil {
		return known[*T](nil)
	}
	return present(*in)
}

// secretStores are the stores by name, each with the login that it needs, and what of the definition reads from it.
var secretStores = []struct {
	name, login, cloud string
	place, provider    string // among the definition's values
	read               func(secrets property.Map) *esc.Store
}{
	{"awsSecretsManager", "aws", "AWS", "values.aws.secrets", "aws-secrets", storeIn[types.AWSSecretsManager]("awsSecretsManager")},
	{"awsParameterStore", "aws", "AWS", "values.aws.parameters", "aws-parameter-store", storeIn[types.AWSParameterStore]("awsParameterStore")},
	{"azureKeyVault", "azure", "Azure", "values.azure.secrets", "azure-secrets", storeIn[types.AzureKeyVault]("azureKeyVault")},
	{"googleSecretManager", "gcp", "Google Cloud", "values.gcp.secrets", "gcp-secrets", storeIn[types.GoogleSecretManager]("googleSecretManager")},
}

// storeIn reads a store of the secrets block, as far as it is known.
func storeIn[T interface{ Store() esc.Store }](name string) func(property.Map) *esc.Store {
	return func(secrets property.Map) *esc.Store {
		given := valueOf[T](secrets, name)
		if given == nil {
			return nil
		}
		store := (*given).Store()
		return &store
	}
}

// checkSecretStores judges what is read, and that its cloud is logged in to.
func checkSecretStores(in property.Map) problem.List {
	if !has(in, "secrets") || !in.Get("secrets").IsMap() {
		return nil
	}
	block := in.Get("secrets").AsMap()
	var problems problem.List
	given := false
	for _, store := range secretStores {
		if !has(block, store.name) {
			continue
		}
		given = true
		if !has(in, store.login) {
			problems.Add(problem.Join("secrets", store.name), "needs the login to %s: give %s as well", store.cloud, store.login)
		}
	}
	if !given {
		problems.AddReason("secrets", "name at least one store to read from")
	}
	secrets := valueOf[types.AWSSecretsManager](block, "awsSecretsManager")
	parameters := valueOf[types.AWSParameterStore](block, "awsParameterStore")
	if secrets != nil || parameters != nil {
		text, err := previewAWSPolicy(in, secrets, parameters)
		problems.AddUnder("secrets", problem.Of(err))
		if err == nil {
			problems = append(problems, checkInlinePolicies(in, text)...)
		}
	}
	if vault := valueOf[types.AzureKeyVault](block, "azureKeyVault"); vault != nil {
		problems.AddUnder("secrets.azureKeyVault", vault.Check())
	}
	if google := valueOf[types.GoogleSecretManager](block, "googleSecretManager"); google != nil {
		problems.AddUnder("secrets.googleSecretManager", google.Check())
	}
	return append(problems, checkSecretsPolicyName(in)...)
}

// previewAWSPolicy writes the policy before the account is known: every account's id has the same length.
func previewAWSPolicy(in property.Map, secrets *types.AWSSecretsManager, parameters *types.AWSParameterStore) (string, error) {
	policy := stores.AWS{Account: "000000000000", Partition: givenPartition(in)}
	if secrets != nil {
		policy.Secrets = secrets.Permissions()
	}
	if parameters != nil {
		policy.Parameters = parameters.Permissions()
	}
	return stores.AWSPolicy(policy)
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
