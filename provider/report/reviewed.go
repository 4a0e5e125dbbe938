package report

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/review"
)

// Reviewed are the findings of a review.
type Reviewed struct {
	Head
	Window   Window    `json:"window"`
	Findings []Finding `json:"findings"`
	Summary  Summary   `json:"summary"`
	Blind    []Blind   `json:"blind"`
}

// Window is the time whose audit events were read.
type Window struct {
	Since string `json:"since"`
	Until string `json:"until"`
	// Events is how many were read.
	Events int `json:"events"`
}

// WindowOf is a window of time.
func WindowOf(since, until time.Time, events int) Window {
	return Window{since.UTC().Format(time.RFC3339), until.UTC().Format(time.RFC3339), events}
}

// Finding is something that should be looked at.
type Finding struct {
	// ID is the same in every run that finds the same.
	ID        string   `json:"id"`
	Rule      string   `json:"rule"`
	Severity  string   `json:"severity"`
	Principal string   `json:"principal"`
	Entity    string   `json:"entity"`
	Risk      string   `json:"risk"`
	Evidence  []string `json:"evidence"`
	Fix       string   `json:"fix"`
	// Command is the fix as a command, and Corrected the document, or the part of a program, as it is after it.
	Command   string `json:"command,omitempty"`
	Corrected string `json:"corrected,omitempty"`
}

// Summary counts findings.
type Summary struct {
	BySeverity map[string]int `json:"bySeverity"`
	ByRule     map[string]int `json:"byRule"`
	// Suppressed counts the findings that are accepted, and not listed.
	Suppressed int     `json:"suppressed"`
	Ended      []Ended `json:"ended"`
}

// Ended is a suppression whose time is over, with how many findings it no longer holds back.
type Ended struct {
	Rule      string `json:"rule"`
	Principal string `json:"principal,omitempty"`
	Entity    string `json:"entity,omitempty"`
	Reason    string `json:"reason"`
	Until     string `json:"until"`
	Findings  int    `json:"findings"`
}

// ReviewedOf reports a review.
func ReviewedOf(organization string, window Window, found review.Result) Reviewed {
	out := Reviewed{
		Head: head("review", organization), Window: window, Blind: blindOf(found.Blind),
		Findings: mapped(found.Findings, func(f review.Finding) Finding {
			return Finding{f.ID, f.Rule, string(f.Severity), f.Principal, f.Entity, f.Risk, list(f.Evidence), f.Fix, f.Command, f.Corrected}
		}),
		Summary: Summary{BySeverity: map[string]int{}, ByRule: map[string]int{}, Suppressed: found.Suppressed, Ended: []Ended{}},
	}
	for severity, n := range found.BySeverity {
		out.Summary.BySeverity[string(severity)] = n
	}
	for rule, n := range found.ByRule {
		out.Summary.ByRule[rule] = n
	}
	for _, one := range found.Ended {
		out.Summary.Ended = append(out.Summary.Ended, Ended{
			one.Rule, one.Principal, one.Entity, one.Reason, one.Until.Format(time.RFC3339), one.Findings,
		})
	}
	return out
}

func (a Reviewed) view() view {
	v := view{title: "Review of " + a.Organization, blind: a.Blind, blindIs: "Not everything could be read or told:"}
	var counts []string
	for _, severity := range slices.Backward(review.Severities()) {
		if n := a.Summary.BySeverity[string(severity)]; n > 0 {
			counts = append(counts, fmt.Sprintf("%d %s", n, severity))
		}
	}
	text := "No findings"
	if len(counts) > 0 {
		text = counted(len(a.Findings), "finding", "findings") + ": " + strings.Join(counts, ", ")
	}
	if a.Summary.Suppressed > 0 {
		text += fmt.Sprintf("; %d accepted and not listed", a.Summary.Suppressed)
	}
	v.summary = []string{text + "."}
	ended := section{title: "Acceptances that have ended", columns: []string{"Rule", "Of", "On", "Until", "Reason", "Findings"}}
	for _, one := range a.Summary.Ended {
		ended.rows = append(ended.rows, row{cells: []string{one.Rule, one.Principal, one.Entity, one.Until, one.Reason, fmt.Sprint(one.Findings)}})
	}
	v.sections = []section{
		{columns: []string{"Severity", "Rule", "Principal", "Entity"}, more: "Finding", rows: mapped(a.Findings, Finding.row)}, ended,
	}
	return v
}

// mostEvidence is how much of the evidence of a finding is shown.
const mostEvidence = 5

func (f Finding) row() row {
	r := row{grave: f.Severity, cells: []string{f.Severity, f.Rule, f.Principal, f.Entity}}
	r.details = append(r.details, detail{label: "risk", text: f.Risk})
	for i, one := range f.Evidence {
		if i == mostEvidence {
			r.details = append(r.details, detail{label: "evidence", text: fmt.Sprintf("and %d more; JSON has all of it", len(f.Evidence)-i)})
			break
		}
		r.details = append(r.details, detail{label: "evidence", text: one})
	}
	r.details = append(r.details, detail{label: "fix", text: f.Fix})
	if f.Command != "" {
		r.details = append(r.details, detail{label: "command", text: f.Command, code: true})
	}
	if f.Corrected != "" {
		r.details = append(r.details, detail{label: "corrected", text: f.Corrected, code: true})
	}
	r.details = append(r.details, detail{label: "id", text: f.ID})
	return r
}

func (a Reviewed) findings() ([]ruleText, []place) {
	var rules []ruleText
	for _, rule := range review.Rules() {
		rules = append(rules, ruleText{id: rule.ID, text: rule.Risk, severity: string(rule.Severity)})
	}
	return rules, mapped(a.Findings, func(f Finding) place {
		return place{
			rule: f.Rule, severity: f.Severity, principal: f.Principal, entity: f.Entity, organization: a.Organization, id: f.ID,
			message: strings.TrimSpace(f.Risk + " " + strings.Join(f.Evidence, "; ") + ". " + f.Fix),
		}
	})
}
