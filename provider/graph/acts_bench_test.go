package graph_test

import (
	"fmt"
	"testing"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/access"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/graph"
)

// large is an organization of n users, each of whom owns an environment, in teams with roles by tags.
func large(n int) graph.Organization {
	o := graph.Organization{
		Login: "acme", MemberRole: "member", AdminRole: "admin", Catalogue: access.NewCatalogue(nil),
		Records: map[string]graph.Record{
			"member": {Name: "Member", Identifier: "member", Descriptor: access.Allowed{Permissions: []string{"environment:create"}}},
			"admin":  {Name: "Admin", Identifier: "admin", Descriptor: access.Allowed{}},
		},
	}
	o.Users = append(o.Users, graph.User{Login: "ana", Role: "admin"})
	for i := range 20 {
		role := fmt.Sprintf("role-%d", i)
		tier := access.Equal{Left: access.Tag{Context: access.Context{Kind: access.Environment}, Key: "team"}, Right: access.LiteralString{Value: fmt.Sprint(i)}}
		scopes := access.LevelScopes(access.Environment, access.Open)
		if i%2 == 0 {
			scopes = access.LevelScopes(access.Environment, access.Write)
		}
		o.Records[role] = graph.Record{Name: role, Descriptor: access.Group{Entries: []access.Descriptor{
			access.Condition{Condition: tier, SubNode: access.Allowed{Permissions: scopes}},
		}}}
		o.Teams = append(o.Teams, graph.Team{Name: fmt.Sprintf("team-%d", i), Roles: []string{role}})
	}
	for i := range n {
		login := fmt.Sprintf("user-%d", i)
		o.Users = append(o.Users, graph.User{Login: login, Role: "member"})
		team := &o.Teams[i%20]
		team.Members = append(team.Members, login)
		o.Environments = append(o.Environments, graph.Resource{
			Entity: access.Entity{Kind: access.Environment, ID: fmt.Sprint("id ", i), Tags: map[string]string{"team": fmt.Sprint(i % 20)}},
			Name:   fmt.Sprintf("p/e%d", i), Owner: login, Definition: &graph.Definition{},
		})
	}
	return o
}

// One question to a thousand users who own an environment each finds all who get there.
func TestActsOfALargeOrganization(t *testing.T) {
	t.Parallel()
	index := graph.NewIndex(large(300))
	prod, _ := index.Entity(access.Environment, "p/e7")
	answer := index.WhoCanIndirect("environment:open", prod)
	indirect := 0
	for _, p := range answer.Principals {
		if p.Indirect {
			indirect++
		}
	}
	if len(answer.Principals) < 300 || indirect < 250 {
		t.Errorf("%d principals, %d of them by acts", len(answer.Principals), indirect)
	}
}

func BenchmarkWhoCanIndirect(b *testing.B) {
	index := graph.NewIndex(large(1000))
	prod, _ := index.Entity(access.Environment, "p/e7")
	for b.Loop() {
		index.WhoCanIndirect("environment:open", prod)
	}
}

func BenchmarkEscalations(b *testing.B) {
	index := graph.NewIndex(large(1000))
	for b.Loop() {
		index.Escalations(nil, "", nil)
	}
}
