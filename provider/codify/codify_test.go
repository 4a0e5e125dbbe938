package codify_test

import (
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"testing"

	p "github.com/pulumi/pulumi-go-provider"
	"github.com/pulumi/pulumi/sdk/v3/go/property"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"gopkg.in/yaml.v3"
	"pgregory.net/rapid"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/access"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/codify"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/codify/live"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/graph"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/resourcetest"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/review"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/survey"
)

const acme = `
organization: acme
settings: {defaultStackPermission: read, defaultEnvironmentPermission: none, defaultAccountPermission: none, defaultRole: openers}
users: [{login: ana, role: admin}, {login: bo}, {login: cy}, {login: sue, suspended: true}]
roles:
  - {name: openers, description: "opens \"things\"", scopes: ["environment:open"]}
  - {name: readers, purpose: set, resourceType: stack, scopes: ["stack:read"]}
teams:
  - {name: payments, displayName: "Payments ${x} %{y} team's \\ back", description: "line one\nline two` + "`tick`" + `", members: [bo], admins: [cy], role: openers}
  - {name: class}
stacks:
  - {project: web, stack: prod, owner: bo, tags: {tier: production}}
environments:
  - project: payments
    environment: prod
    owner: bo
    tags: {tier: production, "a.b": "${c}"}
    definition: |
      imports: [payments/base]
      values:
        greeting: "hi ${region} and \"quoted\" \\ %{x}"
        region: eu-west-1
        password: {fn::secret: hunter2}
  - {project: payments, environment: base, definition: "", owner: cy}
  - {project: payments, environment: leaky, definition: "values: {password: hunter3}", owner: cy}
accounts: [{account: aws, owner: ana}]
grants:
  - {team: payments, project: payments, environment: prod, permission: open}
  - {team: payments, project: web, stack: prod, permission: write}
  - {team: payments, account: aws, permission: read}
gates:
  - {project: payments, environment: prod, action: open, approvers: {users: [ana, cy]}}
agents: [{name: helper, role: openers}]
oidcIssuers:
  - name: github
    url: https://token.actions.githubusercontent.com
    policies: [{team: payments, claims: {sub: "repo:acme/app:ref:refs/heads/main", aud: "urn:pulumi:org:acme"}}]
`

// configured is a provider that works with the sandbox.
func configured(t testing.TB, w resourcetest.World) p.Provider {
	t.Helper()
	built, err := provider.New()
	require.NoError(t, err)
	require.NoError(t, built.Configure(t.Context(), p.ConfigureRequest{Args: property.NewMap(map[string]property.Value{
		"apiUrl": property.New(w.URL), "accessToken": property.New(w.Token), "organization": property.New("acme"),
		"explainChanges": property.New(false),
	})}))
	return built
}

func schema(t testing.TB) *codify.Schema {
	t.Helper()
	text, err := os.ReadFile("../../schema.json")
	require.NoError(t, err)
	parsed, err := codify.ParseSchema(text)
	require.NoError(t, err)
	return parsed
}

// planned reads the organization of a sandbox.
func planned(t testing.TB, w resourcetest.World) (graph.Organization, codify.Plan) {
	t.Helper()
	o, blind, err := survey.Of(w.Client(w.Token), "acme").Whole(t.Context(), survey.Options{Catalogue: access.NewCatalogue(nil)})
	require.NoError(t, err)
	plan, err := live.Read(t.Context(), configured(t, w), codify.Of(o, blind))
	require.NoError(t, err)
	return o, plan
}

type program struct {
	Resources map[string]struct {
		Type       string
		Properties map[string]any
	}
}

type importFile struct {
	Resources []struct{ Type, Name, ID string }
}

// held asserts that an import of everything, and then an update by the program, change nothing.
func held(t testing.TB, w resourcetest.World, files map[string][]byte) {
	t.Helper()
	var written program
	require.NoError(t, yaml.Unmarshal(files["Pulumi.yaml"], &written), "%s", files["Pulumi.yaml"])
	var imports importFile
	require.NoError(t, json.Unmarshal(files["import.json"], &imports))
	require.Len(t, written.Resources, len(imports.Resources))
	engines := map[string]*resourcetest.Engine{}
	for _, one := range imports.Resources {
		declared, found := written.Resources[one.Name]
		require.True(t, found, one.Name)
		require.Equal(t, strings.ReplaceAll(declared.Type, ":", ":index:"), one.Type)
		engines[one.Name] = w.Resource(strings.TrimPrefix(one.Type, "leastprivilege:index:"))
		require.NoError(t, engines[one.Name].Adopt(one.ID), one.ID)
	}
	for name, e := range engines {
		inputs, _ := resolved(written.Resources[name].Properties, engines).(map[string]any)
		e.Settled(inputs)
	}
	assert.Empty(t, w.Writes())
}

// resolved is a value of a program in YAML as the engine makes it: references by what the state has.
func resolved(value any, engines map[string]*resourcetest.Engine) any {
	switch value := value.(type) {
	case map[string]any:
		out := map[string]any{}
		for key, element := range value {
			out[key] = resolved(element, engines)
		}
		return out
	case []any:
		out := []any{}
		for _, element := range value {
			out = append(out, resolved(element, engines))
		}
		return out
	case string:
		for name, e := range engines {
			if output, is := strings.CutPrefix(value, "${"+name+"."); is {
				return e.State.Get(strings.TrimSuffix(output, "}")).AsString()
			}
		}
		return strings.ReplaceAll(value, "$$", "$")
	}
	return value
}

// What there is, is in the program or named as left out, and an import and an update of the program change nothing.
func TestImportsAndUpdatesChangeNothingProperty(t *testing.T) {
	t.Parallel()
	text := schema(t)
	rapid.Check(t, func(d *rapid.T) {
		written := drawSeed(d)
		changesNothing(t, written, text)
		if t.Failed() {
			d.Fatalf("%s", written)
		}
	})
}

// The same, of an organization with one of everything, and texts that some language reads as something else.
func TestImportsAndUpdatesOfEverythingChangeNothing(t *testing.T) {
	t.Parallel()
	changesNothing(t, acme, schema(t))
}

func changesNothing(t *testing.T, written string, text *codify.Schema) {
	t.Helper()
	w := resourcetest.New(t, written)
	o, plan := planned(t, w)
	complete(t, o, plan)
	w.Reset()
	files, err := plan.Project("yaml", text)
	require.NoError(t, err)
	held(t, w, files)
	assert.NotContains(t, fmt.Sprintf("%s", files), "hunter")
	for _, language := range codify.Languages()[1:] {
		files, err := plan.Project(language, text)
		require.NoError(t, err, language)
		assert.NotContains(t, fmt.Sprintf("%s", files), "hunter")
	}
}

// complete asserts that nothing of an organization is neither in the plan nor named as left out.
func complete(t testing.TB, o graph.Organization, plan codify.Plan) {
	t.Helper()
	said := map[string]int{}
	for _, one := range plan.Objects {
		said[one.Key]++
	}
	for _, one := range plan.Left {
		said[one.Key]++
	}
	want := map[string]int{"organization:acme": 1}
	for _, team := range o.Teams {
		want["team:"+team.Name] = 2
	}
	for _, record := range o.Records {
		if record.Identifier == "" && record.Assignable {
			want["role:"+record.Name]++
		}
	}
	for _, e := range o.Environments {
		want["environment:"+e.Name] = 1 + len(e.Gates)
	}
	for _, s := range o.Stacks {
		want["stack:"+s.Name] = min(1, len(s.Direct))
	}
	for _, issuer := range o.Issuers {
		want["issuer:"+issuer.Name]++
	}
	for _, agent := range o.Agents {
		want["agent:"+agent.Name]++
	}
	for key, count := range want {
		assert.GreaterOrEqual(t, said[key], count, key)
	}
}

func TestPatternsSelect(t *testing.T) {
	t.Parallel()
	plan := codify.Plan{Organization: "acme", Left: []codify.Left{{Key: "agent:helper"}}}
	for _, key := range []string{"team:payments-dev", "team:web", "environment:payments/prod", "environment:payments/dev"} {
		plan.Objects = append(plan.Objects, codify.Object{Key: key, Type: "Team", Name: key})
	}
	for name, c := range map[string]struct {
		only, exclude, want []string
		left                int
		err                 string
	}{
		"nothing said":       {nil, nil, []string{"team:payments-dev", "team:web", "environment:payments/prod", "environment:payments/dev"}, 1, ""},
		"a name of any kind": {[]string{"payments*"}, nil, []string{"team:payments-dev", "environment:payments/prod", "environment:payments/dev"}, 0, ""},
		"one kind":           {[]string{"team:*"}, []string{"web"}, []string{"team:payments-dev"}, 0, ""},
		"excluded":           {nil, []string{"*/prod", "agent:helper"}, []string{"team:payments-dev", "team:web", "environment:payments/dev"}, 0, ""},
		"a dot is a dot":     {[]string{"payments.prod"}, nil, nil, 0, `--only "payments.prod" matches nothing in organization "acme"`},
		"nothing matches":    {nil, []string{"team:web", "team:nope"}, nil, 0, `--exclude "team:nope" matches nothing`},
		"empty":              {[]string{""}, nil, nil, 0, "the pattern is empty"},
	} {
		got, err := plan.Select(c.only, c.exclude)
		if c.err != "" {
			require.ErrorContains(t, err, c.err, name)
			continue
		}
		require.NoError(t, err, name)
		var keys []string
		for _, o := range got.Objects {
			keys = append(keys, o.Key)
		}
		assert.Equal(t, c.want, keys, name)
		assert.Len(t, got.Left, c.left, name)
		assert.Equal(t, len(plan.Objects)-len(keys), got.Unselected, name)
	}
}

// Comments stand at what they are about, and nothing in them becomes code.
func TestFindingsAreComments(t *testing.T) {
	t.Parallel()
	plan := codify.Plan{Organization: "acme", Objects: []codify.Object{
		{Key: "team:payments", Type: "Team", ID: "acme/payments", Name: "payments", Inputs: property.NewMap(map[string]property.Value{"name": property.New("payments")})},
	}}
	plan = plan.WithFindings([]review.Finding{
		{Rule: review.EmptyTeam, Severity: review.Low, Principal: "team:payments", Entity: "organization:acme", Risk: "nobody\nimport os */ \u2028 evil", Fix: "delete it"},
		{Rule: review.SingleAdmin, Entity: "organization:acme", Risk: "elsewhere"},
	})
	for _, language := range codify.Languages() {
		files, err := plan.Project(language, schema(t))
		require.NoError(t, err)
		program := string(files[map[string]string{"yaml": "Pulumi.yaml", "typescript": "index.ts", "python": "__main__.py", "go": "main.go"}[language]])
		assert.NotContains(t, program, "elsewhere")
		at := strings.Index(program, "Review: empty-team (low): nobody")
		assert.Greater(t, at, 0, program)
		for line := range strings.Lines(program) {
			if strings.Contains(line, "import os") {
				assert.Regexp(t, `^\s*(//|#) `, line)
			}
		}
	}
}

func TestASecretIsNotWritten(t *testing.T) {
	t.Parallel()
	hidden := property.New("hunter2").WithSecret(true)
	plan := codify.Plan{Organization: "acme", Objects: []codify.Object{
		{Key: "team:open", Type: "Team", ID: "acme/open", Name: "open", Inputs: property.NewMap(map[string]property.Value{"name": property.New("open")})},
		{Key: "team:hidden", Type: "Team", ID: "acme/hidden", Name: "hidden", Inputs: property.NewMap(map[string]property.Value{
			"members": property.New([]property.Value{property.New(map[string]property.Value{"a": hidden})})})},
	}}
	for _, language := range codify.Languages() {
		files, err := plan.Project(language, schema(t))
		require.NoError(t, err)
		assert.NotContains(t, fmt.Sprintf("%s", files), "hunter2")
		assert.Contains(t, string(files["README.md"]), "`team:hidden`: its Team has a secret among its inputs")
	}
}
