package e2e

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/tests/harness/cloudplugin"
)

// TestMain makes the test binary the stand-in for a cloud's plugin when it runs under that plugin's name.
func TestMain(m *testing.M) {
	cloudplugin.Serve()
	os.Exit(run(m))
}

// cleanups remove what several tests share, after the last of them.
var cleanups []func() error

func run(m *testing.M) int {
	status := m.Run()
	for _, cleanup := range cleanups {
		if err := cleanup(); err != nil {
			fmt.Fprintln(os.Stderr, err)
			status = 1
		}
	}
	return status
}

// useCloud installs the stand-in for a cloud's plugin, as the version that the SDK asks for which the program uses. The
// components use the SDKs of the plugin: see pluginUses.
func (p *project) useCloud(name, version string) {
	p.t.Helper()
	environment, err := cloudplugin.Install(filepath.Join(p.root, "home"), name, version, p.sandbox.URL)
	require.NoError(p.t, err)
	p.cli = p.cli.With(environment...)
}

// pluginUses is the version of a module that the plugin is built with.
func pluginUses(t *testing.T, module string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "..", "go.mod"))
	require.NoError(t, err)
	found := regexp.MustCompile(`(?m)^\t` + regexp.QuoteMeta(module) + ` v(\S+)`).FindSubmatch(text)
	require.NotNil(t, found, "go.mod does not require %s", module)
	return string(found[1])
}
