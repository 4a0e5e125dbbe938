package graph_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/access"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/graph"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/oidc"
)

func ci(policies ...oidc.IssuerPolicy) []graph.Issuer {
	return []graph.Issuer{{ID: "i1", Name: "github", URL: "https://token.actions.githubusercontent.com", Policies: policies}}
}

func allow(tokens oidc.TokenType, sub string) oidc.IssuerPolicy {
	return oidc.IssuerPolicy{Decision: oidc.Allow, TokenType: tokens, Rules: map[string]string{"sub": sub}}
}

// An identity that a policy admits holds what its token does; a deny that covers the policy takes that away.
func TestOutsidersHoldWhatTheirTokensHold(t *testing.T) {
	t.Parallel()
	team, personal, admin, role := allow(oidc.TeamToken, "t"), allow(oidc.PersonalToken, "p"), allow(oidc.OrganizationToken, "a"), allow(oidc.OrganizationToken, "r")
	team.TeamName, personal.UserLogin, role.RoleID = "guest*", "cy", "openers"
	admin.AuthorizedPermissions = []string{oidc.AdminPermission}
	deny := oidc.IssuerPolicy{Decision: oidc.Deny, TokenType: oidc.PersonalToken, Rules: map[string]string{"sub": "*"}}
	o := acme()
	o.Issuers = ci(team, personal, admin, role)
	assert.Contains(t, names(graph.NewIndex(o).WhoCan("environment:open", prod()).Principals),
		"outsider github: sub=a, outsider github: sub=p, outsider github: sub=r, outsider github: sub=t")
	o.Issuers = ci(team, personal, deny, admin, role)
	assert.NotContains(t, names(graph.NewIndex(o).WhoCan("environment:open", prod()).Principals), "sub=p")
	held, found := graph.NewIndex(o).Of(graph.OutsiderKind, "github: sub=t", prod())
	require.True(t, found)
	assert.Equal(t, [][]string{{`issuer github: allow team tokens of team guest* to sub=t`, "token of team guests", "team guests", "grant on the entity: open"}}, vias(held.Paths))
	assert.Equal(t, graph.IssuerPolicyStep, held.Paths[0].Steps[0].Kind)
}

// Claims that are not given may be anything.
func TestIdentityWithSomeClaimsIsPossible(t *testing.T) {
	t.Parallel()
	o := acme()
	policy := allow(oidc.OrganizationToken, "repo:acme/*")
	policy.Rules["environment"], policy.RoleID = "prod", "openers"
	o.Issuers = ci(policy)
	index := graph.NewIndex(o)
	for want, claims := range map[graph.Certainty]map[string]string{
		graph.Certain:  {"sub": "repo:acme/app", "environment": "prod"},
		graph.Possible: {"sub": "repo:acme/app"},
		"":             {"sub": "repo:other/app"},
	} {
		with, name, found := index.WithIdentity("https://token.actions.githubusercontent.com/", claims)
		require.True(t, found)
		held, found := with.Of(graph.OutsiderKind, name, prod())
		require.True(t, found)
		assert.Equal(t, want, held.Holds("environment:open"), claims)
	}
	_, _, found := index.WithIdentity("gitlab", nil)
	assert.False(t, found)
}

func TestAgents(t *testing.T) {
	t.Parallel()
	o := acme()
	o.Agents = []graph.Agent{{Name: "deploys", Role: "openers"}, {Name: "asleep", Role: "openers", Paused: true}, {Name: "anybody"}, {Name: "idle", Role: "none"}}
	got := certainties(o, "environment:open", prod())
	assert.Equal(t, graph.Certain, got["agent deploys"])
	assert.Equal(t, graph.Possible, got["agent asleep"])
	assert.Equal(t, graph.Possible, got["agent anybody"], "it may act for an administrator")
	assert.NotContains(t, got, "agent idle")
}

// What the organization itself is asked about is held by roles, not by the defaults on entities.
func TestScopesOfTheOrganization(t *testing.T) {
	t.Parallel()
	o := acme()
	o.Defaults.Environment = access.Admin
	index := graph.NewIndex(o)
	bo, _ := index.OfUser("bo", o.Itself())
	assert.Equal(t, []string{"environment:create"}, bo.List())
	ana, _ := index.OfUser("ana", o.Itself())
	assert.True(t, ana.Has("role:update"))
}

// An entity of a whole organization comes with everything that opening it opens.
func TestEntityHasItsImports(t *testing.T) {
	t.Parallel()
	environment := func(name string, imports ...graph.Reference) graph.Resource {
		return graph.Resource{
			Entity: access.Entity{Kind: access.Environment, ID: name}, Name: name, Definition: &graph.Definition{Imports: imports},
		}
	}
	open := func(name string) graph.Reference { return graph.Reference{Name: name, Scope: "environment:open"} }
	o := acme()
	o.Environments = []graph.Resource{
		environment("p/app", open("p/base")), environment("p/base", open("p/root"), open("p/app")), environment("p/root"),
		environment("p/lost", open("p/nowhere")),
	}
	o.Stacks = []graph.Resource{{Entity: access.Entity{Kind: access.Stack, ID: "s"}, Name: "web/prod", Uses: []graph.Reference{open("p/app")}}}
	index := graph.NewIndex(o)
	app, found := index.Entity(access.Environment, "p/app")
	require.True(t, found)
	var imported []string
	for _, i := range app.Imports {
		imported = append(imported, i.Name)
	}
	assert.Equal(t, []string{"p/base", "p/root", "p/app"}, imported)
	assert.Empty(t, app.Unclear)
	lost, _ := index.Entity(access.Environment, "p/lost")
	assert.Contains(t, lost.Unclear, "p/nowhere")
	importers := index.Importers("p/root")
	environments, stacks := importers.Environments, importers.Stacks
	assert.Equal(t, []string{"p/app", "p/base"}, environments)
	assert.Equal(t, []string{"web/prod"}, stacks)
}
