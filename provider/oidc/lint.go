package oidc

import (
	"fmt"
	"slices"
	"strings"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/problem"
)

// Severity says how much a finding matters.
type Severity string

// High opens the identity to those who were not meant, Medium does so under a condition or gives away a safeguard, and
// Low is a document that does not do what its author thought.
const (
	High   Severity = "high"
	Medium Severity = "medium"
	Low    Severity = "low"
)

// DocumentKind is what a document to lint is.
type DocumentKind string

// AWSDocument is a role's trust policy. AzureDocument is one federated credential or a list of them, as Azure's API or
// ARM has them. GoogleDocument is a provider of a workload identity pool, or its attribute condition alone.
// PulumiDocument is an issuer's policies: `{"policies": [...]}`, a list, or one policy.
const (
	AWSDocument    DocumentKind = "aws"
	AzureDocument  DocumentKind = "azure"
	GoogleDocument DocumentKind = "gcp"
	PulumiDocument DocumentKind = "pulumi"
)

// The rules. Each is documented by the message of its findings.
const (
	RuleInvalidDocument      = "invalid-document"
	RuleNotPrincipal         = "not-principal"
	RuleAnyPrincipal         = "any-principal"
	RuleAudienceOnly         = "audience-only"
	RuleMissingSubject       = "missing-subject"
	RuleMissingAudience      = "missing-audience"
	RuleWrongAudience        = "wrong-audience"
	RuleAudienceLike         = "audience-like"
	RuleWildcardSubject      = "wildcard-subject"
	RuleWildcardCharacter    = "wildcard-character"
	RuleAnonymousSubject     = "anonymous-subject"
	RuleForAllValues         = "for-all-values"
	RuleIfExists             = "if-exists"
	RuleSeveralOrganizations = "several-organizations"
	RuleOtherOrganization    = "other-organization"
	RuleAccountPrincipal     = "account-principal"
	RuleDeadKey              = "dead-key"
	RuleDeadStatement        = "dead-statement"
	RulePolicyVariable       = "policy-variable"
	RuleIgnoreCase           = "ignore-case"
	RuleUnknownMember        = "unknown-member"
	RuleNotChecked           = "not-checked"
	RulePullRequests         = "pull-requests"
)

// Finding is one weakness of a document. Path is where, in the document's own terms (`Statement[0].Principal`). Message
// says what is wrong and what an attacker could do with it, Fix what to write instead. Corrected is the whole document
// with everything fixed that its rule finds, as text: it admits nothing that the document does not, and still what the document
// is for. It is "" where that cannot be, and Fix then says why.
type Finding struct {
	Rule      string
	Severity  Severity
	Path      string
	Message   string
	Fix       string
	Corrected string

	location location
}

// Rules are the ids of the rules of [Lint].
func Rules() []string {
	return []string{
		RuleInvalidDocument, RuleNotPrincipal, RuleAnyPrincipal, RuleAudienceOnly, RuleMissingSubject, RuleMissingAudience, RuleWrongAudience,
		RuleAudienceLike, RuleWildcardSubject, RuleWildcardCharacter, RuleAnonymousSubject, RuleForAllValues, RuleIfExists,
		RuleSeveralOrganizations, RuleOtherOrganization, RuleAccountPrincipal, RuleDeadKey, RuleDeadStatement, RulePolicyVariable,
		RuleIgnoreCase, RuleUnknownMember, RuleNotChecked, RulePullRequests,
	}
}

// Intent is what a document is meant to trust, as far as it is known; the zero value knows nothing. With Organization
// other ones are findings as well. Subjects, Audience and AccountID, that of the AWS account, are what corrections are
// made of where the document itself does not say it.
type Intent struct {
	Organization string
	Subjects     []string
	Audience     string
	AccountID    string
}

// Lint looks for trust that is wider than it seems, in a document of any origin, and corrects it as far as what is meant
// is known. A document that cannot be read is a finding too, since whoever wrote it believed that it protects
// something. What this package writes for one organization has no findings. An unknown kind is an [problem.List] naming
// `kind`.
func Lint(kind DocumentKind, document string, want Intent) ([]Finding, error) {
	findings, err := find(kind, document, want)
	type correction struct{ document, reason string }
	byRule := map[string]correction{} // which fixes all that the rule finds
	for i, f := range findings {
		one, done := byRule[f.Rule]
		if !done {
			one.document, one.reason = correct(kind, document, want, findings, f.Rule)
			byRule[f.Rule] = one
		}
		findings[i].Corrected = one.document
		if one.reason != "" {
			findings[i].Fix += " There is no corrected document: " + one.reason + "."
		}
	}
	return findings, err
}

func find(kind DocumentKind, document string, want Intent) ([]Finding, error) {
	l := &linter{kind: kind, organization: strings.ToLower(want.Organization), organizations: map[string]string{}}
	switch kind {
	case AWSDocument:
		l.aws([]byte(document))
	case AzureDocument:
		l.azure([]byte(document))
	case GoogleDocument:
		l.google(document)
	case PulumiDocument:
		l.pulumi([]byte(document))
	default:
		return nil, problem.List{{Path: "kind", Reason: fmt.Sprintf("unknown kind of document %q; known are %s, %s, %s and %s",
			kind, AWSDocument, AzureDocument, GoogleDocument, PulumiDocument)}}
	}
	l.checkOrganizations()
	return l.findings, nil
}

type linter struct {
	kind         DocumentKind
	organization string
	findings     []Finding
	location     location // of what is looked at
	// organizations seen, with the first path of each; names in the order of the document.
	organizations map[string]string
	names         []string
	// ids are the organizations that are seen by id; whose name they are is not known.
	ids    []string
	second string // the path of the second one
}

func (l *linter) add(rule string, severity Severity, path, message, fix string) {
	l.findings = append(l.findings, Finding{Rule: rule, Severity: severity, Path: path, Message: message, Fix: fix, location: l.location})
}

// invalid adds the finding for a document that cannot be read. effect is what the cloud does with such a document.
func (l *linter) invalid(path string, err error, effect string) {
	l.location = unreadable{}
	l.add(RuleInvalidDocument, High, path, fmt.Sprintf("The document cannot be read: %s. %s: what is in force is not what stands here.", err, effect),
		"Write the document anew with the function for its cloud.")
}

const (
	subjectsFix = "List the exact subjects, from `escSubjects` or `deploymentSubjects`."
	audienceFix = "Require the exact audience, from `escSubjects` (`audiences`) or `deploymentSubjects` (`audience`)."
)

// subject looks at a subject or pattern however it is compared.
func (l *linter) subject(path, subject string) {
	if strings.Contains(subject, anonymousRoot) {
		l.add(RuleAnonymousSubject, High, path, fmt.Sprintf("%q is the subject of every login under `pulumi up` that lists no attributes: "+
			"any stack with any environment of the organization can assume the identity.", subject),
			"Set `subjectAttributes` on the login and list the exact subjects, both from `escSubjects`.")
	}
	if organization := subjectOrganization(subject); organization != "" {
		l.sawOrganization(path, organization)
	}
	if id, found := strings.CutPrefix(subject, secondPrefix); found {
		id, _, _ = strings.Cut(id, ":")
		l.sawOrganizationID(path, id)
	}
}

// audience looks at an audience of Pulumi Cloud's tokens, in a document of cloud.
func (l *linter) audience(cloud Cloud, path, audience string) {
	prefix, organization, found := strings.Cut(audience, ":")
	switch {
	case !found:
		l.sawOrganization(path, audience)
	case prefix == string(cloud):
		l.sawOrganization(path, organization)
	default:
		l.add(RuleWrongAudience, Medium, path, fmt.Sprintf("%q is not the audience of a token of Pulumi Cloud for this cloud: either "+
			"nothing is accepted, or tokens that were made for something else.", audience), audienceFix)
	}
}

// ours reports whether any of the subjects is of Pulumi Cloud, so that what is known of its audiences applies.
func ours(subjects []string) bool {
	return slices.ContainsFunc(subjects, func(s string) bool { return strings.HasPrefix(s, "pulumi:") })
}

// subjectOrganization is the organization of a subject or pattern, or "" when it names none.
func subjectOrganization(subject string) string {
	for _, prefix := range []string{"pulumi:deploy:org:", "pulumi:environments:org:", attributesPrefix} {
		if rest, found := strings.CutPrefix(subject, prefix); found {
			organization, _, _ := strings.Cut(rest, ":")
			return organization
		}
	}
	return ""
}

func (l *linter) sawOrganization(path, organization string) {
	if strings.ContainsAny(organization, "*?") {
		return
	}
	organization = strings.ToLower(organization)
	if _, seen := l.organizations[organization]; !seen {
		l.organizations[organization] = path
		l.names = append(l.names, organization)
	}
}

func (l *linter) sawOrganizationID(path, id string) {
	if strings.ContainsAny(id, "*?") || slices.Contains(l.ids, id) {
		return
	}
	l.ids = append(l.ids, id)
	if len(l.ids) == 2 {
		l.second = path
	}
}

func (l *linter) checkOrganizations() {
	l.location = organizationLocations[l.kind]
	if len(l.ids) > 1 {
		l.add(RuleSeveralOrganizations, High, l.second, fmt.Sprintf("Several organizations are trusted, by id: %s. "+
			"Administrators of each can assume the identity.", list(l.ids)), "Give each organization an identity of its own.")
	}
	if len(l.names) > 1 {
		l.add(RuleSeveralOrganizations, High, l.organizations[l.names[1]], fmt.Sprintf("Several organizations are trusted: %s. "+
			"Administrators of each can assume the identity.", list(l.names)),
			"Give each organization an identity of its own.")
	}
	for _, name := range l.names {
		if l.organization != "" && name != l.organization {
			l.add(RuleOtherOrganization, High, l.organizations[name], fmt.Sprintf("The organization %q is trusted, not %q: its "+
				"administrators can assume the identity.", name, l.organization), subjectsFix)
		}
	}
}
