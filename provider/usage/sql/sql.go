// Package sql writes the statement that turns exported audit events of any size into the usage table, which [usage.Log.ReadTable] reads.
// Start at [Statement].
//
// The statement reads JSON lines, one event a line, plain or gzip. It groups the events by everything that usage depends on, so
// that the table grows with the principals, entities and addresses, and not with the events; which scope an event takes is decided when
// the table is read. Lines that are no events are counted in rows without an event, and are damage as in a file that is read here.
package sql

import (
	"bytes"
	_ "embed"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"text/template"
	"time"
)

// Options say where events come from and where the table goes.
type Options struct {
	Organization string
	// Input is a path or a pattern of paths; for Trino the name of a table that has the lines in the column line.
	Input string
	// Output is DuckDB's file. Trino's statement is a query, to be put where its result is wanted.
	Output       string
	Since, Until time.Time // zero for no bound
}

// Dialects are those of the statement.
func Dialects() []string { return []string{"duckdb", "trino"} }

//go:embed usage.sql
var text string

var loginForm = regexp.MustCompile(`^[A-Za-z0-9_-]+$`)

// Statement is the statement in a dialect.
func Statement(dialect string, o Options) (string, error) {
	switch {
	case !slices.Contains(Dialects(), dialect):
		return "", fmt.Errorf("unknown dialect %q; valid are %s", dialect, strings.Join(Dialects(), ", "))
	case !loginForm.MatchString(o.Organization):
		return "", fmt.Errorf("%q is not a valid name of an organization", o.Organization)
	case strings.ContainsAny(o.Input+o.Output, "'\\`\n"):
		return "", fmt.Errorf("the input and the output must not have quotes, backslashes and line breaks: %q, %q", o.Input, o.Output)
	}
	parsed, err := template.New("usage.sql").Delims("<<", ">>").Parse(text)
	if err != nil {
		return "", err
	}
	var out bytes.Buffer
	err = parsed.Execute(&out, map[string]any{
		"o": o, "dialect": dialect, "duckdb": dialect == "duckdb", "trino": dialect == "trino",
		"nouns": []string{"environment", "stack", "account"}, "organization": strings.ToLower(o.Organization),
		"since": unix(o.Since), "until": unix(o.Until),
	})
	return blank.ReplaceAllString(out.String(), "\n"), err
}

var blank = regexp.MustCompile(`\n\s*\n`)

func unix(at time.Time) int64 {
	if at.IsZero() {
		return 0
	}
	return at.Unix()
}
