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
