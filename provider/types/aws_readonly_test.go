package types_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/types"
)

func TestAwsReadOnlyPolicy(t *testing.T) {
	t.Parallel()
	assert.Equal(t, "arn:aws:iam::aws:policy/ReadOnlyAccess", types.AWSReadOnlyAccess.ARN("aws"))
	assert.Equal(t, "arn:aws-cn:iam::aws:policy/job-function/ViewOnlyAccess", types.AWSViewOnlyAccess.ARN("aws-cn"))
	for _, value := range types.AwsReadOnlyPolicy("").Values() {
		assert.True(t, value.Value.Known())
	}
	assert.False(t, types.AwsReadOnlyPolicy("AdministratorAccess").Known())
}
