package components

import (
	"slices"

	"github.com/pulumi/pulumi-go-provider/infer"
	"github.com/pulumi/pulumi/sdk/v3/go/property"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumix"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/problem"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/session"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/types"
)

// SecretStoreEnvironment is an ESC environment around a store of secrets: what it reads, and nothing else there, may its
// cloud identity read.
type SecretStoreEnvironment struct {
	pulumi.ResourceState
	EnvironmentOutputs
	IdentityOutputs
	AWSPolicy            out[*string] `pulumi:"awsPolicy"`
	AzureRoleAssignments out[*string] `pulumi:"azureRoleAssignments"`
	GCPSecretIAMMembers  out[*string] `pulumi:"gcpSecretIamMembers"`
}

// Annotate describes the component.
func (c *SecretStoreEnvironment) Annotate(a infer.Annotator) {
	a.Describe(c, secretStoreEnvironmentDocs)
	a.Describe(&c.AWSPolicy, "The policy that allows to read exactly the secrets and parameters of `secrets`, as JSON text. A role that is "+
		"created has it already; attach it to a role that you bring.")
	a.Describe(&c.AzureRoleAssignments, "The role assignments that let an identity read exactly the secrets of `secrets`: JSON text, a list of "+
		"`scope` and `roleDefinitionId`. An identity that is created has them already; give them to an identity that you bring.")
	a.Describe(&c.GCPSecretIAMMembers, "Who must have which role on which secret to read exactly the secrets of `secrets` in Google Cloud: JSON "+
		"text, a list of `resource`, `role` and `member`. A service account that is created has them already; give them to one that you bring.")
}

// SecretStoreEnvironmentArgs are the component's inputs.
type SecretStoreEnvironmentArgs struct {
	EnvironmentInputs
	CloudLogins
	Secrets SecretStores     `pulumi:"secrets"`
	Lock    *out[types.Lock] `pulumi:"lock,optional"`
}

// Annotate describes the inputs.
func (in *SecretStoreEnvironmentArgs) Annotate(a infer.Annotator) {
	a.Describe(&in.Secrets, "What the environment reads from which store. Which stores there are must be known at preview.")
	a.Describe(&in.Values, "Further values, in ESC's own syntax (`fn::...`, `${...}`): `${aws.secrets.password}` is what was read as "+
		"`password`. A value that is secret in the program is kept secret in the environment as well.")
	a.Describe(&in.AWS, "The login to AWS, for its stores. A role that is created may read exactly what `secrets` names there, beside "+
		"what its own policies allow.")
	a.Describe(&in.Azure, "The login to Azure, for its stores. An identity that is created may read exactly what `secrets` names there, "+
		"beside what its own role assignments allow.")
	a.Describe(&in.GCP, "The login to Google Cloud, for its store. A service account that is created may read exactly what `secrets` names "+
		"there, beside what its own roles allow.")
	a.Describe(&in.Lock, lockHelp)
}

// secretStoreEnvironment is the component.
var secretStoreEnvironment = Define(secretStoreEnvironmentRules(), buildSecretStoreEnvironment)

// buildSecretStoreEnvironment registers the component's children.
func buildSecretStoreEnvironment(c *Construction, component *SecretStoreEnvironment, args SecretStoreEnvironmentArgs) error {
	made, err := environmentParts{
		EnvironmentInputs: args.EnvironmentInputs, CloudLogins: args.CloudLogins, lock: args.Lock, secrets: args.Secrets, given: c.Given,
	}.register(c)
	if err != nil {
		return err
	}
	component.EnvironmentOutputs, component.IdentityOutputs = made.EnvironmentOutputs, made.IdentityOutputs
	component.AzureRoleAssignments = args.Secrets.azureRoleAssignments()
	component.GCPSecretIAMMembers = args.Secrets.gcpSecretIAMMembers(args.GCP, made.GCPServiceAccount)
	component.AWSPolicy = known[*string](nil)
	if args.Secrets.usesAWS() {
		provider := pulumix.Apply(made.AWSProviderARN, func(arn *string) string { return *arn }) // it is logged in to AWS: see the check
		component.AWSPolicy = present(awsPolicy(made.held.awsReads, provider))
	}
	return nil
}

// secretStoreEnvironmentRules are those of an environment, and what is read is a block of its own.
func secretStoreEnvironmentRules() Rules {
	r := environmentRules(checkSecretStoreEnvironment)
	r.MustKnown = append(r.MustKnown, "secrets")
	r.MustKnownIf = func(in property.Map) []string {
		return slices.Concat(lockMustKnown(in), storesMustKnown(in))
	}
	r.MayBeAbsent = append(r.MayBeAbsent, "awsPolicy", "azureRoleAssignments", "gcpSecretIamMembers")
	r.Lifting.Blocks = append(r.Lifting.Blocks, "secrets")
	return r
}

// checkSecretStoreEnvironment judges the inputs as far as they are known.
func checkSecretStoreEnvironment(current *session.Session, in property.Map) problem.List {
	return withoutRepeats(checkSecretStores(in), checkEnvironment(current, in))
}
