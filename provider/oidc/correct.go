package oidc

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"
)

// location is where a finding is in its document, and how it is fixed there.
type location interface {
	// fix changes the document so that the rule finds nothing at this location, and reports whether it could.
	fix(rule string, t *tree, want Intent) bool
}

// tree is a document that is being corrected: decoded JSON, or for Google the text of a condition.
type tree struct{ root any }

// The reasons why there is no correction.
const (
	notKnown = "what is meant is not known: give `subjects`, `audience`, `organization` or `accountId`"
	widens   = "it would admit what the document does not, or drop a restriction, and corrections only restrict. Write the document " +
		"anew with the function for its cloud"
	excludes   = "it would not admit what the document is for"
	incomplete = "what this rule finds cannot be fixed by itself"
	notOurs    = "what this is about is for you to decide"
)

// correct fixes everything that one rule finds. A result in which the rule or another rule finds something new is not a
// correction; neither is one that admits more than the document, or not what it was for. The reason is why there is no
// correction.
func correct(kind DocumentKind, document string, want Intent, findings []Finding, rule string) (corrected, reason string) {
	t := tree{root: decodeTree(document)}
	before := map[string]bool{}
	for _, f := range findings {
		before[f.Rule] = true
	}
	// From the end, so that insertions and removals do not move the locations that follow.
	for _, f := range slices.Backward(findings) {
		if f.Rule != rule {
			continue
		}
		if _, lost := f.location.(unreadable); lost || f.location == nil {
			return "", widens
		}
		if !f.location.fix(rule, &t, want) {
			return "", whyNot(rule)
		}
	}
	text := t.text()
	if reason := restricts(kind, document, text, want, rule); reason != "" {
		return "", reason
	}
	after, err := find(kind, text, want)
	if err != nil || slices.ContainsFunc(after, func(f Finding) bool {
		return f.Rule == rule || !before[f.Rule] && f.Rule != RulePullRequests // which a wider finding said before
	}) {
		return "", incomplete
	}
	return text, ""
}

// whyNot returns why a location cannot be fixed: for some rules no input would help.
func whyNot(rule string) string {
	switch rule {
	case RuleNotChecked, RuleUnknownMember, RuleAccountPrincipal, RuleDeadStatement, RulePullRequests:
		return notOurs
	}
	return notKnown
}

// restricts returns why a corrected document is not a correction: it admits more than the original, or not what that was for.
func restricts(kind DocumentKind, original, corrected string, want Intent, rule string) string {
	switch kind {
	case AWSDocument:
		return restrictsAWS(original, corrected, want, rule)
	case AzureDocument:
		return restrictsAzure(original, corrected, want)
	case PulumiDocument:
		return restrictsPulumi(original, corrected, want)
	case GoogleDocument: // whose corrections are made of the original
	}
	return ""
}

// unreadable is the location in a document that cannot be parsed, and so cannot be fixed.
type unreadable struct{}

func (unreadable) fix(string, *tree, Intent) bool { return false }

// Correct fixes a document until it has no findings but those about runs of pull requests, which may be meant. It returns "" if the intent is not known, or there is nothing to fix.
func Correct(kind DocumentKind, document string, want Intent) string {
	const most = 32 // more rounds than there are rules
	fixed := ""
	for range most {
		findings, err := Lint(kind, document, want)
		if err != nil {
			return ""
		}
		findings = slices.DeleteFunc(findings, func(f Finding) bool { return f.Rule == RulePullRequests }) // which nobody else decides
		if len(findings) == 0 {
			return fixed
		}
		at := slices.IndexFunc(findings, func(f Finding) bool { return f.Corrected != "" })
		if at < 0 {
			return ""
		}
		fixed = findings[at].Corrected
		document = fixed
	}
	return ""
}

func decodeTree(document string) any {
	if !isKind([]byte(document), '{') && !isKind([]byte(document), '[') {
		return document
	}
	decoder := json.NewDecoder(strings.NewReader(document))
	decoder.UseNumber()
	var root any
	if decoder.Decode(&root) != nil || decoder.More() {
		return document
	}
	return root
}

func (t *tree) text() string {
	if text, plain := t.root.(string); plain {
		return text
	}
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	if encoder.Encode(t.root) != nil {
		return ""
	}
	return strings.TrimSuffix(out.String(), "\n")
}

// isSubjectRule reports whether a rule is about which subjects a document trusts.
func isSubjectRule(rule string) bool {
	return slices.Contains([]string{
		RuleAudienceOnly, RuleMissingSubject, RuleWildcardSubject, RuleWildcardCharacter, RuleAnonymousSubject, RuleIgnoreCase, RulePolicyVariable,
	}, rule)
}

func isAudienceRule(rule string) bool {
	return slices.Contains([]string{RuleMissingAudience, RuleWrongAudience, RuleAudienceLike}, rule)
}

// exactSubjects are the intended subjects: the given ones, else the exact ones of the document.
func (want Intent) exactSubjects(found []string) []string {
	if len(want.Subjects) > 0 {
		return want.Subjects
	}
	var exact []string
	for _, subject := range found {
		if Inexact("subject", subject) == "" && !slices.Contains(exact, subject) {
			exact = append(exact, subject)
		}
	}
	return exact
}

// audiences are the intended audiences: the given one, else those found that belong to the cloud, else the one that all subjects
// of Pulumi Cloud have.
func (want Intent) audiences(cloud Cloud, found, subjects []string) []string {
	if want.Audience != "" {
		return []string{want.Audience}
	}
	if len(want.Subjects) > 0 {
		subjects = want.Subjects
	}
	var fit, implied []string
	for _, audience := range found {
		prefix, _, colon := strings.Cut(audience, ":")
		if Inexact("audience", audience) == "" && (!ours(subjects) || !colon || prefix == string(cloud)) {
			fit = append(fit, audience)
		}
	}
	if len(fit) > 0 {
		return fit
	}
	for _, subject := range subjects {
		audience := audienceOf(cloud, subject)
		if audience == "" {
			return nil
		}
		if !slices.Contains(implied, audience) {
			implied = append(implied, audience)
		}
	}
	if len(implied) != 1 {
		return nil
	}
	return implied
}

// audienceOf is the audience of tokens with such a subject, or "" if the subject does not determine it.
func audienceOf(cloud Cloud, subject string) string {
	organization := subjectOrganization(subject)
	switch {
	case organization == "" || strings.ContainsAny(organization, "*?"):
		return ""
	case strings.HasPrefix(subject, "pulumi:deploy:"):
		return DeploymentAudience(organization)
	}
	for _, name := range []string{":" + CurrentEnvironment + ":", ":" + RootEnvironment + ":", ":env:"} {
		_, environment, found := strings.Cut(subject, name)
		if !found {
			continue
		}
		environment, _, _ = strings.Cut(environment, ":")
		if !strings.ContainsAny(environment, "/*?<") {
			return ESCAudience(cloud, organization, LegacyProject)
		}
		break
	}
	return ESCAudience(cloud, organization, "")
}

// keep is the intended organization: the given one, else the only one that subjects name, or "".
func (want Intent) keep(subjects []string) string {
	if want.Organization != "" {
		return strings.ToLower(want.Organization)
	}
	var named []string
	for _, subject := range append(slices.Clone(subjects), want.Subjects...) {
		organization := strings.ToLower(subjectOrganization(subject))
		if organization != "" && !slices.Contains(named, organization) {
			named = append(named, organization)
		}
	}
	if len(named) != 1 {
		return ""
	}
	return named[0]
}

// ofOrganization are the values that name the organization, or none. Audiences name it after their prefix, or alone.
func ofOrganization(organization string, values []string, name func(string) string) []string {
	return slices.DeleteFunc(slices.Clone(values), func(value string) bool {
		named := strings.ToLower(name(value))
		return named != "" && named != organization
	})
}

func audienceOrganization(audience string) string {
	_, organization, found := strings.Cut(audience, ":")
	if !found {
		return audience
	}
	return organization
}

// Values of decoded JSON.

func textsOf(value any) []string {
	switch value := value.(type) {
	case string:
		return []string{value}
	case []any:
		var texts []string
		for _, one := range value {
			if text, ok := one.(string); ok {
				texts = append(texts, text)
			}
		}
		return texts
	}
	return nil
}

func anyOf(texts []string) any {
	if len(texts) == 1 {
		return texts[0]
	}
	return listOf(texts)
}

func listOf(texts []string) []any {
	all := make([]any, len(texts))
	for i, text := range texts {
		all[i] = text
	}
	return all
}

func textAt(object map[string]any, key string) string {
	text, _ := object[key].(string)
	return text
}
