package resources_test

import (
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/property"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// The preview of a create says that the name is taken, by what, and how to take it over or to keep what was renamed. A free name
// says nothing. A look costs one call.
func TestPreviewSaysThatANameIsTaken(t *testing.T) {
	t.Parallel()
	for kind, inputs := range map[string]map[string]any{
		"Role":          {"name": "lookers", "access": map[string]any{"scopes": []string{"audit_logs:read"}}},
		"PermissionSet": {"name": "lookers", "entityType": "stack", "scopes": []string{"stack:read"}},
		"Environment":   {"project": "payments", "name": "new", "definition": "values: {}"},
		"Team":          {"name": "lookers"},
		"MachineToken":  {"name": "ci", "team": "payments", "expiresIn": "30d"},
	} {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, withTeam)
			free := w.resource(kind)
			_, err := free.preview(inputs)
			require.NoError(t, err)
			assert.NotContains(t, free.said(), "already")
			theirs := w.resource(kind)
			require.NoError(t, theirs.up(inputs))

			ours := w.resource(kind)
			_, err = ours.preview(inputs)
			require.NoError(t, err, "the same update may free the name")
			said := ours.said()
			assert.Contains(t, said, "already")
			assert.Contains(t, said, "aliases: [{name: OLD-NAME}]")
			if kind != "MachineToken" {
				assert.Contains(t, said, theirs.id)
			}
		})
	}
}

// An import of a DeploymentRole says whether the stack is missing, or its deployment settings.
func TestDeploymentRoleImportOfNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t, estate)
	require.ErrorContains(t, w.resource("DeploymentRole").adopt("acme/payments/dev"), "has no deployment settings, so there is nothing to import")
	require.ErrorContains(t, w.resource("DeploymentRole").adopt("acme/payments/none"), `Stack "none" of project "payments" does not exist`)
}

// What a preview says of a resource with secret inputs holds none of them.
func TestPreviewSaysNoSecretInput(t *testing.T) {
	t.Parallel()
	w := newWorld(t, withTeam)
	require.NoError(t, w.resource("Role").up(map[string]any{"name": "lookers", "access": map[string]any{"scopes": []string{"audit_logs:read"}}}))
	ours := w.resource("Role")
	_, err := ours.preview(map[string]any{
		"name": property.New("lookers").WithSecret(true), "access": map[string]any{"scopes": []string{"audit_logs:read"}},
	})
	require.NoError(t, err)
	said := ours.said()
	assert.Contains(t, said, "exists already")
	assert.NotContains(t, said, "lookers")
}
