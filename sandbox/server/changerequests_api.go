package server

import (
	"net/url"
	"time"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/rest"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/state"
)

type wireChangeRequest struct {
	ID             string     `json:"id"`
	OrgID          string     `json:"orgID"`
	Action         string     `json:"action"`
	Status         string     `json:"status"`
	Entity         wireEntity `json:"entity"`
	CreatedBy      userInfo   `json:"createdBy"`
	CreatedAt      time.Time  `json:"createdAt"`
	Description    string     `json:"description"`
	LatestRevision int        `json:"latestRevisionNumber"`

	Evaluation *wireGateEvaluation `json:"gateEvaluation,omitempty"`
}

func (s *org) changeRequestRoutes() []route {
	const requests = "/api/change-requests/{orgName}"
	const one = requests + "/{changeRequestID}"
	return []route{
		{pattern: "GET " + requests, handle: rest.Plain((*call).listChangeRequests)},
		{pattern: "GET " + one, handle: rest.Plain((*call).readRequest)},
		{pattern: "PATCH " + one, handle: rest.DoOn((*call).ownRequest, (*call).describeRequest)},
		{pattern: "POST " + one + "/submit", handle: rest.DoOn((*call).ownRequest, (*call).submitRequest)},
		{pattern: "POST " + one + "/approve", handle: rest.DoOn((*call).visibleRequest, (*call).approveRequest)},
		{pattern: "DELETE " + one + "/approve", handle: rest.Plain((*call).unapproveRequest)},
		{pattern: "POST " + one + "/apply", handle: rest.Plain((*call).applyRequest)},
		{pattern: "POST " + one + "/close", handle: rest.ActOn((*call).ownRequest, (*call).closeRequest)},
		{pattern: "POST " + one + "/comments", handle: rest.Plain((*call).commentRequest)},
		{pattern: "GET " + one + "/events", handle: rest.Plain((*call).listRequestEvents)},
	}
}

// requestRoutes are those on an environment that ask for an approval: to change it, by a draft, and to open it.
func (s *org) requestRoutes() []route {
	return []route{
		{pattern: "POST " + oneEnvironment + "/open/request", handle: rest.JSONOn((*call).mayAskToOpen, (*call).createOpenRequest)},
		{pattern: "GET " + oneEnvironment + "/open/request/{changeRequestID}", handle: rest.AnswerOn((*call).visibleEnvironment, (*call).readOpenRequest)},
		{pattern: "PUT " + oneEnvironment + "/open/request/{changeRequestID}", handle: rest.JSONOn((*call).changeableOpenRequest, (*call).updateOpenRequest)},
		{pattern: "POST " + oneEnvironment + "/drafts", handle: rest.AnswerOn(onEnvironment("environment:write"), (*call).createDraft)},
		{pattern: "GET " + oneEnvironment + "/drafts/{changeRequestID}", handle: rest.ActOn(onEnvironment("environment:read"), (*call).readDraft)},
		{pattern: "PATCH " + oneEnvironment + "/drafts/{changeRequestID}", handle: rest.AnswerOn(onEnvironment("environment:write"), (*call).updateDraft)},
		{pattern: "POST " + oneEnvironment + "/drafts/{changeRequestID}/open", handle: rest.Plain((*call).openDraft)},
	}
}

// listChangeRequests answers with the newest first. entityId is an environment's id or its qualified name: which of the two the
// service means is not documented.
func (c *call) listChangeRequests() error {
	if kind := c.Query("entityType"); kind != "" && kind != state.EntityTypeESC {
		return rest.BadRequest("invalid query parameter: entityType '%s' is not environment", kind)
	}
	size, err := c.pageSize("count")
	if err != nil {
		return err
	}
	id := c.Query("entityId")
	found := []wireChangeRequest{}
	for i := len(c.s.state.History.Requests) - 1; i >= 0; i-- {
		q := c.s.state.History.Requests[i]
		if _, visible := c.environmentOf(q); visible && (id == "" || id == q.EnvironmentID || id == q.Environment) {
			found = append(found, c.s.wireRequest(q))
		}
	}
	entries, next, err := rest.Page(found, c.Query("continuationToken"), size)
	if err != nil {
		return err
	}
	return c.OK(map[string]any{"changeRequests": entries, "continuationToken": next})
}

func (s *org) wireRequest(q *state.ChangeRequest) wireChangeRequest {
	return wireChangeRequest{
		ID: q.ID, OrgID: s.state.Organization.ID, Action: q.Action, Status: q.Status, Entity: entityOf(q.Environment),
		CreatedBy: s.userInfo(q.Creator), CreatedAt: q.Created, Description: q.Description, LatestRevision: q.Latest().Number,
	}
}

// environmentOf finds the environment that a request is about, if it is still the same one and the caller may see the
// request: who may read the environment, and who could approve.
func (c *call) environmentOf(q *state.ChangeRequest) (*state.Environment, bool) {
	e, found := c.s.state.Environments[q.Environment]
	if !found || e.ID != q.EnvironmentID {
		return nil, false
	}
	return e, c.can("environment:read", environmentEntity(e)) || c.couldApprove(q, e)
}

// requestOn is a change request and the environment that it is about.
type requestOn struct {
	*state.ChangeRequest
	environment *state.Environment
}

// visibleRequest is requestOfPath for typed routes.
func (c *call) visibleRequest() (requestOn, error) {
	q, e, err := c.requestOfPath()
	return requestOn{ChangeRequest: q, environment: e}, err
}

// requestOfPath finds the request that the path names, for callers who may see its environment.
func (c *call) requestOfPath() (*state.ChangeRequest, *state.Environment, error) {
	id := c.Param("changeRequestID")
	for _, q := range c.s.state.History.Requests {
		if q.ID != id {
			continue
		}
		if e, visible := c.environmentOf(q); visible {
			return q, e, nil
		}
	}
	return nil, nil, rest.NotFound("Change request '%s' not found", id)
}

// ownRequest is for what only the creator of a request and administrators may do to it.
func (c *call) ownRequest() (*state.ChangeRequest, error) {
	q, _, err := c.requestOfPath()
	if err != nil {
		return nil, err
	}
	if q.Creator != c.caller.login && !c.s.rules().isAdmin(c.caller) {
		c.auditApproval("change request %s is %s's", q.ID, q.Creator)
		return nil, rest.Forbidden("only %s, who made change request '%s', may do this", q.Creator, q.ID)
	}
	return q, nil
}

func (c *call) readRequest() error {
	q, e, err := c.requestOfPath()
	if err != nil {
		return err
	}
	answer := c.s.wireRequest(q)
	evaluation := c.s.evaluate(q, e)
	answer.Evaluation = &evaluation
	return c.OK(answer)
}

type describeRequestRequest struct {
	Description *string `json:"description"`
}

func (c *call) describeRequest(q *state.ChangeRequest, request describeRequestRequest) error {
	if request.Description == nil {
		return rest.BadRequest("Invalid input: description is required")
	}
	c.redescribe(q, *request.Description)
	return c.NoContent()
}

func (c *call) redescribe(q *state.ChangeRequest, description string) {
	if description == q.Description {
		return
	}
	c.note(q, state.RequestEvent{Type: state.EventDescription, From: q.Description, To: description})
	q.Description = description
}

type submitRequestRequest struct {
	Description *string `json:"description"`
}

// submitRequest asks for approvals.
func (c *call) submitRequest(q *state.ChangeRequest, request submitRequestRequest) error {
	if q.Status != state.StatusDraft {
		return rest.BadRequest("change request must be in draft status to submit (current status: %s): invalid request", q.Status)
	}
	if request.Description != nil {
		c.redescribe(q, *request.Description)
	}
	c.moveRequest(q, state.StatusReady, "")
	return c.NoContent()
}

type approveRequest struct {
	Revision *int   `json:"revisionNumber"`
	Comment  string `json:"comment"`
}

// approveRequest approves the revision that was reviewed: one that is not the latest any more is refused.
func (c *call) approveRequest(of requestOn, request approveRequest) error {
	q, e := of.ChangeRequest, of.environment
	if q.Status != state.StatusReady {
		return rest.BadRequest("change request must be in ready status to approve (current status: %s): invalid request", q.Status)
	}
	if request.Revision == nil || *request.Revision != q.Latest().Number {
		return rest.BadRequest("Invalid input: revisionNumber is not the latest, which is %d", q.Latest().Number)
	}
	if err := c.mayApprove(q, e); err != nil {
		return err
	}
	q.Approvals = append(q.Approvals, state.Approval{Login: c.caller.login, Revision: *request.Revision})
	c.note(q, state.RequestEvent{Type: state.EventApproved, Comment: request.Comment})
	return c.NoContent()
}

// mayApprove lets through who can approve at one gate at least.
func (c *call) mayApprove(q *state.ChangeRequest, e *state.Environment) error {
	eligible := false
	for _, g := range c.s.gatesOn(q.Environment, q.Action) {
		if !c.s.eligible(c.caller, g, e) {
			continue
		}
		if q.Creator != c.caller.login || g.AllowSelfApproval {
			return nil
		}
		eligible = true
	}
	if eligible {
		c.auditApproval("approving one's own change request %s is not allowed", q.ID)
		return rest.Forbidden("you made change request '%s', and may not approve it yourself", q.ID)
	}
	c.auditApproval("no eligible approver of change request %s", q.ID)
	return rest.Forbidden("you are not an eligible approver of change request '%s'", q.ID)
}

func (c *call) unapproveRequest() error {
	q, _, err := c.requestOfPath()
	if err != nil {
		return err
	}
	comment, err := c.comment()
	if err != nil {
		return err
	}
	var kept []state.Approval
	for _, a := range q.Approvals {
		if a.Login != c.caller.login {
			kept = append(kept, a)
		}
	}
	if len(kept) == len(q.Approvals) || q.Status != state.StatusReady {
		return rest.BadRequest("you have given no approval that could be taken back")
	}
	q.Approvals = kept
	c.note(q, state.RequestEvent{Type: state.EventUnapproved, Comment: comment})
	return c.NoContent()
}

// comment reads the body of a call that may carry one.
func (c *call) comment() (string, error) {
	data, err := c.Body()
	if err != nil || len(data) == 0 {
		return "", err
	}
	return decodeComment(data)
}

// applyRequest does what was asked for: it puts a draft in place, or starts the time within which a grant must be used.
func (c *call) applyRequest() error {
	q, e, err := c.requestOfPath()
	if err != nil {
		return err
	}
	if err := c.mayApply(q, e); err != nil {
		return err
	}
	if q.Status != state.StatusReady {
		return rest.BadRequest("change request must be in ready status to apply (current status: %s): invalid request", q.Status)
	}
	if evaluation := c.s.evaluate(q, e); !evaluation.Satisfied {
		return rest.BadRequest("the approval rules of change request '%s' are not satisfied%s", q.ID, c.s.outOfReach(q, e))
	}
	if q.Action == state.ActionUpdate {
		if err := c.applyDraft(q, e); err != nil {
			return err
		}
	}
	c.moveRequest(q, state.StatusApplied, "")
	q.Applied = c.s.now()
	return c.OK(map[string]string{"entityUrl": c.environmentURL(q.Environment)})
}

// mayApply lets the creator of a request apply it, and who could approve it; administrators as well.
func (c *call) mayApply(q *state.ChangeRequest, e *state.Environment) error {
	if q.Creator == c.caller.login || c.s.rules().isAdmin(c.caller) || c.couldApprove(q, e) {
		return nil
	}
	c.auditApproval("change request %s is not theirs to apply", q.ID)
	return rest.Forbidden("you may not apply change request '%s'", q.ID)
}

func (c *call) couldApprove(q *state.ChangeRequest, e *state.Environment) bool {
	for _, g := range c.s.gatesOn(q.Environment, q.Action) {
		if c.s.eligible(c.caller, g, e) {
			return true
		}
	}
	return false
}

func (c *call) environmentURL(environment string) string {
	entity := entityOf(environment)
	return c.s.baseURL + "/" + url.PathEscape(c.s.state.Organization.Login) + "/esc/" +
		url.PathEscape(entity.Project) + "/" + url.PathEscape(entity.Name)
}

func (c *call) closeRequest(q *state.ChangeRequest) error {
	comment, err := c.comment()
	if err != nil {
		return err
	}
	if !q.Active() {
		return rest.BadRequest("change request '%s' is %s already", q.ID, q.Status)
	}
	c.moveRequest(q, state.StatusClosed, comment)
	return c.NoContent()
}

func (c *call) commentRequest() error {
	q, _, err := c.requestOfPath()
	if err != nil {
		return err
	}
	comment, err := c.comment()
	if err != nil {
		return err
	}
	if comment == "" {
		return rest.BadRequest("Invalid input: comment is required")
	}
	c.note(q, state.RequestEvent{Type: state.EventCommented, Comment: comment})
	return c.NoContent()
}
