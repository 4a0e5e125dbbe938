package explained_test

import (
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/property"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/enginetest"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/resourcetest"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/server/servertest"
)

const explained = `
organization: acme
users:
  - {login: ana, role: admin}
  - {login: bo}
  - {login: cy}
settings: {defaultEnvironmentPermission: none, defaultStackPermission: none}
roles:
  - {name: looks, scopes: ["environment:read"]}
teams:
  - {name: operators, members: [cy, bo]}
  - {name: empty}
stacks:
  - {project: payments, stack: prod, owner: ana}
environments:
  - {project: payments, environment: prod, owner: ana, tags: {tier: prod}}
  - {project: payments, environment: dev, owner: ana, tags: {tier: dev}}
  - {project: web, environment: prod, owner: ana, tags: {tier: prod}}
`

func explaining(t *testing.T, seed string) resourcetest.World {
	t.Helper()
	w := resourcetest.New(t, seed)
	w.Explaining = 500
	return w
}

// told are the lines of a preview that say who gains or loses.
func told(t *testing.T, e *resourcetest.Engine, inputs map[string]any) string {
	t.Helper()
	e.Said()
	_, err := e.Preview(inputs)
	require.NoError(t, err)
	return e.Said()
}

// anew is a resource in a process of its own, which has read nothing yet.
func anew(w resourcetest.World, kind string, e *resourcetest.Engine) *resourcetest.Engine {
	again := w.Resource(kind)
	again.ID, again.Inputs, again.State = e.ID, e.Inputs, e.State
	return again
}

func TestPreviewOfARoleSaysWhoGains(t *testing.T) {
	t.Parallel()
	w := explaining(t, explained)
	role := func(permission string) map[string]any {
		return map[string]any{"organization": "acme", "name": "operators", "access": map[string]any{
			"environments": []any{map[string]any{"tags": map[string]any{"tier": "prod"}, "permission": permission}},
		}}
	}
	e := w.Resource("Role")
	assert.NotContains(t, told(t, e, role("read")), "with this change", "nobody holds the role yet")
	require.NoError(t, e.Up(role("read")))
	assert.NotContains(t, told(t, e, role("open")), "with this change", "nobody holds the role yet")

	given := w.Resource("TeamAccess")
	require.NoError(t, given.Up(map[string]any{"organization": "acme", "team": "operators", "roleIds": []any{e.State.Get("roleId").AsString()}}))
	said := told(t, anew(w, "Role", e), role("open"))
	assert.Contains(t, said, "with this change of the role \"operators\":\n  - bo, cy and tokens of team operators could open payments/prod (and 1 more environment; ")
	assert.Contains(t, said, ": member of operators, by role operators, rule environments: {tags: {tier: prod}, permission: open}")
	t.Log(said)
}

func TestPreviewOfATeamAccessSaysWhoGainsAndWhoLoses(t *testing.T) {
	t.Parallel()
	w := explaining(t, explained)
	e := w.Resource("TeamAccess")
	grants := func(permission string, names ...string) map[string]any {
		var all []any
		for _, name := range names {
			project, environment, _ := strings.Cut(name, "/")
			all = append(all, map[string]any{"project": project, "environment": environment, "permission": permission})
		}
		return map[string]any{"organization": "acme", "team": "operators", "environments": all}
	}
	said := told(t, e, grants("open", "payments/prod"))
	t.Log(said)
	assert.Contains(t, said, "bo, cy and tokens of team operators could open payments/prod")
	require.NoError(t, e.Up(grants("open", "payments/prod")))
	said = told(t, e, grants("read", "payments/prod", "payments/dev"))
	t.Log(said)
	assert.Contains(t, said, "could no longer open payments/prod")
	assert.Contains(t, said, "could read environment payments/dev")
}

// Resources of one program are compared with what is there and was planned before them, so that the lines of all of them together are the whole
// change.
func TestPreviewsOfOneProgramAddUp(t *testing.T) {
	t.Parallel()
	w := explaining(t, explained)
	engine := enginetest.New(t, w.Running, servertest.NewWatcher(func(servertest.Write) {}))
	engine.Explain()
	program := []enginetest.Declared{
		{Type: "Team", Name: "team", Inputs: map[string]any{"name": "new", "members": []any{"bo"}}},
		{Type: "Role", Name: "role", Inputs: map[string]any{"name": "operators", "access": map[string]any{
			"environments": []any{map[string]any{"tags": map[string]any{"tier": "prod"}, "permission": "open"}},
		}}},
		{Type: "TeamAccess", Name: "access", Inputs: map[string]any{"team": "new", "environments": []any{
			map[string]any{"project": "payments", "environment": "dev", "permission": "read"},
		}}},
		{Type: "TeamMembers", Name: "more", Inputs: map[string]any{"team": "new", "members": []any{"cy"}}},
		{Type: "OrganizationSettings", Name: "settings", Inputs: map[string]any{"defaultEnvironmentPermission": "read"}},
	}
	require.NoError(t, engine.Preview(program...))
	said := map[string]string{}
	for _, d := range program {
		said[d.Name] = engine.Said(d.Type, d.Name)
	}
	assert.NotContains(t, said["team"], "with this change", "the team has nothing yet")
	assert.NotContains(t, said["role"], "with this change", "nobody holds the role")
	assert.Contains(t, said["access"], "  - bo could read environment payments/dev (5 more scopes): member of new, grant on the entity: read", "by what Team planned")
	assert.NotContains(t, said["access"], "cy")
	assert.NotContains(t, said["access"], "tokens of team new", "which has none yet")
	assert.Contains(t, said["more"], "  - cy could read environment payments/dev (5 more scopes): member of new, grant on the entity: read", "by what TeamAccess planned")
	assert.NotContains(t, said["more"], "bo could")
	assert.Contains(t, said["settings"], "bo and cy could read environment payments/prod (and 1 more environment; ", "dev they could read before")
	require.NoError(t, engine.Up(program...))
}

// A line of one resource quotes no secret of another one.
func TestExplainedChangesQuoteNoSecrets(t *testing.T) {
	t.Parallel()
	w := explaining(t, explained)
	engine := enginetest.New(t, w.Running, servertest.NewWatcher(func(servertest.Write) {}))
	engine.Explain()
	policies := property.New([]property.Value{property.New(map[string]property.Value{
		"decision": property.New("allow"), "tokenType": property.New("team"), "team": property.New("operators"),
		"claims": property.New(map[string]property.Value{"sub": property.New("repo:acme/hush-hush:ref:refs/heads/main").WithSecret(true)}),
	})})
	program := []enginetest.Declared{
		{Type: "OidcIssuer", Name: "quiet", Inputs: map[string]any{"name": "CI", "url": w.CIURL("github"), "maxExpiration": "1h", "policies": policies}},
		{Type: "TeamAccess", Name: "quiet", Inputs: map[string]any{"team": "operators", "environments": []any{
			map[string]any{"project": "payments", "environment": "dev", "permission": "read"},
		}}},
	}
	require.NoError(t, engine.Preview(program...))
	for _, d := range program {
		said := engine.Said(d.Type, d.Name)
		assert.Contains(t, said, " could ", d.Type)
		assert.NotContains(t, said, "hush-hush", d.Type)
	}
}
