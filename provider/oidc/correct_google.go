package oidc

import (
	"slices"
	"strings"
)

// googleLocation is a provider of a pool, or its condition alone.
type googleLocation struct{ index int }

// fix adds a comparison with exact subjects to the condition, and keeps those parts of the condition that the comparison does not
// decide.
func (s googleLocation) fix(rule string, t *tree, want Intent) bool {
	condition, bare := t.root.(string)
	provider := googleProvider{condition: condition, bare: bare}
	var object map[string]any
	if !bare {
		all, _ := entries(t, googleProviders)
		if s.index >= len(all) {
			return false
		}
		object = all[s.index]
		read, err := readGoogle([]byte((&tree{object}).text()), "")
		if err != nil {
			return false
		}
		provider = read
	}
	claims, err := provider.pins()
	if err != nil || len(want.Subjects) == 0 && provider.pinsOthers() {
		return false
	}
	subjects, audiences := claims[subjectClaim].values, provider.audiences
	if rule == RuleSeveralOrganizations || rule == RuleOtherOrganization {
		keep := want.keep(subjects)
		if keep == "" {
			return false
		}
		subjects = ofOrganization(keep, subjects, subjectOrganization)
		audiences = ofOrganization(keep, audiences, audienceOrganization)
	}
	exact := want.exactSubjects(subjects)
	if len(exact) == 0 || len(claims[subjectClaim].patterns) > 0 && len(want.Subjects) == 0 || !fits(strings.TrimPrefix(provider.issuer, "https://"), exact) {
		return false
	}
	fixed, ok := provider.restrictedTo(exact)
	if !ok {
		return false
	}
	meant := want.audiences(GCP, append(slices.Clone(claims["aud"].values), audiences...), exact)
	if bare {
		t.root = fixed
		return true
	}
	object[writtenAs(object, "attributeCondition")] = fixed
	return provider.fixAudiences(rule, object, audiences, meant)
}

// pinsOthers reports whether one way to meet the condition names workloads by other claims than the subject: a restriction to the
// subjects of another way would deny them.
func (p googleProvider) pinsOthers() bool {
	alternatives, err := p.alternatives()
	return err == nil && len(alternatives) > 1 && slices.ContainsFunc(alternatives, func(claims map[string]celPin) bool {
		return !claims[subjectClaim].exact && p.view(claims).identified()
	})
}

// fixAudiences keeps the intended ones of the allowed audiences. An empty list would stand for the provider's own name.
func (p googleProvider) fixAudiences(rule string, object map[string]any, audiences, meant []string) bool {
	if !p.isOIDC && p.issuer == "" {
		if len(meant) > 0 {
			object[writtenAs(object, "oidc")] = map[string]any{"allowedAudiences": listOf(meant)}
		}
		return len(meant) > 0 || !isAudienceRule(rule)
	}
	kept := audiences
	if isAudienceRule(rule) {
		kept = slices.DeleteFunc(slices.Clone(audiences), func(a string) bool { return !slices.Contains(meant, a) })
	}
	if len(kept) == len(p.audiences) {
		return !isAudienceRule(rule)
	}
	block, ok := object[writtenAs(object, "oidc")].(map[string]any)
	if !ok || len(kept) == 0 {
		return false
	}
	block[writtenAs(block, "allowedAudiences")] = listOf(kept)
	return true
}

// restrictedTo returns the condition restricted to the subjects; ok is false if the condition refuses one of them.
func (p googleProvider) restrictedTo(subjects []string) (condition string, ok bool) {
	kept := []string{googleCondition(subjects)}
	terms, err := celTerms(p.condition)
	if err != nil {
		return "", false
	}
	for _, term := range terms {
		decided := yes
		for _, subject := range subjects {
			decided = min(decided, p.holds(term.tokens, subject))
		}
		switch decided {
		case no:
			return "", false
		case maybe:
			kept = append(kept, term.text)
		case yes:
		}
	}
	return strings.Join(kept, " && "), true
}

// celTerm is a part of a condition that has to hold, with its text.
type celTerm struct {
	tokens []celToken
	text   string
}

// celTerms splits a condition at every `&&` that nothing else encloses. An operator that binds looser makes it one term.
func celTerms(condition string) ([]celTerm, error) {
	tokens, err := celTokens(condition)
	if err != nil || len(tokens) == 0 {
		return nil, err
	}
	whole := []celTerm{{tokens, "(" + termOf(condition, tokens).text + ")"}}
	var terms []celTerm
	depth, start := 0, 0
	for i, token := range tokens {
		switch {
		case token.is("(") || token.is("[") || token.is("{"):
			depth++
		case token.is(")") || token.is("]") || token.is("}"):
			depth--
		case depth == 0 && (token.is("||") || token.is("?")):
			return whole, nil
		case depth == 0 && token.is("&&"):
			terms = append(terms, termOf(condition, tokens[start:i]))
			start = i + 1
		}
	}
	return append(terms, termOf(condition, tokens[start:])), nil
}

func termOf(condition string, tokens []celToken) celTerm {
	if len(tokens) == 0 {
		return celTerm{}
	}
	return celTerm{tokens, condition[tokens[0].start:tokens[len(tokens)-1].end]}
}

// holds evaluates as much of a condition as depends on the subject. A part about the subject that is not understood counts as
// false, since a correction must admit the subject.
func (p googleProvider) holds(tokens []celToken, subject string) truth {
	if len(tokens) == 1 && tokens[0].is("true") {
		return yes
	}
	if inner, ok := enclosed(tokens); ok {
		return p.holds(inner, subject)
	}
	if slices.ContainsFunc(tokens, func(t celToken) bool { return t.is("?") || t.is("!") }) {
		return p.unless(tokens)
	}
	if parts := splitTokens(tokens, "||"); len(parts) > 1 {
		any := no
		for _, part := range parts {
			any = max(any, p.holds(part, subject))
		}
		return any
	}
	if parts := splitTokens(tokens, "&&"); len(parts) > 1 {
		all := yes
		for _, part := range parts {
			all = min(all, p.holds(part, subject))
		}
		return all
	}
	return p.compare(tokens, subject)
}

// compare decides one comparison of the subject.
func (p googleProvider) compare(tokens []celToken, subject string) truth {
	for name, pin := range comparison(tokens) {
		if pin.exact && p.claimOf(name) == subjectClaim {
			return truthOf(slices.Contains(pin.values, subject))
		}
	}
	if len(tokens) == 3 && tokens[1].is("!=") && tokens[2].literal && p.claimOf(tokens[0].text) == subjectClaim {
		return truthOf(subject != tokens[2].text)
	}
	if len(tokens) != 4 || !tokens[1].is("(") || !tokens[2].literal || !tokens[3].is(")") || tokens[0].literal {
		return p.unless(tokens)
	}
	for call, holds := range map[string]func(string, string) bool{
		".startsWith": strings.HasPrefix, ".endsWith": strings.HasSuffix, ".contains": strings.Contains,
	} {
		if name, found := strings.CutSuffix(tokens[0].text, call); found && p.claimOf(name) == subjectClaim {
			return truthOf(holds(subject, tokens[2].text))
		}
	}
	return p.unless(tokens)
}

// unless is maybe for what is not about the subject.
func (p googleProvider) unless(tokens []celToken) truth {
	about := slices.ContainsFunc(tokens, func(t celToken) bool {
		return !t.literal && (t.is("assertion") || t.is("google") || strings.HasPrefix(t.text, "assertion.sub") || strings.HasPrefix(t.text, "google.subject") ||
			strings.HasPrefix(t.text, "attribute.") && p.claimOf(t.text) == subjectClaim)
	})
	if about {
		return no
	}
	return maybe
}

// enclosed takes off the parentheses that enclose all of a condition.
func enclosed(tokens []celToken) ([]celToken, bool) {
	if len(tokens) < 2 || !tokens[0].is("(") || !tokens[len(tokens)-1].is(")") {
		return nil, false
	}
	depth := 0
	for i, token := range tokens {
		if token.is("(") {
			depth++
		}
		if token.is(")") {
			depth--
		}
		if depth == 0 && i < len(tokens)-1 {
			return nil, false
		}
	}
	return tokens[1 : len(tokens)-1], true
}

// splitTokens splits at an operator that nothing encloses.
func splitTokens(tokens []celToken, operator string) [][]celToken {
	var parts [][]celToken
	depth, start := 0, 0
	for i, token := range tokens {
		switch {
		case token.is("(") || token.is("["):
			depth++
		case token.is(")") || token.is("]"):
			depth--
		case depth == 0 && token.is(operator):
			parts = append(parts, tokens[start:i])
			start = i + 1
		}
	}
	return append(parts, tokens[start:])
}
