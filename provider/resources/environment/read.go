package environment

import (
	"context"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/cloud"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/esc"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/resources/kit"
)

// readBack returns the actual environment. An unchanged text leaves the definition as it was written; a changed one
// shows as the service's text.
func readBack(
	ctx context.Context, op kit.Op, id []string, _ kit.None, before kit.Before[Args, State],
) (*kit.Found[Args, State], error) {
	e := writerOf(op, before.State)
	imported := before.State.Name == ""
	e.state.Organization, e.state.Project, e.state.Name = id[0], id[1], id[2]
	if !imported && e.state.EnvironmentID == "" { // it may have been created
		if ours, err := e.untouched(ctx); err != nil || !ours {
			return nil, kit.Missing(err)
		}
	}
	if err := e.refresh(ctx, imported); err != nil {
		return nil, err
	}
	return &kit.Found[Args, State]{Inputs: e.state.inputs(), State: e.state}, nil
}

// refresh reads everything that is managed; an import reads all of it.
func (e *writer) refresh(ctx context.Context, imported bool) error {
	if err := e.readText(ctx); err != nil {
		return kit.Missing(err)
	}
	if err := e.readDraft(ctx); err != nil {
		return err
	}
	metadata, err := e.client.EnvironmentMetadata(ctx, e.state.Organization, e.state.Project, e.state.Name)
	if err != nil {
		return err
	}
	e.state.EnvironmentID = metadata.ID
	if imported || e.state.DeletionProtected != nil {
		protected, err := e.client.DeletionProtected(ctx, e.state.Organization, e.state.Project, e.state.Name)
		if err != nil {
			return err
		}
		e.state.DeletionProtected = &protected
	}
	if imported || e.state.Tags != nil {
		tags, err := e.client.EnvironmentTags(ctx, e.state.Organization, e.state.Project, e.state.Name)
		if err != nil {
			return err
		}
		e.state.Tags = tags
	}
	return nil
}

// readText takes the service's text over into the state. The definition stays as it was written while the text is the one
// that was read after writing it, or differs by what rotation wrote into it.
func (e *writer) readText(ctx context.Context) error {
	now, err := e.client.ReadEnvironment(ctx, e.state.Organization, e.state.Project, e.state.Name)
	if err != nil {
		return err
	}
	e.take(now)
	return nil
}

// take keeps what was read. A text that the state does not know is the definition that there is.
func (e *writer) take(now cloud.Definition) {
	if (now.Text != e.state.ServiceDefinition && !esc.OnlyRotated(e.state.ServiceDefinition, now.Text)) || e.state.ETag == "" {
		e.state.Definition = nil
		if now.Text != "" {
			e.state.Definition = &now.Text
		}
	}
	e.record(now)
}

func (e *writer) record(now cloud.Definition) {
	e.state.ServiceDefinition, e.state.ETag, e.state.Revision = now.Text, now.ETag, now.Revision
}
