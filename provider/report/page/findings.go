package page

import (
	"slices"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/graph"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/review"
)

// severityCount is how many findings have a severity.
type severityCount struct {
	Severity review.Severity
	Count    int
}

// severitiesOf counts findings, the worst severity first.
func severitiesOf(findings []review.Finding) []severityCount {
	counts := map[review.Severity]int{}
	for _, f := range findings {
		counts[f.Severity]++
	}
	var all []severityCount
	for _, severity := range slices.Backward(review.Severities()) {
		if counts[severity] > 0 {
			all = append(all, severityCount{severity, counts[severity]})
		}
	}
	return all
}

// ruleFindings are the findings of one rule and severity that have the same risk.
type ruleFindings struct {
	Rule     string
	Severity review.Severity
	Risk     string
	Findings []review.Finding
}

// rulesOf groups findings in their order, which is the worst first.
func rulesOf(findings []review.Finding) []ruleFindings {
	type key struct {
		rule     string
		severity review.Severity
		risk     string
	}
	var all []ruleFindings
	at := map[key]int{}
	for _, f := range findings {
		k := key{f.Rule, f.Severity, f.Risk}
		n, known := at[k]
		if !known {
			n = len(all)
			at[k] = n
			all = append(all, ruleFindings{Rule: f.Rule, Severity: f.Severity, Risk: f.Risk})
		}
		all[n].Findings = append(all[n].Findings, f)
	}
	return all
}

// changesContent is what a change opens and closes, in words.
type changesContent struct {
	Gains, Losses []string
	Unknown       []graph.Blind
}

func changesOf(c *Changes) *changesContent {
	if c == nil {
		return nil
	}
	out := changesContent{Unknown: c.Unknown}
	for _, d := range c.Differences {
		if d.Gains {
			out.Gains = append(out.Gains, d.Text())
		} else {
			out.Losses = append(out.Losses, d.Text())
		}
	}
	return &out
}
