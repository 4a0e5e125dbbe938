package entityaccess_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/access"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/resourcetest"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/server/servertest"
)

// heldOnStack is who is granted something directly on a stack of the project payments.
func heldOnStack(w resourcetest.World, name string) []string {
	w.T.Helper()
	client := w.Client(w.Token)
	stack, err := client.Stack(w.T.Context(), "acme", "payments", name)
	require.NoError(w.T, err)
	found, err := client.EntityAssignments(w.T.Context(), "acme", access.Stack, stack.ID)
	require.NoError(w.T, err)
	all := []string{}
	for _, one := range found.Users {
		all = append(all, one.Login)
	}
	for _, one := range found.Teams {
		all = append(all, "team "+one.Team)
	}
	return all
}

func post(w resourcetest.World, path string, body any) {
	w.T.Helper()
	status, answer := w.Call(w.Token, "POST", path, body)
	require.Less(w.T, status, 300, string(answer))
}

// What was granted on a stack is found and taken away wherever the stack is renamed to, whatever has its old name now.
func TestGrantsOnARenamedStackAreTakenAway(t *testing.T) {
	rapid.Check(t, func(t0 *rapid.T) {
		w := resourcetest.New(t, estate)
		e := w.Resource("EntityAccess")
		inputs := onStack(map[string]any{"users": list{user("di", "read")}, "teams": list{team("payments", "write")}})
		require.NoError(t, e.Up(inputs))
		post(w, "/api/stacks/acme/payments/prod/rename", map[string]any{"newName": "live", "newProject": "payments"})
		taken := rapid.Bool().Draw(t0, "the old name is taken")
		if taken {
			post(w, "/api/stacks/acme/payments", map[string]any{"stackName": "prod"})
		}
		_, err := e.Preview(merged(inputs, map[string]any{"teams": list{}}))
		require.ErrorContains(t, err, "was renamed to stack payments/live")
		require.ErrorContains(t, e.Up(inputs), "was renamed to stack payments/live")
		require.Equal(t, []string{"di", "team payments"}, heldOnStack(w, "live"))
		renamed := map[string]any{"stack": map[string]any{"project": "payments", "stack": "live"}, "users": inputs["users"], "teams": list{team("payments", "write")}}
		if rapid.Bool().Draw(t0, "refresh") {
			require.NoError(t, e.Refresh())
			assert.Contains(t, e.Said(), "was renamed to stack payments/live")
			require.Equal(t, "acme/stack/payments/live", e.ID)
			require.Contains(t, e.Diff(inputs).DetailedDiff, "stack", "the old name is another stack")
			e.Settled(renamed)
		}
		require.NoError(t, e.Destroy())
		require.Empty(t, heldOnStack(w, "live"))
		if taken {
			require.Equal(t, []string{"ana"}, heldOnStack(w, "prod"), "what others granted stays")
		}
	})
}

// One that only this resource could tell from another that has its name is not taken for deleted where that cannot be read.
func TestARenameThatCannotBeReadIsAnError(t *testing.T) {
	t.Parallel()
	w := resourcetest.New(t, estate)
	e := w.Resource("EntityAccess")
	require.NoError(t, e.Up(onStack(map[string]any{"users": list{user("di", "read")}})))
	post(w, "/api/stacks/acme/payments/prod/rename", map[string]any{"newName": "live", "newProject": "payments"})
	w.Fault(servertest.Fault{Match: "GET /api/user/stacks", Status: 403, Times: 9})
	require.ErrorContains(t, e.Destroy(), "whether stack payments/prod was renamed could not be read")
	w.Call(w.Token, "DELETE", "/_sandbox/faults", nil)
	require.NoError(t, e.Destroy())
	require.NotContains(t, heldOnStack(w, "live"), "di")
}

// A team that is not there is named before anything is taken away.
func TestMissingTeamIsNamedAtPreview(t *testing.T) {
	t.Parallel()
	w := resourcetest.New(t, estate)
	e := w.Resource("EntityAccess")
	_, err := e.Preview(onStack(map[string]any{"teams": list{team("Web", "write"), team("payments", "read")}}))
	require.NoError(t, err, "the same update may create it")
	said := e.Said()
	assert.Contains(t, said, `has no team "Web" now`)
	assert.Contains(t, said, `Is it "web"`)
	assert.NotContains(t, said, `no team "payments"`)
}
