package survey_test

import (
	"fmt"
	"net/http"
	"reflect"
	"slices"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/access"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/graph"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/survey"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/server/servertest"
)

func (f fixture) whole() (graph.Organization, []graph.Blind) {
	f.t.Helper()
	organization, blind, err := f.survey.Whole(f.t.Context(), survey.Options{Catalogue: access.NewCatalogue(nil)})
	require.NoError(f.t, err)
	return organization, blind
}

func entityNames(entities []graph.Resource) (all []string) {
	for _, e := range entities {
		all = append(all, e.Name)
	}
	return all
}

func TestWholeReadsEverything(t *testing.T) {
	t.Parallel()
	f := start(t, `
organization: acme
users: [{login: ana, role: admin}, {login: bo}, {login: sue, suspended: true}]
roles: [{name: openers, scopes: ["environment:open"]}]
teams: [{name: payments, admins: [bo]}]
stacks:
  - {project: web, stack: prod, owner: ana}
environments:
  - project: payments
    environment: prod
    owner: ana
    tags: {tier: production}
    definition: |
      imports: [payments/base]
      values:
        aws: {login: {fn::open::aws-login: {oidc: {roleArn: "arn:aws:iam::123456789012:role/deploy", sessionName: x}}}}
        password: {fn::secret: hunter2}
  - {project: payments, environment: base, definition: "", owner: bo}
accounts: [{account: aws, owner: ana}]
agents: [{name: helper, role: openers}, {name: anybody}]
oidcIssuers:
  - name: github
    url: https://token.actions.githubusercontent.com
    policies: [{team: payments, claims: {sub: "repo:acme/app:*", aud: "urn:pulumi:org:acme"}}]
`)
	o, blind := f.whole()
	assert.Empty(t, blind)
	assert.Equal(t, []string{"web/prod"}, entityNames(o.Stacks))
	assert.Equal(t, []string{"payments/base", "payments/prod"}, entityNames(o.Environments))
	assert.Equal(t, []string{"aws"}, entityNames(o.Accounts))
	prod := o.Environments[1]
	assert.Equal(t, map[string]string{"tier": "production"}, prod.Tags)
	assert.Equal(t, &graph.Definition{
		Logins:  []graph.Login{{Cloud: "aws", Identity: "arn:aws:iam::123456789012:role/deploy", Path: "aws.login"}},
		Secrets: []graph.Secret{{Path: "password"}},
		Imports: []graph.Reference{{Name: "payments/base", Scope: "environment:open"}},
	}, prod.Definition)
	require.Len(t, o.Agents, 2)
	assert.Equal(t, "", o.Agents[0].Role)
	assert.Equal(t, "openers", o.Records[o.Agents[1].Role].Name)
	require.Len(t, o.Issuers, 1)
	assert.Equal(t, "github", o.Issuers[0].Name)
	assert.Len(t, o.Issuers[0].Policies, 1)
	assert.Equal(t, []string{"bo"}, o.Teams[0].Admins)
	assert.True(t, slices.ContainsFunc(o.Users, func(u graph.User) bool { return u.Login == "sue" && u.Suspended }))
	assert.Contains(t, graph.NewIndex(o).AllPrincipals(), graph.PrincipalID{Kind: graph.OutsiderKind, Name: "github: aud=urn:pulumi:org:acme, sub=repo:acme/app:*"})
}

// The whole costs what its formula says, once, whoever asks at the same time; a write costs what it touched.
func TestCostOfTheWhole(t *testing.T) {
	t.Parallel()
	f := start(t, large(20, 30, 40))
	log := f.calls(func() {
		var all sync.WaitGroup
		for range 4 {
			all.Go(func() { f.whole() })
		}
		all.Wait()
	})
	const assignments = 30 + 40
	pages := log.Routes["GET /api/user/stacks"] + log.Routes["GET /api/esc/environments/{orgName}"] + log.Routes["GET /api/preview/insights/{orgName}/accounts"]
	assert.Equal(t, 13+pages+2*20+3*30+3*40+assignments, log.Total, "%v", log.Routes)
	assert.Zero(t, f.calls(func() { f.whole() }).Total)
	require.NoError(t, f.client.UpdateEnvironment(t.Context(), "acme", "p", "e3", "values: {a: b}", ""))
	assert.Equal(t, map[string]int{"GET /api/esc/environments/{orgName}/{projectName}/{envName}": 1}, f.calls(func() { f.whole() }).Routes)
}

// Every question about an entity of the whole is answered as one that is asked about the entity alone.
func TestWholeAnswersAsSingleReading(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		d := &shared{T: rt}
		f := d.start(t)
		o, blind := f.whole()
		index := graph.NewIndex(o)
		if len(blind) > 0 {
			rt.Fatal(blind)
		}
		for range 3 {
			q := d.question()
			resource, found := index.Entity(access.Environment, q.environment)
			if !found {
				rt.Fatalf("%s is not in the whole", q.environment)
			}
			whole := index.WhoCan(q.scope, resource)
			single, _ := d.ask(as(t, f.Running, f.Token), q)
			// Tokens of teams that hold nothing are read for the whole alone, and hold nothing either.
			if !reflect.DeepEqual(whole.Principals, single.Principals) || !reflect.DeepEqual(whole.Blocked, single.Blocked) {
				rt.Fatalf("%v: %v\nalone %v", q, whole, single)
			}
		}
	})
}

// What one token may not see is a blind spot, and never an error or a silence.
func TestWholeForTokensThatSeeLess(t *testing.T) {
	t.Parallel()
	f := start(t, seed)
	for _, login := range []string{"bo", "cy", "di", "ed"} {
		_, blind := as(t, f.Running, f.TokenFor(servertest.Identity{User: login})).whole()
		assert.NotEmpty(t, blind, login)
	}
}

// One object that is broken, or that the service fails to give, does not hide the others, and is named.
func TestWholeSurvivesDamage(t *testing.T) {
	t.Parallel()
	const environment = "/api/esc/environments/{orgName}/{projectName}/{envName}"
	broken, page := "values: [", "<html>"
	for name, c := range map[string]struct {
		fault servertest.Fault
		names string
	}{
		"a definition that is not YAML": {servertest.Fault{Match: "GET " + environment, Body: &broken, Times: 1}, "payments/"},
		"a definition that is a page":   {servertest.Fault{Match: "GET " + environment, Body: &page, Headers: map[string]string{"Content-Type": "text/html"}, Status: http.StatusOK}, "definition of environment payments/"},
		"a definition that is refused":  {servertest.Fault{Match: "GET " + environment, Status: http.StatusConflict, Times: 100}, "definition of environment payments/prod"},
		"metadata that are denied":      {servertest.Fault{Match: "GET " + environment + "/metadata", Status: http.StatusForbidden, Times: 100}, "environment payments/prod"},
		"gates that are denied":         {servertest.Fault{Match: "GET /api/change-gates/{orgName}", Status: http.StatusForbidden, Times: 100}, "gates of environment payments/base"},
		"referrers that are denied":     {servertest.Fault{Match: "GET " + environment + "/referrers", Status: http.StatusForbidden, Times: 100}, "referrers of environment payments/prod"},
		"stacks that are denied":        {servertest.Fault{Match: "GET /api/stacks/{orgName}/{projectName}/{stackName}", Status: http.StatusForbidden, Times: 100}, "stack payments/prod"},
		"tags that are denied":          {servertest.Fault{Match: "GET /api/preview/insights/{orgName}/accounts/{accountName}/tags", Status: http.StatusForbidden, Times: 100}, "account aws"},
		"agents that are denied":        {servertest.Fault{Match: "GET /api/preview/agents/{orgName}/definitions", Status: http.StatusForbidden, Times: 100}, "custom agents"},
		"issuers that are denied":       {servertest.Fault{Match: "GET /api/orgs/{orgName}/oidc/issuers", Status: http.StatusForbidden, Times: 100}, "OIDC issuers"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := start(t, seed)
			f.Fault(c.fault)
			o, blind := f.whole()
			assert.Contains(t, fmt.Sprint(blind), c.names)
			assert.Equal(t, []string{"payments/base", "payments/dev", "payments/prod"}, entityNames(o.Environments))
			assert.Equal(t, []string{"payments/prod", "web/prod"}, entityNames(o.Stacks))
			assert.Equal(t, []string{"aws"}, entityNames(o.Accounts))
			for _, e := range o.Environments {
				assert.NotEmpty(t, e.ID)
				assert.NotNil(t, e.Definition)
			}
		})
	}
}
