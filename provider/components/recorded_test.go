package components_test

import (
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/property"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Every component is registered with the inputs that the program gave: the state, policy packs and exports show them. What is
// secret stays secret, and what is unknown unknown.
func TestComponentInputsAreRecorded(t *testing.T) {
	t.Parallel()
	for component, in := range map[string]inputs{
		"OrganizationBaseline":  {"defaultStackPermission": text("none"), "membersCanCreateTeams": property.New(false)},
		"ScopedTeam":            {"name": text("web"), "members": list(secret(text("bo"))), "access": object(inputs{"scopes": list(text("audit_logs:read"))})},
		"BreakGlass":            emergency(inputs{"description": secret(text("for nights")), "displayName": unknown()}),
		"ProductionEnvironment": guardedEnvironment(inputs{"values": object(inputs{"password": secret(text("marked")), "port": property.New(5432.0)})}),
		"ReadOnlyCloudAccess":   readOnly(inputs{"aws": object(inputs{"accountId": text("123456789012")})}),
		"SecretStoreEnvironment": secretStores(inputs{
			"accountId": secret(text("123456789012")), "inlinePolicies": object(inputs{"own": secret(text("{}"))}),
		}),
		"DeploymentRoleAssignment": {"project": text("payments"), "stack": text("prod"), "roleId": secret(text("role-1"))},
		"CiTrust":                  ciGitHub(inputs{"repository": text("acme/web"), "branches": list(secret(text("main")))}, inputs{"team": text("web"), "name": unknown()}),
		"TieredAccess":             {"teams": list(tieredTeam("a", inputs{"description": secret(text("what it does")), "members": list(unknown())}))},
	} {
		t.Run(component, func(t *testing.T) {
			t.Parallel()
			e := newEngine(t)
			_, err := e.construct(component, in, true)
			require.NoError(t, err)
			assert.Equal(t, property.NewMap(in), e.child("leastprivilege:index:"+component, "x").Inputs)
		})
	}
}
