package report

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"github.com/owenrumney/go-sarif/v3/pkg/report/v210/sarif"
)

// located is an answer with findings that code scanning can show.
type located interface {
	Answer
	findings() ([]ruleText, []place)
}

// ruleText is a rule as code scanning shows it.
type ruleText struct{ id, text, severity string }

// place is a finding, and where it is: in a file, or on an entity of an organization.
type place struct {
	rule, severity, message, id     string
	principal, entity, organization string
	file                            string
}

const (
	toolName = "leastprivilege"
	toolURL  = "https://github.com/pulumi-leastprivilege/pulumi-leastprivilege"
	// fingerprint names the ids of findings, which are the same in every run; lineHash is the name that GitHub tells alerts apart by.
	fingerprint = "leastprivilege/v1"
	lineHash    = "primaryLocationLineHash"
)

// levels and ranks are severities as SARIF and GitHub have them.
var (
	levels = map[string]string{"high": "error", "medium": "warning", "low": "note", "info": "note"}
	ranks  = map[string]string{"high": "8.0", "medium": "5.5", "low": "3.0", "info": "0.0"}
)

func sarifText(a Answer, o Options) (string, error) {
	from, can := a.(located)
	if !can {
		return "", fmt.Errorf("%w: sarif is for findings, and this answer has none", ErrFormat)
	}
	rules, places := from.findings()
	run := sarif.NewRunWithInformationURI(toolName, toolURL)
	run.Tool.Driver.WithRules([]*sarif.ReportingDescriptor{})
	if o.Version != "" {
		run.Tool.Driver.WithVersion(o.Version)
	}
	index := map[string]int{}
	for i, rule := range rules {
		index[rule.id] = i
		properties := sarif.NewPropertyBag().Add("security-severity", ranks[rule.severity])
		properties.WithTags([]string{"security"})
		run.AddRule(rule.id).WithName(rule.id).
			WithShortDescription(sarif.NewMultiformatMessageString().WithText(line(rule.id))).
			WithFullDescription(sarif.NewMultiformatMessageString().WithText(line(rule.text))).
			WithHelp(sarif.NewMultiformatMessageString().WithText(line(rule.text))).
			WithDefaultConfiguration(sarif.NewReportingConfiguration().WithLevel(levels[rule.severity])).
			WithProperties(properties)
	}
	for _, p := range places {
		at, known := index[p.rule]
		if !known {
			return "", fmt.Errorf("finding %s has the rule %q, which is not one of the report's", p.id, p.rule)
		}
		run.AddResult(p.result(at))
	}
	report := sarif.NewReport()
	report.AddRun(run)
	var text bytes.Buffer
	if err := report.PrettyWrite(&text); err != nil {
		return "", fmt.Errorf("writing SARIF: %w", err)
	}
	return asciiControls(text.String()) + "\n", nil
}

func (p place) result(rule int) *sarif.Result {
	uri := p.file
	if uri == "" {
		uri = p.uri()
	}
	physical := sarif.NewPhysicalLocation().WithArtifactLocation(sarif.NewArtifactLocation().WithURI(uri)).
		WithRegion(sarif.NewRegion().WithStartLine(1))
	location := sarif.NewLocation().WithPhysicalLocation(physical)
	for _, name := range slices.DeleteFunc([]string{p.entity, p.principal}, func(s string) bool { return s == "" }) {
		location.AddLogicalLocation(sarif.NewLogicalLocation().WithFullyQualifiedName(line(name)))
	}
	return sarif.NewRuleResult(p.rule).WithRuleIndex(rule).WithLevel(levels[p.severity]).WithMessage(sarif.NewTextMessage(line(p.message))).
		WithLocations([]*sarif.Location{location}).
		WithPartialFingerprints(map[string]string{fingerprint: p.id, lineHash: p.id + ":1"})
}

// uri names an entity as a file of its own, which code scanning asks for: pulumi-cloud/acme/environment/payments/prod.
func (p place) uri() string {
	kind, name, _ := strings.Cut(p.entity, ":")
	return relative(append([]string{"pulumi-cloud", p.organization, kind}, strings.Split(name, "/")...))
}

// relative is a path as a relative URI.
func relative(segments []string) string {
	var escaped []string
	for _, segment := range segments {
		if segment != "" && segment != "." {
			escaped = append(escaped, strings.ReplaceAll(url.PathEscape(segment), ":", "%3A"))
		}
	}
	return strings.Join(escaped, "/")
}

// identity is the id of a finding that has none of its own.
func identity(parts ...string) string {
	sum := sha256.Sum256([]byte(strings.Join(parts, "\x00\x00")))
	return hex.EncodeToString(sum[:])[:16]
}
