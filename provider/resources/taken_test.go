package resources_test

import (
	"net/http"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/property"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/resourcetest"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/server/servertest"
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
			w := resourcetest.New(t, resourcetest.WithTeam)
			free := w.Resource(kind)
			_, err := free.Preview(inputs)
			require.NoError(t, err)
			assert.NotContains(t, free.Said(), "already")
			theirs := w.Resource(kind)
			require.NoError(t, theirs.Up(inputs))

			ours := w.Resource(kind)
			_, err = ours.Preview(inputs)
			require.NoError(t, err, "the same update may free the name")
			said := ours.Said()
			assert.Contains(t, said, "already")
			assert.Contains(t, said, "aliases: [{name: OLD-NAME}]")
			if kind != "MachineToken" {
				assert.Contains(t, said, theirs.ID)
			}
		})
	}
}

// An import of a DeploymentRole says whether the stack is missing, or its deployment settings.
func TestDeploymentRoleImportOfNothing(t *testing.T) {
	t.Parallel()
	w := resourcetest.New(t, resourcetest.Estate)
	require.ErrorContains(t, w.Resource("DeploymentRole").Adopt("acme/payments/dev"), "has no deployment settings, so there is nothing to import")
	require.ErrorContains(t, w.Resource("DeploymentRole").Adopt("acme/payments/none"), `Stack "none" of project "payments" does not exist`)
}

// What a preview says of a resource with secret inputs holds none of them.
func TestPreviewSaysNoSecretInput(t *testing.T) {
	t.Parallel()
	w := resourcetest.New(t, resourcetest.WithTeam)
	require.NoError(t, w.Resource("Role").Up(map[string]any{"name": "lookers", "access": map[string]any{"scopes": []string{"audit_logs:read"}}}))
	ours := w.Resource("Role")
	_, err := ours.Preview(map[string]any{
		"name": property.New("lookers").WithSecret(true), "access": map[string]any{"scopes": []string{"audit_logs:read"}},
	})
	require.NoError(t, err)
	said := ours.Said()
	assert.Contains(t, said, "exists already")
	assert.NotContains(t, said, "lookers")
}

// A gate that is there already is named with its id. One that the same update deletes makes the preview say so, and the update
// works. Where gates may not be listed, nothing is said of it.
func TestPreviewSaysThatAGateIsTaken(t *testing.T) {
	t.Parallel()
	w := resourcetest.New(t, resourcetest.Gated)
	w.Reviewers()
	free := w.Resource("ApprovalGate")
	_, err := free.Preview(resourcetest.GateOnProd(nil))
	require.NoError(t, err)
	assert.NotContains(t, free.Said(), "already")
	theirs := w.Resource("ApprovalGate")
	require.NoError(t, theirs.Up(resourcetest.GateOnProd(nil)))

	ours := w.Resource("ApprovalGate")
	_, err = ours.Preview(resourcetest.GateOnProd(nil))
	require.NoError(t, err)
	said := ours.Said()
	assert.Contains(t, said, "exists already")
	assert.Contains(t, said, theirs.ID)
	assert.Contains(t, said, "takeOver: true")
	_, err = ours.Preview(resourcetest.GateOnProd(map[string]any{"takeOver": true}))
	require.NoError(t, err)
	assert.NotContains(t, ours.Said(), "exists already")

	w.Fault(servertest.Fault{Match: resourcetest.ListGatesRoute, Status: http.StatusForbidden, Times: 10})
	blind := w.Resource("ApprovalGate")
	_, _ = blind.Preview(resourcetest.GateOnProd(nil))
	assert.NotContains(t, blind.Said(), "exists already")
}

// A name that the same update frees is at most a warning of the preview.
func TestANameFreedInTheSameUpdateIsNoFailure(t *testing.T) {
	t.Parallel()
	for kind, inputs := range map[string]map[string]any{
		"Role":          {"name": "lookers", "access": map[string]any{"scopes": []string{"audit_logs:read"}}},
		"PermissionSet": {"name": "lookers", "entityType": "stack", "scopes": []string{"stack:read"}},
		"Environment":   {"project": "payments", "name": "new", "definition": "values: {}", "deletionProtected": false},
		"Team":          {"name": "lookers"},
		"ApprovalGate":  resourcetest.GateOnProd(nil),
	} {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			w := resourcetest.New(t, resourcetest.Gated)
			w.Reviewers()
			before, after := w.Resource(kind), w.Resource(kind)
			require.NoError(t, before.Up(inputs))
			_, err := after.Preview(inputs)
			require.NoError(t, err)
			require.NoError(t, before.Destroy())
			require.NoError(t, after.Up(inputs))
			after.Settled(inputs)
		})
	}
}

// A child of a component is taken over by a command that names its parent. Where the process does not know the parent, the user puts it in.
func TestATakenNameInAComponentIsTakenOverWithItsParent(t *testing.T) {
	t.Parallel()
	w := resourcetest.New(t, resourcetest.WithTeam)
	ours := w.Resource("Team")
	ours.URN = "urn:pulumi:dev::platform::leastprivilege:index:ScopedTeam$leastprivilege:index:Team::x"
	_, err := ours.Preview(map[string]any{"name": "payments"})
	require.NoError(t, err)
	const command = "pulumi import leastprivilege:index:Team x acme/payments --parent parent=URN-OF-ITS-ScopedTeam --protect=false"
	said := ours.Said()
	assert.Contains(t, said, command)
	assert.Contains(t, said, "choose another name in the ScopedTeam")
	assert.Contains(t, said, "`existing: true`")
	failed := ours.Up(map[string]any{"name": "payments"})
	require.ErrorContains(t, failed, "choose another name in the ScopedTeam")
	require.ErrorContains(t, failed, command)
}
