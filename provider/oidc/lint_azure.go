package oidc

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// azureCredential is a federated credential as lint parses it, in any spelling of its members.
type azureCredential struct {
	issuer, subject string
	matching        *AzureMatching
	audiences       []string
	at              spelling
	unknown         []string
	recognized      bool
}

// azureIgnored are members that do not affect who is admitted: those of ARM, of Microsoft Graph and of Terraform.
var azureIgnored = []string{
	"name", "id", "type", "description", "displayname", "parentid", "resourcegroupname", "applicationid", "applicationobjectid", "etag",
	"systemdata", "apiversion", "dependson", "location", "userassignedidentityid", "resourcename", "timeouts", "comments", "resourcegroup",
}

func (l *linter) azure(document []byte) {
	const effect = "Azure refuses to save such credentials"
	credentials, paths, err := rawObjects(document, "value")
	if err != nil {
		l.invalid("", err, effect)
		return
	}
	l.location = azureLocation{}
	l.besides(document, "value", len(credentials) > 0)
	for i, raw := range credentials {
		l.location = azureLocation{i}
		credential, err := readAzure(raw)
		if err != nil {
			l.invalid(strings.TrimSuffix(paths[i], "."), err, effect)
			continue
		}
		l.azureCredential(paths[i], credential)
	}
}

func readAzure(raw json.RawMessage) (c azureCredential, err error) {
	all, err := spelled(raw)
	if err != nil {
		return c, err
	}
	if nested, found := all["properties"]; found {
		if err := unnest(all, nested); err != nil {
			return c, err
		}
		c.at.prefix = nested.key + "."
	}
	if one, two := all["audience"], all["audiences"]; one.key != "" && two.key != "" {
		return c, sameMember(one.key, two.key)
	}
	for _, name := range slices.Sorted(maps.Keys(all)) {
		one := all[name]
		c.at.add(name, one.key)
		switch name {
		case "issuer":
			c.issuer, err = optionalText(one.value)
		case "subject":
			c.subject, err = optionalText(one.value)
		case "audience", "audiences":
			c.audiences, err = optionalTexts(one.value)
		case "claimsmatchingexpression":
			c.matching, err = readMatching(one.value)
		default:
			if !slices.Contains(azureIgnored, name) && !strings.ContainsAny(name, "@$") {
				c.unknown = append(c.unknown, one.key)
			}
			continue
		}
		if err != nil {
			return c, fmt.Errorf("%s: %w", one.key, err)
		}
		c.recognized = true
	}
	slices.Sort(c.unknown)
	return c, nil
}

// unnest puts the members of ARM's `properties` beside the others.
func unnest(all map[string]member, nested member) error {
	inner, err := spelled(nested.value)
	if err != nil {
		return fmt.Errorf("%s: %w", nested.key, err)
	}
	for _, name := range slices.Sorted(maps.Keys(inner)) {
		key := nested.key + "." + inner[name].key
		if other, twice := all[name]; twice && !slices.Contains(azureIgnored, name) {
			return sameMember(other.key, key)
		}
		all[name] = member{key: key, value: inner[name].value}
	}
	delete(all, plainName(nested.key))
	return nil
}

// readMatching reads the expression as Terraform has it, a text, or as Azure does, in an object; nil when there is none.
func readMatching(raw json.RawMessage) (*AzureMatching, error) {
	if !isKind(raw, '{') {
		text, err := optionalText(raw)
		if text == "" || err != nil {
			return nil, err
		}
		return &AzureMatching{Value: text}, nil
	}
	all, err := spelled(raw)
	if err != nil {
		return nil, err
	}
	if empty(all["value"].value) {
		return nil, fmt.Errorf("there is no value")
	}
	var read AzureMatching
	if read.Value, err = optionalText(all["value"].value); err != nil {
		return nil, err
	}
	if version := all["languageversion"].value; !empty(version) {
		err = json.Unmarshal(version, &read.LanguageVersion)
	}
	return &read, err
}

func (l *linter) azureCredential(path string, c azureCredential) {
	l.unknownMembers(path, c.unknown, c.recognized)
	if !c.recognized && len(c.unknown) > 0 {
		return
	}
	view := issuerView{issuer: knownIssuer(c.issuer), audience: len(c.audiences) > 0, exact: map[string][]string{}}
	switch {
	case c.matching != nil && c.subject != "":
		l.invalid(strings.TrimSuffix(path, "."), errBothSubjects, "Azure refuses to save such credentials")
		return
	case c.matching != nil:
		l.azureExpression(path+c.at.of("claimsMatchingExpression"), *c.matching, view)
	case c.subject == "":
		l.missingSubject(path+c.at.of("subject"), view)
	default:
		since := len(l.findings)
		view.exact["sub"] = []string{c.subject}
		l.exactSubject(path+c.at.of("subject"), view, c.subject)
		l.pullRequests(since, path+c.at.of("subject"), view.system(), map[string][]string{subjectClaim: literal(view.exact["sub"])})
	}
	audiences := path + c.at.of("audiences", "audience")
	if len(c.audiences) == 0 {
		l.missingAudience(audiences, view)
	}
	for i, audience := range c.audiences {
		if view.pulumi() {
			l.audience(Azure, fmt.Sprintf("%s[%d]", audiences, i), audience)
		}
	}
}

var errBothSubjects = errors.New("there is a subject and an expression, and Azure takes one of them")

// azureExpression checks the expression of a flexible credential.
func (l *linter) azureExpression(path string, matching AzureMatching, view issuerView) {
	parsed := matching.parse()
	if !parsed.understood() {
		l.add(RuleNotChecked, High, path, fmt.Sprintf("%q is not understood from %q on: whom it admits is not known.", matching.Value, parsed.rest),
			"Compare each claim as in `claims['sub'] eq '...'`, joined by `and`, or give `subject`.")
		return
	}
	var patterns []azureComparison
	values := map[string][]string{}
	for _, c := range parsed.comparisons {
		c.claim = view.system().claim(c.claim)
		if c.exact() {
			view.exact[c.claim] = append(view.exact[c.claim], c.value)
		} else {
			patterns = append(patterns, c)
		}
		if c.claim != subjectClaim {
			view.others = append(view.others, c.claim)
		}
		if values[c.claim] == nil || c.exact() {
			values[c.claim] = []string{c.value}
			if c.exact() {
				values[c.claim] = literal(values[c.claim])
			}
		}
	}
	if len(values[subjectClaim]) > 0 || view.identified() {
		since := len(l.findings)
		defer func() { l.pullRequests(since, path, view.system(), values) }()
	}
	if exact := view.exact["sub"]; len(exact) > 0 {
		for _, subject := range exact {
			l.exactSubject(path, view, subject)
		}
		return
	}
	if !view.identified() {
		l.azurePatterns(path, patterns, view)
	}
}

// azurePatterns checks the patterns of an expression that pins no workload exactly.
func (l *linter) azurePatterns(path string, patterns []azureComparison, view issuerView) {
	found := false
	for _, p := range patterns {
		if view.system().isIdentifier(p.claim) {
			found = true
			l.wildcardSubject(path, view, p.value)
			l.subject(path, p.value)
		}
	}
	if !found {
		l.missingSubject(path, view)
	}
}
