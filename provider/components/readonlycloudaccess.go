package components

import (
	"github.com/pulumi/pulumi-go-provider/infer"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumix"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/access"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/approval"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/types"
)

// ReadOnlyCloudAccess lets engineers look at production, each under their own name, without letting them change it.
type ReadOnlyCloudAccess struct {
	pulumi.ResourceState

	EnvironmentID  out[string]          `pulumi:"environmentId"`
	Project        out[string]          `pulumi:"project"`
	Name           out[string]          `pulumi:"name"`
	Subjects       out[[]string]        `pulumi:"subjects"`
	Audiences      out[types.Audiences] `pulumi:"audiences"`
	Access         out[types.Access]    `pulumi:"access"`
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
func (c *ReadOnlyCloudAccess) Annotate(a infer.Annotator) {
	a.SetToken("index", "ReadOnlyCloudAccess")
	a.Describe(c, readOnlyCloudAccessDocs)
	a.Describe(&c.EnvironmentID, "The environment's id on Pulumi Cloud.")
	a.Describe(&c.Project, madeProjectHelp)
	a.Describe(&c.Name, madeNameHelp)
	a.Describe(&c.Subjects, "The exact OIDC subjects of the environment's logins, one for each user of the lock.")
	a.Describe(&c.Audiences, "The OIDC audience of the environment's logins, by cloud.")
	a.Describe(&c.Access, "The rule that a team needs to open the environment, `{environments: [{project, environment, permission: "+
		"open}]}`, or with `openApproval` the scopes of open without environment:clone: hand it to a `ScopedTeam` as its `access`. In Go, where it has no type, write the rule out.")
	a.Describe(&c.AWSRoleARN, "The ARN of the AWS role that users assume, if there is a login to AWS.")
	a.Describe(&c.AWSProviderARN, awsProviderARNHelp)
	a.Describe(&c.AWSTrustPolicy, "The trust policy that admits exactly the users. A role that is created has it already; attach it to "+
		"a role that you bring.")
	a.Describe(&c.AzureClientID, "The client id of the Azure identity that users log in to, if there is a login to Azure.")
	a.Describe(&c.AzureFederatedCredentials, "The federated credentials that admit exactly the users: JSON text, a list. An identity that "+
		"is created has them already; attach them to an identity that you bring.")
	a.Describe(&c.GCPServiceAccount, gcpServiceAccountHelp)
	a.Describe(&c.GCPWorkloadIdentityProvider, gcpProviderHelp)
	a.Describe(&c.GCPAttributeCondition, gcpConditionHelp)
	a.Describe(&c.GCPPrincipals, gcpPrincipalsHelp)
	a.Describe(&c.OpenGateID, openGateHelp)
	a.Describe(&c.UpdateGateID, updateGateHelp)
}

// ReadOnlyCloudAccessArgs are the component's inputs.
type ReadOnlyCloudAccessArgs struct {
	Organization         *out[string]            `pulumi:"organization,optional"`
	Project              out[string]             `pulumi:"project"`
	Name                 out[string]             `pulumi:"name"`
	Lock                 out[types.Lock]         `pulumi:"lock"`
	AWS                  *ReadOnlyAWSLogin       `pulumi:"aws,optional"`
	Azure                *ReadOnlyAzureLogin     `pulumi:"azure,optional"`
	GCP                  *ReadOnlyGCPLogin       `pulumi:"gcp,optional"`
	Values               *out[map[string]any]    `pulumi:"values,optional"`
	Imports              *out[[]string]          `pulumi:"imports,optional" list:"ordered"`
	EnvironmentVariables *out[map[string]any]    `pulumi:"environmentVariables,optional"`
	PulumiConfig         *out[map[string]any]    `pulumi:"pulumiConfig,optional"`
	Tags                 *out[map[string]string] `pulumi:"tags,optional"`
	DeletionProtected    *out[bool]              `pulumi:"deletionProtected,optional"`
	OpenApproval         *out[types.Approval]    `pulumi:"openApproval,optional"`
	UpdateApproval       *out[types.Approval]    `pulumi:"updateApproval,optional"`
}

// Annotate describes the inputs.
func (in *ReadOnlyCloudAccessArgs) Annotate(a infer.Annotator) {
	a.Describe(&in.Organization, organizationHelp)
	a.Describe(&in.Project, "The environment's project.")
	a.Describe(&in.Name, "The environment's name.")
	a.Describe(&in.Lock, "Who may use the cloud credentials: `users` lists their logins on Pulumi Cloud, and there must be at least one. "+
		"Nobody else can, whatever they may open.")
	a.Describe(&in.AWS, "A login to AWS, as a role that can read.")
	a.Describe(&in.Azure, "A login to Azure, as an identity that can read.")
	a.Describe(&in.GCP, "A login to Google Cloud, as a service account that can read.")
	a.Describe(&in.Values, "The environment's values, in ESC's own syntax (`fn::...`, `${...}`).")
	a.Describe(&in.Imports, "Environments to import, as `project/environment`, in order.")
	a.Describe(&in.EnvironmentVariables, "Environment variables for `pulumi env run`. Each login exports its credentials under the names "+
		"that the cloud's tools look for, unless they are set here.")
	a.Describe(&in.PulumiConfig, "Configuration for the Pulumi stacks that use the environment.")
	a.Describe(&in.Tags, "The environment's tags, owned whole when given.")
	a.Describe(&in.DeletionProtected, "Whether the environment is protected from deletion. Default: true.")
	a.Describe(&in.OpenApproval, openApprovalHelp)
	a.Describe(&in.UpdateApproval, updateApprovalHelp)
}

// NewReadOnlyCloudAccess registers the component and its children.
func (f Factory) NewReadOnlyCloudAccess(
	ctx *pulumi.Context, name string, args ReadOnlyCloudAccessArgs, options ...pulumi.ResourceOption,
) (*ReadOnlyCloudAccess, error) {
	component := &ReadOnlyCloudAccess{}
	err := registerComponent(ctx, "ReadOnlyCloudAccess", name, component, options)
	if err != nil {
		return nil, err
	}
	environment, err := f.lockedEnvironment(ctx, name, component, lockedEnvironmentArgs{
		organization: args.Organization, project: args.Project, name: args.Name, lock: &args.Lock,
		values: args.Values, imports: args.Imports, environmentVariables: args.EnvironmentVariables, pulumiConfig: args.PulumiConfig,
		aws: args.AWS.login(), azure: args.Azure.login(), gcp: args.GCP.login(),
		tags: args.Tags, deletionProtected: args.DeletionProtected,
		openApproval: args.OpenApproval, updateApproval: args.UpdateApproval,
		given: readOnlyInputs(givenInputs(ctx.Context())),
	})
	if err != nil {
		return nil, err
	}
	component.EnvironmentID = environment.environmentID
	component.Project, component.Name = environment.project, environment.name
	component.Subjects, component.Audiences = environment.subjects, environment.audiences
	component.Access = pulumix.Apply2(environment.project, environment.name, openerRule(args.OpenApproval != nil))
	component.AWSRoleARN, component.AWSTrustPolicy = environment.awsRoleARN, environment.awsTrustPolicy
	component.AWSProviderARN = environment.awsProviderARN
	component.AzureClientID = environment.azureClientID
	component.AzureFederatedCredentials = environment.azureFederatedCredentials
	component.GCPServiceAccount, component.GCPWorkloadIdentityProvider = environment.gcp.serviceAccount, environment.gcp.provider
	component.GCPAttributeCondition, component.GCPPrincipals = environment.gcp.condition, environment.gcp.principals
	component.OpenGateID, component.UpdateGateID = environment.openGateID, environment.updateGateID
	return component, nil
}

// openerRule is what a team needs to open the environment. Where a gate guards it, the team cannot copy it.
func openerRule(gated bool) func(project, name string) types.Access {
	return func(project, name string) types.Access {
		open := types.EnvironmentPermission(access.Open)
		rule := types.EnvironmentRule{Project: &project, Environment: &name, Permission: &open}
		if gated {
			rule = approval.BehindGate(rule)
		}
		return types.Access{Environments: []types.EnvironmentRule{rule}}
	}
}
