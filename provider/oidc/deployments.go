package oidc

import (
	"fmt"
	"slices"
	"strings"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/problem"
)

// Operation is an operation of a deployment, as its subject names it.
type Operation string

// The operations of Pulumi Deployments. Whether drift runs present their own word or `refresh` and `update` is not
// documented, so they are never granted unasked.
const (
	Preview        Operation = "preview"
	Update         Operation = "update"
	Refresh        Operation = "refresh"
	Destroy        Operation = "destroy"
	DetectDrift    Operation = "detect-drift"
	RemediateDrift Operation = "remediate-drift"
)

// Operations lists every operation, in the order in which subjects are written.
func Operations() []Operation {
	return append(DefaultOperations(), DetectDrift, RemediateDrift)
}

// DefaultOperations are the operations that are trusted by default: preview, update, refresh and destroy.
func DefaultOperations() []Operation {
	return []Operation{Preview, Update, Refresh, Destroy}
}

// DeploymentSubjects lists the exact subjects of one stack's deployments, one per operation, in the order of
// [Operations] whatever the order given, without duplicates. No operations means [DefaultOperations]. Errors are
// [problem.List] naming `organization`, `project`, `stack` and `operations[i]`.
func DeploymentSubjects(organization, project, stack string, ops []Operation) ([]string, error) {
	if err := checkDeployment(organization, project, stack, ops); err != nil {
		return nil, err
	}
	if len(ops) == 0 {
		ops = DefaultOperations()
	}
	prefix := fmt.Sprintf("pulumi:deploy:org:%s:project:%s:stack:%s", strings.ToLower(organization), project, stack)
	var subjects []string
	for _, op := range Operations() {
		if slices.Contains(ops, op) {
			subjects = append(subjects, prefix+":operation:"+string(op)+":scope:write")
		}
	}
	return subjects, nil
}

func checkDeployment(organization, project, stack string, ops []Operation) error {
	var wrong problem.List
	wrong.AddReason("organization", badName("organization", organization))
	wrong.AddReason("project", badName("project", project))
	wrong.AddReason("stack", badName("stack", stack))
	for i, op := range ops {
		if !slices.Contains(Operations(), op) {
			wrong.AddReason(fmt.Sprintf("operations[%d]", i), fmt.Sprintf("unknown operation %q; known are %v", op, Operations()))
		}
	}
	return wrong.Err()
}

// DeploymentAudience is the audience of every token of Pulumi Deployments: the plain organization, lower-cased.
func DeploymentAudience(organization string) string { return strings.ToLower(organization) }
