package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/owenrumney/go-sarif/v3/pkg/report/v210/sarif"
	"github.com/spf13/cobra"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/server"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/server/servertest"
)

// questions are commands that the service and a snapshot of it answer alike.
var questions = map[string][]string{
	"who-can": {"who-can environment:open payments/prod", "who-can environment:open payments/prod --indirect", "who-can team:create", "who-can stack:read payments/prod",
		"who-can insights_account:read aws", "who-can environment:open payments/base", "who-can change_gate:update environment:payments/prod"},
	"explain": {"explain user:bo", "explain user:cy payments/prod --why environment:write", "explain team:operators payments/prod", "explain user:ana aws",
		"explain deployment:payments/prod", "explain agent:helper payments/dev --why environment:open", "explain user:bo --why team:create",
		"explain outsider:github --claim sub=repo:acme/app:ref:refs/heads/main --claim aud=urn:pulumi:org:acme"},
	"blast-radius": {"blast-radius user:cy", "blast-radius team:payments", "blast-radius deployment:payments/prod"},
	"escalations":  {"escalations", "escalations user:bo --scope environment:open --on payments/prod", "escalations --on stack:payments/prod"},
}

func TestTheServiceAndASnapshotGiveTheSameAnswers(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	valid(t, "snapshot", b.must("snapshot", "-o", "-"))
	b.must("snapshot", "-o", "acme.json")
	for name, lines := range questions {
		for _, line := range lines {
			args := append(strings.Fields(line), "--format", "json")
			live, kept := b.must(args...), b.must(append(args, "--snapshot", "acme.json")...)
			valid(t, name, live)
			valid(t, name, kept)
			assert.Equal(t, decoded(t, live), decoded(t, kept), line)
		}
	}
}

func TestReviewAndSuggestAnswerFromTheServiceAndFromFiles(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.must("snapshot", "-o", "acme.json")
	b.exported("audit-logs/events.json")
	for name, args := range map[string][]string{"review": {"review"}, "suggest": {"suggest", "team:operators"}} {
		args = append(args, "--format", "json", "--since", "30d")
		live := b.must(args...)
		kept := b.must(append(args, "--snapshot", "acme.json", "--events", "audit-logs", "--until", time.Now().Add(time.Minute).UTC().Format(time.RFC3339))...)
		valid(t, name, live)
		valid(t, name, kept)
		one, other := decoded(t, live), decoded(t, kept)
		if name == "review" {
			assert.Equal(t, rulesOf(t, one), rulesOf(t, other))
			assert.NotEmpty(t, rulesOf(t, one))
		} else {
			assert.Equal(t, one["access"], other["access"])
			assert.Equal(t, one["unused"], other["unused"])
		}
	}
	// A snapshot alone has no usage: nothing is called unused.
	bare := b.must("review", "--snapshot", "acme.json", "--format", "json")
	valid(t, "review", bare)
	assert.NotContains(t, bare, `"unused-grant"`)
	assert.Contains(t, bare, "the audit log was not read")
}

func rulesOf(t *testing.T, document map[string]any) (ids []string) {
	t.Helper()
	for _, one := range document["findings"].([]any) {
		ids = append(ids, one.(map[string]any)["rule"].(string)+" "+one.(map[string]any)["id"].(string))
	}
	return ids
}

// Without --since, exported events say nothing of the time before the first of them.
func TestExportedEventsNarrowTheWindowToTheTimeThatTheySpan(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.must("snapshot", "-o", "acme.json")
	b.exported("events.json")
	until := time.Now().Add(time.Minute).UTC().Format(time.RFC3339)
	var answer struct {
		Window struct{ Since time.Time }
		Blind  []struct{ What string }
	}
	require.NoError(t, json.Unmarshal([]byte(b.must("review", "--snapshot", "acme.json", "--events", "events.json", "--until", until, "--format", "json")), &answer))
	assert.Less(t, time.Since(answer.Window.Since), time.Hour)
	assert.Contains(t, answer.Blind[0].What, "whether the files have every event")
	none := b.run("review", "--snapshot", "acme.json", "--events", "events.json", "--since", "2001-01-01T00:00:00Z", "--until", "2001-02-01T00:00:00Z")
	assert.Equal(t, exitUnread, none.code)
	assert.Contains(t, none.err, "everything would look unused")
}

func TestChangesNameWhoGains(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.must("snapshot", "-o", "monday.json")
	b.broaden()
	b.must("snapshot", "-o", "friday.json")
	document := b.must("changes", "--before", "monday.json", "--after", "friday.json", "--format", "json")
	valid(t, "changes", document)
	assert.Contains(t, document, "cy and tokens of team operators could open payments/dev")
	back := b.must("changes", "--before", "friday.json", "--after", "monday.json", "--fail-on", "broadening")
	assert.Contains(t, back, "could no longer open payments/dev")
	gained := b.run("changes", "--before", "monday.json", "--after", "friday.json", "--fail-on", "broadening", "--format", "markdown")
	assert.Equal(t, exitFound, gained.code)
	assert.Contains(t, gained.out, "| cy and tokens of team operators could open payments/dev")
}

const looseTrust = `{"Version": "2012-10-17", "Statement": [{"Effect": "Allow",
  "Principal": {"Federated": "arn:aws:iam::123456789012:oidc-provider/api.pulumi.com/oidc"}, "Action": "sts:AssumeRoleWithWebIdentity",
  "Condition": {"StringEquals": {"api.pulumi.com/oidc:aud": "aws:acme"},
    "StringLike": {"api.pulumi.com/oidc:sub": "pulumi:environments:org:acme:env:payments/*"}}}]}`

func TestLintCorrectsFiles(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	path := b.file("trust.json", looseTrust)
	args := []string{"lint", "trust.json", "--kind", "aws", "--organization", "acme", "--subject", "pulumi:environments:org:acme:env:payments/prod", "--format", "json"}
	document := b.must(args...)
	valid(t, "lint", document)
	assert.Contains(t, document, `"wildcard-subject"`)
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	assert.Equal(t, looseTrust, string(text), "without --correct the file stays")
	assert.Contains(t, b.must(append(args, "--correct")...), `"written": true`)
	assert.NotContains(t, b.must(args...), `"rule"`, "the corrected document has no findings")
	assert.Equal(t, exitUnread, b.run("lint", "absent.json").code)
}

// TestExitCodes: 0 nothing, 1 something at or above --fail-on, 2 wrong usage, 3 something could not be read.
func TestExitCodes(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.must("snapshot", "-o", "monday.json")
	b.broaden()
	b.must("snapshot", "-o", "friday.json")
	b.file("beta.json", strings.ReplaceAll(string(readFile(t, filepath.Join(b.dir, "monday.json"))), `"login": "acme"`, `"login": "beta"`))
	b.file("partial.json", strings.Replace(string(readFile(t, filepath.Join(b.dir, "monday.json"))), `"organization": {`, `"blind": [{"what": "team x", "hides": "people"}], "organization": {`, 1))
	b.file("broken.json", "{")
	b.file("trust.json", looseTrust)
	b.file("accepted.yaml", "- {rule: nonsense, reason: x, until: 2030-01-01T00:00:00Z}")
	for _, tc := range []struct {
		code int
		line string
		says string
	}{
		{0, "--help", ""}, {0, "", ""}, {0, "help who-can", ""}, {0, "completion bash", ""}, {0, "--version", ""},
		{0, "review", ""}, {1, "review --fail-on high", "failed"}, {1, "review --fail-on low --min-severity high", ""}, {0, "review --fail-on never", ""},
		{1, "escalations --fail-on low", ""}, {0, "changes --before monday.json --after monday.json --fail-on broadening", ""},
		{1, "changes --before monday.json --after friday.json --fail-on broadening", "gains of access"}, {0, "changes --before monday.json --after friday.json", ""},
		{3, "changes --before partial.json --after monday.json --fail-on broadening", "cannot tell"},
		{0, "changes --before partial.json --after monday.json --fail-on broadening --accept-blind", ""},
		{1, "changes --before partial.json --after friday.json --fail-on broadening", ""},
		{1, "lint trust.json --fail-on medium", ""}, {0, "lint trust.json", ""},
		{2, "nonsense", "unknown command"}, {2, "whocan", "who-can"}, {2, "review --nonsense", "unknown flag"}, {2, "review --format xml", "valid are"}, {2, "who-can", "form is"},
		{2, "who-can environment:opn payments/prod", "nearest are environment:open"}, {2, "who-can environment:open", "give its name"}, {2, "who-can nonsense payments/prod", "not a valid scope"},
		{2, "who-can environment:open stack:payments/prod", "does not name one"}, {2, "who-can environment:open payments", "does not name one"},
		{2, "explain bo", "write it as kind:name"}, {2, "explain person:bo", "not a kind"}, {2, "explain user:bo --claim a=b", "--claim"},
		{2, "review --min-severity bad", "valid are"}, {2, "review --fail-on bad", "valid are"}, {2, "review --since yesterday", "--since"}, {2, "review --suppressions accepted.yaml", "not a rule"},
		{2, "suggest user:bo", "team"}, {2, "suggest team:payments --language cobol", "valid are"}, {2, "changes --before monday.json", "--after"}, {2, "changes --after monday.json", "--before"},
		{2, "changes --before monday.json --after beta.json", "of one organization"}, {2, "who-can team:create --snapshot monday.json --organization beta", "snapshot of"},
		{2, "who-can team:create --format sarif", "sarif"}, {2, "explain user:bo --format html", "html"}, {2, "changes --before monday.json --after friday.json --preview x", "one of"}, {3, "changes --before monday.json --preview absent.json", "absent.json"}, {2, "lint trust.json --kind oracle", "valid are"}, {2, "snapshot --format table", "JSON"},
		{3, "who-can environment:open payments/nothing", "not found"}, {3, "who-can environment:open payments/nothing --snapshot monday.json", "has no environment"},
		{3, "explain user:nobody", "has no user"}, {3, "blast-radius team:nobody", "has no team"}, {3, "suggest team:nobody", "has no team"}, {3, "explain user:bo payments/nothing", "not found"},
		{3, "review --snapshot absent.json", "no such file"}, {3, "review --snapshot broken.json", "not JSON"}, {3, "review --organization other", "other"},
		{3, "review --events absent", "absent"}, {3, "snapshot --api-url http://127.0.0.1:1 --quiet", "127.0.0.1:1"}, {3, "snapshot --api-url ftp://x", "ftp"}, {3, "snapshot -o absent/file", "absent/file"},
	} {
		done := b.run(strings.Fields(tc.line)...)
		assert.Equal(t, tc.code, done.code, "%s\n%s%s", tc.line, done.out, done.err)
		assert.Contains(t, done.err, tc.says, tc.line)
		if tc.code == exitUsage {
			assert.Contains(t, done.err, "--help", tc.line)
			assert.Empty(t, done.out, tc.line)
		}
	}
}

func readFile(t *testing.T, path string) []byte {
	t.Helper()
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	return text
}

// A token that sees less than everything cannot say that nothing is wrong.
func TestATokenThatSeesLittleFailsWhatItCannotTell(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.env[0] = "PULUMI_ACCESS_TOKEN=" + b.sandbox.TokenFor(servertest.Identity{User: "cy"})
	done := b.run("review", "--fail-on", "high", "--min-severity", "high")
	assert.NotZero(t, done.code, "%s%s", done.out, done.err)
	assert.Contains(t, b.must("who-can", "environment:open", "payments/prod"), "could not be read")
}

const invocation = "pulumi plugin run leastprivilege -- "

// TestEveryCommandShowsExamplesThatRun runs what --help shows.
func TestEveryCommandShowsExamplesThatRun(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	for _, name := range []string{"acme.json", "monday.json", "friday.json"} {
		b.must("snapshot", "-o", name)
	}
	b.file("preview.json", `{"steps": [], "changeSummary": {}}`)
	b.exported("audit-logs/events.json")
	b.sandbox.TokenFor(servertest.Identity{Organization: true})
	status, body := b.sandbox.Call(b.sandbox.Token, "POST", "/api/orgs/acme/tokens", map[string]any{"name": "ci", "description": "ci", "expires": 0, "admin": false})
	require.Less(t, status, 300, string(body))
	b.must("snapshot", "-o", "acme.json")
	for _, command := range (&cli{}).root().Commands() {
		if command.Name() == "help" || command.Name() == "completion" {
			continue
		}
		help := b.must(command.Name(), "--help")
		examples := exampleLines(command)
		assert.NotEmpty(t, examples, command.Name())
		for _, example := range examples {
			assert.Contains(t, help, example)
			b.file("trust-policy.json", looseTrust)
			args := strings.Fields(strings.TrimPrefix(example, invocation))
			require.Equal(t, command.Name(), args[0])
			done := b.run(args...)
			if strings.Contains(example, "--events") && done.code == exitUnread { // the events are younger than the snapshot
				done = b.run(append(args, "--until", time.Now().Add(time.Minute).UTC().Format(time.RFC3339))...)
			}
			if strings.Contains(example, "--preview") && done.code == exitUnread { // the snapshot has what could not be read
				done = b.run(append(args, "--accept-blind")...)
			}
			assert.Contains(t, []int{0, exitFound}, done.code, "%s\n%s%s", example, done.out, done.err)
		}
	}
}

func exampleLines(command *cobra.Command) (lines []string) {
	for _, one := range strings.Split(command.Example, "\n") {
		if one = strings.TrimSpace(one); strings.HasPrefix(one, invocation) {
			lines = append(lines, one)
		}
	}
	return lines
}

// TestSARIFIsValid holds reports to the published schema, which the library brings.
func TestSARIFIsValid(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.must("snapshot", "-o", "monday.json")
	b.broaden()
	b.must("snapshot", "-o", "friday.json")
	b.file("ci/trust policy.json", looseTrust)
	for _, args := range [][]string{
		{"review"}, {"lint", "ci/trust policy.json"}, {"escalations"}, {"changes", "--before", "monday.json", "--after", "friday.json"},
		{"changes", "--before", "monday.json", "--after", "monday.json"}, // without results
	} {
		text := b.must(append(args, "--format", "sarif")...)
		log, err := sarif.FromString(text)
		require.NoError(t, err)
		require.NoError(t, log.Validate(), "%v\n%s", args, text)
		run := log.Runs[0]
		for _, result := range run.Results {
			assert.Equal(t, *result.RuleID, *run.Tool.Driver.Rules[result.RuleIndex].ID)
			assert.Regexp(t, `^[\w%./-]+$`, *result.Locations[0].PhysicalLocation.ArtifactLocation.URI)
			assert.Regexp(t, `^[0-9a-f]{16}`, result.PartialFingerprints["leastprivilege/v1"])
		}
		if len(args) == 1 {
			assert.NotEmpty(t, run.Results)
		}
	}
}

// TestPagesShowAnOrganization writes the page about an organization with what the command found.
func TestPagesShowAnOrganization(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.must("snapshot", "-o", "monday.json")
	b.broaden()
	b.must("snapshot", "-o", "friday.json")
	for _, args := range [][]string{{"review"}, {"review", "--snapshot", "monday.json"}, {"changes", "--before", "monday.json", "--after", "friday.json"}} {
		b.must(append(args, "--format", "html", "-o", "page.html")...)
		text := string(readFile(t, filepath.Join(b.dir, "page.html")))
		assert.Contains(t, strings.ToLower(text), "<!doctype html>", args)
		assert.Contains(t, text, "acme")
		assert.NotContains(t, text, secret)
	}
}

// TestProgressIsShownForWhatTakesLong: counts on standard error, and nothing else on standard output.
func TestProgressIsShownForWhatTakesLong(t *testing.T) {
	t.Parallel()
	slow := newBenchOn(t, servertest.Start(t, server.Options{Organization: "acme", Seed: []byte(seed), Latency: 150 * time.Millisecond}))
	done := slow.run("snapshot")
	assert.Zero(t, done.code, done.err)
	assert.Regexp(t, regexp.MustCompile(`reading organization acme: [1-9]\d* calls in \ds`), done.err)
	valid(t, "snapshot", done.out)
	assert.Empty(t, slow.run("snapshot", "--quiet").err)
}

func TestOutputGoesToAFileWhole(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.must("who-can", "team:create", "--format", "json", "-o", "answer.json")
	valid(t, "who-can", string(readFile(t, filepath.Join(b.dir, "answer.json"))))
	// What fails leaves the file as it was, and nothing beside it.
	assert.NotZero(t, b.run("who-can", "environment:open", "payments/nothing", "-o", "answer.json").code)
	valid(t, "who-can", string(readFile(t, filepath.Join(b.dir, "answer.json"))))
	files, err := os.ReadDir(b.dir)
	require.NoError(t, err)
	assert.Len(t, files, 1)
}
