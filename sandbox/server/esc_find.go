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

// onEnvironment finds what the path names for a caller who holds a scope on it.
var onEnvironment = scoped((*call).environmentWith)
