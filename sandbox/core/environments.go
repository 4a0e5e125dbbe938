package core

import (
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/authz"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/rest"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/seal"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/state"
)

// environmentNotFound is the answer for an environment that does not exist, and for one that the caller may not see.
func environmentNotFound(project, name string) error {
	return rest.NotFound("Environment '%s' not found", state.EntityKey(project, name))
}

// VisibleEnvironment finds the environment that the path names, if the caller may see it.
func (c *Call) VisibleEnvironment() (*state.Environment, error) {
	project, name := c.Param("projectName"), c.Param("envName")
	e, found := c.Org.State.Environments[state.EntityKey(project, name)]
	if !found || !c.Can("environment:read", authz.Environment(e)) {
		return nil, environmentNotFound(project, name)
	}
	return e, nil
}

// IsOpen reports whether a scope shows an environment's values. What takes one of these an open gate guards: opening,
// reading a session, decrypting.
func IsOpen(scope string) bool {
	return scope == "environment:open" || scope == "environment_version:open"
}

// RefuseEnvironment refuses a caller who may see the environment, so the message may name the missing scope.
func (c *Call) RefuseEnvironment(scope string, e *state.Environment) error {
	c.AuditRefusal(scope, e)
	return rest.Forbidden("you need the permission '%s' on environment '%s/%s'", scope, c.Org.State.Organization.Login, e.Path())
}

func (c *Call) AuditRefusal(scope string, e *state.Environment) {
	c.Audit(RefusalEvent(scope), "%s was refused: it needs %s on environment %s", c.Caller.Login, scope, e.Path())
}

func RefusalEvent(scope string) string {
	if IsOpen(scope) {
		return "environment-unauthorized-open"
	}
	return "auth-failure-environment"
}

// EnvironmentKey encrypts the secrets of one environment, under the server's key. A ciphertext belongs to its environment:
// whoever may only read one environment must not learn its secrets by pasting them into another one that he may open.
func (s *Org) EnvironmentKey(environmentID string) seal.BoundKey {
	return s.Sealer.For("environment", environmentID)
}
