package graph_test

import (
	"testing"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/graph"
)

// FuzzParseSnapshot reads any text as a snapshot. What is read can be written, and is read again as the same.
func FuzzParseSnapshot(f *testing.F) {
	f.Add([]byte(`{"schema":"leastprivilege/snapshot","version":1,"organization":{"Login":"acme"}}`))
	empty, err := graph.MarshalSnapshot(graph.Snapshot{Organization: graph.Organization{Login: "acme"}})
	if err != nil {
		f.Fatal(err)
	}
	f.Add(empty)
	f.Fuzz(func(t *testing.T, text []byte) {
		read, err := graph.ParseSnapshot(text)
		if err != nil {
			return
		}
		written, err := graph.MarshalSnapshot(read)
		if err != nil {
			t.Fatalf("what was read cannot be written: %v", err)
		}
		again, err := graph.ParseSnapshot(written)
		if err != nil {
			t.Fatalf("what was written cannot be read: %v", err)
		}
		if rewritten, err := graph.MarshalSnapshot(again); err != nil || string(rewritten) != string(written) {
			t.Fatalf("%s became %s (%v)", written, rewritten, err)
		}
	})
}
