package e2e

import (
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
)

// Programs in Python run with the SDK's wheel, installed into a virtual environment outside the repository.
var pythonLanguage = language{prepare: func(t *testing.T, _ string) []string {
	return []string{python(t), "-P", absolute(t, pythonTests, "driver.py")}
}}

var pythonTests = filepath.Join("..", "python")

const pythonSDK = "../../sdk/python"

// python is the interpreter of a virtual environment in which the SDK's wheel is installed, and what a user installs
// beside it.
func python(t *testing.T) string {
	t.Helper()
	interpreter, err := installedPython()
	require.NoError(t, err)
	return interpreter
}

// installedPython makes that environment once. What is installed depends on nothing but the files that name it, so later
// runs find it in the cache. Two layers, because the packages of others take half a minute and hardly ever change.
var installedPython = sync.OnceValues(func() (string, error) {
	base, err := cachedDirectory("python", []string{filepath.Join(pythonTests, "requirements.txt")}, installRequirements)
	if err != nil {
		return "", err
	}
	sdk, err := filesBelow(pythonSDK, func(entry fs.DirEntry) bool { return filepath.Ext(entry.Name()) == ".pyc" })
	if err != nil {
		return "", err
	}
	sources := append([]string{filepath.Join(pythonTests, "requirements.txt")}, sdk...)
	directory, err := cachedDirectory("python-sdk", sources, func(directory string) error { return installWheel(base, directory) })
	return filepath.Join(directory, "bin", "python"), err
})

func installRequirements(directory string) error {
	if err := command("python3", "-m", "venv", directory); err != nil {
		return err
	}
	return command(filepath.Join(directory, "bin", "python"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check",
		"--requirement", filepath.Join(pythonTests, "requirements.txt"))
}

// installWheel builds the wheel from a copy of the SDK, since a build leaves files behind, and installs it into a new
// environment that sees the packages of base.
func installWheel(base, directory string) error {
	building, err := os.MkdirTemp("", "leastprivilege-wheel-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(building)
	if err := os.CopyFS(filepath.Join(building, "sdk"), os.DirFS(pythonSDK)); err != nil {
		return err
	}
	pip := []string{"-m", "pip", "--quiet", "--disable-pip-version-check"}
	interpreter, wheels := filepath.Join(base, "bin", "python"), filepath.Join(directory, "wheels")
	if err := command("python3", "-m", "venv", "--without-pip", directory); err != nil {
		return err
	}
	err = command(interpreter, append(pip, "wheel", "--no-deps", "--no-build-isolation", "--wheel-dir", wheels, filepath.Join(building, "sdk"))...)
	if err != nil {
		return err
	}
	packages, err := sitePackages(directory)
	if err != nil {
		return err
	}
	beside, err := sitePackages(base)
	if err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(packages, "beside.pth"), []byte(beside+"\n"), 0o600); err != nil {
		return err
	}
	wheel, err := wheelIn(directory)
	if err != nil {
		return err
	}
	return command(interpreter, append(pip, "--python", filepath.Join(directory, "bin", "python"), "install", "--no-deps", "--no-index", wheel)...)
}

func wheelIn(directory string) (string, error) { return oneMatch(directory, "wheels", "*.whl") }

func sitePackages(directory string) (string, error) {
	return oneMatch(directory, "lib", "python*", "site-packages")
}
