package team

import (
	"context"
	"slices"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/graph"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/logins"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/ptr"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/resources/kit"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/resources/membership"
)

// plannedAccess is what the update changes of who is in the team.
func plannedAccess(_ context.Context, op kit.Op, before *State, desired Args) (string, graph.Changes) {
	organization, name, kind := ptr.Value(desired.Organization), ptr.Value(desired.Name), ""
	change := graph.Change{}
	if before != nil {
		name, kind = before.Name, before.Kind
	} else {
		change.CreatesTeam = name
	}
	members := []graph.Blind{{What: "the members of team " + name, Hides: "people who have what the team is granted"}}
	if op.Unknown("name") || op.Unknown(membership.Properties...) || before == nil && desired.GitHubTeamID != nil {
		change.Unknown = members
		return organization, graph.Changes{change}
	}
	if before != nil && !desired.managesMembers(kind) {
		return organization, nil
	}
	people := desired.Active(op.Session.Now())
	change.Organization = func(o graph.Organization) graph.Organization {
		return o.WithTeam(name, func(t graph.Team) graph.Team {
			switch {
			case !desired.managesMembers(kind):
			case desired.adds():
				t.Members = people
			default: // those who are missing are added by a TeamMembers
				t.Members = slices.DeleteFunc(slices.Clone(t.Members), func(login string) bool { return logins.Index(people, login) < 0 })
			}
			return t
		})
	}
	return organization, graph.Changes{change}
}
