package redact_test

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"pgregory.net/rapid"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/redact"
)

func TestRuns(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ text, secret, want string }{
		{"it is hunter2-and-more.", "hunter2-and-more", "it is [secret]."},
		{"it is hunter2-an", "hunter2-and-more", "it is [secret]"},
		{"...er2-and-more is it", "hunter2-and-more", "...[secret] is it"},
		{"it is hunt", "hunter2-and-more", "it is hunt"},
		{"a pin is 4711, not 47110", "4711", "a pin is [secret], not 47110"},
		{"one hunter", "hunter", "one [secret]"},
		{"one hunters", "hunter", "one hunters"},
		{"nothing", "", "nothing"},
		{"ab", "longer than the text", "ab"},
		{"it is hunter2ö-an", "hunter2ä-and", "it is [secret]-an"},
	} {
		assert.Equal(t, test.want, redact.Runs(test.text, test.secret, 6))
	}
}

// No run of the secret is left, wherever the text was cut, and what has nothing of it stays as it is.
func TestRunsLeaveNothingOfASecretProperty(t *testing.T) {
	t.Parallel()
	const shortest = 6
	rapid.Check(t, func(t *rapid.T) {
		secret := rapid.StringOfN(rapid.RuneFrom([]rune(`abc12-_=é"`)), 8, 30, -1).Draw(t, "secret")
		from := rapid.IntRange(0, len(secret)-shortest).Draw(t, "from")
		to := rapid.IntRange(from+shortest, len(secret)).Draw(t, "to")
		text := "WXYZ " + secret[from:to] + " WXYZ"
		left := redact.Runs(text, secret, shortest)
		for i := 0; i+shortest <= len(secret); i++ {
			if strings.Contains(left, secret[i:i+shortest]) {
				t.Fatalf("%q of %q is left in %q", secret[i:i+shortest], secret, left)
			}
		}
		if !strings.HasPrefix(left, "WXYZ ") || !strings.HasSuffix(left, " WXYZ") {
			t.Fatalf("%q became %q", text, left)
		}
	})
}

// What was text stays text, where a text and a secret have half of a character in common.
func TestRunsAreOfWholeCharacters(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		some := rapid.StringOfN(rapid.RuneFrom([]rune("abäö€₭😀😁")), 0, 30, -1)
		text, secret := some.Draw(t, "text"), some.Draw(t, "secret")
		if left := redact.Runs(text, secret, rapid.IntRange(1, 8).Draw(t, "shortest")); !utf8.ValidString(left) {
			t.Fatalf("%q without %q became %q", text, secret, left)
		}
	})
}
