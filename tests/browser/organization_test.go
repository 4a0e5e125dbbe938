package browser_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/access"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/graph"
)

// ordered are the levels of environments and stacks, weakest first: what the expectations are made of.
var ordered = map[string][]access.Level{
	"environment": {access.None, access.Read, access.Open, access.Write, access.Admin},
	"stack":       {access.None, access.Read, access.Write, access.Admin},
}

// drawn is an organization of grants on single entities, with the strongest level of everybody on everything as it follows from them.
type drawn struct {
	graph.Organization
	Strongest map[string]access.Level // by `user u1, environment p/e1`
}

// drawnOrganization draws one: users are in teams, teams are granted levels, owners administer what they own.
func drawnOrganization(seed uint64, users, teams, environments, stacks int) drawn {
	random := rand.New(rand.NewPCG(seed, 1))
	out := drawn{Organization: graph.Organization{
		Login: "acme", MemberRole: "member", AdminRole: "admin", Catalogue: access.NewCatalogue(nil),
		Defaults: graph.Defaults{Stack: access.Read, Environment: access.None},
		Records: map[string]graph.Record{
			"member": {Name: "Member", Identifier: "member", Descriptor: access.Allowed{Permissions: []string{"environment:create"}}, Assignable: true},
			"admin":  {Name: "Admin", Identifier: "admin", Descriptor: access.Allowed{}, Assignable: true},
		},
	}, Strongest: map[string]access.Level{}}
	for i := range users {
		out.Users = append(out.Users, graph.User{Login: fmt.Sprintf("user-%03d", i), Role: "member", Suspended: i%17 == 16})
	}
	out.Users = append(out.Users, graph.User{Login: "ana", Role: "admin"})
	for i := range teams {
		team := graph.Team{Name: fmt.Sprintf("team-%02d", i), Stacks: map[string]graph.Held{}, Environments: map[string]graph.Held{}}
		for _, user := range out.Users {
			if random.IntN(teams) < 2 {
				team.Members = append(team.Members, user.Login)
			}
		}
		out.Teams = append(out.Teams, team)
	}
	for i := range environments {
		name := fmt.Sprintf("project-%d/env-%04d", i%7, i)
		t := graph.Resource{
			Entity: access.Entity{Kind: access.Environment, ID: fmt.Sprint("env ", i), Tags: map[string]string{"tier": []string{"dev", "prod"}[i%2]}},
			Name:   name, Owner: out.Users[random.IntN(len(out.Users))].Login, Definition: &graph.Definition{},
		}
		if i%5 == 0 {
			t.Gated = []string{"open"}
			t.Gates = []graph.Gate{{ID: "g", Action: "open", Approvals: 1, Teams: []string{out.Teams[0].Name}}}
		}
		out.Environments = append(out.Environments, t)
		out.grant(random, "environment", name)
	}
	for i := range stacks {
		name := fmt.Sprintf("project-%d/stack-%04d", i%7, i)
		out.Stacks = append(out.Stacks, graph.Resource{Entity: access.Entity{Kind: access.Stack, ID: fmt.Sprint("stack ", i)}, Name: name})
		out.grant(random, "stack", name)
	}
	return out
}

// grant grants an entity to some teams, and notes what follows for everybody.
func (d *drawn) grant(random *rand.Rand, kind, name string) {
	levels := ordered[kind]
	granted := map[string]access.Level{}
	for i := range d.Teams {
		if random.IntN(6) > 0 {
			continue
		}
		level := levels[1+random.IntN(len(levels)-1)]
		granted[d.Teams[i].Name] = level
		held := d.Teams[i].Stacks
		if kind == "environment" {
			held = d.Teams[i].Environments
		}
		held[name] = graph.Held{Level: level}
	}
	byDefault, owner := access.Read, ""
	if kind == "environment" {
		byDefault, owner = access.None, d.Environments[len(d.Environments)-1].Owner
	}
	stronger := func(a, b access.Level) access.Level {
		return levels[max(slices.Index(levels, a), slices.Index(levels, b))]
	}
	for _, team := range d.Teams {
		strongest := byDefault
		if level, is := granted[team.Name]; is {
			strongest = stronger(strongest, level)
		}
		d.Strongest["team "+team.Name+", "+kind+" "+name] = strongest
	}
	for _, user := range d.Users {
		strongest, note := byDefault, ""
		for _, team := range d.Teams {
			if level, is := granted[team.Name]; is && slices.Contains(team.Members, user.Login) {
				strongest = stronger(strongest, level)
			}
		}
		switch {
		case user.Suspended:
			strongest, note = access.None, " (suspended)"
		case user.Login == owner || user.Role == "admin":
			strongest = access.Admin
		}
		d.Strongest["user "+user.Login+note+", "+kind+" "+name] = strongest
	}
}

var taken = time.Date(2026, 11, 28, 9, 0, 0, 0, time.UTC)
