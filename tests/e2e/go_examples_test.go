package e2e

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// The quickstart in Go makes the same organization as the one in YAML.
func TestGoQuickstart(t *testing.T) {
	t.Parallel()
	golang.checkQuickstart(t, example("go", "quickstart"))
}

// The platform repository makes a team, environments and deployment roles for every product, from a few records.
func TestGoPlatform(t *testing.T) {
	t.Parallel()
	folder := example("go", "platform")
	seed, err := os.ReadFile(filepath.Join(folder, "organization.yaml"))
	require.NoError(t, err)
	a := golang.newAutomated(t, string(seed), folder)
	a.checkLifecycle(func() { checkPlatform(a) })
}

func TestGoTrust(t *testing.T) {
	t.Parallel()
	golang.checkTrust(t, example("go", "trust"), "7.41.0")
}

func TestGoValues(t *testing.T) {
	t.Parallel()
	golang.checkValues(t, filepath.Join("testdata", "go", "values"))
}
