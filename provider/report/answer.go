package report

import (
	"errors"
	"fmt"
	"io"
	"strings"
)

// Answer is something that can be reported. Its exported fields are its JSON document.
type Answer interface {
	view() view
}

// Format is how an answer is written.
type Format string

// The formats.
const (
	Table    Format = "table"
	JSON     Format = "json"
	Markdown Format = "markdown"
	SARIF    Format = "sarif"
	// HTML is a page about a whole organization, which package page writes; [Write] refuses it.
	HTML Format = "html"
)

// Formats are all formats.
func Formats() []Format { return []Format{Table, JSON, Markdown, SARIF, HTML} }

// ErrFormat is the error for an answer that has no such form.
var ErrFormat = errors.New("not available in this format")

// Options say how an answer is written.
type Options struct {
	Format Format
	// Color colors tables. Width is the width of the terminal that tables fit, 0 for none.
	Color bool
	Width int
	// Limit is how many bytes Markdown may have; [CommentLimit] when 0.
	Limit int
	// Version is that of the tool, for SARIF.
	Version string
}

// Write writes an answer.
func Write(w io.Writer, a Answer, o Options) error {
	var text string
	var err error
	switch o.Format {
	case Table, "":
		text = tableText(a.view(), o)
	case JSON:
		text, err = jsonText(a)
	case Markdown:
		text = markdownText(a.view(), o)
	case SARIF:
		text, err = sarifText(a, o)
	case HTML:
		err = fmt.Errorf("%w: html is a page about a whole organization", ErrFormat)
	default:
		err = fmt.Errorf("invalid format %q; valid are %s", o.Format, strings.Join(FormatNames(), ", "))
	}
	if err != nil {
		return err
	}
	_, err = io.WriteString(w, text)
	return err
}

// FormatNames are the names of all formats.
func FormatNames() []string {
	var names []string
	for _, f := range Formats() {
		names = append(names, string(f))
	}
	return names
}

// CanSARIF reports whether an answer has findings for code scanning.
func CanSARIF(a Answer) bool {
	_, can := a.(located)
	return can
}

// Head is what every JSON document begins with.
type Head struct {
	// Schema names the document, and Version its form. What is only added does not raise the version.
	Schema       string `json:"schema"`
	Version      int    `json:"version"`
	Organization string `json:"organization,omitempty"`
}

// schemaPrefix begins the names of the documents.
const schemaPrefix = "leastprivilege/"

func head(name, organization string) Head {
	return Head{Schema: schemaPrefix + name, Version: 1, Organization: organization}
}

// view is an answer as people see it.
type view struct {
	title    string
	summary  []string
	block    string // a part of a program
	sections []section
	blind    []Blind
	blindIs  string // what blind spots mean for the answer
}

// section is a table.
type section struct {
	title   string
	columns []string
	rows    []row
	more    string // the heading of the details of a row
}

// row is a line of a table, with details that may be shown apart from it.
type row struct {
	cells   []string
	details []detail
	grave   string // a severity
}

// detail is something about a row.
type detail struct {
	label string
	text  string
	code  bool // text is a command or a document
}

// counted is a number of things.
func counted(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}

// list is a slice that is never nil, so that it is a list in JSON.
func list[T any](in []T) []T { return append([]T{}, in...) }

// mapped translates a list, which is never nil.
func mapped[A, B any](in []A, translate func(A) B) []B {
	out := make([]B, 0, len(in))
	for _, one := range in {
		out = append(out, translate(one))
	}
	return out
}
