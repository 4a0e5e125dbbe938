package server

import (
	"slices"
	"time"

	"github.com/pulumi/esc/eval"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/environments"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/rest"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/state"
)

// passGate lets the caller open an environment that is not gated, or for which they hold a grant. The grant is remembered:
// the open, once it succeeds, is its first use.
func (c *call) passGate(e *state.Environment) error {
	if len(c.s.gatesOn(e.Path(), state.ActionOpen)) == 0 {
		return nil
	}
	q, found := c.s.grantFor(c.caller.login, e)
	if !found {
		c.audit("environment-unauthorized-open", "%s was refused: opening environment %s needs an approved open request",
			c.caller.login, e.Path())
		return rest.Forbidden("opening environment '%s/%s' needs an approved open request: run `pulumi env open-request`",
			c.s.state.Organization.Login, e.Path())
	}
	if !slices.Contains(c.grantsUsed, q) {
		c.grantsUsed = append(c.grantsUsed, q)
	}
	return nil
}

// grantFor finds the grant that lets a login open an environment now; of several, the one that lasts longest.
func (s *org) grantFor(login string, e *state.Environment) (*state.ChangeRequest, bool) {
	var best *state.ChangeRequest
	for _, q := range s.state.History.Requests {
		if q.Action != state.ActionOpen || q.Status != state.StatusApplied || q.Creator != login || q.EnvironmentID != e.ID ||
			!s.now().Before(q.GrantEnds(s.now())) {
			continue
		}
		if best == nil || q.GrantEnds(s.now()).After(best.GrantEnds(s.now())) {
			best = q
		}
	}
	return best, best != nil
}

// useGrants starts the time of the grants by which an open succeeded, and answers when its session must end.
func (c *call) useGrants(until time.Time) time.Time {
	now := c.s.now()
	for _, q := range c.grantsUsed {
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

// openRequestNeeded tells whether the caller must ask first: for the environment, or for one that it imports.
func (c *call) openRequestNeeded(e *state.Environment) bool {
	return slices.ContainsFunc(c.gatedImports(e), func(gated *state.Environment) bool {
		_, granted := c.s.grantFor(c.caller.login, gated)
		return !granted
	})
}

// gatedImports lists the environments with an open gate among those that an environment imports, itself first.
func (c *call) gatedImports(root *state.Environment) []*state.Environment {
	var gated []*state.Environment
	seen := map[string]bool{}
	var walk func(*state.Environment, string)
	walk = func(e *state.Environment, definition string) {
		if seen[e.ID] {
			return
		}
		seen[e.ID] = true
		if len(c.s.gatesOn(e.Path(), state.ActionOpen)) > 0 {
			gated = append(gated, e)
		}
		for _, name := range importNames(e, definition) {
			imported, found := c.s.state.Environments[state.EntityKey(name.Project, name.Name)]
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

// importNames are the environments that a text imports, as far as it can be read.
func importNames(e *state.Environment, definition string) []environments.ImportName {
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

// closeRequests ends what was asked for an environment that was deleted.
func (s *org) closeRequests(environmentID string) {
	for _, q := range s.state.History.Requests {
		if q.EnvironmentID == environmentID && q.Active() {
			q.Status = state.StatusClosed
		}
	}
}

// refuseGatedUpdate refuses a direct write of an environment whose updates are gated.
func (c *call) refuseGatedUpdate(e *state.Environment) error {
	if len(c.s.gatesOn(e.Path(), state.ActionUpdate)) == 0 {
		return nil
	}
	return rest.Conflict("updates of environment %s need an approval: submit the change as a draft", e.Path())
}

// activeDraft is the draft of an environment that waits to be submitted, approved or applied.
func (s *org) activeDraft(e *state.Environment) (*state.ChangeRequest, bool) {
	for _, q := range s.state.History.Requests {
		if q.EnvironmentID == e.ID && q.Action == state.ActionUpdate && q.Active() {
			return q, true
		}
	}
	return nil, false
}

// changeRequestRef is ChangeRequestRef in the service's document.
type changeRequestRef struct {
	ID             string `json:"changeRequestId"`
	LatestRevision int    `json:"latestRevisionNumber"`
}

func ref(q *state.ChangeRequest) changeRequestRef {
	return changeRequestRef{ID: q.ID, LatestRevision: q.Latest().Number}
}
