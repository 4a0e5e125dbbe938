package cloudplugin

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

const (
	executable = "pulumi-resource-"

	// sandboxVariable is the environment variable that tells a stand-in where the sandbox is.
	sandboxVariable = "LEASTPRIVILEGE_TEST_SANDBOX"
)

// Serve makes this process the plugin whose name it runs under, until the engine ends it, and exits. Under any other
// name it does nothing. Call it first thing in TestMain.
func Serve() {
	name, is := strings.CutPrefix(filepath.Base(os.Args[0]), executable)
	resources, known := packages[name]
	if !is || !known {
		return
	}
	_, version, _ := strings.Cut(filepath.Base(filepath.Dir(os.Args[0])), name+"-v")
	plugin := standIn{name: name, version: version, resources: resources, cloud: cloud{sandbox: os.Getenv(sandboxVariable)}}
	if err := serve(plugin); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(0)
}

// Install makes this very executable the plugin of a package in a Pulumi home, in the version that the package's SDK
// asks for. The commands that use it need the environment that it returns.
func Install(home, name, version, sandbox string) (environment []string, err error) {
	if _, known := packages[name]; !known {
		return nil, fmt.Errorf("there is no stand-in for the package %s", name)
	}
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	installed := filepath.Join(home, "plugins", "resource-"+name+"-v"+version)
	if err := os.MkdirAll(installed, 0o700); err != nil {
		return nil, err
	}
	return []string{sandboxVariable + "=" + sandbox}, os.Symlink(self, filepath.Join(installed, executable+name))
}
