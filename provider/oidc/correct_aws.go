package oidc

import (
	"maps"
	"slices"
	"strings"
)

// awsLocation is the conditions of one statement on one issuer's tokens, or one comparison among them.
type awsLocation struct {
	statement int
	issuer    string // host and path, lower-cased; "" where the finding is about the principal
	operator  string
	key       string
}

func (s awsLocation) fix(rule string, t *tree, want Intent) bool {
	found := awsStatementAt(t, s.statement)
	if found == nil {
		return false
	}
	subject, audience := awsClaims(s.issuer)
	switch {
	case rule == RuleNotPrincipal || rule == RuleAnyPrincipal:
		return found.fixPrincipal(t, want)
	case rule == RuleForAllValues:
		return found.moveKey(s.operator, s.key, true, false)
	case rule == RuleIfExists:
		return found.moveKey(s.operator, s.key, false, true)
	case rule == RuleDeadKey:
		return found.dropKey(s.operator, s.key)
	case isSubjectRule(rule):
		subjects := want.exactSubjects(found.values(s.issuer, subject))
		return fits(s.issuer, subjects) && found.pin(s.issuer, subject, subjects)
	case isAudienceRule(rule):
		return found.pin(s.issuer, audience, want.audiences(AWS, found.values(s.issuer, audience), found.values(s.issuer, subject)))
	}
	return false
}

// fits reports whether the issuer's tokens can have these subjects.
func fits(issuer string, subjects []string) bool {
	switch system := WorkloadSystemOf(issuer); system {
	case OtherWorkloads, AnyWorkloads:
		return true
	default:
		return !slices.ContainsFunc(subjects, func(s string) bool {
			return strings.HasPrefix(s, "pulumi:") != (system == PulumiCloud) || strings.Contains(s, "${")
		})
	}
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
func (s awsTree) each(issuer string, claims []string, visit func(keys map[string]any, key string)) {
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
			if owner, claim := splitKey(key); ownedBy(owner, issuer) && slices.Contains(claims, claim) {
				visit(keys, key)
			}
		}
	}
}

// values are what a claim is compared with: where one operator asks for exact values, those and no others, since all
// operators must hold.
func (s awsTree) values(issuer string, claims []string) []string {
	var found []string
	s.each(issuer, claims, func(keys map[string]any, key string) {
		if len(found) == 0 || !slices.ContainsFunc(found, func(v string) bool { return Inexact("value", v) == "" }) {
			found = append(found, textsOf(keys[key])...)
		}
	})
	return found
}

// pin replaces all comparisons of the claim by one with exactly these values.
func (s awsTree) pin(issuer string, claims []string, values []string) bool {
	if len(values) == 0 || issuer == "" {
		return false
	}
	name := issuer + ":" + claims[0]
	s.each(issuer, claims, func(keys map[string]any, key string) {
		if owner, _ := splitKey(key); owner == issuer || !sameIssuer(owner, issuer) {
			name = key
		}
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

// moveKey moves a key to the operator without its set operator or IfExists. If that operator has the key already, its comparison
// stays.
func (s awsTree) moveKey(from, key string, set, exists bool) bool {
	operator, err := parseOperator(from)
	keys, _ := s.condition()[from].(map[string]any)
	values, found := keys[key]
	to := operator.without(set, exists)
	if err != nil || !found || strings.EqualFold(from, to) {
		return false
	}
	delete(keys, key)
	moved, ok := s.condition()[to].(map[string]any)
	if !ok {
		moved = map[string]any{}
		s.condition()[to] = moved
	}
	if _, there := moved[key]; !there {
		moved[key] = values
	}
	s.dropEmpty()
	return true
}

func (s awsTree) dropKey(operator, key string) bool {
	keys, _ := s.condition()[operator].(map[string]any)
	delete(keys, key)
	s.dropEmpty()
	return keys != nil
}

// fixPrincipal names the identity provider: that of NotPrincipal, of another statement, or of the given account.
func (s awsTree) fixPrincipal(t *tree, want Intent) bool {
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
		if providerPattern.MatchString(arn) {
			return arn
		}
	}
	return ""
}

// issuerInKeys is the issuer in the condition keys, else Pulumi Cloud's.
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

// organizationLocations restrict a document to the intended organization.
var organizationLocations = map[DocumentKind]location{
	AWSDocument: awsOrganizations{}, AzureDocument: azureOrganizations{}, GoogleDocument: googleLocation{}, PulumiDocument: policyOrganizations{},
}

type awsOrganizations struct{}

func (awsOrganizations) fix(_ string, t *tree, want Intent) bool {
	var subjects []string
	var locations []awsLocation
	for i, statement := range awsStatements(t) {
		principal, _ := statement["Principal"].(map[string]any)
		for _, arn := range textsOf(principal["Federated"]) {
			if issuer, found := providerIssuer(arn); found && textAt(statement, "Effect") == "Allow" {
				issuer = strings.ToLower(issuer)
				locations = append(locations, awsLocation{statement: i, issuer: issuer})
				subjects = append(subjects, statement.values(issuer, []string{"sub"})...)
			}
		}
	}
	keep := want.keep(subjects)
	if keep == "" {
		return false
	}
	for _, s := range locations {
		statement := awsStatementAt(t, s.statement)
		subjects := ofOrganization(keep, statement.values(s.issuer, []string{"sub"}), subjectOrganization)
		audiences := ofOrganization(keep, statement.values(s.issuer, []string{"aud"}), audienceOrganization)
		if !statement.filter(s.issuer, "sub", subjects) || !statement.filter(s.issuer, "aud", audiences) {
			return false
		}
	}
	return true
}

// filter removes all other values from the comparisons of a claim, and keeps their operators.
func (s awsTree) filter(issuer, claim string, values []string) bool {
	left, there := false, false
	s.each(issuer, []string{claim}, func(keys map[string]any, key string) {
		there = true
		kept := slices.DeleteFunc(textsOf(keys[key]), func(v string) bool { return !slices.Contains(values, v) })
		delete(keys, key)
		if len(kept) > 0 {
			keys[key] = anyOf(kept)
			left = true
		}
	})
	s.dropEmpty()
	return left || !there
}
