package e2e

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// checkValues holds that a value which is unknown at preview, and one that is secret, stay what they are. The program of
// every language is the same: a role; a team that is named "team-" and the role's id; an environment payments/vault that
// holds the secret setting password; and the subjects of an environment that is named as the team. It exports team,
// definition and subjects.
func (l language) checkValues(t *testing.T, source string) {
	a := l.newAutomated(t, organization, source)
	a.run("config", "set", "--secret", "password", markedPassword)
	before := a.sandbox.State()

	var previewed string
	for _, call := range a.calls(func() { previewed = a.preview() }).List {
		assert.False(t, call.Writes(), "the preview wrote: %s %s", call.Method, call.Path)
	}
	assert.Regexp(t, `team\s*: (\[unknown\]|output<string>)`, previewed)
	assert.Regexp(t, `subjects\s*: (\[unknown\]|output<string>)`, previewed)

	printed := previewed + a.up()
	team := "team-" + a.only("Role").Outputs["roleId"].(string)
	a.call(http.MethodGet, "/api/orgs/acme/teams/"+team, nil)
	subject := "pulumi:environments:pulumi.organization.login:acme:rootEnvironment.name:payments/" + team +
		":currentEnvironment.name:payments/" + team
	assert.Equal(t, map[string]any{"team": team, "definition": "[secret]", "subjects": []any{subject}}, a.outputs())
	assert.Contains(t, a.run("stack", "output", "definition", "--show-secrets"), markedPassword)
	assert.NotContains(t, a.run("stack", "export"), markedPassword)
	assert.NotContains(t, printed, markedPassword)

	unchanged := a.calls(func() { a.up("--expect-no-changes") })
	assert.Zero(t, unchanged.Total, "%v", unchanged.Routes)
	a.destroy()
	assert.JSONEq(t, string(before), string(a.sandbox.State()))
}

// checkUnknownValues holds that a preview goes through where only another resource's output knows a name, and writes
// nothing. The program makes a role, and names an environment and two teams after its id.
func (l language) checkUnknownValues(t *testing.T, source string) {
	a := l.newAutomated(t, organization, source)
	before := a.sandbox.State()
	previewed := a.calls(func() { a.preview("--diff") })
	for _, call := range previewed.List {
		assert.False(t, call.Writes(), "the preview wrote: %s %s", call.Method, call.Path)
	}
	a.up()
	outputs := a.outputs()
	suffix := outputs["roleId"].(string)[:8]
	assert.Equal(t, "team-"+suffix, outputs["teamName"])
	assert.Equal(t, "team-"+suffix+"-shared", outputs["shared"])
	assert.Equal(t, outputs["componentSubjects"], outputs["subjects"], "component and function agree")
	require.Len(t, outputs["subjects"], 1)
	assert.Contains(t, outputs["policy"], outputs["subjects"].([]any)[0])
	assert.Contains(t, string(a.call(http.MethodGet, "/api/orgs/acme/teams/team-"+suffix, nil)), `"bo"`)
	a.up("--expect-no-changes")
	a.destroy()
	assert.JSONEq(t, string(before), string(a.sandbox.State()))
}

// checkUserValues holds that what lies under `values` is the user's: no key is translated, and what is secret in the
// program is secret everywhere. The program makes the environment payments/values, whose value `generated` has the
// password at one key, and an environment of a written definition.
func (l language) checkUserValues(t *testing.T, source, generatedKey string, wanted map[string]any) {
	a := l.newAutomated(t, organization, source)
	a.run("config", "set", "--secret", "password", markedPassword)
	a.run("config", "set", "marked", markedVariable)
	printed := a.up("--diff")
	assert.NotContains(t, printed, markedPassword)

	opened := a.opened("payments/values")
	assert.Equal(t, wanted, opened.plain())
	assert.True(t, opened.properties["plain"].Secret, "fn::secret stays")
	generated, _ := opened.properties["generated"].Value.(map[string]any)[generatedKey].(map[string]any)
	assert.Equal(t, true, generated["secret"], "what is secret in the program is secret in the environment")
	assert.Equal(t, map[string]any{"some_tag": "a", "someTag": "b"}, a.named("Environment", "written").Inputs["tags"])

	outputs := a.outputs()
	for _, name := range []string{"definition", "secretSubjects", "secretPolicy"} {
		assert.Equal(t, "[secret]", outputs[name], name)
	}
	assert.Equal(t, []any{"pulumi:deploy:org:acme:project:payments:stack:dev:operation:update:scope:write"}, outputs["plain"])
	assert.Len(t, outputs["plainOutput"], 4)
	assert.NotContains(t, a.run("stack", "export"), markedPassword)

	a.up("--expect-no-changes")
	a.destroy()
}
