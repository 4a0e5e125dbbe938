package components_test

import (
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
