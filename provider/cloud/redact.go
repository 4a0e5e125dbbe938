package cloud

import (
	"strings"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/esc"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/redact"
)

const (
	redactedToken = "[access token]"
	notRepeated   = "[what was answered is not shown: it may repeat the secrets of the definition that was sent]"
	minimumQuote  = 6        // bytes of a secret that an answer repeats before they are taken for it
	minimumToken  = 12       // bytes of the access token
	maxSearched   = 16 << 10 // bytes of one text that are searched; no more of it is shown
)

// quiet returns what takes the secrets of a call out of what others said about it: answers and failures of the network may repeat
// the request, its headers included.
func (c *Client) quiet(in call) func(string) string {
	withoutSecrets := in.redactor()
	return func(text string) string {
		text = text[:min(len(text), maxSearched)]
		if c.token != "" {
			text = strings.ReplaceAll(text, c.token, redactedToken)
			text = redact.Runs(text, c.token, minimumToken)
		}
		return withoutSecrets(text)
	}
}

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
		for _, secret := range secrets {
			text = redact.Runs(text, secret, minimumQuote)
		}
		return text
	}
}
