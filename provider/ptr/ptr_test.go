package ptr_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/ptr"
)

func TestAbsentValues(t *testing.T) {
	t.Parallel()
	assert.Equal(t, "a", ptr.Value(new("a")))
	assert.Empty(t, ptr.Value[string](nil))
	assert.Equal(t, 2, ptr.Or(new(2), 3))
	assert.Equal(t, 3, ptr.Or(nil, 3))
	assert.Equal(t, new("a"), ptr.NonZero("a"))
	assert.Nil(t, ptr.NonZero(""))
}
