package functions

import (
	"context"
	_ "embed"

	"github.com/pulumi/pulumi-go-provider/infer"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/oidc"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/ptr"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/session"
)

//go:embed docs/awstrustpolicy.md
var awsTrustPolicyDoc string

// AWSTrustPolicy writes the trust policy of an AWS role.
type AWSTrustPolicy struct{ Sessions session.Source }

// Annotate describes the function.
func (f *AWSTrustPolicy) Annotate(a infer.Annotator) {
	a.SetToken("index", "awsTrustPolicy")
	a.Describe(f, awsTrustPolicyDoc)
}

// AWSTrustPolicyInput is who is trusted, through which OIDC provider.
type AWSTrustPolicyInput struct {
	Subjects        []string `pulumi:"subjects"`
	Audience        string   `pulumi:"audience"`
	OIDCProviderARN *string  `pulumi:"oidcProviderArn,optional"`
	AccountID       *string  `pulumi:"accountId,optional"`
	Issuer          *string  `pulumi:"issuer,optional"`
}

// Annotate describes the inputs.
func (in *AWSTrustPolicyInput) Annotate(a infer.Annotator) {
	a.Describe(&in.Subjects, "The exact subjects to admit, from `escSubjects` or `deploymentSubjects`.")
	a.Describe(&in.Audience, "The audience to require, from the same function.")
	a.Describe(&in.OIDCProviderARN, "The ARN of the account's OIDC provider for Pulumi Cloud. Exactly one of this and `accountId` is given.")
	a.Describe(&in.AccountID, "The AWS account's 12-digit id, from which the OIDC provider's ARN follows.")
	a.Describe(&in.Issuer, "The issuer of the tokens. Default: that of the provider's Pulumi Cloud, `https://api.pulumi.com/oidc` unless `apiUrl` says otherwise.")
}

// AWSTrustPolicyOutput is the trust policy.
type AWSTrustPolicyOutput struct {
	Document string `pulumi:"document"`
}

// Annotate describes the output.
func (out *AWSTrustPolicyOutput) Annotate(a infer.Annotator) {
	a.Describe(&out.Document, "The trust policy as JSON text: an AWS role's `assumeRolePolicy`.")
}

// Invoke writes the policy.
func (f *AWSTrustPolicy) Invoke(
	ctx context.Context, req infer.FunctionRequest[AWSTrustPolicyInput],
) (infer.FunctionResponse[AWSTrustPolicyOutput], error) {
	var out infer.FunctionResponse[AWSTrustPolicyOutput]
	current, err := f.Sessions(ctx)
	if err != nil {
		return out, err
	}
	trust := oidc.AWSTrust{
		Subjects: req.Input.Subjects, Audiences: []string{req.Input.Audience},
		OIDCProviderARN: ptr.Value(req.Input.OIDCProviderARN), AccountID: ptr.Value(req.Input.AccountID),
	}
	// A given provider says which issuer it trusts; only without one, or to check it, does an issuer matter.
	if trust.OIDCProviderARN == "" || ptr.Value(req.Input.Issuer) != "" {
		trust.Issuer = current.IssuerOr(req.Input.Issuer)
	}
	out.Output.Document, err = oidc.AWSTrustPolicy(trust)
	return out, err
}
