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
	"testing"

	"github.com/stretchr/testify/require"
)

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

// filesBelow are the files of a folder, but for those that skip names and whatever lies in a folder that it names.
func filesBelow(root string, skip func(fs.DirEntry) bool) (files []string, err error) {
	err = filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case skip(entry) && entry.IsDir():
			return fs.SkipDir
		case !skip(entry) && entry.Type().IsRegular():
			files = append(files, path)
		}
		return nil
	})
	return files, err
}

// oneMatch is the one file that a pattern matches.
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

func copyInto(folder, file string) error {
	content, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(folder, filepath.Base(file)), content, 0o600)
}

func copyFile(t *testing.T, from, to string) {
	t.Helper()
	content, err := os.ReadFile(from)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(to, content, 0o600))
}
