package oidc

import (
	"fmt"
	"regexp"
	"strings"
)

// AzureMatching is the expression of a flexible federated credential, which stands in place of the subject. The JSON is Azure's
// own. See
// https://learn.microsoft.com/entra/workload-id/workload-identities-flexible-federated-identity-credentials.
type AzureMatching struct {
	Value           string `json:"value"`
	LanguageVersion int    `json:"languageVersion,omitempty"`
}

// azureLanguage is the only version of the language of expressions. A credential that names none is taken for one of it.
const azureLanguage = 1

// azureComparison is one comparison of an expression.
type azureComparison struct {
	claim, value string
	pattern      bool // `matches`, whose value may hold `*` and `?`
}

// azureExpression is an expression taken apart: comparisons that all have to hold, as far as it is understood. rest is where
// the understanding ends, "" if nowhere.
type azureExpression struct {
	comparisons []azureComparison
	rest        string
}

var azureComparisonText = regexp.MustCompile(`^claims\['([^']+)'\]\s+(eq|matches)\s+'([^']*)'\s*`)

// parse reads the expression: comparisons of claims with texts in single quotes, joined by `and`. Azure documents no other
// operator, and that quotes escape without saying how: whatever else stands there is not understood.
func (m AzureMatching) parse() azureExpression {
	parsed := azureExpression{rest: strings.TrimSpace(m.Value)}
	if m.LanguageVersion != 0 && m.LanguageVersion != azureLanguage || parsed.rest == "" {
		parsed.rest = fmt.Sprintf("%s (language version %d)", m.Value, m.LanguageVersion)
		return parsed
	}
	for {
		found := azureComparisonText.FindStringSubmatch(parsed.rest)
		if found == nil {
			return parsed
		}
		after := parsed.rest[len(found[0]):]
		next, joined := strings.CutPrefix(after, "and ")
		if after != "" && (!joined || !strings.HasSuffix(found[0], " ")) {
			parsed.rest = after
			return parsed
		}
		parsed.comparisons = append(parsed.comparisons, azureComparison{claim: found[1], value: found[3], pattern: found[2] == "matches"})
		if parsed.rest = strings.TrimLeft(next, " "); after == "" {
			return parsed
		}
	}
}

func (e azureExpression) understood() bool { return e.rest == "" }

// text writes the expression as Azure documents it.
func (e azureExpression) text() string {
	parts := make([]string, len(e.comparisons))
	for i, c := range e.comparisons {
		operator := "eq"
		if c.pattern {
			operator = "matches"
		}
		parts[i] = fmt.Sprintf("claims['%s'] %s '%s'", c.claim, operator, c.value)
	}
	return strings.Join(parts, " and ")
}

// evaluate says whether the token has what the expression asks for. One comparison that fails for certain outweighs what is
// not understood, as everything is joined by `and`; but behind what is not understood, an `or` may stand.
func (e azureExpression) evaluate(id WebIdentity) (truth, string) {
	if !e.understood() {
		return maybe, fmt.Sprintf("the expression is not understood from %q on", e.rest)
	}
	holds, why := yes, ""
	for _, c := range e.comparisons {
		one, reason := c.evaluate(id)
		if one < holds {
			holds, why = one, reason
		}
	}
	return holds, why
}

func (c azureComparison) evaluate(id WebIdentity) (truth, string) {
	values, known := id.claimsOf(c.claim)
	switch {
	case !known:
		return maybe, fmt.Sprintf("the token's claim %s is not known", c.claim)
	case len(values) == 0:
		return no, fmt.Sprintf("the token has no claim %s", c.claim)
	case len(values) > 1:
		return maybe, fmt.Sprintf("how Azure compares a claim of several values, %s, is not documented", c.claim)
	}
	return c.holds(values[0]), fmt.Sprintf("the claim %s is %q, and the expression asks for %q", c.claim, values[0], c.value)
}

// holds compares one value. Azure does not document whether an expression takes letters of either case for the same, nor
// whether `*`, which it calls multi-character, stands for nothing as well: where this matters, the answer is maybe.
func (c azureComparison) holds(value string) truth {
	matches := equals
	if c.pattern {
		matches = like
	}
	switch {
	case !matches(strings.ToLower(c.value), strings.ToLower(value)):
		return no
	case !matches(c.value, value):
		return maybe
	case c.pattern && !like(strings.ReplaceAll(c.value, "*", "?*"), value):
		return maybe
	}
	return yes
}

// exact says whether only one value can match, as Azure documents patterns. Other characters that patterns elsewhere are made
// of may mean something to Azure as well.
func (c azureComparison) exact() bool {
	return !c.pattern || !strings.ContainsAny(c.value, `*?()[]{}|+^$\`)
}

// implies says whether every value that this comparison admits is one that the other does.
func (c azureComparison) implies(other azureComparison) bool {
	return c == other || c.claim == other.claim && c.exact() && other.holds(c.value) == yes
}

// claimsOf are the values that the token has for a claim.
func (id WebIdentity) claimsOf(claim string) (values []string, known bool) {
	switch claim {
	case subjectClaim:
		return []string{id.Subject}, true
	case "iss":
		return []string{id.Issuer}, true
	case "aud":
		return id.Audiences, true
	}
	return id.Claims[claim], id.Claims != nil
}
