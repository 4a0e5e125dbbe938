package entityaccess

import (
	"context"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/graph"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/ptr"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/resources/kit"
)

// plannedAccess says that only the update can tell what becomes of the grants. It evaluates invariants again once they are written.
func plannedAccess(_ context.Context, _ kit.Op, _ *State, desired Args) (string, graph.Changes) {
	return ptr.Value(desired.Organization), graph.Changes{{Unknown: []graph.Blind{{
		What: "the grants on " + desired.state().entity().String(), Hides: "who holds a grant of their own there",
	}}}}
}
