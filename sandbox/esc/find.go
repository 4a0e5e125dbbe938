package esc

import (
	"strings"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/authz"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/core"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/gates"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/rest"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/state"
)

// CheckETag refuses a write whose caller has read an older text. The service's document names the header If-Match and
// its own client sends ETag, so either counts; without them the last write wins.
func CheckETag(c *core.Call, e *state.Environment) error {
	current := strings.Trim(e.ETag(e.Latest()), `"`)
	for _, header := range []string{"If-Match", "ETag"} {
		sent := strings.Trim(strings.TrimPrefix(c.Request.Header.Get(header), "W/"), `"`)
		if sent != "" && sent != "*" && sent != current {
			return rest.Conflict("the environment has changed since it was read")
		}
	}
	return nil
}

// EnvironmentWith finds the environment that the path names, and checks that the caller holds the scope on it.
func EnvironmentWith(c *core.Call, scope string) (*state.Environment, error) {
	e, err := c.VisibleEnvironment()
	if err != nil {
		return nil, err
	}
	if !c.Can(scope, authz.Environment(e)) {
		return nil, c.RefuseEnvironment(scope, e)
	}
	if core.IsOpen(scope) {
		return e, gates.PassGate(c, e)
	}
	return e, nil
}

// revisionOf finds the revision that the path names, if it names one.
func revisionOf(c *core.Call, e *state.Environment) (state.Revision, error) {
	version := c.Param("version")
	r, found := e.Revision(version)
	if !found {
		return state.Revision{}, rest.NotFound("environment %s has no revision or revision tag '%s'", e.Path(), version)
	}
	return r, nil
}

// withVersion names the scope for the environment itself or, where the path names a revision, for its versions.
func withVersion(c *core.Call, latest, versioned string) string {
	if c.Param("version") == "" {
		return latest
	}
	return versioned
}

// OnEnvironment makes a finder for typed routes of [EnvironmentWith].
var OnEnvironment = core.Scoped(EnvironmentWith)
