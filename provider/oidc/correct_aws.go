package oidc

import (
	"maps"
	"slices"
	"strings"
)

// awsSite is what one statement asks of one issuer's tokens.
type awsSite struct {
	statement int
	issuer    string // host and path, lower-cased; "" where the finding is about the principal
}

func (s awsSite) mend(rule string, t *tree, want Intent) bool {
	found := awsStatementAt(t, s.statement)
	if found == nil {
		return false
	}
	switch {
	case rule == RuleNotPrincipal || rule == RuleAnyPrincipal:
		return found.mendPrincipal(t, want)
	case rule == RuleForAllValues:
		found.renameOperators("ForAllValues:", "")
		return true
	case rule == RuleIfExists:
		found.renameOperators("", "IfExists")
		return true
	case isSubjectRule(rule):
		return found.pin(s.issuer, "sub", want.exactSubjects(found.values(s.issuer, "sub")))
	case isAudienceRule(rule):
		return found.pin(s.issuer, "aud", want.audiences(AWS, found.values(s.issuer, "aud"), found.values(s.issuer, "sub")))
	}
	return false
}

// awsTree is one decoded statement.
type awsTree map[string]any

func awsStatements(t *tree) []awsTree {
	root, _ := t.root.(map[string]any)
	switch list := root["Statement"].(type) {
	case map[string]any:
		return []awsTree{list}
	case []any:
		all := make([]awsTree, len(list))
		for i, one := range list {
			all[i], _ = one.(map[string]any)
		}
		return all
	}
	return nil
}

func awsStatementAt(t *tree, index int) awsTree {
	all := awsStatements(t)
	if index >= len(all) {
		return nil
	}
	return all[index]
}

func (s awsTree) condition() map[string]any {
	condition, ok := s["Condition"].(map[string]any)
	if !ok {
		condition = map[string]any{}
		s["Condition"] = condition
	}
	return condition
}

// each visits the comparisons of a claim that can let a token in, exact ones first.
func (s awsTree) each(issuer, claim string, visit func(keys map[string]any, key string)) {
	condition := s.condition()
	names := slices.Sorted(maps.Keys(condition))
	if at := slices.Index(names, "StringEquals"); at > 0 {
		names = append([]string{"StringEquals"}, slices.Delete(names, at, at+1)...)
	}
	for _, name := range names {
		operator, err := parseOperator(name)
		keys, ok := condition[name].(map[string]any)
		if err != nil || !ok || operator.match == nil || operator.negated {
			continue
		}
		for key := range keys {
			if strings.EqualFold(key, issuer+":"+claim) {
				visit(keys, key)
			}
		}
	}
}

// values are what a claim is compared with: where one operator asks for exact values, those and no others, since all
// operators must hold.
func (s awsTree) values(issuer, claim string) []string {
	var found []string
	s.each(issuer, claim, func(keys map[string]any, key string) {
		if len(found) == 0 || !slices.ContainsFunc(found, func(v string) bool { return inexact("value", v) == "" }) {
			found = append(found, textsOf(keys[key])...)
		}
	})
	return found
}

// pin compares the claim with exactly these values, in place of all comparisons that there are.
func (s awsTree) pin(issuer, claim string, values []string) bool {
	if len(values) == 0 {
		return false
	}
	name := issuer + ":" + claim
	s.each(issuer, claim, func(keys map[string]any, key string) {
		name = key
		delete(keys, key)
	})
	condition := s.condition()
	equals, ok := condition["StringEquals"].(map[string]any)
	if !ok {
		equals = map[string]any{}
		condition["StringEquals"] = equals
	}
	equals[name] = anyOf(values)
	s.dropEmpty()
	return true
}

func (s awsTree) dropEmpty() {
	for name, keys := range s.condition() {
		if object, ok := keys.(map[string]any); ok && len(object) == 0 {
			delete(s.condition(), name)
		}
	}
}

// renameOperators takes a set operator or a suffix away. Where the plain operator compares the key already, that
// comparison stays, and decides.
func (s awsTree) renameOperators(prefix, suffix string) {
	condition := s.condition()
	for name, value := range condition {
		plain := strings.TrimSuffix(strings.TrimPrefix(name, prefix), suffix)
		keys, ok := value.(map[string]any)
		if plain == name || !ok {
			continue
		}
		delete(condition, name)
		merged, ok := condition[plain].(map[string]any)
		if !ok {
			merged = map[string]any{}
			condition[plain] = merged
		}
		for key, values := range keys {
			if _, there := merged[key]; !there {
				merged[key] = values
			}
		}
	}
}

// mendPrincipal names the identity provider: that of NotPrincipal, of another statement, or of the given account.
func (s awsTree) mendPrincipal(t *tree, want Intent) bool {
	arn := providerIn(s["NotPrincipal"])
	for _, other := range awsStatements(t) {
		if arn == "" {
			arn = providerIn(other["Principal"])
		}
	}
	if arn == "" && want.AccountID != "" {
		made, err := OIDCProviderARN(want.AccountID, "https://"+s.issuerInKeys())
		if err != nil {
			return false
		}
		arn = made
	}
	if arn == "" {
		return false
	}
	delete(s, "NotPrincipal")
	s["Principal"] = map[string]any{"Federated": arn}
	return true
}

func providerIn(principal any) string {
	object, _ := principal.(map[string]any)
	for _, arn := range textsOf(object["Federated"]) {
		if _, reason := providerPath(arn); reason == "" {
			return arn
		}
	}
	return ""
}

// issuerInKeys is the issuer that the conditions speak of, else Pulumi Cloud's.
func (s awsTree) issuerInKeys() string {
	for _, value := range s.condition() {
		keys, _ := value.(map[string]any)
		for key := range keys {
			for _, claim := range []string{":sub", ":aud"} {
				if issuer, found := strings.CutSuffix(strings.ToLower(key), claim); found && strings.Contains(issuer, ".") {
					return issuer
				}
			}
		}
	}
	return strings.TrimPrefix(PulumiCloudIssuer, "https://")
}

// organizationSites keep the one organization that is meant.
var organizationSites = map[DocumentKind]site{
	AWSDocument: awsOrganizations{}, AzureDocument: azureOrganizations{}, GoogleDocument: googleSite{}, PulumiDocument: policyOrganizations{},
}

type awsOrganizations struct{}

func (awsOrganizations) mend(_ string, t *tree, want Intent) bool {
	var subjects []string
	var sites []awsSite
	for i, statement := range awsStatements(t) {
		principal, _ := statement["Principal"].(map[string]any)
		for _, arn := range textsOf(principal["Federated"]) {
			if issuer, reason := providerPath(arn); reason == "" && textAt(statement, "Effect") == "Allow" {
				sites = append(sites, awsSite{i, strings.ToLower(issuer)})
				subjects = append(subjects, statement.values(strings.ToLower(issuer), "sub")...)
			}
		}
	}
	keep := want.keep(subjects)
	if keep == "" {
		return false
	}
	for _, s := range sites {
		statement := awsStatementAt(t, s.statement)
		subjects := ofOrganization(keep, statement.values(s.issuer, "sub"), subjectOrganization)
		if len(subjects) == 0 {
			subjects = want.Subjects
		}
		audiences := ofOrganization(keep, statement.values(s.issuer, "aud"), audienceOrganization)
		if !statement.filter(s.issuer, "sub", subjects) || !statement.pin(s.issuer, "aud", want.audiences(AWS, audiences, subjects)) {
			return false
		}
	}
	return true
}

// filter leaves of a claim's comparisons only the values, with the operators that they have; values that are in none are
// pinned.
func (s awsTree) filter(issuer, claim string, values []string) bool {
	if len(values) == 0 {
		return false
	}
	left := false
	s.each(issuer, claim, func(keys map[string]any, key string) {
		kept := slices.DeleteFunc(textsOf(keys[key]), func(v string) bool { return !slices.Contains(values, v) })
		delete(keys, key)
		if len(kept) > 0 {
			keys[key] = anyOf(kept)
			left = true
		}
	})
	s.dropEmpty()
	return left || s.pin(issuer, claim, values)
}
