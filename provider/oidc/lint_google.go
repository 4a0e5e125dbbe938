package oidc

import (
	"encoding/json"
	"fmt"
	"strings"
)

type googleShape struct {
	OIDC struct {
		IssuerURI        string   `json:"issuerUri"`
		AllowedAudiences []string `json:"allowedAudiences"`
	} `json:"oidc"`
	AttributeMapping   map[string]string `json:"attributeMapping"`
	AttributeCondition string            `json:"attributeCondition"`
}

func (l *linter) google(document string) {
	l.site = googleSite{}
	if !isKind([]byte(document), '{') {
		l.googleCondition("", document, googleShape{}, true)
		return
	}
	var provider googleShape
	if err := json.Unmarshal([]byte(document), &provider); err != nil {
		l.invalid("", err)
		return
	}
	mapping, mapped := provider.AttributeMapping["google.subject"]
	l.googleCondition("attributeCondition", provider.AttributeCondition, provider, !mapped || strings.Contains(mapping, "assertion.sub"))
}

// googleCondition looks at the attribute condition. mappedSubject says that google.subject stands for the token's subject.
func (l *linter) googleCondition(path, condition string, provider googleShape, mappedSubject bool) {
	claims, err := celPins(condition)
	if err != nil {
		l.invalid(path, err)
		return
	}
	subject := claims["assertion.sub"]
	if google := claims["google.subject"]; mappedSubject && !subject.exact {
		subject = celPin{exact: google.exact, values: append(subject.values, google.values...), patterns: append(subject.patterns, google.patterns...)}
	}
	audience := claims["assertion.aud"]
	for _, pattern := range subject.patterns {
		l.wildcardSubject(path, pattern)
		l.subject(path, pattern)
	}
	for _, value := range subject.values {
		l.exactSubject(path, value)
	}
	allowed := provider.OIDC.AllowedAudiences
	if !subject.exact && len(subject.patterns) == 0 {
		l.missingSubject(path, audience.exact || len(allowed) > 0)
	}
	l.googleAudiences(path, audience.values, allowed, provider.OIDC.IssuerURI == PulumiCloudIssuer || ours(subject.values))
	if path != "" && len(allowed) == 0 && !audience.exact {
		l.missingAudience("oidc.allowedAudiences")
	}
}

func (l *linter) googleAudiences(path string, inCondition, allowed []string, pulumi bool) {
	if !pulumi {
		return
	}
	for _, value := range inCondition {
		l.audience(GCP, path, value)
	}
	for i, value := range allowed {
		l.audience(GCP, fmt.Sprintf("oidc.allowedAudiences[%d]", i), value)
	}
}

// celPin is what a condition asks of one claim. It is exact when every way to meet the condition compares the claim
// for equality with one of the values; patterns are texts that it is compared with in other ways.
type celPin struct {
	exact    bool
	values   []string
	patterns []string
}

// celPins reads as much of CEL as conditions pin claims with: `==` and `in` with literals, joined by `&&`, `||` and
// parentheses. Anything else pins nothing, so that what is not understood is never taken for exact.
func celPins(condition string) (map[string]celPin, error) {
	tokens, err := celTokens(condition)
	if err != nil {
		return nil, err
	}
	for _, token := range tokens {
		// A conditional binds looser than everything that is read here.
		if token.text == "?" {
			return map[string]celPin{}, nil
		}
	}
	reader := celReader{tokens: tokens}
	claims := reader.or()
	if reader.next < len(tokens) {
		return nil, fmt.Errorf("%q is not expected in the condition", tokens[reader.next].text)
	}
	return claims, nil
}

type celReader struct {
	tokens []celToken
	next   int
}

func (r *celReader) at(text string) bool {
	return r.next < len(r.tokens) && !r.tokens[r.next].literal && r.tokens[r.next].text == text
}

func (r *celReader) or() map[string]celPin {
	claims := r.and()
	for r.at("||") {
		r.next++
		claims = joinPins(claims, r.and(), false)
	}
	return claims
}

func (r *celReader) and() map[string]celPin {
	claims := r.term()
	for r.at("&&") {
		r.next++
		claims = joinPins(claims, r.term(), true)
	}
	return claims
}

// joinPins unites what two sides ask. With `&&` one exact side is enough; with `||` both have to be.
func joinPins(a, b map[string]celPin, and bool) map[string]celPin {
	joined := map[string]celPin{}
	for _, side := range []map[string]celPin{a, b} {
		for claim := range side {
			one, other := a[claim], b[claim]
			pin := celPin{exact: one.exact && other.exact || and && (one.exact || other.exact)}
			pin.values = append(append(pin.values, one.values...), other.values...)
			// A pattern that an exact comparison stands beside decides nothing.
			if !pin.exact {
				pin.patterns = append(append(pin.patterns, one.patterns...), other.patterns...)
			}
			joined[claim] = pin
		}
	}
	return joined
}

// term reads a part in parentheses, or everything up to the next `&&`, `||` or closing parenthesis.
func (r *celReader) term() map[string]celPin {
	start := r.next
	if r.at("(") {
		r.next++
		claims := r.or()
		if r.at(")") {
			r.next++
			if r.next == len(r.tokens) || r.at("&&") || r.at("||") || r.at(")") {
				return claims
			}
		}
		r.next = start
	}
	depth := 0
	for ; r.next < len(r.tokens); r.next++ {
		switch token := r.tokens[r.next]; {
		case token.literal:
		case token.text == "(" || token.text == "[":
			depth++
		case depth > 0 && (token.text == ")" || token.text == "]"):
			depth--
		case depth == 0 && (token.text == "&&" || token.text == "||" || token.text == ")" || token.text == "]"):
			return comparison(r.tokens[start:r.next])
		}
	}
	return comparison(r.tokens[start:])
}

// comparison classifies one term.
func comparison(tokens []celToken) map[string]celPin {
	if len(tokens) == 3 && tokens[1].is("==") {
		one, other := tokens[0], tokens[2]
		if one.literal {
			one, other = other, one
		}
		if !one.literal && other.literal {
			return map[string]celPin{one.text: {exact: true, values: []string{other.text}}}
		}
	}
	if len(tokens) > 4 && !tokens[0].literal && tokens[1].is("in") && tokens[2].is("[") && tokens[len(tokens)-1].is("]") {
		if values, ok := literals(tokens[3 : len(tokens)-1]); ok {
			return map[string]celPin{tokens[0].text: {exact: true, values: values}}
		}
	}
	return calls(tokens)
}

// calls finds comparisons such as assertion.sub.startsWith('...') anywhere in a term.
func calls(tokens []celToken) map[string]celPin {
	claims := map[string]celPin{}
	for i, token := range tokens {
		dot := strings.LastIndexByte(token.text, '.')
		if token.literal || dot < 0 || i+2 >= len(tokens) || !tokens[i+1].is("(") || !tokens[i+2].literal {
			continue
		}
		pin := claims[token.text[:dot]]
		pin.patterns = append(pin.patterns, token.text[dot+1:]+"('"+tokens[i+2].text+"')")
		claims[token.text[:dot]] = pin
	}
	return claims
}

func literals(tokens []celToken) (values []string, ok bool) {
	for i, token := range tokens {
		if token.literal != (i%2 == 0) || i%2 == 1 && !token.is(",") {
			return nil, false
		}
		if token.literal {
			values = append(values, token.text)
		}
	}
	return values, len(values) > 0
}
