package oidc

import (
	"slices"
	"strings"
)

// undecided is the location of what only the reader can decide.
type undecided struct{}

func (undecided) fix(string, *tree, Intent) bool { return false }

// pullRequests adds a finding where a document admits runs of pull requests of a CI system, by the values that it takes of each claim. Where it
// names no workload, or a pattern of them, that is said already, in one of the findings from since on. What excludes them by a denial or a
// negation is not counted.
func (l *linter) pullRequests(since int, path string, system WorkloadSystem, values map[string][]string) {
	wider := slices.ContainsFunc(l.findings[since:], func(f Finding) bool {
		return slices.Contains([]string{RuleMissingSubject, RuleAudienceOnly, RuleWildcardSubject}, f.Rule)
	})
	if wider {
		return
	}
	if system == PulumiCloud || ours(values[subjectClaim]) {
		return // whose previews cannot be told apart, and are what documents for deployments are for: the docs say so
	}
	location := l.location
	l.location = undecided{}
	defer func() { l.location = location }()
	const fix = "Pin a branch, a tag or an environment that runs of pull requests do not have, or give them an identity of their own that may only read."
	switch admitPullRequests(system, values, true) {
	case somePullRequests:
		l.add(RulePullRequests, Medium, path, "Runs of pull requests (merge requests) get in: whoever may open one runs their own code with the "+
			"identity, before anybody has reviewed it. A Deny or a negated condition that excludes them is not counted here.", fix)
	case perhapsPullRequests:
		l.add(RulePullRequests, Low, path, "Whether runs of pull requests get in cannot be told: plans of HCP Terraform are also made for pull "+
			"requests, and their tokens do not say so. Whoever may open one runs their own code with the identity.",
			"Pin `terraform_run_phase` to `apply` (or the subject that ends with `run_phase:apply`), or give plans an identity of their own that may only read.")
	case noPullRequests:
	}
}

// literal are exact values that a run may have: a wildcard character in one is taken literally, and no run has it.
func literal(exact []string) []string {
	return slices.DeleteFunc(slices.Clone(exact), func(value string) bool { return strings.ContainsAny(value, "*?") })
}
