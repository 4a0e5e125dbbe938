package types

import (
	"github.com/pulumi/pulumi-go-provider/infer"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/oidc"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/ptr"
)

// TrustDocumentKind is what a document to lint is.
type TrustDocumentKind string

// Values lists the kinds.
func (TrustDocumentKind) Values() []infer.EnumValue[TrustDocumentKind] {
	return []infer.EnumValue[TrustDocumentKind]{
		{Name: "Aws", Value: TrustDocumentKind(oidc.AWSDocument), Description: "The trust policy of an AWS role."},
		{Name: "Azure", Value: TrustDocumentKind(oidc.AzureDocument), Description: "One federated credential of an Azure identity, or a list of them."},
		{Name: "Gcp", Value: TrustDocumentKind(oidc.GoogleDocument), Description: "A provider of a Google workload identity pool, or its attribute condition alone."},
		{Name: "Pulumi", Value: TrustDocumentKind(oidc.PulumiDocument), Description: "The policies of an OIDC issuer that is registered with Pulumi Cloud."},
	}
}

// TrustSeverity says how much a finding matters.
type TrustSeverity string

// Values lists the severities.
func (TrustSeverity) Values() []infer.EnumValue[TrustSeverity] {
	return []infer.EnumValue[TrustSeverity]{
		{Name: "High", Value: TrustSeverity(oidc.High), Description: "The identity is open to those who were not meant."},
		{Name: "Medium", Value: TrustSeverity(oidc.Medium), Description: "It is open under a further condition, or a safeguard is given away."},
		{Name: "Low", Value: TrustSeverity(oidc.Low), Description: "The document does not do what it seems to."},
	}
}

// TrustFinding is one weakness of a trust document.
type TrustFinding struct {
	Rule      string        `pulumi:"rule"`
	Severity  TrustSeverity `pulumi:"severity"`
	Path      string        `pulumi:"path"`
	Message   string        `pulumi:"message"`
	Fix       string        `pulumi:"fix"`
	Corrected *string       `pulumi:"corrected,optional"`
}

// Annotate describes the finding.
func (f *TrustFinding) Annotate(a infer.Annotator) {
	a.Describe(f, "One weakness of a trust document.")
	a.Describe(&f.Rule, "The rule's id, such as `audience-only` or `wildcard-subject`.")
	a.Describe(&f.Severity, "How much it matters.")
	a.Describe(&f.Path, "Where in the document, such as `Statement[0].Principal`. Empty for the whole.")
	a.Describe(&f.Message, "What is wrong, and what an attacker could do with it.")
	a.Describe(&f.Fix, "What to write instead.")
	a.Describe(&f.Corrected, "The whole document with everything fixed that this rule finds, as text. It admits nothing that the document "+
		"does not, and still what the document is for. Absent where that cannot be; `fix` then says why.")
}

// TrustFindingsOf translates findings.
func TrustFindingsOf(in []oidc.Finding) []TrustFinding {
	out := make([]TrustFinding, len(in))
	for i, f := range in {
		out[i] = TrustFinding{Rule: f.Rule, Severity: TrustSeverity(f.Severity), Path: f.Path, Message: f.Message, Fix: f.Fix, Corrected: ptr.NonZero(f.Corrected)}
	}
	return out
}
