package review

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/access"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/graph"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/oidc"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/problem"
)

// policies looks at whom the policies of OIDC issuers admit.
func (r *reviewer) policies() {
	for _, issuer := range r.Issuers {
		if issuer.Unreadable != "" {
			continue // a blind spot
		}
		on := "issuer:" + issuer.Name
		for _, policy := range issuer.Policies {
			if policy.Decision != oidc.Allow {
				continue
			}
			who := "outsider:" + issuer.Name + ": " + policy.Claims()
			if wrong := r.inexact(issuer, policy); len(wrong) > 0 {
				r.add(Finding{Rule: WildcardPolicy, Principal: who, Entity: on, Evidence: append([]string{policy.String()}, wrong...),
					Fix: fmt.Sprintf("Pin the workload in issuer %s (OidcIssuer, or CiTrust, which writes exact policies): %s.", issuer.Name, strings.Join(wrong, "; "))})
			}
			if r.dead(issuer, policy) {
				r.add(Finding{Rule: DeadPolicy, Principal: who, Entity: on, Evidence: []string{policy.String(), "another policy of the issuer denies all that it allows"},
					Fix: fmt.Sprintf("Leave the policy out of issuer %s (OidcIssuer), or narrow the one that denies.", issuer.Name)})
			}
		}
	}
}

// inexact says how a policy admits more than exact identities.
func (r *reviewer) inexact(issuer graph.Issuer, policy oidc.IssuerPolicy) []string {
	var wrong []string
	for _, p := range problemsOf(oidc.CheckIssuerPolicies(oidc.WorkloadSystemOf(issuer.URL), r.Login, []oidc.IssuerPolicy{policy}, oidc.IssuerOptIns{TokenWithoutRole: true})) {
		about := strings.TrimPrefix(p.Path, "[0].")
		if about != `claims["aud"]` && strings.HasPrefix(about, "claims") || about == "team" {
			wrong = append(wrong, about+" "+p.Reason)
		}
	}
	return wrong
}

// dead reports whether everything that a policy allows is denied by another one.
func (r *reviewer) dead(issuer graph.Issuer, policy oidc.IssuerPolicy) bool {
	asked := []oidc.ExchangeRequest{{TokenType: policy.TokenType, Name: policy.RunnerID}}
	switch policy.TokenType {
	case oidc.OrganizationToken:
		if policy.Admin() {
			asked = append(asked, oidc.ExchangeRequest{TokenType: policy.TokenType, Admin: true})
		}
	case oidc.TeamToken:
		asked = nil
		for _, team := range r.Teams {
			asked = append(asked, oidc.ExchangeRequest{TokenType: policy.TokenType, Name: team.Name})
		}
	case oidc.PersonalToken:
		asked = nil
		for _, user := range r.Users {
			asked = append(asked, oidc.ExchangeRequest{TokenType: policy.TokenType, Name: user.Login})
		}
	case oidc.RunnerToken:
	}
	asked = slices.DeleteFunc(asked, func(a oidc.ExchangeRequest) bool { return !policy.Fits(a) })
	return len(asked) > 0 && !slices.ContainsFunc(asked, func(a oidc.ExchangeRequest) bool { return !oidc.Shadowed(issuer.Policies, policy, a) })
}

// trustDocuments looks at trust documents of clouds: their weaknesses, and whether they admit the environment that they are for.
func (r *reviewer) trustDocuments() {
	for _, d := range r.Trust {
		on := "document:" + d.Name
		if d.Environment != "" {
			on = "environment:" + d.Environment
		}
		if d.Want.Organization == "" {
			d.Want.Organization = r.Login
		}
		found, err := oidc.Lint(d.Kind, d.Document, d.Want)
		if err != nil {
			r.blind = append(r.blind, graph.Blind{What: fmt.Sprintf("trust document %s: %v", d.Name, err), Hides: "whom the cloud trusts"})
			continue
		}
		for _, f := range found {
			r.add(Finding{Rule: f.Rule, Principal: "document:" + d.Name, Entity: on, Evidence: []string{f.Path + ": " + f.Message}, Fix: f.Fix, Corrected: f.Corrected,
				Command: fmt.Sprintf("pulumi plugin run leastprivilege -- lint --kind %s --correct %s", d.Kind, shellQuoted(d.Name))})
		}
		r.mismatch(d)
	}
}

// mismatch reports a document that does not admit what the environment logs in with.
func (r *reviewer) mismatch(d TrustDocument) {
	t, found := r.Entity(access.Environment, d.Environment)
	if !found || d.Kind == oidc.PulumiDocument {
		return
	}
	reason := ""
	if t.Definition != nil && t.Definition.Unreadable == "" && !slices.ContainsFunc(t.Definition.Logins, func(l graph.Login) bool { return l.Cloud == string(d.Kind) }) {
		reason = fmt.Sprintf("the environment has no login to %s", d.Kind)
	}
	subjects, err := r.subjects(d)
	for _, subject := range subjects {
		if reason != "" || err != nil {
			break
		}
		outcome, why := r.evaluate(d, oidc.WebIdentity{Issuer: r.issuer(), Subject: subject, Audiences: []string{r.audience(d)}})
		switch outcome {
		case oidc.Denied:
			reason = fmt.Sprintf("%s is not admitted: %s", subject, why)
		case oidc.Unknown:
			r.blind = append(r.blind, graph.Blind{What: fmt.Sprintf("whether trust document %s admits %s: %s", d.Name, subject, why), Hides: "a mismatch"})
		case oidc.Allowed:
		}
	}
	if reason != "" {
		r.add(Finding{Rule: TrustMismatch, Principal: "document:" + d.Name, Entity: entityText(t), Evidence: []string{reason},
			Fix: fmt.Sprintf("Write the document from the login: escSubjects for %s, and awsTrustPolicy, azureFederatedCredentials or gcpWorkloadIdentity; "+
				"ProductionEnvironment does both.", t.Name)})
	}
}

func (r *reviewer) subjects(d TrustDocument) ([]string, error) {
	if len(d.Want.Subjects) > 0 {
		return d.Want.Subjects, nil
	}
	ref, err := oidc.ParseEnvironmentRef(d.Environment)
	if err != nil {
		return nil, err
	}
	return oidc.ESCSubjects(r.Login, ref, oidc.Lock{})
}

func (r *reviewer) audience(d TrustDocument) string {
	if d.Want.Audience != "" {
		return d.Want.Audience
	}
	project, _ := cut(d.Environment)
	return oidc.ESCAudience(oidc.Cloud(d.Kind), r.Login, project)
}

// problemsOf are the problems of a check.
func problemsOf(err error) problem.List {
	var list problem.List
	errors.As(err, &list)
	return list
}

func (r *reviewer) issuer() string {
	if r.Input.Issuer != "" {
		return r.Input.Issuer
	}
	return oidc.PulumiCloudIssuer
}

// evaluate decides by the documents that can be evaluated by themselves.
func (r *reviewer) evaluate(d TrustDocument, id oidc.WebIdentity) (oidc.Outcome, string) {
	switch d.Kind {
	case oidc.AWSDocument:
		document, err := oidc.ParseAWSTrustPolicy([]byte(d.Document))
		if err != nil {
			return oidc.Allowed, "" // it is a finding already
		}
		return document.Evaluate(d.Want.AccountID, id)
	case oidc.AzureDocument:
		credentials, err := oidc.ParseAzureFederatedCredentials([]byte(d.Document))
		if err != nil {
			return oidc.Allowed, ""
		}
		return oidc.EvaluateAzure(credentials, id)
	case oidc.GoogleDocument, oidc.PulumiDocument:
	}
	return oidc.Unknown, "it is not evaluated"
}
