package e2e

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/oidc"
)

// outputs are the stack's outputs; secret ones show as "[secret]".
func (a *automated) outputs() map[string]any {
	a.t.Helper()
	var out map[string]any
	require.NoError(a.t, json.Unmarshal([]byte(a.run("stack", "output", "--json")), &out))
	return out
}

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

// checkTrust holds that the roles of the example trust admit exactly the subjects that they are made for. The AWS plugin
// cannot be had here (see awsplugin): a stand-in takes its place, and what it was given is judged as AWS would.
func (l language) checkTrust(t *testing.T, source, awsVersion string) {
	a := l.newAutomated(t, quickstartSeed(t), source)
	a.useAWS(awsVersion)
	before := a.sandbox.State()
	made := a.calls(func() { a.preview(); a.up() })
	assert.Zero(t, made.Total, "the functions make no call: %v", made.Routes)

	const esc, deploy = "pulumi:environments:pulumi.organization.login:acme:", "pulumi:deploy:org:acme:project:payments:stack:prod:"
	environment := []string{
		esc + "rootEnvironment.name:payments/prod:currentEnvironment.name:payments/prod",
		esc + "rootEnvironment.name:payments/reports:currentEnvironment.name:payments/prod",
	}
	deployments := []string{deploy + "operation:preview:scope:write", deploy + "operation:update:scope:write"}
	strangers := []string{
		esc + "rootEnvironment.name:payments/dev:currentEnvironment.name:payments/prod",
		esc + "rootEnvironment.name:payments/prod:currentEnvironment.name:payments/dev",
		esc + "rootEnvironment.name:payments/prod2:currentEnvironment.name:payments/prod",
		strings.ReplaceAll(environment[0], "acme", "acme2"),
		"pulumi:environments:org:acme:env:<yaml>", "*", "",
		deploy + "operation:destroy:scope:write", deploy + "operation:refresh:scope:write",
		strings.ReplaceAll(deployments[1], "stack:prod", "stack:dev"),
	}
	a.assertAdmits("payments-prod", "aws:acme", environment, append(strangers, deployments...))
	a.assertAdmits("payments-deploy", "acme", deployments, append(strangers, environment...))

	outputs := a.outputs()
	assert.Equal(t, []any{"rootEnvironment.name", "currentEnvironment.name"}, outputs["subjectAttributes"])
	a.up("--expect-no-changes")
	a.destroy()
	assert.JSONEq(t, string(before), string(a.sandbox.State()))
}

// assertAdmits holds what the trust policy of a role decides, for one audience of Pulumi Cloud's tokens and for others.
func (a *automated) assertAdmits(role, audience string, admitted, refused []string) {
	a.t.Helper()
	var policy string
	for _, r := range a.state() {
		if r.Type == "aws:iam/role:Role" && r.Outputs["name"] == role {
			policy, _ = r.Outputs["assumeRolePolicy"].(string)
		}
	}
	trust, err := oidc.ParseAWSTrustPolicy([]byte(policy))
	require.NoError(a.t, err, "the trust policy of %s: %s", role, policy)
	decide := func(subject, issuer, audience string) bool {
		allowed, _ := trust.Decide("123456789012", oidc.WebIdentity{Issuer: issuer, Subject: subject, Audiences: []string{audience}})
		return allowed
	}
	issuer := oidc.DefaultIssuer(a.sandbox.URL)
	for _, subject := range admitted {
		assert.True(a.t, decide(subject, issuer, audience), "%s refuses %s", role, subject)
		assert.False(a.t, decide(subject, issuer, "other"), "%s admits another audience of %s", role, subject)
		assert.False(a.t, decide(subject, "https://issuer.example/oidc", audience), "%s admits another issuer's %s", role, subject)
	}
	for _, subject := range refused {
		assert.False(a.t, decide(subject, issuer, audience), "%s admits %s", role, subject)
	}
}
