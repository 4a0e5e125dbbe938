package e2e

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Whoever tries roles and members by hand has the CLI, whose requests leave out what the service does not need.
func TestOrganizationCommands(t *testing.T) {
	t.Parallel()
	p := newFolder(t, organization+"teams: [{name: payments, members: [bo]}]\n")
	ana := p.login("ana", p.sandbox.Token)
	details := func(scope string) string {
		file := filepath.Join(p.root, "details.json")
		text := `{"__type": "PermissionDescriptorAllow", "permissions": ["` + scope + `"]}`
		require.NoError(t, os.WriteFile(file, []byte(text), 0o600))
		return file
	}
	var made struct {
		Role struct{ ID, Name, Purpose string }
	}
	require.NoError(t, json.Unmarshal([]byte(ana.run("org", "role", "new", "reader", details("stack:read"), "--org", "acme", "--output", "json")), &made))
	assert.Equal(t, "reader/role", made.Role.Name+"/"+made.Role.Purpose)
	assert.Contains(t, ana.run("org", "role", "list", "--org", "acme"), "reader")

	assert.Contains(t, ana.run("org", "role", "edit", made.Role.ID, "--org", "acme", "--name", "editor"), "version: 2")
	ana.run("org", "role", "edit", made.Role.ID, "--org", "acme", "--details-file", details("stack:write"))
	assert.Contains(t, string(p.call("GET", "/api/orgs/acme/roles/"+made.Role.ID, nil)), "stack:write")

	ana.run("org", "role", "assign", made.Role.ID, "payments", "--org", "acme")
	assert.Contains(t, ana.fails("org", "role", "remove", made.Role.ID, "--org", "acme", "--yes"), "referenced by users or teams")
	p.call("DELETE", "/api/orgs/acme/teams/payments/roles/"+made.Role.ID, nil)
	ana.run("org", "member", "edit", "bo", "--org", "acme", "--fga-role-name", "editor")
	assert.Contains(t, ana.run("org", "member", "list", "--org", "acme"), "editor")
	ana.run("org", "member", "edit", "bo", "--org", "acme", "--role", "member")
	ana.run("org", "role", "remove", made.Role.ID, "--org", "acme", "--yes")
	assert.NotContains(t, ana.run("org", "role", "list", "--org", "acme"), "editor")
	ana.run("org", "member", "remove", "bo", "--org", "acme", "--yes")
	assert.NotContains(t, ana.run("org", "member", "list", "--org", "acme"), "bo ")
}
