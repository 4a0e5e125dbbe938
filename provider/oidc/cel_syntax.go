package oidc

import (
	"errors"
	"fmt"
	"slices"
)

var errCELEnd = errors.New("the condition is not complete")

var celBinary = []string{"&&", "||", "==", "!=", "<", "<=", ">", ">=", "+", "-", "*", "/", "%", "in"}

// celSyntax follows an expression from token to token: whether a value comes next, and which brackets and conditionals are open.
type celSyntax struct {
	open   []string
	value  bool // one was read, so that no other may follow
	closes bool // an empty list, or a comma that nothing follows
}

var celBrackets = map[string]string{")": "(", "]": "[", "}": "{"}

// celOpens reports whether a token opens what one of celBrackets closes.
func celOpens(text string) bool { return text == "(" || text == "[" || text == "{" }

// checkCEL returns why tokens are not a CEL expression. It is not a full parser: what passes may still be invalid, and then does
// not count as exact.
func checkCEL(tokens []celToken) error {
	if len(tokens) == 0 {
		return nil
	}
	var s celSyntax
	for _, token := range tokens {
		if !s.next(token) {
			return fmt.Errorf("%q is not expected in the condition", token.text)
		}
	}
	if !s.value || len(s.open) > 0 {
		return errCELEnd
	}
	return nil
}

func (s *celSyntax) next(token celToken) bool {
	closes := s.closes
	s.closes = false
	opening, closing := celBrackets[token.text]
	switch {
	case token.literal || token.operand():
		if s.value {
			return false
		}
		s.value = true
	case celOpens(token.text):
		s.open, s.value, s.closes = append(s.open, token.text), false, true
	case closing:
		if !s.value && !closes || !s.pop(opening) {
			return false
		}
		s.value = true
	case token.text == "!":
		return !s.value
	case token.text == "-" && !s.value:
	case !s.value:
		return false
	case token.text == ",":
		s.value, s.closes = false, true
		return len(s.open) > 0 && s.open[len(s.open)-1] != "?"
	case token.text == "?":
		s.open, s.value = append(s.open, "?"), false
	case token.text == ":":
		s.value = false
		return s.pop("?") || len(s.open) > 0 && s.open[len(s.open)-1] == "{"
	case token.text == "." || slices.Contains(celBinary, token.text):
		s.value = false
	default:
		return false
	}
	return true
}

func (s *celSyntax) pop(opening string) bool {
	last := len(s.open) - 1
	if last < 0 || s.open[last] != opening {
		return false
	}
	s.open = s.open[:last]
	return true
}

// operand reports whether a token that is not a literal is a value: a name, a number or bytes.
func (t celToken) operand() bool {
	return t.text != "in" && (celName.MatchString(t.text) || celNumber.MatchString(t.text) || celQuote.MatchString(t.text))
}
