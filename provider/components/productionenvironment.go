package components

import (
	"github.com/pulumi/pulumi-go-provider/infer"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/types"
)

// ProductionEnvironment is an ESC environment whose cloud credentials only it can assume.
type ProductionEnvironment struct {
	pulumi.ResourceState

	EnvironmentID  out[string]          `pulumi:"environmentId"`
	Project        out[string]          `pulumi:"project"`
	Name           out[string]          `pulumi:"name"`
	Subjects       out[[]string]        `pulumi:"subjects"`
	Audiences      out[types.Audiences] `pulumi:"audiences"`
	AWSRoleARN     out[*string]         `pulumi:"awsRoleArn"`
	AWSProviderARN out[*string]         `pulumi:"awsOidcProviderArn"`
	AWSTrustPolicy out[*string]         `pulumi:"awsTrustPolicy"`

	AzureClientID             out[*string] `pulumi:"azureClientId"`
	AzureFederatedCredentials out[*string] `pulumi:"azureFederatedCredentials"`

	GCPServiceAccount           out[*string]  `pulumi:"gcpServiceAccount"`
	GCPWorkloadIdentityProvider out[*string]  `pulumi:"gcpWorkloadIdentityProvider"`
	GCPAttributeCondition       out[*string]  `pulumi:"gcpAttributeCondition"`
	GCPPrincipals               out[[]string] `pulumi:"gcpPrincipals"`
	OpenGateID                  out[*string]  `pulumi:"openGateId"`
	UpdateGateID                out[*string]  `pulumi:"updateGateId"`
}

// Annotate describes the component.
func (c *ProductionEnvironment) Annotate(a infer.Annotator) {
	a.SetToken("index", "ProductionEnvironment")
	a.Describe(c, productionEnvironmentDocs)
	a.Describe(&c.EnvironmentID, environmentIDHelp)
	a.Describe(&c.Project, madeProjectHelp)
	a.Describe(&c.Name, madeNameHelp)
	a.Describe(&c.Subjects, subjectsHelp)
	a.Describe(&c.Audiences, audiencesHelp)
	a.Describe(&c.AWSRoleARN, awsRoleARNHelp)
	a.Describe(&c.AWSProviderARN, awsProviderARNHelp)
	a.Describe(&c.AWSTrustPolicy, awsTrustPolicyHelp)
	a.Describe(&c.AzureClientID, azureClientIDHelp)
	a.Describe(&c.AzureFederatedCredentials, azureCredentialsHelp)
	a.Describe(&c.GCPServiceAccount, gcpServiceAccountHelp)
	a.Describe(&c.GCPWorkloadIdentityProvider, gcpProviderHelp)
	a.Describe(&c.GCPAttributeCondition, gcpConditionHelp)
	a.Describe(&c.GCPPrincipals, gcpPrincipalsHelp)
	a.Describe(&c.OpenGateID, openGateHelp)
	a.Describe(&c.UpdateGateID, updateGateHelp)
}

// ProductionEnvironmentArgs are the component's inputs.
type ProductionEnvironmentArgs struct {
	Organization         *out[string]            `pulumi:"organization,optional"`
	Project              out[string]             `pulumi:"project"`
	Name                 out[string]             `pulumi:"name"`
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
func (in *ProductionEnvironmentArgs) Annotate(a infer.Annotator) {
	a.Describe(&in.Organization, organizationHelp)
	a.Describe(&in.Project, environmentProjectHelp)
	a.Describe(&in.Name, environmentNameHelp)
	a.Describe(&in.Values, "The environment's values, in ESC's own syntax (`fn::...`, `${...}`). A value that is secret in the "+
		"program is kept secret in the environment as well.")
	a.Describe(&in.Imports, importsHelp)
	a.Describe(&in.EnvironmentVariables, environmentVariablesHelp)
	a.Describe(&in.PulumiConfig, pulumiConfigHelp)
	a.Describe(&in.AWS, "A login to AWS with short-lived credentials.")
	a.Describe(&in.Azure, azureHelp)
	a.Describe(&in.GCP, gcpHelp)
	a.Describe(&in.Lock, lockHelp)
	a.Describe(&in.Tags, environmentTagsHelp)
	a.Describe(&in.DeletionProtected, deletionProtectedHelp)
	a.Describe(&in.OpenApproval, openApprovalHelp)
	a.Describe(&in.UpdateApproval, updateApprovalHelp)
}

// NewProductionEnvironment registers the component and its children.
func (f Factory) NewProductionEnvironment(
	ctx *pulumi.Context, name string, args ProductionEnvironmentArgs, options ...pulumi.ResourceOption,
) (*ProductionEnvironment, error) {
	component := &ProductionEnvironment{}
	err := registerComponent(ctx, "ProductionEnvironment", name, component, options)
	if err != nil {
		return nil, err
	}
	environment, err := f.lockedEnvironment(ctx, name, component, lockedEnvironmentArgs{
		organization: args.Organization, project: args.Project, name: args.Name,
		values: args.Values, imports: args.Imports, environmentVariables: args.EnvironmentVariables, pulumiConfig: args.PulumiConfig,
		aws: args.AWS, azure: args.Azure, gcp: args.GCP, lock: args.Lock, tags: args.Tags, deletionProtected: args.DeletionProtected,
		openApproval: args.OpenApproval, updateApproval: args.UpdateApproval,
	})
	if err != nil {
		return nil, err
	}
	component.EnvironmentID = environment.environmentID
	component.Project, component.Name = environment.project, environment.name
	component.Subjects, component.Audiences = environment.subjects, environment.audiences
	component.AWSRoleARN, component.AWSTrustPolicy = environment.awsRoleARN, environment.awsTrustPolicy
	component.AWSProviderARN = environment.awsProviderARN
	component.AzureClientID = environment.azureClientID
	component.AzureFederatedCredentials = environment.azureFederatedCredentials
	component.GCPServiceAccount, component.GCPWorkloadIdentityProvider = environment.gcp.serviceAccount, environment.gcp.provider
	component.GCPAttributeCondition, component.GCPPrincipals = environment.gcp.condition, environment.gcp.principals
	component.OpenGateID, component.UpdateGateID = environment.openGateID, environment.updateGateID
	return component, nil
}
