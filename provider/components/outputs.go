package components

import (
	"github.com/pulumi/pulumi-go-provider/infer"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/types"
)

// IdentityOutputs are what components output of their cloud identities. What they have no identity of is nil.
type IdentityOutputs struct {
	AWSRoleARN                  out[*string]  `pulumi:"awsRoleArn"`
	AWSProviderARN              out[*string]  `pulumi:"awsOidcProviderArn"`
	AWSTrustPolicy              out[*string]  `pulumi:"awsTrustPolicy"`
	AzureClientID               out[*string]  `pulumi:"azureClientId"`
	AzureFederatedCredentials   out[*string]  `pulumi:"azureFederatedCredentials"`
	GCPServiceAccount           out[*string]  `pulumi:"gcpServiceAccount"`
	GCPWorkloadIdentityProvider out[*string]  `pulumi:"gcpWorkloadIdentityProvider"`
	GCPAttributeCondition       out[*string]  `pulumi:"gcpAttributeCondition"`
	GCPPrincipals               out[[]string] `pulumi:"gcpPrincipals"`
}

// Annotate describes the outputs of an environment; components that use the identities for something else say what.
func (o *IdentityOutputs) Annotate(a infer.Annotator) {
	a.Describe(&o.AWSRoleARN, "The ARN of the AWS role that the environment assumes, if it logs in to AWS.")
	a.Describe(&o.AWSProviderARN, "The ARN of the OIDC provider that the AWS role trusts. The account's other logins take it as "+
		"`oidcProviderArn`.")
	a.Describe(&o.AWSTrustPolicy, "The trust policy that admits exactly the environment's subjects. A role that is created has "+
		"it already; attach it to a role that you bring.")
	a.Describe(&o.AzureClientID, "The client id of the Azure identity that the environment logs in to, if it logs in to Azure.")
	a.Describe(&o.AzureFederatedCredentials, "The federated credentials that admit exactly the environment's subjects: JSON text, a list. "+
		"An identity that is created has them already; attach them to an identity that you bring.")
	a.Describe(&o.GCPServiceAccount, "The email address of the Google service account, if there is a login to Google Cloud.")
	a.Describe(&o.GCPWorkloadIdentityProvider, "The provider of the workload identity pool that admits exactly the subjects: JSON text, as "+
		"Google's API takes it. One that is created is so already; make the one that you bring so.")
	a.Describe(&o.GCPAttributeCondition, "The attribute condition of that provider, in CEL: it admits the subjects and no other.")
	a.Describe(&o.GCPPrincipals, "One principal for each subject, to have the role `roles/iam.workloadIdentityUser` on the service account. "+
		"One that is created has exactly these bindings already.")
}

// identityOutputs are the names of these outputs, none of which every component has.
var identityOutputs = []string{
	"awsRoleArn", "awsOidcProviderArn", "awsTrustPolicy", "azureClientId", "azureFederatedCredentials",
	"gcpServiceAccount", "gcpWorkloadIdentityProvider", "gcpAttributeCondition", "gcpPrincipals",
}

func noIdentities() IdentityOutputs {
	none := known[*string](nil)
	return IdentityOutputs{
		AWSRoleARN: none, AWSProviderARN: none, AWSTrustPolicy: none, AzureClientID: none, AzureFederatedCredentials: none,
		GCPServiceAccount: none, GCPWorkloadIdentityProvider: none, GCPAttributeCondition: none, GCPPrincipals: known[[]string](nil),
	}
}

// EnvironmentOutputs are what components output of their environment.
type EnvironmentOutputs struct {
	EnvironmentID out[string]          `pulumi:"environmentId"`
	Project       out[string]          `pulumi:"project"`
	Name          out[string]          `pulumi:"name"`
	Subjects      out[[]string]        `pulumi:"subjects"`
	Audiences     out[types.Audiences] `pulumi:"audiences"`
	OpenGateID    out[*string]         `pulumi:"openGateId"`
	UpdateGateID  out[*string]         `pulumi:"updateGateId"`
}

// Annotate describes the outputs.
func (o *EnvironmentOutputs) Annotate(a infer.Annotator) {
	a.Describe(&o.EnvironmentID, "The environment's id on Pulumi Cloud.")
	a.Describe(&o.Project, "The environment's project. Access rules that take it are made once the environment and its gates are there.")
	a.Describe(&o.Name, "The environment's name. Access rules that take it are made once the environment and its gates are there.")
	a.Describe(&o.Subjects, "The exact OIDC subjects of the environment's logins.")
	a.Describe(&o.Audiences, "The OIDC audience of the environment's logins, by cloud.")
	a.Describe(&o.OpenGateID, "The service's id of the gate on opening the environment, if there is one.")
	a.Describe(&o.UpdateGateID, "The service's id of the gate on changing the environment, if there is one.")
}
