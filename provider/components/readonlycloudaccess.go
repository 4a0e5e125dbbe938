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
	EnvironmentOutputs
	IdentityOutputs
	Access out[types.Access] `pulumi:"access"`
}

// Annotate describes the component.
func (c *ReadOnlyCloudAccess) Annotate(a infer.Annotator) {
	a.Describe(c, readOnlyCloudAccessDocs)
	a.Describe(&c.Subjects, "The exact OIDC subjects of the environment's logins, one for each user of the lock.")
	a.Describe(&c.Access, "The rule that a team needs to open the environment, `{environments: [{project, environment, permission: "+
		"open}]}`, or with `openApproval` the scopes of open without environment:clone: hand it to a `ScopedTeam` as its `access`. In Go, where it has no type, write the rule out.")
	a.Describe(&c.AWSRoleARN, "The ARN of the AWS role that users assume, if there is a login to AWS.")
	a.Describe(&c.AWSTrustPolicy, "The trust policy that admits exactly the users. A role that is created has it already; attach it to "+
		"a role that you bring.")
	a.Describe(&c.AzureClientID, "The client id of the Azure identity that users log in to, if there is a login to Azure.")
	a.Describe(&c.AzureFederatedCredentials, "The federated credentials that admit exactly the users: JSON text, a list. An identity that "+
		"is created has them already; attach them to an identity that you bring.")
}

// ReadOnlyCloudAccessArgs are the component's inputs.
type ReadOnlyCloudAccessArgs struct {
	EnvironmentInputs
	Lock  out[types.Lock]     `pulumi:"lock"`
	AWS   *ReadOnlyAWSLogin   `pulumi:"aws,optional"`
	Azure *ReadOnlyAzureLogin `pulumi:"azure,optional"`
	GCP   *ReadOnlyGCPLogin   `pulumi:"gcp,optional"`
}

// Annotate describes the inputs.
func (in *ReadOnlyCloudAccessArgs) Annotate(a infer.Annotator) {
	a.Describe(&in.Lock, "Who may use the cloud credentials: `users` lists their logins on Pulumi Cloud, and there must be at least one. "+
		"Nobody else can, whatever they may open.")
	a.Describe(&in.AWS, "A login to AWS, as a role that can read.")
	a.Describe(&in.Azure, "A login to Azure, as an identity that can read.")
	a.Describe(&in.GCP, "A login to Google Cloud, as a service account that can read.")
	a.Describe(&in.Values, "The environment's values, in ESC's own syntax (`fn::...`, `${...}`).")
	a.Describe(&in.EnvironmentVariables, "Environment variables for `pulumi env run`. Each login exports its credentials under the names "+
		"that the cloud's tools look for, unless they are set here.")
	a.Describe(&in.Tags, "The environment's tags, owned whole when given.")
	a.Describe(&in.DeletionProtected, "Whether the environment is protected from deletion. Default: true.")
}

// readOnlyCloudAccess is the component.
var readOnlyCloudAccess = Define(readOnlyRules(), buildReadOnlyCloudAccess)

// buildReadOnlyCloudAccess registers the component's children.
func buildReadOnlyCloudAccess(c *Construction, component *ReadOnlyCloudAccess, args ReadOnlyCloudAccessArgs) error {
	made, err := environmentParts{
		EnvironmentInputs: args.EnvironmentInputs, lock: &args.Lock, given: readOnlyInputs(c.Given),
		CloudLogins: CloudLogins{AWS: args.AWS.login(), Azure: args.Azure.login(), GCP: args.GCP.login()},
	}.register(c)
	if err != nil {
		return err
	}
	component.EnvironmentOutputs, component.IdentityOutputs = made.EnvironmentOutputs, made.IdentityOutputs
	component.Access = pulumix.Apply2(made.Project, made.Name, openerRule(args.OpenApproval != nil))
	return nil
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
