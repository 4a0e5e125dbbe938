package functions

import (
	"context"
	_ "embed"

	"github.com/pulumi/pulumi-go-provider/infer"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/oidc"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/types"
)

//go:embed docs/linttrustpolicy.md
var lintTrustPolicyDoc string

// LintTrustPolicy looks for trust that is wider than it seems. Without an organization it looks for none, so it needs no
// session.
type LintTrustPolicy struct{}

// Annotate describes the function.
func (f *LintTrustPolicy) Annotate(a infer.Annotator) {
	a.SetToken("index", "lintTrustPolicy")
	a.Describe(f, lintTrustPolicyDoc)
}

// LintTrustPolicyInput is the document.
type LintTrustPolicyInput struct {
	Document     string                   `pulumi:"document"`
	Kind         *types.TrustDocumentKind `pulumi:"kind,optional"`
	Organization *string                  `pulumi:"organization,optional"`
}

// Annotate describes the inputs.
func (in *LintTrustPolicyInput) Annotate(a infer.Annotator) {
	a.Describe(&in.Document, "The document's text: JSON, or for Google also an attribute condition in CEL.")
	a.Describe(&in.Kind, "What the document is. Default: `aws`.")
	a.Describe(&in.Organization, "The one organization that may be trusted. Without it, any one organization may be.")
}

// LintTrustPolicyOutput is what was found.
type LintTrustPolicyOutput struct {
	Findings []types.TrustFinding `pulumi:"findings"`
}

// Annotate describes the output.
func (out *LintTrustPolicyOutput) Annotate(a infer.Annotator) {
	a.Describe(&out.Findings, "The findings, in the order of the document; empty when there are none.")
}

// Invoke lints the document.
func (f *LintTrustPolicy) Invoke(
	_ context.Context, req infer.FunctionRequest[LintTrustPolicyInput],
) (infer.FunctionResponse[LintTrustPolicyOutput], error) {
	var out infer.FunctionResponse[LintTrustPolicyOutput]
	kind, organization := oidc.AWSDocument, ""
	if req.Input.Kind != nil {
		kind = oidc.DocumentKind(*req.Input.Kind)
	}
	if req.Input.Organization != nil {
		organization = *req.Input.Organization
	}
	findings, err := oidc.Lint(kind, req.Input.Document, organization)
	if err != nil {
		return out, err
	}
	out.Output.Findings = types.TrustFindingsOf(findings)
	return out, nil
}
