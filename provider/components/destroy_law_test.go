package components_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/enginetest"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/server"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/server/servertest"
)

// destroySeed has defaults that give everybody something, so that putting them back gives more than a baseline leaves.
const destroySeed = `
organization: acme
users: [{login: ana, role: admin}, {login: bo}, {login: cy}, {login: di}, {login: eve}]
settings: {defaultStackPermission: write, defaultEnvironmentPermission: write}
stacks:
  - {project: web, stack: prod, owner: ana, tags: {tier: prod}}
environments:
  - {project: web, environment: shared, owner: ana, tags: {tier: prod}, definition: "values: {}"}
`

// aProductLine is a program with a production environment behind gates, the team that opens it, and often a baseline, an
// emergency team and a role for deployments beside them.
func aProductLine(t *rapid.T) []enginetest.Declared {
	approvers := map[string]any{"approvers": map[string]any{"users": []string{"eve"}}}
	environment := map[string]any{
		"project": "payments", "name": "prod", "values": map[string]any{"a": "b"}, "deletionProtected": false, "openApproval": approvers,
		"tags": map[string]any{"tier": "prod"},
	}
	if rapid.Bool().Draw(t, "update gate") {
		environment["updateApproval"] = approvers
	}
	open := map[string]any{"scopes": []string{"environment:read", "environment:open"}}
	if rapid.Bool().Draw(t, "by tags") {
		open["tags"] = map[string]any{"tier": "prod"}
	} else {
		open["project"], open["environment"] = "payments", "prod"
	}
	program := []enginetest.Declared{
		{Type: "ProductionEnvironment", Name: "line", Inputs: environment},
		{Type: "ScopedTeam", Name: "operators", Inputs: map[string]any{
			"name": "operators", "members": someOf(t, "operators", "bo", "cy"), "access": map[string]any{
				"environments": []any{open},
				"stacks":       []any{map[string]any{"project": "web", "stack": "prod", "permission": "view"}},
			},
		}},
	}
	for _, more := range []enginetest.Declared{
		{Type: "OrganizationBaseline", Name: "baseline", Inputs: map[string]any{}},
		{Type: "BreakGlass", Name: "glass", Inputs: map[string]any{
			"name": "glass", "maxOpenDuration": "1h", "approvers": approvers["approvers"],
			"members": []any{map[string]any{"user": "di", "until": "2030-03-01T13:00:00Z"}},
			"access": map[string]any{"environments": []any{
				map[string]any{"project": "web", "environment": "shared", "permission": "open"},
			}},
		}},
		{Type: "DeploymentRoleAssignment", Name: "deploys", Inputs: map[string]any{
			"project": "web", "stack": "prod", "access": map[string]any{"environments": []any{
				map[string]any{"project": "payments", "environment": "prod", "permission": "open"},
			}},
		}},
	} {
		switch with := rapid.Bool().Draw(t, "with "+more.Type); {
		case with && more.Type == "OrganizationBaseline":
			program = slices.Insert(program, 0, more) // what the others depend on
		case with:
			program = append(program, more)
		}
	}
	return program
}

// TestNoDestroyLeavesMoreAccess is the law of destroys: in whatever order independent resources are deleted, and wherever that stops,
// nobody has what neither the program gave them nor the end of the destroy gives. Destroyed again, it comes to that end.
func TestNoDestroyLeavesMoreAccess(t *testing.T) {
	w := &watched{sandbox: servertest.Start(t, server.Options{Seed: []byte(destroySeed), Now: atOrderClock})}
	w.watcher = servertest.NewWatcher(func(write servertest.Write) {
		for _, line := range w.sandbox.Holdings().Beyond(w.bounds...) {
			if w.bounds != nil {
				w.beyond = append(w.beyond, fmt.Sprintf("after %s: %s", write, line))
			}
		}
	})
	w.engine = enginetest.New(t, w.sandbox, w.watcher, provider.WithClock(atOrderClock))
	empty, nothing := w.sandbox.History(), w.engine.Snapshot()
	rapid.Check(t, func(rt *rapid.T) {
		w.sandbox.Restore(empty)
		w.engine.Restore(nothing)
		w.checkDestroy(rt, aProductLine(rt))
	})
}

func (w *watched) checkDestroy(t *rapid.T, program []enginetest.Declared) {
	w.bounds, w.beyond = nil, nil
	w.watcher.FailAt(0, servertest.Refused, false)
	require.NoError(t, w.engine.Up(program...))
	held, saved, state := w.sandbox.Holdings(), w.sandbox.History(), w.engine.Snapshot()

	w.watcher.FailAt(0, servertest.Refused, false)
	require.NoError(t, w.engine.Destroy(), "in the order of the program")
	end, writes := w.sandbox.Holdings(), len(w.watcher.Writes())

	w.bounds = []servertest.Holdings{held, end}
	any := func(n int) int { return rapid.IntRange(0, n-1).Draw(t, "next") }
	fail := rapid.IntRange(0, writes).Draw(t, "fail at")
	how := rapid.SampledFrom(servertest.Failures).Draw(t, "how")
	w.sandbox.Restore(saved)
	w.engine.Restore(state)
	w.watcher.FailAt(fail, how, rapid.Bool().Draw(t, "outage"))
	failed := w.engine.DestroyInOrder(any)
	require.Empty(t, w.beyond, "with %q at %d of %d writes: %v", how, fail, writes, failed)
	// Whatever happened, destroying again comes to the same end. What refuses to go before what it guards goes after it.
	w.watcher.FailAt(0, servertest.Refused, false)
	for tries := 0; ; tries++ {
		again := w.engine.DestroyInOrder(any)
		require.Empty(t, w.beyond, "in the destroy after %v: %v", failed, again)
		if again == nil {
			break
		}
		require.ErrorContains(t, again, "nothing was put back")
		if tries == 2 {
			any = func(n int) int { return n - 1 } // the order of the program
		}
	}
	require.Equal(t, end, w.sandbox.Holdings(), "after %v", failed)
	require.False(t, slices.Contains(w.engine.Names(), ""))
}
