package server

import (
	"strconv"
	"strings"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/environments"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/rest"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/state"
)

// createDraft files a definition for approval. There is one active draft of an environment at a time.
func (c *call) createDraft(e *state.Environment) (changeRequestRef, error) {
	if err := c.checkETag(e); err != nil {
		return changeRequestRef{}, err
	}
	if active, found := c.s.activeDraft(e); found {
		return changeRequestRef{}, rest.Conflict("environment %s has an active draft already: change request %s", e.Path(), active.ID)
	}
	sealed, err := c.draftText(e)
	if err != nil {
		return changeRequestRef{}, err
	}
	q := c.newRequest(state.ActionUpdate, e, state.Proposal{Number: 1, Definition: sealed})
	q.Base = e.ETag(e.Latest())
	return ref(q), nil
}

// draftText reads, checks and encrypts the definition in the body. One with errors is refused here, with diagnostics.
func (c *call) draftText(e *state.Environment) (sealed string, err error) {
	definition, err := c.Body()
	if err != nil {
		return "", err
	}
	checked, err := c.opening(named, toRead).Check(c.Request.Context(), e.Ref().String(), definition, c.s.environmentKey(e.ID), environments.HideSecrets)
	if err != nil {
		return "", err
	}
	if checked.Diagnostics.HasErrors() {
		return "", environments.Invalid(e.Path(), checked.Diagnostics)
	}
	text, err := c.s.sealFor(c.Request.Context(), e, definition)
	if err != nil {
		return "", rest.BadRequest("storing a draft of %s: %v", e.Path(), err)
	}
	return string(text), nil
}

// requestOn finds the request of the path, if it asks for that action on the environment of the path.
func (c *call) requestOn(e *state.Environment, action string) (*state.ChangeRequest, error) {
	q, _, err := c.requestOfPath()
	if err != nil {
		return nil, err
	}
	if q.EnvironmentID != e.ID || q.Action != action {
		return nil, rest.NotFound("Change request '%s' not found", q.ID)
	}
	return q, nil
}

// readDraft answers with the text of a draft, secrets as ciphertext.
func (c *call) readDraft(e *state.Environment) error {
	q, p, err := c.draftRevision(e)
	if err != nil {
		return err
	}
	c.Out.Header.Set("ETag", q.ETag(p))
	c.Out.Header.Set("Pulumi-ESC-Revision", strconv.Itoa(p.Number))
	return c.Text(yamlType, []byte(p.Definition))
}

func (c *call) draftRevision(e *state.Environment) (*state.ChangeRequest, state.Proposal, error) {
	q, err := c.requestOn(e, state.ActionUpdate)
	if err != nil {
		return nil, state.Proposal{}, err
	}
	p, found := q.Revision(c.Query("revision"))
	if !found {
		return nil, state.Proposal{}, rest.NotFound("change request '%s' has no revision %s", q.ID, c.Query("revision"))
	}
	return q, p, nil
}

// updateDraft puts another definition into a draft. Approvals of the one before count no more where the gate says so.
func (c *call) updateDraft(e *state.Environment) (changeRequestRef, error) {
	q, err := c.requestOn(e, state.ActionUpdate)
	if err != nil {
		return changeRequestRef{}, err
	}
	if !q.Active() {
		return changeRequestRef{}, rest.BadRequest("change request '%s' is %s", q.ID, q.Status)
	}
	sent := strings.Trim(c.Request.Header.Get("If-Match"), `"`)
	if sent != "" && sent != "*" && sent != strings.Trim(q.ETag(q.Latest()), `"`) {
		return changeRequestRef{}, rest.Conflict("the draft has changed since it was read")
	}
	sealed, err := c.draftText(e)
	if err != nil {
		return changeRequestRef{}, err
	}
	c.propose(q, state.Proposal{Definition: sealed})
	return ref(q), nil
}

// openDraft opens what a draft would make of the environment. It shows values, so it is gated as an open is.
func (c *call) openDraft() error {
	e, err := c.environmentWith("environment:open")
	if err != nil {
		return err
	}
	_, p, err := c.draftRevision(e)
	if err != nil {
		return err
	}
	duration, err := c.openDuration()
	if err != nil {
		return err
	}
	if err := c.checkDuration(e, "environment:open", duration); err != nil {
		return rest.BadRequest("%v", err)
	}
	result, err := c.opening(named, toOpen(duration)).
		Open(c.Request.Context(), e.Ref().String(), []byte(p.Definition), c.s.environmentKey(e.ID))
	if err != nil {
		return err
	}
	if result.Diagnostics.HasErrors() {
		return environments.Invalid(e.Path(), result.Diagnostics)
	}
	c.audit("environment-draft-open", "Opened a draft of environment %s", e.Path())
	return c.startSession(e.ID, result, duration)
}

// applyDraft stores the draft as the environment's next revision, unless the environment has changed meanwhile.
func (c *call) applyDraft(q *state.ChangeRequest, e *state.Environment) error {
	if q.Base != e.ETag(e.Latest()) {
		return rest.Conflict("the environment has changed since the draft was made")
	}
	if err := c.s.writeDefinition(c.Request.Context(), e, []byte(q.Latest().Definition), q.Creator); err != nil {
		return rest.BadRequest("storing %s: %v", e.Path(), err)
	}
	return nil
}
