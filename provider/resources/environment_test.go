package resources_test

import (
	"strings"
	"testing"

	p "github.com/pulumi/pulumi-go-provider"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/server/servertest"
)

const (
	createEnvironmentRoute = "POST /api/esc/environments/{orgName}"
	writeEnvironmentRoute  = "PATCH /api/esc/environments/{orgName}/{projectName}/{envName}"
	createTagRoute         = "POST /api/esc/environments/{orgName}/{projectName}/{envName}/tags"
	metadataOfRoute        = readEnvironmentRoute + "/metadata"
	readSettingsRoute      = readEnvironmentRoute + "/settings"
	writeSettingsRoute     = writeEnvironmentRoute + "/settings"
	readTagsRoute          = readEnvironmentRoute + "/tags"
	updateTagRoute         = "PATCH /api/esc/environments/{orgName}/{projectName}/{envName}/tags/{tagName}"

	region   = "values:\n  region: eu-west-1 # where it runs\n"
	password = "hunter2-in-the-clear"
	secretly = "values:\n  password:\n    fn::secret: " + password + "\n"
)

// edit changes the definition beside the provider.
func edit(w world, definition string) {
	w.t.Helper()
	client := w.client(w.Token)
	require.NoError(w.t, client.UpdateEnvironment(w.t.Context(), "acme", "payments", "prod", definition, ""))
}

func tagsOf(w world) map[string]string {
	w.t.Helper()
	tags, err := w.client(w.Token).EnvironmentTags(w.t.Context(), "acme", "payments", "prod")
	require.NoError(w.t, err)
	return tags
}

func TestEnvironmentLifecycle(t *testing.T) {
	t.Parallel()
	w := newWorld(t, people)
	e := w.resource("Environment")
	inputs := prod(map[string]any{"definition": region, "tags": map[string]any{"tier": "prod"}, "deletionProtected": true})

	preview, err := e.preview(inputs)
	require.NoError(t, err)
	assert.Equal(t, map[string]int{metadataOfRoute: 1}, w.calls(), "a preview of a create looks whether the name is taken")
	w.Reset()
	for _, output := range []string{"environmentId", "revision", "etag", "serviceDefinition"} {
		assert.True(t, preview.Get(output).IsComputed(), "%s is the service's to say", output)
	}

	require.NoError(t, e.up(inputs))
	assert.Equal(t, map[string]int{
		createEnvironmentRoute: 1, metadataOfRoute: 1, readEnvironmentRoute: 3, writeEnvironmentRoute: 1, createTagRoute: 1,
		writeSettingsRoute: 1,
	}, w.calls())
	assert.Equal(t, "acme/payments/prod", e.id)
	assert.Equal(t, region, w.definition())
	assert.Equal(t, map[string]string{"tier": "prod"}, tagsOf(w))
	assert.Equal(t, region, e.state.Get("definition").AsString())
	assert.Equal(t, region, e.state.Get("serviceDefinition").AsString())
	assert.InDelta(t, 1, e.state.Get("revision").AsNumber(), 0)
	assert.NotEmpty(t, e.state.Get("etag").AsString())
	id := e.state.Get("environmentId").AsString()
	assert.NotEmpty(t, id)
	e.settled(inputs)

	w.Reset()
	require.NoError(t, e.up(inputs))
	assert.Empty(t, w.calls(), "an update without changes makes no call")
	require.NoError(t, e.refresh())
	e.settled(inputs)
	assert.Equal(t, map[string]int{readEnvironmentRoute: 1, metadataOfRoute: 1, readSettingsRoute: 1, readTagsRoute: 1}, w.calls(),
		"a refresh decrypts and opens nothing")

	changed := prod(map[string]any{"definition": "values: {region: us-east-1}\n", "tags": map[string]any{"owner": "bo"}, "deletionProtected": true})
	w.Reset()
	preview, err = e.preview(changed)
	require.NoError(t, err)
	assert.Empty(t, w.writes(), "a preview only reads")
	assert.Contains(t, e.said(), "remove tag tier")
	assert.Equal(t, id, preview.Get("environmentId").AsString(), "the id never changes")
	assert.True(t, preview.Get("revision").IsComputed())
	tagged, err := e.preview(prod(map[string]any{"definition": region, "tags": map[string]any{}, "deletionProtected": true}))
	require.NoError(t, err)
	assert.InDelta(t, 1, tagged.Get("revision").AsNumber(), 0, "tags are no part of a revision")

	require.NoError(t, e.up(changed))
	assert.Equal(t, "values: {region: us-east-1}\n", w.definition())
	assert.Equal(t, map[string]string{"owner": "bo"}, tagsOf(w))
	assert.InDelta(t, 2, e.state.Get("revision").AsNumber(), 0)
	e.settled(changed)

	// Protection is never lifted by the provider.
	err = e.destroy()
	assert.ErrorContains(t, err, "set deletionProtected to false and run `pulumi up`")
	open := prod(map[string]any{"definition": "values: {region: us-east-1}\n", "tags": map[string]any{"owner": "bo"}, "deletionProtected": false})
	require.NoError(t, e.up(open))
	require.NoError(t, e.destroy())
	status, _ := w.Call(w.Token, "GET", environmentPath, nil)
	assert.Equal(t, 404, status)
}

func TestEnvironmentMinimal(t *testing.T) {
	t.Parallel()
	w := newWorld(t, people)
	e := w.resource("Environment")
	require.NoError(t, e.up(prod(nil)))
	e.settled(prod(nil))
	w.admin("POST", environmentPath+"/tags", map[string]any{"name": "team", "value": "bo"})
	w.admin("PATCH", environmentPath+"/settings", map[string]any{"deletionProtected": true})
	require.NoError(t, e.refresh())
	e.settled(prod(nil))
	assert.Equal(t, map[string]string{"team": "bo"}, tagsOf(w), "what is not given is not managed")

	// An empty map is owned whole.
	require.NoError(t, e.up(prod(map[string]any{"tags": map[string]any{}})))
	assert.Empty(t, tagsOf(w))
	e.settled(prod(map[string]any{"tags": map[string]any{}}))
	w.admin("POST", environmentPath+"/tags", map[string]any{"name": "team", "value": "bo"})
	require.NoError(t, e.refresh())
	assert.True(t, e.diff(prod(map[string]any{"tags": map[string]any{}})).HasChanges)
}

func TestEnvironmentSecret(t *testing.T) {
	t.Parallel()
	w := newWorld(t, people)
	e := w.resource("Environment")
	inputs := prod(map[string]any{"definition": secretly})
	checked := e.checked(inputs)
	assert.True(t, checked.Get("definition").Secret(), "check")

	assertHidden := func(stage string) {
		t.Helper()
		assert.True(t, e.inputs.Get("definition").Secret(), "%s: inputs", stage)
		assert.True(t, e.state.Get("definition").Secret(), "%s: outputs", stage)
		assert.NotContains(t, shown(e.state.Delete("definition")), password, stage)
		assert.NotContains(t, shown(e.inputs.Delete("definition")), password, stage)
	}
	preview, err := e.preview(inputs)
	require.NoError(t, err)
	assert.True(t, preview.Get("definition").Secret(), "preview")
	require.NoError(t, e.up(inputs))
	assertHidden("create")
	assert.NotContains(t, w.definition(), password)
	assert.Contains(t, e.state.Get("serviceDefinition").AsString(), "ciphertext")

	require.NoError(t, e.refresh())
	assertHidden("refresh")
	e.settled(inputs)
	assert.Equal(t, secretly, e.state.Get("definition").AsString(), "an unchanged text leaves the definition as it was written")

	changed := prod(map[string]any{"definition": strings.ReplaceAll(secretly, password, password+"-2")})
	require.NoError(t, e.up(changed))
	assertHidden("update")
	assert.InDelta(t, 2, e.state.Get("revision").AsNumber(), 0)
	e.settled(changed)

	imported := w.resource("Environment")
	require.NoError(t, imported.adopt("acme/payments/prod"))
	assert.NotContains(t, shown(imported.state)+shown(imported.inputs), password, "import")
	imported.settled(prod(map[string]any{
		"definition": w.definition(), "tags": map[string]any{}, "deletionProtected": false,
	}))

	// What is secret for another reason stays so in what the service gives back.
	other := w.resource("Environment")
	hidden := map[string]any{"project": "payments", "name": "dev", "definition": plain("values: {key: " + password + "}").WithSecret(true)}
	require.NoError(t, other.up(hidden))
	assert.True(t, other.state.Get("serviceDefinition").Secret())
	require.NoError(t, other.refresh())
	assert.True(t, other.state.Get("serviceDefinition").Secret())
	assert.True(t, other.inputs.Get("definition").Secret())
}

// The service refuses what the library lets pass; its answer, and all errors, hold no secret.
func TestEnvironmentSecretInErrors(t *testing.T) {
	t.Parallel()
	w := newWorld(t, people)
	e := w.resource("Environment")
	err := e.up(prod(map[string]any{"definition": "imports: [payments/missing]\n" + secretly}))
	require.Error(t, err)
	assert.NotContains(t, err.Error(), password)
	for _, reason := range e.failures(prod(map[string]any{"definition": secretly + "  broken: ${nope}\n"})) {
		assert.NotContains(t, reason, password)
	}
	assert.NotContains(t, e.said(), password)
}

func TestEnvironmentEditedOutside(t *testing.T) {
	t.Parallel()
	w := newWorld(t, people)
	e := w.resource("Environment")
	inputs := prod(map[string]any{"definition": region})
	require.NoError(t, e.up(inputs))
	edit(w, "values: {region: theirs}\n")

	wanted := prod(map[string]any{"definition": "values: {region: ours}\n"})
	err := e.up(wanted)
	assert.ErrorContains(t, err, "it is at revision 2, the state knows revision 1")
	assert.ErrorContains(t, err, "pulumi refresh")
	assert.Equal(t, "values: {region: theirs}\n", w.definition(), "nothing was overwritten")

	require.NoError(t, e.refresh())
	assert.Equal(t, "values: {region: theirs}\n", e.inputs.Get("definition").AsString())
	assert.True(t, e.diff(inputs).HasChanges)
	require.NoError(t, e.up(wanted))
	assert.Equal(t, "values: {region: ours}\n", w.definition())
	e.settled(wanted)
}

func TestEnvironmentGoneAndBlind(t *testing.T) {
	t.Parallel()
	w := newWorld(t, people)
	e := w.resource("Environment")
	inputs := prod(map[string]any{"definition": region})
	require.NoError(t, e.up(inputs))

	blind := w.with(w.TokenFor(servertest.Identity{User: "bo"}), "Environment")
	blind.id, blind.inputs, blind.state = e.id, e.inputs, e.state
	assert.ErrorContains(t, blind.refresh(), "not visible to this token")
	assert.ErrorContains(t, blind.destroy(), "not visible to this token")
	assert.ErrorContains(t, blind.up(prod(nil)), "not visible to this token")
	again := w.with(w.TokenFor(servertest.Identity{User: "bo"}), "Environment")
	err := again.up(inputs)
	assert.ErrorContains(t, err, "pulumi import")
	assert.ErrorContains(t, err, "not visible to this token")

	before := e.state.Get("environmentId").AsString()
	w.admin("DELETE", environmentPath, nil)
	assert.ErrorContains(t, e.up(prod(nil)), "run `pulumi refresh`")
	kept := *e
	require.NoError(t, kept.destroy(), "an environment that is gone is done")

	// One that was recreated under the same name has another id, which a refresh shows.
	w.admin("POST", "/api/esc/environments/acme", map[string]any{"project": "payments", "name": "prod"})
	require.NoError(t, e.refresh())
	assert.NotEqual(t, before, e.state.Get("environmentId").AsString())
	assert.True(t, e.diff(inputs).HasChanges)

	w.admin("DELETE", environmentPath, nil)
	require.NoError(t, e.refresh())
	assert.Empty(t, e.id)
	require.NoError(t, e.up(inputs))
	e.settled(inputs)
}

func TestEnvironmentFaults(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name   string
		faults []servertest.Fault
	}{
		{name: "the answer of the create is lost", faults: []servertest.Fault{{Match: createEnvironmentRoute, Reset: "after"}}},
		{name: "the create never arrives", faults: []servertest.Fault{{Match: createEnvironmentRoute, Reset: "before"}}},
		{name: "the create is limited", faults: []servertest.Fault{
			{Match: createEnvironmentRoute, Status: 429, Headers: map[string]string{"Retry-After": "1"}},
		}},
		{name: "a gateway answers the create", faults: []servertest.Fault{{Match: createEnvironmentRoute, Status: 503}}},
		{name: "the answer of the write is lost", faults: []servertest.Fault{{Match: writeEnvironmentRoute, Reset: "after"}}},
		{name: "the write never arrives", faults: []servertest.Fault{{Match: writeEnvironmentRoute, Reset: "before"}}},
		{name: "a gateway answers the write", faults: []servertest.Fault{{Match: writeEnvironmentRoute, Status: 502}}},
		{name: "the answers about tags are lost", faults: []servertest.Fault{{Match: createTagRoute, Reset: "after"}}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, people)
			for _, fault := range test.faults {
				w.Fault(fault)
			}
			e := w.resource("Environment")
			inputs := prod(map[string]any{"definition": secretly, "tags": map[string]any{"a": "1", "b": ""}})
			require.NoError(t, e.up(inputs))
			assert.InDelta(t, 1, e.state.Get("revision").AsNumber(), 0, "nothing is written twice")
			assert.Equal(t, map[string]string{"a": "1", "b": ""}, tagsOf(w))
			e.settled(inputs)
			require.NoError(t, e.refresh())
			e.settled(inputs)

			// The same on an update, where only the payload of a secret differs: structure alone does not tell.
			w.Reset()
			for _, fault := range test.faults {
				w.Fault(fault)
			}
			w.Fault(servertest.Fault{Match: updateTagRoute, Reset: "after"})
			changed := prod(map[string]any{
				"definition": strings.ReplaceAll(secretly, password, "another"), "tags": map[string]any{"a": "2", "c": "3"},
			})
			require.NoError(t, e.up(changed))
			assert.InDelta(t, 2, e.state.Get("revision").AsNumber(), 0)
			assert.Contains(t, decrypted(w), "another")
			assert.Equal(t, map[string]string{"a": "2", "c": "3"}, tagsOf(w))
			e.settled(changed)
		})
	}
}

func decrypted(w world) string {
	w.t.Helper()
	return string(w.admin("GET", environmentPath+"/decrypt", nil))
}

func TestEnvironmentDefinitionRefused(t *testing.T) {
	t.Parallel()
	w := newWorld(t, people)
	e := w.resource("Environment")
	// Imports are not resolved at check; the service knows that this one does not exist.
	broken := prod(map[string]any{"definition": "imports: [payments/missing]\nvalues: {a: 1}\n", "tags": map[string]any{"a": "1"}})
	err := e.up(broken)
	var unfinished *unfinishedError
	require.ErrorAs(t, err, &unfinished)
	assert.ErrorContains(t, err, "payments/missing")
	assert.Equal(t, "acme/payments/prod", e.id, "what was made is in the state")
	assert.NotContains(t, shown(e.state), "missing")

	// A refresh in between loses nothing.
	require.NoError(t, e.refresh())
	fixed := prod(map[string]any{"definition": region, "tags": map[string]any{"a": "1"}})
	assert.True(t, e.diff(fixed).HasChanges)
	require.NoError(t, e.up(fixed))
	assert.Equal(t, region, w.definition())
	assert.Equal(t, map[string]string{"a": "1"}, tagsOf(w))
	e.settled(fixed)

	// Refused on an update, nothing is stored, and the state is as before.
	err = e.up(broken)
	assert.ErrorContains(t, err, "payments/missing")
	assert.Equal(t, region, w.definition())
	e.settled(fixed)
}

// The write landed, reading it back failed: the next update finds out.
func TestEnvironmentReadBackFails(t *testing.T) {
	t.Parallel()
	w := newWorld(t, people)
	e := w.resource("Environment")
	require.NoError(t, e.up(prod(map[string]any{"definition": region})))
	w.Fault(servertest.Fault{Match: readEnvironmentRoute, Status: 500})
	changed := prod(map[string]any{"definition": secretly})
	err := e.up(changed)
	var unfinished *unfinishedError
	require.ErrorAs(t, err, &unfinished)
	assert.ErrorContains(t, err, "was written, but reading it back failed")
	require.NoError(t, e.up(changed))
	e.settled(changed)
	assert.Contains(t, decrypted(w), password)
}

func TestEnvironmentImport(t *testing.T) {
	t.Parallel()
	w := newWorld(t, people+`
environments:
  - {project: payments, environment: prod, definition: "values: {a: 1}", tags: {tier: prod}, deletionProtected: true}
  - {project: payments, environment: dev}
`)
	e := w.resource("Environment")
	require.NoError(t, e.adopt("acme/payments/prod"))
	inputs := prod(map[string]any{"definition": w.definition(), "tags": map[string]any{"tier": "prod"}, "deletionProtected": true})
	e.settled(inputs)
	w.Reset()
	require.NoError(t, e.up(inputs))
	assert.Empty(t, w.calls())

	bare := w.resource("Environment")
	require.NoError(t, bare.adopt("acme/payments/dev"))
	noTags := map[string]any{}
	bare.settled(map[string]any{"project": "payments", "name": "dev", "tags": noTags, "deletionProtected": false})
	// A program may say that there are no tags and no protection, or leave either out: nothing of it is a change.
	programs := []map[string]any{{}, {"tags": noTags}, {"deletionProtected": false}, {"tags": noTags, "deletionProtected": false}}
	for _, program := range programs {
		program["project"], program["name"] = "payments", "dev"
		w.Reset()
		require.NoError(t, bare.up(program))
		assert.Empty(t, w.calls(), "%v", program)
	}
	assert.ErrorContains(t, bare.adopt("payments/dev"), "organization/project/name")
}

func TestEnvironmentRefusedToNonAdmin(t *testing.T) {
	t.Parallel()
	w := newWorld(t, people+`
teams: [{name: payments, members: [bo]}]
environments: [{project: payments, environment: prod, definition: "values: {}", owner: ana}]
grants: [{team: payments, project: payments, environment: prod, permission: write}]
`)
	e := w.with(w.TokenFor(servertest.Identity{User: "bo"}), "Environment")
	require.NoError(t, e.adopt("acme/payments/prod"))
	err := e.destroy()
	assert.ErrorContains(t, err, "environment \"payments/prod\"")
	assert.NotEmpty(t, w.definition(), "who may see it, but not delete it, is told")

	// The definition was written, the protection refused: that is what the state says.
	err = e.up(prod(map[string]any{"definition": region, "deletionProtected": true}))
	var unfinished *unfinishedError
	require.ErrorAs(t, err, &unfinished)
	assert.Equal(t, region, e.state.Get("definition").AsString())
	assert.False(t, e.state.Get("deletionProtected").AsBool())
}

func TestEnvironmentCheck(t *testing.T) {
	t.Parallel()
	w := newWorld(t, people)
	e := w.resource("Environment")
	for _, test := range []struct {
		name   string
		inputs map[string]any
		want   map[string]string
	}{
		{name: "names", inputs: map[string]any{"project": "a/b", "name": "prod env"}, want: map[string]string{
			"project": "without a slash", "name": "letters, digits",
		}},
		{name: "dots", inputs: map[string]any{"project": "..", "name": "v1.2"}, want: map[string]string{"project": "not a place"}},
		{
			name: "definition", inputs: prod(map[string]any{"definition": "values:\n  a: ${nope}\n"}),
			want: map[string]string{"definition": "line 2, column"},
		},
		{name: "not YAML", inputs: prod(map[string]any{"definition": "values: {"}), want: map[string]string{"definition": ""}},
		{name: "unknown definition", inputs: prod(map[string]any{"definition": unknown, "tags": unknown})},
		{name: "unknown names", inputs: map[string]any{"project": unknown, "name": unknown, "definition": region}},
		{name: "tag", inputs: prod(map[string]any{"tags": map[string]any{"": "x"}}), want: map[string]string{"tags": "must not be empty"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			failures := e.failures(test.inputs)
			assert.Len(t, failures, len(test.want), "%v", failures)
			for path, reason := range test.want {
				assert.Contains(t, failures[path], reason)
			}
		})
	}
	e.said()
	assert.Empty(t, e.failures(prod(map[string]any{"definition": "values:\n  a: {fn::open::aws-loginn: {}}\n"})))
	assert.Contains(t, e.said(), "aws-login", "what may be right nevertheless is a warning")
	assert.Empty(t, w.calls())
}

func TestEnvironmentUnknowns(t *testing.T) {
	t.Parallel()
	w := newWorld(t, people)
	e := w.resource("Environment")
	preview, err := e.preview(prod(map[string]any{"definition": unknown, "tags": unknown}))
	require.NoError(t, err)
	assert.True(t, preview.Get("definition").IsComputed())
	assert.True(t, preview.Get("tags").IsComputed())

	require.NoError(t, e.up(prod(map[string]any{"definition": region, "tags": map[string]any{"a": "1"}})))
	e.said()
	preview, err = e.preview(prod(map[string]any{"definition": unknown, "tags": unknown}))
	require.NoError(t, err)
	assert.True(t, preview.Get("definition").IsComputed())
	assert.True(t, preview.Get("serviceDefinition").IsComputed())
	assert.False(t, preview.Get("environmentId").IsComputed())
	assert.Empty(t, e.said())
}

func TestEnvironmentReplacement(t *testing.T) {
	t.Parallel()
	w := newWorld(t, people)
	e := w.resource("Environment")
	require.NoError(t, e.up(prod(nil)))
	for property, inputs := range map[string]map[string]any{
		"name":         {"project": "payments", "name": "dev"},
		"project":      {"project": "billing", "name": "prod"},
		"organization": prod(map[string]any{"organization": "beta"}),
	} {
		diff := e.diff(inputs)
		assert.Equal(t, p.UpdateReplace, diff.DetailedDiff[property].Kind, property)
		assert.False(t, diff.DeleteBeforeReplace, property)
	}
}
