package cloudlogin

import (
	"github.com/pulumi/pulumi-go-provider/infer"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/components/kit"
)

// IdentityOutputs are the outputs of components about their cloud identities, nil for a cloud without one.
type IdentityOutputs struct {
	AWSRoleARN                  kit.Out[*string]  `pulumi:"awsRoleArn"`
	AWSProviderARN              kit.Out[*string]  `pulumi:"awsOidcProviderArn"`
	AWSTrustPolicy              kit.Out[*string]  `pulumi:"awsTrustPolicy"`
	AzureClientID               kit.Out[*string]  `pulumi:"azureClientId"`
	AzureFederatedCredentials   kit.Out[*string]  `pulumi:"azureFederatedCredentials"`
	GCPServiceAccount           kit.Out[*string]  `pulumi:"gcpServiceAccount"`
	GCPWorkloadIdentityProvider kit.Out[*string]  `pulumi:"gcpWorkloadIdentityProvider"`
	GCPAttributeCondition       kit.Out[*string]  `pulumi:"gcpAttributeCondition"`
	GCPPrincipals               kit.Out[[]string] `pulumi:"gcpPrincipals"`
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

// IdentityOutputNames are the names of these outputs. Each may be absent.
var IdentityOutputNames = []string{
	"awsRoleArn", "awsOidcProviderArn", "awsTrustPolicy", "azureClientId", "azureFederatedCredentials",
	"gcpServiceAccount", "gcpWorkloadIdentityProvider", "gcpAttributeCondition", "gcpPrincipals",
}

func noIdentities() IdentityOutputs {
	none := kit.Known[*string](nil)
	return IdentityOutputs{
		AWSRoleARN: none, AWSProviderARN: none, AWSTrustPolicy: none, AzureClientID: none, AzureFederatedCredentials: none,
		GCPServiceAccount: none, GCPWorkloadIdentityProvider: none, GCPAttributeCondition: none, GCPPrincipals: kit.Known[[]string](nil),
	}
}
