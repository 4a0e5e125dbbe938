package tokenlife_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/tokenlife"
)

func TestCheck(t *testing.T) {
	t.Parallel()
	some := func(s string) *string { return &s }
	for _, test := range []struct {
		life          string
		rotate, grace *string
		path          string // "" for none
	}{
		{"30d", nil, nil, ""},
		{"730d", some("7d"), some("1h"), ""},
		{"731d", nil, nil, "expiresIn"},
		{"soon", some("7d"), nil, "expiresIn"},
		{"1500ms", nil, nil, "expiresIn"},
		{"30d", some("often"), nil, "rotateBefore"},
		{"30d", some("30d"), nil, "rotateBefore"},
		{"30d", some("20d"), some("10d"), "rotateBefore"},
		{"30d", nil, some("30d"), "gracePeriod"},
	} {
		paths := ""
		for _, one := range tokenlife.Check(test.life, test.rotate, test.grace) {
			paths += one.Path
		}
		assert.Equal(t, test.path, paths, "%+v", test)
	}
}
