package azureid_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/azureid"
)

func TestNames(t *testing.T) {
	t.Parallel()
	for name, good := range map[string]bool{"abc": true, strings.Repeat("n", 128): true, "ab": false, strings.Repeat("n", 129): false, "-ab": false, "a b": false, "a.b": false} {
		assert.Equal(t, good, azureid.BadIdentityName(name) == "", name)
	}
	for name, good := range map[string]bool{"a": true, "rg (1).x_-é": false, "rg(1).x_-é": true, strings.Repeat("n", 90): true, strings.Repeat("n", 91): false, "": false, "a.": false, "a/b": false} {
		assert.Equal(t, good, azureid.BadResourceGroup(name) == "", name)
	}
}
