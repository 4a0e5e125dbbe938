package oidc

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// objects reads one object or a list of them, each with its path. An object that holds a list under wrapper is that list.
func objects[T any](document []byte, wrapper string) (read []T, paths []string, err error) {
	prefix := ""
	var wrapped map[string]json.RawMessage
	if wrapper != "" && json.Unmarshal(document, &wrapped) == nil && wrapped[wrapper] != nil {
		document, prefix = wrapped[wrapper], wrapper
	}
	if isKind(document, '[') {
		err = json.Unmarshal(document, &read)
		for i := range read {
			paths = append(paths, fmt.Sprintf("%s[%d].", prefix, i))
		}
		return read, paths, err
	}
	if !isKind(document, '{') {
		return nil, nil, fmt.Errorf("expected an object or a list of objects, found %s", kindOf(document))
	}
	read = make([]T, 1)
	return read, []string{""}, json.Unmarshal(document, &read[0])
}

// azureShape is a federated credential, flat or as ARM nests it.
type azureShape struct {
	azureProperties
	Properties *azureProperties `json:"properties"`
}

type azureProperties struct {
	Issuer    string   `json:"issuer"`
	Subject   string   `json:"subject"`
	Audiences []string `json:"audiences"`
	Matching  *struct {
		Value string `json:"value"`
	} `json:"claimsMatchingExpression"`
}

func (l *linter) azure(document []byte) {
	credentials, paths, err := objects[azureShape](document, "value")
	if err != nil {
		l.invalid("", err)
		return
	}
	for i, credential := range credentials {
		l.site = azureSite{i}
		if credential.Properties != nil {
			credential.azureProperties = *credential.Properties
			paths[i] += "properties."
		}
		l.azureCredential(paths[i], credential.azureProperties)
	}
}

func (l *linter) azureCredential(path string, c azureProperties) {
	switch {
	case c.Matching != nil && c.Matching.Value != "":
		// A flexible credential may compare for equality too, but it takes one `matches` to open it.
		if strings.Contains(c.Matching.Value, "matches") {
			l.wildcardSubject(path+"claimsMatchingExpression", c.Matching.Value)
		}
		if !strings.Contains(c.Matching.Value, "claims['sub']") {
			l.missingSubject(path+"claimsMatchingExpression", len(c.Audiences) > 0)
		}
		l.subject(path+"claimsMatchingExpression", c.Matching.Value)
	case c.Subject == "":
		l.missingSubject(path+"subject", len(c.Audiences) > 0)
	default:
		l.exactSubject(path+"subject", c.Subject)
	}
	if len(c.Audiences) == 0 {
		l.missingAudience(path + "audiences")
	}
	for i, audience := range c.Audiences {
		if ours([]string{c.Subject}) || c.Issuer == PulumiCloudIssuer {
			l.audience(Azure, fmt.Sprintf("%saudiences[%d]", path, i), audience)
		}
	}
}

// pulumi looks at the policies of an OIDC issuer that is registered with Pulumi Cloud. In the values of claims, and in the
// name of a team, `*` is any text, `?` at most one character and `.` exactly one.
func (l *linter) pulumi(document []byte) {
	policies, paths, err := objects[IssuerPolicy](document, "policies")
	if err != nil {
		l.invalid("", err)
		return
	}
	for i, policy := range policies {
		l.site = policySite{index: i}
		if policy.Decision != Deny {
			l.issuerPolicy(i, paths[i], policy)
		}
	}
}

func (l *linter) issuerPolicy(index int, path string, policy IssuerPolicy) {
	const fix = "Pin the claim to its exact value in your CI system; `CiTrust` writes such policies."
	// The document does not say of which issuer its policies are, unless one pins it.
	system := WorkloadSystemOf(policy.Rules["iss"])
	if !system.mentions(policy.Rules) {
		rule, what := unidentifiedRule(policy.Rules)
		l.add(rule, High, path+"rules", what+": workloads that nobody named, other people's included, get a token of Pulumi Cloud.", fix)
	}
	if policy.Rules["aud"] == "" {
		l.add(RuleMissingAudience, Medium, path+"rules", "No audience is pinned: a token that a workload made for another service can be "+
			"replayed at Pulumi Cloud.", "Pin `aud` to `urn:pulumi:org:<organization>`.")
	}
	for _, claim := range slices.Sorted(maps.Keys(policy.Rules)) {
		l.site = policySite{index: index, claim: claim}
		l.claimPattern(path+"rules."+claim, claim, policy.Rules[claim], system.identifiers(), fix)
	}
	if HasClaimWildcard(policy.TeamName) {
		l.site = nil // which of the teams is meant, nobody can know
		l.add(RuleWildcardCharacter, Medium, path+"teamName", fmt.Sprintf("%q holds a wildcard character: the caller chooses among all "+
			"teams that match.", policy.TeamName), "Name one team without `*`, `?` and `.`.")
	}
}

// unidentifiedRule says what policies pin that name no workload.
func unidentifiedRule(rules map[string]string) (rule, what string) {
	pinned := slices.DeleteFunc(slices.Sorted(maps.Keys(rules)), func(claim string) bool { return claim == "aud" || claim == "iss" })
	switch {
	case len(pinned) > 0:
		return RuleMissingSubject, fmt.Sprintf("What is pinned (%s) names no workload: many share it, or it is not known to name one", list(pinned))
	case rules["aud"] != "":
		return RuleAudienceOnly, "Only the audience is pinned, and whoever asks for a token chooses it"
	}
	return RuleMissingSubject, "Neither subject nor repository or project is pinned"
}

func (l *linter) claimPattern(path, claim, value string, identifiers []string, fix string) {
	if organization, found := strings.CutPrefix(value, exchangePrefix); found && claim == "aud" {
		l.sawOrganization(path, organization)
		// An exchange compares the audience by itself, so that a dot in the organization's name lets in nobody else.
		if !strings.ContainsAny(value, "*?") {
			return
		}
	}
	switch {
	case strings.ContainsAny(value, "*?") && slices.Contains(identifiers, claim):
		l.add(RuleWildcardSubject, High, path, fmt.Sprintf("%q is a pattern: every repository, project, branch or workload that matches "+
			"gets a token of Pulumi Cloud.", value), fix)
	case HasClaimWildcard(value):
		l.add(RuleWildcardCharacter, Medium, path, fmt.Sprintf("Pulumi Cloud takes `*`, `?` and `.` in %q as wildcards (`.` is any one "+
			"character): a claim that differs there matches as well.", value),
			"Pin a claim without these characters, such as the repository's id (`repository_id`).")
	}
}
