// Command schemacheck reports what schema.json changed since the last release that breaks the programs of users.
//
//	go -C tools run ./cmd/schemacheck
//
// It must run in the folder tools. The last release is the newest tag vX.Y.Z that is not of the current commit. `make
// check-schema` runs it.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/blang/semver"
	"github.com/pulumi/pulumi/pkg/v3/codegen/schema"
)

const schemaFile = "schema.json"

func main() {
	root := flag.String("root", "..", "the repository")
	flag.Parse()
	if err := run(context.Background(), *root, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "schemacheck:", err)
		os.Exit(1)
	}
}

// run compares, and says on out what it compared. What breaks users is its error.
func run(ctx context.Context, root string, out io.Writer) error {
	current, err := os.ReadFile(filepath.Join(root, schemaFile))
	if err != nil {
		return err
	}
	now, err := parse(current)
	if err != nil {
		return err
	}
	repository := git{dir: root}
	last, planned, err := repository.releases(ctx)
	switch {
	case errors.Is(err, errNoRelease):
		fmt.Fprintf(out, "schema.json is compared with nothing: %v\n", err)
		return nil
	case err != nil:
		return err
	}
	released, err := repository.file(ctx, last.tag, schemaFile)
	if err != nil {
		return err
	}
	then, err := parse(released)
	if err != nil {
		return fmt.Errorf("%s: %w", last.tag, err)
	}
	return verdict(last, latest(planned, now.Version), compare(then, now), out)
}

func parse(data []byte) (schema.PackageSpec, error) {
	var spec schema.PackageSpec
	if err := json.Unmarshal(data, &spec); err != nil {
		return spec, fmt.Errorf("%s is not a Pulumi package schema: %w", schemaFile, err)
	}
	return spec, nil
}

// latest is the version that the next release will have, as far as it is known: that of the commit's tag, or what the
// schema says, whichever is newer.
func latest(planned semver.Version, schemaVersion string) semver.Version {
	if version, err := semver.Parse(schemaVersion); err == nil && version.GT(planned) {
		return version
	}
	return planned
}

// verdict refuses changes that break users unless the next version announces them.
func verdict(last release, next semver.Version, changes []change, out io.Writer) error {
	if len(changes) == 0 {
		fmt.Fprintf(out, "schema.json breaks no program that was written for %s\n", last.tag)
		return nil
	}
	var list strings.Builder
	for _, c := range changes {
		fmt.Fprintf(&list, "\n  %s", c)
	}
	announces := nextBreaking(last.version)
	if next.GTE(announces) {
		fmt.Fprintf(out, "version %s breaks programs that were written for %s, as its number announces:%s\n", next, last.tag, &list)
		return nil
	}
	return fmt.Errorf(`schema.json breaks programs that were written for %s:%s
Keep what they use: leave the old name beside the new one with a deprecation message, make a new input optional.
If it must break, set Version in provider/provider.go to %s, run make generate, and say in CHANGELOG.md how to migrate`,
		last.tag, &list, announces)
}

// nextBreaking is the lowest version that may break users of v: the next major one, before 1.0 the next minor one.
func nextBreaking(v semver.Version) semver.Version {
	if v.Major == 0 {
		return semver.Version{Minor: v.Minor + 1}
	}
	return semver.Version{Major: v.Major + 1}
}
