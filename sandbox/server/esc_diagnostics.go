package server

import (
	"fmt"
	"net/http"

	"github.com/hashicorp/hcl/v2"
	"github.com/pulumi/esc"
	"github.com/pulumi/esc/syntax"
)

// diagnostic is a finding about a definition on the wire. The service's document has path and its client has detail, so
// both are sent.
type diagnostic struct {
	Range    *esc.Range `json:"range,omitempty"`
	Summary  string     `json:"summary,omitempty"`
	Detail   string     `json:"detail,omitempty"`
	Path     string     `json:"path,omitempty"`
	Severity string     `json:"severity,omitempty"`
}

// wireDiagnostics keeps the order in which the evaluator found things.
func wireDiagnostics(found syntax.Diagnostics) []diagnostic {
	var all []diagnostic
	for _, d := range found {
		severity := "error"
		if d.Severity == hcl.DiagWarning {
			severity = "warning"
		}
		all = append(all, diagnostic{
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

// diagnosticsAnswer is what a write of a definition answers: warnings, if there are any.
type diagnosticsAnswer struct {
	Diagnostics []diagnostic `json:"diagnostics,omitempty"`
}

// definitionError is a refusal that says what is wrong where in a definition.
type definitionError struct {
	Code        int          `json:"code"`
	Message     string       `json:"message"`
	Diagnostics []diagnostic `json:"diagnostics"`
}

func (e *definitionError) Error() string { return e.Message }

// Status implements [rest.Refusal].
func (e *definitionError) Status() int { return e.Code }

// invalidDefinition makes the refusal for a definition with errors. Its message repeats the first, for callers that do not
// read diagnostics.
func invalidDefinition(name string, found syntax.Diagnostics) error {
	refusal := &definitionError{Diagnostics: wireDiagnostics(found)}
	refusal.Code = http.StatusBadRequest
	refusal.Message = fmt.Sprintf("Bad Request: %s: %s", name, firstError(found))
	return refusal
}

func firstError(found syntax.Diagnostics) string {
	for _, d := range found {
		if d.Severity == hcl.DiagError {
			return d.Summary
		}
	}
	return "the definition has errors"
}
