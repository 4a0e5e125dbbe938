package oidc

import (
	"fmt"
	"regexp"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/problem"
)

const workflowClaim = "job_workflow_ref"

// workflowRef is a reference to a reusable workflow, as its jobs present it.
var workflowRef = regexp.MustCompile(`^[A-Za-z0-9_-]+/[A-Za-z0-9._-]+/\.github/workflows/[^@*?]+\.ya?ml@(refs/(heads|tags)/.+|[0-9a-f]{40})$`)

// workflowPins are the pins of the repository for each of the reusable workflows that jobs have to come from.
func (r GitHubRepository) workflowPins(p Pinning) ([]CIPin, error) {
	var wrong problem.List
	if r.Claims[workflowClaim] != "" {
		wrong.AddReason("workflows", "stand beside claims[\"job_workflow_ref\"]: give one of them")
	}
	var pins []CIPin
	for i, workflow := range r.Workflows {
		property := fmt.Sprintf("workflows[%d]", i)
		one := r
		one.Workflows, one.Claims = nil, with(r.Claims, map[string]string{workflowClaim: workflow})
		if !workflowRef.MatchString(workflow) {
			wrong.AddReason(property, fmt.Sprintf("%q is not a reference to a reusable workflow, such as "+
				"acme/workflows/.github/workflows/deploy.yml@refs/heads/main", workflow))
			continue
		}
		wrong.AddReason(property, Pinning{Wildcards: p.Wildcards, System: GitHubActions}.badClaim(workflowClaim, one.Claims))
		made, err := one.Pins(p)
		for _, problem := range problem.Of(err) {
			if problem.Path != fmt.Sprintf("claims[%q]", workflowClaim) && i == 0 {
				wrong = append(wrong, problem)
			}
		}
		pins = append(pins, made...)
	}
	return pins, wrong.Err()
}
