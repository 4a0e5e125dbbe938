package enginetest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/blang/semver"
	p "github.com/pulumi/pulumi-go-provider"
	"github.com/pulumi/pulumi-go-provider/integration"
	presource "github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/tokens"
	"github.com/pulumi/pulumi/sdk/v3/go/property"
	"github.com/stretchr/testify/require"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/cloud"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/resourcetest"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/server/servertest"
)

// Declared is a component or a resource in a program. Dependencies between them are the order in which they are declared.
type Declared struct {
	Type   string // such as ScopedTeam
	Name   string // logical name
	Inputs map[string]any
}

// Engine runs programs one after another, and keeps the state between them.
type Engine struct {
	t          testing.TB
	serve      func() integration.Server // starts another process of the provider
	process    atomic.Int32              // how many were started
	server     integration.Server
	configured p.ConfigureRequest
	components map[string]*property.Map // outputs, by URN
	ended      atomic.Bool              // the process of the provider was canceled, or killed
	killed     atomic.Bool

	jitter    func() time.Duration
	underWay  sync.WaitGroup // registrations
	mutex     sync.Mutex
	resources []*resource // in the order in which they were made
	discarded []*resource // replaced, and still to be deleted
	preview   bool
	continues bool // after a failure, with what does not depend on what failed
	failures  *failures
	failed    map[string]bool // URNs of what failed, and of what was not started because it depends on that
	seen      map[string]bool
	printed   []printedStep
	replaced  []*resource // by the preview
}

// resource is a custom resource in the state.
type resource struct {
	urn           presource.URN // by which it is found here
	full          presource.URN // by which the provider knows it: with the types of its parents
	id            string
	inputs, state property.Map
	unfinished    bool
	retain        bool                       // not deleted in the service
	deletedWith   string                     // URN: deleting that one deletes this one
	dependsOn     []string                   // URNs
	properties    map[string]map[string]bool // input -> URNs that it depends on
}

// quickly retries without making a test wait.
var quickly = cloud.Retry{
	Max: 2, BaseDelay: time.Microsecond, MaxDelay: time.Microsecond, RetryAfter: time.Microsecond, Limited: 20 * time.Millisecond,
}

// New returns an engine whose provider works on a sandbox, with the token of an administrator, through a transport.
func New(t testing.TB, sandbox *servertest.Running, transport http.RoundTripper, options ...provider.Option) *Engine {
	t.Helper()
	return NewAs(t, sandbox, sandbox.Token, transport, options...)
}

// NewAs is New with another token.
func NewAs(
	t testing.TB, sandbox *servertest.Running, token string, transport http.RoundTripper, options ...provider.Option,
) *Engine {
	t.Helper()
	e := &Engine{t: t, components: map[string]*property.Map{}}
	e.serve = func() integration.Server {
		built, err := provider.New(append([]provider.Option{provider.WithTransport(transport, quickly)}, options...)...)
		require.NoError(t, err)
		process := e.process.Add(1)
		server, err := integration.NewServer(context.Background(), provider.Name, semver.MustParse(provider.Version),
			integration.WithProvider(built),
			integration.WithMocks(&integration.MockResourceMonitor{NewResourceF: func(args integration.MockResourceArgs) (string, property.Map, error) {
				return e.registered(process, args)
			}}))
		require.NoError(t, err)
		return server
	}
	e.server = e.serve()
	e.configured = p.ConfigureRequest{Args: property.NewMap(map[string]property.Value{
		"apiUrl": property.New(sandbox.URL), "accessToken": property.New(token), "organization": property.New("acme"),
		"explainChanges": property.New(false),
	})}
	e.Restart()
	return e
}

// Explain lets previews say who gains and who loses access.
func (e *Engine) Explain() {
	e.configured.Args = e.configured.Args.Set("explainChanges", property.New(true))
}

// Restart begins what the real engine begins a process of the provider for: each preview, update, refresh and destroy. What the provider
// knows of the program and of the organization is read again.
func (e *Engine) Restart() {
	e.t.Helper()
	e.underWay.Wait() // a canceled component does not wait for its children
	if e.ended.Swap(false) {
		e.server = e.serve()
	}
	e.killed.Store(false)
	require.NoError(e.t, e.server.Configure(e.configured))
}

// Up is `pulumi up --skip-preview`: what the program declares is made so, and then what it does not declare any more is
// deleted, unless something failed.
func (e *Engine) Up(program ...Declared) error {
	e.t.Helper()
	e.begin(false, false)
	e.run(program)
	return e.deleteUnseen()
}

// UpContinuing is `pulumi up --skip-preview --continue-on-error`: a failure stops only what depends on the resource that failed, and
// the deletion of what that one depends on.
func (e *Engine) UpContinuing(program ...Declared) error {
	e.t.Helper()
	e.begin(false, true)
	e.run(program)
	return e.deleteUnseen()
}

// Preview is `pulumi preview`, without what would be deleted.
func (e *Engine) Preview(program ...Declared) error {
	e.t.Helper()
	e.begin(true, false)
	e.run(program)
	return e.failures.joined()
}

// begin starts a process of the provider for a run.
func (e *Engine) begin(preview, continues bool) {
	e.t.Helper()
	e.Restart()
	e.preview, e.continues = preview, continues
	e.failures, e.failed, e.seen = &failures{}, map[string]bool{}, map[string]bool{}
	e.printed, e.replaced = nil, nil
}

// run declares a program, up to the first failure unless the run goes on after failures.
func (e *Engine) run(program []Declared) {
	for _, d := range program {
		e.declare(d)
		if e.stopped() {
			return
		}
	}
}

func (e *Engine) stopped() bool { return e.failures.joined() != nil && !e.continues }

// Destroy is `pulumi destroy`.
func (e *Engine) Destroy() error {
	e.t.Helper()
	e.begin(false, false)
	return e.deleteUnseen()
}

// DestroyInOrder is `pulumi destroy` of independent resources one after another in an order that the test picks: dependents go before
// what they depend on, as in the real engine. pick returns an index below n. After a failure nothing more is started.
func (e *Engine) DestroyInOrder(pick func(n int) int) error {
	e.t.Helper()
	e.begin(false, false)
	e.mutex.Lock()
	defer e.mutex.Unlock()
	for len(e.resources) > 0 {
		ready := slices.DeleteFunc(slices.Clone(e.resources), func(r *resource) bool {
			return slices.ContainsFunc(e.resources, func(other *resource) bool { return slices.Contains(other.dependsOn, string(r.urn)) })
		})
		if err := e.delete(ready[pick(len(ready))]); err != nil {
			return err
		}
	}
	return nil
}

// Refresh is `pulumi refresh`. It returns the names of the resources whose inputs or outputs changed.
func (e *Engine) Refresh() (changed []string, err error) {
	e.t.Helper()
	e.Restart()
	for _, r := range slices.Clone(e.resources) {
		read, err := e.server.Read(p.ReadRequest{ID: r.id, Urn: r.full, Properties: r.state, Inputs: r.inputs})
		if e.killed.Load() {
			err = errKilled
		}
		if err != nil {
			return changed, fmt.Errorf("%s: %w", r.urn.Name(), err)
		}
		if read.ID == "" {
			changed = append(changed, r.name())
			e.drop(r)
			continue
		}
		if !same(read.Inputs, r.inputs) || !same(read.Properties, r.state) {
			changed = append(changed, r.name())
		}
		r.id, r.inputs, r.state, r.unfinished = read.ID, read.Inputs, read.Properties, false
	}
	return changed, nil
}

// Outputs are a resource's outputs; type and name as the component registers it.
func (e *Engine) Outputs(kind, name string) property.Map {
	e.t.Helper()
	r := e.find(urnOf(kind, name))
	require.NotNil(e.t, r, "there is no %s %q; there are %v", kind, name, e.Names())
	return r.state
}

// Constructed are the outputs of a component at the last preview or update.
func (e *Engine) Constructed(kind, name string) property.Map {
	if made := e.components[string(urnOf(kind, name))]; made != nil {
		return *made
	}
	return property.Map{}
}

// Kinds are the names of the types of everything that the provider offers in programs.
func (e *Engine) Kinds() []string {
	e.t.Helper()
	answer, err := e.server.GetSchema(p.GetSchemaRequest{})
	require.NoError(e.t, err)
	var schema struct {
		Resources map[string]json.RawMessage `json:"resources"`
	}
	require.NoError(e.t, json.Unmarshal([]byte(answer.Schema), &schema))
	var kinds []string
	for token := range schema.Resources {
		kinds = append(kinds, string(tokens.Type(token).Name()))
	}
	return kinds
}

// Said returns what the provider said about a resource since the last call. Engines share it, so its name must be that of one test alone.
func (e *Engine) Said(kind, name string) string {
	return resourcetest.SaidAbout(string(urnOf(kind, name)))
}

// Names are the types and names of all resources, in the order in which they were made.
func (e *Engine) Names() []string {
	var names []string
	for _, r := range e.resources {
		names = append(names, r.name())
	}
	return names
}

func (r *resource) name() string { return string(r.urn.Type().Name()) + " " + r.urn.Name() }

func same(a, b property.Map) bool { return property.New(a).Equals(property.New(b)) }

func urnOf(kind, name string) presource.URN {
	// As the monitor makes them, whose parents are not part of it here.
	return presource.NewURN("stack", "project", "", tokens.Type("leastprivilege:index:"+kind), name)
}

func (e *Engine) declare(d Declared) {
	urn := urnOf(d.Type, d.Name)
	if !isComponent(d.Type) {
		_, _, err := e.register(&resource{urn: urn, full: urn, inputs: resourcetest.Object(d.Inputs)}, false)
		e.failures.add(err)
		return
	}
	e.components[string(urn)] = &property.Map{}
	made, err := e.server.Construct(p.ConstructRequest{Urn: urn, Inputs: resourcetest.Object(d.Inputs), DryRun: e.preview})
	e.components[string(urn)] = &made.State
	e.failures.add(err)
}

// isComponent tells components by what no resource is called.
func isComponent(kind string) bool {
	return slices.ContainsFunc([]string{"ScopedTeam", "BreakGlass", "TieredAccess", "Assignment", "Baseline", "CloudAccess", "CiTrust"},
		func(part string) bool { return strings.HasSuffix(kind, part) }) ||
		(strings.HasSuffix(kind, "Environment") && kind != "Environment")
}

// registered is called for every child that a component registers.
func (e *Engine) registered(process int32, args integration.MockResourceArgs) (string, property.Map, error) {
	if e.ended.Load() || process != e.process.Load() {
		return "", property.Map{}, errors.New("not started, because the update was canceled")
	}
	e.underWay.Add(1)
	defer e.underWay.Done()
	if !args.Custom {
		return "", args.Inputs, nil // the component itself
	}
	r := &resource{
		urn: urnOf(strings.TrimPrefix(string(args.TypeToken), "leastprivilege:index:"), args.Name), inputs: plainMap(args.Inputs),
		properties: map[string]map[string]bool{}, retain: args.RegisterRPC.GetRetainOnDelete(),
	}
	r.full = childURN(presource.URN(args.RegisterRPC.GetParent()), r.urn)
	for _, urn := range args.RegisterRPC.GetDependencies() {
		r.dependsOn = append(r.dependsOn, string(nameOnly(urn)))
	}
	if with := args.RegisterRPC.GetDeletedWith(); with != "" {
		r.deletedWith = string(nameOnly(with))
	}
	for property, on := range args.RegisterRPC.GetPropertyDependencies() {
		r.properties[property] = map[string]bool{}
		for _, urn := range on.GetUrns() {
			r.properties[property][string(nameOnly(urn))] = true
		}
	}
	id, state, err := e.register(r, args.RegisterRPC.GetDeleteBeforeReplace())
	e.failures.add(err)
	return id, state, err
}

func childURN(parent, child presource.URN) presource.URN {
	if !parent.IsValid() {
		return child
	}
	return presource.NewURN(child.Stack(), child.Project(), parent.QualifiedType(), child.Type(), child.Name())
}

func nameOnly(urn string) presource.URN {
	parsed := presource.URN(urn)
	return urnOf(strings.TrimPrefix(string(parsed.Type()), "leastprivilege:index:"), parsed.Name())
}
