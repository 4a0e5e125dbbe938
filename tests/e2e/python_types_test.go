package e2e

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestPythonTypes(t *testing.T) {
	t.Parallel()
	check := newTypeChecker(t)
	t.Run("right", func(t *testing.T) { checkRightPrograms(t, check) })
	t.Run("wrong", func(t *testing.T) { checkWrongProgram(t, check) })
}

// A type checker in strict mode has nothing to say about the examples, the snippet in the README, and what runs them.
func checkRightPrograms(t *testing.T, check typeChecker) {
	readme := t.TempDir()
	writePythonReadme(t, readme)
	for _, folder := range []string{
		example("python", "quickstart"), example("python", "platform"), example("python", "trust"), example("python", "access"),
		filepath.Join(pythonTests, "unknown"), filepath.Join(pythonTests, "values"), readme,
	} {
		assert.Empty(t, check(t, folder, "."), folder)
	}
	assert.Empty(t, check(t, pythonTests, "driver.py", "mocked.py", "metadata.py"))
}

// Each wrong line of a program is found by the type checker, and no other line is.
func checkWrongProgram(t *testing.T, check typeChecker) {
	folder := filepath.Join(pythonTests, "wrong")
	program, err := os.ReadFile(filepath.Join(folder, "__main__.py"))
	require.NoError(t, err)
	wanted := map[string]bool{}
	for i, line := range strings.Split(string(program), "\n") {
		if _, code, found := strings.Cut(line, "# wrong: "); found {
			wanted[fmt.Sprintf("line %d: %s", i+1, code)] = true
		}
	}
	require.Greater(t, len(wanted), 20)

	found := map[string]bool{}
	for _, message := range check(t, folder, ".") {
		parts := typeError.FindStringSubmatch(message)
		require.NotNil(t, parts, message)
		found[fmt.Sprintf("line %s: %s", parts[1], parts[2])] = true
	}
	assert.Equal(t, wanted, found)
}

var typeError = regexp.MustCompile(`^__main__\.py:(\d+): error: .*\[([a-z-]+)\]$`)

// typeChecker checks files of a folder, as they lie there once it was copied out of the repository, and answers mypy's
// errors.
type typeChecker func(t *testing.T, folder string, files ...string) []string

// newTypeChecker returns a checker that remembers what it read of the packages.
func newTypeChecker(t *testing.T) typeChecker {
	t.Helper()
	interpreter, settings, cache := python(t), absolute(t, pythonTests, "mypy.ini"), t.TempDir()
	// mypy itself is a package of the environment that programs run in.
	arguments := []string{"-m", "mypy", "--config-file", settings, "--cache-dir", cache, "--no-error-summary"}
	return func(t *testing.T, folder string, files ...string) []string {
		t.Helper()
		outside := t.TempDir()
		require.NoError(t, os.CopyFS(outside, os.DirFS(folder)))
		mypy := exec.CommandContext(t.Context(), interpreter, append(arguments[:len(arguments):len(arguments)], files...)...)
		mypy.Dir = outside
		output, err := mypy.Output()
		var messages []string
		for line := range strings.Lines(string(output)) {
			if line = strings.TrimSpace(line); line != "" && !strings.Contains(line, ": note: ") {
				messages = append(messages, line)
			}
		}
		require.Equal(t, err != nil, len(messages) > 0, "mypy ended with %v and said %s", err, output)
		return messages
	}
}

// A program written from a README alone runs, in a folder outside the repository.
func TestPythonReadmes(t *testing.T) {
	t.Parallel()
	for name, path := range map[string]string{"repository": repositoryReadme, "package": "../../sdk/python/README.md"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			source := t.TempDir()
			writeReadme(t, source, path, "python", "__main__.py", "python")
			pythonLanguage.checkReadme(t, source)
		})
	}
}

func writePythonReadme(t *testing.T, folder string) {
	t.Helper()
	writeReadme(t, folder, repositoryReadme, "python", "__main__.py", "python")
}

// The wheel says what it is, brings its types, and names where its plugin is found; what it needs is what is installed.
func TestPythonWheel(t *testing.T) {
	t.Parallel()
	interpreter := python(t)
	output, err := exec.CommandContext(t.Context(), interpreter, "-P", absolute(t, pythonTests, "metadata.py")).CombinedOutput()
	require.NoError(t, err, string(output))
	wheel, err := wheelIn(filepath.Dir(filepath.Dir(interpreter)))
	require.NoError(t, err)
	assert.Regexp(t, `^pulumi_leastprivilege-\d+\.\d+\.\d+-py3-none-any\.whl$`, filepath.Base(wheel))
}
