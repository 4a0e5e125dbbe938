package esc_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/esc"
)

func TestOpened(t *testing.T) {
	t.Parallel()
	for definition, want := range map[string][]string{
		"":               nil,
		"values: {a: b}": nil,
		"imports: [a/b, {c/d: {merge: false}}, old, e/f@3]":                 {"a/b", "c/d", "e/f@3", "old"},
		"values: {a: '${environments.p.e.x}-${environments[\"q\"].f[0]}'}":  {"p/e", "q/f"},
		"imports: [a/b]\nvalues: {a: '${environments.a.b.x}', b: '${x.y}'}": {"a/b"},
	} {
		names, err := esc.Opened(definition)
		require.NoError(t, err, definition)
		assert.Equal(t, want, names, definition)
	}
	for _, definition := range []string{"imports: 3", "imports: [[a]]", "{"} {
		_, err := esc.Opened(definition)
		assert.Error(t, err, definition)
	}
}
