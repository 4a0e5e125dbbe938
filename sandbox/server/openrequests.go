package server

import (
	"strconv"

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
