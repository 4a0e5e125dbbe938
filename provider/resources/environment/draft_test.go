package environment_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/resourcetest"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/server/servertest"
)

const (
	createDraftRoute   = "POST /api/esc/environments/{orgName}/{projectName}/{envName}/drafts"
	readDraftRoute     = "GET /api/esc/environments/{orgName}/{projectName}/{envName}/drafts/{changeRequestID}"
	updateDraftRoute   = "PATCH /api/esc/environments/{orgName}/{projectName}/{envName}/drafts/{changeRequestID}"
	readRequestRoute   = "GET /api/change-requests/{orgName}/{changeRequestID}"
	submitRequestRoute = "POST /api/change-requests/{orgName}/{changeRequestID}/submit"
	later              = "values: {region: us-east-1}\n"
)

// watched is an environment as Environment made it, whose updates a gate guards since.
func watched(t *testing.T) (resourcetest.World, *resourcetest.Engine) {
	t.Helper()
	w := resourcetest.New(t, resourcetest.Gated)
	w.Admin("DELETE", resourcetest.EnvironmentPath, nil)
	e := w.Resource("Environment")
	require.NoError(t, e.Up(resourcetest.ProdEnvironment(map[string]any{"definition": region})))
	require.NoError(t, w.Resource("ApprovalGate").Up(resourcetest.GateOnProd(nil)))
	w.Reset()
	return w, e
}

// waits makes sure that an update succeeds with a warning, and answers the change request that it names.
func waits(e *resourcetest.Engine, inputs map[string]any) string {
	e.T.Helper()
	e.Said()
	require.NoError(e.T, e.Up(inputs))
	id := e.State.Get("changeRequestId").AsString()
	said := e.Said()
	require.Contains(e.T, said, "change request "+id)
	require.Contains(e.T, said, "run `pulumi up` again")
	return id
}

func TestGatedUpdateSubmitsADraft(t *testing.T) {
	t.Parallel()
	w, e := watched(t)
	w.Reviewers()
	inputs := resourcetest.ProdEnvironment(map[string]any{"definition": later, "tags": map[string]any{"tier": "prod"}})
	w.Reset()
	id := waits(e, inputs)
	assert.Equal(t, 1, w.Calls()[createDraftRoute])
	assert.Equal(t, 1, w.Calls()[submitRequestRoute])
	assert.Equal(t, region, w.Definition(), "nothing of the definition has changed")
	assert.Empty(t, tagsOf(w), "nothing that selects the environment comes before the definition")
	assert.Equal(t, region, e.State.Get("definition").AsString())
	assert.Equal(t, later, e.State.Get("draft").AsString())
	assert.Contains(t, string(w.Admin("GET", resourcetest.RequestsPath+id, nil)), `"status":"ready"`)

	// The next update finds it still open, and makes no second one.
	w.Reset()
	assert.Equal(t, []string{"changeRequestId", "definition", "tags"}, resourcetest.Changed(e.Diff(inputs)))
	_, err := e.Preview(inputs)
	require.NoError(t, err)
	assert.Contains(t, e.Said(), "still waits for approval (change request "+id+"), from 1 of team security")
	assert.Equal(t, map[string]int{readRequestRoute: 1, resourcetest.ListGatesRoute: 1, readTagsRoute: 1}, w.Calls())
	w.Reset()
	assert.Equal(t, id, waits(e, inputs))
	assert.Equal(t, map[string]int{readRequestRoute: 1}, w.Calls())
	require.NoError(t, e.Refresh())
	assert.Equal(t, id, e.State.Get("changeRequestId").AsString(), "a refresh keeps it")

	// Applied, it is taken over.
	w.Decide(id, 1)
	assert.Equal(t, later, w.Definition())
	w.Reset()
	require.NoError(t, e.Up(inputs))
	assert.Equal(t, map[string]int{readRequestRoute: 1, resourcetest.ReadEnvironmentRoute: 1, readTagsRoute: 1, createTagRoute: 1}, w.Calls())
	assert.Equal(t, map[string]string{"tier": "prod"}, tagsOf(w))
	assert.InDelta(t, 2, e.State.Get("revision").AsNumber(), 0)
	assert.True(t, e.State.Get("changeRequestId").IsNull())
	e.Settled(inputs)
}

func TestRefreshSeesAnAppliedDraft(t *testing.T) {
	t.Parallel()
	w, e := watched(t)
	w.Reviewers()
	inputs := resourcetest.ProdEnvironment(map[string]any{"definition": resourcetest.SecretDefinition})
	id := waits(e, inputs)
	assert.NotContains(t, resourcetest.Shown(e.State.Delete("definition").Delete("draft")), resourcetest.Password)
	assert.True(t, e.State.Get("draft").Secret(), "a draft is as secret as the definition")
	w.Decide(id, 1)
	require.NoError(t, e.Refresh())
	assert.True(t, e.State.Get("changeRequestId").IsNull())
	assert.Equal(t, resourcetest.SecretDefinition, e.State.Get("definition").AsString(), "the definition as it was written, not ciphertext")
	assert.True(t, e.State.Get("definition").Secret())
	e.Settled(inputs)
	w.Reset()
	require.NoError(t, e.Up(inputs))
	assert.Empty(t, w.Calls())
}

func TestAnotherDefinitionBringsTheDraftUpToDate(t *testing.T) {
	t.Parallel()
	w, e := watched(t)
	w.Reviewers()
	id := waits(e, resourcetest.ProdEnvironment(map[string]any{"definition": later}))
	status, _ := w.Call(w.TokenFor(servertest.Identity{User: "sec"}), "POST", resourcetest.RequestsPath+id+"/approve", resourcetest.Tree{"revisionNumber": 1})
	require.Equal(t, 204, status)
	_, err := e.Preview(resourcetest.ProdEnvironment(map[string]any{"definition": later}))
	require.NoError(t, err)
	assert.Contains(t, e.Said(), "is approved and waits to be applied")

	newest := resourcetest.ProdEnvironment(map[string]any{"definition": "values: {region: ap-south-1}\n"})
	w.Reset()
	assert.Equal(t, id, waits(e, newest), "the same request, with another revision")
	assert.Equal(t, map[string]int{readRequestRoute: 1, readDraftRoute: 1, updateDraftRoute: 1}, w.Calls())
	assert.Contains(t, string(w.Admin("GET", resourcetest.RequestsPath+id, nil)), `"satisfied":false`, "its approval counts no more")
	w.Decide(id, 2)
	require.NoError(t, e.Up(newest))
	assert.Equal(t, "values: {region: ap-south-1}\n", w.Definition())
	e.Settled(newest)
}

func TestChangeThatIsNotWantedAnyMore(t *testing.T) {
	t.Parallel()
	w, e := watched(t)
	id := waits(e, resourcetest.ProdEnvironment(map[string]any{"definition": later}))
	back := resourcetest.ProdEnvironment(map[string]any{"definition": region})
	assert.Equal(t, []string{"changeRequestId"}, resourcetest.Changed(e.Diff(back)))
	require.NoError(t, e.Up(back))
	assert.Contains(t, string(w.Admin("GET", resourcetest.RequestsPath+id, nil)), `"status":"closed"`)
	e.Settled(back)
}

func TestRequestThatWasClosed(t *testing.T) {
	t.Parallel()
	w, e := watched(t)
	inputs := resourcetest.ProdEnvironment(map[string]any{"definition": later})
	id := waits(e, inputs)
	w.Admin("POST", resourcetest.RequestsPath+id+"/close", resourcetest.Tree{"comment": "no"})
	w.Reset()
	err := e.Up(inputs)
	require.ErrorContains(t, err, "is closed without having been applied")
	assert.Empty(t, w.Writes(), "what people refused is not asked again by itself")
	assert.NotEqual(t, id, waits(e, inputs), "asked once more, it is")
}

// An applied draft that somebody changed since is a concurrent edit.
func TestAppliedAndChangedSince(t *testing.T) {
	t.Parallel()
	w, e := watched(t)
	w.Reviewers()
	inputs := resourcetest.ProdEnvironment(map[string]any{"definition": later})
	w.Decide(waits(e, inputs), 1)
	for _, gate := range w.Gates() {
		w.Admin("DELETE", resourcetest.GatesPath+"/"+gate.ID, nil)
	}
	edit(w, "values: {region: theirs}\n")
	require.ErrorContains(t, e.Up(inputs), "was changed by somebody else")
	assert.Equal(t, "values: {region: theirs}\n", w.Definition())
}

func TestDraftOfSomebodyElse(t *testing.T) {
	t.Parallel()
	w, e := watched(t)
	draft := func(text string) string {
		ref, err := w.Client(w.Token).CreateDraft(t.Context(), "acme", "payments", "prod", text, "", nil)
		require.NoError(t, err)
		return ref.ID
	}
	theirs := draft("values: {region: theirs}\n")
	err := e.Up(resourcetest.ProdEnvironment(map[string]any{"definition": later}))
	require.ErrorContains(t, err, "another change waits for one already: change request "+theirs)
	w.Admin("POST", resourcetest.RequestsPath+theirs+"/close", resourcetest.Tree{})
	same := draft(later)
	assert.Equal(t, same, waits(e, resourcetest.ProdEnvironment(map[string]any{"definition": later})), "one that asks for the same is taken over")
}

func TestDraftFaults(t *testing.T) {
	t.Parallel()
	for name, fault := range map[string]servertest.Fault{
		"the answer of the draft is lost":      {Match: createDraftRoute, Reset: "after"},
		"the draft never arrives":              {Match: createDraftRoute, Reset: "before"},
		"the answer of the submission is lost": {Match: submitRequestRoute, Reset: "after"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w, e := watched(t)
			w.Fault(fault)
			waits(e, resourcetest.ProdEnvironment(map[string]any{"definition": resourcetest.SecretDefinition}))
			assert.Equal(t, 1, strings.Count(string(w.Admin("GET", strings.TrimSuffix(resourcetest.RequestsPath, "/"), nil)), `"action":"update"`), "one request")
		})
	}
	// A submission that fails is made up for.
	w, e := watched(t)
	w.Fault(servertest.Fault{Match: submitRequestRoute, Status: 500})
	inputs := resourcetest.ProdEnvironment(map[string]any{"definition": later})
	require.ErrorContains(t, e.Up(inputs), "500")
	id := e.State.Get("changeRequestId").AsString()
	assert.Equal(t, id, waits(e, inputs))
	assert.Contains(t, string(w.Admin("GET", resourcetest.RequestsPath+id, nil)), `"status":"ready"`)
	// A definition that is wrong is refused as such.
	require.ErrorContains(t, e.Up(resourcetest.ProdEnvironment(map[string]any{"definition": "imports: [payments/missing]\n"})), "payments/missing")
}
