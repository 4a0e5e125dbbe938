package resources_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/resourcetest"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/server/servertest"
)

// A delete that finds nothing when it looks is sent all the same: a single answer is not evidence. So an object that an
// intermediary hides is deleted, and not only forgotten.
func TestDeleteIsSentWhateverTheLookBeforeItFound(t *testing.T) {
	t.Parallel()
	const (
		deleteTeam = "DELETE /api/orgs/{orgName}/teams/{teamName}"
		readTeam   = "GET /api/orgs/{orgName}/teams/{teamName}"
	)
	inputs := map[string]any{"name": "payments", "members": []any{"ana"}}
	t.Run("the service says that it was deleted", func(t *testing.T) {
		t.Parallel()
		w := resourcetest.New(t, resourcetest.People)
		team := w.Resource("Team")
		require.NoError(t, team.Up(inputs))
		w.Calls()
		w.Fault(servertest.Fault{Match: readTeam, Status: 404})
		require.NoError(t, team.Destroy())
		assert.Equal(t, 1, w.Calls()[deleteTeam])
		_, err := w.Client(w.Token).Team(t.Context(), "acme", "payments")
		require.Error(t, err, "it was there, and is not any more")
	})
	t.Run("a proxy says that it was deleted", func(t *testing.T) {
		t.Parallel()
		w := resourcetest.New(t, resourcetest.People)
		team := w.Resource("Team")
		require.NoError(t, team.Up(inputs))
		page := "<html>404 Not Found</html>"
		w.Fault(servertest.Fault{Match: readTeam, Status: 404, Body: &page})
		require.Error(t, team.Destroy())
		_, err := w.Client(w.Token).Team(t.Context(), "acme", "payments")
		require.NoError(t, err)
	})
}
