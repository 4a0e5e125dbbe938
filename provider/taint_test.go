package provider_test

import (
	"fmt"
	"hash/fnv"
	"maps"
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/blang/semver"
	p "github.com/pulumi/pulumi-go-provider"
	"github.com/pulumi/pulumi-go-provider/integration"
	pschema "github.com/pulumi/pulumi/pkg/v3/codegen/schema"
	presource "github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/tokens"
	"github.com/pulumi/pulumi/sdk/v3/go/property"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/cloud"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/resourcetest"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/server"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/server/servertest"
)

// taint is what marks a secret. No part of it of eight bytes occurs otherwise.
const taint = "q7Zx9TkW2vB4nLd8RfXy"

// tainting plays the engine with a provider whose service is hostile.
type tainting struct {
	integration.Server
	t       *testing.T
	service *hostile
	secrets []string // the taint, and the provider's token
	shown   map[string]int
	url     string
}

// restart begins with no answer in memory, as another process.
func (w *tainting) restart() {
	w.t.Helper()
	require.NoError(w.t, w.Configure(p.ConfigureRequest{Args: resourcetest.Object(map[string]any{
		"apiUrl": w.url, "accessToken": property.New(w.service.secrets[1]).WithSecret(true), "organization": "acme",
	})}))
}

func newTainting(t *testing.T, urn presource.URN, seed string) *tainting {
	t.Helper()
	sandbox := servertest.Start(t, server.Options{Organization: "acme", Seed: []byte(seed)})
	w := &tainting{t: t, secrets: []string{taint, strings.TrimPrefix(sandbox.Token, "pul-")}, shown: map[string]int{}}
	w.service = &hostile{service: http.DefaultTransport, secrets: []string{taint, sandbox.Token}, failAt: -1}
	once := cloud.Retry{Max: 1, BaseDelay: time.Microsecond, MaxDelay: time.Microsecond, RetryAfter: time.Microsecond, Limited: time.Nanosecond}
	plugin, err := provider.New(provider.WithTransport(w.service, once))
	require.NoError(t, err)
	w.Server, err = integration.NewServer(t.Context(), "leastprivilege", semver.MustParse("0.1.0"), integration.WithProvider(plugin),
		integration.WithMocks(&integration.MockResourceMonitor{NewResourceF: func(args integration.MockResourceArgs) (string, property.Map, error) {
			w.hidden("the inputs of a child "+string(args.TypeToken), args.Inputs)
			return args.Name + "-id", args.Inputs, nil
		}}))
	require.NoError(t, err)
	w.url = sandbox.URL
	w.restart()
	(&resourcetest.Engine{URN: urn}).Said()
	return w
}

// repeats reports whether a text has a part of a secret.
func (w *tainting) repeats(text string) bool {
	for _, secret := range w.secrets {
		const part = 8
		for i := 0; i+part <= len(secret); i += 2 {
			if strings.Contains(text, secret[i:i+part]) {
				return true
			}
		}
	}
	return false
}

// quiet asserts that an error, as people, logs and debuggers print it, repeats no secret.
func (w *tainting) quiet(what string, err error) {
	w.t.Helper()
	if err == nil {
		return
	}
	text := fmt.Sprintf("%v %+v %#v %v", err, err, err, detailsOf(err))
	assert.False(w.t, w.repeats(text), "%s: %s", what, text)
	if strings.Contains(text, "[secret]") || strings.Contains(text, "[access token]") {
		w.shown[what[:strings.Index(what+" ", " ")]]++
	}
}

// hidden asserts that properties have a secret in secret values only.
func (w *tainting) hidden(what string, m property.Map) {
	w.t.Helper()
	var plain func(path string, v property.Value)
	plain = func(path string, v property.Value) {
		switch {
		case v.Secret():
		case v.IsMap():
			for key, child := range v.AsMap().AllStable {
				assert.False(w.t, w.repeats(key), "%s: the key %s of %s", what, key, path)
				plain(path+"."+key, child)
			}
		case v.IsArray():
			for i, child := range v.AsArray().All {
				plain(fmt.Sprintf("%s[%d]", path, i), child)
			}
		case v.IsString():
			assert.False(w.t, w.repeats(v.AsString()), "%s: %s is plain: %s", what, path, v.AsString())
		}
	}
	plain("", property.New(m))
}

// logged asserts that nothing that was logged about a resource repeats a secret.
func (w *tainting) logged(what string, urn presource.URN) {
	w.t.Helper()
	said := (&resourcetest.Engine{URN: urn}).Said()
	assert.False(w.t, w.repeats(said), "%s logged: %s", what, said)
}

// fails runs an operation against a service that fails each of its calls in turn, in every way or in one that is drawn.
func (w *tainting) fails(what string, run func()) {
	w.service.begin(-1, failing{})
	w.restart()
	run()
	calls := w.service.made()
	all := failures()
	for at := range min(calls, 12) {
		h := fnv.New32a()
		_, _ = fmt.Fprint(h, what, at)
		ways := all
		if os.Getenv("LEASTPRIVILEGE_LAW_INPUTS") != "all" {
			ways = []failing{all[int(h.Sum32())%len(all)]}
		}
		for _, how := range ways {
			w.service.begin(at, how)
			w.restart()
			run()
		}
	}
	w.service.begin(-1, failing{})
}

const taintSeed = previewSeed + `
accounts: [{account: aws-prod, owner: ana}]
`

// Whatever fails, and however often it is repeated, a secret of a resource stays in secret values: each input of each resource is
// given one at every place, and each call of each operation fails, after which the resource is read and deleted.
func TestNoResourceShowsASecret(t *testing.T) {
	t.Parallel()
	spec := inferred(t)
	for _, token := range slices.Sorted(maps.Keys(spec.Resources)) {
		if spec.Resources[token].IsComponent {
			continue
		}
		kind := string(tokens.Type(token).Name())
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			require.Contains(t, previewed, kind, "every resource has inputs there")
			urn := presource.NewURN("dev", "taint", "", tokens.Type(token), "x")
			w := newTainting(t, urn, taintSeed)
			for _, given := range w.tainted(kind, spec, spec.Resources[token], tainted(kind)) {
				w.lifecycle(kind, urn, given, resourcetest.Object(tainted(kind)).Set("organization", property.New("acme")))
			}
			if kind == "LoginTransition" {
				return // it only waits for what others write, and may make no call
			}
			const nothing = "no failure of a %s repeated a secret, so nothing was shown"
			assert.Positive(t, w.shown["create"], nothing, "create")
			assert.Positive(t, w.shown["read"], nothing, "read")
			assert.Positive(t, w.shown["update"]+w.shown["delete"], nothing, "change")
		})
	}
}

// tainted are inputs of a resource that can be created.
func tainted(kind string) map[string]any {
	if kind == "DeploymentRole" {
		return map[string]any{"project": "payments", "stack": "prod", "oidc": resourcetest.AWSLogin(nil)}
	}
	return previewed[kind]
}

// tainted are inputs with a secret each, at every place of every input.
func (w *tainting) tainted(kind string, spec pschema.PackageSpec, resource pschema.ResourceSpec, base map[string]any) []secretInput {
	var all []secretInput
	for _, input := range slices.Sorted(maps.Keys(resource.InputProperties)) {
		typ := resource.InputProperties[input].TypeSpec
		f := filler{spec: spec, leaf: property.New(taint).WithSecret(true)}
		for _, leaf := range f.leaves(input, typ, 0) {
			all = append(all, secretInput{leaf, resourcetest.Object(base).Set("organization", property.New("acme")).Set(input, f.fill(input, leaf, typ))})
		}
	}
	if kind == "Environment" {
		definition := property.New("values: {a: {fn::secret: " + taint + "}, b: 1}")
		all = append(all, secretInput{"definition with fn::secret", resourcetest.Object(base).Set("organization", property.New("acme")).Set("definition", definition)})
	}
	return all
}

func (w *tainting) lifecycle(kind string, urn presource.URN, given secretInput, before property.Map) {
	t, name := w.t, kind+" with "+given.leaf
	t.Helper()
	checked, err := w.Check(p.CheckRequest{Urn: urn, Inputs: given.inputs})
	w.quiet("check of "+name, err)
	for _, failure := range checked.Failures {
		assert.False(t, w.repeats(failure.Property+failure.Reason), "check of %s: %v", name, failure)
	}
	inputs := given.inputs
	if len(checked.Failures) == 0 {
		inputs = checked.Inputs
		w.hidden("the checked inputs of "+name, inputs)
	}
	id, state := "acme/x/y", before
	if made, err := w.Create(p.CreateRequest{Urn: urn, Properties: before}); err == nil {
		id, state = made.ID, made.Properties
	}
	w.fails("create of "+name, func() {
		for _, preview := range []bool{true, false} {
			made, err := w.Create(p.CreateRequest{Urn: urn, Properties: inputs, DryRun: preview})
			w.quiet("create of "+name, err)
			w.partial("create of "+name, made.PartialState)
			w.hidden("the state after the create of "+name, made.Properties)
		}
	})
	w.fails("update of "+name, func() {
		diff, err := w.Diff(p.DiffRequest{ID: id, Urn: urn, Inputs: inputs, OldInputs: before, State: state})
		w.quiet("diff of "+name, err)
		for path := range diff.DetailedDiff {
			assert.False(t, w.repeats(path), "diff of %s: %s", name, path)
		}
		for _, preview := range []bool{true, false} {
			changed, err := w.Update(p.UpdateRequest{ID: id, Urn: urn, Inputs: inputs, OldInputs: before, State: state, DryRun: preview})
			w.quiet("update of "+name, err)
			w.partial("update of "+name, changed.PartialState)
			w.hidden("the state after the update of "+name, changed.Properties)
		}
	})
	for input, value := range inputs.All {
		state = state.Set(input, value)
	}
	w.fails("read of "+name, func() {
		read, err := w.Read(p.ReadRequest{ID: id, Urn: urn, Inputs: inputs, Properties: state})
		w.quiet("read of "+name, err)
		w.partial("read of "+name, read.PartialState)
		w.hidden("the inputs after the read of "+name, read.Inputs)
		w.hidden("the state after the read of "+name, read.Properties)
	})
	w.fails("delete of "+name, func() {
		w.quiet("delete of "+name, w.Delete(p.DeleteRequest{ID: id, Urn: urn, OldInputs: inputs, Properties: state}))
	})
	w.logged(name, urn)
}

func (w *tainting) partial(what string, failed *p.InitializationFailed) {
	w.t.Helper()
	if failed != nil {
		w.quiet(what, fmt.Errorf("%v", failed.Reasons))
	}
}
