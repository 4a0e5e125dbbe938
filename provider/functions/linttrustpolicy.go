package functions

import (
	"context"
	_ "embed"

	"github.com/pulumi/pulumi-go-provider/infer"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/oidc"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/ptr"
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
	Subjects     []string                 `pulumi:"subjects,optional"`
	Audience     *string                  `pulumi:"audience,optional"`
	AccountID    *string                  `pulumi:"accountId,optional"`
}

// Annotate describes the inputs.
func (in *LintTrustPolicyInput) Annotate(a infer.Annotator) {
	a.Describe(&in.Document, "The document's text: JSON, or for Google also an attribute condition in CEL.")
	a.Describe(&in.Kind, "What the document is. Default: `aws`.")
	a.Describe(&in.Organization, "The one organization that may be trusted. Without it, any one organization may be.")
	a.Describe(&in.Subjects, "The exact subjects that are meant, from `escSubjects` or `deploymentSubjects`, or a CI system's. Corrections pin "+
		"them where the document names none, or a pattern.")
	a.Describe(&in.Audience, "The exact audience that is meant. Corrections pin it where the document names none, or the wrong one. Default: what "+
		"the subjects say.")
	a.Describe(&in.AccountID, "The AWS account whose identity provider is meant. Corrections name it where the document trusts everybody.")
}

// LintTrustPolicyOutput is what was found.
type LintTrustPolicyOutput struct {
	Findings  []types.TrustFinding `pulumi:"findings"`
	Corrected *string              `pulumi:"corrected,optional"`
}

// Annotate describes the output.
func (out *LintTrustPolicyOutput) Annotate(a infer.Annotator) {
	a.Describe(&out.Findings, "The findings, in the order of the document; empty when there are none.")
	a.Describe(&out.Corrected, "The whole document with all findings fixed, as text. It admits nothing that the document does not. Absent "+
		"when there are no findings, or one of them cannot be fixed by restrictions alone.")
}

// Invoke lints the document.
func (f *LintTrustPolicy) Invoke(
	_ context.Context, req infer.FunctionRequest[LintTrustPolicyInput],
) (infer.FunctionResponse[LintTrustPolicyOutput], error) {
	var out infer.FunctionResponse[LintTrustPolicyOutput]
	kind := oidc.AWSDocument
	if req.Input.Kind != nil {
		kind = oidc.DocumentKind(*req.Input.Kind)
	}
	want := oidc.Intent{
		Organization: ptr.Value(req.Input.Organization), Subjects: req.Input.Subjects, Audience: ptr.Value(req.Input.Audience),
		AccountID: ptr.Value(req.Input.AccountID),
	}
	findings, err := oidc.Lint(kind, req.Input.Document, want)
	if err != nil {
		return out, err
	}
	out.Output.Findings = types.TrustFindingsOf(findings)
	if corrected := oidc.Correct(kind, req.Input.Document, want); corrected != "" {
		out.Output.Corrected = &corrected
	}
	return out, nil
}
