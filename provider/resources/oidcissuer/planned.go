package oidcissuer

import (
	"context"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/graph"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/ptr"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/resources/kit"
)

// plannedAccess says that only the update can tell what identities outside get. It evaluates invariants again once the policies are written.
func plannedAccess(_ context.Context, _ kit.Op, _ *State, desired Args) (string, graph.Changes) {
	return ptr.Value(desired.Organization), graph.Changes{{Unknown: []graph.Blind{{
		What: "the policies of issuer " + desired.Name, Hides: "identities outside that get tokens",
	}}}}
}
