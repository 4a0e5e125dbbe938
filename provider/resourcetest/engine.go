package resourcetest

import (
	"context"
	"net/http"
	"strings"
	"testing"

	"github.com/blang/semver"
	p "github.com/pulumi/pulumi-go-provider"
	"github.com/pulumi/pulumi-go-provider/infer"
	"github.com/pulumi/pulumi-go-provider/integration"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/tokens"
	"github.com/pulumi/pulumi/sdk/v3/go/property"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/access"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/cloud"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/resources"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/session"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/wire"
)

// Engine drives one resource as the Pulumi engine does: it checks, diffs, previews and applies, and keeps inputs and state.
type Engine struct {
	T      testing.TB
	Server integration.Server
	URN    resource.URN

	ID            string
	Inputs, State property.Map
	Unfinished    bool // the last step was a partial failure

	start func() // each command has a process of its own, which remembers no answer
}

// Resource is With for an administrator.
func (w World) Resource(kind string) *Engine { w.T.Helper(); return w.With(w.Token, kind) }

// With starts a provider that works with a token, for one resource.
func (w World) With(token, kind string) *Engine {
	w.T.Helper()
	return w.Through(w.T.Context(), nil, token, kind)
}

// Through is With, whose calls go through a transport.
func (w World) Through(ctx context.Context, transport *http.Client, token, kind string) *Engine {
	w.T.Helper()
	client, err := cloud.New(cloud.Config{URL: w.URL, Token: token, HTTP: transport, Retry: quickly})
	require.NoError(w.T, err)
	current := &session.Session{Client: client, Organization: "acme", Catalogue: access.NewCatalogue(nil), Now: w.Now, Explaining: session.Explaining{MaxCalls: w.Explaining}}
	source := func(context.Context) (*session.Session, error) { return current, nil }
	provider, err := infer.NewProviderBuilder().
		WithNamespace("pulumi-leastprivilege").
		WithModuleMap(map[tokens.ModuleName]tokens.ModuleName{"resources": "index", "types": "index"}).
		WithResources(resources.All(source)...).
		Build()
	require.NoError(w.T, err)
	s, err := integration.NewServer(ctx, "leastprivilege", semver.MustParse("0.1.0"),
		integration.WithProvider(wire.WithQuietErrors(resources.Wrap(provider), nil)))
	require.NoError(w.T, err)
	name := strings.ReplaceAll(w.T.Name(), "/", "-")
	return &Engine{
		T: w.T, Server: s, start: client.Forget,
		URN: resource.NewURN("test", tokens.PackageName(name), "", tokens.Type("leastprivilege:index:"+kind), "x"),
	}
}

// Check is the provider's answer about inputs.
func (e *Engine) Check(inputs map[string]any) p.CheckResponse {
	e.T.Helper()
	checked, err := e.Server.Check(p.CheckRequest{Urn: e.URN, State: e.Inputs, Inputs: Object(inputs)})
	require.NoError(e.T, err)
	return checked
}

// Checked are inputs without a failure, as the provider returns them.
func (e *Engine) Checked(inputs map[string]any) property.Map {
	e.T.Helper()
	checked := e.Check(inputs)
	require.Empty(e.T, checked.Failures)
	return checked.Inputs
}

// Diff compares inputs with the state.
func (e *Engine) Diff(inputs map[string]any) p.DiffResponse {
	e.T.Helper()
	diff, err := e.Server.Diff(p.DiffRequest{
		ID: e.ID, Urn: e.URN, State: e.State, OldInputs: e.Inputs, Inputs: e.Checked(inputs),
	})
	require.NoError(e.T, err)
	return diff
}

// Preview returns the outputs that a preview shows.
func (e *Engine) Preview(inputs map[string]any) (property.Map, error) {
	e.T.Helper()
	e.start()
	if e.ID == "" {
		made, err := e.Server.Create(p.CreateRequest{Urn: e.URN, Properties: e.Checked(inputs), DryRun: true})
		return made.Properties, err
	}
	changed, err := e.Server.Update(p.UpdateRequest{
		ID: e.ID, Urn: e.URN, State: e.State, OldInputs: e.Inputs, Inputs: e.Checked(inputs), DryRun: true,
	})
	return changed.Properties, err
}

// Up is `pulumi up --skip-preview`. A partial failure keeps state, as the engine does, and the next update goes on from there.
func (e *Engine) Up(inputs map[string]any) error {
	e.T.Helper()
	e.start()
	checked := e.Checked(inputs)
	if e.ID == "" {
		made, err := e.Server.Create(p.CreateRequest{Urn: e.URN, Properties: checked})
		if err == nil || made.PartialState != nil {
			e.ID, e.Inputs, e.State = made.ID, checked, made.Properties
		}
		return e.outcome(made.PartialState, err)
	}
	diff := e.Diff(inputs)
	if !diff.HasChanges && !e.Unfinished {
		return nil
	}
	for property, change := range diff.DetailedDiff {
		if change.Kind == p.UpdateReplace || change.Kind == p.AddReplace || change.Kind == p.DeleteReplace {
			e.T.Fatalf("%s asks for a replacement, which this test does not expect", property)
		}
	}
	changed, err := e.Server.Update(p.UpdateRequest{
		ID: e.ID, Urn: e.URN, State: e.State, OldInputs: e.Inputs, Inputs: checked,
	})
	if err == nil || changed.PartialState != nil {
		e.Inputs, e.State = checked, changed.Properties
	}
	return e.outcome(changed.PartialState, err)
}

func (e *Engine) outcome(partial *p.InitializationFailed, err error) error {
	e.Unfinished = partial != nil
	if partial != nil {
		return &UnfinishedError{strings.Join(partial.Reasons, "\n")}
	}
	return err
}

// UnfinishedError is a step that was a partial failure.
type UnfinishedError struct{ reasons string }

func (e *UnfinishedError) Error() string { return e.reasons }

// Refresh reads the resource; one that was deleted is dropped.
func (e *Engine) Refresh() error {
	e.T.Helper()
	e.start()
	read, err := e.Server.Read(p.ReadRequest{ID: e.ID, Urn: e.URN, Properties: e.State, Inputs: e.Inputs})
	if err != nil {
		return err
	}
	e.ID, e.Inputs, e.State, e.Unfinished = read.ID, read.Inputs, read.Properties, false
	return nil
}

// Adopt is `pulumi import`.
func (e *Engine) Adopt(id string) error {
	e.T.Helper()
	e.start()
	read, err := e.Server.Read(p.ReadRequest{ID: id, Urn: e.URN})
	if err == nil {
		e.ID, e.Inputs, e.State = read.ID, read.Inputs, read.Properties
	}
	return err
}

// Destroy is `pulumi destroy`.
func (e *Engine) Destroy() error {
	e.T.Helper()
	e.start()
	err := e.Server.Delete(p.DeleteRequest{ID: e.ID, Urn: e.URN, Properties: e.State})
	if err == nil {
		e.ID, e.Inputs, e.State = "", property.Map{}, property.Map{}
	}
	return err
}

// Settled asserts that nothing would change.
func (e *Engine) Settled(inputs map[string]any) {
	e.T.Helper()
	diff := e.Diff(inputs)
	assert.False(e.T, diff.HasChanges, "diff: %v\nstate: %v", diff.DetailedDiff, Shown(e.State))
	// An engine that keeps old inputs compares them instead of the state.
	assert.Equal(e.T, Shown(e.Inputs), Shown(e.Checked(inputs)), "inputs")
}

// Kept asserts that the inputs which an import or a refresh read can be kept in a program: the check takes them as they are, nothing
// differs, and an update has nothing to say and nothing to do.
func (e *Engine) Kept() {
	e.T.Helper()
	checked, err := e.Server.Check(p.CheckRequest{Urn: e.URN, State: e.Inputs, Inputs: e.Inputs})
	require.NoError(e.T, err)
	require.Empty(e.T, checked.Failures, "what was read is refused: %v", Shown(e.Inputs))
	assert.Equal(e.T, Shown(e.Inputs), Shown(checked.Inputs))
	diff, err := e.Server.Diff(p.DiffRequest{ID: e.ID, Urn: e.URN, State: e.State, OldInputs: e.Inputs, Inputs: checked.Inputs})
	require.NoError(e.T, err)
	assert.False(e.T, diff.HasChanges, "diff: %v\nstate: %v", diff.DetailedDiff, Shown(e.State))
	e.Said()
	e.start()
	_, err = e.Server.Update(p.UpdateRequest{
		ID: e.ID, Urn: e.URN, State: e.State, OldInputs: e.Inputs, Inputs: checked.Inputs, DryRun: true,
	})
	require.NoError(e.T, err)
	assert.Empty(e.T, e.Said(), "a preview says that something would change")
}

// Failures are a check's failures by property.
func (e *Engine) Failures(inputs map[string]any) map[string]string {
	e.T.Helper()
	failures := map[string]string{}
	for _, failure := range e.Check(inputs).Failures {
		failures[failure.Property] += failure.Reason
	}
	return failures
}

// Refuses is what a preview fails with.
func (e *Engine) Refuses(inputs map[string]any) string {
	e.T.Helper()
	_, refusal := e.Server.Diff(p.DiffRequest{
		ID: e.ID, Urn: e.URN, State: e.State, OldInputs: e.Inputs, Inputs: e.Checked(inputs),
	})
	require.Error(e.T, refusal)
	return refusal.Error()
}

// Another is a resource of the same kind of which there is nothing yet.
func (e *Engine) Another() *Engine {
	return &Engine{T: e.T, Server: e.Server, URN: e.URN, start: e.start}
}
