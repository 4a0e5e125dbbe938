package functions

import (
	"context"
	_ "embed"

	"github.com/pulumi/pulumi-go-provider/infer"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/oidc"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/session"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/types"
)

//go:embed docs/azurefederatedcredentials.md
var azureFederatedCredentialsDoc string

// AzureFederatedCredentials writes the federated credentials of a managed identity.
type AzureFederatedCredentials struct{ Sessions session.Source }

// Annotate describes the function.
func (f *AzureFederatedCredentials) Annotate(a infer.Annotator) {
	a.SetToken("index", "azureFederatedCredentials")
	a.Describe(f, azureFederatedCredentialsDoc)
}

// AzureFederatedCredentialsInput is who is trusted.
type AzureFederatedCredentialsInput struct {
	Subjects []string `pulumi:"subjects"`
	Audience string   `pulumi:"audience"`
	Issuer   *string  `pulumi:"issuer,optional"`
}

// Annotate describes the inputs.
func (in *AzureFederatedCredentialsInput) Annotate(a infer.Annotator) {
	a.Describe(&in.Subjects, "The exact subjects to admit, from `escSubjects` or `deploymentSubjects`. At most 20.")
	a.Describe(&in.Audience, "The audience to require, from the same function.")
	a.Describe(&in.Issuer, issuerHelp)
}

// AzureFederatedCredentialsOutput is the credentials.
type AzureFederatedCredentialsOutput struct {
	Credentials []types.AzureFederatedCredential `pulumi:"credentials"`
	Document    string                           `pulumi:"document"`
}

// Annotate describes the outputs.
func (out *AzureFederatedCredentialsOutput) Annotate(a infer.Annotator) {
	a.Describe(&out.Credentials, "One credential for each distinct subject, in the order given.")
	a.Describe(&out.Document, "The same credentials as JSON text.")
}

// Invoke writes the credentials.
func (f *AzureFederatedCredentials) Invoke(
	ctx context.Context, req infer.FunctionRequest[AzureFederatedCredentialsInput],
) (infer.FunctionResponse[AzureFederatedCredentialsOutput], error) {
	var out infer.FunctionResponse[AzureFederatedCredentialsOutput]
	current, err := f.Sessions(ctx)
	if err != nil {
		return out, err
	}
	credentials, err := oidc.AzureFederatedCredentials(oidc.AzureTrust{
		Subjects: req.Input.Subjects, Audience: req.Input.Audience, Issuer: current.IssuerOr(req.Input.Issuer),
	})
	if err != nil {
		return out, err
	}
	document, err := oidc.Document(credentials)
	if err != nil {
		return out, err
	}
	out.Output = AzureFederatedCredentialsOutput{
		Credentials: types.AzureFederatedCredentialsOf(credentials), Document: document,
	}
	return out, nil
}
