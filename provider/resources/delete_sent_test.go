package resources_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

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
	t.Run("the service says that it is gone", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, people)
		team := w.resource("Team")
		require.NoError(t, team.up(inputs))
		w.calls()
		w.Fault(servertest.Fault{Match: readTeam, Status: 404})
		require.NoError(t, team.destroy())
		assert.Equal(t, 1, w.calls()[deleteTeam])
		_, err := w.client(w.Token).Team(t.Context(), "acme", "payments")
		require.Error(t, err, "it was there, and is not any more")
	})
	t.Run("a proxy says that it is gone", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, people)
		team := w.resource("Team")
		require.NoError(t, team.up(inputs))
		page := "<html>404 Not Found</html>"
		w.Fault(servertest.Fault{Match: readTeam, Status: 404, Body: &page})
		require.Error(t, team.destroy())
		_, err := w.client(w.Token).Team(t.Context(), "acme", "payments")
		require.NoError(t, err)
	})
}
