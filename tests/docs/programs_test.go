package docs

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/server"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/server/servertest"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/tests/harness"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/tests/harness/cloudplugin"
)

// organization is what the pages' programs find: what their texts say that exists.
const organization = `
organization: acme
users:
  - {login: ana, role: admin}
  - {login: bo, role: member}
  - {login: cy, role: member}
  - {login: di, role: member}
stacks:
  - {project: payments, stack: dev, owner: ana, tags: {environment: development}}
  - {project: payments, stack: prod, owner: ana, tags: {environment: production}}
`

// existing are further things that one page's text says exist.
var existing = map[string]string{
	"docs/deployment-roles.md": `environments: [{project: payments, environment: prod, definition: "values: {region: eu-west-1}"}]`,
	"docs/audit-log.md": `settings: {defaultEnvironmentPermission: read}
environments: [{project: payments, environment: prod, definition: "values: {region: eu-west-1}"}]`,
	"docs/explaining-access.md": `settings: {defaultEnvironmentPermission: read}
environments: [{project: payments, environment: prod, definition: "values: {region: eu-west-1}"}]
teams: [{name: operators, members: [di]}]
grants: [{team: operators, project: payments, environment: prod, permission: open}]`,
	"docs/escalations.md": `roles: [{name: editors, scopes: ["role:update"]}]
teams: [{name: operators, members: [di], role: editors}]
environments: [{project: payments, environment: prod, definition: "values: {region: eu-west-1}"}]`,
	"docs/blast-radius.md": `
teams: [{name: payments, members: [bo]}]
environments:
  - {project: payments, environment: shared, definition: "values: {password: {fn::secret: correct-horse}}"}
  - project: payments
    environment: prod
    definition: "values: {aws: {login: {fn::open::aws-login: {oidc: {roleArn: 'arn:aws:iam::123456789012:role/payments-prod', sessionName: x}}}}}"
grants:
  - {team: payments, project: payments, environment: shared, permission: open}
  - {team: payments, project: payments, environment: prod, permission: open}
  - {team: payments, project: payments, stack: dev, permission: write}`,
	"docs/review-access.md": `settings: {defaultEnvironmentPermission: none}
environments: [{project: payments, environment: prod, definition: "values: {region: eu-west-1}", owner: bo}]`,
	"docs/tool.md": `settings: {defaultEnvironmentPermission: none, defaultStackPermission: none}
teams: [{name: operators, members: [di]}, {name: helpers, members: [cy]}]
environments:
  - {project: payments, environment: prod, definition: "values: {region: eu-west-1}", owner: ana, tags: {tier: production}}
grants: [{team: operators, project: payments, environment: prod, permission: open}]`,
	"docs/invariants.md": `teams: [{name: helpers, members: [di]}]
environments: [{project: payments, environment: prod, definition: "values: {region: eu-west-1}", owner: ana}]`,
	"docs/explaining-changes.md": `teams: [{name: operators, members: [cy]}]
environments: [{project: payments, environment: prod, definition: "values: {region: eu-west-1}", owner: ana, tags: {tier: prod}}, {project: web, environment: prod, owner: ana, tags: {tier: prod}}]`,
	"docs/auditing-drift.md": `environments: [{project: payments, environment: dev}, {project: payments, environment: prod, definition: "values: {region: eu-west-1}"}]`,
	"docs/scoped-teams.md":   `environments: [{project: payments, environment: dev, definition: "values: {region: eu-west-1}"}, {project: payments, environment: prod, definition: "values: {region: eu-west-1}"}]`,
	"docs/importing.md": `
teams: [{name: payments-developers, members: [bo, cy], admins: []}]
environments: [{project: payments, environment: dev, definition: "values: {region: eu-west-1}"}]`,
	"docs/ci-trust.md": `
teams: [{name: payments, members: [bo]}]
environments: [{project: payments, environment: prod, definition: "values: {region: eu-west-1}"}]
grants: [{team: payments, project: payments, environment: prod, permission: open}]`,
	"docs/break-glass.md": `environments: [{project: payments, environment: prod, definition: "values: {region: eu-west-1}"}]`,
	"docs/organization-baseline.md": `settings: {defaultStackPermission: write, defaultEnvironmentPermission: open}
environments: [{project: payments, environment: prod, definition: "values: {region: eu-west-1}"}]`,
	"docs/machine-tokens.md": `teams: [{name: payments, members: [bo]}]`,
	"docs/trust-policies.md": `environments: [{project: payments, environment: prod}]`,
}

// everywhere is what programs without a console are previewed against.
const everywhere = `
teams: [{name: payments, members: [bo], admins: []}, {name: engineering, members: [cy], admins: []}]
environments: [{project: payments, environment: dev}, {project: payments, environment: prod}]`

// expected is what previews say of the programs that create an environment which others of the same project find there, and of those
// that ask about an issuer which is not there.
var expected = regexp.MustCompile(`warning: (environment "payments/(dev|prod)" exists already|not known at this preview: organization "acme" has no OIDC issuer)`)

// person types commands in a shell.
type person = harness.CLI

// desk is a folder with a Pulumi project, whose provider works on a sandbox, and the people who type in it.
type desk struct {
	t        *testing.T
	sandbox  *servertest.Running
	root     string
	engineer person            // runs the program, keeps state in a local folder
	others   map[string]person // by login

	unapplied bool // the program is there, and nothing has run it yet
	stacks    int  // that programs were previewed in beside the page's own
}

func newDesk(t *testing.T, seed string) *desk {
	t.Helper()
	d := &desk{t: t, root: t.TempDir(), others: map[string]person{}}
	d.sandbox = servertest.Start(t, server.Options{Organization: "acme", Seed: []byte(seed)})
	folder, state, home := filepath.Join(d.root, "project"), filepath.Join(d.root, "state"), filepath.Join(d.root, "home")
	require.NoError(t, os.Mkdir(folder, 0o700))
	require.NoError(t, os.Mkdir(state, 0o700))
	require.NoError(t, harness.LinkPlugin(home))
	require.NoError(t, harness.LinkTool(home))
	clouds, err := cloudplugin.Install(home, "azure-native", "3.16.0", d.sandbox.URL)
	require.NoError(t, err)
	amazon, err := cloudplugin.Install(home, "aws", "7.41.0", d.sandbox.URL)
	require.NoError(t, err)
	clouds = append(clouds, amazon...)
	d.engineer = harness.NewCLI(folder, home,
		"PULUMI_BACKEND_URL=file://"+filepath.ToSlash(state),
		"PULUMI_ACCESS_TOKEN="+d.sandbox.Token,
		"NO_COLOR=true",
	).With(clouds...)
	d.program("name: platform\nruntime: yaml\n")
	d.stack(pageStack)
	d.fillStores()
	return d
}

// pageStack is the stack that a page's consoles work in.
const pageStack = "acme"

// stack makes a stack and selects it.
func (d *desk) stack(name string) {
	d.t.Helper()
	d.run("stack", "init", name, "--non-interactive")
	d.run("config", "set", "leastprivilege:apiUrl", d.sandbox.URL)
	d.run("config", "set", "leastprivilege:organization", "acme")
}

// fillStores puts the secrets that the pages read into the sandbox's AWS, and one that they do not.
func (d *desk) fillStores() {
	d.t.Helper()
	for _, name := range []string{"payments/db", "payments/other"} {
		d.sandbox.Control(http.MethodPost, "clouds/aws/secrets",
			map[string]any{"account": "123456789012", "region": "eu-west-1", "name": name, "value": "the value of " + name}, nil)
	}
	d.sandbox.Control(http.MethodPost, "clouds/aws/parameters",
		map[string]any{"account": "123456789012", "region": "eu-west-1", "name": "/payments/host", "value": "db.internal"}, nil)
}

// program replaces the program. Pages may leave out the project's name.
func (d *desk) program(text string) {
	d.t.Helper()
	if !strings.Contains(text, "runtime:") {
		text = "name: platform\nruntime: yaml\n" + text
	}
	write(d.t, filepath.Join(d.engineer.Dir, "Pulumi.yaml"), text)
}

func (d *desk) run(arguments ...string) string {
	d.t.Helper()
	output, err := d.engineer.Run(d.t.Context(), arguments...)
	require.NoError(d.t, err)
	return output
}

// TestYAMLPrograms previews the programs of the pages that have no console, several in one project.
func TestYAMLPrograms(t *testing.T) {
	t.Parallel()
	all := blocks(t)
	for i, batch := range batches(t, programsWithoutConsole(all)) {
		t.Run(fmt.Sprint(i), func(t *testing.T) {
			t.Parallel()
			d := newDesk(t, organization+everywhere)
			text, err := yaml.Marshal(batch)
			require.NoError(t, err)
			d.program(string(text))
			output := d.run("preview", "--non-interactive")
			assert.NotContains(t, expected.ReplaceAllString(output, ""), "warning: ")
		})
	}
}

// consoles are the pages on which somebody types: TestPages runs their programs.
func consoles(all []block) map[string]bool {
	found := map[string]bool{}
	for _, b := range of(all, "console", "") {
		found[b.page] = true
	}
	return found
}

func programsWithoutConsole(all []block) []block {
	typed := consoles(all)
	var found []block
	for _, b := range of(all, "yaml", "") {
		if !typed[b.page] {
			found = append(found, b)
		}
	}
	return found
}

// sections is a YAML program: its sections, and what they hold by logical name.
type sections map[string]map[string]any

// batches merges programs into as few projects as their logical names allow.
func batches(t *testing.T, programs []block) []sections {
	t.Helper()
	var merged []sections
	for _, b := range programs {
		var program map[string]any
		require.NoError(t, yaml.Unmarshal([]byte(b.text), &program), "%s", b)
		own := sections{}
		for section, content := range program {
			if named, ok := content.(map[string]any); ok {
				own[section] = named
			}
		}
		require.NotEmpty(t, own, "%s: a YAML program has resources, variables or outputs", b)
		if home := firstWithout(merged, own); home != nil {
			home.add(own)
			continue
		}
		merged = append(merged, own)
	}
	return merged
}

// firstWithout is the first project in which no logical name of the program is taken, in any section.
func firstWithout(projects []sections, program sections) sections {
	for _, project := range projects {
		free := true
		for _, content := range program {
			for name := range content {
				for _, taken := range project {
					_, clash := taken[name]
					free = free && !clash
				}
			}
		}
		if free {
			return project
		}
	}
	return nil
}

func (s sections) add(other sections) {
	for section, content := range other {
		if s[section] == nil {
			s[section] = map[string]any{}
		}
		for name, value := range content {
			s[section][name] = value
		}
	}
}
