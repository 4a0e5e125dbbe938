package functions_test

import (
	"net/http"
	"strings"
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

const radiusSeed = `
organization: acme
users: [{login: ana, role: admin}, {login: bo}, {login: bot, servicePrincipal: user-defined, role: openers}, {login: sue, suspended: true}]
roles:
  - {name: openers, scopes: ["environment:read", "environment:open", "team:read"]}
teams: [{name: payments, members: [bo, sue]}]
stacks: [{project: payments, stack: prod, owner: ana}]
environments:
  - {project: payments, environment: base, owner: ana, definition: "values: {aws: {login: {fn::open::aws-login: {oidc: {roleArn: 'arn:aws:iam::123456789012:role/deploy', sessionName: x}}}}, key: {fn::secret: hunter2}}"}
  - {project: payments, environment: prod, owner: ana, definition: "imports: [payments/base]"}
accounts: [{account: aws, owner: ana}]
grants:
  - {team: payments, project: payments, environment: prod, permission: open}
  - {team: payments, project: payments, stack: prod, permission: write}
agents: [{name: deploys, role: openers}, {name: anybody}]
oidcIssuers:
  - name: github
    url: https://token.actions.githubusercontent.com
    policies: [{team: payments, claims: {sub: "repo:acme/app:*", aud: "urn:pulumi:org:acme"}}]
`

func reached(t *testing.T) (*servertest.Running, integration.Server) {
	t.Helper()
	sandbox := servertest.Start(t, server.Options{Organization: "acme", Seed: []byte(radiusSeed)})
	return sandbox, serveOn(t, sandbox, time.Now,
		func(s session.Source) infer.InferredFunction {
			return infer.Function(&functions.GetBlastRadius{Sessions: s})
		},
		func(s session.Source) infer.InferredFunction {
			return infer.Function(&functions.GetWhoCan{Sessions: s})
		},
		func(s session.Source) infer.InferredFunction {
			return infer.Function(&functions.GetEffectiveAccess{Sessions: s})
		},
	)
}

// columns are some properties of each object in a list.
func columns(list property.Value, names ...string) []string {
	all := []string{}
	for _, one := range list.AsArray().All {
		var parts []string
		for _, name := range names {
			parts = append(parts, one.AsMap().Get(name).AsString())
		}
		all = append(all, strings.Join(parts, " "))
	}
	return all
}

func TestGetBlastRadius(t *testing.T) {
	t.Parallel()
	sandbox, served := reached(t)
	machine(t, sandbox, "teams/payments/", map[string]any{"name": "ci"})
	both := []string{"payments/base environment:open", "payments/prod environment:open"}
	deploy := []string{"aws arn:aws:iam::123456789012:role/deploy"}
	outsider := func(sub string) map[string]any {
		return map[string]any{"outsider": object(map[string]any{
			"issuer": "https://token.actions.githubusercontent.com", "claims": object(map[string]any{"sub": sub, "aud": "urn:pulumi:org:acme"}),
		})}
	}
	for name, c := range map[string]struct {
		principal                                         map[string]any
		environments, stacks, identities, secrets, tokens []string
	}{
		"an agent":            {map[string]any{"agent": "deploys"}, both, []string{}, deploy, []string{"payments/base key"}, []string{}},
		"a service principal": {map[string]any{"user": "bot"}, both, []string{}, deploy, []string{"payments/base key"}, []string{}},
		"a team that may not open the import": {
			map[string]any{"team": "payments"}, both[1:], []string{"payments/prod stack:write"}, []string{}, []string{}, []string{"ci"},
		},
		"a token":               {map[string]any{"token": "ci"}, both[1:], []string{"payments/prod stack:write"}, []string{}, []string{}, []string{}},
		"a job":                 {outsider("repo:acme/app:ref"), both[1:], []string{"payments/prod stack:write"}, []string{}, []string{}, []string{}},
		"a job that is refused": {outsider("repo:evil/app:ref"), []string{}, []string{}, []string{}, []string{}, []string{}},
		"deployments": {
			map[string]any{"deployment": object(map[string]any{"project": "payments", "stack": "prod"})}, []string{},
			[]string{"payments/prod stack:delete"}, []string{}, []string{}, []string{},
		},
		"a suspended member": {map[string]any{"user": "sue"}, []string{}, []string{}, []string{}, []string{}, []string{}},
	} {
		answer, err := invoke(served, "getBlastRadius", map[string]any{"principal": object(c.principal)})
		require.NoError(t, err, name)
		require.Empty(t, answer.Failures, name)
		out := answer.Return
		assert.Equal(t, c.environments, columns(out.Get("environments"), "name", "scope"), name)
		assert.Equal(t, c.stacks, columns(out.Get("stacks"), "name", "scope"), name)
		assert.Equal(t, c.identities, columns(out.Get("cloudIdentities"), "cloud", "identity"), name)
		assert.Equal(t, c.secrets, columns(out.Get("secrets"), "environment", "path"), name)
		tokens := []string{}
		for _, token := range out.Get("tokens").AsArray().All {
			tokens = append(tokens, token.AsString())
		}
		assert.Equal(t, c.tokens, tokens, name)
		assert.Zero(t, out.Get("blind").AsArray().Len(), name)
		assert.True(t, out.Get("acts").IsArray(), name)
	}
	for want, principal := range map[string]map[string]any{
		`has no agent "nobody"`:       {"agent": "nobody"},
		`has no OIDC issuer "gitlab"`: {"outsider": object(map[string]any{"issuer": "gitlab"})},
		"exactly one of user":         {"agent": "deploys", "user": "bo"},
	} {
		_, err := invoke(served, "getBlastRadius", map[string]any{"principal": object(principal)})
		require.ErrorContains(t, err, want)
	}
}

func TestGetWhoCanCountsAgentsAndOutsiders(t *testing.T) {
	t.Parallel()
	_, served := reached(t)
	assert.Equal(t, []string{
		"user ana", "servicePrincipal bot", "agent anybody", "agent deploys",
	}, whoCan(t, served, map[string]any{"scope": "environment:open", "environment": environmentRef("base")}))
	assert.Equal(t, []string{
		"user ana", "user bo", "servicePrincipal bot", "team payments", "agent anybody", "agent deploys",
		"outsider github: aud=urn:pulumi:org:acme, sub=repo:acme/app:*",
	}, whoCan(t, served, map[string]any{"scope": "environment:read", "environment": environmentRef("prod")}))
	answer, err := invoke(served, "getWhoCan", map[string]any{"scope": "environment:read", "environment": environmentRef("prod")})
	require.NoError(t, err)
	last := answer.Return.Get("principals").AsArray().Get(6).AsMap().Get("paths").AsArray().Get(0).AsMap()
	assert.Equal(t, []string{"issuerPolicy github", "token payments", "team payments", "grant payments/prod"}, columns(last.Get("steps"), "kind", "name"))
}

func TestGetEffectiveAccessOfTheOrganization(t *testing.T) {
	t.Parallel()
	sandbox, served := reached(t)
	scopes := func(principal map[string]any) []string {
		answer, err := invoke(served, "getEffectiveAccess", map[string]any{"principal": object(principal)})
		require.NoError(t, err)
		all := []string{}
		for _, scope := range answer.Return.Get("scopes").AsArray().All {
			all = append(all, scope.AsString())
		}
		return all
	}
	assert.Equal(t, []string{"team:read"}, scopes(map[string]any{"user": "bot"}))
	assert.Equal(t, []string{"team:read"}, scopes(map[string]any{"agent": "deploys"}))
	assert.Contains(t, scopes(map[string]any{"user": "ana"}), "role:update")
	// What the answer says is what the service does.
	for login, admitted := range map[string]bool{"ana": true, "bo": false} {
		status, _ := sandbox.Call(sandbox.TokenFor(servertest.Identity{User: login}), http.MethodPost, "/api/orgs/acme/tokens",
			map[string]any{"name": "t-" + login, "description": "", "expires": 0, "admin": false})
		assert.Equal(t, admitted, status == http.StatusOK, login)
		held := scopes(map[string]any{"user": login})
		assert.Equal(t, admitted, strings.Contains(strings.Join(held, " "), "org_token:create"), login)
	}
}

func TestGetEffectiveAccessSaysWhy(t *testing.T) {
	t.Parallel()
	_, served := reached(t)
	why := func(scope string, args map[string]any) property.Map {
		args["why"] = scope
		answer, err := invoke(served, "getEffectiveAccess", args)
		require.NoError(t, err)
		require.Empty(t, answer.Failures)
		return answer.Return
	}
	bo := object(map[string]any{"user": "bo"})
	held := why("environment:read", map[string]any{"principal": bo, "environment": environmentRef("prod")})
	assert.Empty(t, columns(held.Get("missing"), "kind"))
	assert.Equal(t, 1, held.Get("paths").AsArray().Len())
	blocked := why("environment:open", map[string]any{"principal": bo, "environment": environmentRef("prod")})
	assert.Equal(t, []string{"import payments/base"}, columns(blocked.Get("missing"), "kind", "name"))
	missing := why("environment:open", map[string]any{"principal": bo, "environment": environmentRef("base")})
	assert.Equal(t, []string{"rule environment:open", "assignment open", "organizationRole openers"}, columns(missing.Get("missing"), "kind", "name"))
	assert.Zero(t, missing.Get("paths").AsArray().Len())
	organization := why("role:update", map[string]any{"principal": bo})
	assert.Equal(t, []string{"rule role:update"}, columns(organization.Get("missing"), "kind", "name"))
	_, err := invoke(served, "getEffectiveAccess", map[string]any{"principal": bo, "why": "stack:fly"})
	require.ErrorContains(t, err, "why: scope")
}
