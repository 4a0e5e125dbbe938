package e2e

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/server/servertest"
)

const (
	byTeam = `
resources:
  support:
    type: leastprivilege:TeamAccess
    properties:
      team: support
      stacks: [{project: payments, stack: dev, permission: write}]
`
	byEntity = `
resources:
  %s:
    type: leastprivilege:EntityAccess
    properties:
      stack: {project: payments, stack: dev}
      teams: [{team: support, permission: write}]
`
)

// A grant that another resource declares in the same update, by another kind or under another name without an alias, is there at every
// moment: no update writes anything, and the delete of the resource of before, which comes last, leaves it.
func TestGrantChangesItsResource(t *testing.T) {
	t.Parallel()
	p := newProject(t, organization+"teams:\n  - {name: support, members: [bo]}\n", byTeam)
	before := string(p.sandbox.State())
	bo := p.sandbox.TokenFor(servertest.Identity{User: "bo"})
	const export = "/api/stacks/acme/payments/dev/export"
	assert.NotEqual(t, 200, p.status(bo, "GET", export))
	p.up()
	assert.Equal(t, 200, p.status(bo, "GET", export))
	for _, next := range []struct{ why, program string }{
		{"a TeamAccess becomes an EntityAccess", replaced(byEntity, "dev")}, {"an EntityAccess is renamed", replaced(byEntity, "development")},
		{"an EntityAccess becomes a TeamAccess", byTeam},
	} {
		p.program(next.program)
		p.preview()
		log := p.calls(func() { p.up() })
		for route := range log.Routes {
			assert.False(t, servertest.Writes(route), "%s: %s", next.why, route)
		}
		assert.Equal(t, 200, p.status(bo, "GET", export), next.why)
		p.refresh()
		p.up("--expect-no-changes")
	}
	p.destroy()
	assert.Equal(t, before, string(p.sandbox.State()), "and goes with the last of them")
}
