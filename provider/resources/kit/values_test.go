package kit_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/resources/kit"
)

// Embedded are inputs that a struct embeds.
type Embedded struct{ Given, Empty, Absent *[]string }

type withLists struct {
	Embedded
	Own      *[]int
	Required []string
	Text     *string
}

// A list that is given and empty stays given; what is absent, or no list, stays as it is.
func TestKeepLists(t *testing.T) {
	t.Parallel()
	var none []string
	inputs := withLists{Embedded: Embedded{Given: &[]string{"a"}, Empty: &none}, Own: new([]int), Required: none}
	kit.KeepLists(&inputs, nil)
	assert.Equal(t, withLists{Embedded: Embedded{Given: &[]string{"a"}, Empty: &[]string{}}, Own: &[]int{}}, inputs)
	assert.Nil(t, none, "what the caller has is left alone")
}

// A list that is not known yet stays too; one that is absent stays absent.
func TestKeepListsThatAreNotKnownYet(t *testing.T) {
	t.Parallel()
	type withPlainLists struct {
		Unknown []string `pulumi:"unknown,optional"`
		Absent  []string `pulumi:"absent,optional"`
	}
	var inputs withPlainLists
	kit.KeepLists(&inputs, []string{"unknown"})
	assert.Equal(t, withPlainLists{Unknown: []string{}}, inputs)
}
