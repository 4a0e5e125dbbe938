package audit_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"pgregory.net/rapid"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/audit"
)

func TestMentions(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		description, entity string
		want                bool
	}{
		{"Opened environment payments/prod", "payments/prod", true},
		{"Opened environment payments/prod.", "payments/prod", true},
		{"Opened environment 'payments/prod'", "payments/prod", true},
		{"payments/prod was opened", "payments/prod", true},
		{"Opened environment acme/payments/prod@3", "payments/prod", true},
		{"Opened environment acme/payments/prod", "acme/payments/prod", true},
		{"Opened environment payments/prod-eu", "payments/prod", false},
		{"Opened environment payments/prod.eu", "payments/prod", false},
		{"Opened environment payments/prod/x", "payments/prod", false},
		{"Opened environment old-payments/prod", "payments/prod", false},
		{"Opened environment evil/payments/prod", "payments/prod", false},
		{"Opened environment notacme/payments/prod", "payments/prod", false},
		{"Cloned environment payments/prod-eu to payments/prod", "payments/prod", true},
		{"Updated team payments", "payments", true},
		{"Updated team payments-dev", "payments", false},
		{"", "payments", false},
		{"Opened an anonymous environment", "", false},
	} {
		assert.Equal(t, c.want, audit.Mentions(c.description, "acme", c.entity), "%q mentions %q", c.description, c.entity)
	}
	assert.True(t, audit.Mentions("Opened payments/prod", "", "payments/prod"), "without an organization")
}

// A name is found wherever it stands as a word of its own, and never as a part of a longer name.
func TestMentionsProperty(t *testing.T) {
	t.Parallel()
	name := rapid.StringMatching(`[a-z][a-z0-9_-]{0,8}/[a-z][a-z0-9_-]{0,8}`)
	words := rapid.StringMatching(`( ?[A-Za-z,]{1,6} ){0,4}`)
	rapid.Check(t, func(t *rapid.T) {
		entity, before, after := name.Draw(t, "entity"), words.Draw(t, "before"), words.Draw(t, "after")
		if !audit.Mentions(before+entity+" "+after, "acme", entity) {
			t.Fatalf("%q is not found in %q", entity, before+entity+" "+after)
		}
		longer := rapid.SampledFrom([]string{"-", "_", "x", "/", "1"}).Draw(t, "joint")
		if audit.Mentions("Opened "+entity+longer+"z "+strings.Trim(after, "/"), "acme", entity) {
			t.Fatalf("%q is found in a longer name", entity)
		}
	})
}

func TestMatches(t *testing.T) {
	t.Parallel()
	noon := time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC)
	event := audit.Event{Time: noon, Kind: "environment-open", Description: "Opened environment payments/prod"}
	for name, c := range map[string]struct {
		query audit.Query
		want  bool
	}{
		"everything":     {audit.Query{}, true},
		"its kind":       {audit.Query{Kinds: []string{"team-updated", "environment-open"}}, true},
		"another kind":   {audit.Query{Kinds: []string{"environment-read"}}, false},
		"its entity":     {audit.Query{Entity: "payments/prod"}, true},
		"another":        {audit.Query{Entity: "payments/dev"}, false},
		"from then on":   {audit.Query{Since: noon}, true},
		"later":          {audit.Query{Since: noon.Add(time.Second)}, false},
		"until then":     {audit.Query{Until: noon}, true},
		"earlier":        {audit.Query{Until: noon.Add(-time.Second)}, false},
		"all but entity": {audit.Query{Kinds: []string{"environment-open"}, Since: noon, Until: noon, Entity: "x/y"}, false},
	} {
		assert.Equal(t, c.want, c.query.Matches(event), name)
	}
}

func FuzzMentions(f *testing.F) {
	f.Add("Opened environment acme/payments/prod@3.", "acme", "payments/prod")
	f.Add("", "", "")
	f.Fuzz(func(t *testing.T, description, organization, entity string) {
		if audit.Mentions(description, organization, entity) && !strings.Contains(description, entity) {
			t.Fatalf("%q is not in %q", entity, description)
		}
	})
}
