package graph_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/access"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/graph"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/oidc"
)

// reachable is acme with an environment that imports another one, a stack and an account.
func reachable() graph.Organization {
	o := acme()
	base, app := prod(), prod()
	base.ID, base.Name, base.Gated = "e0", "payments/base", nil
	base.Definition = &graph.Definition{
		Logins: []graph.Login{{Cloud: "aws", Identity: "arn:aws:iam::1:role/deploy"}}, Secrets: []graph.Secret{{Path: "db.password"}},
	}
	app.Definition = &graph.Definition{
		Imports: []graph.Reference{{Name: "payments/base", Scope: "environment:open"}}, Secrets: []graph.Secret{{Path: "token"}},
	}
	o.Environments = []graph.Resource{app, base}
	o.Stacks = []graph.Resource{{Entity: access.Entity{Kind: access.Stack, ID: "s1"}, Name: "payments/prod", Direct: map[string]access.Level{"zed": access.Write}}}
	o.Accounts = []graph.Resource{{Entity: access.Entity{Kind: access.Account, ID: "a1"}, Name: "aws", Owner: "di"}}
	o.Records["openers"] = graph.Record{Name: "openers", Descriptor: access.Group{Entries: []access.Descriptor{
		on(access.Environment, "e1", access.Open), on(access.Environment, "e0", access.Open),
	}}}
	o.Deployments[0].Logins = []graph.Login{{Cloud: "gcp", Identity: "sa@p"}}
	return o
}

func TestBlastRadius(t *testing.T) {
	t.Parallel()
	index := graph.NewIndex(reachable())
	cy, found := index.BlastRadius(graph.UserKind, "cy")
	require.True(t, found)
	require.Len(t, cy.Environments, 2)
	assert.Equal(t, "payments/base environment:open, payments/prod environment:open gated", reaches(cy.Environments))
	assert.Equal(t, []graph.CloudIdentity{{
		Cloud: "aws", Identity: "arn:aws:iam::1:role/deploy", Certainty: graph.Certain,
		Through: []string{"environment payments/base", "environment payments/prod, which imports payments/base"},
	}}, cy.Identities)
	assert.Equal(t, []graph.SecretName{{Environment: "payments/base", Path: "db.password"}, {Environment: "payments/prod", Path: "token"}}, cy.Secrets)
	assert.Empty(t, cy.Stacks)

	guests, _ := index.BlastRadius(graph.TeamKind, "guests")
	assert.Equal(t, "payments/prod environment:open gated", reaches(guests.Environments))
	assert.Equal(t, []string{"payments/base"}, guests.Environments[0].Missing, "it may not open what the environment imports")
	assert.Equal(t, []graph.SecretName{{Environment: "payments/prod", Path: "token"}}, guests.Secrets, "an older revision may not import it")
	assert.Empty(t, guests.Identities)
	payments, _ := index.BlastRadius(graph.TeamKind, "payments")
	assert.Equal(t, []string{"payments-ci"}, payments.Tokens)
	zed, _ := index.BlastRadius(graph.UserKind, "zed")
	assert.Equal(t, "payments/prod stack:write", reaches(zed.Stacks), "a login that is on no roster")
	di, _ := index.BlastRadius(graph.UserKind, "di")
	assert.Equal(t, "aws insights_account:delete", reaches(di.Accounts))
	deployment, _ := index.BlastRadius(graph.DeploymentKind, "payments/prod")
	require.NotEmpty(t, deployment.Identities)
	assert.Equal(t, []graph.CloudIdentity{{Cloud: "gcp", Identity: "sa@p", Certainty: graph.Certain, Through: []string{"deployments of stack payments/prod"}}}, deployment.Identities)
	for kind, name := range map[graph.Kind]string{graph.UserKind: "nobody", graph.AgentKind: "nobody", graph.TokenKind: "cy"} {
		_, found := index.BlastRadius(kind, name)
		assert.False(t, found, "%s %s", kind, name)
	}
}

func reaches(all []graph.Reach) string {
	var texts []string
	for _, r := range all {
		text := r.Name + " " + r.Scope
		if r.Certainty != graph.Certain {
			text += "?"
		}
		if r.Gated {
			text += " gated"
		}
		texts = append(texts, text)
	}
	return strings.Join(texts, ", ")
}

func TestBlastRadiusOfOutsider(t *testing.T) {
	t.Parallel()
	o := reachable()
	policy := allow(oidc.TeamToken, "repo:acme/*")
	policy.TeamName = "payments"
	o.Issuers = ci(policy)
	for claims, want := range map[string]string{"repo:acme/app": "payments/base environment:open, payments/prod environment:open gated", "repo:evil/app": ""} {
		index, name, found := graph.NewIndex(o).WithIdentity("github", map[string]string{"sub": claims})
		require.True(t, found)
		r, found := index.BlastRadius(graph.OutsiderKind, name)
		require.True(t, found)
		assert.Equal(t, want, reaches(r.Environments), claims)
	}
	_, _, found := graph.NewIndex(o).WithIdentity("gitlab", nil)
	assert.False(t, found)
}

// The secrets and logins that a principal can reach are those of the environments that it can open, says the naive evaluator.
func TestBlastRadiusAgreesWithNaiveEvaluator(t *testing.T) {
	t.Parallel()
	met := 0
	for seed := range *organizations / 2 {
		o, e := drawn(seed)
		if e.kind != "environment" || slices.ContainsFunc(e.imports, func(i naiveImport) bool { return i.entity.name == e.name }) {
			continue
		}
		organization, asked := o.product(t), e.product()
		asked.Definition = &graph.Definition{Secrets: []graph.Secret{{Path: "a"}}, Logins: []graph.Login{{Cloud: "aws", Identity: e.name}}}
		for _, imported := range asked.Imports {
			asked.Definition.Imports = append(asked.Definition.Imports, graph.Reference{Name: imported.Name, Scope: imported.Scope})
			imported.Definition = &graph.Definition{}
			organization.Environments = append(organization.Environments, imported.Resource)
		}
		organization.Environments = append(organization.Environments, asked)
		index := graph.NewIndex(organization)
		asked, _ = index.Entity(access.Environment, e.name)
		if asked.Unclear != "" {
			continue // an import of a revision, of which the naive evaluator has no word
		}
		opens, version := o.whoCan("environment:open", e), o.whoCan("environment_version:open", e)
		for name := range o.all(e) {
			kind, principal, _ := strings.Cut(name, " ")
			r, found := index.BlastRadius(graph.Kind(kind), principal)
			if !found {
				t.Fatalf("seed %d: %s is not a principal", seed, name)
			}
			want := ""
			for _, answer := range []string{opens[name], version[name]} {
				if answer != "blocked" {
					held, _, _ := strings.Cut(answer, " ")
					want = better(want, held)
				}
			}
			got := ""
			if at := slices.IndexFunc(r.Identities, func(c graph.CloudIdentity) bool { return c.Identity == e.name }); at >= 0 {
				got = string(r.Identities[at].Certainty)
				met++
			}
			if got != want || (len(r.Secrets) > 0) != (want != "") {
				t.Fatalf("seed %d: %s reaches %q and %v, naive %q\n%s", seed, name, got, r.Secrets, want, o.describe())
			}
		}
	}
	if met < *organizations {
		t.Errorf("an environment was opened %d times: the law was hardly tried", met)
	}
}

func BenchmarkBlastRadius(b *testing.B) {
	o := graph.Organization{Login: "acme", MemberRole: "member", Records: map[string]graph.Record{"member": {Name: "Member", Descriptor: access.Group{}}}}
	team := graph.Team{Name: "all", Roles: []string{"openers"}}
	var openers access.Group
	for i := range 1000 {
		id := fmt.Sprintf("e%03d", i)
		openers.Entries = append(openers.Entries, on(access.Environment, id, access.Open))
		o.Environments = append(o.Environments, graph.Resource{
			Entity: access.Entity{Kind: access.Environment, ID: id}, Name: "p/" + id,
			Definition: &graph.Definition{Logins: []graph.Login{{Cloud: "aws", Identity: id}}, Imports: []graph.Reference{{Name: "p/e000", Scope: "environment:open"}}},
		})
		o.Users = append(o.Users, graph.User{Login: "u" + id, Role: "member"})
		team.Members = append(team.Members, "u"+id)
	}
	o.Teams, o.Records["openers"] = []graph.Team{team}, graph.Record{Name: "openers", Descriptor: openers}
	index := graph.NewIndex(o)
	for b.Loop() {
		if r, _ := index.BlastRadius(graph.UserKind, "ue500"); len(r.Environments) != 1000 || len(r.Identities) != 1000 {
			b.Fatal(len(r.Environments))
		}
	}
}
