package e2e

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
)

const explainSeed = `
organization: acme
users: [{login: ana, role: admin}, {login: bo}, {login: cy}]
settings: {defaultEnvironmentPermission: none, defaultStackPermission: none}
teams: [{name: operators, members: [cy]}, {name: builders}]
environments:
  - {project: payments, environment: prod, definition: "values: {a: b}", owner: ana, tags: {tier: prod}}
  - {project: web, environment: prod, definition: "values: {a: b}", owner: ana, tags: {tier: prod}}
`

const explainProgram = `
resources:
  role:
    type: leastprivilege:Role
    properties:
      name: operators
      access: {environments: [{tags: {tier: prod}, permission: ROLE}]}
  access:
    type: leastprivilege:TeamAccess
    properties:
      team: operators
      roleIds: ["${role.roleId}"]
      environments: GRANTS
  issuer:
    type: leastprivilege:OidcIssuer
    properties:
      name: github
      url: URL
      maxExpiration: 1h
      policies: POLICIES
`

// Previews say who gains and who loses by a change, with an example and its path, and make as many calls as before when they are told not to.
func TestPreviewSaysWhoGains(t *testing.T) {
	t.Parallel()
	p := newFolder(t, explainSeed)
	program := func(role, grants, policies string) string {
		return strings.NewReplacer("ROLE", role, "GRANTS", grants, "URL", p.sandbox.CIURL("github"), "POLICIES", policies).Replace(explainProgram)
	}
	job := "[{decision: allow, tokenType: team, team: builders, claims: {sub: 'repo:acme/app:ref:refs/heads/main'}}]"
	p.program(program("read", "[]", "[]"))
	p.stack()
	said := p.preview()
	assert.Contains(t, said, `with this change of the access of team "operators":`)
	assert.Contains(t, said, "cy and tokens of team operators could read environment payments/prod (and 1 more environment; ")
	p.up()

	p.program(program("open", "[{project: payments, environment: prod, permission: write}]", job))
	explained := p.calls(func() { said = p.preview() })
	t.Log(said)
	for _, line := range []string{
		`with this change of the role "operators":`,
		"cy and tokens of team operators could open payments/prod (and 1 more environment; ",
		": member of operators, by role operators, rule environments: {tags: {tier: prod}, permission: open}",
		`with this change of the access of team "operators":`,
		"cy and tokens of team operators could write environment payments/prod (",
		": member of operators, grant on the entity: write",
		`with this change of the OIDC issuer "github":`,
		"tokens of issuer github with aud=urn:pulumi:org:acme, sub=repo:acme/app:ref:refs/heads/main could ",
	} {
		assert.Contains(t, said, line)
	}
	for _, call := range explained.List {
		assert.False(t, call.Writes(), "a preview only reads: %s %s", call.Method, call.Path)
	}

	p.run("config", "set", "leastprivilege:explainChangesMaxCalls", "10")
	said = p.preview()
	assert.NotContains(t, said, "with this change")
	_, diagnostics, _ := strings.Cut(said, "Diagnostics:") // before, the display shows the last message of each resource again and again
	assert.Equal(t, 1, strings.Count(diagnostics, "would take more than the 10 calls"), "it is said once: %s", said)

	p.run("config", "set", "leastprivilege:explainChanges", "false")
	plain := p.calls(func() { said = p.preview() })
	assert.NotContains(t, said, "with this change")
	assert.NotContains(t, said, "explainChanges")
	t.Logf("%d calls, %d without explaining", explained.Total, plain.Total)
	assert.LessOrEqual(t, plain.Total, 6)
	assert.LessOrEqual(t, explained.Total, plain.Total+16+2*2+3*2+1, "the formula of package survey: 2 teams, 2 environments, 1 issuer")

	p.run("config", "rm", "leastprivilege:explainChanges")
	p.run("config", "rm", "leastprivilege:explainChangesMaxCalls")
	p.up()
	unchanged := p.calls(func() { p.preview("--expect-no-changes") })
	assert.Zero(t, unchanged.Total, "nothing changes, and nothing is read: %v", unchanged.Routes)

	p.program(program("read", "[]", "[]"))
	assert.Contains(t, p.preview(), "could no longer open payments/prod")
	p.destroy()
}
