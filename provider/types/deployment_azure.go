package types

import (
	"github.com/pulumi/pulumi-go-provider/infer"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/azureid"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/problem"
)

// DeploymentAzure is the login of a stack's deployments to Azure.
type DeploymentAzure struct {
	ClientID       string `pulumi:"clientId"`
	TenantID       string `pulumi:"tenantId"`
	SubscriptionID string `pulumi:"subscriptionId"`
}

// Annotate describes the login.
func (v *DeploymentAzure) Annotate(a infer.Annotator) {
	a.SetToken("index", "DeploymentAzure")
	a.Describe(v, "A login to Azure by OIDC: deployments act as a managed identity for a short time. Case in its ids makes no difference.")
	a.Describe(&v.ClientID, "The client id of the identity that deployments act as. Its federated credentials must admit the stack's "+
		"deployments: see the functions `deploymentSubjects` and `azureFederatedCredentials`.")
	a.Describe(&v.TenantID, "The id of the identity's tenant.")
	a.Describe(&v.SubscriptionID, "The id of the subscription to work in.")
}

// Check returns what Azure would refuse, with paths inside the login.
func (v DeploymentAzure) Check() problem.List {
	var problems problem.List
	for _, id := range []struct{ path, value string }{
		{"clientId", v.ClientID}, {"tenantId", v.TenantID}, {"subscriptionId", v.SubscriptionID},
	} {
		if reason := azureid.Bad(id.value); reason != "" {
			problems = append(problems, problem.Problem{Path: id.path, Reason: reason})
		}
	}
	return problems
}
