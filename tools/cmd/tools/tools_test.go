package main

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
)

// inTools runs a test in the folder that has go.mod, as the command is run.
func inTools(t *testing.T) {
	t.Helper()
	t.Chdir(filepath.Join("..", ".."))
}

func TestInstalledCLI(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("the fake CLI is a shell script")
	}
	for _, tc := range []struct {
		name, version string
		host, ok      bool
		says          string
	}{
		{name: "as pinned", version: "v3.259.0", host: true, ok: true},
		{name: "without a v", version: "3.259.0", host: true, ok: true},
		{name: "newer", version: "v3.300.1", host: true, ok: true},
		{name: "older", version: "v3.258.9", host: true, says: "v3.259.0 or newer is needed"},
		{name: "prerelease of the pin", version: "v3.259.0-alpha.1", host: true, says: "or newer is needed"},
		{name: "no version", version: "", host: true, says: "its version is"},
		{name: "no YAML host", version: "v3.259.0", says: "neither beside it nor on PATH"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			inTools(t)
			dir := t.TempDir()
			script(t, filepath.Join(dir, "pulumi"), "echo "+tc.version)
			if tc.host {
				script(t, filepath.Join(dir, languageHost), "exit 0")
			}
			t.Setenv("PATH", dir)
			var log bytes.Buffer
			got, ok := onPath(t.Context(), &log)
			if ok != tc.ok || (ok && got != dir) || !strings.Contains(log.String(), tc.says) {
				t.Errorf("got %q, %v, said %q; want %v, %q", got, ok, log.String(), tc.ok, tc.says)
			}
		})
	}
}

func TestNoInstalledCLI(t *testing.T) {
	inTools(t)
	t.Setenv("PATH", t.TempDir())
	if dir, ok := onPath(t.Context(), io.Discard); ok {
		t.Errorf("got %q, want none", dir)
	}
}

func script(t *testing.T, path, body string) {
	t.Helper()
	if err := os.WriteFile(path, []byte("#!/bin/sh\n"+body+"\n"), 0o700); err != nil {
		t.Fatal(err)
	}
}

func TestEnsureBuildsOnceForSeveral(t *testing.T) {
	inTools(t)
	t.Setenv("LEASTPRIVILEGE_CACHE", t.TempDir())
	var builds atomic.Int64
	fill := func(dir string) error {
		builds.Add(1)
		return os.WriteFile(filepath.Join(dir, "program"), nil, 0o700)
	}
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			dir, err := ensure(lintTools, io.Discard, fill)
			if err != nil || !exists(filepath.Join(dir, "program")) {
				t.Errorf("got %q, %v; want a directory with the program", dir, err)
			}
		})
	}
	all.Wait()
	if builds.Load() != 1 {
		t.Errorf("built %d times, want once", builds.Load())
	}
}

func TestEnsureLeavesNothingHalfDone(t *testing.T) {
	inTools(t)
	cache := t.TempDir()
	t.Setenv("LEASTPRIVILEGE_CACHE", cache)
	broken := errors.New("broken")
	_, err := ensure(lintTools, io.Discard, func(dir string) error {
		_ = os.WriteFile(filepath.Join(dir, "half"), nil, 0o600)
		return broken
	})
	if !errors.Is(err, broken) {
		t.Errorf("got %v, want %v", err, broken)
	}
	left, _ := filepath.Glob(filepath.Join(cache, "*"))
	if len(left) != 1 || !strings.HasSuffix(left[0], ".lock") {
		t.Errorf("left %q, want the lock only", left)
	}
}

func TestFailedBuildSaysWhy(t *testing.T) {
	inTools(t)
	set := toolset{Name: "none", Dir: ".", Programs: []program{{Name: "none", Package: "./cmd/none"}}}
	err := build(t.Context(), set, t.TempDir(), io.Discard)
	if err == nil || !strings.Contains(err.Error(), "cmd/none") {
		t.Errorf("got %v, want an error that names the package", err)
	}
}

func TestLinkedVersion(t *testing.T) {
	inTools(t)
	flags, err := pulumiTools.linkFlags(pulumiTools.Programs[0])
	if want := versionFlag + "=3.259.0"; err != nil || !strings.HasSuffix(flags, want) {
		t.Errorf("got %q, %v; want %q at the end", flags, err, want)
	}
}
