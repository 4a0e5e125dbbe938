package e2e

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const rules = 1000

// The cost of a team does not grow with the number of its grants: look-ups come in pages of 100, and everything is one
// role.
func TestCallsOfATeamWithManyRules(t *testing.T) {
	t.Parallel()
	p := newProject(t, manyStacks(rules), manyRules(rules, "read"))

	preview := p.calls(func() { p.preview() })
	for _, call := range preview.List {
		assert.False(t, call.Writes(), "a preview only reads: %s %s", call.Method, call.Path)
	}
	created := p.calls(func() { p.up() })
	assert.LessOrEqual(t, created.Total, 8+rules/100, "create: %v", created.Routes)

	unchanged := p.calls(func() { p.up("--expect-no-changes") })
	assert.Zero(t, unchanged.Total, "no-op: %v", unchanged.Routes)

	access := p.only("TeamAccess")
	refreshed := p.calls(func() { p.refresh("--target", access.URN) })
	assert.LessOrEqual(t, refreshed.Total, 3, "refresh of the TeamAccess: %v", refreshed.Routes)

	role := p.only("Role")
	refreshed = p.calls(func() { p.refresh("--target", role.URN) })
	assert.LessOrEqual(t, refreshed.Total, 2+rules/100, "refresh of the Role: %v", refreshed.Routes)

	p.program(manyRules(rules, "write"))
	changed := p.calls(func() { p.up() })
	assert.LessOrEqual(t, changed.Total, 3, "change of every rule's level: %v", changed.Routes)
	assert.Equal(t, strings.Count(manyRules(rules, "write"), "permission: write"), rules)

	t.Logf("%d rules: preview %d calls, create %d, no-op %d, refresh %d (Role), change of level %d",
		rules, preview.Total, created.Total, unchanged.Total, refreshed.Total, changed.Total)
	require.Contains(t, p.destroy(), "deleted")
}

func manyStacks(n int) string {
	var seed strings.Builder
	seed.WriteString("organization: acme\nusers:\n  - {login: ana, role: admin}\nstacks:\n")
	for i := range n {
		fmt.Fprintf(&seed, "  - {project: payments, stack: s%04d, owner: ana}\n", i)
	}
	return seed.String()
}

func manyRules(n int, permission string) string {
	var program strings.Builder
	program.WriteString("resources:\n  team:\n    type: leastprivilege:ScopedTeam\n    properties:\n" +
		"      name: payments\n      access:\n        stacks:\n")
	for i := range n {
		fmt.Fprintf(&program, "          - {project: payments, stack: s%04d, permission: %s}\n", i, permission)
	}
	return program.String()
}

// What teams of one program cost together: an object is looked at once, however many resources are about it.
func TestCallsOfManyTeams(t *testing.T) {
	t.Parallel()
	const teams = 6
	p := newProject(t, manyStacks(3), teamsWithRules(teams, 3))
	count := func(during func()) (int, map[string]int) {
		log := p.calls(during)
		return log.Total, log.Routes
	}
	for _, one := range []struct {
		what          string
		each, program int
		during        func()
	}{
		{"preview", 1, 2, func() { p.preview() }},
		{"update", 5, 2, func() { p.up() }},
		{"refresh", 3, 1, func() { p.refresh() }},
		{"destroy", 6, 1, func() { p.destroy() }},
	} {
		total, routes := count(one.during)
		t.Logf("%s of %d teams: %d calls", one.what, teams, total)
		assert.LessOrEqual(t, total, teams*one.each+one.program, "%s: %v", one.what, routes)
	}
}
