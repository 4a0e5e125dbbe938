package approvals

import (
	"strconv"
	"strings"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/core"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/environments"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/esc"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/gates"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/rest"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/state"
)

// createDraft files a definition for approval. There is one active draft of an environment at a time.
func createDraft(c *core.Call, e *state.Environment) (gates.ChangeRequestRef, error) {
	if err := esc.CheckETag(c, e); err != nil {
		return gates.ChangeRequestRef{}, err
	}
	if active, found := gates.ActiveDraft(c.Org, e); found {
		return gates.ChangeRequestRef{}, rest.Conflict("environment %s has an active draft already: change request %s", e.Path(), active.ID)
	}
	sealed, err := draftText(c, e)
	if err != nil {
		return gates.ChangeRequestRef{}, err
	}
	q := newRequest(c, state.ActionUpdate, e, state.Proposal{Number: 1, Definition: sealed})
	q.Base = e.ETag(e.Latest())
	return gates.Ref(q), nil
}

// draftText reads, checks and encrypts the definition in the body. One with errors is refused here, with diagnostics.
func draftText(c *core.Call, e *state.Environment) (sealed string, err error) {
	definition, err := c.Body()
	if err != nil {
		return "", err
	}
	checked, err := esc.Opening(c, esc.Named, esc.ToRead).Check(c.Request.Context(), e.Ref().String(), definition, c.Org.EnvironmentKey(e.ID), environments.HideSecrets)
	if err != nil {
		return "", err
	}
	if checked.Diagnostics.HasErrors() {
		return "", environments.Invalid(e.Path(), checked.Diagnostics)
	}
	text, err := esc.SealFor(c.Org, c.Request.Context(), e, definition)
	if err != nil {
		return "", rest.BadRequest("storing a draft of %s: %v", e.Path(), err)
	}
	return string(text), nil
}

// requestFor finds the request of the path, if it asks for that action on the environment of the path.
func requestFor(c *core.Call, e *state.Environment, action string) (*state.ChangeRequest, error) {
	q, _, err := requestOfPath(c)
	if err != nil {
		return nil, err
	}
	if q.EnvironmentID != e.ID || q.Action != action {
		return nil, rest.NotFound("Change request '%s' not found", q.ID)
	}
	return q, nil
}

// readDraft answers with the text of a draft, secrets as ciphertext.
func readDraft(c *core.Call, e *state.Environment) error {
	q, p, err := draftRevision(c, e)
	if err != nil {
		return err
	}
	c.Out.Header.Set("ETag", q.ETag(p))
	c.Out.Header.Set("Pulumi-ESC-Revision", strconv.Itoa(p.Number))
	return c.Text(esc.YAMLType, []byte(p.Definition))
}

func draftRevision(c *core.Call, e *state.Environment) (*state.ChangeRequest, state.Proposal, error) {
	q, err := requestFor(c, e, state.ActionUpdate)
	if err != nil {
		return nil, state.Proposal{}, err
	}
	p, found := q.Revision(c.Query("revision"))
	if !found {
		return nil, state.Proposal{}, rest.NotFound("change request '%s' has no revision %s", q.ID, c.Query("revision"))
	}
	return q, p, nil
}

// updateDraft replaces the definition of a draft. Earlier approvals no longer count where the gate requires reapproval.
func updateDraft(c *core.Call, e *state.Environment) (gates.ChangeRequestRef, error) {
	q, err := requestFor(c, e, state.ActionUpdate)
	if err != nil {
		return gates.ChangeRequestRef{}, err
	}
	if !q.Active() {
		return gates.ChangeRequestRef{}, rest.BadRequest("change request '%s' is %s", q.ID, q.Status)
	}
	sent := strings.Trim(c.Request.Header.Get("If-Match"), `"`)
	if sent != "" && sent != "*" && sent != strings.Trim(q.ETag(q.Latest()), `"`) {
		return gates.ChangeRequestRef{}, rest.Conflict("the draft has changed since it was read")
	}
	sealed, err := draftText(c, e)
	if err != nil {
		return gates.ChangeRequestRef{}, err
	}
	propose(c, q, state.Proposal{Definition: sealed})
	return gates.Ref(q), nil
}

// openDraft opens the environment with the definition of a draft. It shows values, so the gates on opening apply.
func openDraft(c *core.Call) error {
	e, err := esc.EnvironmentWith(c, "environment:open")
	if err != nil {
		return err
	}
	_, p, err := draftRevision(c, e)
	if err != nil {
		return err
	}
	duration, err := esc.OpenDuration(c)
	if err != nil {
		return err
	}
	if err := esc.CheckDuration(c, e, "environment:open", duration); err != nil {
		return rest.BadRequest("%v", err)
	}
	result, err := esc.Opening(c, esc.Named, esc.ToOpen(duration)).
		Open(c.Request.Context(), e.Ref().String(), []byte(p.Definition), c.Org.EnvironmentKey(e.ID))
	if err != nil {
		return err
	}
	if result.Diagnostics.HasErrors() {
		return environments.Invalid(e.Path(), result.Diagnostics)
	}
	c.Audit("environment-draft-open", "Opened a draft of environment %s", e.Path())
	return esc.StartSession(c, e.ID, result, duration)
}

// applyDraft stores the draft as the environment's next revision, unless the environment has changed meanwhile.
func applyDraft(c *core.Call, q *state.ChangeRequest, e *state.Environment) error {
	if q.Base != e.ETag(e.Latest()) {
		return rest.Conflict("the environment has changed since the draft was made")
	}
	if err := esc.WriteDefinition(c.Org, c.Request.Context(), e, []byte(q.Latest().Definition), q.Creator); err != nil {
		return rest.BadRequest("storing %s: %v", e.Path(), err)
	}
	return nil
}
