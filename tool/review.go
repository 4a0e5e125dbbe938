package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"gopkg.in/yaml.v3"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/graph"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/oidc"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/report"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/report/page"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/review"
)

func (c *cli) reviewCommand() *cobra.Command {
	var suppressions, minSeverity, failOn string
	var sensitive []string
	var events *evidence
	cmd := &cobra.Command{
		Use:   "review",
		Short: "Find what should be looked at: unused grants, unexpected opens, tokens that never expire, ways up",
		Long: `Compare what everybody holds with what the audit log says they used, and look at what lets somebody get more. Each finding says
what could happen, the evidence, and the change that mends it.

--suppressions is a file of YAML or JSON, a list of findings that are accepted for a time:

  - rule: single-admin
    entity: organization:acme        # optional, as is principal
    reason: a second administrator starts in January
    until: 2030-01-31T00:00:00Z`,
		Example: `  pulumi plugin run leastprivilege -- review --min-severity medium
  pulumi plugin run leastprivilege -- review --snapshot acme.json --events audit-logs --fail-on high --format sarif -o review.sarif`,
		Args:        arguments(0, 0),
		Annotations: formats(report.SARIF, report.HTML),
		RunE: func(cmd *cobra.Command, _ []string) error {
			accepted, err := readSuppressions(suppressions)
			if err != nil {
				return err
			}
			if !slices.Contains(severities(review.Info), minSeverity) {
				return misused("invalid --min-severity %q; valid are %s", minSeverity, strings.Join(severities(review.Info), ", "))
			}
			s, err := c.open(cmd.Context())
			if err != nil {
				return err
			}
			read, err := events.read(cmd.Context(), s)
			if err != nil {
				return err
			}
			in := read.input()
			in.Sensitive, in.Suppressions = sensitive, accepted
			if live, is := s.(*service); is {
				in.Issuer = oidc.DefaultIssuer(live.client.URL())
			}
			found := review.Review(in)
			grave := 0
			for _, f := range found.Findings {
				if failOn != "never" && f.Severity.AtLeast(review.Severity(failOn)) {
					grave++
				}
			}
			found = atLeast(found, review.Severity(minSeverity))
			if c.isPage() {
				taken := graph.Snapshot{Taken: read.until, Organization: in.Organization, Blind: read.unread}
				if from, is := s.(*offline); is {
					taken.Taken = from.Taken
				}
				err = c.writePage(page.Input{Snapshot: taken, Review: &found})
			} else {
				err = c.write(report.ReviewedOf(s.organization(), report.WindowOf(read.since, read.until, read.count()), found))
			}
			if err != nil {
				return err
			}
			return c.ended(failOn, grave, fmt.Sprintf("%d findings of this severity or worse", grave), read.unread)
		},
	}
	events = c.evidenceFlags(cmd)
	cmd.Flags().StringVar(&suppressions, "suppressions", "", "`file` with the findings that are accepted")
	cmd.Flags().StringVar(&minSeverity, "min-severity", string(review.Info), "least `severity` that is reported: "+strings.Join(severities(review.Info), ", "))
	cmd.Flags().StringArrayVar(&sensitive, "sensitive", nil,
		"`name` of an environment or stack that is sensitive besides those that say so, such as payments/prod or stack:payments/prod; give it once for each")
	c.failing(cmd, &failOn, severities(review.Info), "fail if there is a finding of this severity or worse")
	return cmd
}

// atLeast leaves out what is less severe.
func atLeast(found review.Result, least review.Severity) review.Result {
	found.Findings = slices.DeleteFunc(slices.Clone(found.Findings), func(f review.Finding) bool { return !f.Severity.AtLeast(least) })
	found.BySeverity, found.ByRule = map[review.Severity]int{}, map[string]int{}
	for _, f := range found.Findings {
		found.BySeverity[f.Severity]++
		found.ByRule[f.Rule]++
	}
	return found
}

// acceptance is a suppression as files write it.
type acceptance struct {
	Rule      string `yaml:"rule"`
	Principal string `yaml:"principal"`
	Entity    string `yaml:"entity"`
	Reason    string `yaml:"reason"`
	Until     string `yaml:"until"`
}

func readSuppressions(path string) ([]review.Suppression, error) {
	if path == "" {
		return nil, nil
	}
	file, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("reading suppressions: %w", err)
	}
	defer func() { _ = file.Close() }()
	decoder := yaml.NewDecoder(file)
	decoder.KnownFields(true)
	var written []acceptance
	if err := decoder.Decode(&written); err != nil && !errors.Is(err, io.EOF) {
		return nil, misused("%s: %w", path, err)
	}
	var all []review.Suppression
	for i, a := range written {
		one := review.Suppression{Rule: a.Rule, Principal: a.Principal, Entity: a.Entity, Reason: a.Reason}
		if a.Until != "" {
			if one.Until, err = parseUntil(a.Until); err != nil {
				return nil, misused("%s: [%d].until: %w", path, i, err)
			}
		}
		all = append(all, one)
	}
	if err := review.CheckSuppressions(all).Err(); err != nil {
		return nil, misused("%s: %w", path, err)
	}
	return all, nil
}

// parseUntil reads a time, or a day, at whose beginning the acceptance ends.
func parseUntil(text string) (time.Time, error) {
	for _, layout := range []string{time.RFC3339, time.DateOnly} {
		if at, err := time.Parse(layout, text); err == nil {
			return at, nil
		}
	}
	return time.Time{}, fmt.Errorf("%q is not a time in RFC 3339, such as 2026-12-31T00:00:00Z", text)
}
