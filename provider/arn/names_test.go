package arn_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/arn"
)

func TestSessionName(t *testing.T) {
	t.Parallel()
	require.Equal(t, "payments-dev", arn.SessionName("payments", "dev"))
	require.Equal(t, "a-b-c.d", arn.SessionName("a b", "c.d"))
	require.Len(t, arn.SessionName(strings.Repeat("é", 50), strings.Repeat("x", 50)), 64)
}
