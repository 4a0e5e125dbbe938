package machinetoken

import (
	"context"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/graph"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/ptr"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/resources/kit"
)

// plannedAccess is the token that the update makes.
func plannedAccess(ctx context.Context, op kit.Op, before *State, want Args) (string, graph.Changes) {
	organization, change, generation := ptr.Value(want.Organization), graph.Change{}, 1
	if before != nil {
		if !dueOf(*before, want, op.Session.Now()).rotate && !op.Unknown("team", "roleId", "name") {
			return organization, nil
		}
		generation = before.Generation + 1
	}
	role, told, certain := op.PlannedRole(ctx, organization, "roleId", want.RoleID)
	told = told && !op.Unknown("team", "name")
	token := graph.Token{Name: generationName(want.Name, generation), Team: ptr.Value(want.Team), Role: role}
	if !told || !certain {
		change.Unknown = []graph.Blind{{What: "the role or team of token " + want.Name, Hides: "what the token may do"}}
	}
	if !told {
		return organization, graph.Changes{change}
	}
	if before == nil {
		// A name that was ever used is not free, which no list says.
		change.Unknown = append(change.Unknown, graph.Blind{What: "the name of the new token, which may not be " + token.Name, Hides: "whether it is one of the tokens that are allowed"})
	}
	change.Organization = func(o graph.Organization) graph.Organization { return o.WithToken(token) }
	return organization, graph.Changes{change}
}
