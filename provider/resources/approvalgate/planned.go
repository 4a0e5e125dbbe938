package approvalgate

import (
	"context"
	"slices"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/access"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/graph"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/ptr"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/resources/kit"
)

// plannedAccess is whether the action needs an approval. It takes access from nobody: who may open with an approval may open.
func plannedAccess(_ context.Context, op kit.Op, _ *State, want Args) (string, graph.Changes) {
	organization := ptr.Value(want.Organization)
	if op.Unknown("project", "environment") || !ptr.Or(want.Enabled, true) {
		return organization, nil
	}
	return organization, graph.Changes{{Resource: func(t graph.Resource) graph.Resource {
		if t.Kind == access.Environment && t.Name == want.Project+"/"+want.Environment && !slices.Contains(t.Gated, string(want.Action)) {
			t.Gated = append(slices.Clone(t.Gated), string(want.Action))
		}
		return t
	}}}
}
