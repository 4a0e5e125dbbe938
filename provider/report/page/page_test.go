package page_test

import (
	"bytes"
	"encoding/json"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/net/html"
	"pgregory.net/rapid"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/access"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/graph"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/report/page"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/review"
)

// hostile are parts of names that would break out of the page, or mislead its reader, if anything let them.
var hostile = []string{
	`</script>`, `<script>owned=1</script>`, `<!--`, `-->`, `]]>`, `"`, `'`, "`", `\`, `${owned}`, `{{.}}`, `&lt;`, `&#60;`, "\u2028", "\u2029", "\u202e", "\u2066", "\u200b",
	"\u0000", "\x7f", "\n", "\t", "\xff", "<img src=x onerror=owned=1>", `</title>`, `</style>`, `javascript:owned=1`, "\ufeff", "😀", "e\u0301", "plain",
}

func hostileText(t *rapid.T, label string) string {
	return strings.Join(rapid.SliceOfN(rapid.SampledFrom(hostile), 1, 4).Draw(t, label), "")
}

// organizationNamed is an organization all of whose names come from one function.
func organizationNamed(name func(label string) string) (page.Input, []string) {
	var names []string
	next := func(label string) string {
		n := name(label)
		names = append(names, n)
		return n
	}
	login, user, team, role, environment, issuer := next("organization"), next("user"), next("team"), next("role"), next("environment"), next("issuer")
	o := graph.Organization{
		Login: login, MemberRole: "member", Catalogue: access.NewCatalogue(nil),
		Records: map[string]graph.Record{
			"member": {Name: "Member", Identifier: "member", Descriptor: access.Allowed{Permissions: []string{"environment:create"}}},
			"role":   {Name: role, Descriptor: access.Allowed{Permissions: []string{"environment:read"}}, Assignable: true},
		},
		Users:        []graph.User{{Login: user, Role: "role"}},
		Teams:        []graph.Team{{Name: team, Members: []string{user}, Environments: map[string]graph.Held{environment: {Level: access.Open}}}},
		Environments: []graph.Resource{{Entity: access.Entity{Kind: access.Environment, ID: "e", Tags: map[string]string{}}, Name: environment, Definition: &graph.Definition{}}},
		Issuers:      []graph.Issuer{{Name: issuer, Unreadable: next("unreadable")}},
	}
	finding := review.Finding{
		ID: "0123456789abcdef", Rule: review.DirectGrant, Severity: review.Low, Principal: "user:" + user, Entity: "environment:" + environment,
		Risk: next("risk"), Evidence: []string{next("evidence")}, Fix: next("fix"), Command: next("command"), Corrected: next("corrected"),
	}
	return page.Input{
		Snapshot: graph.Snapshot{Taken: time.Date(2026, 11, 28, 9, 0, 0, 0, time.UTC), Organization: o, Blind: []graph.Blind{{What: next("what"), Hides: next("hides")}}},
		Review:   &review.Result{Findings: []review.Finding{finding}},
		Indirect: true,
		Changes: &page.Changes{Unknown: []graph.Blind{{What: next("unknown")}}, Differences: []graph.Difference{{
			Gains: true, Holders: []graph.Holder{{PrincipalID: graph.PrincipalID{Kind: graph.UserKind, Name: user}}}, Kind: access.Environment,
			Entities: []string{environment}, Scopes: []string{"environment:open"}, After: graph.Usable, Certainty: graph.Certain,
		}}},
	}, names
}

func written(t require.TestingT, in page.Input) string {
	var out bytes.Buffer
	require.NoError(t, page.Write(&out, in))
	return out.String()
}

// shape is the page without its texts: its elements with the names of their attributes.
func shape(t require.TestingT, text string) []string {
	var all []string
	tokens := html.NewTokenizer(strings.NewReader(text))
	for {
		switch tokens.Next() {
		case html.ErrorToken:
			return all
		case html.StartTagToken, html.EndTagToken, html.SelfClosingTagToken, html.CommentToken, html.DoctypeToken:
			token := tokens.Token()
			one := token.Type.String() + " " + token.DataAtom.String()
			for _, attribute := range token.Attr {
				one += " " + attribute.Key
			}
			all = append(all, one)
		case html.TextToken:
		}
	}
}

var dataScript = regexp.MustCompile(`(?s)<script type="application/json" id="data">(.*?)</script>`)

// Whatever names the service gives, the page has the same elements as with plain ones, its data is the same JSON, and nothing in it is
// invisible or turns the text around.
func TestNoNameBreaksOutProperty(t *testing.T) {
	t.Parallel()
	count := 0
	plain, _ := organizationNamed(func(string) string { count++; return "name" + string(rune('a'+count)) })
	want := shape(t, written(t, plain))
	rapid.Check(t, func(t *rapid.T) {
		in, _ := organizationNamed(func(label string) string { return label + hostileText(t, label) })
		text := written(t, in)
		assert.Equal(t, want, shape(t, text))
		data := dataScript.FindStringSubmatch(text)
		require.Len(t, data, 2)
		var document struct {
			Texts      []string
			Principals []struct{ Kind, Name string }
		}
		require.NoError(t, json.Unmarshal([]byte(data[1]), &document))
		assert.NotEmpty(t, document.Principals)
		for _, hidden := range []string{"\u202e", "\u2066", "\u2028", "\u2029", "\u200b", "\ufeff", "\x00", "\x7f"} {
			assert.NotContains(t, text, hidden)
			for _, one := range document.Texts {
				assert.NotContains(t, one, hidden)
			}
		}
	})
}

// A name with an invisible character is not shown as the name without it.
func TestInvisibleCharactersAreShown(t *testing.T) {
	t.Parallel()
	in, _ := organizationNamed(func(label string) string { return label + "\u202eevil" })
	text := written(t, in)
	assert.Contains(t, text, `user\u{202E}evil`)
}

func TestPolicyAllowsNothingButThePage(t *testing.T) {
	t.Parallel()
	in, _ := organizationNamed(func(label string) string { return label })
	text := written(t, in)
	assert.Regexp(t, `http-equiv="Content-Security-Policy" content="default-src &#39;none&#39;; style-src &#39;sha256-[^ ]+&#39;; script-src &#39;sha256-[^ ]+&#39;; base-uri`, text)
	assert.NotRegexp(t, `(?i)(src|href|action)\s*=\s*"?(https?:|//)`, text)
	assert.NotContains(t, text, "url(")
	assert.NotContains(t, text, "@import")
}

func TestPageOfNoOrganizationIsRefused(t *testing.T) {
	t.Parallel()
	assert.ErrorContains(t, page.Write(&bytes.Buffer{}, page.Input{}), "it has no name")
}
