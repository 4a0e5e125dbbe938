package shortlist_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/shortlist"
)

func TestListsUpToALimitAndCountsTheRest(t *testing.T) {
	t.Parallel()
	assert.Equal(t, "a, b and 3 more", shortlist.Of([]string{"a", "b", "c", "d", "e"}, 2))
	assert.Equal(t, "a, b", shortlist.Of([]string{"a", "b"}, 2))
	assert.Equal(t, "", shortlist.Of(nil, 2))
	assert.Equal(t, "a; b; and 1 more", shortlist.Joined([]string{"a", "b", "c"}, 2, "; ", "; and "))
}
