package oidc

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strings"
)

func (l *linter) aws(document []byte) {
	parsed, err := ParseAWSTrustPolicy(document)
	if err != nil {
		l.invalid("", err, "AWS refuses to save such a policy, and a role keeps the one that it had")
		return
	}
	for i, s := range parsed.statements {
		if !s.deny {
			l.awsStatement(parsed, i, s)
		}
	}
}

const nameProvider = "Name the account's OIDC provider under Principal.Federated."

func (l *linter) awsStatement(d TrustDocument, index int, s statement) {
	path := fmt.Sprintf("Statement[%d]", index)
	l.location = awsLocation{statement: index}
	switch {
	case s.principal.negated:
		l.add(RuleNotPrincipal, High, path+".NotPrincipal", "NotPrincipal allows everybody but those listed: any other identity provider, "+
			"account or service can assume the role.", nameProvider)
		return
	case s.principal.anyone:
		l.awsAnyone(path+".Principal", s, d.variables)
		return
	case s.principal.count == 0:
		l.add(RuleDeadStatement, Low, path+".Principal", "The statement names no principal: it admits nobody.", nameProvider)
		return
	}
	l.awsPrincipals(path+".Principal", s.principal)
	l.awsFederated(path+".Principal.Federated", s)
	issuers := s.issuers()
	if len(issuers) == 0 || s.onlyDescribes() {
		return
	}
	if !s.coversAction() {
		l.add(RuleDeadStatement, Low, path+".Action", fmt.Sprintf("The statement trusts identity providers for %s, and their tokens are "+
			"only good for %s: it admits none of them.", list(s.actions), webIdentityAction), "Allow "+webIdentityAction+".")
		return
	}
	if l.awsDeadKeys(path+".Condition", index, issuers, s.conditions, d.variables) {
		return
	}
	admits := false
	for _, issuer := range issuers {
		l.location = awsLocation{statement: index, issuer: issuer}
		admits = l.awsIssuer(path+".Condition", issuer, s.conditions, d.variables) || admits
	}
	if !admits {
		l.location = awsLocation{statement: index}
		l.add(RuleDeadStatement, Low, path+".Condition", fmt.Sprintf("No token of the issuers that the statement trusts (%s) has all the keys and values that it "+
			"asks for: it admits none of them.", list(issuers)), "Write a statement for each identity provider, with its own keys.")
	}
}

// issuers are those that a statement trusts, by the name that condition keys have for them: the part after `oidc-provider/`. A
// provider that is not recognized may be any issuer that the keys name, and without keys "".
func (s statement) issuers() (issuers []string) {
	add := func(issuer string) {
		issuer = strings.ToLower(issuer)
		if !slices.Contains(issuers, issuer) {
			issuers = append(issuers, issuer)
		}
	}
	for _, federated := range s.principal.federated {
		issuer, found := s.issuerOf(federated)
		if found {
			add(issuer)
		}
		if found || samlPattern.MatchString(federated) {
			continue
		}
		named := false
		for _, c := range s.conditions {
			if owner, _ := splitKey(c.key); isIssuerKey(owner) {
				add(owner)
				named = true
			}
		}
		if !named {
			add("")
		}
	}
	return issuers
}

// issuerOf is the issuer of a provider. A provider with a placeholder is recognized if the keys name the same.
func (s statement) issuerOf(federated string) (issuer string, found bool) {
	issuer, found = providerIssuer(federated)
	if found && patternIssuer(federated) {
		return "", false
	}
	if !found || !hasPlaceholder(issuer) {
		return issuer, found
	}
	return issuer, slices.ContainsFunc(s.conditions, func(c condition) bool {
		owner, _ := splitKey(c.key)
		return sameIssuer(owner, strings.ToLower(issuer))
	})
}

func patternIssuer(federated string) bool {
	issuer, _ := providerIssuer(federated)
	return strings.ContainsAny(issuer, "*?")
}

// splitKey splits a condition key, in lower case: `api.pulumi.com/oidc` and `sub`.
func splitKey(key string) (owner, claim string) {
	key = strings.ToLower(key)
	cut := strings.LastIndex(key, ":")
	if cut < 0 {
		return "", key
	}
	return key[:cut], key[cut+1:]
}

// sameIssuer compares without trailing slashes. To AWS a trailing slash makes another issuer, but an author who writes a provider
// and its keys differently means one issuer, and learns what the document would admit.
func sameIssuer(one, other string) bool {
	return strings.TrimRight(one, "/") == strings.TrimRight(other, "/")
}

// ownedBy reports whether a key of the owner may belong to the issuer. A key with a placeholder may.
func ownedBy(owner, issuer string) bool {
	return sameIssuer(owner, issuer) || hasPlaceholder(owner) && !hasPlaceholder(issuer)
}

// otherwiseSpelled reports whether the owner of a key is the issuer but for slashes at its end. To AWS it is another issuer's key,
// which these tokens lack.
func otherwiseSpelled(owner, issuer string) bool { return owner != issuer && sameIssuer(owner, issuer) }

// isIssuerKey reports whether keys of the owner are about tokens, in contrast to `aws` and `sts`, whose keys are about the call.
func isIssuerKey(owner string) bool { return strings.ContainsAny(owner, "./") || hasPlaceholder(owner) }

// awsDeadKeys adds findings for keys that no token of the issuers has, and reports whether such keys deny every token.
func (l *linter) awsDeadKeys(path string, index int, issuers []string, conditions []condition, variables bool) (nobody bool) {
	if slices.Contains(issuers, "") {
		return false
	}
	location := l.location
	for _, c := range conditions {
		if !isDeadKey(issuers, c.key, ownedBy) {
			continue
		}
		effect := "and the condition has no effect"
		if c.decide(variables, nil) == no {
			effect, nobody = "and the statement admits nobody", true
		}
		l.location = awsLocation{statement: index, operator: c.operator.text, key: c.key}
		l.add(RuleDeadKey, Low, path+"."+c.operator.text+"."+c.key, fmt.Sprintf("%q is not a key of the issuers that the statement "+
			"trusts (%s), so that no token has it, %s.", c.key, list(issuers), effect),
			"Write the key with the issuer of the provider, as it stands after `oidc-provider/`.")
	}
	l.location = location
	return nobody
}

// isDeadKey reports whether no token of the issuers has the key, though it looks like one of an issuer.
func isDeadKey(issuers []string, key string, same func(one, other string) bool) bool {
	owner, _ := splitKey(key)
	if owner != "" && !isIssuerKey(owner) {
		return false
	}
	return !slices.ContainsFunc(issuers, func(issuer string) bool { return issuer == "" || same(owner, issuer) })
}

// awsClaims are the names that AWS's condition keys have for subject and audience, by issuer.
func awsClaims(issuer string) (subject, audience []string) {
	switch issuer {
	case "www.amazon.com":
		return []string{"user_id"}, []string{"app_id"}
	case "graph.facebook.com":
		return []string{"id"}, []string{"app_id"}
	case "accounts.google.com":
		return []string{"sub"}, []string{"aud", "oaud"}
	}
	return []string{"sub"}, []string{"aud"}
}

// awsIssuer checks the conditions of a statement on one issuer's tokens, and reports whether it may admit any of them.
func (l *linter) awsIssuer(path, issuer string, conditions []condition, variables bool) bool {
	asks, admits := asksOf(issuer, conditions, variables)
	if !admits {
		return false
	}
	subjects, audiences := asks.conditions["sub"], asks.conditions["aud"]
	view := issuerView{issuer: issuer, exact: asks.exact, others: asks.others, audience: len(audiences) > 0}
	since := len(l.findings)
	if len(subjects) == 0 && !view.identified() {
		l.missingSubject(path, view)
	}
	if len(audiences) == 0 {
		l.missingAudience(path, view)
	}
	if asks.first == "aud" {
		l.awsAudiences(path, view, audiences, variables)
	}
	l.awsSubjects(path, view, subjects, variables)
	if asks.first != "aud" {
		l.awsAudiences(path, view, audiences, variables)
	}
	for _, claim := range asks.others {
		if view.system().isIdentifier(claim) && !view.identified() {
			l.awsPatterns(path, view, asks.conditions[claim], variables)
		}
	}
	if len(subjects) > 0 || view.identified() {
		l.pullRequests(since, path, view.system(), asks.values())
	}
	return true
}

// values are those that each claim is compared with. A comparison that holds without the claim says nothing; of several, an exact one decides.
func (a awsAsks) values() map[string][]string {
	values := map[string][]string{}
	for claim, conditions := range a.conditions {
		for _, c := range conditions {
			if values[claim] == nil && !c.operator.ifExists && c.operator.set != "ForAllValues" {
				values[claim] = c.values
			}
		}
		if exact, found := a.exact[claim]; found {
			values[claim] = literal(exact)
		}
	}
	delete(values, "aud")
	return values
}

// awsAsks is what a statement asks of an issuer's tokens, by claim.
type awsAsks struct {
	conditions map[string][]condition
	exact      map[string][]string
	others     []string // claims besides subject and audience
	first      string   // claim in the document, with which findings begin
}

// asksOf picks the conditions that are about an issuer's tokens. It reports false where they admit none of them.
func asksOf(issuer string, conditions []condition, variables bool) (asks awsAsks, admits bool) {
	asks = awsAsks{conditions: map[string][]condition{}, exact: map[string][]string{}}
	for _, c := range conditions {
		owner, claim := splitKey(c.key)
		if !ownedBy(owner, issuer) {
			if (isIssuerKey(owner) || owner == samlKeys) && c.decide(variables, nil) == no {
				return asks, false // the key of another provider that the statement trusts: this one's tokens lack it
			}
			continue
		}
		if c.operator.match == nil || c.operator.negated || otherwiseSpelled(owner, issuer) && c.decide(variables, nil) != no {
			continue
		}
		claim = awsClaim(issuer, claim)
		if claim != "sub" && claim != "aud" {
			asks.others = append(asks.others, claim)
		} else if c.exact(variables) { // other claims may have several values
			if c.values = c.possibleValues(conditions, variables); len(c.values) == 0 {
				return asks, false
			}
		}
		asks.first = cmp.Or(asks.first, claim)
		asks.conditions[claim] = append(asks.conditions[claim], c)
		if c.exact(variables) {
			asks.exact[claim] = c.values
		}
	}
	return asks, true
}

// awsClaim is the claim that a condition key is about: "sub", "aud", or that of the issuer's system.
func awsClaim(issuer, key string) string {
	subject, audience := awsClaims(issuer)
	switch {
	case slices.Contains(subject, key):
		return "sub"
	case slices.Contains(audience, key):
		return "aud"
	}
	return WorkloadSystemOf(issuer).claim(key)
}

// possibleValues are those of an exact condition that no other condition on the same key excludes: all must match. Keys that only
// may be the same, since one has a placeholder, and several keys for one claim count as different.
func (c condition) possibleValues(all []condition, variables bool) []string {
	return slices.DeleteFunc(slices.Clone(c.values), func(value string) bool {
		return slices.ContainsFunc(all, func(other condition) bool {
			return strings.EqualFold(other.key, c.key) && other.decide(variables, []string{value}) == no
		})
	})
}

// awsSubjects checks the comparisons of the subject. All of them must match, so the exact ones decide.
func (l *linter) awsSubjects(path string, view issuerView, conditions []condition, variables bool) {
	if exact := slices.DeleteFunc(slices.Clone(conditions), func(c condition) bool { return !c.exact(variables) }); len(exact) > 0 {
		for _, c := range exact {
			for _, value := range c.values {
				l.exactSubject(at(path, c), view, value)
			}
		}
		return
	}
	l.awsPatterns(path, view, conditions, variables)
}

func at(path string, c condition) string { return path + "." + c.operator.text + "." + c.key }

// awsPatterns finds comparisons that admit more than exact values, or tokens without the claim.
func (l *linter) awsPatterns(path string, view issuerView, conditions []condition, variables bool) {
	for _, c := range conditions {
		if c.exact(variables) {
			continue
		}
		l.awsOperator(at(path, c), c, High)
		for _, value := range c.values {
			switch {
			case variables && strings.Contains(value, "${") && !(c.operator.likes() && strings.ContainsAny(policyVariable.ReplaceAllString(value, ""), "*?")):
				l.policyVariable(at(path, c), value, view)
			case c.operator.likes() && strings.ContainsAny(value, "*?"):
				if !view.identified() {
					l.wildcardSubject(at(path, c), view, value)
				}
				l.subject(at(path, c), value)
			case c.operator.ignoresCase():
				l.add(RuleIgnoreCase, Medium, at(path, c), fmt.Sprintf("%q is compared without regard to case: names that differ in case "+
					"may be somebody else's.", value), "Use StringEquals.")
				l.subject(at(path, c), value)
			default:
				l.exactSubject(at(path, c), view, value)
			}
		}
	}
}

var policyVariable = regexp.MustCompile(`\$\{[^}]*\}`)

// policyVariable finds variables of AWS, which have a value at each call, in contrast to placeholders of a template.
func (l *linter) policyVariable(path, value string, view issuerView) {
	if strings.Contains(strings.Join(policyVariable.FindAllString(value, -1), ""), ":") {
		l.add(RulePolicyVariable, High, path, fmt.Sprintf("%q holds a policy variable: what it stands for is decided with each call, and may "+
			"be what the caller presents.", value), view.fix())
		return
	}
	l.add(RulePolicyVariable, Medium, path, fmt.Sprintf("%q holds a placeholder, which AWS takes for a policy variable: whom it admits is not "+
		"known.", value), "Give the document as it is applied.")
}

// awsOperator finds operators that match a token without the claim.
func (l *linter) awsOperator(path string, c condition, severity Severity) {
	o, location := c.operator, l.location
	defer func() { l.location = location }()
	if about, ok := location.(awsLocation); ok {
		about.operator, about.key = o.text, c.key
		l.location = about
	}
	if o.set == "ForAllValues" {
		l.add(RuleForAllValues, severity, path, "ForAllValues holds when the key is absent, and this key has one value: a token without the "+
			"claim passes.", "Use StringEquals without a set operator.")
	}
	if o.ifExists {
		l.add(RuleIfExists, Medium, path, "IfExists holds when the key is absent: a token without the claim passes.",
			"Use StringEquals without IfExists.")
	}
}

func (l *linter) awsAudiences(path string, view issuerView, conditions []condition, variables bool) {
	decided := slices.ContainsFunc(conditions, func(c condition) bool { return c.exact(variables) && !c.operator.likes() })
	for _, c := range conditions {
		if decided && !(c.exact(variables) && !c.operator.likes()) {
			continue
		}
		l.awsOperator(at(path, c), c, Medium)
		pattern := slices.ContainsFunc(c.values, func(v string) bool { return strings.ContainsAny(v, "*?") })
		switch {
		case c.operator.likes() && pattern:
			l.add(RuleAudienceLike, Medium, at(path, c), "The audience is compared with a pattern: tokens that were made for other "+
				"organizations or services, whose audience matches, are accepted.", "Use StringEquals. "+audienceFix)
		case c.operator.likes():
			l.add(RuleAudienceLike, Low, at(path, c), "The audience is compared as a pattern, though it is one exact text: a wildcard that "+
				"somebody adds later accepts tokens that were made for other organizations or services.", "Use StringEquals. "+audienceFix)
		}
		for _, value := range c.values {
			if view.pulumi() && !(c.operator.likes() && strings.ContainsAny(value, "*?")) {
				l.audience(AWS, at(path, c), value)
			}
		}
	}
}

// ignoresCase reports whether the operator takes letters of either case.
func (o operator) ignoresCase() bool {
	return strings.HasSuffix(o.name, "IgnoreCase")
}

// likes reports whether the operator takes wildcards.
func (o operator) likes() bool {
	return o.name == "StringLike"
}
