package e2e

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
)

const invariantSeed = `
organization: acme
users: [{login: ana, role: admin}, {login: bo}, {login: cy}]
teams: [{name: oncall, members: [bo]}]
environments: [{project: payments, environment: prod, definition: "values: {a: b}", owner: ana}]
`

const invariantProgram = `
resources:
  onlyOncall:
    type: leastprivilege:AccessInvariant
    properties:
      scope: environment:open
      environments: [payments/prod]
      allowed: {users: [bo], roles: [Admin]}
`

// Nothing of the program changes, and a preview fails once somebody else may open production.
func TestInvariantFailsAnUnchangedProgram(t *testing.T) {
	t.Parallel()
	p := newProject(t, invariantSeed, invariantProgram)
	p.up()
	p.preview("--expect-no-changes")
	p.up("--expect-no-changes")
	p.letCyIn()
	for _, run := range [][]string{{"preview"}, {"up", "--yes"}, {"up", "--yes", "--skip-preview"}} {
		assert.Contains(t, p.fails(run...), "payments/prod: user cy: team oncall, grant on the entity: open")
	}
	p.refresh()
	p.destroy()
}

// A preview says who would get in by the program's own changes, also through ids that only the update knows, and fails before anything is
// changed. What the invariant did not wait for, it says.
func TestInvariantFailsThePreviewThatBreaksIt(t *testing.T) {
	t.Parallel()
	p := newProject(t, invariantSeed, invariantProgram)
	p.up()
	team := `
  guests:
    type: leastprivilege:ScopedTeam
    properties:
      name: guests
      members: [cy]
      access: {environments: [{project: payments, environment: prod, permission: %s}]}
`
	waits := "    options: {dependsOn: ['${guests}']}\n"
	with := func(permission, options string) string {
		return invariantProgram + options + strings.ReplaceAll(team, "%s", permission)
	}
	p.program(with("open", waits))
	failed := p.fails("preview")
	assert.Contains(t, failed, "payments/prod: user cy: team guests, role")
	p.program(with("open", ""))
	assert.Contains(t, p.fails("preview"), "payments/prod: team guests: team guests, role")
	p.program(with("read", ""))
	assert.Contains(t, p.preview(), `AccessInvariant "onlyOncall" did not wait for the`)
	p.program(with("read", waits))
	assert.NotContains(t, p.up(), "did not wait")
}
