package environment_test

import (
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"strconv"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/resourcetest"
)

type environmentProgram struct {
	definition string
	tags       map[string]string
}

func (v environmentProgram) inputs() map[string]any {
	tags := map[string]any{}
	for name, value := range v.tags {
		tags[name] = value
	}
	return resourcetest.ProdEnvironment(map[string]any{"definition": v.definition, "tags": tags})
}

// shows reports whether the program gives a definition to who may open environments with a tag.
func (v environmentProgram) shows(definition, name, value string) bool {
	given, has := v.tags[name]
	return v.definition == definition && has && given == value
}

// At no moment, and after no failure, does an environment have a definition and a tag together that neither the old nor the
// new program has together: who may open by the tag would see what neither shows them. The same holds where a gate makes
// the definition wait, and when the draft is applied.
func TestEnvironmentShowsNothingThatNoProgramShows(t *testing.T) {
	t.Parallel()
	programs := rapid.Custom(func(t *rapid.T) environmentProgram {
		return environmentProgram{
			definition: rapid.SampledFrom([]string{"values: {a: 1}\n", "values: {a: 2}\n"}).Draw(t, "definition"),
			tags:       rapid.MapOf(rapid.SampledFrom([]string{"tier", "team"}), rapid.SampledFrom([]string{"dev", "prod", ""})).Draw(t, "tags"),
		}
	})
	rapid.Check(t, func(rt *rapid.T) {
		before, after := programs.Draw(rt, "old"), programs.Draw(rt, "new")
		guarded := rapid.Bool().Draw(rt, "guarded")
		passes := rapid.IntRange(-1, 5).Draw(rt, "writes that pass")
		w := resourcetest.New(t, resourcetest.Gated)
		w.Admin("DELETE", resourcetest.EnvironmentPath, nil)
		look := func() {
			definition, tags := w.Definition(), tagsOf(w)
			for name, value := range tags {
				if !before.shows(definition, name, value) && !after.shows(definition, name, value) {
					rt.Fatalf("%q is shown by the tag %s=%s", definition, name, value)
				}
			}
		}
		transport := &resourcetest.WatchedTransport{Look: func() {}, Passes: -1}
		e := w.Through(t.Context(), &http.Client{Transport: transport}, w.Token, "Environment")
		require.NoError(t, e.Up(before.inputs()))
		if guarded {
			require.NoError(t, w.Resource("ApprovalGate").Up(resourcetest.GateOnProd(nil)))
			w.Reviewers()
		}
		transport.Look, transport.Passes = look, passes
		_ = e.Up(after.inputs())
		transport.Passes = -1
		require.NoError(t, e.Up(after.inputs()), "the next update goes on from there")
		if id := e.State.Get("changeRequestId"); id.IsString() {
			assert.Equal(t, before.definition, w.Definition())
			w.Decide(id.AsString(), 1)
			look()
			require.NoError(t, e.Up(after.inputs()))
		}
		e.Settled(after.inputs())
		assert.Equal(t, after.definition, w.Definition())
		assert.True(t, maps.Equal(after.tags, tagsOf(w)), "%v", tagsOf(w))
	})
}

// rotating plays a service with rotators around a sandbox that has none: it keeps the definition of one environment.
type rotating struct {
	mutex    sync.Mutex
	text     string
	revision int
}

func (r *rotating) store(text string) {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	r.text, r.revision = text, r.revision+1
}

func (r *rotating) RoundTrip(request *http.Request) (*http.Response, error) {
	if request.URL.Path != resourcetest.EnvironmentPath || (request.Method != http.MethodGet && request.Method != http.MethodPatch) {
		return http.DefaultTransport.RoundTrip(request)
	}
	answer := httptest.NewRecorder()
	if request.Method == http.MethodPatch {
		body, err := io.ReadAll(request.Body)
		if err != nil {
			return nil, err
		}
		if request.Header.Get("If-Match") != r.etag() {
			answer.WriteHeader(http.StatusConflict)
			return answer.Result(), nil
		}
		r.store(string(body))
	}
	answer.Header().Set("ETag", r.etag())
	answer.Header().Set("Pulumi-ESC-Revision", strconv.Itoa(r.revision))
	if request.Method == http.MethodGet {
		answer.Header().Set("Content-Type", "application/x-yaml")
		_, _ = answer.WriteString(r.text)
	} else {
		answer.Header().Set("Content-Type", "application/json")
		_, _ = answer.WriteString(`{"diagnostics":[]}`)
	}
	return answer.Result(), nil
}

func (r *rotating) etag() string { return "etag-" + strconv.Itoa(r.revision) }

// What rotation wrote into the definition is the service's: an update keeps it, and it is neither a conflict nor drift.
func TestRotatedStateIsKept(t *testing.T) {
	t.Parallel()
	w := resourcetest.New(t, resourcetest.People)
	service := &rotating{}
	e := w.Through(t.Context(), &http.Client{Transport: service}, w.Token, "Environment")
	const call = "  db:\n    fn::rotate::passphrase:\n      inputs: {length: 4}\n"
	text := func(region string) string { return "values:\n  region: " + region + "\n" + call }
	program := func(region string) map[string]any {
		return resourcetest.ProdEnvironment(map[string]any{"definition": text(region)})
	}
	require.NoError(t, e.Up(program("a")))
	service.store(text("a") + "      state: {current: {passphrase: first}}\n")
	require.NoError(t, e.Up(program("b")), "a rotation is not a concurrent edit")
	assert.Contains(t, service.text, "passphrase: first")
	assert.Contains(t, service.text, "region: b")
	e.Settled(program("b"))

	service.store(text("b") + "      state: {current: {passphrase: second}}\n")
	require.NoError(t, e.Refresh())
	e.Settled(program("b"))
	require.NoError(t, e.Up(program("c")))
	assert.Contains(t, service.text, "passphrase: second")
	e.Settled(program("c"))

	service.store(text("theirs") + "      state: {current: {passphrase: third}}\n")
	require.ErrorContains(t, e.Up(program("d")), "was changed by somebody else")
}

// Tags that this resource wrote go when they leave the program: rules select by them.
func TestTagsThatLeaveTheProgramGo(t *testing.T) {
	t.Parallel()
	w := resourcetest.New(t, resourcetest.People)
	e := w.Resource("Environment")
	require.NoError(t, e.Up(resourcetest.ProdEnvironment(map[string]any{"tags": map[string]any{"tier": "prod"}})))
	_, err := e.Preview(resourcetest.ProdEnvironment(nil))
	require.NoError(t, err)
	assert.Contains(t, e.Said(), "remove tag tier")
	require.NoError(t, e.Up(resourcetest.ProdEnvironment(nil)))
	assert.Empty(t, tagsOf(w))
	e.Settled(resourcetest.ProdEnvironment(nil))
}
