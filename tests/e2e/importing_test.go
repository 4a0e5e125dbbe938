package e2e

import (
	"regexp"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// What an interrupted update has made and not kept is taken over by the command that the next update's error gives, as it stands there: a
// child of a component, whose name and provider the shell must not misread, and a resource of its own.
func TestTheCommandInTheErrorImports(t *testing.T) {
	t.Parallel()
	for name, program := range map[string]string{
		"a child of a component": `
resources:
  it's web:
    type: leastprivilege:ScopedTeam
    properties: {name: web, members: [bo], access: {stacks: [{project: payments, stack: dev, permission: read}]}}
`,
		"a child with a provider of its own": `
resources:
  own:
    type: pulumi:providers:leastprivilege
    properties: {apiUrl: "${leastprivilege:apiUrl}", explainChanges: false}
  it's web:
    type: leastprivilege:ScopedTeam
    properties: {name: web, members: [bo], access: {stacks: [{project: payments, stack: dev, permission: read}]}}
    options: {provider: "${own}"}
`,
		"a resource": `
resources:
  it's web:
    type: leastprivilege:Team
    properties: {name: web, members: [bo]}
`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newProject(t, organization, program)
			p.call("POST", "/api/orgs/acme/teams/pulumi", map[string]any{"name": "web", "displayName": "web", "description": ""})
			said := p.fails(append([]string{"up"}, unattended...)...)
			command := regexp.MustCompile(`pulumi import .*--protect=false`).FindString(said)
			require.NotEmpty(t, command, said)
			_, err := p.cli.Shell(t.Context(), command+" --yes --skip-preview --non-interactive --generate-code=false")
			require.NoError(t, err)
			p.up()
			p.refresh("--expect-no-changes")
			p.up("--expect-no-changes")
			assert.Equal(t, "acme/web", p.only("Team").ID)
			p.destroy()
			assert.Equal(t, 404, p.status(p.sandbox.Token, "GET", "/api/orgs/acme/teams/web"), "it is managed, and deleted")
		})
	}
}
