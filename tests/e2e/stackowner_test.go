package e2e

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/server/servertest"
)

const productionOwner = `
resources:
  production:
    type: leastprivilege:StackOwner
    properties:
      tags: {environment: production}
      owner: ana
      keep: [ana]
`

// Grants that creators left behind are named at preview and removed by the update; a stack that comes later is drift.
func TestStackOwner(t *testing.T) {
	t.Parallel()
	p := newProject(t, organization, productionOwner)
	bo := p.sandbox.TokenFor(servertest.Identity{User: "bo"})
	made := func(name string) {
		status, answer := p.sandbox.Call(bo, "POST", "/api/stacks/acme/web",
			map[string]any{"stackName": name, "tags": map[string]string{"environment": "production"}})
		assert.Equal(t, 200, status, "%s", answer)
	}
	made("prod")
	assert.Contains(t, p.preview(), "web/prod: the creator grant of bo")
	assert.Equal(t, 200, p.status(bo, "GET", "/api/stacks/acme/web/prod"), "a preview takes nothing away")
	p.up()
	assert.Equal(t, 404, p.status(bo, "GET", "/api/stacks/acme/web/prod"))
	assert.Zero(t, p.calls(func() { p.up("--expect-no-changes") }).Total)

	made("prod-eu")
	p.refresh()
	assert.Contains(t, p.preview("--diff"), "web/prod-eu: the creator grant of bo")
	p.up()
	assert.Equal(t, 404, p.status(bo, "GET", "/api/stacks/acme/web/prod-eu"))

	id := p.only("StackOwner").ID
	assert.Equal(t, "acme/*/*?environment=production", id)
	p.run("stack", "init", "imported", "--non-interactive")
	p.run("config", "set", "leastprivilege:apiUrl", p.sandbox.URL)
	p.run("import", "leastprivilege:index:StackOwner", "production", id,
		"--yes", "--skip-preview", "--non-interactive", "--protect=false", "--generate-code=false")
	p.preview("--expect-no-changes")
	p.run("stack", "select", "test")
	assert.Contains(t, p.destroy(), "direct grants that were removed stay removed")
	assert.Contains(t, string(p.call("GET", "/api/stacks/acme/web/prod/metadata", nil)), `"githubLogin":"bo"`)
}
