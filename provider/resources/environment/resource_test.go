package environment_test

import (
	"net/http"
	"strings"
	"testing"

	p "github.com/pulumi/pulumi-go-provider"
	"github.com/pulumi/pulumi/sdk/v3/go/property"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/resourcetest"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/server/servertest"
)

const (
	createEnvironmentRoute = "POST /api/esc/environments/{orgName}"
	writeEnvironmentRoute  = "PATCH /api/esc/environments/{orgName}/{projectName}/{envName}"
	createTagRoute         = "POST /api/esc/environments/{orgName}/{projectName}/{envName}/tags"
	metadataOfRoute        = resourcetest.ReadEnvironmentRoute + "/metadata"
	readSettingsRoute      = resourcetest.ReadEnvironmentRoute + "/settings"
	writeSettingsRoute     = writeEnvironmentRoute + "/settings"
	readTagsRoute          = resourcetest.ReadEnvironmentRoute + "/tags"
	updateTagRoute         = "PATCH /api/esc/environments/{orgName}/{projectName}/{envName}/tags/{tagName}"

	region = "values:\n  region: eu-west-1 # where it runs\n"
)

// edit changes the definition beside the provider.
func edit(w resourcetest.World, definition string) {
	w.T.Helper()
	client := w.Client(w.Token)
	require.NoError(w.T, client.UpdateEnvironment(w.T.Context(), "acme", "payments", "prod", definition, ""))
}

func tagsOf(w resourcetest.World) map[string]string {
	w.T.Helper()
	tags, err := w.Client(w.Token).EnvironmentTags(w.T.Context(), "acme", "payments", "prod")
	require.NoError(w.T, err)
	return tags
}

func TestEnvironmentLifecycle(t *testing.T) {
	t.Parallel()
	w := resourcetest.New(t, resourcetest.People)
	e := w.Resource("Environment")
	inputs := resourcetest.ProdEnvironment(map[string]any{"definition": region, "tags": map[string]any{"tier": "prod"}, "deletionProtected": true})

	preview, err := e.Preview(inputs)
	require.NoError(t, err)
	assert.Equal(t, map[string]int{metadataOfRoute: 1}, w.Calls(), "a preview of a create looks whether the name is taken")
	w.Reset()
	for _, output := range []string{"environmentId", "revision", "etag", "serviceDefinition"} {
		assert.True(t, preview.Get(output).IsComputed(), "%s is the service's to say", output)
	}

	require.NoError(t, e.Up(inputs))
	assert.Equal(t, map[string]int{
		createEnvironmentRoute: 1, metadataOfRoute: 1, resourcetest.ReadEnvironmentRoute: 2, writeEnvironmentRoute: 1, createTagRoute: 1,
		writeSettingsRoute: 1,
	}, w.Calls())
	assert.Equal(t, "acme/payments/prod", e.ID)
	assert.Equal(t, region, w.Definition())
	assert.Equal(t, map[string]string{"tier": "prod"}, tagsOf(w))
	assert.Equal(t, region, e.State.Get("definition").AsString())
	assert.Equal(t, region, e.State.Get("serviceDefinition").AsString())
	assert.InDelta(t, 1, e.State.Get("revision").AsNumber(), 0)
	assert.NotEmpty(t, e.State.Get("etag").AsString())
	id := e.State.Get("environmentId").AsString()
	assert.NotEmpty(t, id)
	e.Settled(inputs)

	w.Reset()
	require.NoError(t, e.Up(inputs))
	assert.Empty(t, w.Calls(), "an update without changes makes no call")
	require.NoError(t, e.Refresh())
	e.Settled(inputs)
	assert.Equal(t, map[string]int{resourcetest.ReadEnvironmentRoute: 1, metadataOfRoute: 1, readSettingsRoute: 1, readTagsRoute: 1}, w.Calls(),
		"a refresh decrypts and opens nothing")

	changed := resourcetest.ProdEnvironment(map[string]any{"definition": "values: {region: us-east-1}\n", "tags": map[string]any{"owner": "bo"}, "deletionProtected": true})
	w.Reset()
	preview, err = e.Preview(changed)
	require.NoError(t, err)
	assert.Empty(t, w.Writes(), "a preview only reads")
	assert.Contains(t, e.Said(), "remove tag tier")
	assert.Equal(t, id, preview.Get("environmentId").AsString(), "the id never changes")
	assert.True(t, preview.Get("revision").IsComputed())
	tagged, err := e.Preview(resourcetest.ProdEnvironment(map[string]any{"definition": region, "tags": map[string]any{}, "deletionProtected": true}))
	require.NoError(t, err)
	assert.InDelta(t, 1, tagged.Get("revision").AsNumber(), 0, "tags are no part of a revision")

	require.NoError(t, e.Up(changed))
	assert.Equal(t, "values: {region: us-east-1}\n", w.Definition())
	assert.Equal(t, map[string]string{"owner": "bo"}, tagsOf(w))
	assert.InDelta(t, 2, e.State.Get("revision").AsNumber(), 0)
	e.Settled(changed)

	// Protection is never lifted by the provider.
	err = e.Destroy()
	assert.ErrorContains(t, err, "set deletionProtected to false and run `pulumi up`")
	open := resourcetest.ProdEnvironment(map[string]any{"definition": "values: {region: us-east-1}\n", "tags": map[string]any{"owner": "bo"}, "deletionProtected": false})
	require.NoError(t, e.Up(open))
	require.NoError(t, e.Destroy())
	status, _ := w.Call(w.Token, "GET", resourcetest.EnvironmentPath, nil)
	assert.Equal(t, 404, status)
}

func TestEnvironmentMinimal(t *testing.T) {
	t.Parallel()
	w := resourcetest.New(t, resourcetest.People)
	e := w.Resource("Environment")
	require.NoError(t, e.Up(resourcetest.ProdEnvironment(map[string]any{})))
	e.Settled(resourcetest.ProdEnvironment(map[string]any{}))
	w.Admin("POST", resourcetest.EnvironmentPath+"/tags", map[string]any{"name": "team", "value": "bo"})
	w.Admin("PATCH", resourcetest.EnvironmentPath+"/settings", map[string]any{"deletionProtected": true})
	require.NoError(t, e.Refresh())
	e.Settled(resourcetest.ProdEnvironment(map[string]any{}))
	assert.Equal(t, map[string]string{"team": "bo"}, tagsOf(w), "what is not given is not managed")

	// An empty map is owned whole.
	require.NoError(t, e.Up(resourcetest.ProdEnvironment(map[string]any{"tags": map[string]any{}})))
	assert.Empty(t, tagsOf(w))
	e.Settled(resourcetest.ProdEnvironment(map[string]any{"tags": map[string]any{}}))
	w.Admin("POST", resourcetest.EnvironmentPath+"/tags", map[string]any{"name": "team", "value": "bo"})
	require.NoError(t, e.Refresh())
	assert.True(t, e.Diff(resourcetest.ProdEnvironment(map[string]any{"tags": map[string]any{}})).HasChanges)
}

func TestEnvironmentSecret(t *testing.T) {
	t.Parallel()
	w := resourcetest.New(t, resourcetest.People)
	e := w.Resource("Environment")
	inputs := resourcetest.ProdEnvironment(map[string]any{"definition": resourcetest.SecretDefinition})
	checked := e.Checked(inputs)
	assert.True(t, checked.Get("definition").Secret(), "check")

	assertHidden := func(stage string) {
		t.Helper()
		assert.True(t, e.Inputs.Get("definition").Secret(), "%s: inputs", stage)
		assert.True(t, e.State.Get("definition").Secret(), "%s: outputs", stage)
		assert.NotContains(t, resourcetest.Shown(e.State.Delete("definition")), resourcetest.Password, stage)
		assert.NotContains(t, resourcetest.Shown(e.Inputs.Delete("definition")), resourcetest.Password, stage)
	}
	preview, err := e.Preview(inputs)
	require.NoError(t, err)
	assert.True(t, preview.Get("definition").Secret(), "preview")
	require.NoError(t, e.Up(inputs))
	assertHidden("create")
	assert.NotContains(t, w.Definition(), resourcetest.Password)
	assert.Contains(t, e.State.Get("serviceDefinition").AsString(), "ciphertext")

	require.NoError(t, e.Refresh())
	assertHidden("refresh")
	e.Settled(inputs)
	assert.Equal(t, resourcetest.SecretDefinition, e.State.Get("definition").AsString(), "an unchanged text leaves the definition as it was written")

	changed := resourcetest.ProdEnvironment(map[string]any{"definition": strings.ReplaceAll(resourcetest.SecretDefinition, resourcetest.Password, resourcetest.Password+"-2")})
	require.NoError(t, e.Up(changed))
	assertHidden("update")
	assert.InDelta(t, 2, e.State.Get("revision").AsNumber(), 0)
	e.Settled(changed)

	imported := w.Resource("Environment")
	require.NoError(t, imported.Adopt("acme/payments/prod"))
	assert.NotContains(t, resourcetest.Shown(imported.State)+resourcetest.Shown(imported.Inputs), resourcetest.Password, "import")
	imported.Settled(resourcetest.ProdEnvironment(map[string]any{
		"definition": w.Definition(), "tags": map[string]any{}, "deletionProtected": false,
	}))

	// What is secret for another reason stays so in what the service gives back.
	other := w.Resource("Environment")
	hidden := map[string]any{"project": "payments", "name": "dev", "definition": resourcetest.Plain("values: {key: " + resourcetest.Password + "}").WithSecret(true)}
	require.NoError(t, other.Up(hidden))
	assert.True(t, other.State.Get("serviceDefinition").Secret())
	require.NoError(t, other.Refresh())
	assert.True(t, other.State.Get("serviceDefinition").Secret())
	assert.True(t, other.Inputs.Get("definition").Secret())
}

// The service refuses what the library lets pass; its answer, and all errors, hold no secret.
func TestEnvironmentSecretInErrors(t *testing.T) {
	t.Parallel()
	w := resourcetest.New(t, resourcetest.People)
	e := w.Resource("Environment")
	err := e.Up(resourcetest.ProdEnvironment(map[string]any{"definition": "imports: [payments/missing]\n" + resourcetest.SecretDefinition}))
	require.Error(t, err)
	assert.NotContains(t, err.Error(), resourcetest.Password)
	for _, reason := range e.Failures(resourcetest.ProdEnvironment(map[string]any{"definition": resourcetest.SecretDefinition + "  broken: ${nope}\n"})) {
		assert.NotContains(t, reason, resourcetest.Password)
	}
	assert.NotContains(t, e.Said(), resourcetest.Password)
}

func TestEnvironmentEditedOutside(t *testing.T) {
	t.Parallel()
	w := resourcetest.New(t, resourcetest.People)
	e := w.Resource("Environment")
	inputs := resourcetest.ProdEnvironment(map[string]any{"definition": region})
	require.NoError(t, e.Up(inputs))
	edit(w, "values: {region: theirs}\n")

	wanted := resourcetest.ProdEnvironment(map[string]any{"definition": "values: {region: ours}\n"})
	err := e.Up(wanted)
	assert.ErrorContains(t, err, "it is at revision 2, the state knows revision 1")
	assert.ErrorContains(t, err, "pulumi refresh")
	assert.Equal(t, "values: {region: theirs}\n", w.Definition(), "nothing was overwritten")

	require.NoError(t, e.Refresh())
	assert.Equal(t, "values: {region: theirs}\n", e.Inputs.Get("definition").AsString())
	assert.True(t, e.Diff(inputs).HasChanges)
	require.NoError(t, e.Up(wanted))
	assert.Equal(t, "values: {region: ours}\n", w.Definition())
	e.Settled(wanted)
}

func TestEnvironmentGoneAndBlind(t *testing.T) {
	t.Parallel()
	w := resourcetest.New(t, resourcetest.People)
	e := w.Resource("Environment")
	inputs := resourcetest.ProdEnvironment(map[string]any{"definition": region})
	require.NoError(t, e.Up(inputs))

	blind := w.With(w.TokenFor(servertest.Identity{User: "bo"}), "Environment")
	blind.ID, blind.Inputs, blind.State = e.ID, e.Inputs, e.State
	assert.ErrorContains(t, blind.Refresh(), "not visible to this token")
	assert.ErrorContains(t, blind.Destroy(), "not visible to this token")
	assert.ErrorContains(t, blind.Up(resourcetest.ProdEnvironment(map[string]any{})), "not visible to this token")
	again := w.With(w.TokenFor(servertest.Identity{User: "bo"}), "Environment")
	err := again.Up(inputs)
	assert.ErrorContains(t, err, "pulumi import")
	assert.ErrorContains(t, err, "not visible to this token")

	before := e.State.Get("environmentId").AsString()
	w.Admin("DELETE", resourcetest.EnvironmentPath, nil)
	assert.ErrorContains(t, e.Up(resourcetest.ProdEnvironment(map[string]any{})), "run `pulumi refresh`")
	kept := *e
	require.NoError(t, kept.Destroy(), "an environment that was deleted needs no delete")

	// One that was recreated under the same name has another id: it stays, until a refresh shows it.
	w.Admin("POST", "/api/esc/environments/acme", map[string]any{"project": "payments", "name": "prod"})
	kept = *e
	require.NoError(t, kept.Destroy())
	assert.Contains(t, kept.Said(), "stays: it was deleted and created again")
	status, _ := w.Call(w.Token, "GET", resourcetest.EnvironmentPath, nil)
	assert.Equal(t, http.StatusOK, status)
	require.NoError(t, e.Refresh())
	assert.NotEqual(t, before, e.State.Get("environmentId").AsString())
	assert.True(t, e.Diff(inputs).HasChanges)

	w.Admin("DELETE", resourcetest.EnvironmentPath, nil)
	require.NoError(t, e.Refresh())
	assert.Empty(t, e.ID)
	require.NoError(t, e.Up(inputs))
	e.Settled(inputs)
}

// A create whose outcome was never known leaves a state without the environment's id. What has that name now may be somebody else's.
func TestDeleteAfterALostCreateLeavesAnotherEnvironment(t *testing.T) {
	t.Parallel()
	w := resourcetest.New(t, resourcetest.People)
	e := w.Resource("Environment")
	lost := func() {
		require.NoError(t, e.Up(resourcetest.ProdEnvironment(map[string]any{})))
		e.State = e.State.Set("environmentId", property.New(""))
	}
	lost()
	require.NoError(t, e.Destroy())
	status, _ := w.Call(w.Token, "GET", resourcetest.EnvironmentPath, nil)
	assert.Equal(t, http.StatusNotFound, status, "it was as the create left it")

	lost()
	edit(w, region)
	w.Reset()
	require.NoError(t, e.Destroy())
	assert.Empty(t, w.Writes())
	assert.Equal(t, region, w.Definition())
	assert.Contains(t, e.Said(), `environment "payments/prod" stays: it has a definition already`)
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
			w := resourcetest.New(t, resourcetest.People)
			for _, fault := range test.faults {
				w.Fault(fault)
			}
			e := w.Resource("Environment")
			inputs := resourcetest.ProdEnvironment(map[string]any{"definition": resourcetest.SecretDefinition, "tags": map[string]any{"a": "1", "b": ""}})
			require.NoError(t, e.Up(inputs))
			assert.InDelta(t, 1, e.State.Get("revision").AsNumber(), 0, "nothing is written twice")
			assert.Equal(t, map[string]string{"a": "1", "b": ""}, tagsOf(w))
			e.Settled(inputs)
			require.NoError(t, e.Refresh())
			e.Settled(inputs)

			// The same on an update, where only the payload of a secret differs: structure alone does not tell.
			w.Reset()
			for _, fault := range test.faults {
				w.Fault(fault)
			}
			w.Fault(servertest.Fault{Match: updateTagRoute, Reset: "after"})
			changed := resourcetest.ProdEnvironment(map[string]any{
				"definition": strings.ReplaceAll(resourcetest.SecretDefinition, resourcetest.Password, "another"), "tags": map[string]any{"a": "2", "c": "3"},
			})
			require.NoError(t, e.Up(changed))
			assert.InDelta(t, 2, e.State.Get("revision").AsNumber(), 0)
			assert.Contains(t, decrypted(w), "another")
			assert.Equal(t, map[string]string{"a": "2", "c": "3"}, tagsOf(w))
			e.Settled(changed)
		})
	}
}

func decrypted(w resourcetest.World) string {
	w.T.Helper()
	return string(w.Admin("GET", resourcetest.EnvironmentPath+"/decrypt", nil))
}

func TestEnvironmentDefinitionRefused(t *testing.T) {
	t.Parallel()
	w := resourcetest.New(t, resourcetest.People)
	e := w.Resource("Environment")
	// Imports are not resolved at check; the service knows that this one does not exist.
	broken := resourcetest.ProdEnvironment(map[string]any{"definition": "imports: [payments/missing]\nvalues: {a: 1}\n", "tags": map[string]any{"a": "1"}})
	err := e.Up(broken)
	var unfinished *resourcetest.UnfinishedError
	require.ErrorAs(t, err, &unfinished)
	assert.ErrorContains(t, err, "payments/missing")
	assert.Equal(t, "acme/payments/prod", e.ID, "what was made is in the state")
	assert.NotContains(t, resourcetest.Shown(e.State), "missing")

	// A refresh in between loses nothing.
	require.NoError(t, e.Refresh())
	fixed := resourcetest.ProdEnvironment(map[string]any{"definition": region, "tags": map[string]any{"a": "1"}})
	assert.True(t, e.Diff(fixed).HasChanges)
	require.NoError(t, e.Up(fixed))
	assert.Equal(t, region, w.Definition())
	assert.Equal(t, map[string]string{"a": "1"}, tagsOf(w))
	e.Settled(fixed)

	// Refused on an update, nothing is stored, and the state is as before.
	err = e.Up(broken)
	assert.ErrorContains(t, err, "payments/missing")
	assert.Equal(t, region, w.Definition())
	e.Settled(fixed)
}

// The write landed, reading it back failed: the next update finds out.
func TestEnvironmentReadBackFails(t *testing.T) {
	t.Parallel()
	w := resourcetest.New(t, resourcetest.People)
	e := w.Resource("Environment")
	require.NoError(t, e.Up(resourcetest.ProdEnvironment(map[string]any{"definition": region})))
	w.Fault(servertest.Fault{Match: resourcetest.ReadEnvironmentRoute, Status: 500})
	changed := resourcetest.ProdEnvironment(map[string]any{"definition": resourcetest.SecretDefinition})
	err := e.Up(changed)
	var unfinished *resourcetest.UnfinishedError
	require.ErrorAs(t, err, &unfinished)
	assert.ErrorContains(t, err, "was written, but reading it back failed")
	require.NoError(t, e.Up(changed))
	e.Settled(changed)
	assert.Contains(t, decrypted(w), resourcetest.Password)
}

func TestEnvironmentImport(t *testing.T) {
	t.Parallel()
	w := resourcetest.New(t, resourcetest.People+`
environments:
  - {project: payments, environment: prod, definition: "values: {a: 1}", tags: {tier: prod}, deletionProtected: true}
  - {project: payments, environment: dev}
`)
	e := w.Resource("Environment")
	require.NoError(t, e.Adopt("acme/payments/prod"))
	inputs := resourcetest.ProdEnvironment(map[string]any{"definition": w.Definition(), "tags": map[string]any{"tier": "prod"}, "deletionProtected": true})
	e.Settled(inputs)
	w.Reset()
	require.NoError(t, e.Up(inputs))
	assert.Empty(t, w.Calls())

	bare := w.Resource("Environment")
	require.NoError(t, bare.Adopt("acme/payments/dev"))
	noTags := map[string]any{}
	bare.Settled(map[string]any{"project": "payments", "name": "dev", "tags": noTags, "deletionProtected": false})
	// A program may say that there are no tags and no protection, or leave either out: nothing of it is a change.
	programs := []map[string]any{{}, {"tags": noTags}, {"deletionProtected": false}, {"tags": noTags, "deletionProtected": false}}
	for _, program := range programs {
		program["project"], program["name"] = "payments", "dev"
		w.Reset()
		require.NoError(t, bare.Up(program))
		assert.Empty(t, w.Calls(), "%v", program)
	}
	assert.ErrorContains(t, bare.Adopt("payments/dev"), "organization/project/name")
}

func TestEnvironmentRefusedToNonAdmin(t *testing.T) {
	t.Parallel()
	w := resourcetest.New(t, resourcetest.People+`
teams: [{name: payments, members: [bo]}]
environments: [{project: payments, environment: prod, definition: "values: {}", owner: ana}]
grants: [{team: payments, project: payments, environment: prod, permission: write}]
`)
	e := w.With(w.TokenFor(servertest.Identity{User: "bo"}), "Environment")
	require.NoError(t, e.Adopt("acme/payments/prod"))
	err := e.Destroy()
	assert.ErrorContains(t, err, "environment \"payments/prod\"")
	assert.NotEmpty(t, w.Definition(), "who may see it, but not delete it, is told")

	// The definition was written, the protection refused: that is what the state says.
	err = e.Up(resourcetest.ProdEnvironment(map[string]any{"definition": region, "deletionProtected": true}))
	var unfinished *resourcetest.UnfinishedError
	require.ErrorAs(t, err, &unfinished)
	assert.Equal(t, region, e.State.Get("definition").AsString())
	assert.False(t, e.State.Get("deletionProtected").AsBool())
}

func TestEnvironmentCheck(t *testing.T) {
	t.Parallel()
	w := resourcetest.New(t, resourcetest.People)
	e := w.Resource("Environment")
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
			name: "definition", inputs: resourcetest.ProdEnvironment(map[string]any{"definition": "values:\n  a: ${nope}\n"}),
			want: map[string]string{"definition": "line 2, column"},
		},
		{name: "not YAML", inputs: resourcetest.ProdEnvironment(map[string]any{"definition": "values: {"}), want: map[string]string{"definition": ""}},
		{name: "unknown definition", inputs: resourcetest.ProdEnvironment(map[string]any{"definition": resourcetest.Unknown, "tags": resourcetest.Unknown})},
		{name: "unknown names", inputs: map[string]any{"project": resourcetest.Unknown, "name": resourcetest.Unknown, "definition": region}},
		{name: "tag", inputs: resourcetest.ProdEnvironment(map[string]any{"tags": map[string]any{"": "x"}}), want: map[string]string{"tags": "must not be empty"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			failures := e.Failures(test.inputs)
			assert.Len(t, failures, len(test.want), "%v", failures)
			for path, reason := range test.want {
				assert.Contains(t, failures[path], reason)
			}
		})
	}
	e.Said()
	assert.Empty(t, e.Failures(resourcetest.ProdEnvironment(map[string]any{"definition": "values:\n  a: {fn::open::aws-loginn: {}}\n"})))
	assert.Contains(t, e.Said(), "aws-login", "what may be right nevertheless is a warning")
	assert.Empty(t, w.Calls())
}

func TestEnvironmentUnknowns(t *testing.T) {
	t.Parallel()
	w := resourcetest.New(t, resourcetest.People)
	e := w.Resource("Environment")
	preview, err := e.Preview(resourcetest.ProdEnvironment(map[string]any{"definition": resourcetest.Unknown, "tags": resourcetest.Unknown}))
	require.NoError(t, err)
	assert.True(t, preview.Get("definition").IsComputed())
	assert.True(t, preview.Get("tags").IsComputed())

	require.NoError(t, e.Up(resourcetest.ProdEnvironment(map[string]any{"definition": region, "tags": map[string]any{"a": "1"}})))
	e.Said()
	preview, err = e.Preview(resourcetest.ProdEnvironment(map[string]any{"definition": resourcetest.Unknown, "tags": resourcetest.Unknown}))
	require.NoError(t, err)
	assert.True(t, preview.Get("definition").IsComputed())
	assert.True(t, preview.Get("serviceDefinition").IsComputed())
	assert.False(t, preview.Get("environmentId").IsComputed())
	said := e.Said()
	assert.Contains(t, said, "tags is not known yet, so this preview cannot tell")
	assert.Contains(t, said, "- tag a: 1")
	assert.Equal(t, 1, strings.Count(said, "WARN"), said)
}

func TestEnvironmentReplacement(t *testing.T) {
	t.Parallel()
	w := resourcetest.New(t, resourcetest.People)
	e := w.Resource("Environment")
	require.NoError(t, e.Up(resourcetest.ProdEnvironment(map[string]any{})))
	for property, inputs := range map[string]map[string]any{
		"name":         {"project": "payments", "name": "dev"},
		"project":      {"project": "billing", "name": "prod"},
		"organization": resourcetest.ProdEnvironment(map[string]any{"organization": "beta"}),
	} {
		diff := e.Diff(inputs)
		assert.Equal(t, p.UpdateReplace, diff.DetailedDiff[property].Kind, property)
		assert.False(t, diff.DeleteBeforeReplace, property)
	}
}
