package server

import (
	"slices"
	"strconv"
	"time"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/rest"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/state"
)

// openRequest is CreateEnvironmentOpenRequest in the service's document.
type openRequest struct {
	AccessDuration  int64 `json:"accessDurationSeconds"`
	GrantExpiration int64 `json:"grantExpirationSeconds"`
}

type openRequestResult struct {
	changeRequestRef
	Project     string `json:"projectName"`
	Environment string `json:"environmentName"`
	ETag        string `json:"etag"`
}

// createOpenRequest asks to open an environment: one request for each gated environment that it imports, itself included.
func (c *call) createOpenRequest(e *state.Environment, wanted openRequest) (map[string]any, error) {
	if err := wanted.check(); err != nil {
		return nil, err
	}
	results := []openRequestResult{}
	for _, gated := range c.gatedImports(e) {
		q := c.newRequest(state.ActionOpen, gated, state.Proposal{AccessDuration: wanted.AccessDuration, GrantExpiration: wanted.GrantExpiration})
		results = append(results, openRequestResult{
			changeRequestRef: ref(q), Project: gated.Project, Environment: gated.Name, ETag: q.ID + "/" + strconv.Itoa(q.Latest().Number),
		})
	}
	if len(results) == 0 {
		return nil, rest.BadRequest("unable to create open request, please check whether opens are gated")
	}
	return map[string]any{"changeRequests": results}, nil
}

// mayAskToOpen lets in who may open the environment but for its gate. A deployment has nobody to ask on its behalf: it
// starts with a token of its own, and ends before anybody could approve.
func (c *call) mayAskToOpen() (*state.Environment, error) {
	e, err := c.visibleEnvironment()
	if err != nil {
		return nil, err
	}
	if !c.can("environment:open", environmentEntity(e)) {
		return nil, c.refuseEnvironment("environment:open", e)
	}
	if c.caller.stack != nil {
		c.auditApproval("a deployment cannot request to open environment %s", e.Path())
		return nil, rest.Forbidden("a deployment cannot request to open an environment")
	}
	return e, nil
}

func (r openRequest) check() error {
	if r.AccessDuration < 1 || r.GrantExpiration < 1 {
		return rest.BadRequest("Invalid input: accessDurationSeconds and grantExpirationSeconds are positive")
	}
	return nil
}

func (c *call) readOpenRequest(e *state.Environment) (openRequest, error) {
	q, err := c.requestOn(e, state.ActionOpen)
	if err != nil {
		return openRequest{}, err
	}
	p, found := q.Revision(c.Query("revision"))
	if !found {
		return openRequest{}, rest.NotFound("change request '%s' has no revision %s", q.ID, c.Query("revision"))
	}
	return openRequest{AccessDuration: p.AccessDuration, GrantExpiration: p.GrantExpiration}, nil
}

// changeableOpenRequest finds the caller's own request to open an environment, if it is not closed or applied yet.
func (c *call) changeableOpenRequest() (*state.ChangeRequest, error) {
	e, err := c.mayAskToOpen()
	if err != nil {
		return nil, err
	}
	if _, err := c.ownRequest(); err != nil {
		return nil, err
	}
	q, err := c.requestOn(e, state.ActionOpen)
	if err == nil && !q.Active() {
		return nil, rest.BadRequest("change request '%s' is %s", q.ID, q.Status)
	}
	return q, err
}

// updateOpenRequest changes the durations: a new revision, which approvals of the one before may not cover.
func (c *call) updateOpenRequest(q *state.ChangeRequest, wanted openRequest) (changeRequestRef, error) {
	if err := wanted.check(); err != nil {
		return changeRequestRef{}, err
	}
	c.propose(q, state.Proposal{AccessDuration: wanted.AccessDuration, GrantExpiration: wanted.GrantExpiration})
	return ref(q), nil
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
