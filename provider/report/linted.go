package report

import (
	"fmt"
	"path/filepath"
	"strings"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/oidc"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/review"
)

// Linted are the findings in trust documents.
type Linted struct {
	Head
	Files []LintedFile `json:"files"`
}

// LintedFile is a trust document.
type LintedFile struct {
	File     string         `json:"file"`
	Kind     string         `json:"kind"`
	Findings []TrustFinding `json:"findings"`
	// Corrected is the whole document with all findings fixed, where restrictions alone fix them. Written says that the file has it now.
	Corrected string `json:"corrected,omitempty"`
	Written   bool   `json:"written"`
}

// TrustFinding is a weakness of a document.
type TrustFinding struct {
	Rule      string `json:"rule"`
	Severity  string `json:"severity"`
	Path      string `json:"path"`
	Message   string `json:"message"`
	Fix       string `json:"fix"`
	Corrected string `json:"corrected,omitempty"`
}

// LintedOf reports what was found in files.
func LintedOf(files []LintedFile) Linted { return Linted{Head: head("lint", ""), Files: list(files)} }

// TrustFindingsOf are findings in a document.
func TrustFindingsOf(found []oidc.Finding) []TrustFinding {
	return mapped(found, func(f oidc.Finding) TrustFinding {
		return TrustFinding{f.Rule, string(f.Severity), f.Path, f.Message, f.Fix, f.Corrected}
	})
}

func (a Linted) view() view {
	v := view{title: counted(len(a.Files), "trust document", "trust documents")}
	s := section{columns: []string{"Severity", "File", "Path", "Rule"}, more: "Finding"}
	for _, file := range a.Files {
		for _, f := range file.Findings {
			s.rows = append(s.rows, row{grave: f.Severity, cells: []string{f.Severity, file.File, f.Path, f.Rule},
				details: []detail{{text: f.Message}, {label: "fix", text: f.Fix}}})
		}
		switch {
		case file.Written:
			v.summary = append(v.summary, file.File+": corrected.")
		case len(file.Findings) > 0 && file.Corrected == "":
			v.summary = append(v.summary, file.File+": cannot be corrected by restrictions alone; see the fixes.")
		}
	}
	v.summary = append([]string{counted(len(s.rows), "finding", "findings") + "."}, v.summary...)
	v.sections = []section{s}
	return v
}

func (a Linted) findings() ([]ruleText, []place) {
	known := map[string]string{}
	for _, rule := range review.Rules() {
		known[rule.ID] = rule.Risk
	}
	var rules []ruleText
	for _, id := range oidc.Rules() {
		text := known[id]
		if text == "" {
			text = id
		}
		rules = append(rules, ruleText{id: id, text: text, severity: string(oidc.High)})
	}
	var places []place
	for _, file := range a.Files {
		for _, f := range file.Findings {
			places = append(places, place{
				rule: f.Rule, severity: f.Severity, file: fileURI(file.File), id: identity(file.File, f.Rule, f.Path),
				message: fmt.Sprintf("%s: %s %s", f.Path, f.Message, f.Fix),
			})
		}
	}
	return rules, places
}

// fileURI is a file as code scanning wants it: relative, with slashes.
func fileURI(file string) string {
	return relative(strings.Split(filepath.ToSlash(filepath.Clean(file)), "/"))
}
