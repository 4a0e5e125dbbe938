package permissionset

import (
	"context"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/access"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/graph"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/ptr"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/resources/kit"
)

// plannedAccess is what the update changes of who has access. A set that is created is granted to nobody yet.
func plannedAccess(_ context.Context, op kit.Op, before *State, desired Args) (string, graph.Changes) {
	organization := ptr.Value(desired.Organization)
	if before == nil {
		return organization, nil
	}
	if op.Unknown("scopes", "name") {
		return organization, graph.Changes{{Unknown: []graph.Blind{{What: "the scopes of permission set " + before.Name, Hides: "what it gives"}}}}
	}
	return organization, graph.Changes{{Organization: func(o graph.Organization) graph.Organization {
		return o.WithRecord(before.PermissionSetID, graph.Record{Name: desired.Name, Descriptor: access.Allowed{Permissions: desired.Scopes}})
	}}}
}
