package e2e

import (
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/oidc"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/tests/harness"
)

// The quickstart describes what the quickstart in YAML describes.
func TestPythonQuickstart(t *testing.T) {
	t.Parallel()
	p := pythonLanguage.newAutomated(t, quickstartSeed(t), example("python", "quickstart"))
	p.checkLifecycle(func() {
		yaml := newFolder(t, quickstartSeed(t))
		require.NoError(t, os.CopyFS(yaml.cli.Dir, os.DirFS(example("yaml", "quickstart"))))
		yaml.stack()
		yaml.up()
		assert.Equal(t, yaml.described(), p.described())
		here, there := hostOf(p.sandbox.URL), hostOf(yaml.sandbox.URL)
		wanted := yaml.outputs()
		wanted["trustPolicy"] = strings.ReplaceAll(wanted["trustPolicy"].(string), there, here)
		assert.Equal(t, wanted, p.outputs())
	})
}

func TestPythonPlatform(t *testing.T) {
	t.Parallel()
	source := example("python", "platform")
	seed, err := os.ReadFile(filepath.Join(source, "organization.yaml"))
	require.NoError(t, err)
	p := pythonLanguage.newAutomated(t, string(seed), source)
	p.checkLifecycle(func() {
		assert.ElementsMatch(t, []any{"payments-developers", "ledger-developers", "operators", "auditors"}, p.outputs()["teams"])
		policies := p.outputs()["trustPolicies"].(map[string]any)
		assert.Len(t, policies, 3)

		// The registry's role admits the build environments that import it, and the lock of production admits no other.
		registry, production := policies["platform/registry"].(string), policies["payments/prod"].(string)
		accounts := map[string]string{registry: "345678901234", production: "123456789012"}
		for _, c := range []struct {
			policy, root, current string
			admitted              bool
		}{
			{registry, "payments/build", "platform/registry", true},
			{registry, "ledger/build", "platform/registry", true},
			{registry, "platform/registry", "platform/registry", true},
			{registry, "payments/dev", "platform/registry", false},
			{registry, "payments/build", "payments/build", false},
			{production, "payments/prod", "payments/prod", true},
			{production, "payments/build", "payments/prod", false},
			{production, "payments/dev", "payments/dev", false},
			{production, "ledger/prod", "ledger/prod", false},
		} {
			project, _, _ := strings.Cut(c.current, "/")
			subject := "pulumi:environments:pulumi.organization.login:acme:rootEnvironment.name:" + c.root + ":currentEnvironment.name:" + c.current
			admitted, reason := p.admits(c.policy, accounts[c.policy], subject, oidc.ESCAudience(oidc.AWS, "acme", project))
			assert.Equal(t, c.admitted, admitted, "%s through %s: %s", c.root, c.current, reason)
		}
		assert.Equal(t, p.named("TeamAccess", "operators").Inputs["roleIds"], p.named("TeamAccess", "auditors").Inputs["roleIds"],
			"both teams hold the role that the first one owns")
	})
}

// The AWS plugin cannot be had everywhere, so AWS is mocked; the functions are answered by the plugin.
func TestPythonTrust(t *testing.T) {
	t.Parallel()
	folder, home := t.TempDir(), t.TempDir()
	require.NoError(t, os.CopyFS(folder, os.DirFS(example("python", "trust"))))
	plugin, err := harness.PluginPath()
	require.NoError(t, err)
	printed, err := harness.NewCLI(folder, home).Execute(t.Context(), python(t), "-P", absolute(t, pythonTests, "mocked.py"), plugin)
	require.NoError(t, err)
	var ran struct {
		Resources map[string]map[string]any `json:"resources"`
		Exports   map[string]any            `json:"exports"`
	}
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
	assert.Len(t, ran.Exports["deploymentSubjects"], 2)
}

func TestPythonUnknownValues(t *testing.T) {
	t.Parallel()
	p := pythonLanguage.newAutomated(t, organization, filepath.Join(pythonTests, "unknown"))
	before := p.sandbox.State()
	previewed := p.calls(func() { p.preview("--diff") })
	for _, call := range previewed.List {
		assert.False(t, call.Writes(), "the preview wrote: %s %s", call.Method, call.Path)
	}
	p.up()
	outputs := p.outputs()
	suffix := outputs["roleId"].(string)[:8]
	assert.Equal(t, "team-"+suffix, outputs["team"])
	assert.Equal(t, "team-"+suffix+"-shared", outputs["shared"])
	assert.Equal(t, outputs["componentSubjects"], outputs["subjects"], "component and function agree")
	require.Len(t, outputs["subjects"], 1)
	assert.Contains(t, outputs["policy"], outputs["subjects"].([]any)[0])
	assert.Contains(t, string(p.call(http.MethodGet, "/api/orgs/acme/teams/team-"+suffix, nil)), `"bo"`)
	p.up("--expect-no-changes")
	p.destroy()
	assert.JSONEq(t, string(before), string(p.sandbox.State()))
}

// What lies under `values` is the user's: no key is translated, and what is secret in the program is secret everywhere.
func TestPythonValuesAndSecrets(t *testing.T) {
	t.Parallel()
	p := pythonLanguage.newAutomated(t, organization, filepath.Join(pythonTests, "values"))
	p.run("config", "set", "--secret", "password", markedPassword)
	p.run("config", "set", "marked", markedVariable)
	p.up()

	var session struct {
		ID string `json:"id"`
	}
	require.NoError(t, json.Unmarshal(p.call(http.MethodPost, "/api/esc/environments/acme/payments/values/open?duration=1h", nil), &session))
	var opened escValue
	require.NoError(t, json.Unmarshal(p.call(http.MethodGet, "/api/esc/environments/acme/payments/values/open/"+session.ID, nil), &struct {
		Properties *map[string]escValue `json:"properties"`
	}{&opened.properties}))
	wanted := map[string]any{
		"camelCase":            map[string]any{"innerCamel": 1.0, "inner_snake": true},
		"snake_case":           map[string]any{"innerCamel": []any{map[string]any{"some_key": 1.5, "someKey": "two"}}},
		"role_arn":             "snake",
		"roleArn":              "camel",
		"deletion_protected":   "kept",
		"deletionProtected":    "kept too",
		"UPPER_CASE":           "upper",
		"with-dash":            "dash",
		"_one":                 "underscore",
		"__two":                "underscores",
		"nested":               map[string]any{"__three": map[string]any{"_x": 1.0}},
		"plain":                markedVariable,
		"generated":            map[string]any{"pass_word": markedPassword},
		"joined":               "two-upper",
		"empty":                map[string]any{"map": map[string]any{}, "list": []any{}, "text": ""},
		"environmentVariables": map[string]any{"AWS_REGION": "eu-west-1", "lower_case": "two"},
		"pulumiConfig":         map[string]any{"aws:region": "eu-west-1", "app:some_key": "x"},
	}
	assert.Equal(t, wanted, opened.plain())
	assert.True(t, opened.properties["plain"].Secret, "fn::secret stays")
	generated, _ := opened.properties["generated"].Value.(map[string]any)["pass_word"].(map[string]any)
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

// escValue is one value of an opened environment.
type escValue struct {
	Value      any  `json:"value"`
	Secret     bool `json:"secret"`
	properties map[string]escValue
}

// plain is the value as a user wrote it.
func (v escValue) plain() any {
	if v.properties != nil {
		all := map[string]any{}
		for name, property := range v.properties {
			all[name] = plainValue(property.Value)
		}
		return all
	}
	return plainValue(v.Value)
}

// plainValue takes the values out of what the service says about them: where they stand, and whether they are secret.
func plainValue(value any) any {
	switch value := value.(type) {
	case map[string]any:
		all := map[string]any{}
		for name, property := range value {
			all[name] = plainValue(property.(map[string]any)["value"])
		}
		return all
	case []any:
		all := make([]any, len(value))
		for i, element := range value {
			all[i] = plainValue(element.(map[string]any)["value"])
		}
		return all
	default:
		return value
	}
}

// outputs are the stack's outputs as people see them.
func (p *project) outputs() map[string]any {
	p.t.Helper()
	var outputs map[string]any
	require.NoError(p.t, json.Unmarshal([]byte(p.run("stack", "output", "--json")), &outputs))
	return outputs
}

var serviceID = regexp.MustCompile(`[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}`)

// described is what the program said of each resource, by its URN. Ids that the service gave are left out.
func (p *project) described() map[string]string {
	p.t.Helper()
	all := map[string]string{}
	for _, r := range p.state() {
		if !strings.HasPrefix(r.Type, "leastprivilege:") {
			continue
		}
		delete(r.Inputs, "__internal")
		inputs, err := json.Marshal(r.Inputs)
		require.NoError(p.t, err)
		_, name, _ := strings.Cut(r.URN, "::")
		all[name] = serviceID.ReplaceAllString(string(inputs), "<id>")
	}
	return all
}

// named returns the resource of a type whose URN ends with the name.
func (p *project) named(token, name string) resource {
	p.t.Helper()
	for _, r := range p.state() {
		if r.Type == "leastprivilege:index:"+token && strings.HasSuffix(r.URN, "::"+name) {
			return r
		}
	}
	require.Fail(p.t, "no such resource", "%s %s", token, name)
	return resource{}
}

// hostOf is an address without its scheme, as trust policies have the issuer.
func hostOf(address string) string { return strings.TrimPrefix(address, "http://") }

// admits tells whether a trust policy lets a subject in.
func (p *project) admits(policy, account, subject, audience string) (admitted bool, reason string) {
	p.t.Helper()
	document, err := oidc.ParseAWSTrustPolicy([]byte(policy))
	require.NoError(p.t, err)
	return document.Decide(account, oidc.WebIdentity{
		Issuer: p.sandbox.URL + "/oidc", Subject: subject, Audiences: []string{audience},
	})
}
