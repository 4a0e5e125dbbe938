package oidc

import (
	"fmt"
	"strings"
)

// celPin is how a condition restricts one claim. It is exact if every way to meet the condition compares the claim for equality
// with one of the values; patterns are the texts that it is compared with in other ways.
type celPin struct {
	exact    bool
	values   []string
	patterns []string
}

// maxAlternatives bounds the ways to meet a condition that are looked at one by one. More are looked at together.
const maxAlternatives = 64

// celPins parses the part of CEL that conditions restrict claims with: `==` and `in` with literals, joined by `&&`, `||` and
// parentheses. Anything else restricts nothing, so that what is not understood never counts as exact. It returns the restrictions
// of each way to meet the condition.
func celPins(condition string) ([]map[string]celPin, error) {
	tokens, err := celTokens(condition)
	if err != nil {
		return nil, err
	}
	for _, token := range tokens {
		// A conditional binds looser than everything that is read here.
		if token.is("?") {
			return []map[string]celPin{{}}, nil
		}
	}
	reader := celReader{tokens: tokens}
	alternatives := reader.or()
	if reader.next < len(tokens) {
		return nil, fmt.Errorf("%q is not expected in the condition", tokens[reader.next].text)
	}
	return alternatives, nil
}

type celReader struct {
	tokens []celToken
	next   int
}

func (r *celReader) at(text string) bool {
	return r.next < len(r.tokens) && !r.tokens[r.next].literal && r.tokens[r.next].text == text
}

func (r *celReader) or() []map[string]celPin {
	alternatives := r.and()
	for r.at("||") {
		r.next++
		alternatives = bounded(append(alternatives, r.and()...))
	}
	return alternatives
}

func (r *celReader) and() []map[string]celPin {
	alternatives := r.term()
	for r.at("&&") {
		r.next++
		var both []map[string]celPin
		more := r.term()
		for _, one := range alternatives {
			for _, other := range more {
				both = append(both, joinPins(one, other, true))
			}
		}
		alternatives = bounded(both)
	}
	return alternatives
}

func bounded(alternatives []map[string]celPin) []map[string]celPin {
	if len(alternatives) > maxAlternatives {
		return []map[string]celPin{anyOfPins(alternatives)}
	}
	return alternatives
}

// anyOfPins is the restrictions that all ways to meet a condition share.
func anyOfPins(alternatives []map[string]celPin) map[string]celPin {
	joined := alternatives[0]
	for _, one := range alternatives[1:] {
		joined = joinPins(joined, one, false)
	}
	return joined
}

// joinPins combines the restrictions of two operands. With `&&` one exact operand is enough; with `||` both must be exact.
func joinPins(a, b map[string]celPin, and bool) map[string]celPin {
	joined := map[string]celPin{}
	for _, side := range []map[string]celPin{a, b} {
		for claim := range side {
			one, other := a[claim], b[claim]
			pin := celPin{exact: one.exact && other.exact || and && (one.exact || other.exact)}
			pin.values = append(append(pin.values, one.values...), other.values...)
			// A pattern beside an exact comparison decides nothing.
			if !pin.exact {
				pin.patterns = append(append(pin.patterns, one.patterns...), other.patterns...)
			}
			joined[claim] = pin
		}
	}
	return joined
}

// term reads a part in parentheses, or everything up to the next `&&`, `||` or closing parenthesis.
func (r *celReader) term() []map[string]celPin {
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
		token := r.tokens[r.next]
		_, closing := celBrackets[token.text]
		switch {
		case token.literal:
		case celOpens(token.text):
			depth++
		case depth > 0 && closing:
			depth--
		case depth == 0 && (closing || token.text == "&&" || token.text == "||"):
			return []map[string]celPin{comparison(r.tokens[start:r.next])}
		}
	}
	return []map[string]celPin{comparison(r.tokens[start:])}
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
