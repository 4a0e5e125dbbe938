package main

import "github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/graph"

// applyPreview is the snapshot as an update that was previewed would leave the organization. path is the output of `pulumi preview --json`.
func applyPreview(graph.Snapshot, string) (graph.Snapshot, error) {
	return graph.Snapshot{}, misused("--preview is not available in this version: compare two snapshots with --after")
}
