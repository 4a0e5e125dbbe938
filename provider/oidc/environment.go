package oidc

import (
	"fmt"
	"strings"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/problem"
)

// LegacyProject is the project of environments that were made before ESC had projects. The name of such an
// environment stands alone in subjects, and its audience is the plain organization.
const LegacyProject = "default"

// EnvironmentRef names an ESC environment within an organization. Both parts are required; environments of the legacy
// project have Project [LegacyProject].
type EnvironmentRef struct {
	Project string
	Name    string
}

// ParseEnvironmentRef reads `project/env`. A bare `env` is in the legacy project `default`.
func ParseEnvironmentRef(s string) (EnvironmentRef, error) {
	project, name, found := strings.Cut(s, "/")
	if !found {
		project, name = LegacyProject, s
	}
	ref := EnvironmentRef{Project: project, Name: name}
	if strings.Contains(name, "/") {
		return EnvironmentRef{}, problem.List{{Reason: fmt.Sprintf(
			"%q is not an environment: write project/environment, without the organization and without a version", s)}}
	}
	if reason := ref.bad(); reason != "" {
		return EnvironmentRef{}, problem.List{{Reason: reason}}
	}
	return ref, nil
}

// String is the environment as subjects hold it: `project/env`, and the bare name in the legacy project.
func (e EnvironmentRef) String() string {
	if e.Project == LegacyProject {
		return e.Name
	}
	return e.Project + "/" + e.Name
}

func (e EnvironmentRef) bad() string {
	if reason := badName("project", e.Project); reason != "" {
		return reason
	}
	return badName("environment", e.Name)
}
