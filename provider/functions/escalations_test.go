package functions_test

import (
	"testing"
	"time"

	"github.com/pulumi/pulumi-go-provider/infer"
	"github.com/pulumi/pulumi-go-provider/integration"
	"github.com/pulumi/pulumi/sdk/v3/go/property"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/functions"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/session"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/server"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/server/servertest"
)

// waysSeed has one way up of each of three sorts: a role, a deployment and a gate.
const waysSeed = `
organization: acme
settings: {membersCanCreateStacks: false, membersCanCreateTeams: false, membersCanCreateAccounts: false, defaultDeploymentRole: openers}
users: [{login: ana, role: admin}, {login: bo, role: editors}, {login: cy, role: deployers}, {login: di, role: nothing}]
roles:
  - {name: editors, scopes: ["role:update"]}
  - {name: deployers, scopes: ["stack:read", "stack_deployment:create"]}
  - {name: openers, scopes: ["environment:read", "environment:open"]}
  - {name: nothing, scopes: ["team:read"]}
stacks: [{project: payments, stack: prod}]
environments: [{project: payments, environment: prod, definition: "values: {a: b}", owner: ana, tags: {tier: production}}]
`

func waysUp(t *testing.T) (*servertest.Running, integration.Server) {
	t.Helper()
	sandbox := servertest.StartNewer(t, server.Options{Organization: "acme", Seed: []byte(waysSeed)})
	return sandbox, serveOn(t, sandbox, time.Now,
		func(sessions session.Source) infer.InferredFunction {
			return infer.Function(&functions.GetWhoCan{Sessions: sessions})
		},
		func(sessions session.Source) infer.InferredFunction {
			return infer.Function(&functions.GetEscalations{Sessions: sessions})
		})
}

func escalations(t *testing.T, served integration.Server, args map[string]any) map[string][]string {
	t.Helper()
	answer, err := invoke(served, "getEscalations", args)
	require.NoError(t, err)
	require.Empty(t, answer.Failures)
	found := map[string][]string{}
	for _, one := range answer.Return.Get("escalations").AsArray().All {
		x := one.AsMap()
		who := x.Get("principal").AsMap().Get("name").AsString()
		text := x.Get("certainty").AsString() + " " + x.Get("severity").AsString() + ":"
		for _, act := range x.Get("acts").AsArray().All {
			text += " " + act.AsMap().Get("rule").AsString() + "(" + act.AsMap().Get("on").AsString() + ")"
		}
		found[who] = append(found[who], text+" > "+x.Get("reaches").AsString())
	}
	return found
}

func TestGetEscalations(t *testing.T) {
	t.Parallel()
	_, served := waysUp(t)
	all := escalations(t, served, map[string]any{})
	assert.Contains(t, all["bo"], "certain high: edit-role(editors) > everything in the organization, as an administrator")
	assert.Contains(t, all["cy"], "certain high: use-deployment(payments/prod) > environment:open on environment payments/prod")
	assert.Empty(t, all["di"])
	assert.Empty(t, all["ana"], "an administrator holds everything")

	one := escalations(t, served, map[string]any{"principal": object(map[string]any{"user": "cy"}), "scope": "environment:open", "environment": environmentRef("prod")})
	assert.Equal(t, map[string][]string{"cy": {"certain high: use-deployment(payments/prod) > environment:open on environment payments/prod"}}, one)
}

func TestGetEscalationsRefuses(t *testing.T) {
	t.Parallel()
	_, served := waysUp(t)
	for message, args := range map[string]map[string]any{
		`scope: "environment:opne" is not a valid scope`:     {"scope": "environment:opne"},
		"give exactly one of stack, environment and account": {"account": "a", "stack": object(map[string]any{"project": "payments", "stack": "prod"})},
		`organization "acme" has no user "nobody"`:           {"principal": object(map[string]any{"user": "nobody"})},
		"principal: give exactly one of user":                {"principal": object(map[string]any{})},
	} {
		_, err := invoke(served, "getEscalations", args)
		require.ErrorContains(t, err, message)
	}
}

// Who gets there by acts is listed when that is asked for, with the acts first and the grant at their end.
func TestGetWhoCanIndirect(t *testing.T) {
	t.Parallel()
	sandbox, served := waysUp(t)
	ask := func(indirect bool) map[string]string {
		answer, err := invoke(served, "getWhoCan", map[string]any{"scope": "environment:open", "environment": environmentRef("prod"), "indirect": property.New(indirect)})
		require.NoError(t, err)
		found := map[string]string{}
		for _, one := range answer.Return.Get("principals").AsArray().All {
			p := one.AsMap()
			assert.Equal(t, p.Get("indirect").AsBool(), p.Get("name").AsString() != "ana" && p.Get("kind").AsString() == "user")
			for _, step := range p.Get("paths").AsArray().Get(0).AsMap().Get("via").AsArray().All {
				found[p.Get("kind").AsString()+" "+p.Get("name").AsString()] += step.AsString() + "; "
			}
		}
		return found
	}
	assert.Len(t, ask(false), 1)
	indirect := ask(true)
	assert.Contains(t, indirect["user cy"], "run a deployment of payments/prod with code of their own; deployment role openers; ")
	assert.Contains(t, indirect["user bo"], "edit role editors; ")
	assert.Contains(t, indirect, "deployment payments/prod")
	assert.NotContains(t, indirect, "user di")

	// The answer is what happens: cy runs a deployment, which opens it.
	token := sandbox.TokenFor(servertest.Identity{Deployment: &servertest.Deployment{Project: "payments", Stack: "prod", StartedBy: "cy"}})
	status, _ := sandbox.Call(token, "POST", "/api/esc/environments/acme/payments/prod/open", nil)
	assert.Equal(t, 200, status)
}

// It can be asked about every kind of principal that blast radius knows.
func TestGetEscalationsOfEveryKind(t *testing.T) {
	t.Parallel()
	sandbox := servertest.StartNewer(t, server.Options{Organization: "acme", Seed: []byte(`
organization: acme
settings: {membersCanCreateStacks: false, membersCanCreateTeams: false, defaultDeploymentRole: editors}
users: [{login: ana, role: admin}, {login: robot, servicePrincipal: user-defined, role: editors}]
roles:
  - {name: editors, scopes: ["role:update"]}
  - {name: openers, scopes: ["environment:read", "environment:open"]}
teams: [{name: leads, role: editors}]
stacks: [{project: payments, stack: prod}]
environments: [{project: payments, environment: prod, definition: "values: {a: b}", owner: ana}]
agents: [{name: helper, role: editors}]
oidcIssuers: [{name: github, url: "https://token.actions.githubusercontent.com", policies: [{team: leads, claims: {sub: "repo:acme/app", aud: "urn:pulumi:org:acme"}}]}]
`)})
	sandbox.Call(sandbox.Token, "POST", "/api/orgs/acme/teams/leads/tokens", map[string]any{"name": "ci", "description": "", "expires": 0})
	served := serveOn(t, sandbox, time.Now, func(sessions session.Source) infer.InferredFunction {
		return infer.Function(&functions.GetEscalations{Sessions: sessions})
	})
	for kind, principal := range map[string]map[string]any{
		"servicePrincipal": {"user": "robot"},
		"team":             {"team": "leads"},
		"token":            {"token": "ci"},
		"deployment":       {"deployment": object(map[string]any{"project": "payments", "stack": "prod"})},
		"agent":            {"agent": "helper"},
		"outsider": {"outsider": object(map[string]any{"issuer": "github", "claims": object(map[string]any{
			"sub": "repo:acme/app", "aud": "urn:pulumi:org:acme",
		})})},
	} {
		answer, err := invoke(served, "getEscalations", map[string]any{"principal": object(principal), "scope": "environment:open", "environment": environmentRef("prod")})
		require.NoError(t, err, kind)
		found := answer.Return.Get("escalations").AsArray()
		require.Equal(t, 1, found.Len(), kind)
		one := found.Get(0).AsMap()
		assert.Equal(t, kind, one.Get("principal").AsMap().Get("kind").AsString())
		assert.Equal(t, "edit-role", one.Get("acts").AsArray().Get(0).AsMap().Get("rule").AsString(), kind)
	}
}

// What imports an environment is part of the answer to who opens it, and who may open that is possible.
func TestGetWhoCanShowsWhatImports(t *testing.T) {
	t.Parallel()
	sandbox := servertest.StartNewer(t, server.Options{Organization: "acme", Seed: []byte(`
organization: acme
settings: {membersCanCreateStacks: false}
users: [{login: ana, role: admin}, {login: cy, role: none}]
roles: [{name: none, scopes: ["team:read"]}]
teams: [{name: web, members: [cy]}]
environments:
  - {project: payments, environment: base, definition: "values: {a: b}", owner: ana}
  - {project: payments, environment: prod, definition: "imports: [payments/base]", owner: ana}
  - {project: payments, environment: top, definition: "imports: [payments/prod]", owner: ana}
accounts: [{account: aws, environment: payments/base, owner: ana}]
grants: [{team: web, project: payments, environment: prod, permission: open}]
`)})
	status, _ := sandbox.Call(sandbox.Token, "POST", "/api/stacks/acme/payments", map[string]any{"stackName": "prod", "config": map[string]any{"environment": "payments/prod"}})
	require.Equal(t, 200, status)
	served := serveOn(t, sandbox, time.Now, func(sessions session.Source) infer.InferredFunction {
		return infer.Function(&functions.GetWhoCan{Sessions: sessions})
	})
	ask := func(scope string, indirect bool) (property.Map, map[string][]string) {
		answer, err := invoke(served, "getWhoCan", map[string]any{"scope": scope, "environment": environmentRef("base"), "indirect": property.New(indirect)})
		require.NoError(t, err)
		kinds := map[string][]string{}
		for _, one := range answer.Return.Get("principals").AsArray().All {
			p := one.AsMap()
			for _, step := range p.Get("paths").AsArray().Get(0).AsMap().Get("steps").AsArray().All {
				kinds[p.Get("name").AsString()] = append(kinds[p.Get("name").AsString()], step.AsMap().Get("kind").AsString())
			}
		}
		return answer.Return.Get("importers").AsMap(), kinds
	}
	for _, indirect := range []bool{false, true} {
		importers, kinds := ask("environment:open", indirect)
		assert.Equal(t, 2, importers.Get("environments").AsArray().Len())
		assert.Equal(t, "payments/prod", importers.Get("environments").AsArray().Get(0).AsString())
		assert.Equal(t, "payments/prod", importers.Get("stacks").AsArray().Get(0).AsString())
		assert.Equal(t, "aws", importers.Get("accounts").AsArray().Get(0).AsString())
		if indirect {
			assert.Equal(t, []string{"team", "grant", "import"}, kinds["cy"])
		} else {
			assert.NotContains(t, kinds, "cy")
		}
	}
	importers, _ := ask("environment:read", false)
	assert.Zero(t, importers.Get("environments").AsArray().Len())
}
