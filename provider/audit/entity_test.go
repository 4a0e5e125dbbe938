package audit_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/audit"
)

func TestEntity(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ description, noun, want string }{
		{"Opened environment payments/prod", "environment", "payments/prod"},
		{"Opened environment acme/payments/prod@3.", "environment", "payments/prod"},
		{"Opened environment 'payments/prod'", "environment", "payments/prod"},
		{"User bo opened payments/prod:stable", "environment", "payments/prod"},
		{"Cloned environment payments/prod to payments/copy", "environment", "payments/prod"},
		{"bo was refused: it needs environment:open on environment payments/prod", "environment", "payments/prod"},
		{"bo was refused to clone payments/prod, which a gate guards", "environment", "payments/prod"},
		{"Created tag environment of environment payments/prod", "environment", "payments/prod"},
		{"Created environment web/cfg for the configuration of stack web/dev", "stack", "web/dev"},
		{"Created environment web/cfg for the configuration of stack web/dev", "environment", "web/cfg"},
		{"Issued an OIDC token for https://example.com/x in environment payments/prod", "environment", "payments/prod"},
		{"Opened environment prod", "environment", "default/prod"},
		{"Renamed stack a/b to a/c", "stack", "a/b"},
		{"Updated account aws-prod", "account", "aws-prod"},
		{"Updated account aws-prod/us-east-1.", "account", "aws-prod/us-east-1"},
		{"Copied payments/prod to payments/copy", "environment", ""}, // which of them cannot be told
		{"Opened an anonymous environment", "environment", ""},
		{"A stack update started.", "stack", ""},
		{"evil/payments/prod was opened", "environment", ""},
		{"", "stack", ""},
	} {
		assert.Equal(t, c.want, audit.Entity(c.description, "acme", c.noun), c.description)
	}
}

// What Entity finds is mentioned, by the other reading of descriptions.
func TestEntityIsMentionedProperty(t *testing.T) {
	t.Parallel()
	word := rapid.SampledFrom([]string{"environment", "stack", "payments/prod", "acme/payments/prod@2", "a/b-c", "x/y.", "to", "'web/prod'", "1", "of:"})
	rapid.Check(t, func(t *rapid.T) {
		text := ""
		for _, w := range rapid.SliceOfN(word, 0, 6).Draw(t, "words") {
			text += w + " "
		}
		for _, noun := range []string{"environment", "stack"} {
			if found := audit.Entity(text, "acme", noun); found != "" && found[:min(8, len(found))] != "default/" && !audit.Mentions(text, "acme", found) {
				t.Fatalf("%q in %q", found, text)
			}
		}
	})
}

func TestParseTime(t *testing.T) {
	t.Parallel()
	want := time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC)
	for _, text := range []string{"1793534400", "1793534400000", " 1793534400 ", "2026-11-01T12:00:00Z", "2026-11-01T14:00:00+02:00"} {
		at, err := audit.ParseTime(text)
		require.NoError(t, err, text)
		assert.True(t, want.Equal(at), text)
	}
	for _, text := range []string{"", "0", "-5", "yesterday", "99999999999999999999"} {
		_, err := audit.ParseTime(text)
		assert.ErrorContains(t, err, "is not a valid time", text)
	}
}
