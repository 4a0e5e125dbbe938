// Package approvals serves change requests: open requests and drafts, how they are reviewed, and what applying them does. Call
// [ChangeRequestRoutes] and [RequestRoutes]. Which approvals count is decided by package gates.
package approvals

import (
	"net/url"
	"time"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/authz"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/core"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/esc"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/gates"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/rest"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/state"
)

type wireChangeRequest struct {
	ID             string           `json:"id"`
	OrgID          string           `json:"orgID"`
	Action         string           `json:"action"`
	Status         string           `json:"status"`
	Entity         gates.WireEntity `json:"entity"`
	CreatedBy      core.UserInfo    `json:"createdBy"`
	CreatedAt      time.Time        `json:"createdAt"`
	Description    string           `json:"description"`
	LatestRevision int              `json:"latestRevisionNumber"`

	Evaluation *gates.WireGateEvaluation `json:"gateEvaluation,omitempty"`
}

func ChangeRequestRoutes() []core.Route {
	const requests = "/api/change-requests/{orgName}"
	const one = requests + "/{changeRequestID}"
	return []core.Route{
		{Pattern: "GET " + requests, Handle: rest.Plain(listChangeRequests)},
		{Pattern: "GET " + one, Handle: rest.Plain(readRequest)},
		{Pattern: "PATCH " + one, Handle: rest.DoOn(ownRequest, describeRequest)},
		{Pattern: "POST " + one + "/submit", Handle: rest.DoOn(ownRequest, submitRequest)},
		{Pattern: "POST " + one + "/approve", Handle: rest.DoOn(visibleRequest, approveRequest)},
		{Pattern: "DELETE " + one + "/approve", Handle: rest.Plain(unapproveRequest)},
		{Pattern: "POST " + one + "/apply", Handle: rest.Plain(applyRequest)},
		{Pattern: "POST " + one + "/close", Handle: rest.ActOn(ownRequest, closeRequest)},
		{Pattern: "POST " + one + "/comments", Handle: rest.Plain(commentRequest)},
		{Pattern: "GET " + one + "/events", Handle: rest.Plain(listRequestEvents)},
	}
}

// RequestRoutes are those on an environment that ask for an approval: to change it, by a draft, and to open it.
func RequestRoutes() []core.Route {
	return []core.Route{
		{Pattern: "POST " + esc.OneEnvironment + "/open/request", Handle: rest.JSONOn(mayAskToOpen, createOpenRequest)},
		{Pattern: "GET " + esc.OneEnvironment + "/open/request/{changeRequestID}", Handle: rest.AnswerOn((*core.Call).VisibleEnvironment, readOpenRequest)},
		{Pattern: "PUT " + esc.OneEnvironment + "/open/request/{changeRequestID}", Handle: rest.JSONOn(changeableOpenRequest, updateOpenRequest)},
		{Pattern: "POST " + esc.OneEnvironment + "/drafts", Handle: rest.AnswerOn(esc.OnEnvironment("environment:write"), createDraft)},
		{Pattern: "GET " + esc.OneEnvironment + "/drafts/{changeRequestID}", Handle: rest.ActOn(esc.OnEnvironment("environment:read"), readDraft)},
		{Pattern: "PATCH " + esc.OneEnvironment + "/drafts/{changeRequestID}", Handle: rest.AnswerOn(esc.OnEnvironment("environment:write"), updateDraft)},
		{Pattern: "POST " + esc.OneEnvironment + "/drafts/{changeRequestID}/open", Handle: rest.Plain(openDraft)},
	}
}

// listChangeRequests answers with the newest first. entityId is an environment's id or its qualified name: which of the two the
// service means is not documented.
func listChangeRequests(c *core.Call) error {
	if kind := c.Query("entityType"); kind != "" && kind != state.EntityTypeESC {
		return rest.BadRequest("invalid query parameter: entityType '%s' is not environment", kind)
	}
	size, err := c.PageSize("count")
	if err != nil {
		return err
	}
	id := c.Query("entityId")
	found := []wireChangeRequest{}
	for i := len(c.Org.State.History.Requests) - 1; i >= 0; i-- {
		q := c.Org.State.History.Requests[i]
		if _, visible := environmentOf(c, q); visible && (id == "" || id == q.EnvironmentID || id == q.Environment) {
			found = append(found, showRequest(c.Org, q))
		}
	}
	entries, next, err := rest.Page(found, c.Query("continuationToken"), size)
	if err != nil {
		return err
	}
	return c.OK(map[string]any{"changeRequests": entries, "continuationToken": next})
}

func showRequest(s *core.Org, q *state.ChangeRequest) wireChangeRequest {
	return wireChangeRequest{
		ID: q.ID, OrgID: s.State.Organization.ID, Action: q.Action, Status: q.Status, Entity: gates.EntityOf(q.Environment),
		CreatedBy: s.UserInfo(q.Creator), CreatedAt: q.Created, Description: q.Description, LatestRevision: q.Latest().Number,
	}
}

// environmentOf finds the environment that a request is about, if it was not recreated meanwhile and the caller may see the
// request: callers who may read the environment, and those who could approve.
func environmentOf(c *core.Call, q *state.ChangeRequest) (*state.Environment, bool) {
	e, found := c.Org.State.Environments[q.Environment]
	if !found || e.ID != q.EnvironmentID {
		return nil, false
	}
	return e, c.Can("environment:read", authz.Environment(e)) || couldApprove(c, q, e)
}

// requestOn is a change request and the environment that it is about.
type requestOn struct {
	*state.ChangeRequest
	environment *state.Environment
}

// visibleRequest is requestOfPath for typed routes.
func visibleRequest(c *core.Call) (requestOn, error) {
	q, e, err := requestOfPath(c)
	return requestOn{ChangeRequest: q, environment: e}, err
}

// requestOfPath finds the request that the path names, if the caller may see its environment.
func requestOfPath(c *core.Call) (*state.ChangeRequest, *state.Environment, error) {
	id := c.Param("changeRequestID")
	for _, q := range c.Org.State.History.Requests {
		if q.ID != id {
			continue
		}
		if e, visible := environmentOf(c, q); visible {
			return q, e, nil
		}
	}
	return nil, nil, rest.NotFound("Change request '%s' not found", id)
}

// ownRequest finds the request, and refuses callers other than its creator and administrators.
func ownRequest(c *core.Call) (*state.ChangeRequest, error) {
	q, _, err := requestOfPath(c)
	if err != nil {
		return nil, err
	}
	if q.Creator != c.Caller.Login && !c.Org.Rules().IsAdmin(c.Caller) {
		gates.AuditApproval(c, "change request %s is %s's", q.ID, q.Creator)
		return nil, rest.Forbidden("only %s, who made change request '%s', may do this", q.Creator, q.ID)
	}
	return q, nil
}

func readRequest(c *core.Call) error {
	q, e, err := requestOfPath(c)
	if err != nil {
		return err
	}
	answer := showRequest(c.Org, q)
	evaluation := gates.Evaluate(c.Org, q, e)
	answer.Evaluation = &evaluation
	return c.OK(answer)
}

type describeRequestRequest struct {
	Description *string `json:"description"`
}

func describeRequest(c *core.Call, q *state.ChangeRequest, request describeRequestRequest) error {
	if request.Description == nil {
		return rest.BadRequest("Invalid input: description is required")
	}
	redescribe(c, q, *request.Description)
	return c.NoContent()
}

func redescribe(c *core.Call, q *state.ChangeRequest, description string) {
	if description == q.Description {
		return
	}
	note(c, q, state.RequestEvent{Type: state.EventDescription, From: q.Description, To: description})
	q.Description = description
}

type submitRequestRequest struct {
	Description *string `json:"description"`
}

// submitRequest asks for approvals.
func submitRequest(c *core.Call, q *state.ChangeRequest, request submitRequestRequest) error {
	if q.Status != state.StatusDraft {
		return rest.BadRequest("change request must be in draft status to submit (current status: %s): invalid request", q.Status)
	}
	if request.Description != nil {
		redescribe(c, q, *request.Description)
	}
	moveRequest(c, q, state.StatusReady, "")
	return c.NoContent()
}

type approveBody struct {
	Revision *int   `json:"revisionNumber"`
	Comment  string `json:"comment"`
}

// approveRequest approves the revision that was reviewed, and refuses one that is not the latest.
func approveRequest(c *core.Call, of requestOn, request approveBody) error {
	q, e := of.ChangeRequest, of.environment
	if q.Status != state.StatusReady {
		return rest.BadRequest("change request must be in ready status to approve (current status: %s): invalid request", q.Status)
	}
	if request.Revision == nil || *request.Revision != q.Latest().Number {
		return rest.BadRequest("Invalid input: revisionNumber is not the latest, which is %d", q.Latest().Number)
	}
	if err := mayApprove(c, q, e); err != nil {
		return err
	}
	q.Approvals = append(q.Approvals, state.Approval{Login: c.Caller.Login, Revision: *request.Revision})
	note(c, q, state.RequestEvent{Type: state.EventApproved, Comment: request.Comment})
	return c.NoContent()
}

// mayApprove refuses callers who can approve at none of the gates.
func mayApprove(c *core.Call, q *state.ChangeRequest, e *state.Environment) error {
	eligible := false
	for _, g := range gates.GatesOn(c.Org, q.Environment, q.Action) {
		if !gates.Eligible(c.Org, c.Caller, g, e) {
			continue
		}
		if q.Creator != c.Caller.Login || g.AllowSelfApproval {
			return nil
		}
		eligible = true
	}
	if eligible {
		gates.AuditApproval(c, "approving one's own change request %s is not allowed", q.ID)
		return rest.Forbidden("you made change request '%s', and may not approve it yourself", q.ID)
	}
	gates.AuditApproval(c, "no eligible approver of change request %s", q.ID)
	return rest.Forbidden("you are not an eligible approver of change request '%s'", q.ID)
}

func unapproveRequest(c *core.Call) error {
	q, _, err := requestOfPath(c)
	if err != nil {
		return err
	}
	comment, err := comment(c)
	if err != nil {
		return err
	}
	var kept []state.Approval
	for _, a := range q.Approvals {
		if a.Login != c.Caller.Login {
			kept = append(kept, a)
		}
	}
	if len(kept) == len(q.Approvals) || q.Status != state.StatusReady {
		return rest.BadRequest("you have given no approval that could be taken back")
	}
	q.Approvals = kept
	note(c, q, state.RequestEvent{Type: state.EventUnapproved, Comment: comment})
	return c.NoContent()
}

// comment reads the body of a call that may carry one.
func comment(c *core.Call) (string, error) {
	data, err := c.Body()
	if err != nil || len(data) == 0 {
		return "", err
	}
	return decodeComment(data)
}

// applyRequest does what was asked for: it puts a draft in place, or starts the time within which a grant must be used.
func applyRequest(c *core.Call) error {
	q, e, err := requestOfPath(c)
	if err != nil {
		return err
	}
	if err := mayApply(c, q, e); err != nil {
		return err
	}
	if q.Status != state.StatusReady {
		return rest.BadRequest("change request must be in ready status to apply (current status: %s): invalid request", q.Status)
	}
	if evaluation := gates.Evaluate(c.Org, q, e); !evaluation.Satisfied {
		return rest.BadRequest("the approval rules of change request '%s' are not satisfied%s", q.ID, gates.OutOfReach(c.Org, q, e))
	}
	if q.Action == state.ActionUpdate {
		if err := applyDraft(c, q, e); err != nil {
			return err
		}
	}
	moveRequest(c, q, state.StatusApplied, "")
	q.Applied = c.Org.Now()
	return c.OK(map[string]string{"entityUrl": environmentURL(c, q.Environment)})
}

// mayApply lets the creator of a request, those who could approve it and administrators apply it.
func mayApply(c *core.Call, q *state.ChangeRequest, e *state.Environment) error {
	if q.Creator == c.Caller.Login || c.Org.Rules().IsAdmin(c.Caller) || couldApprove(c, q, e) {
		return nil
	}
	gates.AuditApproval(c, "change request %s is not theirs to apply", q.ID)
	return rest.Forbidden("you may not apply change request '%s'", q.ID)
}

func couldApprove(c *core.Call, q *state.ChangeRequest, e *state.Environment) bool {
	for _, g := range gates.GatesOn(c.Org, q.Environment, q.Action) {
		if gates.Eligible(c.Org, c.Caller, g, e) {
			return true
		}
	}
	return false
}

func environmentURL(c *core.Call, environment string) string {
	entity := gates.EntityOf(environment)
	return c.Org.BaseURL + "/" + url.PathEscape(c.Org.State.Organization.Login) + "/esc/" +
		url.PathEscape(entity.Project) + "/" + url.PathEscape(entity.Name)
}

func closeRequest(c *core.Call, q *state.ChangeRequest) error {
	comment, err := comment(c)
	if err != nil {
		return err
	}
	if !q.Active() {
		return rest.BadRequest("change request '%s' is %s already", q.ID, q.Status)
	}
	moveRequest(c, q, state.StatusClosed, comment)
	return c.NoContent()
}

func commentRequest(c *core.Call) error {
	q, _, err := requestOfPath(c)
	if err != nil {
		return err
	}
	comment, err := comment(c)
	if err != nil {
		return err
	}
	if comment == "" {
		return rest.BadRequest("Invalid input: comment is required")
	}
	note(c, q, state.RequestEvent{Type: state.EventCommented, Comment: comment})
	return c.NoContent()
}
