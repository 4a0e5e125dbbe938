package graph_test

import (
	"fmt"
	"testing"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/access"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/graph"
)

// A change of a role that a team of all people holds, and of what everybody has by default, on 1,000 environments with 1,000 people in 50 teams.
func BenchmarkDifferences(b *testing.B) {
	before := graph.Organization{Login: "acme", MemberRole: "member", AdminRole: "admin", Records: map[string]graph.Record{
		"member": {Name: "Member", Identifier: "member", Descriptor: access.Allowed{}}, "admin": {Name: "Admin", Identifier: "admin", Descriptor: access.Allowed{}},
		"role": {Name: "role", Descriptor: access.Allowed{Permissions: []string{"environment:read"}}},
	}}
	everybody := graph.Team{Name: "everybody", Roles: []string{"role"}}
	for i := range 1000 {
		login := fmt.Sprintf("u%04d", i)
		before.Users = append(before.Users, graph.User{Login: login, Role: "member"})
		everybody.Members = append(everybody.Members, login)
		before.Environments = append(before.Environments, graph.Resource{
			Entity: access.Entity{Kind: access.Environment, ID: fmt.Sprint(i)}, Name: fmt.Sprintf("p/e%04d", i), Definition: &graph.Definition{},
		})
	}
	before.Teams = []graph.Team{everybody}
	for i := range 50 {
		team := graph.Team{Name: fmt.Sprintf("t%02d", i), Environments: map[string]graph.Held{fmt.Sprintf("p/e%04d", i): {Level: "open"}}}
		for member := range 20 {
			team.Members = append(team.Members, fmt.Sprintf("u%04d", i*20+member))
		}
		before.Teams = append(before.Teams, team)
	}
	role := before.WithRecord("role", graph.Record{Name: "role", Descriptor: access.Allowed{Permissions: []string{"environment:read", "environment:open"}}})
	defaults := before
	defaults.Defaults.Environment = "write"
	for name, after := range map[string]graph.Organization{"role": role, "defaults": defaults, "nothing": before} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				graph.Differences(graph.NewIndex(before), graph.NewIndex(after))
			}
		})
	}
}
