package enginetest_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/enginetest"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/server"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/server/servertest"
)

const seed = `
organization: acme
users: [{login: ana, role: admin}, {login: bo}, {login: cy}]
stacks: [{project: web, stack: dev, owner: ana}, {project: web, stack: prod, owner: ana}]
`

func team(name string, members []string, stack, permission string) enginetest.Declared {
	return enginetest.Declared{Type: "ScopedTeam", Name: "x", Inputs: map[string]any{
		"name": name, "members": members, "access": map[string]any{
			"stacks": []any{map[string]any{"project": "web", "stack": stack, "permission": permission}},
		},
	}}
}

func TestEngineRunsPrograms(t *testing.T) {
	t.Parallel()
	sandbox := servertest.Start(t, server.Options{Seed: []byte(seed)})
	before := sandbox.Holdings()
	watcher := servertest.NewWatcher(nil)
	e := enginetest.New(t, sandbox, watcher)

	require.NoError(t, e.Preview(team("web", []string{"bo"}, "dev", "write")))
	assert.Empty(t, watcher.Writes())
	require.NoError(t, e.Up(team("web", []string{"bo"}, "dev", "write")))
	held := sandbox.Holdings()
	assert.Contains(t, held, server.Holding{Login: "bo", Entity: "stack web/dev", Scope: "stack:write"})
	assert.NotEmpty(t, held.Beyond(before))
	assert.Empty(t, before.Beyond(held))

	watcher.FailAt(0, servertest.Refused, false)
	require.NoError(t, e.Up(team("web", []string{"bo"}, "dev", "write")))
	assert.Empty(t, watcher.Writes(), "nothing changed")
	changed, err := e.Refresh()
	require.NoError(t, err)
	assert.Empty(t, changed)

	require.NoError(t, e.Up(team("web2", []string{"cy"}, "prod", "read")), "another name replaces the team")
	assert.Contains(t, sandbox.Holdings(), server.Holding{Login: "cy", Entity: "stack web/prod", Scope: "stack:read"})
	assert.Empty(t, held.Beyond(before, held))

	for _, how := range servertest.Failures {
		watcher.FailAt(1, how, false)
		_ = e.Up(team("web2", []string{"bo"}, "prod", "read"))
	}
	watcher.FailAt(1, servertest.Refused, false)
	require.ErrorContains(t, e.Up(team("web2", []string{"bo", "cy"}, "dev", "read")), "refused by the test")
	watcher.FailAt(0, servertest.Refused, false)
	require.NoError(t, e.Destroy())
	assert.Equal(t, before, sandbox.Holdings())
	assert.Empty(t, e.Names())
}
