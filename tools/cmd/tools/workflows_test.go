package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var pinned = regexp.MustCompile(`uses: [\w./-]+@[0-9a-f]{40} # v\d+(\.\d+)*$`)

// A tag can be moved to other code, a commit cannot.
func TestActionsArePinnedByCommit(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("../../../.github/workflows/*.yml")
	if err != nil || len(files) == 0 {
		t.Fatalf("no workflows: %v", err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(string(text)) {
			if strings.Contains(line, "uses:") && !pinned.MatchString(strings.TrimRight(line, "\n")) {
				t.Errorf("%s: %q is not pinned by its commit, with the version in a comment", filepath.Base(file), strings.TrimSpace(line))
			}
		}
	}
}

// What is released can be checked by those who download it, and what it is made of is checked before.
func TestReleasesCanBeChecked(t *testing.T) {
	t.Parallel()
	for file, parts := range map[string][]string{
		"release.yml": {
			"tools/bill.sh ", "cosign sign-blob ", "actions/attest-build-provenance@", "id-token: write", "attestations: write", "dist/*-checksums.txt",
			`gh release upload "$GITHUB_REF_NAME" "dist/$name.cdx.json" "dist/$name-checksums.txt.sigstore.json"`,
		},
		"pull-request.yml": {"make vulnerabilities", "make licences", "make lint"},
		"nightly.yml":      {"vulnerabilities"},
	} {
		text, err := os.ReadFile(filepath.Join("../../../.github/workflows", file))
		if err != nil {
			t.Fatal(err)
		}
		for _, part := range parts {
			if !strings.Contains(string(text), part) {
				t.Errorf("%s has no %q", file, part)
			}
		}
	}
}
