package e2e

import (
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/oidc"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/server/servertest"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/tests/harness"
)

// The quickstart in TypeScript makes the same organization as the one in YAML.
func TestTypeScriptQuickstart(t *testing.T) {
	t.Parallel()
	p := typeScript.newAutomated(t, quickstartSeed(t), example("typescript", "quickstart"))
	p.checkLifecycle(func() {
		assert.JSONEq(t, string(yamlQuickstart(t)), string(p.sandbox.State()))
		subjects := p.outputs()["subjects"].([]any)
		require.Len(t, subjects, 1)
		assert.Contains(t, p.outputs()["trustPolicy"], subjects[0])
	})
}

func TestTypeScriptPlatform(t *testing.T) {
	t.Parallel()
	source := example("typescript", "platform")
	seed, err := os.ReadFile(filepath.Join(source, "organization.yaml"))
	require.NoError(t, err)
	p := typeScript.newAutomated(t, string(seed), source)
	p.checkLifecycle(func() {
		assert.ElementsMatch(t, []any{"payments-developers", "ledger-developers", "operators", "auditors"}, p.outputs()["teams"])
		assert.Equal(t, p.named("TeamAccess", "operators").Inputs["roleIds"], p.named("TeamAccess", "auditors").Inputs["roleIds"],
			"both teams hold the role that the first one owns")
		p.checkPlatformTrust()
		p.checkPlatformAccess()
	})
}

// checkPlatformTrust: the registry's role admits the build environments that import it, and production's only itself.
func (a *automated) checkPlatformTrust() {
	policies := a.outputs()["trustPolicies"].(map[string]any)
	assert.Len(a.t, policies, 3)
	for _, c := range []struct {
		policy, account, root, current string
		admitted                       bool
	}{
		{"platform/registry", "345678901234", "payments/build", "platform/registry", true},
		{"platform/registry", "345678901234", "ledger/build", "platform/registry", true},
		{"platform/registry", "345678901234", "payments/dev", "platform/registry", false},
		{"platform/registry", "345678901234", "payments/build", "payments/build", false},
		{"payments/prod", "123456789012", "payments/prod", "payments/prod", true},
		{"payments/prod", "123456789012", "payments/build", "payments/prod", false},
		{"payments/prod", "123456789012", "payments/dev", "payments/dev", false},
		{"ledger/prod", "210987654321", "ledger/prod", "ledger/prod", true},
		{"ledger/prod", "210987654321", "payments/prod", "payments/prod", false},
	} {
		project, _, _ := strings.Cut(c.current, "/")
		subject := "pulumi:environments:pulumi.organization.login:acme:rootEnvironment.name:" + c.root +
			":currentEnvironment.name:" + c.current
		audience := oidc.ESCAudience(oidc.AWS, "acme", project)
		admitted, reason := a.admits(policies[c.policy].(string), c.account, subject, audience)
		assert.Equal(a.t, c.admitted, admitted, "%s: %s through %s: %s", c.policy, c.root, c.current, reason)
	}
}

// checkPlatformAccess: developers open what is theirs, and nobody opens production.
func (a *automated) checkPlatformAccess() {
	for _, c := range []struct {
		login, environment string
		opens              bool
	}{
		{"bo", "payments/dev", true},
		{"bo", "payments/staging", true},
		{"bo", "payments/prod", false},
		{"bo", "ledger/dev", false},
		{"cy", "ledger/dev", true},
		{"cy", "ledger/prod", false},
		{"di", "payments/dev", false},
		{"di", "payments/prod", false},
	} {
		token := a.sandbox.TokenFor(servertest.Identity{User: c.login})
		status, answer := a.sandbox.Call(token, http.MethodPost, "/api/esc/environments/acme/"+c.environment+"/open?duration=1h", nil)
		assert.Equal(a.t, c.opens, status == http.StatusOK, "%s opens %s: %d %s", c.login, c.environment, status, answer)
	}
}

// The AWS plugin cannot be had everywhere, so AWS is mocked with Pulumi's mocks; the functions are answered by the plugin.
func TestTypeScriptTrust(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	require.NoError(t, os.CopyFS(folder, os.DirFS(example("typescript", "trust"))))
	output, err := compileTypeScript(t, folder)
	require.NoError(t, err, output)
	plugin, err := harness.PluginPath()
	require.NoError(t, err)
	printed, err := harness.NewCLI(folder, t.TempDir()).Execute(t.Context(), "node", absolute(t, nodejsTests, "mocked.js"), plugin)
	require.NoError(t, err)
	var ran struct {
		Resources map[string]map[string]any `json:"resources"`
		Exports   map[string]any            `json:"exports"`
	}
	require.Contains(t, printed, `{"resources"`)
	require.NoError(t, json.Unmarshal([]byte(printed[strings.LastIndex(printed, `{"resources"`):]), &ran), printed)

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
		policy, _ := ran.Resources["aws:iam/role:Role "+c.role]["assumeRolePolicy"].(string)
		require.NotEmpty(t, policy, "%s in %s", c.role, printed)
		document, err := oidc.ParseAWSTrustPolicy([]byte(policy))
		require.NoError(t, err)
		admitted, reason := document.Decide("123456789012", oidc.WebIdentity{
			Issuer: "https://api.pulumi.com/oidc", Subject: c.subject, Audiences: []string{c.audience},
		})
		assert.Equal(t, c.admitted, admitted, "%s: %s: %s", c.role, c.subject, reason)
	}
	login := ran.Resources["leastprivilege:index:ProductionEnvironment prod"]["aws"].(map[string]any)
	assert.Equal(t, ran.Exports["readerArn"], login["roleArn"], "the environment logs in to the role that was made")
	deploys := ran.Resources["leastprivilege:index:DeploymentRole deployments"]["oidc"].(map[string]any)["aws"].(map[string]any)
	assert.Equal(t, ran.Exports["deployerArn"], deploys["roleArn"], "so do the deployments")
	assert.Len(t, ran.Exports["subjects"], 3)
}

// Names that only another resource's output knows: the preview goes through with unknowns, and writes nothing.
func TestTypeScriptUnknownValues(t *testing.T) {
	t.Parallel()
	p := typeScript.newAutomated(t, organization, filepath.Join(nodejsTests, "unknown"))
	before := p.sandbox.State()
	previewed := p.calls(func() { p.preview("--diff") })
	for _, call := range previewed.List {
		assert.False(t, call.Writes(), "the preview wrote: %s %s", call.Method, call.Path)
	}
	p.up()
	outputs := p.outputs()
	suffix := outputs["roleId"].(string)[:8]
	assert.Equal(t, "team-"+suffix, outputs["teamName"])
	assert.Equal(t, "team-"+suffix+"-shared", outputs["shared"])
	require.Len(t, outputs["subjects"], 1)
	assert.Equal(t, outputs["componentSubjects"], outputs["subjects"], "component and function agree")
	assert.Contains(t, outputs["policy"], outputs["subjects"].([]any)[0])
	assert.Contains(t, string(p.call(http.MethodGet, "/api/orgs/acme/teams/team-"+suffix, nil)), `"bo"`)
	p.up("--expect-no-changes")
	p.destroy()
	assert.JSONEq(t, string(before), string(p.sandbox.State()))
}

// What lies under `values` is the user's: no key is translated, and what is secret in the program is secret everywhere.
func TestTypeScriptValuesAndSecrets(t *testing.T) {
	t.Parallel()
	p := typeScript.newAutomated(t, organization, filepath.Join(nodejsTests, "values"))
	p.run("config", "set", "--secret", "password", markedPassword)
	p.run("config", "set", "marked", markedVariable)
	printed := p.up("--diff")
	assert.NotContains(t, printed, markedPassword)

	opened := p.opened("payments/values")
	wanted := map[string]any{
		"camelCase":            map[string]any{"innerCamel": 1.0, "inner_snake": true},
		"roleArn":              "camel",
		"deletionProtected":    "kept",
		"with-dash":            "dash",
		"nested":               map[string]any{"__three": map[string]any{"_x": 1.0}},
		"plain":                markedVariable,
		"generated":            map[string]any{"passWord": markedPassword},
		"joined":               "kept-camel",
		"empty":                map[string]any{"map": map[string]any{}, "list": []any{}, "text": ""},
		"environmentVariables": map[string]any{"AWS_REGION": "eu-west-1", "TOKEN": markedPassword},
		"pulumiConfig":         map[string]any{"aws:region": "eu-west-1"},
	}
	assert.Equal(t, wanted, opened.plain())
	assert.True(t, opened.properties["plain"].Secret, "fn::secret stays")
	generated, _ := opened.properties["generated"].Value.(map[string]any)["passWord"].(map[string]any)
	assert.Equal(t, true, generated["secret"], "what is secret in the program is secret in the environment")
	assert.Equal(t, map[string]any{"some_tag": "a", "someTag": "b"}, p.named("Environment", "written").Inputs["tags"])

	outputs := p.outputs()
	for _, name := range []string{"definition", "secretSubjects", "secretPolicy"} {
		assert.Equal(t, "[secret]", outputs[name], name)
	}
	assert.Equal(t, []any{"pulumi:deploy:org:acme:project:payments:stack:dev:operation:update:scope:write"}, outputs["plain"])
	assert.Len(t, outputs["plainOutput"], 4)
	assert.NotContains(t, p.run("stack", "export"), markedPassword)

	p.up("--expect-no-changes")
	p.destroy()
}

// opened is what an administrator sees of an environment's values.
func (p *project) opened(environment string) escValue {
	p.t.Helper()
	path := "/api/esc/environments/acme/" + environment + "/open"
	var session struct {
		ID string `json:"id"`
	}
	require.NoError(p.t, json.Unmarshal(p.call(http.MethodPost, path+"?duration=1h", nil), &session))
	var answer struct {
		Properties map[string]escValue `json:"properties"`
	}
	require.NoError(p.t, json.Unmarshal(p.call(http.MethodGet, path+"/"+session.ID, nil), &answer))
	return escValue{properties: answer.Properties}
}
