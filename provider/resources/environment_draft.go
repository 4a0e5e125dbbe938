package resources

import (
	"context"
	"errors"
	"fmt"
	"slices"

	p "github.com/pulumi/pulumi-go-provider"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/cloud"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/esc"
)

// An environment whose updates are gated takes a definition as a draft only: a change request, which people approve and
// apply. Submitting one is all that an up can do. It ends as partly done and names the request, and the next up looks what
// became of it.

// refusesWrites reports whether a gate may be behind a refusal. With which status the service refuses a gated write is not
// documented; a definition with errors is refused for what is in it.
func refusesWrites(err error) bool {
	var refusal *cloud.Error
	if !errors.As(err, &refusal) || len(refusal.Diags) > 0 {
		return false
	}
	return errors.Is(err, cloud.ErrConflict) || errors.Is(err, cloud.ErrForbidden) || errors.Is(err, cloud.ErrInvalid)
}

// draftIfGated submits what was refused as a draft, if a gate is the reason. Otherwise the refusal stays.
func (e *environmentWriter) draftIfGated(ctx context.Context, wanted string, refusal error) error {
	metadata, err := e.client.EnvironmentMetadata(ctx, e.state.Organization, e.state.Project, e.state.Name)
	if err != nil || !slices.Contains(metadata.GatedActions, cloud.GateUpdate) {
		return refusal
	}
	request, err := e.draft(ctx, wanted, metadata.ActiveRequest)
	if err != nil {
		return err
	}
	e.state.ChangeRequestID, e.state.Draft, e.wrote = &request, &wanted, true
	if err := e.submit(ctx, request); err != nil {
		return err
	}
	e.waiting = e.waitsFor(request, "waits for approval")
	return nil
}

// draft files the definition. An environment has one active draft: somebody else's is taken over only when it asks for the
// same, and has no secret whose value could differ.
func (e *environmentWriter) draft(ctx context.Context, wanted string, active *cloud.ChangeRequestRef) (string, error) {
	mine := func(stored string) bool { return esc.SameStructure(stored, wanted) }
	if active == nil {
		made, err := e.client.CreateDraft(ctx, e.state.Organization, e.state.Project, e.state.Name, wanted, e.state.ETag, mine)
		return made.ID, err
	}
	theirs, err := e.client.ReadDraft(ctx, e.state.Organization, e.state.Project, e.state.Name, active.ID)
	if err != nil {
		return "", err
	}
	if mine(theirs.Text) && !esc.HasPlaintextSecret(wanted) {
		return active.ID, nil
	}
	return "", fmt.Errorf("changes of environment %q need an approval, and another change waits for one already: change request %s. "+
		"Have it applied or closed, then run `pulumi up` again", e.path(), active.ID)
}

// submit asks for approvals. A request that is not a draft any more was submitted before.
func (e *environmentWriter) submit(ctx context.Context, request string) error {
	err := e.client.SubmitChangeRequest(ctx, e.state.Organization, request, "Submitted by pulumi up.")
	if !errors.Is(err, cloud.ErrInvalid) {
		return err
	}
	now, readErr := e.client.ChangeRequest(ctx, e.state.Organization, request)
	if readErr != nil || now.Status == cloud.RequestDraft {
		return errors.Join(err, readErr)
	}
	return nil
}

func (e *environmentWriter) waitsFor(request, how string) error {
	return fmt.Errorf("the change of environment %q %s: change request %s. Nothing of the definition has changed yet. When the request "+
		"is approved and applied, run `pulumi up` again; it makes no second one", e.path(), how, request)
}

// followUp looks what became of the change request that the state knows. It reports whether nothing is left to write.
func (e *environmentWriter) followUp(ctx context.Context, wanted string) (settled bool, err error) {
	id := *e.state.ChangeRequestID
	request, err := e.client.ChangeRequest(ctx, e.state.Organization, id)
	switch {
	case err != nil && !cloud.IsNotFound(err):
		return false, err
	case request.Status == cloud.RequestApplied:
		err := e.takeOver(ctx)
		return err == nil && wanted == text(e.state.Definition), err
	case request.Status == cloud.RequestDraft || request.Status == cloud.RequestReady:
		return true, e.keepAsking(ctx, request, wanted)
	}
	e.forgetRequest()
	if wanted == text(e.state.Definition) {
		return true, nil
	}
	status := "is gone"
	if err == nil {
		status = fmt.Sprintf("is %s", request.Status)
	}
	e.waiting = fmt.Errorf("change request %s, which asked for the change of environment %q, %s without having been applied. Nothing was "+
		"submitted again: put the definition back, or run `pulumi up` once more to ask anew", id, e.path(), status)
	return true, nil
}

// takeOver makes an applied draft the definition that the state knows. When the text is another by now, somebody changed
// it since: the next write says so.
func (e *environmentWriter) takeOver(ctx context.Context) error {
	now, err := e.client.ReadEnvironment(ctx, e.state.Organization, e.state.Project, e.state.Name)
	if err != nil {
		return err
	}
	if esc.SameStructure(now.Text, text(e.state.Draft)) {
		e.state.Definition = e.state.Draft
		e.record(now)
	}
	e.forgetRequest()
	return nil
}

func (e *environmentWriter) forgetRequest() {
	e.state.ChangeRequestID, e.state.Draft, e.wrote = nil, nil, true
}

// keepAsking leaves an open request to the people who decide: brought up to date when another definition is wanted by now,
// withdrawn when none is.
func (e *environmentWriter) keepAsking(ctx context.Context, request cloud.ChangeRequest, wanted string) error {
	if wanted == text(e.state.Definition) {
		err := e.client.CloseChangeRequest(ctx, e.state.Organization, request.ID, "The change is not wanted any more.")
		if err == nil {
			e.forgetRequest()
		}
		return err
	}
	if wanted != text(e.state.Draft) {
		draft, err := e.client.ReadDraft(ctx, e.state.Organization, e.state.Project, e.state.Name, request.ID)
		if err != nil {
			return err
		}
		_, err = e.client.UpdateDraft(ctx, e.state.Organization, e.state.Project, e.state.Name, request.ID, wanted, draft.ETag)
		if err != nil {
			return err
		}
		e.state.Draft, e.wrote = &wanted, true
		request.Evaluation.Satisfied = false
	}
	if request.Status == cloud.RequestDraft {
		if err := e.submit(ctx, request.ID); err != nil {
			return err
		}
	}
	e.waiting = e.waitsFor(request.ID, waitingFor(request))
	return nil
}

func waitingFor(request cloud.ChangeRequest) string {
	if request.Evaluation.Satisfied {
		return "is approved and waits to be applied"
	}
	return "still waits for approval"
}

// readDraft is what a refresh does about a change request: one that was applied is the definition as it was written.
func (e *environmentWriter) readDraft(ctx context.Context) error {
	if e.state.ChangeRequestID == nil {
		return nil
	}
	request, err := e.client.ChangeRequest(ctx, e.state.Organization, *e.state.ChangeRequestID)
	if cloud.IsNotFound(err) || (err == nil && request.Status != cloud.RequestApplied) {
		return nil // the next up says what became of it
	}
	if err != nil {
		return err
	}
	if esc.SameStructure(e.state.ServiceDefinition, text(e.state.Draft)) {
		e.state.Definition = e.state.Draft
	}
	e.forgetRequest()
	return nil
}

// warnWaiting tells at preview what an up would find. It never fails.
func (e *environmentWriter) warnWaiting(ctx context.Context) {
	if e.state.ChangeRequestID == nil {
		return
	}
	request, err := e.client.ChangeRequest(ctx, e.state.Organization, *e.state.ChangeRequestID)
	switch {
	case err != nil:
		p.GetLogger(ctx).Warningf("environment %q: change request %s could not be read: %v", e.path(), *e.state.ChangeRequestID, err)
	case request.Status == cloud.RequestDraft || request.Status == cloud.RequestReady:
		p.GetLogger(ctx).Warningf("environment %q: its change %s (change request %s)", e.path(), waitingFor(request), request.ID)
	}
}
