package components_test

import (
	"context"
	"errors"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/property"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// What turns out wrong only when another child is made is the component's error, at the user's path, and says what to do.
func TestLateFailuresNameComponentAndPath(t *testing.T) {
	t.Parallel()
	e := newEngine(t)
	e.made = map[string]property.Map{"aws:iam/role:Role": property.NewMap(inputs{"arn": text("not-an-arn")})}
	_, err := e.construct("ProductionEnvironment", prodEnvironment(inputs{"accountId": text("123456789012")}), false)
	require.Error(t, err)
	assert.NotContains(t, err.Error(), "marshaling properties")
	assert.NotContains(t, err.Error(), "awaiting")
	assert.Contains(t, err.Error(), `ProductionEnvironment "x" failed`)
	assert.Contains(t, failedPaths(t, err), "aws.roleArn")
}

// An update that stops while a component is made says nothing about the values of that component.
func TestUnfinishedComponentsBlameNoValue(t *testing.T) {
	t.Parallel()
	for _, of := range []struct {
		refused   error
		said, not string
	}{
		{context.Canceled, "the update stopped at another resource", "Canceled"},
		{errors.New("no such plugin"), "no such plugin", "stopped"},
	} {
		e := newEngine(t)
		e.refused = map[string]error{"leastprivilege:index:Role": of.refused}
		_, err := e.construct("ScopedTeam", inputs{
			"name": text("payments"), "members": list(),
			"access": object(inputs{"scopes": list(text("audit_logs:read"))}),
		}, false)
		require.ErrorContains(t, err, of.said)
		require.ErrorContains(t, err, `ScopedTeam "x" is not finished`)
		require.ErrorContains(t, err, "run `pulumi up` again")
		assert.NotContains(t, err.Error(), of.not)
		assert.NotContains(t, err.Error(), "is wrong")
		assert.NotContains(t, err.Error(), "waiting for RPCs")
	}
}

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
