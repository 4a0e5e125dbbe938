package resources_test

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

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
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/server"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/server/servertest"
)

// world is a sandbox with an organization in it.
type world struct {
	*servertest.Running
	t   testing.TB
	now func() time.Time // of the service and of the provider
}

func newWorld(t testing.TB, seed string) world { t.Helper(); return newWorldAt(t, seed, time.Now) }

func newWorldAt(t testing.TB, seed string, now func() time.Time) world {
	t.Helper()
	return world{servertest.Start(t, server.Options{Seed: []byte(seed), Now: now}), t, now}
}

// clock is a time that only a test moves.
type clock struct{ at time.Time }

func newClock() *clock { return &clock{time.Date(2030, time.March, 1, 12, 0, 0, 0, time.UTC)} }

func (c *clock) now() time.Time { return c.at }

func (c *clock) advance(by time.Duration) { c.at = c.at.Add(by) }

// calls counts the service's calls since the last reset, by route.
func (w world) calls() map[string]int { w.t.Helper(); return w.Requests().Routes }

func (w world) writes() []string {
	w.t.Helper()
	var writes []string
	for _, call := range w.Requests().List {
		if call.Writes() {
			writes = append(writes, call.Method+" "+call.Path)
		}
	}
	return writes
}

// admin makes a call beside the provider, as somebody who uses the console.
func (w world) admin(method, path string, body any) []byte {
	w.t.Helper()
	status, answer := w.Call(w.Token, method, path, body)
	require.Less(w.t, status, 300, "%s %s: %s", method, path, answer)
	return answer
}

func (w world) team(name string) cloud.Team {
	w.t.Helper()
	var team cloud.Team
	require.NoError(w.t, json.Unmarshal(w.admin("GET", "/api/orgs/acme/teams/"+name, nil), &team))
	return team
}

// members are logins with their team roles.
func (w world) members(team string) map[string]string {
	w.t.Helper()
	members := map[string]string{}
	for _, m := range w.team(team).Members {
		members[m.Login] = m.Role
	}
	return members
}

// quickly retries without making a test wait.
var quickly = cloud.Retry{BaseDelay: time.Millisecond, RetryAfter: time.Millisecond}

// client works with a token.
func (w world) client(token string) *cloud.Client {
	w.t.Helper()
	client, err := cloud.New(cloud.Config{URL: w.URL, Token: token, Retry: quickly})
	require.NoError(w.t, err)
	return client
}

// engine drives one resource as the Pulumi engine does: it checks, diffs, previews and applies, and keeps inputs and state.
type engine struct {
	t      testing.TB
	server integration.Server
	urn    resource.URN

	id            string
	inputs, state property.Map
	unfinished    bool // the last step was partly done
}

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
		WithResources(
			infer.Resource(&resources.Team{Sessions: source}),
			infer.Resource(&resources.TeamMembers{Sessions: source}),
			infer.Resource(&resources.TeamAccess{Sessions: source}),
			infer.Resource(&resources.Environment{Sessions: source}),
			infer.Resource(resources.NewApprovalGate(source)),
			infer.Resource(&resources.LoginTransition{Sessions: source}),
			infer.Resource(&resources.Role{Sessions: source}),
			infer.Resource(&resources.DeploymentRole{Sessions: source}),
			infer.Resource(&resources.OrganizationSettings{Sessions: source}),
			infer.Resource(resources.NewPermissionSet(source)),
			infer.Resource(resources.NewStackOwner(source)),
			infer.Resource(resources.NewOIDCIssuer(source)),
			infer.Resource(resources.NewMachineToken(source)),
		).Build()
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

func (w world) resource(kind string) *engine { w.t.Helper(); return w.with(w.Token, kind) }

// object makes inputs of plain values.
func object(values map[string]any) property.Map { return plain(values).AsMap() }

func plain(v any) property.Value {
	switch v := v.(type) {
	case property.Value:
		return v
	case map[string]any:
		m := map[string]property.Value{}
		for key, child := range v {
			m[key] = plain(child)
		}
		return property.New(m)
	case []any:
		elements := []property.Value{}
		for _, child := range v {
			elements = append(elements, plain(child))
		}
		return property.New(elements)
	case []string:
		elements := []property.Value{}
		for _, child := range v {
			elements = append(elements, property.New(child))
		}
		return property.New(elements)
	case string:
		return property.New(v)
	case bool:
		return property.New(v)
	case int:
		return property.New(float64(v))
	}
	panic(fmt.Sprintf("no property value for %T", v))
}

var unknown = property.New(property.Computed)

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

// shown is a map as text: marks in brackets, keys sorted.
func shown(m property.Map) string { return show(property.New(m)) }

func show(v property.Value) string {
	text := ""
	switch {
	case v.IsComputed():
		text = "unknown"
	case v.IsMap():
		var parts []string
		for _, key := range slices.Sorted(maps.Keys(v.AsMap().AsMap())) {
			if child := v.AsMap().Get(key); !child.IsNull() {
				parts = append(parts, key+": "+show(child))
			}
		}
		text = "{" + strings.Join(parts, ", ") + "}"
	case v.IsArray():
		var parts []string
		for _, child := range v.AsArray().All {
			parts = append(parts, show(child))
		}
		text = "[" + strings.Join(parts, ", ") + "]"
	case v.IsString():
		text = v.AsString()
	case v.IsNumber():
		text = fmt.Sprint(v.AsNumber())
	case v.IsBool():
		text = fmt.Sprint(v.AsBool())
	}
	if v.Secret() {
		return "secret(" + text + ")"
	}
	return text
}

// logs keeps what the provider says, by URN: without an engine, the framework logs with slog.
var logs = newLogKeeper()

type logKeeper struct {
	slog.Handler
	mu    *sync.Mutex
	lines map[string][]string
}

func newLogKeeper() *logKeeper {
	k := &logKeeper{Handler: slog.DiscardHandler, mu: &sync.Mutex{}, lines: map[string][]string{}}
	slog.SetDefault(slog.New(k))
	return k
}

func (k *logKeeper) Enabled(context.Context, slog.Level) bool { return true }

func (k *logKeeper) WithAttrs([]slog.Attr) slog.Handler { return k }

func (k *logKeeper) Handle(_ context.Context, record slog.Record) error {
	record.Attrs(func(a slog.Attr) bool {
		if a.Key == "urn" {
			k.mu.Lock()
			k.lines[a.Value.String()] = append(k.lines[a.Value.String()], record.Level.String()+": "+record.Message)
			k.mu.Unlock()
		}
		return true
	})
	return nil
}

// said returns what the provider said about the resource since the last call.
func (e *engine) said() string {
	logs.mu.Lock()
	defer logs.mu.Unlock()
	said := strings.Join(logs.lines[string(e.urn)], "\n")
	delete(logs.lines, string(e.urn))
	return said
}
