package graph_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"pgregory.net/rapid"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/access"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/graph"
)

func on(kind access.EntityKind, id string, level access.Level) access.Descriptor {
	return access.Condition{
		Condition: access.Equal{Left: access.Context{Kind: kind}, Right: access.LiteralEntity{Kind: kind, Identity: id}},
		SubNode:   access.Allowed{Permissions: access.LevelScopes(kind, level)},
	}
}

// acme has one grant of each sort.
func acme() graph.Organization {
	return graph.Organization{
		Records: map[string]graph.Record{
			"member":   {Name: "Member", Descriptor: access.Allowed{Permissions: []string{"environment:create"}}},
			"admin":    {Name: "Admin", Descriptor: access.Group{}},
			"openers":  {Name: "openers", Descriptor: access.Group{Entries: []access.Descriptor{on(access.Environment, "e1", access.Open)}}},
			"deployer": {Name: "deployer", Descriptor: on(access.Environment, "e1", access.Open)},
			"none":     {Name: "none", Descriptor: access.Group{}},
		},
		MemberRole: "member", AdminRole: "admin", DefaultRole: "member",
		Users: []graph.User{
			{Login: "ana", Role: "admin"}, {Login: "bo", Role: "member"}, {Login: "cy", Role: "openers"},
			{Login: "di", Role: "none"}, {Login: "eve", Role: "gone"},
		},
		Teams: []graph.Team{
			{Name: "payments", Members: []string{"bo", "di"}, Roles: []string{"openers"}},
			{Name: "guests", Members: []string{"bo"}, Environments: map[string]graph.Held{
				"payments/prod": {Level: access.Open, MaxOpen: time.Hour},
			}},
			{Name: "idle", Members: []string{"eve"}},
		},
		Tokens: []graph.Token{
			{Name: "robot", Admin: true}, {Name: "reader"}, {Name: "scoped", Role: "openers"},
			{Name: "payments-ci", Team: "payments"}, {Name: "orphan", Team: "deleted"},
		},
		Deployments: []graph.Deployment{{Stack: "payments/prod", Role: "deployer"}, {Stack: "web/prod"}},
	}
}

func prod() graph.Resource {
	return graph.Resource{
		Entity: access.Entity{Kind: access.Environment, ID: "e1"}, Name: "payments/prod", Gated: []string{"open"},
	}
}

func names(principals []graph.Principal) string {
	var all []string
	for _, p := range principals {
		all = append(all, string(p.Kind)+" "+p.Name)
	}
	return strings.Join(all, ", ")
}

func TestWhoCan(t *testing.T) {
	t.Parallel()
	o := acme()
	holders := graph.NewIndex(o).WhoCan("environment:open", prod()).Principals
	assert.Equal(t, "user ana, user bo, user cy, user di, team guests, team payments, "+
		"token payments-ci, token robot, token scoped, deployment payments/prod", names(holders))
	for _, p := range holders {
		assert.True(t, p.Gated, p.Name)
		assert.NotEmpty(t, p.Paths, p.Name)
	}
	assert.Equal(t, [][]string{
		{"team payments", "role openers", "environments: {project: payments, environment: prod, permission: open}"},
		{"team guests", "grant on the entity: open"},
	}, vias(holders[1].Paths), "every path is named, since each of them suffices")

	assert.Equal(t, "user ana, token robot", names(graph.NewIndex(o).WhoCan("environment:delete", prod()).Principals))
	other := prod()
	other.ID, other.Name = "e2", "payments/dev"
	assert.Equal(t, "user ana, token robot", names(graph.NewIndex(o).WhoCan("environment:open", other).Principals), "roles hold ids")
	other.Owner = "di"
	assert.Equal(t, "user ana, user di, token robot", names(graph.NewIndex(o).WhoCan("environment:delete", other).Principals))
}

// A default opens everything to members, to team tokens and to tokens without a role, and not to holders of custom roles.
func TestDefaults(t *testing.T) {
	t.Parallel()
	o := acme()
	o.Teams[0].Roles, o.Teams[1].Environments = nil, nil
	o.Defaults.Environment = access.Open
	assert.Equal(t, "user ana, user bo, user cy, team guests, team idle, team payments, token payments-ci, token reader, "+
		"token robot, token scoped, deployment payments/prod", names(graph.NewIndex(o).WhoCan("environment:open", prod()).Principals))
	o.DefaultRole = "none"
	assert.NotContains(t, names(graph.NewIndex(o).WhoCan("environment:open", prod()).Principals), "reader")
	o.DefaultDeploymentRole = "deployer"
	assert.Contains(t, names(graph.NewIndex(o).WhoCan("environment:open", prod()).Principals), "deployment web/prod")
}

func TestStacks(t *testing.T) {
	t.Parallel()
	o := acme()
	stack := graph.Resource{
		Entity: access.Entity{Kind: access.Stack, ID: "s1"}, Name: "payments/prod", Owner: "di",
		Direct: map[string]access.Level{"eve": access.Admin},
	}
	assert.Equal(t, "user ana, user eve, token robot, deployment payments/prod", names(graph.NewIndex(o).WhoCan("stack:delete", stack).Principals),
		"an owner of a stack has no rights by that")
	assert.False(t, graph.NewIndex(o).WhoCan("stack:delete", stack).Principals[0].Gated)
	held, found := graph.NewIndex(o).OfUser("eve", stack)
	assert.True(t, found)
	assert.Equal(t, access.Admin, graph.NewIndex(o).Level(held, access.Stack))
	assert.Equal(t, [][]string{{"collaborator of the stack: admin"}}, vias(held.Paths))
	for _, missing := range []bool{second(graph.NewIndex(o).OfUser("zed", stack)), second(graph.NewIndex(o).OfTeam("zed", stack)), second(graph.NewIndex(o).OfToken("zed", stack))} {
		assert.False(t, missing)
	}
}

func second[T any](_ T, ok bool) bool { return ok }

func vias(paths []graph.Path) [][]string {
	var all [][]string
	for _, p := range paths {
		all = append(all, p.StepTexts())
	}
	return all
}

// The strongest set that is wholly held, and how long an open lasts: the most generous of the bounds.
func TestLevelAndBounds(t *testing.T) {
	t.Parallel()
	o := acme()
	bo, _ := graph.NewIndex(o).OfUser("bo", prod())
	assert.Equal(t, access.Open, graph.NewIndex(o).Level(bo, access.Environment))
	assert.Zero(t, bo.Scopes["environment:open"], "the role has no bound")
	guests, _ := graph.NewIndex(o).OfTeam("guests", prod())
	assert.Equal(t, time.Hour, guests.Scopes["environment:open"])
	assert.Zero(t, guests.Scopes["environment:read"], "only an open has a bound")
	eve, _ := graph.NewIndex(o).OfUser("eve", prod())
	assert.Equal(t, access.None, graph.NewIndex(o).Level(eve, access.Environment))
	ana, _ := graph.NewIndex(o).OfUser("ana", prod())
	assert.Equal(t, access.Admin, graph.NewIndex(o).Level(ana, access.Environment))
}

// Whoever is said to be able holds the scope, by paths that give it; nobody else does; and no grant takes any away.
func TestWhoCanAgreesWithEffectiveAccess(t *testing.T) {
	t.Parallel()
	levels := []access.Level{access.None, access.Read, access.Open, access.Write, access.Admin}
	rapid.Check(t, func(t *rapid.T) {
		o := acme()
		o.Defaults.Environment = rapid.SampledFrom(levels).Draw(t, "default")
		scope := rapid.SampledFrom(access.LevelScopes(access.Environment, access.Admin)).Draw(t, "scope")
		before := names(graph.NewIndex(o).WhoCan(scope, prod()).Principals)
		holders := map[string]bool{}
		for _, p := range graph.NewIndex(o).WhoCan(scope, prod()).Principals {
			holders[p.Name] = true
		}
		for _, u := range o.Users {
			held, _ := graph.NewIndex(o).OfUser(u.Login, prod())
			if held.Has(scope) != holders[u.Login] {
				t.Fatalf("%s on %s: held %v, listed %v", scope, u.Login, held.Has(scope), holders[u.Login])
			}
		}
		o.Teams[2].Environments = map[string]graph.Held{"payments/prod": {Level: rapid.SampledFrom(levels).Draw(t, "more")}}
		after := names(graph.NewIndex(o).WhoCan(scope, prod()).Principals)
		for _, name := range strings.Split(before, ", ") {
			if !strings.Contains(after, name) {
				t.Fatalf("one more grant took %s from %s", scope, name)
			}
		}
	})
}

func BenchmarkWhoCan(b *testing.B) {
	o := graph.Organization{Records: map[string]graph.Record{"member": {Name: "Member", Descriptor: access.Group{}}}, MemberRole: "member"}
	var openers access.Group
	for i := range 1000 {
		id := "e" + string(rune('0'+i%10)) + string(rune('0'+i/10%10)) + string(rune('0'+i/100))
		openers.Entries = append(openers.Entries, on(access.Environment, id, access.Open))
	}
	o.Records["openers"] = graph.Record{Name: "openers", Descriptor: openers}
	team := graph.Team{Name: "all", Roles: []string{"openers"}}
	for i := range 1000 {
		login := "user" + string(rune('0'+i%10)) + string(rune('0'+i/10%10)) + string(rune('0'+i/100))
		o.Users = append(o.Users, graph.User{Login: login, Role: "member"})
		team.Members = append(team.Members, login)
	}
	o.Teams = []graph.Team{team}
	ix := graph.NewIndex(o)
	for b.Loop() {
		for i := range 1000 {
			id := "e" + string(rune('0'+i%10)) + string(rune('0'+i/10%10)) + string(rune('0'+i/100))
			if n := len(ix.WhoCan("environment:open", graph.Resource{Entity: access.Entity{Kind: access.Environment, ID: id}}).Principals); n != 1001 {
				b.Fatal(n)
			}
		}
	}
}
