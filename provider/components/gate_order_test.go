package components_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/enginetest"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/server"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/server/servertest"
)

const gateSeed = `
organization: acme
users: [{login: ana, role: admin}, {login: bo}, {login: cy}, {login: di}]
teams: [{name: security, members: [cy]}]
`

func gateWorld(t *testing.T) *watched {
	t.Helper()
	w := &watched{sandbox: servertest.Start(t, server.Options{Seed: []byte(gateSeed), Now: atOrderClock})}
	w.watcher = servertest.NewWatcher(func(servertest.Write) {})
	w.engine = enginetest.New(t, w.sandbox, w.watcher, provider.WithClock(atOrderClock))
	return w
}

func declaredEnvironment(more map[string]any) enginetest.Declared {
	inputs := map[string]any{"project": "payments", "name": "prod", "definition": "values: {a: 1}"}
	for key, value := range more {
		inputs[key] = value
	}
	return enginetest.Declared{Type: "Environment", Name: "prod", Inputs: inputs}
}

func declaredGate(action string, more map[string]any) enginetest.Declared {
	inputs := map[string]any{
		"project": "payments", "environment": "prod", "action": action, "approvers": map[string]any{"teams": []string{"security"}},
	}
	for key, value := range more {
		inputs[key] = value
	}
	return enginetest.Declared{Type: "ApprovalGate", Name: "gate-" + action, Inputs: inputs}
}

// An environment that is not deleted keeps the gates that a destroy, or the removal of both, deleted before it; nothing keeps a gate
// that alone leaves the program.
func TestDeletionThatFailsPutsGatesBack(t *testing.T) {
	t.Parallel()
	const metadata = "/api/esc/environments/acme/payments/prod/metadata"
	gated := func(w *watched) string {
		_, answer := w.sandbox.Call(w.sandbox.Token, http.MethodGet, metadata, nil)
		return string(answer)
	}
	program := []enginetest.Declared{declaredEnvironment(nil), declaredGate("open", nil), declaredGate("update", nil)}
	refused := servertest.Fault{Match: "DELETE /api/esc/environments/{orgName}/{projectName}/{envName}", Status: http.StatusForbidden}
	unseen := servertest.Fault{Match: "GET /api/esc/environments/{orgName}/{projectName}/{envName}/settings", Status: http.StatusForbidden, Times: 3}
	for name, remove := range map[string]func(*watched) error{
		"destroy": func(w *watched) error { return w.engine.Destroy() },
		"removal": func(w *watched) error { return w.engine.Up() },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := gateWorld(t)
			before := string(w.sandbox.State())
			require.NoError(t, w.engine.Up(program...))
			require.Contains(t, gated(w), `"gatedActions":["open","update"]`)
			w.sandbox.Fault(refused)
			err := w.anew(t).remove(remove)
			require.ErrorContains(t, err, "were put back")
			require.ErrorContains(t, err, `"open payments/prod" (open)`)
			assert.Contains(t, gated(w), `"gatedActions":["open","update"]`)
			require.NoError(t, w.anew(t).remove(remove), "the second time")
			assert.Equal(t, before, string(w.sandbox.State()))
		})
	}

	w := gateWorld(t)
	require.NoError(t, w.engine.Up(program...))
	w.sandbox.Fault(unseen)
	require.Error(t, w.anew(t).engine.Destroy(), "whether it is protected could not be read")
	assert.Contains(t, gated(w), `"gatedActions":["open","update"]`)

	w = gateWorld(t)
	require.NoError(t, w.engine.Up(program...))
	require.NoError(t, w.anew(t).engine.Up(program[:2]...))
	assert.Contains(t, gated(w), `"gatedActions":["open"]`)
	require.NoError(t, w.anew(t).engine.Up(program[:1]...))
	assert.Contains(t, gated(w), `"gatedActions":[]`)
	w.sandbox.Fault(refused)
	require.Error(t, w.anew(t).engine.Up())
	assert.Contains(t, gated(w), `"gatedActions":[]`, "a gate that was removed on purpose does not come back")
}

// anew is the next command: the engine starts another process of the provider, with the state of the last one.
func (w *watched) anew(t *testing.T) *watched {
	t.Helper()
	state := w.engine.Snapshot()
	w.engine = enginetest.New(t, w.sandbox, w.watcher, provider.WithClock(atOrderClock))
	w.engine.Restore(state)
	return w
}

func (w *watched) remove(by func(*watched) error) error { return by(w) }

// A preview checks a gate by the members that the approving team will have, and reports nothing about what the same program creates.
func TestPreviewsKnowWhatTheProgramCreates(t *testing.T) {
	t.Parallel()
	approvers := func(more ...string) enginetest.Declared {
		return enginetest.Declared{Type: "Team", Name: "approvers", Inputs: map[string]any{"name": "approvers", "members": more}}
	}
	gate := func(required int) enginetest.Declared {
		return declaredGate("update", map[string]any{"approvers": map[string]any{"teams": []string{"approvers"}}, "requiredApprovals": required})
	}
	w := gateWorld(t)
	require.NoError(t, w.engine.Preview(approvers("bo", "cy"), declaredEnvironment(nil), gate(1)))
	require.ErrorContains(t, w.anew(t).engine.Preview(approvers("bo", "cy"), declaredEnvironment(nil), gate(3)),
		"only 2 people could approve (bo, cy)", "the first preview counts them already")
	require.NoError(t, w.anew(t).engine.Up(approvers("bo", "cy"), declaredEnvironment(nil), gate(2)))
	raised := []enginetest.Declared{approvers("bo", "cy", "di"), declaredEnvironment(nil), gate(3)}
	require.NoError(t, w.anew(t).engine.Preview(raised...), "members and approvals are raised in one update")
	require.NoError(t, w.anew(t).engine.Up(raised...))
	require.ErrorContains(t, w.anew(t).engine.Preview(approvers("bo"), declaredEnvironment(nil), gate(2)), "only 1 person could approve (bo)",
		"those who would be removed do not count")
	require.ErrorContains(t, w.anew(t).engine.Preview(declaredEnvironment(nil), gate(4)), "only 3 people could approve",
		"a team of another program is counted as it is")

	left := enginetest.Declared{Type: "Team", Name: "left", Inputs: map[string]any{"name": "left", "unmanagedMembers": true}}
	joining := func(logins ...string) enginetest.Declared {
		return enginetest.Declared{Type: "TeamMembers", Name: "joining", Inputs: map[string]any{"team": "left", "members": logins}}
	}
	of := func(required int) enginetest.Declared {
		return declaredGate("open", map[string]any{"approvers": map[string]any{"teams": []string{"left"}}, "requiredApprovals": required})
	}
	w = gateWorld(t)
	require.NoError(t, w.engine.Up(left, joining("bo"), declaredEnvironment(nil), of(1)))
	more := []enginetest.Declared{left, joining("bo", "cy", "di"), declaredEnvironment(nil), of(3)}
	require.NoError(t, w.anew(t).engine.Preview(more...))
	require.NoError(t, w.anew(t).engine.Up(more...))
}
