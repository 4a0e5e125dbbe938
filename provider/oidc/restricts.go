package oidc

import (
	"reflect"
	"slices"
	"strings"
)

// Every correction admits a subset of what its document admits, and still what the document is for. This is checked for each
// correction, by comparing its restrictions with the original's: a correction that cannot be shown to be one is dropped.

func restrictsAWS(original, corrected string, want Intent, rule string) string {
	before, err1 := ParseAWSTrustPolicy([]byte(original))
	after, err2 := ParseAWSTrustPolicy([]byte(corrected))
	if err1 != nil || err2 != nil || len(before.statements) != len(after.statements) || before.variables != after.variables {
		return widens
	}
	for i, old := range before.statements {
		if !before.restrictsStatement(old, after.statements[i]) {
			return widens
		}
	}
	for _, subject := range before.declared(want, rule) {
		if !after.mayAdmit(subject, want.Audience) {
			return excludes
		}
	}
	for _, one := range before.named() {
		meant := slices.Contains(want.Subjects, one.subject) || len(want.Subjects) == 0 && !takesAway(rule)
		if meant && before.mayAdmitOf(one.issuer, one.subject, want.Audience) && !after.mayAdmitOf(one.issuer, one.subject, want.Audience) {
			return excludes // of one of several issuers
		}
	}
	return ""
}

// takesAway reports whether a rule finds subjects, some of which its correction removes.
func takesAway(rule string) bool {
	return rule == RuleSeveralOrganizations || rule == RuleOtherOrganization || rule == RuleAnonymousSubject
}

func (d TrustDocument) restrictsStatement(before, after statement) bool {
	if before.deny || after.deny {
		return reflect.DeepEqual(withoutMatchers(before), withoutMatchers(after))
	}
	if !slices.Equal(before.actions, after.actions) || before.notActions != after.notActions || !before.principal.includes(after.principal) {
		return false
	}
	issuers := before.issuers()
	for _, old := range before.conditions {
		dropped := isDeadKey(issuers, old.key, ownedBy) && len(issuers) > 0 && old.decide(d.variables, nil) == yes
		if !dropped && !slices.ContainsFunc(after.conditions, func(c condition) bool { return c.implies(old, d.variables) }) {
			return false
		}
	}
	return true
}

// withoutMatchers is a statement that can be compared: functions cannot.
func withoutMatchers(s statement) statement {
	s.conditions = slices.Clone(s.conditions)
	for i := range s.conditions {
		s.conditions[i].operator.match = nil
	}
	return s
}

// includes reports whether every principal of a corrected statement is one of these.
func (p principal) includes(corrected principal) bool {
	if reflect.DeepEqual(p, corrected) {
		return true
	}
	if corrected.negated || corrected.anyone || corrected.count != len(corrected.federated) {
		return false
	}
	for _, federated := range corrected.federated {
		named := p.anyone || slices.Contains(p.federated, federated)
		if named == p.negated {
			return false
		}
	}
	return true
}

// implies reports whether a claim that meets the condition also meets the other. Claims have one value, or none.
func (c condition) implies(other condition, variables bool) bool {
	if !strings.EqualFold(c.key, other.key) {
		return false
	}
	if c.operator.sameAs(other.operator) && slices.Equal(c.values, other.values) {
		return true
	}
	if c.exact(variables) {
		return !slices.ContainsFunc(c.values, func(v string) bool { return other.decide(variables, []string{v}) != yes })
	}
	one, two := c.operator, other.operator
	if one.match == nil || one.negated || one.name != two.name ||
		slices.ContainsFunc(c.values, func(v string) bool { return !slices.Contains(other.values, v) }) {
		return false
	}
	admitsAbsent := func(o operator) bool { return o.ifExists || o.set == "ForAllValues" }
	return !admitsAbsent(one) || admitsAbsent(two)
}

func (o operator) sameAs(other operator) bool { return strings.EqualFold(o.text, other.text) }

// declared are the subjects that a document is for: the given ones, else those that it names exactly and may admit.
func (d TrustDocument) declared(want Intent, rule string) []string {
	if len(want.Subjects) > 0 {
		return want.Subjects
	}
	if takesAway(rule) {
		return nil
	}
	var all []string
	for _, one := range d.named() {
		if !slices.Contains(all, one.subject) && d.mayAdmit(one.subject, want.Audience) {
			all = append(all, one.subject)
		}
	}
	return all
}

// ofIssuer is a subject of an issuer, whose host and path are in lower case.
type ofIssuer struct{ issuer, subject string }

// named are the subjects that a document names exactly, whether it admits them or not.
func (d TrustDocument) named() (all []ofIssuer) {
	for _, s := range d.statements {
		for _, c := range s.conditions {
			owner, claim := splitKey(c.key)
			if claim != "sub" || c.operator.match == nil || c.operator.negated {
				continue
			}
			for _, value := range c.values {
				if Inexact("subject", value) == "" && !strings.Contains(value, "${") {
					all = append(all, ofIssuer{owner, value})
				}
			}
		}
	}
	return all
}

// mayAdmit reports whether a token with the subject and, if it is known, the audience is admitted: a statement certainly allows
// it, as far as these two go, and none may deny it.
func (d TrustDocument) mayAdmit(subject, audience string) bool {
	var issuers []string
	for _, s := range d.statements {
		issuers = append(issuers, s.issuers()...)
		for _, c := range s.conditions {
			if owner, _ := splitKey(c.key); isIssuerKey(owner) {
				issuers = append(issuers, owner) // of a statement that trusts everybody
			}
		}
	}
	if len(issuers) == 0 {
		issuers = []string{""}
	}
	slices.Sort(issuers)
	return slices.ContainsFunc(slices.Compact(issuers), func(issuer string) bool {
		return d.mayAdmitOf(issuer, subject, audience)
	})
}

func (d TrustDocument) mayAdmitOf(issuer, subject, audience string) bool {
	admitted := no
	for _, s := range d.statements {
		if !s.coversAction() || !s.trusts(issuer) {
			continue
		}
		applies := d.applies(s, issuer, subject, audience)
		if s.deny && applies != no {
			return false
		}
		if !s.deny {
			admitted = max(admitted, applies)
		}
	}
	return admitted != no
}

// trusts reports whether a statement trusts the provider of an issuer, in any account. The principals that NotPrincipal leaves
// count as denied.
func (s statement) trusts(issuer string) bool {
	if s.principal.negated {
		return s.deny
	}
	return s.principal.anyone || slices.Contains(s.issuers(), issuer)
}

// applies evaluates as much of a statement's conditions as depends on the subject and the audience of a token of the issuer.
func (d TrustDocument) applies(s statement, issuer, subject, audience string) truth {
	audiences := []string{audience}
	if implied := audienceOf(AWS, subject); audience == "" && implied != "" {
		audiences = []string{implied}
	} else if audience == "" {
		audiences, _ = d.exactly(s, issuer, "aud")
	}
	all := yes
	for _, c := range s.conditions {
		holds := maybe
		switch owner, claim := splitKey(c.key); {
		case issuer != "" && isDeadKey([]string{issuer}, c.key, equals):
			holds = c.decide(d.variables, nil)
		case owner == issuer && claim == "sub":
			holds = certain(c.decide(d.variables, []string{subject}), s.deny)
		case owner == issuer && claim == "aud" && len(audiences) > 0:
			holds = no
			for _, a := range audiences {
				holds = max(holds, certain(c.decide(d.variables, []string{a}), s.deny))
			}
		}
		all = min(all, holds)
	}
	return all
}

// certain turns an unknown value into a denial.
func certain(t truth, deny bool) truth {
	if t == maybe {
		return truthOf(deny)
	}
	return t
}

func restrictsAzure(original, corrected string, want Intent) string {
	before, err1 := azureCredentials(original)
	after, err2 := azureCredentials(corrected)
	if err1 != nil || err2 != nil {
		return widens
	}
	for _, one := range after {
		if !slices.ContainsFunc(before, func(old azureCredential) bool { return old.includes(one) }) {
			return widens
		}
	}
	for _, subject := range want.Subjects {
		if !slices.ContainsFunc(after, func(c azureCredential) bool { return c.pins(subject) }) {
			return excludes
		}
	}
	return ""
}

func azureCredentials(document string) (all []azureCredential, err error) {
	raw, _, err := rawObjects([]byte(document), "value")
	for _, one := range raw {
		credential, err := readAzure(one)
		if err != nil {
			return nil, err
		}
		all = append(all, credential)
	}
	return all, err
}

// includes reports whether a corrected credential admits only tokens that this one does. Azure refuses a credential without a
// subject or an audience, so such a one admits none.
func (c azureCredential) includes(corrected azureCredential) bool {
	if c.issuer != corrected.issuer || len(corrected.audiences) == 0 ||
		slices.ContainsFunc(corrected.audiences, func(a string) bool { return !slices.Contains(c.audiences, a) }) {
		return false
	}
	if reflect.DeepEqual(c.matching, corrected.matching) && c.subject == corrected.subject {
		return true
	}
	before, after := c.comparisons(), corrected.comparisons()
	return len(before) > 0 && !slices.ContainsFunc(before, func(old azureComparison) bool {
		return !slices.ContainsFunc(after, func(one azureComparison) bool { return one.implies(old) })
	})
}

// comparisons are what a credential asks for: nothing where its expression is not understood, or where it has a subject as well.
func (c azureCredential) comparisons() []azureComparison {
	switch {
	case c.matching == nil:
		return []azureComparison{{claim: subjectClaim, value: c.subject}}
	case c.subject != "" || !c.matching.parse().understood():
		return nil
	}
	return c.matching.parse().comparisons
}

// azureRequired are the claims of GitHub Actions that Azure asks for beside the subject. They belong to the repository that the
// subject names.
var azureRequired = []string{"repository_id", "repository_owner_id"}

// pins says whether a credential admits the subject. Whether its tokens have what an expression asks for in other claims is not
// known, and taken for granted only where Azure requires the claims.
func (c azureCredential) pins(subject string) bool {
	all := c.comparisons()
	return slices.Contains(all, azureComparison{claim: subjectClaim, value: subject}) && !slices.ContainsFunc(all, func(one azureComparison) bool {
		return one.claim != subjectClaim && !slices.Contains(azureRequired, one.claim)
	})
}

func restrictsPulumi(original, corrected string, want Intent) string {
	before, err1 := readPolicies(original)
	after, err2 := readPolicies(corrected)
	if err1 != nil || err2 != nil {
		return widens
	}
	allows := func(p IssuerPolicy) bool { return p.Decision != Deny }
	for _, one := range after {
		if allows(one) && !slices.ContainsFunc(before, func(old IssuerPolicy) bool { return allows(old) && old.includes(one) }) {
			return widens
		}
	}
	for _, old := range before {
		if !allows(old) && !slices.ContainsFunc(after, func(one IssuerPolicy) bool { return reflect.DeepEqual(old, one) }) {
			return widens
		}
	}
	for _, subject := range want.Subjects {
		if !slices.ContainsFunc(after, func(p IssuerPolicy) bool {
			return allows(p) && (p.Rules["sub"] == "" || MatchClaim(p.Rules["sub"], subject))
		}) {
			return excludes
		}
	}
	return ""
}

// includes reports whether a corrected policy gives the same token, only to claims that this policy matches.
func (p IssuerPolicy) includes(corrected IssuerPolicy) bool {
	rules := corrected.Rules
	corrected.Rules = p.Rules
	if !reflect.DeepEqual(p, corrected) {
		return false
	}
	for claim, pattern := range p.Rules {
		value, there := rules[claim]
		if !there || value != pattern && (HasClaimWildcard(value) || !MatchClaim(pattern, value)) {
			return false
		}
	}
	return true
}
