package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os/exec"
	"strings"

	"github.com/blang/semver"
)

// errNoRelease says why there is nothing to compare with.
var errNoRelease = errors.New("no release yet (no tag vX.Y.Z)")

type git struct{ dir string }

type release struct {
	tag     string
	version semver.Version
}

// releases returns the last release before the current commit, and the version that the commit itself is tagged with
// (zero without one). Prereleases promise nothing, so they are no last release.
func (g git) releases(ctx context.Context) (last release, planned semver.Version, err error) {
	if _, err := g.run(ctx, "rev-parse", "--git-dir"); err != nil {
		return last, planned, fmt.Errorf("%w: %w", errNoRelease, err)
	}
	all, err := g.versions(ctx, "tag", "--list", "v*")
	if err != nil {
		return last, planned, err
	}
	here, err := g.versions(ctx, "tag", "--list", "v*", "--points-at", "HEAD")
	if err != nil {
		return last, planned, err
	}
	for _, version := range here {
		planned = newer(planned, version)
		delete(all, "v"+version.String())
	}
	for tag, version := range all {
		if len(version.Pre) == 0 && version.GT(last.version) {
			last = release{tag: tag, version: version}
		}
	}
	if last.tag == "" {
		return last, planned, g.noRelease(ctx)
	}
	return last, planned, nil
}

func newer(a, b semver.Version) semver.Version {
	if b.GT(a) {
		return b
	}
	return a
}

// noRelease tells a repository without releases from a clone that did not fetch them.
func (g git) noRelease(ctx context.Context) error {
	shallow, err := g.run(ctx, "rev-parse", "--is-shallow-repository")
	if err != nil {
		return err
	}
	if strings.TrimSpace(string(shallow)) == "true" {
		return fmt.Errorf("%w in this shallow clone; `git fetch --tags` gets those that there are", errNoRelease)
	}
	return errNoRelease
}

// versions are the versions by tag in what a git command lists. Other tags are passed over.
func (g git) versions(ctx context.Context, arguments ...string) (map[string]semver.Version, error) {
	out, err := g.run(ctx, arguments...)
	if err != nil {
		return nil, err
	}
	versions := map[string]semver.Version{}
	for tag := range strings.FieldsSeq(string(out)) {
		if version, err := semver.Parse(strings.TrimPrefix(tag, "v")); err == nil {
			versions[tag] = version
		}
	}
	return versions, nil
}

// file is a file's content at a tag.
func (g git) file(ctx context.Context, tag, name string) ([]byte, error) {
	return g.run(ctx, "show", tag+":"+name)
}

func (g git) run(ctx context.Context, arguments ...string) ([]byte, error) {
	command := exec.CommandContext(ctx, "git", arguments...)
	command.Dir = g.dir
	var problem bytes.Buffer
	command.Stderr = &problem
	out, err := command.Output()
	if err != nil {
		return nil, fmt.Errorf("git %s: %w: %s", strings.Join(arguments, " "), err, strings.TrimSpace(problem.String()))
	}
	return out, nil
}
