package e2e

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/server/servertest"
)

// protectedProgram is a product line: an environment that is protected and needs an approval, and a team that may open it.
func protectedProgram(name, protected string) string {
	return `
resources:
  prod:
    type: leastprivilege:ProductionEnvironment
    properties:
      project: payments
      name: ` + name + `
      deletionProtected: ` + protected + `
      tags: {tier: prod}
      values: {password: {'fn::secret': sesame}}
      openApproval: {approvers: {teams: [security]}}
  payments:
    type: leastprivilege:ScopedTeam
    properties:
      name: payments
      members: [bo]
      access:
        environments:
          - {project: '${prod.project}', environment: '${prod.name}', permission: open}
`
}

// A destroy, and the removal of a product line, stop before anything is deleted, at preview as well as without one.
func TestProtectedProductLineStaysWhole(t *testing.T) {
	t.Parallel()
	p := newProject(t, watched, protectedProgram("prod", "true"))
	before := p.sandbox.State()
	made := p.calls(func() { p.up() })
	order := map[string]int{}
	for i, call := range made.List {
		if call.Writes() {
			order[call.Method+" "+call.Path] = i
		}
	}
	const environment = "/api/esc/environments/acme/payments/prod"
	assert.Less(t, order["POST /api/change-gates/acme"], order["PATCH "+environment], "the gate stands before there is something to open")
	assert.Less(t, order["PATCH "+environment], order["POST "+environment+"/tags"])
	assert.Less(t, order["POST "+environment+"/tags"], order["POST /api/orgs/acme/roles"], "access is given last")
	standing := string(p.sandbox.State())

	assert.Contains(t, p.fails("destroy", "--preview-only", "--non-interactive"), "cannot be deleted")
	assert.Contains(t, p.fails("destroy", "--yes", "--non-interactive"), "cannot be deleted")
	assert.Equal(t, standing, string(p.sandbox.State()))
	p.program("resources: {}")
	assert.Contains(t, p.fails("preview", "--non-interactive"), "cannot be deleted")
	p.fails(append([]string{"up"}, unattended...)...)
	bo := p.user("bo")
	assert.NotContains(t, bo.fails("env", "open", "acme/payments/prod"), "sesame")
	assert.Contains(t, string(p.call("GET", "/api/esc/environments/acme/payments/prod/metadata", nil)), `"gatedActions":["open"]`)

	// Another name is refused at preview, and changes nothing.
	p.program(protectedProgram("prod", "true"))
	p.up()
	standing = string(p.sandbox.State())
	p.program(protectedProgram("production", "true"))
	assert.Contains(t, p.fails("preview", "--non-interactive"), "protected from deletion")
	p.fails(append([]string{"up"}, unattended...)...)
	assert.Equal(t, standing, string(p.sandbox.State()))
	p.program(protectedProgram("production", "false"))
	assert.Contains(t, p.fails("preview", "--non-interactive"), "protected from deletion", "the protection goes first, by itself")

	p.program(protectedProgram("prod", "false"))
	p.up()
	p.destroy()
	assert.Equal(t, string(before), string(p.sandbox.State()))
}

// Protection in the service alone: the gates stay as well, and stay in the way of whoever would open.
func TestGateStaysWhereTheEnvironmentStays(t *testing.T) {
	t.Parallel()
	p := newProject(t, watched, protectedProgram("prod", "false"))
	before := p.sandbox.State()
	p.up()
	p.call("PATCH", "/api/esc/environments/acme/payments/prod/settings", map[string]any{"deletionProtected": true})
	assert.Contains(t, p.fails("destroy", "--yes", "--skip-preview", "--non-interactive"), "is protected from deletion")
	assert.Contains(t, string(p.call("GET", "/api/esc/environments/acme/payments/prod/metadata", nil)), `"gatedActions":["open"]`)
	// The gate that the state forgot is taken over, not made twice.
	p.up()
	gates := string(p.call("GET", "/api/change-gates/acme?entityType=environment&qualifiedName=payments/prod", nil))
	assert.Equal(t, 1, strings.Count(gates, `"ruleType"`), gates)

	p.call("PATCH", "/api/esc/environments/acme/payments/prod/settings", map[string]any{"deletionProtected": false})
	p.destroy()
	assert.Equal(t, string(before), string(p.sandbox.State()))
}

// Another name of an environment that is not protected: the new one has its gate before it has values or tags, and the old
// one keeps its gate as long as it is there.
func TestRenamedEnvironmentIsNeverWithoutItsGate(t *testing.T) {
	t.Parallel()
	p := newProject(t, watched, protectedProgram("prod", "false"))
	p.up()
	p.program(protectedProgram("production", "false"))
	writes := p.calls(func() { p.up() })
	gateAt, definitionAt := -1, -1
	for i, call := range writes.List {
		switch {
		case call.Method == "POST" && strings.HasSuffix(call.Path, "/change-gates/acme"):
			gateAt = i
		case call.Method == "PATCH" && strings.HasSuffix(call.Path, "/environments/acme/payments/production"):
			definitionAt = i
		case call.Method == "DELETE" && strings.Contains(call.Path, "/change-gates/"):
			t.Errorf("a gate is deleted before its environment: %s", call.Path)
		}
	}
	require.GreaterOrEqual(t, gateAt, 0)
	assert.Less(t, gateAt, definitionAt)
	assert.Contains(t, string(p.call("GET", "/api/esc/environments/acme/payments/production/metadata", nil)), `"gatedActions":["open"]`)
	p.up("--expect-no-changes")
	p.destroy()
}

// A deletion that fails leaves the gate where the environment stays.
func TestInterruptedDestroyLeavesTheGate(t *testing.T) {
	t.Parallel()
	p := newProject(t, watched, protectedProgram("prod", "false"))
	before := p.sandbox.State()
	p.up()
	p.sandbox.Fault(servertest.Fault{Match: "DELETE /api/esc/environments/{orgName}/{projectName}/{envName}", Status: 400})
	p.fails("destroy", "--yes", "--skip-preview", "--non-interactive")
	assert.Contains(t, string(p.call("GET", "/api/esc/environments/acme/payments/prod/metadata", nil)), `"gatedActions":["open"]`)
	p.destroy()
	assert.Equal(t, string(before), string(p.sandbox.State()))
}
