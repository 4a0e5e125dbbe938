package gates

import (
	"slices"
	"time"

	"github.com/pulumi/esc/eval"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/core"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/environments"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/rest"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/state"
)

// PassGate lets the caller open an environment that is not gated, or for which they hold a grant. The grant is remembered:
// the open, once it succeeds, is its first use.
func PassGate(c *core.Call, e *state.Environment) error {
	if len(GatesOn(c.Org, e.Path(), state.ActionOpen)) == 0 {
		return nil
	}
	q, found := grantFor(c.Org, c.Caller.Login, e)
	if !found {
		c.Audit("environment-unauthorized-open", "%s was refused: opening environment %s needs an approved open request",
			c.Caller.Login, e.Path())
		return rest.Forbidden("opening environment '%s/%s' needs an approved open request: run `pulumi env open-request`",
			c.Org.State.Organization.Login, e.Path())
	}
	if !slices.Contains(c.GrantsUsed, q) {
		c.GrantsUsed = append(c.GrantsUsed, q)
	}
	return nil
}

// grantFor finds the grant that lets a login open an environment now; of several, the one that lasts longest.
func grantFor(s *core.Org, login string, e *state.Environment) (*state.ChangeRequest, bool) {
	var best *state.ChangeRequest
	for _, q := range s.State.History.Requests {
		if q.Action != state.ActionOpen || q.Status != state.StatusApplied || q.Creator != login || q.EnvironmentID != e.ID ||
			!s.Now().Before(q.GrantEnds(s.Now())) {
			continue
		}
		if best == nil || q.GrantEnds(s.Now()).After(best.GrantEnds(s.Now())) {
			best = q
		}
	}
	return best, best != nil
}

// UseGrants starts the time of the grants by which an open succeeded, and returns when its session must end.
func UseGrants(c *core.Call, until time.Time) time.Time {
	now := c.Org.Now()
	for _, q := range c.GrantsUsed {
		ends := q.GrantEnds(now)
		if q.Opened.IsZero() {
			q.Opened = now
		}
		if ends.Before(until) {
			until = ends
		}
	}
	return until
}

// OpenRequestNeeded reports whether the caller needs an open request first, for the environment or for one that it imports.
func OpenRequestNeeded(c *core.Call, e *state.Environment) bool {
	return slices.ContainsFunc(GatedImports(c, e), func(gated *state.Environment) bool {
		_, granted := grantFor(c.Org, c.Caller.Login, gated)
		return !granted
	})
}

// GatedImports lists the environments with an open gate among those that an environment imports, itself first.
func GatedImports(c *core.Call, root *state.Environment) []*state.Environment {
	var gated []*state.Environment
	seen := map[string]bool{}
	var walk func(*state.Environment, string)
	walk = func(e *state.Environment, definition string) {
		if seen[e.ID] {
			return
		}
		seen[e.ID] = true
		if len(GatesOn(c.Org, e.Path(), state.ActionOpen)) > 0 {
			gated = append(gated, e)
		}
		for _, name := range ImportNames(e, definition) {
			imported, found := c.Org.State.Environments[state.EntityKey(name.Project, name.Name)]
			if !found {
				continue
			}
			if r, found := imported.Revision(name.Version); found {
				walk(imported, r.Definition)
			}
		}
	}
	walk(root, root.Definition)
	return gated
}

// ImportNames are the environments that a text imports, as far as it can be read.
func ImportNames(e *state.Environment, definition string) []environments.ImportName {
	decl, _, err := eval.LoadYAMLBytes(e.Path(), []byte(definition))
	if err != nil || decl == nil {
		return nil
	}
	var names []environments.ImportName
	for _, entry := range decl.Imports.GetElements() {
		if entry.Environment == nil {
			continue
		}
		if name, err := environments.ParseImportName(entry.Environment.Value); err == nil {
			names = append(names, name)
		}
	}
	return names
}

// CloseRequests closes the requests about an environment that was deleted.
func CloseRequests(s *core.Org, environmentID string) {
	for _, q := range s.State.History.Requests {
		if q.EnvironmentID == environmentID && q.Active() {
			q.Status = state.StatusClosed
		}
	}
}

// RefuseGatedUpdate refuses a direct write of an environment whose updates are gated.
func RefuseGatedUpdate(c *core.Call, e *state.Environment) error {
	if len(GatesOn(c.Org, e.Path(), state.ActionUpdate)) == 0 {
		return nil
	}
	return rest.Conflict("updates of environment %s need an approval: submit the change as a draft", e.Path())
}

// ActiveDraft is the draft of an environment that waits to be submitted, approved or applied.
func ActiveDraft(s *core.Org, e *state.Environment) (*state.ChangeRequest, bool) {
	for _, q := range s.State.History.Requests {
		if q.EnvironmentID == e.ID && q.Action == state.ActionUpdate && q.Active() {
			return q, true
		}
	}
	return nil, false
}

// ChangeRequestRef is ChangeRequestRef in the service's document.
type ChangeRequestRef struct {
	ID             string `json:"changeRequestId"`
	LatestRevision int    `json:"latestRevisionNumber"`
}

func Ref(q *state.ChangeRequest) ChangeRequestRef {
	return ChangeRequestRef{ID: q.ID, LatestRevision: q.Latest().Number}
}
