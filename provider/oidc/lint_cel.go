package oidc

import (
	"cmp"
	"fmt"
	"regexp"
	"strconv"
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
	celNumber   = regexp.MustCompile(`^[0-9][0-9A-Za-z.]*`)
	celOperator = regexp.MustCompile(`^(&&|\|\||==|!=|<=|>=|(?s:.))`)
	celIgnored  = regexp.MustCompile(`^(\s+|//[^\n]*)+`)
	celQuote    = regexp.MustCompile(`^([bBrR]{0,2})(\'\'\'|"""|'|")`)
	celEscape   = regexp.MustCompile(`(?s)^\\([abfnrtv\\?"'` + "`" + `]|[xX][0-9A-Fa-f]{2}|u[0-9A-Fa-f]{4}|U[0-9A-Fa-f]{8}|[0-3][0-7]{2})`)
)

// celTokens tokenizes an expression by the grammar of CEL, with comments and with strings between one or three quotes. See
// https://github.com/google/cel-spec/blob/master/doc/langdef.md#syntax. What is not an expression is an error.
func celTokens(expression string) ([]celToken, error) {
	var tokens []celToken
	for at := 0; ; {
		at += len(celIgnored.FindString(expression[at:]))
		if at == len(expression) {
			break
		}
		token, length, err := nextCELToken(expression[at:])
		if err != nil {
			return nil, err
		}
		token.start, token.end = at, at+length
		at += length
		tokens = append(tokens, token)
	}
	if err := checkCEL(tokens); err != nil {
		return nil, err
	}
	return indexed(tokens), nil
}

func nextCELToken(rest string) (token celToken, length int, err error) {
	if quote := celQuote.FindStringSubmatch(rest); quote != nil {
		return readCELString(rest, strings.ToLower(quote[1]), quote[2])
	}
	for _, form := range []*regexp.Regexp{celName, celNumber, celOperator} {
		if token.text = form.FindString(rest); token.text != "" {
			break
		}
	}
	return token, max(len(token.text), 1), nil
}

// readCELString reads a string from its quotes on. Bytes are no text, and so no literal here: no claim equals them.
func readCELString(rest, prefix, quote string) (token celToken, length int, err error) {
	var value strings.Builder
	raw := strings.Contains(prefix, "r")
	for at := len(prefix) + len(quote); at < len(rest); {
		switch {
		case strings.HasPrefix(rest[at:], quote):
			length = at + len(quote)
			if strings.Contains(prefix, "b") {
				return celToken{text: rest[:length]}, length, nil
			}
			return celToken{text: value.String(), literal: true}, length, nil
		case rest[at] == '\n' && len(quote) == 1:
			return token, 0, fmt.Errorf("a string is not closed")
		case rest[at] == '\\' && !raw:
			escape := celEscape.FindString(rest[at:])
			if escape == "" {
				return token, 0, fmt.Errorf("a string holds an escape that CEL does not have")
			}
			text, err := unescaped(escape)
			if err != nil {
				return token, 0, err
			}
			value.WriteString(text)
			at += len(escape)
		default:
			value.WriteByte(rest[at])
			at++
		}
	}
	return token, 0, fmt.Errorf("a string is not closed")
}

var celLetters = map[byte]string{'a': "\a", 'b': "\b", 'f': "\f", 'n': "\n", 'r': "\r", 't': "\t", 'v': "\v"}

func unescaped(escape string) (string, error) {
	digits, base := escape[1:], 8
	switch {
	case strings.ContainsRune("xXuU", rune(escape[1])):
		digits, base = escape[2:], 16
	case escape[1] < '0' || escape[1] > '3':
		return cmp.Or(celLetters[escape[1]], escape[1:]), nil
	}
	code, err := strconv.ParseInt(digits, base, 32)
	if err != nil {
		return "", fmt.Errorf("a string holds the escape %q, which stands for no character: %w", escape, err)
	}
	return string(rune(code)), nil
}

// indexed writes assertion['sub'] as assertion.sub, which means the same, and quotes what is not a name there, as policies of Pulumi
// Cloud do: assertion['kubernetes.io']['namespace'] is assertion."kubernetes.io".namespace.
func indexed(tokens []celToken) []celToken {
	var out []celToken
	for i := 0; i < len(tokens); i++ {
		name := tokens[i]
		if !name.literal && (name.text == "assertion" || strings.HasPrefix(name.text, "assertion.")) {
			for next := tokens[i+1:]; ; next = tokens[i+1:] {
				switch {
				case len(next) > 2 && next[0].is("[") && next[1].literal && next[2].is("]"):
					name.text += "." + quotedClaim(next[1].text)
					i += 3
				case len(next) > 1 && name.text != tokens[i].text && next[0].is(".") && !next[1].literal:
					name.text += "." + next[1].text
					i += 2
				default:
					next = nil
				}
				name.end = tokens[i].end
				if next == nil {
					break
				}
			}
		}
		out = append(out, name)
	}
	return out
}

// quotedClaim is a part of a claim's name as policies of Pulumi Cloud have it.
func quotedClaim(key string) string {
	if celName.FindString(key) == key && !strings.Contains(key, ".") {
		return key
	}
	return `"` + key + `"`
}
