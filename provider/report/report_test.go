package report_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"unicode"

	"github.com/owenrumney/go-sarif/v3/pkg/report/v210/sarif"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/access"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/graph"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/report"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/review"
)

func written(t require.TestingT, a report.Answer, o report.Options) string {
	var text strings.Builder
	require.NoError(t, report.Write(&text, a, o))
	return text.String()
}

// texts are names as an attacker would choose them.
func texts() *rapid.Generator[string] {
	return rapid.OneOf(rapid.String(), rapid.SampledFrom([]string{
		"\x1b]0;owned\x07", "\x1b[2J", "a\u202eb", "a\u200bb", "a\rb", "\u009b31m", "| x |", "</details><img src=x onerror=alert(1)>", "@acme/admins", "#1", "`code`", "```\ninjected\n```",
		"[click](https://example.com)", "https://example.com", "www.example.com", "line\n# heading\n", "$x$", "<!-- ", "-->", "**bold**", "\\", "a\x00b", "\U000e0041", "\xff",
	}), rapid.StringMatching(`[a-z/_-]{1,12}`))
}

// answers are answers of all kinds, with these texts wherever an organization's are.
func answers(rt *rapid.T) []report.Answer {
	text := func(label string) string { return texts().Draw(rt, label) }
	path := graph.Path{Steps: []graph.Step{{Kind: graph.TeamStep, Name: text("team"), Text: text("step")}}, Scopes: []string{"environment:open"}, Certainty: graph.Possible, Doubt: text("doubt")}
	blind := []graph.Blind{{What: text("what"), Hides: text("hides")}}
	principal := graph.Principal{Kind: graph.UserKind, Name: text("name"), Certainty: graph.Possible, Doubt: text("why"), Paths: []graph.Path{path}, Missing: []string{text("import")}}
	escalation := graph.Escalation{Principal: graph.PrincipalID{Kind: graph.UserKind, Name: text("who")}, Severity: graph.High, Certainty: graph.Certain,
		Acts: []graph.Performed{{Act: graph.EditRole, On: text("on"), Text: text("act")}}, Reaches: []graph.Gain{{Scope: "environment:open", Kind: access.Environment, Name: text("env")}}}
	finding := review.Finding{ID: "0123456789abcdef", Rule: review.UnusedGrant, Severity: review.High, Principal: "user:" + text("p"), Entity: "environment:" + text("e"), Risk: text("risk"),
		Evidence: []string{text("evidence")}, Fix: text("fix"), Command: text("command"), Corrected: text("corrected")}
	organization := text("organization")
	return []report.Answer{
		report.WhoCanOf(report.Question{Organization: organization, Scope: "environment:open", Kind: access.Environment, Name: text("of")}, graph.Answer{Principals: []graph.Principal{principal},
			Blocked: []graph.Principal{principal}}, graph.Importers{Stacks: []string{text("stack")}}, blind),
		report.ExplainedOf(organization, text("p"), "", []report.Held{{Kind: access.Environment, Name: text("e"), Level: access.None, Access: graph.Access{Paths: []graph.Path{path}},
			Missing: []graph.Missing{{Kind: graph.RuleStep, Name: text("m"), Text: text("mt")}}}}, blind),
		report.RadiusOf(organization, text("p"), graph.Radius{Environments: []graph.Reach{{Name: text("r"), Scope: "environment:open", Certainty: graph.Certain, Paths: []graph.Path{path}}},
			Identities: []graph.CloudIdentity{{Cloud: text("cloud"), Identity: text("identity"), Certainty: graph.Certain, Through: []string{text("through")}}},
			Secrets:    []graph.SecretName{{Environment: text("se"), Path: text("sp")}}, Tokens: []string{text("token")}}, []graph.Escalation{escalation}, blind),
		report.EscalationsOf(organization, "", "", "", []graph.Escalation{escalation}, blind),
		report.ChangesOf(organization, report.Moment{Of: "snapshot"}, report.Moment{Of: "preview"}, []graph.Difference{{Gains: true, Holders: []graph.Holder{{PrincipalID: graph.PrincipalID{
			Kind: graph.TokenKind, Name: text("t")}, Team: text("tt")}}, Kind: access.Environment, Entities: []string{text("e1"), text("e2")}, Scopes: []string{"environment:open"}, After: graph.Usable,
			Certainty: graph.Certain, Path: path}}, blind),
		report.ReviewedOf(organization, report.Window{}, review.Result{Findings: []review.Finding{finding}, Ended: []review.Ended{{Suppression: review.Suppression{Rule: "x", Reason: text("reason")}}}}),
		report.SuggestedOf(organization, text("p"), report.Window{}, report.Python, review.Suggestion{Unused: []review.Unused{{Entity: text("u"), Scopes: []string{"a"}}}, Gaps: []string{text("gap")},
			Access: access.Access{Stacks: []access.Rule{{Selector: access.Selector{Project: text("project"), Name: text("stack")}, Grant: access.Grant{Permission: access.Read}}}}}, blind),
		report.LintedOf([]report.LintedFile{{File: text("file") + "x", Findings: []report.TrustFinding{{Rule: "wildcard-subject", Severity: "high", Path: text("path"), Message: text("message"), Fix: text("fix")}}}}),
	}
}

// Whatever names are in an organization, no form of an answer has a character that a terminal obeys or hides.
func TestNoAnswerControlsATerminal(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		for _, a := range answers(rt) {
			for _, format := range []report.Format{report.Table, report.JSON, report.Markdown, report.SARIF} {
				if format == report.SARIF && !report.CanSARIF(a) {
					continue
				}
				for _, r := range written(rt, a, report.Options{Format: format, Width: rapid.SampledFrom([]int{0, 80}).Draw(rt, "width")}) {
					if r != '\n' && r != '\t' && !unicode.IsGraphic(r) {
						rt.Fatalf("%T as %s has %q", a, format, r)
					}
				}
			}
		}
	})
}

// JSON says names as they are: its escapes read back.
func TestJSONReadsBackAsItIs(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		name := strings.ToValidUTF8(texts().Draw(rt, "name"), "?")
		a := report.WhoCanOf(report.Question{Organization: name, Kind: access.Environment, Name: name}, graph.Answer{}, graph.Importers{}, nil)
		var back report.WhoCan
		require.NoError(rt, json.Unmarshal([]byte(written(rt, a, report.Options{Format: report.JSON})), &back))
		assert.Equal(rt, a, back)
	})
}

// allowedHTML are what reports in Markdown are made of, besides text.
var allowedHTML = strings.NewReplacer("<details>", "", "</details>", "", "<summary>", "", "</summary>", "", "<!---->", "")

// Names add nothing to a page: no HTML, no link, no mention, no block that ends another one.
func TestNamesAddNothingToMarkdown(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		for _, a := range answers(rt) {
			text := written(rt, a, report.Options{Format: report.Markdown})
			assert.LessOrEqual(rt, len(text), report.CommentLimit)
			open := ""
			for _, line := range strings.Split(text, "\n") {
				ticks := line[:len(line)-len(strings.TrimLeft(line, "`"))]
				switch {
				case open == "" && len(ticks) >= 3:
					open = ticks
				case open != "" && line == open:
					open = ""
				case open == "":
					bare := allowedHTML.Replace(line)
					assert.NotContains(rt, bare, "<", line)
					for _, bad := range []string{"@a", "#1", "://", "www."} {
						assert.NotContains(rt, line, bad)
					}
				}
			}
			assert.Empty(rt, open)
			assert.Equal(rt, strings.Count(text, "\n<details><summary>"), strings.Count(text, "\n</details>\n"))
		}
	})
}

func TestMarkdownFitsACommentAndSaysWhatItLeavesOut(t *testing.T) {
	t.Parallel()
	var found review.Result
	for i := range 5000 {
		found.Findings = append(found.Findings, review.Finding{ID: fmt.Sprintf("%016d", i), Rule: review.UnusedGrant, Severity: review.Medium,
			Principal: fmt.Sprintf("team:t%d", i), Entity: "environment:payments/prod", Risk: strings.Repeat("word ", 40), Evidence: []string{strings.Repeat("evidence ", 30)}, Fix: "fix"})
		found.Blind = append(found.Blind, graph.Blind{What: strings.Repeat("what ", 40), Hides: "x"})
	}
	a := report.ReviewedOf("acme", report.Window{}, found)
	text := written(t, a, report.Options{Format: report.Markdown})
	assert.LessOrEqual(t, len(text), report.CommentLimit)
	rows := strings.Count(text, "\n| medium |")
	assert.Contains(t, text, fmt.Sprintf("Left out because comments are limited in length: %d rows", 5000-rows))
	assert.Greater(t, rows, 100)
	assert.Contains(t, text, "<details><summary>medium unused-grant team:t0 environment:payments/prod</summary>")
	assert.Contains(t, text, "more\n\n</details>")
	small := written(t, a, report.Options{Format: report.Markdown, Limit: 10_000})
	assert.LessOrEqual(t, len(small), 10_000)
}

// What is written says that it is all only where it is.
func TestNobodyIsSaidOnlyWhereEverythingWasRead(t *testing.T) {
	t.Parallel()
	q := report.Question{Organization: "acme", Scope: "team:create", Kind: access.Organization, Name: "acme"}
	blind := []graph.Blind{{What: "teams", Hides: "people"}}
	assert.Contains(t, written(t, report.WhoCanOf(q, graph.Answer{}, graph.Importers{}, nil), report.Options{}), "\nNobody.\n")
	unread := written(t, report.WhoCanOf(q, graph.Answer{}, graph.Importers{}, blind), report.Options{})
	assert.NotContains(t, unread, "Nobody.\n")
	assert.Contains(t, unread, "teams (hides people)")
	assert.Contains(t, written(t, report.ChangesOf("acme", report.Moment{}, report.Moment{}, nil, nil), report.Options{}), "Nobody gains or loses access.")
	assert.NotContains(t, written(t, report.ChangesOf("acme", report.Moment{}, report.Moment{}, nil, blind), report.Options{}), "Nobody")
}

// Every rule of the review and of trust documents is one of the reports in SARIF, with a level and a rank.
func TestSARIFHasEveryRule(t *testing.T) {
	t.Parallel()
	var found review.Result
	for _, rule := range review.Rules() {
		found.Findings = append(found.Findings, review.Finding{ID: "0123456789abcdef", Rule: rule.ID, Severity: review.Info, Entity: "environment:a b/c:d"})
	}
	log, err := sarif.FromString(written(t, report.ReviewedOf("acme", report.Window{}, found), report.Options{Format: report.SARIF, Version: "1.2.3"}))
	require.NoError(t, err)
	require.NoError(t, log.Validate())
	assert.Len(t, log.Runs[0].Tool.Driver.Rules, len(review.Rules()))
	assert.Equal(t, "pulumi-cloud/acme/environment/a%20b/c%3Ad", *log.Runs[0].Results[0].Locations[0].PhysicalLocation.ArtifactLocation.URI)
	for _, rule := range log.Runs[0].Tool.Driver.Rules {
		assert.Contains(t, []any{"8.0", "5.5", "3.0", "0.0"}, rule.Properties.Properties["security-severity"])
		assert.NotEmpty(t, *rule.FullDescription.Text)
	}
}

func TestColorsAreForTerminalsAlone(t *testing.T) {
	t.Parallel()
	a := report.ReviewedOf("acme", report.Window{}, review.Result{Findings: []review.Finding{{Rule: "x", Severity: review.High}}})
	assert.Contains(t, written(t, a, report.Options{Color: true}), "\x1b[31mhigh\x1b[0m")
	assert.NotContains(t, written(t, a, report.Options{}), "\x1b")
}

func TestFormatsThatAnAnswerDoesNotHave(t *testing.T) {
	t.Parallel()
	var text strings.Builder
	who := report.WhoCanOf(report.Question{}, graph.Answer{}, graph.Importers{}, nil)
	require.ErrorIs(t, report.Write(&text, who, report.Options{Format: report.SARIF}), report.ErrFormat)
	require.ErrorIs(t, report.Write(&text, who, report.Options{Format: report.HTML}), report.ErrFormat)
	require.ErrorContains(t, report.Write(&text, who, report.Options{Format: "xml"}), "valid are")
	assert.Empty(t, text.String())
}
