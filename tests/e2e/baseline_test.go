package e2e

import (
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const openOrganization = organization + `
  - {project: web, stack: dev, owner: ana}
teams:
  - {name: payments, members: [bo]}
settings:
  defaultStackPermission: write
  defaultEnvironmentPermission: open
`

// machineToken makes a token of the organization or of a team, and returns its value.
func (p *project) machineToken(path, name string, expires int64) string {
	p.t.Helper()
	body := map[string]any{"name": name, "description": "", "expires": expires}
	if !strings.Contains(path, "/teams/") {
		body["admin"] = false
	}
	answer := p.call("POST", path, body)
	return between(string(answer), `"tokenValue":"`, `"`)
}

// The baseline closes the defaults, names what that stops, and gives every byte back.
func TestBaseline(t *testing.T) {
	t.Parallel()
	at := newClock()
	p := newClockedProject(t, openOrganization, `
resources:
  baseline: {type: leastprivilege:OrganizationBaseline, properties: {membersCanCreateStacks: true}}
outputs:
  settings: ${baseline.settings}
`, at)
	ci := p.machineToken("/api/orgs/acme/teams/payments/tokens", "payments-ci", at.now().Add(30*day).Unix())
	old := p.machineToken("/api/orgs/acme/tokens", "old", 0)
	const dev = "/api/stacks/acme/payments/dev"
	require.Equal(t, http.StatusOK, p.status(ci, "GET", dev))
	before := string(p.sandbox.State())

	var previewed string
	log := p.calls(func() { previewed = p.preview() })
	for _, call := range log.List {
		assert.False(t, call.Writes(), "a preview only reads: %s %s", call.Method, call.Path)
	}
	assert.Contains(t, previewed, `token "payments-ci" of team "payments": write on every stack, open on every environment`)
	assert.Contains(t, previewed, `organization token "old", which never expires`)

	p.up()
	p.up("--expect-no-changes")
	settings := p.outputs()["settings"].(map[string]any)
	assert.Equal(t, map[string]any{
		"defaultStackPermission": "none", "defaultEnvironmentPermission": "none", "defaultAccountPermission": "none",
		"membersCanCreateStacks": true, "membersCanCreateTeams": false, "membersCanCreateAccounts": false,
		"membersCanTransferStacks": false, "membersCanDeleteStacks": false, "maxAccessTokenExpiry": "90d",
	}, settings)
	assert.Equal(t, http.StatusNotFound, p.status(ci, "GET", dev), "a team token had no more than the default")
	status, answer := p.sandbox.Call(old, "GET", dev, nil)
	assert.Equal(t, http.StatusForbidden, status, "a token that never expires stops working")
	assert.Contains(t, string(answer), "enforces a max access token expiry of `90` days")

	p.destroy()
	assert.Equal(t, http.StatusOK, p.status(ci, "GET", dev))
	assert.Equal(t, http.StatusOK, p.status(old, "GET", "/api/user"))
	assert.Equal(t, before, string(p.sandbox.State()), "destroy gives every byte back")
}

// What would stop the caller's own token is refused by name, at preview and at up, unless it is insisted on.
func TestBaselineKeepsTheCallersToken(t *testing.T) {
	t.Parallel()
	const program = `
resources:
  settings:
    type: leastprivilege:OrganizationSettings
    properties: {maxAccessTokenExpiry: 30d%s}
`
	p := newProject(t, openOrganization, replaced(program, ""))
	answer := p.call("POST", "/api/user/tokens", map[string]any{"description": "laptop", "expires": 0})
	p.run("config", "set", "--secret", "leastprivilege:accessToken", between(string(answer), `"tokenValue":"`, `"`))
	assert.Contains(t, p.fails("preview", "--non-interactive"), `"laptop" of ana, never expires`)
	assert.Contains(t, p.fails(append([]string{"up"}, unattended...)...), "allow: [lockOut]")
	p.program(replaced(program, ", allow: [lockOut]"))
	p.up()
	assert.Contains(t, string(p.call("GET", "/api/orgs/acme/metadata", nil)), `"maxAccessTokenExpiryDays":30`)
}
