package e2e

import (
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
)

const goSDK = "github.com/pulumi-leastprivilege/pulumi-leastprivilege/sdk/go/leastprivilege"

// golang is how Go programs run: their package's test binary is the driver. `go test` compiles the program's files as they
// are, main.go with its main function included, together with driver_test.go, which takes `program` from them.
var golang = language{prepare: prepareGo}

func prepareGo(t *testing.T, folder string) []string {
	t.Helper()
	useGoSDK(t, folder)
	// What a user copies has to be complete before the driver adds its own dependencies.
	runGo(t, folder, "mod", "tidy", "-diff")
	copyFile(t, filepath.Join("testdata", "go", "driver_test.go"), filepath.Join(folder, "driver_test.go"))
	runGo(t, folder, "mod", "tidy")
	driver := filepath.Join(filepath.Dir(folder), "driver")
	runGo(t, folder, "test", "-c", "-vet=off", "-o", driver, ".")
	return []string{driver}
}

// useGoSDK puts a copy of the SDK's module, outside the repository, in place of the released one. A program that has no
// go.mod gets the quickstart's.
func useGoSDK(t *testing.T, folder string) {
	t.Helper()
	sdk, err := copyGoSDK()
	require.NoError(t, err)
	if _, err := os.Stat(filepath.Join(folder, "go.mod")); err != nil {
		for _, name := range []string{"go.mod", "go.sum"} {
			copyFile(t, filepath.Join(example("go", "quickstart"), name), filepath.Join(folder, name))
		}
	}
	runGo(t, folder, "mod", "edit", "-replace", goSDK+"="+sdk)
}

// copyGoSDK copies the SDK once, because the compiler's cache knows a replaced module by its path.
var copyGoSDK = sync.OnceValues(func() (string, error) {
	folder, err := os.MkdirTemp("", "leastprivilege-sdk-go-")
	if err != nil {
		return "", err
	}
	cleanups = append(cleanups, func() error { return os.RemoveAll(folder) })
	return folder, os.CopyFS(folder, os.DirFS(filepath.Join("..", "..", "sdk", "go", "leastprivilege")))
})

func runGo(t *testing.T, folder string, arguments ...string) {
	t.Helper()
	output, err := goCommand(t, folder, arguments...)
	require.NoError(t, err, "go %v\n%s", arguments, output)
}

func goCommand(t *testing.T, folder string, arguments ...string) (string, error) {
	t.Helper()
	command := exec.CommandContext(t.Context(), "go", arguments...)
	command.Dir = folder
	command.Env = append(os.Environ(), "GOWORK=off", "GOFLAGS=-mod=readonly")
	output, err := command.CombinedOutput()
	return string(output), err
}
