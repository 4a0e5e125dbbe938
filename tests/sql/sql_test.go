package sql

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/usage"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/usage/sql"
)

var began = time.Date(2026, 9, 1, 0, 0, 0, 0, time.UTC)

// lines is how many lines the export has.
func lines(t *testing.T) int {
	t.Helper()
	text := os.Getenv("LEASTPRIVILEGE_LAW_LINES")
	if text == "" {
		return 4000
	}
	n, err := strconv.Atoi(text)
	require.NoError(t, err)
	return n
}

// sentences are forms of descriptions; the entity of some cannot be told.
var sentences = []string{
	"Opened environment %s", "Opened environment acme/%s@3.", "Read open environment '%s'", "User bo opened %s:stable", "Cloned environment %s to other/copy",
	"bo was refused: it needs environment:open on environment %s", "Created environment web/cfg for the configuration of stack %s", "Started update 3 of stack ACME/%s",
	"Issued an OIDC token for https://example.com/x in environment %s", "Opened environment prod", "Renamed stack %s to a/c", "Updated account aws-prod/us-east-1.",
	"Copied %s to payments/copy", "Opened an anonymous environment", "Opened anonymous environment.", "evil/%s was opened", "", "%s", "a@b,c @ d/e@f stack", "environment",
	"account", "stack %s account x\tenvironment\n%[1]s", "Environment \"%s\" of stack \\ 'web/dev'", "Updated team \"of\\two|bars = %s\"", "é%sé environment %[1]s", "...%s... environment ...%[1]s...",
	"environment a environment %s environment b", "of environment %s@2,x/y@3 z", "account %s", "opened environment prod.", "environment ./x", "environment a//b", "stack a/ b",
}

var damaged = []string{
	`{"timestamp": 17`, "not JSON", `{"timestamp": 0, "event": "environment-open"}`, `{"timestamp": 5}`, `{"event": "environment-open"}`,
	`{"timestamp": "yesterday", "event": "environment-open"}`, `{"timestamp": -5, "event": "environment-open"}`, `{"timestamp": 1788300000, "event": ""}`, `{"timestamp": 1788300000, "event": "environment-open"} x`,
}

// export writes lines of every kind, the same for the same seed.
func export(n int) string {
	r := rand.New(rand.NewPCG(20261128, uint64(n)))
	pick := func(from []string) string { return from[r.IntN(len(from))] }
	kinds := append(usage.EventKinds(), "environment-unauthorized-open", "auth-failure-environment", "auth-failure-stack-permission", "auth-failure-insights-account",
		"auth-failure-organization-role", "insights-account-updated", "user-login", "brand-new", "environment-open", "environment-open", "environment-read-open")
	var out strings.Builder
	for range n {
		if r.IntN(20) == 0 {
			out.WriteString(pick(damaged) + "\n")
			continue
		}
		description := pick(sentences)
		if strings.Contains(description, "%") {
			description = fmt.Sprintf(description, pick([]string{"payments/prod", "payments/dev", "web/prod", "p.q/r_s-t"}))
		}
		at := began.Add(time.Duration(r.IntN(5_000_000)) * time.Second)
		event := map[string]any{
			"timestamp": []any{at.Unix(), at.UnixMilli(), strconv.FormatInt(at.Unix(), 10), at.Format(time.RFC3339), at.In(time.FixedZone("", 7200)).Format(time.RFC3339)}[r.IntN(5)],
			"event":     pick(kinds), "description": description, "user": map[string]any{"githubLogin": pick([]string{"bo", "cy", "acme"}), "name": "B, \"o\""},
			"sourceIP": pick([]string{"192.0.2.1", "192.0.2.2", "2001:db8::1", ""}), "authFailure": r.IntN(6) == 0,
		}
		if event["user"].(map[string]any)["githubLogin"] == "acme" {
			event["tokenName"], event["tokenID"] = "ci", "id-ci"
		}
		if r.IntN(5) == 0 {
			delete(event, pick([]string{"user", "sourceIP", "authFailure", "description"}))
		}
		text, err := json.Marshal(event)
		if err != nil {
			panic(err)
		}
		out.Write(text)
		out.WriteString(pick([]string{"\n", "\n", ",\n", "\r\n", "\n\n", "\n[\n]\n"}))
	}
	return out.String()
}

func python(t *testing.T) string {
	t.Helper()
	command := exec.CommandContext(t.Context(), "make", "tests/sql/.venv/.installed")
	command.Dir = filepath.Join("..", "..")
	command.Env = append(os.Environ(), "MAKEFLAGS=")
	output, err := command.CombinedOutput()
	require.NoError(t, err, "%s", output)
	path, err := filepath.Abs(filepath.Join(".venv", "bin", "python"))
	require.NoError(t, err)
	return path
}

// run runs a statement on its engine.
func run(t *testing.T, dialect, statement string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "statement.sql")
	require.NoError(t, os.WriteFile(path, []byte(statement), 0o600))
	command := exec.CommandContext(t.Context(), python(t), "run.py", dialect, path)
	var failure bytes.Buffer
	command.Stderr = &failure
	output, err := command.Output()
	require.NoError(t, err, "%s\n%s", failure.String(), statement)
	return strings.TrimSpace(string(output))
}

// The usage that an engine makes of an export is that of the reader, for all time and for a part of it.
func TestEnginesMakeTheSameUsage(t *testing.T) {
	text := export(lines(t))
	folder := t.TempDir()
	var packed bytes.Buffer
	zip := gzip.NewWriter(&packed)
	_, err := zip.Write([]byte(text))
	require.NoError(t, err)
	require.NoError(t, zip.Close())
	input := filepath.Join(folder, "export.json.gz")
	require.NoError(t, os.WriteFile(input, packed.Bytes(), 0o600))
	for _, dialect := range []string{"duckdb"} {
		t.Run(dialect, func(t *testing.T) {
			for name, since := range map[string]time.Time{"all": {}, "part": began.AddDate(0, 0, 20)} {
				until := since
				if !since.IsZero() {
					until = since.AddDate(0, 0, 20)
				}
				want := usage.New("acme", since, until)
				want.Read("export.json.gz", bytes.NewReader(packed.Bytes()))
				require.Positive(t, want.Damage.Lines)
				output := filepath.Join(folder, dialect+"-"+name+".json")
				statement, err := sql.Statement(dialect, sql.Options{Organization: "acme", Input: input, Output: output, Since: since, Until: until})
				require.NoError(t, err)
				run(t, dialect, statement)
				got := usage.New("acme", since, until)
				require.NoError(t, got.ReadTables(os.DirFS(folder), filepath.Base(output)))
				assert.Equal(t, want.Uses(), got.Uses())
				assert.Equal(t, want.Habits(), got.Habits())
				assert.Equal(t, want.Unattributed, got.Unattributed)
				assert.Equal(t, want.Unknown, got.Unknown)
				assert.Equal(t, want.Damage.Lines, got.Damage.Lines)
				assert.Equal(t, []any{want.Events, want.First, want.Last}, []any{got.Events, got.First, got.Last})
			}
		})
	}
}

// Trino's statement is a query of its dialect, whose functions the parser knows by their names or the engine documents.
func TestTrinoParses(t *testing.T) {
	statement, err := sql.Statement("trino", sql.Options{Organization: "acme", Input: "logs.audit", Since: began, Until: began})
	require.NoError(t, err)
	for _, name := range strings.Fields(run(t, "trino", statement)) {
		assert.Contains(t, []string{"cardinality", "json_parse", "regexp_extract_all", "to_unixtime", "from_iso8601_timestamp", "try", "slice", "flatten", "element_at", "strpos", "concat", "TRY", "regexp_like"},
			strings.ToLower(name))
	}
}
