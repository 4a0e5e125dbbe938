package approvals

import (
	"strconv"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/authz"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/core"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/gates"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/rest"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/state"
)

// openRequest is CreateEnvironmentOpenRequest in the service's document.
type openRequest struct {
	AccessDuration  int64 `json:"accessDurationSeconds"`
	GrantExpiration int64 `json:"grantExpirationSeconds"`
}

type openRequestResult struct {
	gates.ChangeRequestRef
	Project     string `json:"projectName"`
	Environment string `json:"environmentName"`
	ETag        string `json:"etag"`
}

// createOpenRequest asks to open an environment: one request for each gated environment that it imports, itself included.
func createOpenRequest(c *core.Call, e *state.Environment, wanted openRequest) (map[string]any, error) {
	if err := wanted.check(); err != nil {
		return nil, err
	}
	results := []openRequestResult{}
	for _, gated := range gates.GatedImports(c, e) {
		q := newRequest(c, state.ActionOpen, gated, state.Proposal{AccessDuration: wanted.AccessDuration, GrantExpiration: wanted.GrantExpiration})
		results = append(results, openRequestResult{
			ChangeRequestRef: gates.Ref(q), Project: gated.Project, Environment: gated.Name, ETag: q.ID + "/" + strconv.Itoa(q.Latest().Number),
		})
	}
	if len(results) == 0 {
		return nil, rest.BadRequest("unable to create open request, please check whether opens are gated")
	}
	return map[string]any{"changeRequests": results}, nil
}

// mayAskToOpen finds the environment if the caller may open it apart from its gate. It refuses deployments: no person asks on
// their behalf, and they end before anybody could approve.
func mayAskToOpen(c *core.Call) (*state.Environment, error) {
	e, err := c.VisibleEnvironment()
	if err != nil {
		return nil, err
	}
	if !c.Can("environment:open", authz.Environment(e)) {
		return nil, c.RefuseEnvironment("environment:open", e)
	}
	if c.Caller.Stack != nil {
		gates.AuditApproval(c, "a deployment cannot request to open environment %s", e.Path())
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

func readOpenRequest(c *core.Call, e *state.Environment) (openRequest, error) {
	q, err := requestFor(c, e, state.ActionOpen)
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
func changeableOpenRequest(c *core.Call) (*state.ChangeRequest, error) {
	e, err := mayAskToOpen(c)
	if err != nil {
		return nil, err
	}
	if _, err := ownRequest(c); err != nil {
		return nil, err
	}
	q, err := requestFor(c, e, state.ActionOpen)
	if err == nil && !q.Active() {
		return nil, rest.BadRequest("change request '%s' is %s", q.ID, q.Status)
	}
	return q, err
}

// updateOpenRequest changes the durations: a new revision, which approvals of the one before may not cover.
func updateOpenRequest(c *core.Call, q *state.ChangeRequest, wanted openRequest) (gates.ChangeRequestRef, error) {
	if err := wanted.check(); err != nil {
		return gates.ChangeRequestRef{}, err
	}
	propose(c, q, state.Proposal{AccessDuration: wanted.AccessDuration, GrantExpiration: wanted.GrantExpiration})
	return gates.Ref(q), nil
}
