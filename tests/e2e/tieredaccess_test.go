package e2e

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

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
      roleId: ${access.automationRoleIds["payments"]["production"]}
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
		{"deployment", deployment, "GET", "/api/stacks/acme/web/prod", http.StatusNotFound},
		{"deployment", deployment, "POST", "/api/esc/environments/acme/web/prod/open?duration=2h", http.StatusNotFound},
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

// A holder of view sees a stack's resources and history, with the CLI as well, and no secret of it.
func TestViewDecryptsNothing(t *testing.T) {
	t.Parallel()
	p := newProject(t, tieredOrganization, `
resources:
  team:
    type: leastprivilege:ScopedTeam
    properties:
      name: payments
      members: [bo]
      access:
        stacks:
          - {project: payments, stack: prod, permission: view}
          - {project: web, stack: prod, permission: read}
`)
	ana := p.login("ana", p.sandbox.Token)
	ana.source("payments", workload)
	ana.run("stack", "select", "acme/prod")
	ana.run("config", "set", "--secret", "password", backendPassword)
	ana.up()
	config, err := os.ReadFile(filepath.Join(ana.cli.Dir, "Pulumi.prod.yaml"))
	require.NoError(t, err)
	p.up()
	p.up("--expect-no-changes")
	p.refresh("--expect-no-changes")

	bo := p.user("bo")
	bo.source("payments", workload)
	require.NoError(t, os.WriteFile(filepath.Join(bo.cli.Dir, "Pulumi.prod.yaml"), config, 0o600))
	bo.run("stack", "select", "acme/prod")
	assert.Contains(t, bo.run("stack", "history"), "Version: 1")
	exported := bo.run("stack", "export")
	assert.Contains(t, exported, "pulumi:pulumi:Stack")
	assert.Contains(t, exported, "ciphertext")
	for _, arguments := range [][]string{
		{"stack", "export"}, {"stack", "history"}, {"config"}, {"stack", "ls", "--all", "--organization", "acme"},
	} {
		output, _ := bo.cli.Run(t.Context(), arguments...)
		assert.NotContains(t, output, backendPassword, "%v", arguments)
	}
	for _, arguments := range [][]string{
		{"stack", "export", "--show-secrets"}, {"stack", "output", "connection", "--show-secrets"}, {"config", "get", "password"},
		{"config", "--show-secrets"}, {"preview", "--non-interactive"}, append([]string{"up"}, unattended...),
	} {
		output := bo.fails(arguments...)
		assert.NotContains(t, output, backendPassword, "%v", arguments)
		assert.Contains(t, output, "stack:decrypt", "%v", arguments)
	}

	// The ciphertext of one stack opens with no other's key, of which the caller may decrypt.
	token := p.sandbox.TokenFor(servertest.Identity{User: "bo"})
	_, after, _ := strings.Cut(exported, `"ciphertext": "`)
	ciphertext, _, _ := strings.Cut(after, `"`)
	require.NotEmpty(t, ciphertext)
	for stack, status := range map[string]int{"payments/prod": http.StatusForbidden, "web/prod": http.StatusBadRequest} {
		got, _ := p.sandbox.Call(token, "POST", "/api/stacks/acme/"+stack+"/decrypt", map[string]any{"ciphertext": ciphertext})
		assert.Equal(t, status, got, stack)
		got, _ = p.sandbox.Call(token, "POST", "/api/stacks/acme/"+stack+"/batch-decrypt", map[string]any{"ciphertexts": []string{ciphertext}})
		assert.Equal(t, status, got, stack)
	}
}
