package deploymentrole

import (
	"context"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/graph"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/ptr"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/resources/kit"
)

// plannedAccess is the role that the stack's deployments get.
func plannedAccess(ctx context.Context, op kit.Op, _ *State, desired Args) (string, graph.Changes) {
	organization, change := ptr.Value(desired.Organization), graph.Change{}
	role, told, certain := op.PlannedRole(ctx, organization, "roleId", desired.RoleID)
	told = told && !op.Unknown("project", "stack")
	if !told || !certain {
		change.Unknown = []graph.Blind{{What: "the role of deployments of stack " + desired.Project + "/" + desired.Stack, Hides: "what they may do"}}
	}
	if !told {
		return organization, graph.Changes{change}
	}
	change.Organization = func(o graph.Organization) graph.Organization {
		return o.WithDeployment(desired.Project+"/"+desired.Stack, role)
	}
	return organization, graph.Changes{change}
}
