package e2e

import (
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// secretOutput is an output in the clear.
func (p *project) secretOutput(name string) string {
	p.t.Helper()
	return strings.TrimSpace(p.run("stack", "output", name, "--show-secrets"))
}

// A rotated token's predecessor works until the following update, and is deleted after it: a consumer always holds one that
// works, and what takes the value sees a change only when there is one.
func TestMachineTokenRotates(t *testing.T) {
	t.Parallel()
	at := newClock()
	p := newClockedProject(t, openOrganization, `
resources:
  ci:
    type: leastprivilege:MachineToken
    properties: {name: payments-ci, team: payments, expiresIn: 30d, rotateBefore: 7d, gracePeriod: 1h}
outputs:
  token: ${ci.value}
`, at)
	before := string(p.sandbox.State())
	p.up()
	assert.Equal(t, "[secret]", p.outputs()["token"])
	first := p.secretOutput("token")
	require.Equal(t, http.StatusOK, p.status(first, "GET", "/api/user"))
	assert.NotContains(t, p.run("stack", "export"), first, "it is ciphertext in the state")

	at.advance(22 * day)
	log := p.calls(func() { p.up("--expect-no-changes") })
	assert.Zero(t, log.Total, "before anything is due, an update makes no call: %v", log.Routes)

	at.advance(2 * day)
	assert.Contains(t, p.preview(), "less than rotateBefore remains of its life")
	p.up()
	second := p.secretOutput("token")
	require.NotEqual(t, first, second)
	assert.Equal(t, http.StatusOK, p.status(first, "GET", "/api/user"), "the predecessor works until the following update")
	assert.Equal(t, http.StatusOK, p.status(second, "GET", "/api/user"))

	log = p.calls(func() { p.up("--expect-no-changes") })
	assert.Zero(t, log.Total, "within the grace period nothing is due: %v", log.Routes)
	at.advance(day / 12)
	log = p.calls(func() { p.up() })
	assert.Equal(t, map[string]int{"DELETE /api/orgs/{orgName}/teams/{teamName}/tokens/{tokenId}": 1}, log.Routes)
	assert.Equal(t, second, p.secretOutput("token"))
	assert.Equal(t, http.StatusUnauthorized, p.status(first, "GET", "/api/user"), "and is deleted after it")
	assert.Equal(t, http.StatusOK, p.status(second, "GET", "/api/user"))
	p.up("--expect-no-changes")

	// Nobody ran an update in time: the token has expired, and the next one makes another.
	at.advance(40 * day)
	assert.Equal(t, http.StatusUnauthorized, p.status(second, "GET", "/api/user"))
	p.refresh()
	p.up()
	assert.Equal(t, http.StatusOK, p.status(p.secretOutput("token"), "GET", "/api/user"))
	p.destroy()
	assert.Equal(t, before, string(p.sandbox.State()))
}

// A token that exists stops working when the organization's policy tightens; the preview says so by its name.
func TestMachineTokenAndThePolicy(t *testing.T) {
	t.Parallel()
	const token = `
  ci:
    type: leastprivilege:MachineToken
    properties: {name: ci, team: payments, expiresIn: %s}
outputs:
  token: ${ci.value}
`
	const policy = `
  baseline: {type: leastprivilege:OrganizationSettings, properties: {maxAccessTokenExpiry: 30d}}
`
	p := newClockedProject(t, openOrganization, "\nresources:"+replaced(token, "60d"), newClock())
	p.up()
	ci := p.secretOutput("token")
	require.Equal(t, http.StatusOK, p.status(ci, "GET", "/api/user"))

	p.program("\nresources:" + policy + replaced(token, "60d"))
	assert.Contains(t, p.preview(), `token "ci-1" of team "payments", which was made on 2030-03-01 and expires on`)
	p.up()
	status, answer := p.sandbox.Call(ci, "GET", "/api/user", nil)
	assert.Equal(t, http.StatusForbidden, status)
	assert.Contains(t, string(answer), "enforces a max access token expiry of `30` days that your current token does not meet")

	p.program("\nresources:" + policy + replaced(token, "30d"))
	p.up()
	assert.Equal(t, http.StatusOK, p.status(p.secretOutput("token"), "GET", "/api/user"), "a new lifetime makes a new token")
	p.program("\nresources:" + policy + replaced(token, "31d"))
	assert.Contains(t, p.fails(append([]string{"up"}, unattended...)...), "lets tokens live at most 30d")
}

// A token without team and role is refused before any call, and made when it is insisted on.
func TestMachineTokenWithoutRole(t *testing.T) {
	t.Parallel()
	const program = `
resources:
  ci:
    type: leastprivilege:MachineToken
    properties: {name: ci, expiresIn: 30d%s}
`
	p := newProject(t, openOrganization, replaced(program, ""))
	log := p.calls(func() {
		assert.Contains(t, p.fails("preview", "--non-interactive"), "allow: [tokenWithoutRole]")
	})
	assert.Zero(t, log.Total)
	p.program(replaced(program, ", allow: [tokenWithoutRole]"))
	p.up()
	p.destroy()
}

// A scoped team's token can do what the team can, and is a secret.
func TestScopedTeamToken(t *testing.T) {
	t.Parallel()
	p := newProject(t, organization, `
resources:
  team:
    type: leastprivilege:ScopedTeam
    properties:
      name: robots
      members: []
      access:
        stacks:
          - {project: payments, stack: dev, permission: read}
      token: {expiresIn: 30d, rotateBefore: 7d}
outputs:
  token: ${team.token}
`)
	before := string(p.sandbox.State())
	p.up()
	p.up("--expect-no-changes")
	assert.Equal(t, "[secret]", p.outputs()["token"])
	token := p.secretOutput("token")
	assert.Equal(t, http.StatusOK, p.status(token, "GET", "/api/stacks/acme/payments/dev"))
	assert.Equal(t, http.StatusNotFound, p.status(token, "GET", "/api/stacks/acme/payments/prod"))
	assert.Equal(t, "robots-1", p.only("MachineToken").Outputs["tokenName"])
	p.destroy()
	assert.Equal(t, before, string(p.sandbox.State()))
}
