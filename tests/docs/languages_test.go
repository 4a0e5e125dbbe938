package docs

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

const goSDK = "github.com/pulumi-leastprivilege/pulumi-leastprivilege/sdk/go/leastprivilege"

// TestGo compiles and vets the Go programs: a package for each, in a module that has the SDK by replacement.
func TestGo(t *testing.T) {
	t.Parallel()
	programs := of(blocks(t), "go", "")
	require.NotEmpty(t, programs)
	module, sdk := t.TempDir(), absolute(t, "sdk/go/leastprivilege")
	// Its dependencies and their checksums are those of the SDK, so that nothing is resolved here.
	mod := strings.Replace(read(t, filepath.Join(sdk, "go.mod")), "module "+goSDK, "module example.com/docs", 1)
	mod += fmt.Sprintf("\nrequire %s v0.0.0\n\nreplace %s => %s\n", goSDK, goSDK, sdk)
	write(t, filepath.Join(module, "go.mod"), mod)
	write(t, filepath.Join(module, "go.sum"), read(t, filepath.Join(sdk, "go.sum")))
	for i, program := range programs {
		write(t, filepath.Join(module, fmt.Sprintf("program%d", i), "main.go"), lineDirective(program)+program.text)
	}
	// Vetting compiles, and spares linking a binary for each program.
	command(t, module, "go", "vet", "-mod=mod", "./...")
}

// lineDirective makes the compiler name the page.
func lineDirective(b block) string {
	return fmt.Sprintf("//line %s:%d\n", filepath.Base(b.page), b.line)
}

// TestTypeScript type-checks the TypeScript programs in the strict mode of the SDK's own settings.
func TestTypeScript(t *testing.T) {
	t.Parallel()
	programs := of(blocks(t), "typescript", "")
	require.NotEmpty(t, programs)
	folder, modules := t.TempDir(), filepath.Join(absolute(t, "tools/node"), "node_modules")
	install(t, "tools/node/node_modules/.installed")
	var files []string
	for _, program := range programs {
		files = append(files, fileName(program)+".ts")
		write(t, filepath.Join(folder, fileName(program)+".ts"), padded(program))
	}
	config, err := json.Marshal(map[string]any{
		"extends": filepath.Join(absolute(t, "sdk/nodejs"), "tsconfig.json"),
		"compilerOptions": map[string]any{
			"noEmit": true, "declaration": false, "declarationMap": false,
			"typeRoots": []string{filepath.Join(modules, "@types")},
			"paths": map[string][]string{
				"pulumi-leastprivilege": {filepath.Join(absolute(t, "sdk/nodejs"), "index.ts")},
				"*":                     {filepath.Join(modules, "*")},
			},
		},
		"files": files,
	})
	require.NoError(t, err)
	write(t, filepath.Join(folder, "tsconfig.json"), string(config))
	command(t, folder, filepath.Join(modules, ".bin", "tsc"), "--project", folder)
}

// TestPython checks the types of the Python programs.
func TestPython(t *testing.T) {
	t.Parallel()
	programs := of(blocks(t), "python", "")
	require.NotEmpty(t, programs)
	install(t, "tools/python/.venv/.installed")
	folder := t.TempDir()
	for _, program := range programs {
		write(t, filepath.Join(folder, fileName(program)+".py"), padded(program))
	}
	write(t, filepath.Join(folder, "mypy.ini"), fmt.Sprintf("[mypy]\nfiles = %s\nmypy_path = %s\nstrict = True\n\n"+
		"[mypy-pulumi_leastprivilege.*]\nignore_errors = True\n", folder, absolute(t, "sdk/python")))
	command(t, folder, filepath.Join(absolute(t, "tools/python"), ".venv", "bin", "mypy"), "--config-file", "mypy.ini")
}

var notInName = regexp.MustCompile(`\W+`)

// fileName and padded make a checker name the page and its line.
func fileName(b block) string { return notInName.ReplaceAllString(b.String(), "_") }

func padded(b block) string { return strings.Repeat("\n", b.line-1) + b.text }

// install has the Makefile install a language's tools, unless it has done so already.
func install(t *testing.T, target string) {
	t.Helper()
	command(t, root, "make", target)
}

// command runs a command; what it prints is the failure.
func command(t *testing.T, directory, name string, arguments ...string) {
	t.Helper()
	run := exec.CommandContext(t.Context(), name, arguments...)
	run.Dir = directory
	run.Env = append(os.Environ(), "GOFLAGS=", "GOWORK=off", "MAKEFLAGS=")
	output, err := run.CombinedOutput()
	require.NoError(t, err, "%s %s\n%s", name, strings.Join(arguments, " "), output)
}

func absolute(t *testing.T, path string) string {
	t.Helper()
	found, err := filepath.Abs(filepath.Join(root, path))
	require.NoError(t, err)
	return found
}

func read(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	return string(text)
}

func write(t *testing.T, path, text string) {
	t.Helper()
	require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o700))
	require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
}
