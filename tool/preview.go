package main

import (
	"fmt"
	"os"
	"slices"
	"time"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/graph"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/preview"
)

// applyPreview is the snapshot as an update that was previewed would leave the organization, and what cannot be told before the update. path is
// the output of `pulumi preview --json`.
func applyPreview(from graph.Snapshot, path string) (graph.Snapshot, []graph.Blind, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return graph.Snapshot{}, nil, fmt.Errorf("reading the preview: %w", err)
	}
	parsed, err := preview.Parse(text)
	if err != nil {
		return graph.Snapshot{}, nil, fmt.Errorf("reading %s: %w", path, err)
	}
	result := parsed.Apply(from.Organization, time.Now())
	return graph.Snapshot{Taken: from.Taken, Organization: result.Organization, Blind: slices.Concat(from.Blind, result.Unknown)}, result.Unknown, nil
}
