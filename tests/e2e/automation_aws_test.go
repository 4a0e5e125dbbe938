package e2e

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/tests/harness/awsplugin"
)

// TestMain makes the test binary the stand-in for the AWS plugin when it runs under that plugin's name.
func TestMain(m *testing.M) {
	if filepath.Base(os.Args[0]) != awsplugin.Name {
		os.Exit(run(m))
	}
	if err := awsplugin.Serve(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
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

// useAWS installs the stand-in as the AWS plugin of a version, which is that of the AWS SDK that the program uses.
func (p *project) useAWS(version string) {
	p.t.Helper()
	self, err := os.Executable()
	require.NoError(p.t, err)
	installed := filepath.Join(p.root, "home", "plugins", "resource-aws-v"+version)
	require.NoError(p.t, os.MkdirAll(installed, 0o700))
	require.NoError(p.t, os.Symlink(self, filepath.Join(installed, awsplugin.Name)))
	p.cli = p.cli.With(awsplugin.SandboxVariable + "=" + p.sandbox.URL)
}
