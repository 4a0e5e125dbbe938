package e2e

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/server/servertest"
)

func oneRule(permission string) string {
	return `
resources:
  team:
    type: leastprivilege:ScopedTeam
    properties:
      name: payments
      members: [bo]
      access:
        stacks:
          - {project: payments, stack: dev, permission: ` + permission + `}
`
}

// Names mean what they mean today: a stack that was deleted and recreated under its name has another id, which the
// role does not hold.
func TestStackMadeAgainUnderItsName(t *testing.T) {
	t.Parallel()
	p := newProject(t, organization, oneRule("read"))
	p.up()
	bo := p.sandbox.TokenFor(servertest.Identity{User: "bo"})
	require.Equal(t, http.StatusOK, p.status(bo, "GET", "/api/stacks/acme/payments/dev"))

	p.call("DELETE", "/api/stacks/acme/payments/dev", nil)
	p.call("POST", "/api/stacks/acme/payments", map[string]any{"stackName": "dev"})
	require.Equal(t, http.StatusNotFound, p.status(bo, "GET", "/api/stacks/acme/payments/dev"), "the grant went with the stack")

	output := p.refresh("--diff")
	assert.Contains(t, output, "identity", "the refresh shows that the rule reaches no stack of that name any more")
	p.up()
	assert.Equal(t, http.StatusOK, p.status(bo, "GET", "/api/stacks/acme/payments/dev"))
	p.up("--expect-no-changes")
}

// Changing a level edits the role in place: at no moment is access gone, or wider than the wider of the two.
func TestChangeOfLevelIsOneChange(t *testing.T) {
	t.Parallel()
	p := newProject(t, organization, oneRule("read"))
	p.up()
	for _, level := range []string{"write", "read"} {
		p.program(oneRule(level))
		log := p.calls(func() { p.up() })
		var writes []string
		for _, call := range log.List {
			if call.Writes() {
				writes = append(writes, call.Route)
			}
		}
		// One write, to the rules behind the role: there is no moment between two states.
		assert.Equal(t, []string{"PATCH /api/orgs/{orgName}/roles/{roleID}"}, writes, level)
	}
}

// Every resource can be imported by its id, and the program that describes it then changes nothing.
func TestImport(t *testing.T) {
	t.Parallel()
	program := `
resources:
  role:
    type: leastprivilege:Role
    properties:
      name: payments
      description: What the payments team may do.
      access:
        stacks:
          - {project: payments, stack: dev, permission: write}
          - {tags: {environment: production}, scopes: ['stack:read', 'stack_deployment:read']}
        environments:
          - {project: payments, environment: shared, permission: open}
        organization: readOnly
        scopes: ['audit_logs:read']
    options: {dependsOn: ['${environment}']}
  team:
    type: leastprivilege:Team
    properties: {name: payments, displayName: Payments, description: Builds payments., members: [bo], admins: [cy]}
  access:
    type: leastprivilege:TeamAccess
    properties:
      team: ${team.name}
      roleIds: ['${role.roleId}']
      stacks:
        - {project: payments, stack: dev, permission: read}
      environments:
        - {project: payments, environment: shared, permission: open, maxOpenDuration: 30m}
      accounts: []
    options: {dependsOn: ['${environment}']}
  environment:
    type: leastprivilege:Environment
    properties:
      project: payments
      name: shared
      tags: {tier: development}
      deletionProtected: false
      definition: |
        values:
          region: eu-west-1
  deployment:
    type: leastprivilege:DeploymentRole
    properties:
      project: payments
      stack: prod
      roleId: ${role.roleId}
      oidc:
        aws: {roleArn: 'arn:aws:iam::123456789012:role/payments', sessionName: payments, duration: 1h}
`
	p := newProject(t, organization, program)
	p.up()
	known := map[string]string{}
	for _, r := range p.state() {
		known[r.Type] = r.ID
	}

	// A stack that knows nothing yet takes all five over.
	p.run("stack", "init", "imported", "--non-interactive")
	p.run("config", "set", "leastprivilege:apiUrl", p.sandbox.URL)
	log := p.calls(func() {
		for _, one := range []struct{ token, name string }{
			{"Role", "role"}, {"Team", "team"}, {"TeamAccess", "access"}, {"Environment", "environment"}, {"DeploymentRole", "deployment"},
		} {
			token := "leastprivilege:index:" + one.token
			p.run("import", token, one.name, known[token],
				"--yes", "--skip-preview", "--non-interactive", "--protect=false", "--generate-code=false")
			assert.Equal(t, known[token], p.only(one.token).ID)
		}
	})
	for _, call := range log.List {
		assert.False(t, call.Writes(), "an import only reads: %s %s", call.Method, call.Path)
	}
	p.preview("--expect-no-changes", "--diff")
}

// Bad input fails before any call, with the path of the property.
func TestBadInputFailsBeforeAnyCall(t *testing.T) {
	t.Parallel()
	p := newProject(t, organization, oneRule("red"))
	log := p.calls(func() {
		assert.Contains(t, p.fails("preview", "--non-interactive"), "access.stacks[0].permission")
	})
	assert.Zero(t, log.Total, "%v", log.Routes)
}

// A stack that does not exist is named at up, with what to do, and nothing is half-made that the next update cannot finish.
func TestMissingStackIsNamed(t *testing.T) {
	t.Parallel()
	p := newProject(t, organization, `
resources:
  team:
    type: leastprivilege:ScopedTeam
    properties:
      name: payments
      access:
        stacks:
          - {project: payments, stack: staging, permission: read}
`)
	output := p.fails(append([]string{"up"}, unattended...)...)
	assert.Contains(t, output, "payments/staging")
	p.call("POST", "/api/stacks/acme/payments", map[string]any{"stackName": "staging"})
	p.up()
	p.up("--expect-no-changes")
}

func (p *project) status(token, method, path string) int {
	p.t.Helper()
	status, _ := p.sandbox.Call(token, method, path, nil)
	return status
}
