package docs

import (
	"os"
	"testing"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/tests/harness/cloudplugin"
)

// TestMain makes the test binary the stand-in for a cloud's plugin when it runs under that plugin's name.
func TestMain(m *testing.M) {
	cloudplugin.Serve()
	os.Exit(m.Run())
}
