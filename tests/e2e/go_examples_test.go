package e2e

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

// The quickstart in Go makes the same organization as the one in YAML.
func TestGoQuickstart(t *testing.T) {
	t.Parallel()
	a := golang.newAutomated(t, quickstartSeed(t), example("go", "quickstart"))
	a.checkLifecycle(func() {
		assert.JSONEq(t, string(yamlQuickstart(t)), string(a.sandbox.State()))
	})
}
