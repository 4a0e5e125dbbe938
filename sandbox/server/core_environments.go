package server

import (
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/rest"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/seal"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/state"
)

// environmentNotFound answers both for what is not there and for what the caller may not see, in the same words.
func environmentNotFound(project, name string) error {
	return rest.NotFound("Environment '%s' not found", state.EntityKey(project, name))
}

// visibleEnvironment finds the environment of the path, for callers who may see it.
func (c *call) visibleEnvironment() (*state.Environment, error) {
	project, name := c.Param("projectName"), c.Param("envName")
	e, found := c.s.state.Environments[state.EntityKey(project, name)]
	if !found || !c.can("environment:read", environmentEntity(e)) {
		return nil, environmentNotFound(project, name)
	}
	return e, nil
}

// isOpen tells whether a scope shows an environment's values. What takes one of these an open gate guards: opening,
// reading a session, decrypting.
func isOpen(scope string) bool {
	return scope == "environment:open" || scope == "environment_version:open"
}

// refuseEnvironment is for who may see the environment: saying which scope is missing gives nothing away.
func (c *call) refuseEnvironment(scope string, e *state.Environment) error {
	c.auditRefusal(scope, e)
	return rest.Forbidden("you need the permission '%s' on environment '%s/%s'", scope, c.s.state.Organization.Login, e.Path())
}

func (c *call) auditRefusal(scope string, e *state.Environment) {
	c.audit(refusalEvent(scope), "%s was refused: it needs %s on environment %s", c.caller.login, scope, e.Path())
}

func refusalEvent(scope string) string {
	if isOpen(scope) {
		return "environment-unauthorized-open"
	}
	return "auth-failure-environment"
}

// environmentKey encrypts the secrets of one environment, under the server's key. A ciphertext belongs to its environment:
// whoever may only read one environment must not learn its secrets by pasting them into another one that he may open.
func (s *org) environmentKey(environmentID string) seal.BoundKey {
	return s.sealer.For("environment", environmentID)
}
