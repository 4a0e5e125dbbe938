package functions

import (
	"context"
	_ "embed"
	"fmt"
	"time"

	"github.com/pulumi/pulumi-go-provider/infer"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/graph"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/oidc"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/problem"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/ptr"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/review"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/session"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/survey"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/timetext"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/types"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/wire"
)

//go:embed docs/getaccessreview.md
var getAccessReviewDoc string

// GetAccessReview reviews an organization.
type GetAccessReview struct{ Sessions session.Source }

// Annotate describes the function.
func (f *GetAccessReview) Annotate(a infer.Annotator) {
	a.SetToken("index", "getAccessReview")
	a.Describe(f, getAccessReviewDoc)
}

// GetAccessReviewInput says what is reviewed.
type GetAccessReviewInput struct {
	Organization     *string                     `pulumi:"organization,optional"`
	Since            *string                     `pulumi:"since,optional"`
	Until            *string                     `pulumi:"until,optional"`
	MinSeverity      *types.ReviewSeverity       `pulumi:"minSeverity,optional"`
	Sensitive        []string                    `pulumi:"sensitive,optional"`
	Suppressions     []types.Suppression         `pulumi:"suppressions,optional"`
	AllowedOpeners   []types.ReviewOpeners       `pulumi:"allowedOpeners,optional"`
	TrustDocuments   []types.ReviewTrustDocument `pulumi:"trustDocuments,optional"`
	TemporaryMembers []types.ReviewMembership    `pulumi:"temporaryMembers,optional"`
}

const sinceHelp = "The beginning of the time whose audit events are read: a duration before now, such as `90d` or `12h`, or a time in RFC 3339. " +
	"Default: `90d`."

// Annotate describes the inputs.
func (in *GetAccessReviewInput) Annotate(a infer.Annotator) {
	a.Describe(&in.Organization, organizationHelp)
	a.Describe(&in.Since, sinceHelp)
	a.Describe(&in.Until, "The end of that time, in the same forms. Default: now.")
	a.Describe(&in.MinSeverity, "The least severity that is reported. Default: `info`.")
	a.Describe(&in.Sensitive, "Environments and stacks that are sensitive besides those that say so by a tag `tier` or `environment` of production, or that "+
		"log in to a cloud: `payments/prod`, or with the kind, `stack:payments/prod`.")
	a.Describe(&in.Suppressions, "Findings that are accepted, each for a time.")
	a.Describe(&in.AllowedOpeners, "Who is expected to open environments. An open by anybody else is a finding. Without an entry, that is who holds it now.")
	a.Describe(&in.TrustDocuments, "Trust documents of clouds, which are linted and compared with the logins of environments.")
	a.Describe(&in.TemporaryMembers, "Memberships that end, as `BreakGlass` has them. Those whose time is over and that are still there are findings.")
}

// GetAccessReviewOutput is what was found.
type GetAccessReviewOutput struct {
	Findings []types.AccessFinding `pulumi:"findings"`
	Summary  types.ReviewSummary   `pulumi:"summary"`
	Blind    []types.BlindSpot     `pulumi:"blind"`
}

// Annotate describes the outputs.
func (out *GetAccessReviewOutput) Annotate(a infer.Annotator) {
	a.Describe(&out.Findings, "What was found, worst first.")
	a.Describe(&out.Summary, "The findings, counted.")
	a.Describe(&out.Blind, "What could not be read or told, and what it could hide.")
}

// Invoke reads the organization and its audit log, and reviews them.
func (f *GetAccessReview) Invoke(
	ctx context.Context, req infer.FunctionRequest[GetAccessReviewInput],
) (infer.FunctionResponse[GetAccessReviewOutput], error) {
	var out infer.FunctionResponse[GetAccessReviewOutput]
	asked, err := surveyFor(ctx, f.Sessions, req.Input.Organization)
	if err != nil {
		return out, err
	}
	defer asked.done()
	s, current := asked.survey, asked.session
	now := current.Now()
	in, err := req.Input.review(now)
	if err != nil {
		return out, err
	}
	since, until, err := window(req.Input.Since, req.Input.Until, now)
	if err != nil {
		return out, err
	}
	in.Issuer = current.IssuerOr(nil)
	in.Organization, in.Usage, in.Blind, err = s.Reviewed(ctx, since, until, survey.Options{
		Catalogue: current.Catalogue, Progress: wire.Log(ctx).InfoStatusf,
	})
	if err != nil {
		return out, err
	}
	in.AllowedOpeners = req.Input.openers(in.Organization)
	found := review.Review(in)
	out.Output = GetAccessReviewOutput{
		Findings: types.AccessFindingsOf(found.Findings), Summary: types.ReviewSummaryOf(found), Blind: types.BlindSpotsOf(found.Blind),
	}
	return out, nil
}

// window is the time whose audit events are read.
func window(since, until *string, now time.Time) (from, to time.Time, err error) {
	from, to = now.Add(-review.DefaultWindow), now
	if since != nil {
		if from, err = timetext.ParseMoment(*since, now); err != nil {
			return from, to, fmt.Errorf("since: %w", err)
		}
	}
	if until != nil {
		if to, err = timetext.ParseMoment(*until, now); err != nil {
			return from, to, fmt.Errorf("until: %w", err)
		}
	}
	if to.Before(from) {
		return from, to, fmt.Errorf("until: %s is before since, %s", to.Format(time.RFC3339), from.Format(time.RFC3339))
	}
	return from, to, nil
}

// review translates what does not depend on the organization.
func (in GetAccessReviewInput) review(now time.Time) (review.Input, error) {
	out := review.Input{Now: now, Sensitive: in.Sensitive}
	var wrong problem.List
	if in.MinSeverity != nil {
		out.MinSeverity = review.Severity(*in.MinSeverity)
	}
	for i, s := range in.Suppressions {
		one := review.Suppression{Rule: s.Rule, Principal: ptr.Value(s.Principal), Entity: ptr.Value(s.Entity), Reason: s.Reason}
		one.Until = moment(&wrong, fmt.Sprintf("suppressions[%d].until", i), s.Until)
		out.Suppressions = append(out.Suppressions, one)
	}
	if wrong.Err() == nil {
		wrong = append(wrong, review.CheckSuppressions(out.Suppressions).Under("suppressions")...)
	}
	for i, m := range in.TemporaryMembers {
		until := moment(&wrong, fmt.Sprintf("temporaryMembers[%d].until", i), m.Until)
		out.Temporary = append(out.Temporary, review.Temporary{Team: m.Team, User: m.User, Until: until})
	}
	for i, o := range in.AllowedOpeners {
		wrong = append(wrong, o.Allowed.Check().Under(fmt.Sprintf("allowedOpeners[%d].allowed", i))...)
	}
	for _, d := range in.TrustDocuments {
		document := review.TrustDocument{Name: d.Name, Kind: oidc.AWSDocument, Document: d.Document,
			Want: oidc.Intent{Subjects: d.Subjects, Audience: ptr.Value(d.Audience), AccountID: ptr.Value(d.AccountID)}}
		if d.Kind != nil {
			document.Kind = oidc.DocumentKind(*d.Kind)
		}
		if d.Environment != nil {
			document.Environment = d.Environment.Project + "/" + d.Environment.Environment
		}
		out.Trust = append(out.Trust, document)
	}
	return out, wrong.Err()
}

// moment reads a point in time.
func moment(wrong *problem.List, path, text string) time.Time {
	at, err := time.Parse(time.RFC3339, text)
	if err != nil {
		wrong.AddReason(path, fmt.Sprintf("%q is not a time in RFC 3339, such as 2026-12-31T00:00:00Z", text))
	}
	return at
}

// openers are who may open environments, by name.
func (in GetAccessReviewInput) openers(o graph.Organization) map[string]func(graph.PrincipalID) bool {
	all := map[string]func(graph.PrincipalID) bool{}
	for _, one := range in.AllowedOpeners {
		name := one.Environment.Project + "/" + one.Environment.Environment
		allowed := one.Allowed.Allowed()
		all[name] = func(p graph.PrincipalID) bool {
			asked := graph.Answer{Principals: []graph.Principal{{Kind: p.Kind, Name: p.Name}}}
			return len(allowed.Violations(o, name, asked)) == 0
		}
	}
	return all
}
