package oidc

import (
	"fmt"
	"regexp"
	"strings"
)

// celToken is a name with its dots (`assertion.sub.startsWith`), an operator, or the value of a string literal.
// It stands from start to end in the expression, without the
// white space around it.
type celToken struct {
	text       string
	literal    bool
	start, end int
}

func (t celToken) is(text string) bool { return !t.literal && t.text == text }

var (
	celName     = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*(\.[A-Za-z_][A-Za-z0-9_]*)*`)
	celOperator = regexp.MustCompile(`^(&&|\|\||==|!=|<=|>=|.)`)
	celLiteral  = regexp.MustCompile(`^(?:'(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*")`)
	celRaw      = regexp.MustCompile(`^[rR](?:'[^'\n]*'|"[^"\n]*")`)
	celEscape   = regexp.MustCompile(`\\(.)`)
)

// celTokens takes an expression apart. Of escapes it knows those that stand for themselves; others keep their letter,
// which changes a value that is shown and never whether it is exact.
func celTokens(expression string) ([]celToken, error) {
	var tokens []celToken
	expression = strings.TrimSpace(expression)
	for rest := expression; rest != ""; rest = strings.TrimSpace(rest) {
		var token celToken
		var length int
		switch {
		case celRaw.MatchString(rest):
			found := celRaw.FindString(rest)
			token, length = celToken{text: found[2 : len(found)-1], literal: true}, len(found)
		case celLiteral.MatchString(rest):
			found := celLiteral.FindString(rest)
			token, length = celToken{text: celEscape.ReplaceAllString(found[1:len(found)-1], "$1"), literal: true}, len(found)
		case rest[0] == '\'' || rest[0] == '"':
			return nil, fmt.Errorf("a string is not closed")
		case celName.MatchString(rest):
			token.text = celName.FindString(rest)
			length = len(token.text)
		default:
			token.text = celOperator.FindString(rest)
			length = max(len(token.text), 1)
		}
		token.start = len(expression) - len(rest)
		token.end = token.start + length
		tokens, rest = append(tokens, token), rest[length:]
	}
	return indexed(tokens), nil
}

// indexed writes assertion['sub'] as assertion.sub, which means the same.
func indexed(tokens []celToken) []celToken {
	var out []celToken
	for i := 0; i < len(tokens); i++ {
		if i+3 < len(tokens) && tokens[i].is("assertion") && tokens[i+1].is("[") && tokens[i+2].literal && tokens[i+3].is("]") {
			name, start := "assertion."+tokens[i+2].text, tokens[i].start
			i += 3
			if i+2 < len(tokens) && tokens[i+1].is(".") && !tokens[i+2].literal {
				name += "." + tokens[i+2].text
				i += 2
			}
			out = append(out, celToken{text: name, start: start, end: tokens[i].end})
			continue
		}
		out = append(out, tokens[i])
	}
	return out
}
