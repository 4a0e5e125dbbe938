package e2e

import (
	"encoding/json"
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const ownedEnvironments = organization + `
environments:
  - {project: payments, environment: dev, owner: bo, definition: 'values: {a: b}', tags: {environment: development}}
  - {project: payments, environment: prod, owner: bo, definition: 'values: {a: b}', tags: {environment: production}}
`

func environmentsOwnedBy(login, keep string) string {
	return `
resources:
  production:
    type: leastprivilege:EnvironmentOwner
    properties:
      tags: {environment: production}
      owner: ` + login + `
      keep: ` + keep + `
`
}

// The grants that creators were left with are named at preview and removed by the update, and the environments get the declared owner.
// An environment that comes later, and one that was given away, are drift; destroy gives environments back.
func TestEnvironmentOwner(t *testing.T) {
	t.Parallel()
	p := newProject(t, ownedEnvironments, environmentsOwnedBy("ana", "[]"))
	preview := p.preview()
	assert.Contains(t, preview, "payments/prod: the admin grant of bo")
	assert.Contains(t, preview, "payments/prod, which belongs to bo")
	assert.Equal(t, http.StatusOK, p.opens("bo", "payments/prod"), "a preview takes nothing away")
	p.up()
	assert.Equal(t, "ana", p.ownerOf("payments/prod"))
	assert.Equal(t, "bo", p.ownerOf("payments/dev"), "what is not selected is left alone")
	assert.NotEqual(t, http.StatusOK, p.opens("bo", "payments/prod"))
	assert.Zero(t, p.calls(func() { p.up("--expect-no-changes") }).Total)
	p.refresh("--expect-no-changes")

	p.giveTo("cy", "payments/prod")
	assert.Equal(t, http.StatusOK, p.opens("cy", "payments/prod"), "admin comes with the ownership")
	p.refresh()
	assert.Contains(t, p.preview("--diff"), "payments/prod, which belongs to cy")
	p.up()
	assert.Equal(t, "ana", p.ownerOf("payments/prod"))
	assert.NotEqual(t, http.StatusOK, p.opens("cy", "payments/prod"))

	p.program(environmentsOwnedBy("cy", "[cy]"))
	assert.Contains(t, p.preview(), "payments/prod, which belongs to ana")
	p.up()
	assert.Equal(t, "cy", p.ownerOf("payments/prod"))
	assert.Equal(t, http.StatusOK, p.opens("cy", "payments/prod"), "an owner who is kept holds admin")

	id := p.only("EnvironmentOwner").ID
	assert.Equal(t, "acme/*/*?environment=production", id)
	p.run("stack", "init", "imported", "--non-interactive")
	p.run("config", "set", "leastprivilege:apiUrl", p.sandbox.URL)
	p.run("import", "leastprivilege:index:EnvironmentOwner", "production", id,
		"--yes", "--skip-preview", "--non-interactive", "--protect=false", "--generate-code=false")
	p.preview("--expect-no-changes")
	p.run("stack", "select", "test")

	assert.Contains(t, p.destroy(), "direct grants that were removed stay removed")
	assert.Equal(t, "bo", p.ownerOf("payments/prod"), "it goes back to the owner that it had")
	assert.NotEqual(t, http.StatusOK, p.opens("cy", "payments/prod"))
}

func (p *project) opens(login, environment string) int {
	p.t.Helper()
	return p.status(p.tokenOf(login), http.MethodPost, "/api/esc/environments/acme/"+environment+"/open?duration=1h")
}

// ownerOf is the login of an environment's owner.
func (p *project) ownerOf(environment string) string {
	p.t.Helper()
	var metadata struct {
		Owner struct {
			Login string `json:"githubLogin"`
		} `json:"ownedBy"`
	}
	require.NoError(p.t, json.Unmarshal(p.call(http.MethodGet, "/api/esc/environments/acme/"+environment+"/metadata", nil), &metadata))
	return metadata.Owner.Login
}

// giveTo gives an environment away, as somebody does in the console.
func (p *project) giveTo(login, environment string) {
	p.t.Helper()
	p.call(http.MethodPost, "/api/esc/environments/acme/"+environment+"/ownership",
		map[string]string{"githubLogin": login, "name": login, "avatarUrl": ""})
}
