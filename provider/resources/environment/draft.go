package environment

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/cloud"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/esc"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/ptr"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/resources/kit"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/wire"
)

// An environment whose updates are gated takes a definition as a draft only: a change request, which people approve and
// apply. Submitting one is all that an update can do. It succeeds with a warning that names the request, so that what
// depends on the environment goes on, revocations above all, and the next update reads what became of the request.

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
func (e *writer) draftIfGated(ctx context.Context, desired string, refusal error) error {
	metadata, err := e.client.EnvironmentMetadata(ctx, e.state.Organization, e.state.Project, e.state.Name)
	if err != nil || !slices.Contains(metadata.GatedActions, cloud.GateUpdate) {
		return refusal
	}
	request, err := e.draft(ctx, desired, metadata.ActiveRequest)
	if err != nil {
		return err
	}
	e.state.ChangeRequestID, e.state.Draft, e.wrote = &request, &desired, true
	if err := e.submit(ctx, request); err != nil {
		return err
	}
	e.waiting = e.waitsFor(request, "waits for approval")
	return nil
}

// sent is the text of a definition as it goes to the service.
func (e *writer) sent(desired string) (string, error) {
	return esc.CarryRotation(desired, e.state.ServiceDefinition)
}

// draft files the definition. An environment has one active draft: somebody else's is taken over only when it asks for the
// same, and has no secret whose value could differ.
func (e *writer) draft(ctx context.Context, desired string, active *cloud.ChangeRequestRef) (string, error) {
	mine := func(stored string) bool { return esc.SameStructure(stored, desired) }
	if active == nil {
		sent, err := e.sent(desired)
		if err != nil {
			return "", err
		}
		created, err := e.client.CreateDraft(ctx, e.state.Organization, e.state.Project, e.state.Name, sent, e.state.ETag, mine)
		return created.ID, err
	}
	theirs, err := e.client.ReadDraft(ctx, e.state.Organization, e.state.Project, e.state.Name, active.ID)
	if err != nil {
		return "", err
	}
	if mine(theirs.Text) && !esc.HasPlaintextSecret(desired) {
		return active.ID, nil
	}
	return "", fmt.Errorf("changes of environment %q need an approval, and another change waits for one already: change request %s. "+
		"Have it applied or closed, then run `pulumi up` again", e.path(), active.ID)
}

// submit asks for approvals. A request that is not a draft any more was submitted before.
func (e *writer) submit(ctx context.Context, request string) error {
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

func (e *writer) waitsFor(request, how string) string {
	return fmt.Sprintf("the change of environment %q %s: change request %s. Nothing of the definition has changed yet, and tags "+
		"that come wait with it. When the request is approved and applied, run `pulumi up` again; it makes no second one", e.path(), how, request)
}

// followUp reads what became of the change request that the state knows. It reports whether nothing is left to write.
func (e *writer) followUp(ctx context.Context, desired string) (settled bool, err error) {
	id := *e.state.ChangeRequestID
	request, err := e.client.ChangeRequest(ctx, e.state.Organization, id)
	switch {
	case err != nil && !cloud.IsNotFound(err):
		return false, err
	case request.Status == cloud.RequestApplied:
		err := e.takeOver(ctx)
		return err == nil && desired == ptr.Value(e.state.Definition), err
	case request.Open() && request.Ungated():
		return false, e.withdraw(ctx, request, "No gate is in force any more, so the change needs no approval.")
	case request.Open():
		return true, e.keepRequest(ctx, request, desired)
	}
	e.forgetRequest()
	if desired == ptr.Value(e.state.Definition) {
		return true, nil
	}
	outcome := "was not found: it was deleted, or is not visible to this token"
	if err == nil {
		outcome = fmt.Sprintf("is %s without having been applied", request.Status)
	}
	e.declined = fmt.Errorf("change request %s, which asked for the change of environment %q, %s. Nothing was submitted again: put the "+
		"definition back, or run `pulumi up` once more to ask anew", id, e.path(), outcome)
	return true, nil
}

// takeOver makes an applied draft the definition that the state knows. When the text is another by now, somebody changed
// it since: the next write says so.
func (e *writer) takeOver(ctx context.Context) error {
	now, err := e.client.ReadEnvironment(ctx, e.state.Organization, e.state.Project, e.state.Name)
	if err != nil {
		return err
	}
	if esc.SameStructure(now.Text, ptr.Value(e.state.Draft)) {
		e.state.Definition = e.state.Draft
		e.record(now)
	}
	e.forgetRequest()
	return nil
}

func (e *writer) forgetRequest() {
	e.state.ChangeRequestID, e.state.Draft, e.wrote = nil, nil, true
}

// keepRequest leaves an open request to the people who decide. It updates the draft when another definition is desired by now,
// and withdraws the request when no change is.
func (e *writer) keepRequest(ctx context.Context, request cloud.ChangeRequest, desired string) error {
	if desired == ptr.Value(e.state.Definition) {
		return e.withdraw(ctx, request, "The change is not wanted any more.")
	}
	if desired != ptr.Value(e.state.Draft) {
		draft, err := e.client.ReadDraft(ctx, e.state.Organization, e.state.Project, e.state.Name, request.ID)
		if err != nil {
			return err
		}
		sent, err := e.sent(desired)
		if err != nil {
			return err
		}
		_, err = e.client.UpdateDraft(ctx, e.state.Organization, e.state.Project, e.state.Name, request.ID, sent, draft.ETag)
		if err != nil {
			return err
		}
		e.state.Draft, e.wrote = &desired, true
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

// withdraw closes the request, so that it cannot be applied any more.
func (e *writer) withdraw(ctx context.Context, request cloud.ChangeRequest, comment string) error {
	err := e.client.CloseChangeRequest(ctx, e.state.Organization, request.ID, comment)
	if err == nil {
		e.forgetRequest()
	}
	return err
}

func waitingFor(request cloud.ChangeRequest) string {
	if request.Evaluation.Satisfied {
		return "is approved and waits to be applied"
	}
	return "still waits for approval"
}

// readDraft is what a refresh does about a change request: one that was applied is the definition as it was written.
func (e *writer) readDraft(ctx context.Context) error {
	if e.state.ChangeRequestID == nil {
		return nil
	}
	request, err := e.client.ChangeRequest(ctx, e.state.Organization, *e.state.ChangeRequestID)
	if cloud.IsNotFound(err) || (err == nil && request.Status != cloud.RequestApplied) {
		return nil // the next update says what became of it
	}
	if err != nil {
		return err
	}
	if esc.SameStructure(e.state.ServiceDefinition, ptr.Value(e.state.Draft)) {
		e.state.Definition = e.state.Draft
	}
	e.forgetRequest()
	return nil
}

// warnWaiting says at preview what waits and for whom, or that a change will. It never fails.
func (e *writer) warnWaiting(ctx context.Context, op kit.Op, desired Args) {
	if e.state.ChangeRequestID == nil {
		e.warnWillWait(ctx, op, desired)
		return
	}
	request, err := e.client.ChangeRequest(ctx, e.state.Organization, *e.state.ChangeRequestID)
	switch {
	case err != nil:
		wire.Log(ctx).Warningf("environment %q: change request %s could not be read: %v", e.path(), *e.state.ChangeRequestID, err)
	case request.Open() && request.Ungated():
		wire.Log(ctx).Warningf("environment %q: change request %s needs no approval any more; the next update withdraws it and writes "+
			"the definition", e.path(), request.ID)
	case request.Open():
		wire.Log(ctx).Warningf("environment %q: its change %s (change request %s)%s", e.path(), waitingFor(request), request.ID,
			e.approversOfUpdates(ctx))
	}
}

// warnWillWait says that the change of the definition will wait for an approval, if it will.
func (e *writer) warnWillWait(ctx context.Context, op kit.Op, desired Args) {
	if op.Unknown("definition") || ptr.Value(desired.Definition) == ptr.Value(e.state.Definition) {
		return
	}
	metadata, err := e.client.EnvironmentMetadata(ctx, e.state.Organization, e.state.Project, e.state.Name)
	if err != nil || !slices.Contains(metadata.GatedActions, cloud.GateUpdate) {
		return // the update says what is wrong
	}
	wire.Log(ctx).Warningf("environment %q: the change of its definition will wait for an approval%s. Tags that come wait with it; "+
		"everything else takes effect at once: tags that go, the protection from deletion, the gates themselves, and what "+
		"the cloud identity is given; what the live definition's logins need of it is kept", e.path(), e.approversOfUpdates(ctx))
}

// approversOfUpdates names who may approve, "" where that cannot be read.
func (e *writer) approversOfUpdates(ctx context.Context) string {
	var who []string
	for gate, err := range e.client.Gates(ctx, e.state.Organization, e.state.Project, e.state.Name) {
		if err != nil {
			return ""
		}
		if gate.Enabled && gate.Action == cloud.GateUpdate {
			who = append(who, fmt.Sprintf("%d of %s", gate.Rule.RequiredApprovals, approverNames(gate.Rule)))
		}
	}
	if len(who) == 0 {
		return ""
	}
	return ", from " + strings.Join(who, ", and ")
}

func approverNames(rule cloud.ApprovalRule) string {
	var names []string
	for _, team := range rule.Teams {
		names = append(names, "team "+team)
	}
	names = append(names, rule.Users...)
	for _, scope := range rule.Permission {
		names = append(names, "holders of "+scope)
	}
	return strings.Join(names, ", ")
}
