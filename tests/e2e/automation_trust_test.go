package e2e

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/oidc"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/tests/harness"
)

// admits tells whether AWS lets a web identity assume the role of an account that has a trust policy, and why.
func admits(t *testing.T, policy, account, issuer, subject, audience string) (admitted bool, reason string) {
	t.Helper()
	document, err := oidc.ParseAWSTrustPolicy([]byte(policy))
	require.NoError(t, err, policy)
	return document.Decide(account, oidc.WebIdentity{Issuer: issuer, Subject: subject, Audiences: []string{audience}})
}

// checkTrust holds that the roles of the example trust admit exactly the subjects that they are made for. The AWS plugin
// cannot be had here (see cloudplugin): a stand-in takes its place, and what it was given is judged as AWS would.
func (l language) checkTrust(t *testing.T, source, awsVersion string) {
	a := l.newAutomated(t, quickstartSeed(t), source)
	a.useCloud("aws", awsVersion)
	before := a.sandbox.State()
	made := a.calls(func() { a.preview(); a.up() })
	assert.Zero(t, made.Total, "the functions make no call: %v", made.Routes)

	const esc, deploy = "pulumi:environments:pulumi.organization.login:acme:", "pulumi:deploy:org:acme:project:payments:stack:prod:"
	environment := []string{
		esc + "rootEnvironment.name:payments/prod:currentEnvironment.name:payments/prod",
		esc + "rootEnvironment.name:payments/reports:currentEnvironment.name:payments/prod",
	}
	deployments := []string{deploy + "operation:preview:scope:write", deploy + "operation:update:scope:write"}
	others := []string{
		esc + "rootEnvironment.name:payments/dev:currentEnvironment.name:payments/prod",
		esc + "rootEnvironment.name:payments/prod:currentEnvironment.name:payments/dev",
		esc + "rootEnvironment.name:payments/prod2:currentEnvironment.name:payments/prod",
		strings.ReplaceAll(environment[0], "acme", "acme2"),
		"pulumi:environments:org:acme:env:<yaml>", "*", "",
		deploy + "operation:destroy:scope:write", deploy + "operation:refresh:scope:write",
		strings.ReplaceAll(deployments[1], "stack:prod", "stack:dev"),
	}
	a.assertAdmits("payments-prod", "aws:acme", environment, append(others, deployments...))
	a.assertAdmits("payments-deploy", "acme", deployments, append(others, environment...))

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
	require.NotEmpty(a.t, policy, "the trust policy of %s", role)
	decide := func(subject, issuer, audience string) bool {
		allowed, _ := admits(a.t, policy, "123456789012", issuer, subject, audience)
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

// mockedRun is what a program said that ran with the mocks of its language.
type mockedRun struct {
	Resources map[string]map[string]any `json:"resources"` // by type and name
	Exports   map[string]any            `json:"exports"`
}

// runMocked runs the program of a folder. The command mocks AWS, whose plugin cannot be had everywhere, and has the plugin,
// whose path it takes, answer the functions.
func runMocked(t *testing.T, folder string, command ...string) mockedRun {
	t.Helper()
	plugin, err := harness.PluginPath()
	require.NoError(t, err)
	printed, err := harness.NewCLI(folder, t.TempDir()).Execute(t.Context(), command[0], append(command[1:], plugin)...)
	require.NoError(t, err)
	require.Contains(t, printed, `{"resources"`)
	var ran mockedRun
	require.NoError(t, json.Unmarshal([]byte(printed[strings.LastIndex(printed, `{"resources"`):]), &ran), printed)
	return ran
}

// checkTrust holds that the example's role of an environment and that of a stack's deployments admit each their own
// subjects, and are what the environment and the deployments log in to.
func (r mockedRun) checkTrust(t *testing.T) {
	t.Helper()
	const environment = "pulumi:environments:pulumi.organization.login:acme:rootEnvironment.name:payments/prod:currentEnvironment.name:payments/prod"
	const deployment = "pulumi:deploy:org:acme:project:payments:stack:prod:operation:"
	for _, c := range []struct {
		role, subject, audience string
		admitted                bool
	}{
		{"reader", environment, "aws:acme", true},
		{"reader", environment, "acme", false},
		{"reader", strings.ReplaceAll(environment, "prod", "dev"), "aws:acme", false},
		{"reader", deployment + "update:scope:write", "acme", false},
		{"deployer", deployment + "update:scope:write", "acme", true},
		{"deployer", deployment + "refresh:scope:write", "acme", true},
		{"deployer", deployment + "preview:scope:write", "acme", false},
		{"deployer", deployment + "destroy:scope:write", "acme", false},
		{"deployer", environment, "aws:acme", false},
	} {
		policy, _ := r.Resources["aws:iam/role:Role "+c.role]["assumeRolePolicy"].(string)
		require.NotEmpty(t, policy, "%s in %v", c.role, r.Resources)
		admitted, reason := admits(t, policy, "123456789012", "https://api.pulumi.com/oidc", c.subject, c.audience)
		assert.Equal(t, c.admitted, admitted, "%s: %s: %s", c.role, c.subject, reason)
	}
	login := r.Resources["leastprivilege:index:ProductionEnvironment prod"]["aws"].(map[string]any)
	assert.Equal(t, r.Exports["readerArn"], login["roleArn"], "the environment logs in to the role that was made")
	deploys := r.Resources["leastprivilege:index:DeploymentRole deployments"]["oidc"].(map[string]any)["aws"].(map[string]any)
	assert.Equal(t, r.Exports["deployerArn"], deploys["roleArn"], "so do the deployments")
}
