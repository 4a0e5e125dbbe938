package e2e

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
)

const guardSeed = `
organization: acme
users: [{login: ana, role: admin}, {login: bo}, {login: cy}]
teams: [{name: oncall, members: [bo]}]
`

const guardProgram = `
resources:
  prod:
    type: leastprivilege:ProductionEnvironment
    properties:
      project: payments
      name: prod
      deletionProtected: false
      allowedOpeners: {users: [bo], roles: [Admin]}
      onUnexpectedOpener: %ON%
outputs:
  unexpected: ${prod.unexpectedOpeners}
`

// letCyIn is what somebody does in the console: cy may open production.
func (p *project) letCyIn() {
	p.call("PATCH", "/api/orgs/acme/teams/oncall", map[string]any{"memberAction": "add", "member": "cy"})
	p.call("PATCH", "/api/orgs/acme/teams/oncall", map[string]any{
		"addEnvironmentPermission": map[string]any{"projectName": "payments", "envName": "prod", "permission": "open"},
	})
}

// Nothing of the program changes, and the guard finds who came in beside it: a preview warns, an update warns or fails.
func TestGuardFindsWhoCameInBesideTheProgram(t *testing.T) {
	t.Parallel()
	p := newProject(t, guardSeed, strings.ReplaceAll(guardProgram, "%ON%", "warn"))
	assert.NotContains(t, p.preview(), "can open environment")
	p.up()
	assert.JSONEq(t, `[]`, p.run("stack", "output", "unexpected", "--json"))
	p.letCyIn()
	warned := p.preview("--expect-no-changes")
	assert.Contains(t, warned, "user cy: team oncall, grant on the entity: open")
	assert.NotContains(t, warned, "user bo")
	assert.Contains(t, p.up("--expect-no-changes"), "user cy: team oncall, grant on the entity: open")
	assert.JSONEq(t, `[{"kind": "user", "name": "cy", "path": "team oncall, grant on the entity: open"},
		{"kind": "team", "name": "oncall", "path": "team oncall, grant on the entity: open"}]`, p.run("stack", "output", "unexpected", "--json"))

	p.program(strings.ReplaceAll(guardProgram, "%ON%", "error"))
	assert.Contains(t, p.preview(), "The update fails while this is so")
	failed := p.fails("up", "--yes")
	assert.Contains(t, failed, `ProductionEnvironment "prod": 2 principals can open environment payments/prod and are not in allowedOpeners`)
}
