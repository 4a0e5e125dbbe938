package e2e

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/server/servertest"
)

const tieredOrganization = `
organization: acme
users:
  - {login: ana, role: admin}
  - {login: bo, role: member}
  - {login: cy, role: member}
stacks:
  - {project: payments, stack: dev, owner: ana, tags: {environment: development, team: payments}}
  - {project: payments, stack: prod, owner: ana, tags: {environment: production, team: payments}}
  - {project: web, stack: prod, owner: ana, tags: {environment: production, team: web}}
environments:
  - {project: payments, environment: prod, definition: "values: {a: 1}", tags: {environment: production, team: payments}}
  - {project: web, environment: prod, definition: "values: {a: 1}", tags: {environment: production, team: web}}
`

const tieredProgram = `
config:
  member: {type: string, default: cy}
resources:
  access:
    type: leastprivilege:TieredAccess
    properties:
      teams:
        - {name: payments, tags: {team: payments}, members: [bo]}
        - {name: web, tags: {team: web}, members: ['${member}']}
  deploy:
    type: leastprivilege:DeploymentRoleAssignment
    properties:
      project: payments
      stack: prod
      roleId: ${access.automationRoleIds["production"]}
outputs:
  teams: ${access.teams}
`

// People work in development and look in production, each team at its own; a deployment updates and opens production.
func TestTieredAccess(t *testing.T) {
	t.Parallel()
	p := newProject(t, tieredOrganization, tieredProgram)
	before := p.sandbox.State()
	p.preview()
	p.up()
	assert.Zero(t, p.calls(func() { p.up("--expect-no-changes") }).Total)
	p.refresh("--expect-no-changes")

	bo := p.sandbox.TokenFor(servertest.Identity{User: "bo"})
	cy := p.sandbox.TokenFor(servertest.Identity{User: "cy"})
	deployment := p.sandbox.TokenFor(servertest.Identity{Deployment: &servertest.Deployment{Project: "payments", Stack: "prod"}})
	const open = "/api/esc/environments/acme/payments/prod/open?duration=2h"
	for _, attempt := range []struct {
		who, token, method, path string
		status                   int
	}{
		{"bo", bo, "GET", "/api/stacks/acme/payments/prod/export", http.StatusOK},
		{"bo", bo, "POST", open, http.StatusForbidden},
		{"bo", bo, "GET", "/api/stacks/acme/web/prod", http.StatusNotFound},
		{"cy", cy, "GET", "/api/stacks/acme/payments/dev", http.StatusNotFound},
		{"cy", cy, "GET", "/api/stacks/acme/web/prod", http.StatusOK},
		{"deployment", deployment, "POST", open, http.StatusOK},
		{"deployment", deployment, "GET", "/api/stacks/acme/web/prod", http.StatusOK},
	} {
		assert.Equal(t, attempt.status, p.status(attempt.token, attempt.method, attempt.path), "%s: %s %s", attempt.who, attempt.method, attempt.path)
	}
	update := updateRequest()
	for stack, status := range map[string]int{"dev": http.StatusOK, "prod": http.StatusForbidden} {
		got, _ := p.sandbox.Call(bo, "POST", "/api/stacks/acme/payments/"+stack+"/update", update)
		assert.Equal(t, status, got, stack)
	}

	// A grant by hand is drift.
	p.call("PATCH", "/api/orgs/acme/teams/web", map[string]any{
		"addStackPermission": map[string]any{"projectName": "payments", "stackName": "prod", "permission": 102},
	})
	p.refresh()
	p.up()
	assert.Equal(t, http.StatusNotFound, p.status(cy, "GET", "/api/stacks/acme/payments/prod"))
	p.destroy()
	assert.JSONEq(t, string(before), string(p.sandbox.State()))
}

func TestTieredAccessRefusesWhatItMustKnow(t *testing.T) {
	t.Parallel()
	p := newProject(t, tieredOrganization, `
resources:
  role:
    type: leastprivilege:Role
    properties: {name: r, access: {scopes: ['audit_logs:read']}}
  access:
    type: leastprivilege:TieredAccess
    properties:
      teams: [{name: '${role.roleId}', tags: {team: payments}}]
`)
	assert.Contains(t, p.fails("preview", "--non-interactive"), "teams[0].name")
}
