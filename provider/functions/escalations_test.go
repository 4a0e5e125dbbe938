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
