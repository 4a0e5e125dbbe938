package types

import (
	"fmt"
	"slices"
	"strings"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/problem"
)

// optIns are the risks that each resource and component knows. What is not here has no effect there, and is refused: whoever
// reads `allow` in a program takes it for what is acknowledged.
var optIns = map[string][]OptIn{
	"EntityAccess":         {"stackAdminForPeople", "lockOut"},
	"MachineToken":         {"tokenWithoutRole"},
	"OidcIssuer":           {"tokenWithoutRole", "bareWildcardSubject", "wildcardInClaim", "pullRequests"},
	"OrganizationSettings": {"lockOut", "loosenDefaults"},
	"Role":                 {"openOnAll", "stackAdminForPeople", "lockOut"},
	"StackOwner":           {"lockOut"},
	"EnvironmentOwner":     {"lockOut"},
	"Team":                 {"lockOut"},
	"TeamAccess":           {"stackAdminForPeople", "lockOut"},

	"BreakGlass":               {"stackAdminForPeople", "openOnAll", "lockOut"},
	"CiTrust":                  {"wildcardInClaim", "bareWildcardSubject", "pullRequests"},
	"DeploymentRoleAssignment": {"openOnAll", "lockOut"},
	"OrganizationBaseline":     {"lockOut", "loosenDefaults"},
	"ScopedTeam":               {"stackAdminForPeople", "openOnAll", "lockOut"},
	"TieredAccess":             {"stackAdminForPeople", "lockOut"},
}

// OptIns are the risks that a resource or component knows, by the last part of its token.
func OptIns(resource string) []OptIn { return slices.Clone(optIns[resource]) }

// CheckOptIns refuses what a resource or component does not know.
func CheckOptIns(resource string, given []OptIn) problem.List {
	known := optIns[resource]
	names := make([]string, len(known))
	for i, name := range known {
		names[i] = string(name)
	}
	var problems problem.List
	for i, optIn := range given {
		if !slices.Contains(known, optIn) {
			problems = append(problems, problem.Problem{
				Path:   fmt.Sprintf("allow[%d]", i),
				Reason: fmt.Sprintf("%q is nothing that can be opted in to here; use one of %s", optIn, strings.Join(names, ", ")),
			})
		}
	}
	return problems
}
