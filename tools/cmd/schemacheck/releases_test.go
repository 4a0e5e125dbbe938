package main

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// history is a repository of a test's own.
type history struct {
	t   *testing.T
	dir string
}

func newHistory(t *testing.T) history {
	t.Helper()
	h := history{t, t.TempDir()}
	h.git("init", "--quiet")
	return h
}

func (h history) git(arguments ...string) {
	h.t.Helper()
	command := exec.Command("git", append([]string{"-c", "user.name=test", "-c", "user.email=test@example.org", "-c", "commit.gpgsign=false", "-c", "tag.gpgsign=false"}, arguments...)...)
	command.Dir = h.dir
	command.Env = append(os.Environ(), "GIT_CONFIG_GLOBAL="+os.DevNull, "GIT_CONFIG_NOSYSTEM=1")
	if out, err := command.CombinedOutput(); err != nil {
		h.t.Fatalf("git %v: %v\n%s", arguments, err, out)
	}
}

// commit commits a schema of that version, whose Team has these inputs, under the tags.
func (h history) commit(version, inputs string, tags ...string) {
	h.t.Helper()
	h.write(version, inputs)
	h.git("add", schemaFile)
	h.git("commit", "--quiet", "--allow-empty", "--message", version)
	for _, tag := range tags {
		h.git("tag", tag)
	}
}

func (h history) write(version, inputs string) {
	h.t.Helper()
	properties := ""
	for name := range strings.FieldsSeq(inputs) {
		properties += `, "` + name + `": {"type": "string"}`
	}
	text := `{"name": "sample", "version": "` + version + `", "resources": {"sample:index:Team": {"inputProperties": {` + strings.TrimPrefix(properties, ", ") + `}}}}`
	if err := os.WriteFile(filepath.Join(h.dir, schemaFile), []byte(text), 0o600); err != nil {
		h.t.Fatal(err)
	}
}

func TestAgainstTheLastRelease(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name string
		make func(history)
		says string // on standard output
		err  string
	}{
		{"no release", func(h history) { h.commit("0.1.0", "a", "nightly", "version-1") }, "compared with nothing: no release yet", ""},
		{"nothing broken", func(h history) { h.commit("0.1.0", "a", "v0.1.0"); h.commit("0.1.0", "a b") }, "breaks no program that was written for v0.1.0", ""},
		{"newest by number, not by name", func(h history) {
			h.commit("0.1.0", "old", "v0.9.0")
			h.commit("0.1.0", "a", "v0.10.0")
			h.commit("0.1.0", "a")
		}, "written for v0.10.0", ""},
		{"a prerelease is not a release", func(h history) {
			h.commit("0.1.0", "a", "v0.1.0")
			h.commit("0.1.0", "a b", "v0.2.0-rc.1")
			h.commit("0.1.0", "a")
		}, "written for v0.1.0", ""},
		{"broken", func(h history) { h.commit("1.2.0", "a b", "v1.2.0"); h.commit("1.2.0", "b") }, "", "resource Team, input a: removed or renamed"},
		{"broken, and what to do", func(h history) { h.commit("1.2.0", "a b", "v1.2.0"); h.commit("1.2.0", "b") }, "", "to 2.0.0, run make generate"},
		{"broken before 1.0", func(h history) { h.commit("0.1.0", "a b", "v0.1.5"); h.commit("0.1.0", "b") }, "", "to 0.2.0, run make generate"},
		{"not committed yet", func(h history) { h.commit("1.2.0", "a b", "v1.2.0"); h.commit("1.2.0", "a b"); h.write("1.2.0", "b") }, "", "input a: removed or renamed"},
		{"announced by the schema's version", func(h history) { h.commit("1.2.0", "a b", "v1.2.0"); h.commit("2.0.0", "b") }, "version 2.0.0 breaks programs", ""},
		{"announced by the tag of the release", func(h history) { h.commit("1.2.0", "a b", "v1.2.0"); h.commit("1.2.0", "b", "v2.0.0") }, "version 2.0.0 breaks programs", ""},
		{"the release's tag announces too little", func(h history) { h.commit("1.2.0", "a b", "v1.2.0"); h.commit("1.2.0", "b", "v1.3.0") }, "", "written for v1.2.0"},
		{"no schema in the release", func(h history) {
			h.git("commit", "--quiet", "--allow-empty", "--message", "empty")
			h.git("tag", "v0.1.0")
			h.commit("0.1.0", "a")
		}, "", "v0.1.0:schema.json"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			h := newHistory(t)
			tc.make(h)
			wantRun(t, h.dir, tc.says, tc.err)
		})
	}
}

func wantRun(t *testing.T, dir, says, problem string) {
	t.Helper()
	var out bytes.Buffer
	err := run(t.Context(), dir, &out)
	if !strings.Contains(out.String(), says) {
		t.Errorf("it said %q, want %q", out.String(), says)
	}
	switch {
	case problem == "" && err != nil:
		t.Errorf("got %v, want no error", err)
	case problem != "" && (err == nil || !strings.Contains(err.Error(), problem)):
		t.Errorf("got %v, want an error with %q", err, problem)
	}
}

func TestOutsideOfARepository(t *testing.T) {
	t.Parallel()
	h := history{t, t.TempDir()}
	h.write("0.1.0", "a")
	wantRun(t, h.dir, "not a git repository", "")
}

func TestShallowClone(t *testing.T) {
	t.Parallel()
	h := newHistory(t)
	h.commit("0.1.0", "a", "v0.1.0")
	h.commit("0.1.0", "b")
	clone := history{t, t.TempDir()}
	clone.git("clone", "--quiet", "--depth", "1", "--no-tags", "file://"+filepath.ToSlash(h.dir), ".")
	wantRun(t, clone.dir, "git fetch --tags", "")
}
