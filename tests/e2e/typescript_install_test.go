package e2e

import (
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
)

// Programs in TypeScript run with the SDK's packed tarball, which npm installs into a folder outside the repository,
// beside what the examples' own package.json files ask for. They are compiled with their own strict settings first.
var typeScript = language{prepare: func(t *testing.T, folder string) []string {
	output, err := compileTypeScript(t, folder)
	require.NoError(t, err, output)
	return []string{"node", absolute(t, nodejsTests, "driver.js")}
}}

const (
	nodejsTests = "../nodejs"
	nodejsSDK   = "../../sdk/nodejs"
	nodeModules = "node_modules"
)

// compileTypeScript compiles a program, to the folder bin beside it, and returns what the compiler says. A folder that
// has no settings of its own gets those of the quickstart.
func compileTypeScript(t *testing.T, folder string) (string, error) {
	t.Helper()
	installed := typeScriptModules(t)
	require.NoError(t, os.Symlink(installed, filepath.Join(folder, nodeModules)))
	settings := filepath.Join(folder, "tsconfig.json")
	if _, err := os.Stat(settings); err != nil {
		copyFile(t, filepath.Join(example("typescript", "quickstart"), "tsconfig.json"), settings)
	}
	compiler := exec.CommandContext(t.Context(), filepath.Join(installed, ".bin", "tsc"), "--project", folder, "--pretty", "false")
	compiler.Dir = folder
	output, err := compiler.CombinedOutput()
	return string(output), err
}

// typeScriptModules is a node_modules folder with the SDK and what a user installs beside it.
func typeScriptModules(t *testing.T) string {
	t.Helper()
	modules, err := installedNodeModules()
	require.NoError(t, err)
	return modules
}

// installedNodeModules installs once. What is installed depends on nothing but the files that name it, so later runs find
// it in the cache.
var installedNodeModules = sync.OnceValues(func() (string, error) {
	sources := []string{
		filepath.Join(nodejsTests, "package.json"), filepath.Join(nodejsTests, "package-lock.json"),
		"../../tools/node/pack.sh", "../../tools/node/package-lock.json", "../../LICENSE",
	}
	examples, err := filepath.Glob(filepath.Join(example("typescript"), "*", "package.json"))
	if err != nil {
		return "", err
	}
	sources = append(sources, examples...)
	sdk, err := filesBelow(nodejsSDK, func(entry fs.DirEntry) bool {
		return entry.IsDir() && (entry.Name() == "bin" || entry.Name() == nodeModules)
	})
	if err != nil {
		return "", err
	}
	sources = append(sources, sdk...)
	directory, err := cachedDirectory("nodejs", sources, func(directory string) error { return npmInstall(directory, examples) })
	return filepath.Join(directory, nodeModules), err
})

// npmInstall makes one npm workspace of the examples, so that npm holds what the lock pins against the ranges that each
// example asks for, and installs it. No package may need a script of its own to run.
func npmInstall(directory string, examples []string) error {
	for _, manifest := range examples {
		copied := filepath.Join(directory, "examples", filepath.Base(filepath.Dir(manifest)))
		if err := os.MkdirAll(copied, 0o700); err != nil {
			return err
		}
		if err := copyInto(copied, manifest); err != nil {
			return err
		}
	}
	for _, name := range []string{"package.json", "package-lock.json"} {
		if err := copyInto(directory, filepath.Join(nodejsTests, name)); err != nil {
			return err
		}
	}
	if err := packNodeSDK(filepath.Join(directory, "pulumi-leastprivilege.tgz")); err != nil {
		return err
	}
	return command("npm", "ci", "--prefix", directory, "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error")
}

// packNodeSDK packs the SDK as a release does.
func packNodeSDK(tarball string) error {
	if err := command("make", "-C", "../..", "tools/node/node_modules/.installed"); err != nil {
		return err
	}
	folder := filepath.Dir(tarball)
	if err := command("../../tools/node/pack.sh", folder); err != nil {
		return err
	}
	packed, err := oneMatch(folder, "pulumi-leastprivilege-*.tgz")
	if err != nil {
		return err
	}
	return os.Rename(packed, tarball)
}
