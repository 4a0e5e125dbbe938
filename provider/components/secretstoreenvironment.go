package components

import (
	"slices"

	"github.com/pulumi/pulumi-go-provider/infer"
	"github.com/pulumi/pulumi/sdk/v3/go/property"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumix"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/access"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/session"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/types"
)

// SecretStoreEnvironment is an ESC environment around a store of secrets: what it reads, and nothing else there, may its
// cloud identity read.
type SecretStoreEnvironment struct {
	pulumi.ResourceState

	EnvironmentID  out[string]          `pulumi:"environmentId"`
	Project        out[string]          `pulumi:"project"`
	Name           out[string]          `pulumi:"name"`
	Subjects       out[[]string]        `pulumi:"subjects"`
	Audiences      out[types.Audiences] `pulumi:"audiences"`
	AWSRoleARN     out[*string]         `pulumi:"awsRoleArn"`
	AWSProviderARN out[*string]         `pulumi:"awsOidcProviderArn"`
	AWSTrustPolicy out[*string]         `pulumi:"awsTrustPolicy"`
	AWSPolicy      out[*string]         `pulumi:"awsPolicy"`

	AzureClientID             out[*string] `pulumi:"azureClientId"`
	AzureFederatedCredentials out[*string] `pulumi:"azureFederatedCredentials"`
	AzureRoleAssignments      out[*string] `pulumi:"azureRoleAssignments"`

	GCPServiceAccount           out[*string]  `pulumi:"gcpServiceAccount"`
	GCPWorkloadIdentityProvider out[*string]  `pulumi:"gcpWorkloadIdentityProvider"`
	GCPAttributeCondition       out[*string]  `pulumi:"gcpAttributeCondition"`
	GCPPrincipals               out[[]string] `pulumi:"gcpPrincipals"`
	GCPSecretIAMMembers         out[*string]  `pulumi:"gcpSecretIamMembers"`
	OpenGateID                  out[*string]  `pulumi:"openGateId"`
	UpdateGateID                out[*string]  `pulumi:"updateGateId"`
}

// Annotate describes the component.
func (c *SecretStoreEnvironment) Annotate(a infer.Annotator) {
	a.SetToken("index", "SecretStoreEnvironment")
	a.Describe(c, secretStoreEnvironmentDocs)
	a.Describe(&c.EnvironmentID, environmentIDHelp)
	a.Describe(&c.Project, madeProjectHelp)
	a.Describe(&c.Name, madeNameHelp)
	a.Describe(&c.Subjects, subjectsHelp)
	a.Describe(&c.Audiences, audiencesHelp)
	a.Describe(&c.AWSRoleARN, awsRoleARNHelp)
	a.Describe(&c.AWSProviderARN, awsProviderARNHelp)
	a.Describe(&c.AWSTrustPolicy, awsTrustPolicyHelp)
	a.Describe(&c.AWSPolicy, "The policy that allows to read exactly the secrets and parameters of `secrets`, as JSON text. A role that is "+
		"created has it already; attach it to a role that you bring.")
	a.Describe(&c.AzureClientID, azureClientIDHelp)
	a.Describe(&c.AzureFederatedCredentials, azureCredentialsHelp)
	a.Describe(&c.AzureRoleAssignments, "The role assignments that let an identity read exactly the secrets of `secrets`: JSON text, a list of "+
		"`scope` and `roleDefinitionId`. An identity that is created has them already; give them to an identity that you bring.")
	a.Describe(&c.GCPServiceAccount, gcpServiceAccountHelp)
	a.Describe(&c.GCPWorkloadIdentityProvider, gcpProviderHelp)
	a.Describe(&c.GCPAttributeCondition, gcpConditionHelp)
	a.Describe(&c.GCPPrincipals, gcpPrincipalsHelp)
	a.Describe(&c.GCPSecretIAMMembers, "Who must have which role on which secret to read exactly the secrets of `secrets` in Google Cloud: JSON "+
		"text, a list of `resource`, `role` and `member`. A service account that is created has them already; give them to one that you bring.")
	a.Describe(&c.OpenGateID, openGateHelp)
	a.Describe(&c.UpdateGateID, updateGateHelp)
}

// SecretStoreEnvironmentArgs are the component's inputs.
type SecretStoreEnvironmentArgs struct {
	Organization         *out[string]            `pulumi:"organization,optional"`
	Project              out[string]             `pulumi:"project"`
	Name                 out[string]             `pulumi:"name"`
	Secrets              SecretStores            `pulumi:"secrets"`
	Values               *out[map[string]any]    `pulumi:"values,optional"`
	Imports              *out[[]string]          `pulumi:"imports,optional" list:"ordered"`
	EnvironmentVariables *out[map[string]any]    `pulumi:"environmentVariables,optional"`
	PulumiConfig         *out[map[string]any]    `pulumi:"pulumiConfig,optional"`
	AWS                  *AWSLogin               `pulumi:"aws,optional"`
	Azure                *AzureLogin             `pulumi:"azure,optional"`
	GCP                  *GCPLogin               `pulumi:"gcp,optional"`
	Lock                 *out[types.Lock]        `pulumi:"lock,optional"`
	Tags                 *out[map[string]string] `pulumi:"tags,optional"`
	DeletionProtected    *out[bool]              `pulumi:"deletionProtected,optional"`
	OpenApproval         *out[types.Approval]    `pulumi:"openApproval,optional"`
	UpdateApproval       *out[types.Approval]    `pulumi:"updateApproval,optional"`
}

// Annotate describes the inputs.
func (in *SecretStoreEnvironmentArgs) Annotate(a infer.Annotator) {
	a.Describe(&in.Organization, organizationHelp)
	a.Describe(&in.Project, environmentProjectHelp)
	a.Describe(&in.Name, environmentNameHelp)
	a.Describe(&in.Secrets, "What the environment reads from which store. Which stores there are must be known at preview.")
	a.Describe(&in.Values, "Further values, in ESC's own syntax (`fn::...`, `${...}`): `${aws.secrets.password}` is what was read as "+
		"`password`. A value that is secret in the program is kept secret in the environment as well.")
	a.Describe(&in.Imports, importsHelp)
	a.Describe(&in.EnvironmentVariables, environmentVariablesHelp)
	a.Describe(&in.PulumiConfig, pulumiConfigHelp)
	a.Describe(&in.AWS, "The login to AWS, for its stores. A role that is created may read exactly what `secrets` names there, beside "+
		"what its own policies allow.")
	a.Describe(&in.Azure, "The login to Azure, for its stores. An identity that is created may read exactly what `secrets` names there, "+
		"beside what its own role assignments allow.")
	a.Describe(&in.GCP, "The login to Google Cloud, for its store. A service account that is created may read exactly what `secrets` names "+
		"there, beside what its own roles allow.")
	a.Describe(&in.Lock, lockHelp)
	a.Describe(&in.Tags, environmentTagsHelp)
	a.Describe(&in.DeletionProtected, deletionProtectedHelp)
	a.Describe(&in.OpenApproval, openApprovalHelp)
	a.Describe(&in.UpdateApproval, updateApprovalHelp)
}

// NewSecretStoreEnvironment registers the component and its children.
func (f Factory) NewSecretStoreEnvironment(
	ctx *pulumi.Context, name string, args SecretStoreEnvironmentArgs, options ...pulumi.ResourceOption,
) (*SecretStoreEnvironment, error) {
	component := &SecretStoreEnvironment{}
	err := registerComponent(ctx, "SecretStoreEnvironment", name, component, options)
	if err != nil {
		return nil, err
	}
	environment, err := f.lockedEnvironment(ctx, name, component, lockedEnvironmentArgs{
		organization: args.Organization, project: args.Project, name: args.Name,
		values: args.Values, imports: args.Imports, environmentVariables: args.EnvironmentVariables, pulumiConfig: args.PulumiConfig,
		aws: args.AWS, awsReads: args.Secrets.awsReads(), stores: args.Secrets.stores(),
		azure: args.Azure, azureReads: args.Secrets.azureReads(), gcp: args.GCP, gcpReads: args.Secrets.gcpReads(),
		lock: args.Lock, tags: args.Tags, deletionProtected: args.DeletionProtected,
		openApproval: args.OpenApproval, updateApproval: args.UpdateApproval,
	})
	if err != nil {
		return nil, err
	}
	component.EnvironmentID = environment.environmentID
	component.Project, component.Name = environment.project, environment.name
	component.Subjects, component.Audiences = environment.subjects, environment.audiences
	component.AWSRoleARN, component.AWSTrustPolicy = environment.awsRoleARN, environment.awsTrustPolicy
	component.AzureClientID = environment.azureClientID
	component.AzureFederatedCredentials = environment.azureFederatedCredentials
	component.AzureRoleAssignments = args.Secrets.azureRoleAssignments()
	component.GCPServiceAccount, component.GCPWorkloadIdentityProvider = environment.gcp.serviceAccount, environment.gcp.provider
	component.GCPAttributeCondition, component.GCPPrincipals = environment.gcp.condition, environment.gcp.principals
	component.OpenGateID, component.UpdateGateID = environment.openGateID, environment.updateGateID
	component.GCPSecretIAMMembers = args.Secrets.gcpSecretIAMMembers(args.GCP, environment.gcp.serviceAccount)
	component.AWSProviderARN, component.AWSPolicy = environment.awsProviderARN, known[*string](nil)
	if args.Secrets.usesAWS() {
		provider := pulumix.Apply(environment.awsProviderARN, func(arn *string) string { return *arn }) // it is logged in to AWS: see the check
		component.AWSPolicy = present(awsPolicy(environment.held.awsReads, provider))
	}
	return component, nil
}

// secretStoreEnvironmentRules are those of an environment, and what is read is a block of its own.
func secretStoreEnvironmentRules() rules {
	r := lockedEnvironmentRules(checkSecretStoreEnvironment)
	r.mustKnown = append(r.mustKnown, "secrets")
	r.mustKnownIf = func(in property.Map) []string {
		return slices.Concat(lockMustKnown(in), vaultMustKnown(in), googleStoreMustKnown(in))
	}
	r.mayBeAbsent = append(r.mayBeAbsent, "awsPolicy", "azureRoleAssignments", "gcpSecretIamMembers")
	r.lifting.Blocks = append(r.lifting.Blocks, "secrets")
	return r
}

// checkSecretStoreEnvironment judges the inputs as far as they are known.
func checkSecretStoreEnvironment(current *session.Session, in property.Map) []access.Problem {
	return withoutRepeats(checkSecretStores(in), checkLockedEnvironment(current, in))
}
