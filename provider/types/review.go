package types

import (
	"time"

	"github.com/pulumi/pulumi-go-provider/infer"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/ptr"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/review"
)

// ReviewSeverity is how bad a finding of a review is.
type ReviewSeverity string

// Values lists the severities.
func (ReviewSeverity) Values() []infer.EnumValue[ReviewSeverity] {
	return []infer.EnumValue[ReviewSeverity]{
		{Name: "Info", Value: ReviewSeverity(review.Info), Description: "Worth knowing: who administers, and what the log cannot show."},
		{Name: "Low", Value: ReviewSeverity(review.Low), Description: "Leftovers, and more than was used."},
		{Name: "Medium", Value: ReviewSeverity(review.Medium), Description: "Access that nobody uses, or that nobody should have."},
		{Name: "High", Value: ReviewSeverity(review.High), Description: "Secrets, clouds or the organization are open to more than they should be."},
	}
}

// Suppression accepts findings of a review for a time.
type Suppression struct {
	Rule      string  `pulumi:"rule"`
	Principal *string `pulumi:"principal,optional"`
	Entity    *string `pulumi:"entity,optional"`
	Reason    string  `pulumi:"reason"`
	Until     string  `pulumi:"until"`
}

// Annotate describes the suppression.
func (s *Suppression) Annotate(a infer.Annotator) {
	a.Describe(s, "Findings that are accepted for a time.")
	a.Describe(&s.Rule, "The rule of the findings, such as `creator-grant`.")
	a.Describe(&s.Principal, "The principal of the findings as a finding has it, such as `user:bo`, or its name alone. Default: any.")
	a.Describe(&s.Entity, "The entity of the findings as a finding has it, such as `environment:payments/prod`, or its name alone. Default: any.")
	a.Describe(&s.Reason, "Why they are accepted.")
	a.Describe(&s.Until, "When that ends, in RFC 3339. From then on the findings are back, and say that they were accepted.")
}

// EndedSuppression is a suppression whose time is over.
type EndedSuppression struct {
	Rule      string  `pulumi:"rule"`
	Principal *string `pulumi:"principal,optional"`
	Entity    *string `pulumi:"entity,optional"`
	Reason    string  `pulumi:"reason"`
	Until     string  `pulumi:"until"`
	Findings  int     `pulumi:"findings"`
}

// Annotate describes the suppression.
func (s *EndedSuppression) Annotate(a infer.Annotator) {
	a.Describe(s, "A suppression whose time is over.")
	a.Describe(&s.Rule, "Its rule.")
	a.Describe(&s.Principal, "Its principal.")
	a.Describe(&s.Entity, "Its entity.")
	a.Describe(&s.Reason, "Why the findings were accepted.")
	a.Describe(&s.Until, "When that ended.")
	a.Describe(&s.Findings, "How many findings it held back until then are there now. A suppression without any can be deleted.")
}

// AccessFinding is something that a review found.
type AccessFinding struct {
	ID        string         `pulumi:"id"`
	Rule      string         `pulumi:"rule"`
	Severity  ReviewSeverity `pulumi:"severity"`
	Principal string         `pulumi:"principal"`
	Entity    string         `pulumi:"entity"`
	Risk      string         `pulumi:"risk"`
	Evidence  []string       `pulumi:"evidence"`
	Fix       string         `pulumi:"fix"`
	Command   *string        `pulumi:"command,optional"`
	Corrected *string        `pulumi:"corrected,optional"`
}

// Annotate describes the finding.
func (f *AccessFinding) Annotate(a infer.Annotator) {
	a.Describe(f, "Something that a review found.")
	a.Describe(&f.ID, "The same in every run that finds the same: it is made of rule, principal and entity.")
	a.Describe(&f.Rule, "The rule's id, such as `unused-grant`.")
	a.Describe(&f.Severity, "How bad it is.")
	a.Describe(&f.Principal, "Whom it is about, by kind and name: `user:bo`, `team:payments`, `token:payments/ci`. Empty where it is about an entity alone.")
	a.Describe(&f.Entity, "What it is about, by kind and name: `environment:payments/prod`, `role:operators`, `organization:acme`.")
	a.Describe(&f.Risk, "What an attacker or an accident could do.")
	a.Describe(&f.Evidence, "What was found: grants, counts and times. Never the value of a secret.")
	a.Describe(&f.Fix, "The change that mends it, in the terms of this package.")
	a.Describe(&f.Command, "The same as a command. Absent where something has to be decided first.")
	a.Describe(&f.Corrected, "The document, or the part of a program, as it is after the fix. Absent where there is none.")
}

// ReviewSummary counts the findings of a review.
type ReviewSummary struct {
	BySeverity map[string]int     `pulumi:"bySeverity"`
	ByRule     map[string]int     `pulumi:"byRule"`
	Suppressed int                `pulumi:"suppressed"`
	Ended      []EndedSuppression `pulumi:"ended"`
}

// Annotate describes the summary.
func (s *ReviewSummary) Annotate(a infer.Annotator) {
	a.Describe(s, "The findings of a review, counted.")
	a.Describe(&s.BySeverity, "How many findings there are of each severity.")
	a.Describe(&s.ByRule, "How many findings there are of each rule.")
	a.Describe(&s.Suppressed, "How many findings are accepted, and not listed.")
	a.Describe(&s.Ended, "The suppressions whose time is over.")
}

// ReviewOpeners are the principals that are expected to open an environment.
type ReviewOpeners struct {
	Environment EnvironmentRef    `pulumi:"environment"`
	Allowed     AllowedPrincipals `pulumi:"allowed"`
}

// Annotate describes the openers.
func (o *ReviewOpeners) Annotate(a infer.Annotator) {
	a.Describe(o, "Who is expected to open an environment.")
	a.Describe(&o.Environment, "The environment.")
	a.Describe(&o.Allowed, "The principals.")
}

// ReviewTrustDocument is a trust document of a cloud.
type ReviewTrustDocument struct {
	Name        string             `pulumi:"name"`
	Document    string             `pulumi:"document"`
	Kind        *TrustDocumentKind `pulumi:"kind,optional"`
	Environment *EnvironmentRef    `pulumi:"environment,optional"`
	Subjects    []string           `pulumi:"subjects,optional"`
	Audience    *string            `pulumi:"audience,optional"`
	AccountID   *string            `pulumi:"accountId,optional"`
}

// Annotate describes the document.
func (d *ReviewTrustDocument) Annotate(a infer.Annotator) {
	a.Describe(d, "A trust document of a cloud, which `getAccessReview` lints, and compares with the login of an environment.")
	a.Describe(&d.Name, "What findings call it, such as the name of a file.")
	a.Describe(&d.Document, "The document's text.")
	a.Describe(&d.Kind, "What the document is. Default: `aws`.")
	a.Describe(&d.Environment, "The environment whose login the document is to trust.")
	a.Describe(&d.Subjects, "The exact subjects that are meant. Default: that of the environment, locked to itself.")
	a.Describe(&d.Audience, "The exact audience that is meant. Default: that of the environment's login.")
	a.Describe(&d.AccountID, "The AWS account of the role.")
}

// ReviewMembership is a membership that was to end.
type ReviewMembership struct {
	Team  string `pulumi:"team"`
	User  string `pulumi:"user"`
	Until string `pulumi:"until"`
}

// Annotate describes the membership.
func (m *ReviewMembership) Annotate(a infer.Annotator) {
	a.Describe(m, "A temporary membership of a team.")
	a.Describe(&m.Team, "The team.")
	a.Describe(&m.User, "The member's login.")
	a.Describe(&m.Until, "When the membership ends, in RFC 3339.")
}

// AccessFindingsOf translates findings.
func AccessFindingsOf(in []review.Finding) []AccessFinding {
	out := make([]AccessFinding, len(in))
	for i, f := range in {
		out[i] = AccessFinding{
			ID: f.ID, Rule: f.Rule, Severity: ReviewSeverity(f.Severity), Principal: f.Principal, Entity: f.Entity, Risk: f.Risk,
			Evidence: append([]string{}, f.Evidence...), Fix: f.Fix, Command: ptr.NonZero(f.Command), Corrected: ptr.NonZero(f.Corrected),
		}
	}
	return out
}

// ReviewSummaryOf translates what was counted.
func ReviewSummaryOf(in review.Result) ReviewSummary {
	out := ReviewSummary{BySeverity: map[string]int{}, ByRule: map[string]int{}, Suppressed: in.Suppressed, Ended: []EndedSuppression{}}
	for severity, count := range in.BySeverity {
		out.BySeverity[string(severity)] = count
	}
	for rule, count := range in.ByRule {
		out.ByRule[rule] = count
	}
	for _, one := range in.Ended {
		out.Ended = append(out.Ended, EndedSuppression{
			Rule: one.Rule, Principal: ptr.NonZero(one.Principal), Entity: ptr.NonZero(one.Entity), Reason: one.Reason,
			Until: one.Until.Format(time.RFC3339), Findings: one.Findings,
		})
	}
	return out
}
