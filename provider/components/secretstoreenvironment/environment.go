// Package secretstoreenvironment is the component SecretStoreEnvironment. Its page is secretstoreenvironment.md.
package secretstoreenvironment

import (
	_ "embed"
	"slices"

	"github.com/pulumi/pulumi-go-provider/infer"
	"github.com/pulumi/pulumi/sdk/v3/go/property"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumix"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/components/cloudlogin"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/components/environments"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/components/kit"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/problem"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/types"
)

//go:embed secretstoreenvironment.md
var page string

// SecretStoreEnvironment is an ESC environment that reads from stores of secrets. Its cloud identities may read exactly the secrets
// that are named.
type SecretStoreEnvironment struct {
	pulumi.ResourceState
	environments.Outputs
	cloudlogin.IdentityOutputs
	AWSPolicy            kit.Out[*string] `pulumi:"awsPolicy"`
	AzureRoleAssignments kit.Out[*string] `pulumi:"azureRoleAssignments"`
	GCPSecretIAMMembers  kit.Out[*string] `pulumi:"gcpSecretIamMembers"`
}

// Annotate describes the component.
func (c *SecretStoreEnvironment) Annotate(a infer.Annotator) {
	a.Describe(c, page)
	a.Describe(&c.AWSPolicy, "The policy that allows to read exactly the secrets and parameters of `secrets`, as JSON text. A role that is "+
		"created has it already; attach it to a role that you bring.")
	a.Describe(&c.AzureRoleAssignments, "The role assignments that let an identity read exactly the secrets of `secrets`: JSON text, a list of "+
		"`scope` and `roleDefinitionId`. An identity that is created has them already; give them to an identity that you bring.")
	a.Describe(&c.GCPSecretIAMMembers, "Who must have which role on which secret to read exactly the secrets of `secrets` in Google Cloud: JSON "+
		"text, a list of `resource`, `role` and `member`. A service account that is created has them already; give them to one that you bring.")
}

// Args are the component's inputs.
type Args struct {
	environments.Inputs
	cloudlogin.CloudLogins
	Secrets cloudlogin.SecretStores `pulumi:"secrets"`
	Lock    *kit.Out[types.Lock]    `pulumi:"lock,optional"`
}

// Annotate describes the inputs.
func (in *Args) Annotate(a infer.Annotator) {
	a.Describe(&in.Secrets, "What the environment reads from which store. Which stores there are must be known at preview.")
	a.Describe(&in.Values, "Further values, in ESC's own syntax (`fn::...`, `${...}`): `${aws.secrets.password}` is what was read as "+
		"`password`. A value that is secret in the program is kept secret in the environment as well.")
	a.Describe(&in.AWS, "The login to AWS, for its stores. A role that is created may read exactly what `secrets` names there, beside "+
		"what its own policies allow.")
	a.Describe(&in.Azure, "The login to Azure, for its stores. An identity that is created may read exactly what `secrets` names there, "+
		"beside what its own role assignments allow.")
	a.Describe(&in.GCP, "The login to Google Cloud, for its store. A service account that is created may read exactly what `secrets` names "+
		"there, beside what its own roles allow.")
	a.Describe(&in.Lock, environments.LockHelp)
}

// Definition is the component.
var Definition = kit.Define(rules(), build)

// build registers the component's children.
func build(c *kit.Construction, component *SecretStoreEnvironment, args Args) error {
	made, err := environments.Environment{
		Inputs: args.Inputs, CloudLogins: args.CloudLogins, Lock: args.Lock, Secrets: args.Secrets, Given: c.Given,
	}.Register(c)
	if err != nil {
		return err
	}
	component.Outputs, component.IdentityOutputs = made.Outputs, made.IdentityOutputs
	component.AzureRoleAssignments = args.Secrets.AzureRoleAssignments()
	component.GCPSecretIAMMembers = args.Secrets.GCPSecretIAMMembers(args.GCP, made.GCPServiceAccount)
	component.AWSPolicy = kit.Known[*string](nil)
	if args.Secrets.UsesAWS() {
		provider := pulumix.Apply(made.AWSProviderARN, func(arn *string) string { return *arn }) // it is logged in to AWS: see the check
		component.AWSPolicy = kit.Present(cloudlogin.AWSPolicy(made.Required.AWSReads, provider))
	}
	return nil
}

// rules are those of an environment, with a block for what is read.
func rules() kit.Rules {
	r := environments.Rules(check)
	r.MustKnown = append(r.MustKnown, "secrets")
	r.MustKnownIf = func(in property.Map) []string {
		return slices.Concat(environments.LockMustKnown(in), cloudlogin.StoresMustKnown(in))
	}
	r.MayBeAbsent = append(r.MayBeAbsent, "awsPolicy", "azureRoleAssignments", "gcpSecretIamMembers")
	r.Lifting.Blocks = append(r.Lifting.Blocks, "secrets")
	return r
}

// check checks the inputs as far as they are known.
func check(current kit.Checking, in property.Map) problem.List {
	problems := cloudlogin.CheckSecretStores(in)
	problems.AddElsewhere(environments.Check(current, in))
	return problems
}
