package types_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/types"
)

func TestParseDays(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]int{"1d": 1, "90d": 90, "24h": 1, "2160h": 90, "3650d": 3650} {
		got, err := types.ParseDays(text)
		assert.NoError(t, err, text)
		assert.Equal(t, want, got, text)
	}
	for _, text := range []string{"", "0d", "36h", "3651d", "90", "-1d", "1d1s"} {
		_, err := types.ParseDays(text)
		assert.Error(t, err, text)
	}
}

func TestCheckTokenLife(t *testing.T) {
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
		for _, one := range types.CheckTokenLife(test.life, test.rotate, test.grace) {
			paths += one.Path
		}
		assert.Equal(t, test.path, paths, "%+v", test)
	}
}
