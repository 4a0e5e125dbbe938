package environments

import (
	"fmt"
	"net/http"

	"github.com/hashicorp/hcl/v2"
	"github.com/pulumi/esc"
	"github.com/pulumi/esc/syntax"
)

// Diagnostic is a finding about a definition on the wire. The service's document has path and its client has detail, so
// both are sent.
type Diagnostic struct {
	Range    *esc.Range `json:"range,omitempty"`
	Summary  string     `json:"summary,omitempty"`
	Detail   string     `json:"detail,omitempty"`
	Path     string     `json:"path,omitempty"`
	Severity string     `json:"severity,omitempty"`
}

// WireDiagnostics keeps the order in which the evaluator found things.
func WireDiagnostics(found syntax.Diagnostics) []Diagnostic {
	var all []Diagnostic
	for _, d := range found {
		severity := "error"
		if d.Severity == hcl.DiagWarning {
			severity = "warning"
		}
		all = append(all, Diagnostic{
			Range:    wireRange(d.Subject),
			Summary:  d.Summary,
			Detail:   d.Detail,
			Path:     d.Path,
			Severity: severity,
		})
	}
	return all
}

func wireRange(r *hcl.Range) *esc.Range {
	if r == nil {
		return nil
	}
	return &esc.Range{Environment: r.Filename, Begin: wirePos(r.Start), End: wirePos(r.End)}
}

func wirePos(p hcl.Pos) esc.Pos {
	return esc.Pos{Line: p.Line, Column: p.Column, Byte: p.Byte}
}

// Error is a refusal with the diagnostics of a definition: each a message and its place.
type Error struct {
	Code        int          `json:"code"`
	Message     string       `json:"message"`
	Diagnostics []Diagnostic `json:"diagnostics"`
}

func (e *Error) Error() string { return e.Message }

// Status implements [rest.Refusal].
func (e *Error) Status() int { return e.Code }

// Invalid makes the refusal for a definition with errors. Its message repeats the first, for callers that do not
// read diagnostics.
func Invalid(name string, found syntax.Diagnostics) error {
	refusal := &Error{Diagnostics: WireDiagnostics(found)}
	refusal.Code = http.StatusBadRequest
	refusal.Message = fmt.Sprintf("Bad Request: %s: %s", name, FirstError(found))
	return refusal
}

// FirstError is the summary of the first error.
func FirstError(found syntax.Diagnostics) string {
	for _, d := range found {
		if d.Severity == hcl.DiagError {
			return d.Summary
		}
	}
	return "the definition has errors"
}
