package cloud

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
)

// Statuses of a change request that are known. The service types the status as free text: anything else may come.
const (
	RequestDraft   = "draft" // not submitted yet
	RequestReady   = "ready" // waiting for approvals, or to be applied
	RequestApplied = "applied"
)

// ChangeRequest asks for an action on an environment.
type ChangeRequest struct {
	ID             string `json:"id" answer:"id"`
	Action         string `json:"action" answer:"text"` // open or update
	Status         string `json:"status" answer:"text"`
	LatestRevision int    `json:"latestRevisionNumber"`
	Evaluation     struct {
		Satisfied bool               `json:"satisfied"`
		Gates     *[]json.RawMessage `json:"applicableGates"` // nil where the service does not say
	} `json:"gateEvaluation"`
}

// Open reports whether the request is still to be decided or applied.
func (r ChangeRequest) Open() bool { return r.Status == RequestDraft || r.Status == RequestReady }

// Ungated reports whether no gate asks for an approval of the request any more.
func (r ChangeRequest) Ungated() bool {
	return r.Evaluation.Satisfied && r.Evaluation.Gates != nil && len(*r.Evaluation.Gates) == 0
}

// ChangeRequestRef names a change request at a revision.
type ChangeRequestRef struct {
	ID             string `json:"changeRequestId" answer:"id"`
	LatestRevision int    `json:"latestRevisionNumber"`
}

// ChangeRequest returns one change request, or ErrNotFound.
func (c *Client) ChangeRequest(ctx context.Context, organization, id string) (ChangeRequest, error) {
	return write(ctx, c, requestCall(http.MethodGet, organization, id),
		func(r ChangeRequest) error { return other("change request", id, r.ID) })
}

// SubmitChangeRequest asks for approvals. One that was submitted already is ErrInvalid.
func (c *Client) SubmitChangeRequest(ctx context.Context, organization, id, description string) error {
	in := requestCall(http.MethodPost, organization, id, "submit")
	in.body = map[string]string{"description": description}
	return c.send(ctx, in)
}

// CloseChangeRequest withdraws a request.
func (c *Client) CloseChangeRequest(ctx context.Context, organization, id, comment string) error {
	in := requestCall(http.MethodPost, organization, id, "close")
	in.body = map[string]string{"comment": comment}
	return c.send(ctx, in)
}

func requestCall(method, organization, id string, rest ...string) call {
	return call{
		method: method, path: append([]string{"change-requests", organization, id}, rest...),
		object: quoted("change request", id),
	}
}

// CreateDraft files a definition as a draft, under the etag that was read. An environment has one active draft: another is
// ErrConflict, and so is an etag that is stale. When the answer is lost, the environment's active draft is looked at: mine
// is asked whether the text in it is the one that was sent.
func (c *Client) CreateDraft(
	ctx context.Context, organization, project, name, text, etag string, mine func(stored string) bool,
) (ChangeRequestRef, error) {
	in := environmentCall(http.MethodPost, organization, project, name, "drafts")
	in.body, in.once = rawBody{contentType: "application/x-yaml", data: []byte(text)}, true
	if etag != "" {
		in.header = http.Header{"If-Match": {etag}, "Etag": {etag}}
	}
	return createOnce(ctx, c,
		func() (ChangeRequestRef, error) { return get[ChangeRequestRef](ctx, c, in) },
		func(ctx context.Context) (ChangeRequestRef, bool, error) {
			metadata, err := c.EnvironmentMetadata(ctx, organization, project, name)
			if err != nil || metadata.ActiveRequest == nil {
				return ChangeRequestRef{}, false, err
			}
			draft, err := c.ReadDraft(ctx, organization, project, name, metadata.ActiveRequest.ID)
			return *metadata.ActiveRequest, err == nil && mine(draft.Text), err
		})
}

// ReadDraft returns the text of a draft and its etag. Secrets in the text are ciphertext.
func (c *Client) ReadDraft(ctx context.Context, organization, project, name, id string) (Definition, error) {
	in := environmentCall(http.MethodGet, organization, project, name, "drafts", id)
	answer, err := c.do(ctx, in)
	if err != nil {
		return Definition{}, err
	}
	return answer.definition(in, false)
}

// UpdateDraft puts another definition into a draft, under the etag that was read from it: a new revision, for which
// approvals may have to be given again.
func (c *Client) UpdateDraft(ctx context.Context, organization, project, name, id, text, etag string) (ChangeRequestRef, error) {
	in := environmentCall(http.MethodPatch, organization, project, name, "drafts", id)
	in.body = rawBody{contentType: "application/x-yaml", data: []byte(text)}
	in.object = fmt.Sprintf("draft %s of %s", id, in.object)
	if etag != "" {
		in.header = http.Header{"If-Match": {etag}}
		in.once = true // a repeated write would meet its own revision as a conflict
	}
	return write(ctx, c, in, func(r ChangeRequestRef) error { return other("change request", id, r.ID) })
}
