package kit

import (
	"context"
	"fmt"

	p "github.com/pulumi/pulumi-go-provider"
	"github.com/pulumi/pulumi-go-provider/infer"
	"github.com/pulumi/pulumi/sdk/v3/go/property"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/cloud"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/session"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/wire"
)

// Managed is a resource's lifecycle, for the resource to embed. A resource that does not fit overrides a method.
type Managed[Args, State, Live any] struct {
	sessions session.Source
	spec     Spec[Args, State, Live]
}

// New returns the lifecycle of a resource.
func New[Args, State, Live any](sessions session.Source, spec Spec[Args, State, Live]) Managed[Args, State, Live] {
	return Managed[Args, State, Live]{sessions: sessions, spec: spec}
}

// Op is one operation of the engine.
type Op struct {
	Session  *session.Session
	Unknowns []string     // the paths of inputs that are not known yet; there are some only at preview
	Given    property.Map // in Rules: the inputs before they were decoded, which tell what is secret
}

// Unknown reports whether one of the inputs is not known yet.
func (o Op) Unknown(inputs ...string) bool {
	for _, input := range inputs {
		if wire.Touches(input, o.Unknowns) {
			return true
		}
	}
	return false
}

// Start begins an operation. Only methods that a resource overrides call it.
func (m *Managed[Args, State, Live]) Start(ctx context.Context) (Op, error) {
	current, err := m.sessions(ctx)
	return Op{Session: current, Unknowns: wire.UnknownInputs(ctx)}, err
}

// Diff compares the inputs with the state.
func (m *Managed[Args, State, Live]) Diff(
	ctx context.Context, req infer.DiffRequest[Args, State],
) (infer.DiffResponse, error) {
	op, err := m.Start(ctx)
	if err != nil {
		return p.DiffResponse{}, err
	}
	return m.spec.Diff(ctx, op, req.State, req.Inputs)
}

// Create creates the object; at preview it says what that means.
func (m *Managed[Args, State, Live]) Create(
	ctx context.Context, req infer.CreateRequest[Args],
) (infer.CreateResponse[State], error) {
	op, err := m.Start(ctx)
	if err != nil {
		return infer.CreateResponse[State]{}, err
	}
	KeepLists(&req.Inputs, op.Unknowns)
	op.Session.Planned.Preview(req.DryRun)
	if req.DryRun {
		ctx := cloud.Remembering(ctx)
		planned, err := m.spec.PreviewCreate(ctx, op, req.Inputs)
		if err == nil {
			err = m.plan(ctx, op, nil, req.Inputs, planned)
		}
		return infer.CreateResponse[State]{ID: m.spec.ID(planned), Output: planned}, err
	}
	reached, err := m.spec.Create(ctx, op, req.Inputs)
	if reached == nil {
		return infer.CreateResponse[State]{}, err
	}
	if err == nil {
		err = m.changed(ctx, op, *reached)
	}
	return infer.CreateResponse[State]{ID: m.spec.ID(*reached), Output: *reached}, Partial(err)
}

// Read reads the object. One that was deleted has no id.
func (m *Managed[Args, State, Live]) Read(
	ctx context.Context, req infer.ReadRequest[Args, State],
) (infer.ReadResponse[Args, State], error) {
	deleted := infer.ReadResponse[Args, State]{}
	id, err := m.split(req.ID)
	if err != nil {
		return deleted, err
	}
	op, err := m.Start(ctx)
	if err != nil {
		return deleted, err
	}
	before := Before[Args, State]{Inputs: req.Inputs, State: req.State}
	found, err := m.read(cloud.Remembering(ctx), op, id, before)
	if isMissing(err) { // a single answer may be wrong, and what is taken for deleted is no longer in the state
		found, err = m.read(ctx, op, id, before)
	}
	switch {
	case isMissing(err):
		return deleted, RequireSight(ctx, op.Session, id[0], err)
	case err != nil || found == nil:
		return deleted, err
	}
	resp := infer.ReadResponse[Args, State]{ID: m.spec.ID(found.State), Inputs: found.Inputs, State: found.State}
	if resp.ID == "" {
		resp.ID = req.ID // without an id it would count as deleted
	}
	return resp, nil
}

func (m *Managed[Args, State, Live]) read(
	ctx context.Context, op Op, id []string, before Before[Args, State],
) (*Found[Args, State], error) {
	var live Live
	if m.spec.Look != nil {
		var err error
		if live, err = m.spec.Look(ctx, op, id); err != nil {
			return nil, Missing(err)
		}
	}
	return m.spec.Read(ctx, op, id, live, before)
}

// Update changes the object in place; at preview it says what that means.
func (m *Managed[Args, State, Live]) Update(
	ctx context.Context, req infer.UpdateRequest[Args, State],
) (infer.UpdateResponse[State], error) {
	op, err := m.Start(ctx)
	if err != nil {
		return infer.UpdateResponse[State]{}, err
	}
	KeepLists(&req.Inputs, op.Unknowns)
	op.Session.Planned.Preview(req.DryRun)
	if req.DryRun {
		ctx := cloud.Remembering(ctx)
		planned, err := m.spec.PreviewUpdate(ctx, op, req.State, req.Inputs)
		if err == nil {
			err = m.plan(ctx, op, &req.State, req.Inputs, planned)
		}
		return infer.UpdateResponse[State]{Output: planned}, err
	}
	reached, err := m.spec.Update(ctx, op, req.State, req.Inputs)
	err = m.explainMissing(ctx, op, req.State, err)
	if reached == nil {
		return infer.UpdateResponse[State]{}, err
	}
	if err == nil {
		err = m.changed(ctx, op, *reached)
	}
	return infer.UpdateResponse[State]{Output: *reached}, Partial(err)
}

// explainMissing says what a 404 on an object that the state knows means.
func (m *Managed[Args, State, Live]) explainMissing(ctx context.Context, op Op, state State, err error) error {
	if !isMissing(err) {
		return err
	}
	id, splitErr := m.split(m.spec.ID(state))
	if splitErr != nil {
		return err
	}
	if sight := RequireSight(ctx, op.Session, id[0], err); sight != nil {
		return sight
	}
	return fmt.Errorf("%s was deleted outside Pulumi: run `pulumi refresh`, then `pulumi up` creates it again: %w", m.called(state), err)
}

// Delete deletes the object. One that was deleted already is done.
func (m *Managed[Args, State, Live]) Delete(ctx context.Context, req infer.DeleteRequest[State]) (infer.DeleteResponse, error) {
	op, err := m.Start(ctx)
	switch {
	case err != nil:
		return infer.DeleteResponse{}, err
	case m.spec.Remove != nil:
		err = m.remove(ctx, op, req.State)
	case m.spec.Delete != nil:
		err = m.spec.Delete(ctx, op, req.State)
	}
	if err == nil {
		err = m.changed(ctx, op, req.State)
	}
	return infer.DeleteResponse{}, err // nil where there is nothing of it in the service
}

// remove deletes the object and confirms it. It looks first, because the answer to a delete does not tell an object that was
// deleted from one that the caller may not see any more.
func (m *Managed[Args, State, Live]) remove(ctx context.Context, op Op, state State) error {
	id, err := m.split(m.spec.ID(state))
	if err != nil {
		return err
	}
	live, err := m.see(ctx, op, id, state)
	if err != nil {
		return err
	}
	if err := m.spec.Remove(ctx, op, state, live); err != nil {
		return err
	}
	left, err := m.left(ctx, op, id)
	switch {
	case err != nil:
		return fmt.Errorf("%s was deleted, but reading back whether it still exists failed: %w", m.called(state), err)
	case left:
		return fmt.Errorf("%s is still there after it was deleted%s", m.called(state), m.spec.Stays)
	case m.spec.Removed != nil:
		m.spec.Removed(op, state, live)
	}
	return nil
}

// see returns the object that is to be deleted, and the zero value of one that was deleted already.
func (m *Managed[Args, State, Live]) see(ctx context.Context, op Op, id []string, state State) (Live, error) {
	if m.spec.Seen != nil {
		if live, seen := m.spec.Seen(op, state); seen {
			return live, nil
		}
	}
	live, err := m.spec.Look(ctx, op, id)
	return live, RequireSight(ctx, op.Session, id[0], err)
}

// left reports whether the object still exists.
func (m *Managed[Args, State, Live]) left(ctx context.Context, op Op, id []string) (bool, error) {
	if m.spec.Left != nil {
		return m.spec.Left(ctx, op, id)
	}
	_, err := m.spec.Look(ctx, op, id)
	if cloud.IsNotFound(err) {
		return false, nil
	}
	return err == nil, err
}

// called is the object as messages name it.
func (m *Managed[Args, State, Live]) called(state State) string {
	return fmt.Sprintf("%s %q", m.spec.Noun, m.spec.Name(state))
}
