package functions_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/pulumi/pulumi-go-provider/infer"
	"github.com/pulumi/pulumi/sdk/v3/go/property"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/access"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/functions"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/session"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/server"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/server/servertest"
)

// suggestSeed has a team with more than it uses, and somebody without anything.
const suggestSeed = `
organization: acme
settings: {membersCanCreateStacks: false, membersCanCreateTeams: false, membersCanCreateAccounts: false}
users: [{login: ana, role: admin}, {login: bo, role: nothing}, {login: zed, role: nothing}]
roles:
  - {name: nothing, scopes: ["team:list"]}
  - {name: auditors, scopes: ["audit_logs:read", "role:create", "role:read"]}
teams: [{name: payments, members: [bo], role: auditors}, {name: trial, members: [zed], admins: []}]
environments:
  - {project: payments, environment: prod, definition: "values: {a: b}", owner: ana}
  - {project: payments, environment: dev, definition: "values: {a: b}", owner: ana}
  - {project: payments, environment: idle, definition: "values: {a: b}", owner: ana}
stacks: [{project: payments, stack: dev, owner: ana}, {project: payments, stack: idle, owner: ana}]
grants:
  - {team: payments, project: payments, environment: prod, permission: open}
  - {team: payments, project: payments, environment: dev, permission: admin}
  - {team: payments, project: payments, environment: idle, permission: write}
  - {team: payments, project: payments, stack: dev, permission: admin}
  - {team: payments, project: payments, stack: idle, permission: write}
`

// tried are the calls that bo makes, each of which leaves an event. They can be made again.
var tried = []struct {
	method, path string
	body         any
}{
	{http.MethodPost, "/api/esc/environments/acme/payments/prod/open?duration=1h", nil},
	{http.MethodPatch, "/api/esc/environments/acme/payments/dev", map[string]any{"values": map[string]any{"a": "c"}}},
	{http.MethodGet, "/api/stacks/acme/payments/dev/export", nil},
	{http.MethodPost, "/api/orgs/acme/roles", map[string]any{
		"name": "made", "uxPurpose": "role", "resourceType": "global", "details": map[string]any{"__type": "PermissionDescriptorAllow", "permissions": []string{"team:list"}},
	}},
}

// refusedCalls are how many of the calls a login may not make.
func refusedCalls(sandbox *servertest.Running, login string) int {
	token, refused := sandbox.TokenFor(servertest.Identity{User: login}), 0
	for _, call := range tried {
		if status, _ := sandbox.Call(token, call.method, call.path, call.body); status == 401 || status == 403 || status == 404 {
			refused++
		}
	}
	return refused
}

// What is suggested is enough for whoever has it alone, and without any one rule it is not. The sandbox is the judge.
func TestGetSuggestedAccessIsEnoughAndNeeded(t *testing.T) {
	t.Parallel()
	clock := time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC)
	sandbox := servertest.StartNewer(t, server.Options{Organization: "acme", Seed: []byte(suggestSeed), Now: func() time.Time { return clock }})
	served := serveOn(t, sandbox, func() time.Time { return clock }, func(sessions session.Source) infer.InferredFunction {
		return infer.Function(&functions.GetSuggestedAccess{Sessions: sessions})
	})
	require.Zero(t, refusedCalls(sandbox, "bo"))
	require.Equal(t, len(tried), refusedCalls(sandbox, "zed"))
	clock = clock.Add(time.Hour)
	answer, err := invoke(served, "getSuggestedAccess", map[string]any{"team": "payments", "since": "1d"})
	require.NoError(t, err)
	require.Empty(t, answer.Failures)
	suggested := rulesOf(answer.Return.Get("access").AsMap())
	require.Len(t, suggested, 4, "%v", answer.Return)

	assert.Zero(t, refusedWith(t, sandbox, suggested))
	for i := range suggested {
		less := append(append([]suggestedRule{}, suggested[:i]...), suggested[i+1:]...)
		assert.Positive(t, refusedWith(t, sandbox, less), "%+v is needed", suggested[i])
	}
	unused := map[string]bool{}
	for _, one := range answer.Return.Get("unused").AsArray().All {
		unused[one.AsMap().Get("entity").AsString()] = true
	}
	assert.True(t, unused["environment:payments/idle"])
	assert.True(t, unused["stack:payments/idle"])
	assert.Contains(t, joined(answer.Return.Get("confidence").AsMap().Get("gaps")), "the log has no event for the use of stack:read")
}

// suggestedRule is a rule on an entity, or the scopes in the organization.
type suggestedRule struct {
	kind   access.EntityKind
	name   string
	scopes []string
}

func rulesOf(block property.Map) []suggestedRule {
	var all []suggestedRule
	for property, kind := range map[string]access.EntityKind{"stacks": access.Stack, "environments": access.Environment} {
		for _, one := range block.Get(property).AsArray().All {
			rule := one.AsMap()
			own := suggestedRule{kind: kind, name: rule.Get("project").AsString() + "/" + rule.Get(strings.TrimSuffix(property, "s")).AsString()}
			if level := rule.Get("permission"); level.IsString() {
				own.scopes = access.LevelScopes(kind, access.Level(level.AsString()))
			}
			if scopes := rule.Get("scopes"); scopes.IsArray() {
				own.scopes = append(own.scopes, list(scopes)...)
			}
			all = append(all, own)
		}
	}
	if scopes := block.Get("scopes"); scopes.IsArray() && scopes.AsArray().Len() > 0 {
		all = append(all, suggestedRule{kind: access.Organization, scopes: list(scopes)})
	}
	return all
}

func list(v property.Value) []string {
	var all []string
	for _, one := range v.AsArray().All {
		all = append(all, one.AsString())
	}
	return all
}

func joined(v property.Value) string { return strings.Join(list(v), "; ") }

// refusedWith gives team trial a role with the rules alone, and counts what its member may not do.
func refusedWith(t *testing.T, sandbox *servertest.Running, rules []suggestedRule) int {
	t.Helper()
	entries := []any{}
	types := map[access.EntityKind]string{access.Stack: "Stack", access.Environment: "Environment"}
	for _, rule := range rules {
		allow := map[string]any{"__type": "PermissionDescriptorAllow", "permissions": rule.scopes}
		if rule.kind == access.Organization {
			entries = append(entries, allow)
			continue
		}
		entries = append(entries, map[string]any{
			"__type": "PermissionDescriptorCondition", "subNode": allow,
			"condition": map[string]any{
				"__type": "PermissionExpressionEqual", "left": map[string]any{"__type": "PermissionExpression" + types[rule.kind]},
				"right": map[string]any{"__type": "PermissionLiteralExpression" + types[rule.kind], "identity": entityID(t, sandbox, rule)},
			},
		})
	}
	var role struct {
		ID string `json:"id"`
	}
	decode(t, sandbox, http.MethodPost, "/api/orgs/acme/roles", map[string]any{
		"name": "suggested", "uxPurpose": "role", "resourceType": "global", "details": map[string]any{"__type": "PermissionDescriptorGroup", "entries": entries},
	}, &role)
	status, body := sandbox.Call(sandbox.Token, http.MethodPost, "/api/orgs/acme/teams/trial/roles/"+role.ID, nil)
	require.Less(t, status, 300, string(body))
	refused := refusedCalls(sandbox, "zed")
	status, body = sandbox.Call(sandbox.Token, http.MethodDelete, "/api/orgs/acme/roles/"+role.ID+"?force=true", nil)
	require.Less(t, status, 300, string(body))
	return refused
}

func entityID(t *testing.T, sandbox *servertest.Running, rule suggestedRule) string {
	t.Helper()
	path := "/api/stacks/acme/" + rule.name
	if rule.kind == access.Environment {
		path = "/api/esc/environments/acme/" + rule.name + "/metadata"
	}
	var entity struct {
		ID string `json:"id"`
	}
	decode(t, sandbox, http.MethodGet, path, nil, &entity)
	return entity.ID
}

// decode makes a call as the administrator.
func decode(t *testing.T, sandbox *servertest.Running, method, path string, body, to any) {
	t.Helper()
	status, text := sandbox.Call(sandbox.Token, method, path, body)
	require.Less(t, status, 300, string(text))
	require.NoError(t, json.Unmarshal(text, to))
}

func TestGetSuggestedAccessRefuses(t *testing.T) {
	t.Parallel()
	sandbox := servertest.Start(t, server.Options{Organization: "acme", Seed: []byte(suggestSeed)})
	served := serveOn(t, sandbox, time.Now, func(sessions session.Source) infer.InferredFunction {
		return infer.Function(&functions.GetSuggestedAccess{Sessions: sessions})
	})
	for want, args := range map[string]map[string]any{
		"give exactly one of team, token and deployment": {},
		"exactly one of team, token":                     {"team": "payments", "token": "ci"},
		"since: \"soon\" is neither a time":              {"team": "payments", "since": "soon"},
		`organization "acme" has no team "nobody"`:       {"team": "nobody"},
	} {
		_, err := invoke(served, "getSuggestedAccess", args)
		require.ErrorContains(t, err, want)
	}
}
