// Package readonlycloudaccess is the component ReadOnlyCloudAccess. Its page is readonlycloudaccess.md.
package readonlycloudaccess

import (
	_ "embed"

	"github.com/pulumi/pulumi-go-provider/infer"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumix"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/access"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/approval"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/components/cloudlogin"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/components/environments"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/components/kit"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/types"
)

//go:embed readonlycloudaccess.md
var page string

// ReadOnlyCloudAccess lets engineers look at production, each under their own name, without letting them change it.
type ReadOnlyCloudAccess struct {
	pulumi.ResourceState
	environments.Outputs
	cloudlogin.IdentityOutputs
	Access kit.Out[types.Access] `pulumi:"access"`
}

// Annotate describes the component.
func (c *ReadOnlyCloudAccess) Annotate(a infer.Annotator) {
	a.Describe(c, page)
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

// Args are the component's inputs.
type Args struct {
	environments.Inputs
	Lock  kit.Out[types.Lock] `pulumi:"lock"`
	AWS   *ReadOnlyAWSLogin   `pulumi:"aws,optional"`
	Azure *ReadOnlyAzureLogin `pulumi:"azure,optional"`
	GCP   *ReadOnlyGCPLogin   `pulumi:"gcp,optional"`
}

// Annotate describes the inputs.
func (in *Args) Annotate(a infer.Annotator) {
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

// Definition is the component.
var Definition = kit.Define(rules(), build)

// build registers the component's children.
func build(c *kit.Construction, component *ReadOnlyCloudAccess, args Args) error {
	made, err := environments.Environment{
		Inputs: args.Inputs, Lock: &args.Lock, Given: readOnlyInputs(c.Given),
		CloudLogins: cloudlogin.CloudLogins{AWS: args.AWS.general(), Azure: args.Azure.general(), GCP: args.GCP.general()},
	}.Register(c)
	if err != nil {
		return err
	}
	component.Outputs, component.IdentityOutputs = made.Outputs, made.IdentityOutputs
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
