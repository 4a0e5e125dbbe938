// Package redact takes secrets out of texts that repeat them, or parts of them: an answer may be cut in the middle of one. Start at
// [Runs].
package redact

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Mark stands where a secret was.
const Mark = "[secret]"

// Runs replaces every run of at least shortest bytes that a text and a secret have in common, and a secret that is shorter where it
// stands as a word.
func Runs(text, secret string, shortest int) string {
	shortest = min(shortest, len(secret))
	if shortest == 0 {
		return text
	}
	var out strings.Builder
	for i := 0; i < len(text); {
		run := 0
		if i+shortest <= len(text) && strings.Contains(secret, text[i:i+shortest]) {
			run = commonRun(text[i:], secret)
		}
		if run >= shortest && (run < len(secret) || shortest < len(secret) || standsAlone(text, i, i+run)) {
			out.WriteString(Mark)
			i = endOfRune(text, i+run)
			continue
		}
		_, size := utf8.DecodeRuneInString(text[i:])
		out.WriteString(text[i : i+size])
		i += size
	}
	return out.String()
}

// endOfRune is the end of the character that a place in a text is within: half a character would be no text, which the engine cannot be sent.
func endOfRune(text string, at int) int {
	for at < len(text) && !utf8.RuneStart(text[at]) {
		at++
	}
	return at
}

// commonRun is the length of the longest start of the text that the secret holds somewhere.
func commonRun(text, secret string) int {
	run := 0
	for run < len(text) && run < len(secret) && strings.Contains(secret, text[:run+1]) {
		run++
	}
	return run
}

func standsAlone(text string, from, to int) bool {
	word := func(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }
	before, _ := utf8.DecodeLastRuneInString(text[:from])
	after, _ := utf8.DecodeRuneInString(text[to:])
	return !word(before) && !word(after)
}
