package resources_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

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
func watched(t *testing.T) (world, *engine) {
	t.Helper()
	w := newWorld(t, gated)
	w.admin("DELETE", environmentPath, nil)
	e := w.resource("Environment")
	require.NoError(t, e.up(prod(map[string]any{"definition": region})))
	require.NoError(t, w.resource("ApprovalGate").up(guarding(nil)))
	w.Reset()
	return w, e
}

// waits makes sure that an update succeeds with a warning, and answers the change request that it names.
func waits(e *engine, inputs map[string]any) string {
	e.t.Helper()
	e.said()
	require.NoError(e.t, e.up(inputs))
	id := e.state.Get("changeRequestId").AsString()
	said := e.said()
	require.Contains(e.t, said, "change request "+id)
	require.Contains(e.t, said, "run `pulumi up` again")
	return id
}

func TestGatedUpdateSubmitsADraft(t *testing.T) {
	t.Parallel()
	w, e := watched(t)
	w.reviewers()
	inputs := prod(map[string]any{"definition": later, "tags": map[string]any{"tier": "prod"}})
	w.Reset()
	id := waits(e, inputs)
	assert.Equal(t, 1, w.calls()[createDraftRoute])
	assert.Equal(t, 1, w.calls()[submitRequestRoute])
	assert.Equal(t, region, w.definition(), "nothing of the definition has changed")
	assert.Empty(t, tagsOf(w), "nothing that selects the environment comes before the definition")
	assert.Equal(t, region, e.state.Get("definition").AsString())
	assert.Equal(t, later, e.state.Get("draft").AsString())
	assert.Contains(t, string(w.admin("GET", requestsPath+id, nil)), `"status":"ready"`)

	// The next update finds it still open, and makes no second one.
	w.Reset()
	assert.Equal(t, []string{"changeRequestId", "definition", "tags"}, changed(e.diff(inputs)))
	_, err := e.preview(inputs)
	require.NoError(t, err)
	assert.Contains(t, e.said(), "still waits for approval (change request "+id+"), from 1 of team security")
	assert.Equal(t, map[string]int{readRequestRoute: 1, listGatesRoute: 1, readTagsRoute: 1}, w.calls())
	w.Reset()
	assert.Equal(t, id, waits(e, inputs))
	assert.Equal(t, map[string]int{readRequestRoute: 1}, w.calls())
	require.NoError(t, e.refresh())
	assert.Equal(t, id, e.state.Get("changeRequestId").AsString(), "a refresh keeps it")

	// Applied, it is taken over.
	w.decide(id, 1)
	assert.Equal(t, later, w.definition())
	w.Reset()
	require.NoError(t, e.up(inputs))
	assert.Equal(t, map[string]int{readRequestRoute: 1, readEnvironmentRoute: 1, readTagsRoute: 1, createTagRoute: 1}, w.calls())
	assert.Equal(t, map[string]string{"tier": "prod"}, tagsOf(w))
	assert.InDelta(t, 2, e.state.Get("revision").AsNumber(), 0)
	assert.True(t, e.state.Get("changeRequestId").IsNull())
	e.settled(inputs)
}

func TestRefreshSeesAnAppliedDraft(t *testing.T) {
	t.Parallel()
	w, e := watched(t)
	w.reviewers()
	inputs := prod(map[string]any{"definition": secretly})
	id := waits(e, inputs)
	assert.NotContains(t, shown(e.state.Delete("definition").Delete("draft")), password)
	assert.True(t, e.state.Get("draft").Secret(), "a draft is as secret as the definition")
	w.decide(id, 1)
	require.NoError(t, e.refresh())
	assert.True(t, e.state.Get("changeRequestId").IsNull())
	assert.Equal(t, secretly, e.state.Get("definition").AsString(), "the definition as it was written, not ciphertext")
	assert.True(t, e.state.Get("definition").Secret())
	e.settled(inputs)
	w.Reset()
	require.NoError(t, e.up(inputs))
	assert.Empty(t, w.calls())
}

func TestAnotherDefinitionBringsTheDraftUpToDate(t *testing.T) {
	t.Parallel()
	w, e := watched(t)
	w.reviewers()
	id := waits(e, prod(map[string]any{"definition": later}))
	status, _ := w.Call(w.TokenFor(servertest.Identity{User: "sec"}), "POST", requestsPath+id+"/approve", tree{"revisionNumber": 1})
	require.Equal(t, 204, status)
	_, err := e.preview(prod(map[string]any{"definition": later}))
	require.NoError(t, err)
	assert.Contains(t, e.said(), "is approved and waits to be applied")

	newest := prod(map[string]any{"definition": "values: {region: ap-south-1}\n"})
	w.Reset()
	assert.Equal(t, id, waits(e, newest), "the same request, with another revision")
	assert.Equal(t, map[string]int{readRequestRoute: 1, readDraftRoute: 1, updateDraftRoute: 1}, w.calls())
	assert.Contains(t, string(w.admin("GET", requestsPath+id, nil)), `"satisfied":false`, "its approval counts no more")
	w.decide(id, 2)
	require.NoError(t, e.up(newest))
	assert.Equal(t, "values: {region: ap-south-1}\n", w.definition())
	e.settled(newest)
}

func TestChangeThatIsNotWantedAnyMore(t *testing.T) {
	t.Parallel()
	w, e := watched(t)
	id := waits(e, prod(map[string]any{"definition": later}))
	back := prod(map[string]any{"definition": region})
	assert.Equal(t, []string{"changeRequestId"}, changed(e.diff(back)))
	require.NoError(t, e.up(back))
	assert.Contains(t, string(w.admin("GET", requestsPath+id, nil)), `"status":"closed"`)
	e.settled(back)
}

func TestRequestThatWasClosed(t *testing.T) {
	t.Parallel()
	w, e := watched(t)
	inputs := prod(map[string]any{"definition": later})
	id := waits(e, inputs)
	w.admin("POST", requestsPath+id+"/close", tree{"comment": "no"})
	w.Reset()
	err := e.up(inputs)
	require.ErrorContains(t, err, "is closed without having been applied")
	assert.Empty(t, w.writes(), "what people refused is not asked again by itself")
	assert.NotEqual(t, id, waits(e, inputs), "asked once more, it is")
}

// An applied draft that somebody changed since is a concurrent edit.
func TestAppliedAndChangedSince(t *testing.T) {
	t.Parallel()
	w, e := watched(t)
	w.reviewers()
	inputs := prod(map[string]any{"definition": later})
	w.decide(waits(e, inputs), 1)
	for _, gate := range w.gates() {
		w.admin("DELETE", gatesPath+"/"+gate.ID, nil)
	}
	edit(w, "values: {region: theirs}\n")
	require.ErrorContains(t, e.up(inputs), "was changed by somebody else")
	assert.Equal(t, "values: {region: theirs}\n", w.definition())
}

func TestDraftOfSomebodyElse(t *testing.T) {
	t.Parallel()
	w, e := watched(t)
	draft := func(text string) string {
		ref, err := w.client(w.Token).CreateDraft(t.Context(), "acme", "payments", "prod", text, "", nil)
		require.NoError(t, err)
		return ref.ID
	}
	theirs := draft("values: {region: theirs}\n")
	err := e.up(prod(map[string]any{"definition": later}))
	require.ErrorContains(t, err, "another change waits for one already: change request "+theirs)
	w.admin("POST", requestsPath+theirs+"/close", tree{})
	same := draft(later)
	assert.Equal(t, same, waits(e, prod(map[string]any{"definition": later})), "one that asks for the same is taken over")
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
			waits(e, prod(map[string]any{"definition": secretly}))
			assert.Equal(t, 1, strings.Count(string(w.admin("GET", strings.TrimSuffix(requestsPath, "/"), nil)), `"action":"update"`), "one request")
		})
	}
	// A submission that fails is made up for.
	w, e := watched(t)
	w.Fault(servertest.Fault{Match: submitRequestRoute, Status: 500})
	inputs := prod(map[string]any{"definition": later})
	require.ErrorContains(t, e.up(inputs), "500")
	id := e.state.Get("changeRequestId").AsString()
	assert.Equal(t, id, waits(e, inputs))
	assert.Contains(t, string(w.admin("GET", requestsPath+id, nil)), `"status":"ready"`)
	// A definition that is wrong is refused as such.
	require.ErrorContains(t, e.up(prod(map[string]any{"definition": "imports: [payments/missing]\n"})), "payments/missing")
}
