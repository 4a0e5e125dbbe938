package cloud

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/esc"
)

const (
	redacted     = "[secret]"
	notRepeated  = "[what was answered is not shown: it may repeat the secrets of the definition that was sent]"
	minimumQuote = 6        // bytes of a secret that an answer repeats before they are taken for it
	maxSearched  = 16 << 10 // bytes of one text that are searched; no more of it is shown
)

// redactor returns what takes the secrets that a request held out of what was answered to it: an answer may repeat a
// definition, or a part of it. Where it cannot be told what is secret, nothing of the answer is shown.
func (in call) redactor() func(string) string {
	body, ok := in.body.(rawBody)
	if !ok {
		return func(text string) string { return text }
	}
	secrets, err := esc.PlaintextSecrets(string(body.data))
	if err != nil {
		return func(text string) string {
			if text == "" {
				return ""
			}
			return notRepeated
		}
	}
	return func(text string) string {
		text = text[:min(len(text), maxSearched)]
		for _, secret := range secrets {
			text = redact(text, secret)
		}
		return text
	}
}

// redact replaces what a text repeats of a secret: every run of a few characters of it, and a shorter secret where it
// stands as a word.
func redact(text, secret string) string {
	var out strings.Builder
	for i := 0; i < len(text); {
		run := commonRun(text[i:], secret)
		if run >= minimumQuote || (run == len(secret) && run > 0 && standsAlone(text, i, i+run)) {
			out.WriteString(redacted)
			i += run
			continue
		}
		_, size := utf8.DecodeRuneInString(text[i:])
		out.WriteString(text[i : i+size])
		i += size
	}
	return out.String()
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
