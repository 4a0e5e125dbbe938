package types

import (
	"github.com/pulumi/pulumi-go-provider/infer"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/oidc"
)

// AzureFederatedCredential is one federated credential of a managed identity.
type AzureFederatedCredential struct {
	Name      string   `pulumi:"name"`
	Issuer    string   `pulumi:"issuer"`
	Subject   string   `pulumi:"subject"`
	Audiences []string `pulumi:"audiences"`
}

// Annotate describes the credential.
func (c *AzureFederatedCredential) Annotate(a infer.Annotator) {
	a.Describe(c, "A federated credential of a user-assigned managed identity: Azure admits a token whose issuer, subject "+
		"and audience are these, compared character by character.")
	a.Describe(&c.Name, "A valid name, unique within the identity. It depends on the subject alone.")
	a.Describe(&c.Issuer, "The issuer of the tokens.")
	a.Describe(&c.Subject, "The one subject that the credential admits.")
	a.Describe(&c.Audiences, "The audience to require; Azure takes exactly one.")
}

// AzureFederatedCredentialsOf translates credentials.
func AzureFederatedCredentialsOf(in []oidc.AzureFederatedCredential) []AzureFederatedCredential {
	out := make([]AzureFederatedCredential, len(in))
	for i, credential := range in {
		out[i] = AzureFederatedCredential{credential.Name, credential.Issuer, credential.Subject, credential.Audiences}
	}
	return out
}
