package e2e

import (
	"os"
	"path/filepath"
	"regexp"
	"testing"

	p "github.com/pulumi/pulumi-go-provider"
	"github.com/pulumi/pulumi/sdk/v3/go/property"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/access"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/cloud"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/codify"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/codify/live"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/survey"
)

// grown is an organization with one of everything that a program can hold, and with texts that a language could take for something else.
const grown = `
organization: acme
settings: {defaultStackPermission: read, defaultRole: openers}
users: [{login: ana, role: admin}, {login: bo}, {login: cy}]
roles:
  - {name: openers, description: "opens \"things\" \u2028 \\", scopes: ["environment:open"]}
  - {name: readers, purpose: set, resourceType: stack, scopes: ["stack:read"]}
teams:
  - {name: payments, displayName: "Payments ${x} %{y} $${z} %%{ \\ \"", description: "\"\"\" one\nline ` + "`two`" + ` ''' \\n\ttab\nend\"", members: [bo], admins: [cy], role: openers}
  - {name: class, description: "\u00e9 \U0001F600 {{"}
  - {name: ctx, description: "three\n\\\"\"\" ${lines}\nend \"\"\""}
stacks:
  - {project: web, stack: prod, owner: bo}
environments:
  - project: payments
    environment: prod
    owner: bo
    tags: {tier: production, "a.b": "${c}"}
    definition: |
      imports: [payments/base]
      values:
        greeting: "hi ${region} and \"quoted\" \\ %{x} ` + "`tick`" + `"
        other: "\"\"\" ''' $${x}"
        region: eu-west-1
        password: {fn::secret: hunter2}
  - {project: payments, environment: base, definition: "values: {a: 1}\n# \\ ${x} \"\n# last", owner: cy}
accounts: [{account: aws, owner: ana}]
grants:
  - {team: payments, project: payments, environment: prod, permission: open, maxOpenDuration: 90m}
  - {team: payments, project: web, stack: prod, permission: write}
  - {team: payments, account: aws, permission: read}
gates:
  - {project: payments, environment: prod, action: open, approvers: {users: [ana, cy]}}
oidcIssuers:
  - name: github
    url: https://token.actions.githubusercontent.com
    policies: [{team: payments, claims: {sub: "repo:acme/app:ref:refs/heads/main", aud: "urn:pulumi:org:acme"}}]
`

// codified writes the project for the sandbox's organization.
func (p *project) codified(plan codify.Plan, language string) {
	p.t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "..", "schema.json"))
	require.NoError(p.t, err)
	schema, err := codify.ParseSchema(text)
	require.NoError(p.t, err)
	files, err := plan.Project(language, schema)
	require.NoError(p.t, err)
	for name, content := range files {
		switch name {
		case "go.mod": // `pulumi install` completes it, as it adds the package
			continue
		case "Pulumi.yaml":
			if language != "yaml" { // the test gives the package, not the folder that `pulumi install` would link
				content = regexp.MustCompile(`packages:\n +leastprivilege: .*\n`).ReplaceAll(content, nil)
			}
		}
		require.NoError(p.t, os.WriteFile(filepath.Join(p.cli.Dir, name), content, 0o600))
	}
}

// surveyed is what a program of the sandbox's organization is to hold.
func (p *project) surveyed() codify.Plan {
	p.t.Helper()
	client, err := cloud.New(cloud.Config{URL: p.sandbox.URL, Token: p.sandbox.Token})
	require.NoError(p.t, err)
	o, blind, err := survey.Of(client, "acme").Whole(p.t.Context(), survey.Options{Catalogue: access.NewCatalogue(nil)})
	require.NoError(p.t, err)
	return p.read(codify.Of(o, blind))
}

// read reads the inputs of a plan with a provider of its own.
func (p *project) read(plan codify.Plan) codify.Plan {
	p.t.Helper()
	built, err := provider.New()
	require.NoError(p.t, err)
	require.NoError(p.t, built.Configure(p.t.Context(), configuration(p)))
	plan, err = live.Read(p.t.Context(), built, plan)
	require.NoError(p.t, err)
	return plan
}

func configuration(of *project) p.ConfigureRequest {
	return p.ConfigureRequest{Args: property.NewMap(map[string]property.Value{
		"apiUrl": property.New(of.sandbox.URL), "accessToken": property.New(of.sandbox.Token), "organization": property.New("acme"),
		"explainChanges": property.New(false),
	})}
}

// An organization becomes a program in every language by the two commands of its README: the import changes nothing, and the preview has
// nothing to do.
func TestAnOrganizationBecomesAProgram(t *testing.T) {
	t.Parallel()
	for _, name := range codify.Languages() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newFolder(t, grown)
			plan := p.surveyed()
			p.codified(plan, "yaml") // no host of another language is to be had, and the import asks for one
			p.stack()
			before := p.sandbox.State()
			p.run("import", "--file", "import.json", "--protect=false", "--generate-code=false", "--yes", "--skip-preview", "--non-interactive")
			p.codified(plan, name)
			unchanged := []string{"--expect-no-changes"}
			switch name {
			case "typescript", "python":
				of := map[string]language{"typescript": typeScript, "python": pythonLanguage}[name]
				a := &automated{project: p, driver: of.prepare(t, p.cli.Dir)}
				a.preview(unchanged...)
			case "go":
				useGoSDK(t, p.cli.Dir)
				binary := filepath.Join(p.root, "program")
				runGo(t, p.cli.Dir, "build", "-o", binary, ".")
				p.preview(append(unchanged, "--client="+serveGo(t, binary))...)
			default:
				p.preview(unchanged...)
				p.up(unchanged...)
				p.refresh(unchanged...)
			}
			assert.JSONEq(t, string(before), string(p.sandbox.State()))
			assert.Len(t, p.state(), len(plan.Objects)+2, "the stack and the provider besides")
		})
	}
}
