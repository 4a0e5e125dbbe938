package approvalgate_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/cloud"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/resourcetest"
)

// gatedActions are the actions of the gates that ask on payments/prod.
func gatedActions(w resourcetest.World) map[string]bool {
	actions := map[string]bool{}
	for _, gate := range w.Gates() {
		if gate.Enabled {
			actions[gate.Action] = true
		}
	}
	return actions
}

// An update that changes a definition and removes the gates of its environment: whichever write fails, the new definition is
// live only where no gate asks for an approval of it, a gate goes only after the environment was dealt with, and the next
// updates end with the new program: without gates, without a draft that waits. Those of a protected environment stay until
// they are disabled.
func TestGateRemovalTogetherWithADefinitionChange(t *testing.T) {
	t.Parallel()
	const old, changed = "values: {a: 1}\n", "values: {a: 2}\n"
	for _, actions := range [][]string{{"open"}, {"update"}, {"open", "update"}} {
		for _, protected := range []bool{false, true} {
			for passes := -1; passes <= 6; passes++ {
				t.Run(fmt.Sprintf("%s, protected %v, %d writes pass", strings.Join(actions, "+"), protected, passes), func(t *testing.T) {
					t.Parallel()
					w := resourcetest.New(t, resourcetest.Gated)
					w.Admin("DELETE", resourcetest.EnvironmentPath, nil)
					transport := &resourcetest.WatchedTransport{Look: func() {}, Passes: -1}
					client := &http.Client{Transport: transport}
					program := func(definition string) map[string]any {
						return resourcetest.ProdEnvironment(map[string]any{"definition": definition, "deletionProtected": protected})
					}
					environment := w.Through(t.Context(), client, w.Token, "Environment")
					require.NoError(t, environment.Up(program(old)))
					w.Reviewers()
					var gates []*resourcetest.Engine
					for _, action := range actions {
						gate := w.Through(t.Context(), client, w.Token, "ApprovalGate")
						require.NoError(t, gate.Up(resourcetest.GateOnProd(map[string]any{"action": action})))
						gates = append(gates, gate)
					}
					done := false // the environment's step
					transport.Look = func() {
						guarded := gatedActions(w)
						if w.Definition() == changed {
							assert.False(t, guarded[cloud.GateUpdate], "the new definition is live without the approval that its gate asks for")
						}
						if !done {
							assert.Len(t, guarded, len(actions), "a gate went before the environment was dealt with")
						}
					}
					remaining := gates
					update := func() error { // as the engine does it: deletions last, and none after a failure
						if err := environment.Up(program(changed)); err != nil {
							return err
						}
						done = true
						for len(remaining) > 0 {
							if err := remaining[0].Destroy(); err != nil {
								return err
							}
							remaining = remaining[1:]
						}
						return nil
					}
					transport.Passes = passes
					_ = update()
					transport.Passes = -1
					if protected { // the gates of such an environment are disabled first
						require.ErrorContains(t, update(), "protected from deletion")
						assert.Len(t, gatedActions(w), len(actions), "a gate of a protected environment went")
						for i, gate := range remaining {
							require.NoError(t, gate.Up(resourcetest.GateOnProd(map[string]any{"action": actions[i], "enabled": false})))
						}
					}
					require.NoError(t, update(), "the next update goes on from there")
					require.NoError(t, update(), "and the one after it writes what waited")
					environment.Settled(program(changed))
					assert.Equal(t, changed, w.Definition())
					assert.Empty(t, w.Gates())
					assert.True(t, environment.State.Get("changeRequestId").IsNull(), "nothing waits")
				})
			}
		}
	}
}
