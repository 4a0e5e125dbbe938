package e2e

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/server/servertest"
)

// Roles grant a permission set, a change of it reaches their holders at once, and it is not deleted from under them.
func TestPermissionSet(t *testing.T) {
	t.Parallel()
	const program = `
resources:
  look:
    type: leastprivilege:PermissionSet
    properties: {name: stack-look, entityType: stack, scopes: [%s]}
  team:
    type: leastprivilege:ScopedTeam
    properties:
      name: support
      members: [bo]
      access:
        stacks:
          - {all: true, permissionSet: '${look.permissionSetId}'}
`
	p := newProject(t, organization, replaced(program, "'stack:read'"))
	before := string(p.sandbox.State())
	p.up()
	p.up("--expect-no-changes")
	bo := p.sandbox.TokenFor(servertest.Identity{User: "bo"})
	const dev = "/api/stacks/acme/payments/dev"
	assert.Equal(t, http.StatusOK, p.status(bo, "GET", dev))
	assert.Equal(t, http.StatusForbidden, p.status(bo, "GET", dev+"/export"))

	p.program(replaced(program, "'stack:read', 'stack:export'"))
	log := p.calls(func() { p.up() })
	assert.Equal(t, map[string]int{"PATCH /api/orgs/{orgName}/roles/{roleID}": 1}, log.Routes)
	assert.NotEqual(t, http.StatusForbidden, p.status(bo, "GET", dev+"/export"))

	// Somebody else's role grants it as well: the destroy stops there, and says so.
	id := p.only("PermissionSet").Outputs["permissionSetId"]
	other := p.call("POST", "/api/orgs/acme/roles?createPolicyAndRole=true", map[string]any{
		"name": "auditors", "description": "", "uxPurpose": "role", "resourceType": "global",
		"details": map[string]any{"__type": "PermissionDescriptorCompose", "permissionDescriptors": []any{id}},
	})
	refused := p.fails(append([]string{"destroy"}, unattended...)...)
	assert.Contains(t, refused, `Permission set "stack-look" is granted by role auditors`)
	assert.Contains(t, refused, "Take it out of them")
	p.call("DELETE", "/api/orgs/acme/roles/"+between(string(other), `"id":"`, `"`), nil)
	p.destroy()
	assert.Equal(t, before, string(p.sandbox.State()))
}
