package e2e

import (
	"context"
	"crypto/sha256"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
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
	sources := []string{filepath.Join(pythonTests, "requirements.txt")}
	err = filepath.WalkDir(pythonSDK, func(path string, entry fs.DirEntry, err error) error {
		if err == nil && entry.Type().IsRegular() && filepath.Ext(path) != ".pyc" {
			sources = append(sources, path)
		}
		return err
	})
	if err != nil {
		return "", err
	}
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

func oneMatch(pattern ...string) (string, error) {
	found, err := filepath.Glob(filepath.Join(pattern...))
	if err == nil && len(found) != 1 {
		err = fmt.Errorf("%d files match %s", len(found), filepath.Join(pattern...))
	}
	if err != nil {
		return "", err
	}
	return found[0], nil
}

// cachedDirectory returns a directory that fill made, now or in an earlier run with the same sources. It appears whole
// or not at all.
func cachedDirectory(name string, sources []string, fill func(directory string) error) (string, error) {
	root, err := cacheRoot()
	if err != nil {
		return "", err
	}
	hash := sha256.New()
	version, err := exec.CommandContext(context.Background(), "python3", "-VV").Output()
	if err != nil {
		return "", fmt.Errorf("python3: %w", err)
	}
	hash.Write(version)
	for _, source := range sources {
		content, err := os.ReadFile(source)
		if err != nil {
			return "", err
		}
		fmt.Fprintf(hash, "%s %d\n%s", filepath.ToSlash(source), len(content), content)
	}
	directory := filepath.Join(root, fmt.Sprintf("%s-%x", name, hash.Sum(nil)[:8]))
	if _, err := os.Stat(directory); err == nil {
		return directory, nil
	}
	if err := os.MkdirAll(root, 0o755); err != nil {
		return "", err
	}
	fresh, err := os.MkdirTemp(root, name+".new-*")
	if err != nil {
		return "", err
	}
	defer os.RemoveAll(fresh)
	if err := fill(fresh); err != nil {
		return "", err
	}
	if err := os.Rename(fresh, directory); err != nil {
		if _, there := os.Stat(directory); there != nil {
			return "", err
		} // another process was faster
	}
	return directory, nil
}

// cacheRoot is where the repository's tools are kept as well.
func cacheRoot() (string, error) {
	if directory := os.Getenv("LEASTPRIVILEGE_CACHE"); directory != "" {
		return filepath.Abs(directory)
	}
	directory, err := os.UserCacheDir()
	return filepath.Join(directory, "pulumi-leastprivilege"), err
}

// command runs a program whose output matters only when it fails.
func command(program string, arguments ...string) error {
	output, err := exec.CommandContext(context.Background(), program, arguments...).CombinedOutput()
	if err != nil {
		return fmt.Errorf("%s %s: %w\n%s", program, strings.Join(arguments, " "), err, output)
	}
	return nil
}

func absolute(t *testing.T, path ...string) string {
	t.Helper()
	found, err := filepath.Abs(filepath.Join(path...))
	require.NoError(t, err)
	return found
}
