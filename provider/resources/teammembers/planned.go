package teammembers

import (
	"context"
	"slices"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/graph"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/logins"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/ptr"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/resources/kit"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/resources/membership"
)

// plannedAccess is what the update changes of who is in the team: it adds people, and removes those whom it added and does not name any more.
func plannedAccess(_ context.Context, op kit.Op, before *State, desired Args) (string, graph.Changes) {
	organization := ptr.Value(desired.Organization)
	if op.Unknown("team") || op.Unknown(membership.Properties...) {
		return organization, graph.Changes{{Unknown: []graph.Blind{{
			What: "the people who are added to team " + desired.Team, Hides: "people who have what the team is granted",
		}}}}
	}
	people := desired.Active(op.Session.Now())
	var named []string
	if before != nil {
		named = before.Everybody()
	}
	named = append(named, desired.Everybody()...)
	return organization, graph.Changes{{Organization: func(o graph.Organization) graph.Organization {
		return o.WithTeam(desired.Team, func(t graph.Team) graph.Team {
			others := slices.DeleteFunc(slices.Clone(t.Members), func(login string) bool { return logins.Index(named, login) >= 0 })
			t.Members = slices.Concat(others, people)
			return t
		})
	}}}
}
