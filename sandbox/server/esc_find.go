package server

import (
	"strings"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/rest"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/state"
)

// checkETag refuses a write whose caller has read an older text. The service's document names the header If-Match and
// its own client sends ETag, so either counts; without them the last write wins.
func (c *call) checkETag(e *state.Environment) error {
	current := strings.Trim(e.ETag(e.Latest()), `"`)
	for _, header := range []string{"If-Match", "ETag"} {
		sent := strings.Trim(strings.TrimPrefix(c.Request.Header.Get(header), "W/"), `"`)
		if sent != "" && sent != "*" && sent != current {
			return rest.Conflict("the environment has changed since it was read")
		}
	}
	return nil
}

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

// environmentWith finds the environment of the path for callers who hold a scope on it.
func (c *call) environmentWith(scope string) (*state.Environment, error) {
	e, err := c.visibleEnvironment()
	if err != nil {
		return nil, err
	}
	if !c.can(scope, environmentEntity(e)) {
		return nil, c.refuseEnvironment(scope, e)
	}
	if isOpen(scope) {
		return e, c.passGate(e)
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

// revisionOf finds the revision that the path names, if it names one.
func (c *call) revisionOf(e *state.Environment) (state.Revision, error) {
	version := c.Param("version")
	r, found := e.Revision(version)
	if !found {
		return state.Revision{}, rest.NotFound("environment %s has no revision or revision tag '%s'", e.Path(), version)
	}
	return r, nil
}

// withVersion names the scope for the environment itself or, where the path names a revision, for its versions.
func (c *call) withVersion(latest, versioned string) string {
	if c.Param("version") == "" {
		return latest
	}
	return versioned
}
