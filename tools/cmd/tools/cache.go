package main

import (
	"context"
	"crypto/sha256"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"

	"github.com/rogpeppe/go-internal/lockedfile"
)

// cached returns the directory that holds the toolset, after building it if it is not there.
func cached(ctx context.Context, set toolset, log io.Writer) (string, error) {
	return ensure(set, log, func(dir string) error { return build(ctx, set, dir, log) })
}

// ensure returns the toolset's directory. What fill makes appears there whole or not at all, and two processes that
// need the same tools do the work once.
func ensure(set toolset, log io.Writer, fill func(dir string) error) (string, error) {
	dir, err := set.directory()
	if err != nil {
		return "", err
	}
	if exists(dir) {
		return dir, nil
	}
	if err := os.MkdirAll(filepath.Dir(dir), 0o755); err != nil {
		return "", err
	}
	fmt.Fprintf(log, "tools: %s is not there yet, building (the first time takes %s; the result is kept)\n", dir, set.Takes)
	unlock, err := lockedfile.MutexAt(dir + ".lock").Lock()
	if err != nil {
		return "", fmt.Errorf("waiting for another build of the tools: %w", err)
	}
	defer unlock()
	if exists(dir) { // another process built it while this one waited
		return dir, nil
	}
	fresh, err := os.MkdirTemp(filepath.Dir(dir), filepath.Base(dir)+".new-*")
	if err != nil {
		return "", err
	}
	defer os.RemoveAll(fresh)
	if err := fill(fresh); err != nil {
		return "", err
	}
	if err := os.Chmod(fresh, 0o755); err != nil {
		return "", err
	}
	return dir, os.Rename(fresh, dir)
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// directory names the toolset's place by everything that its content depends on.
func (s toolset) directory() (string, error) {
	base, err := cacheBase()
	if err != nil {
		return "", err
	}
	hash := sha256.New()
	fmt.Fprintln(hash, runtime.Version(), runtime.GOOS, runtime.GOARCH)
	for _, p := range s.Programs {
		flags, err := s.linkFlags(p)
		if err != nil {
			return "", err
		}
		fmt.Fprintln(hash, p.Name, p.Package, flags)
	}
	sum, err := os.ReadFile(filepath.Join(s.Dir, "go.sum"))
	if err != nil {
		return "", err
	}
	hash.Write(sum)
	return filepath.Join(base, fmt.Sprintf("%s-%x", s.Name, hash.Sum(nil)[:6])), nil
}

func cacheBase() (string, error) {
	if dir := os.Getenv("LEASTPRIVILEGE_CACHE"); dir != "" {
		return filepath.Abs(dir)
	}
	dir, err := os.UserCacheDir()
	if err != nil {
		return "", fmt.Errorf("%w: set LEASTPRIVILEGE_CACHE to a directory", err)
	}
	return filepath.Join(dir, "pulumi-leastprivilege"), nil
}
