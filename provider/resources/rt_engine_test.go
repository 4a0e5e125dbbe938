package resources_test

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

// engine drives one resource as the Pulumi engine does: it checks, diffs, previews and applies, and keeps inputs and state.
type engine struct {
	t      testing.TB
	server integration.Server
	urn    resource.URN

	id            string
	inputs, state property.Map
	unfinished    bool // the last step was partly done
}

func (w world) resource(kind string) *engine { w.t.Helper(); return w.with(w.Token, kind) }

// with starts a provider that works with a token, for one resource.
func (w world) with(token, kind string) *engine {
	w.t.Helper()
	return w.provider(w.t.Context(), nil, token, kind)
}

func (w world) provider(ctx context.Context, transport *http.Client, token, kind string) *engine {
	w.t.Helper()
	client, err := cloud.New(cloud.Config{URL: w.URL, Token: token, HTTP: transport, Retry: quickly})
	require.NoError(w.t, err)
	current := &session.Session{Client: client, Organization: "acme", Catalogue: access.NewCatalogue(nil), Now: w.now}
	source := func(context.Context) (*session.Session, error) { return current, nil }
	provider, err := infer.NewProviderBuilder().
		WithNamespace("pulumi-leastprivilege").
		WithModuleMap(map[tokens.ModuleName]tokens.ModuleName{"resources": "index", "types": "index"}).
		WithResources(resources.All(source)...).
		Build()
	require.NoError(w.t, err)
	s, err := integration.NewServer(ctx, "leastprivilege", semver.MustParse("0.1.0"),
		integration.WithProvider(wire.WithQuietErrors(resources.Wrap(provider))))
	require.NoError(w.t, err)
	name := strings.ReplaceAll(w.t.Name(), "/", "-")
	return &engine{
		t: w.t, server: s,
		urn: resource.NewURN("test", tokens.PackageName(name), "", tokens.Type("leastprivilege:index:"+kind), "x"),
	}
}

func (e *engine) check(inputs map[string]any) p.CheckResponse {
	e.t.Helper()
	checked, err := e.server.Check(p.CheckRequest{Urn: e.urn, State: e.inputs, Inputs: object(inputs)})
	require.NoError(e.t, err)
	return checked
}

func (e *engine) checked(inputs map[string]any) property.Map {
	e.t.Helper()
	checked := e.check(inputs)
	require.Empty(e.t, checked.Failures)
	return checked.Inputs
}

func (e *engine) diff(inputs map[string]any) p.DiffResponse {
	e.t.Helper()
	diff, err := e.server.Diff(p.DiffRequest{
		ID: e.id, Urn: e.urn, State: e.state, OldInputs: e.inputs, Inputs: e.checked(inputs),
	})
	require.NoError(e.t, err)
	return diff
}

// preview returns the outputs that a preview shows.
func (e *engine) preview(inputs map[string]any) (property.Map, error) {
	e.t.Helper()
	if e.id == "" {
		made, err := e.server.Create(p.CreateRequest{Urn: e.urn, Properties: e.checked(inputs), DryRun: true})
		return made.Properties, err
	}
	changed, err := e.server.Update(p.UpdateRequest{
		ID: e.id, Urn: e.urn, State: e.state, OldInputs: e.inputs, Inputs: e.checked(inputs), DryRun: true,
	})
	return changed.Properties, err
}

// up is `pulumi up --skip-preview`. A partial failure keeps state, as the engine does, and the next update goes on from there.
func (e *engine) up(inputs map[string]any) error {
	e.t.Helper()
	checked := e.checked(inputs)
	if e.id == "" {
		made, err := e.server.Create(p.CreateRequest{Urn: e.urn, Properties: checked})
		if err == nil || made.PartialState != nil {
			e.id, e.inputs, e.state = made.ID, checked, made.Properties
		}
		return e.outcome(made.PartialState, err)
	}
	diff := e.diff(inputs)
	if !diff.HasChanges && !e.unfinished {
		return nil
	}
	for property, change := range diff.DetailedDiff {
		if change.Kind == p.UpdateReplace || change.Kind == p.AddReplace || change.Kind == p.DeleteReplace {
			e.t.Fatalf("%s asks for a replacement, which this test does not expect", property)
		}
	}
	changed, err := e.server.Update(p.UpdateRequest{
		ID: e.id, Urn: e.urn, State: e.state, OldInputs: e.inputs, Inputs: checked,
	})
	if err == nil || changed.PartialState != nil {
		e.inputs, e.state = checked, changed.Properties
	}
	return e.outcome(changed.PartialState, err)
}

func (e *engine) outcome(partial *p.InitializationFailed, err error) error {
	e.unfinished = partial != nil
	if partial != nil {
		return &unfinishedError{strings.Join(partial.Reasons, "\n")}
	}
	return err
}

// unfinishedError is a step that was partly done.
type unfinishedError struct{ reasons string }

func (e *unfinishedError) Error() string { return e.reasons }

// refresh reads the resource; one that is gone is dropped.
func (e *engine) refresh() error {
	e.t.Helper()
	read, err := e.server.Read(p.ReadRequest{ID: e.id, Urn: e.urn, Properties: e.state, Inputs: e.inputs})
	if err != nil {
		return err
	}
	e.id, e.inputs, e.state, e.unfinished = read.ID, read.Inputs, read.Properties, false
	return nil
}

// adopt is `pulumi import`.
func (e *engine) adopt(id string) error {
	e.t.Helper()
	read, err := e.server.Read(p.ReadRequest{ID: id, Urn: e.urn})
	if err == nil {
		e.id, e.inputs, e.state = read.ID, read.Inputs, read.Properties
	}
	return err
}

func (e *engine) destroy() error {
	e.t.Helper()
	err := e.server.Delete(p.DeleteRequest{ID: e.id, Urn: e.urn, Properties: e.state})
	if err == nil {
		e.id, e.inputs, e.state = "", property.Map{}, property.Map{}
	}
	return err
}

// settled asserts that nothing would change.
func (e *engine) settled(inputs map[string]any) {
	e.t.Helper()
	diff := e.diff(inputs)
	assert.False(e.t, diff.HasChanges, "diff: %v\nstate: %v", diff.DetailedDiff, shown(e.state))
	// An engine that keeps old inputs compares them instead of the state.
	assert.Equal(e.t, shown(e.inputs), shown(e.checked(inputs)), "inputs")
}

// failures are a check's failures by property.
func (e *engine) failures(inputs map[string]any) map[string]string {
	e.t.Helper()
	failures := map[string]string{}
	for _, failure := range e.check(inputs).Failures {
		failures[failure.Property] += failure.Reason
	}
	return failures
}

// refuses is what a preview fails with.
func (e *engine) refuses(inputs map[string]any) string {
	e.t.Helper()
	_, refusal := e.server.Diff(p.DiffRequest{
		ID: e.id, Urn: e.urn, State: e.state, OldInputs: e.inputs, Inputs: e.checked(inputs),
	})
	require.Error(e.t, refusal)
	return refusal.Error()
}

// another is a resource of the same kind of which there is nothing yet.
func (e *engine) another() *engine { return &engine{t: e.t, server: e.server, urn: e.urn} }
