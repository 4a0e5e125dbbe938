package teammembers_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/resourcetest"
)

// joining are the inputs of a TeamMembers.
func joining(members ...string) map[string]any {
	return map[string]any{"team": "payments", "members": members, "admins": []string{"di"}}
}

// A TeamMembers adds the people whom it names, and removes those alone.
func TestTeamMembersLifecycle(t *testing.T) {
	t.Parallel()
	w := resourcetest.New(t, resourcetest.People)
	team := w.Resource("Team")
	require.NoError(t, team.Up(map[string]any{"name": "payments", "unmanagedMembers": true}))
	e := w.Resource("TeamMembers")
	inputs := joining("BO")

	w.Reset()
	preview, err := e.Preview(inputs)
	require.NoError(t, err)
	assert.Empty(t, w.Writes(), "a preview only reads")
	assert.Equal(t, "{admins: [di], members: [BO], organization: acme, team: payments}", resourcetest.Shown(preview))
	require.NoError(t, e.Up(inputs))
	assert.Equal(t, "acme/payments", e.ID)
	assert.Equal(t, resourcetest.Shown(preview), resourcetest.Shown(e.State))
	assert.Equal(t, map[string]string{"ana": "admin", "bo": "member", "di": "admin"}, w.Members("payments"), "the creator stays")
	e.Settled(inputs)
	require.NoError(t, e.Refresh())
	e.Settled(inputs)

	w.Admin("PATCH", "/api/orgs/acme/teams/payments", map[string]any{"member": "bo", "memberAction": "remove"})
	require.NoError(t, e.Refresh())
	assert.Equal(t, "{admins: [di], members: [], organization: acme, team: payments}", resourcetest.Shown(e.State))
	require.NoError(t, e.Up(inputs))
	require.NoError(t, e.Up(joining("cy")))
	assert.Equal(t, map[string]string{"ana": "admin", "cy": "member", "di": "admin"}, w.Members("payments"))
	e.Settled(joining("cy"))

	imported := w.Resource("TeamMembers")
	require.NoError(t, imported.Adopt("acme/payments"))
	assert.Equal(t, "{admins: [ana, di], members: [cy], organization: acme, team: payments}", resourcetest.Shown(imported.State))

	require.NoError(t, e.Destroy())
	assert.Equal(t, map[string]string{"ana": "admin"}, w.Members("payments"), "others stay")
}

// Without its team there is nothing to remove, and nobody to add.
func TestTeamMembersWithoutTheirTeam(t *testing.T) {
	t.Parallel()
	w := resourcetest.New(t, resourcetest.People)
	e := w.Resource("TeamMembers")
	err := e.Up(joining("bo"))
	require.ErrorContains(t, err, `team "payments" does not exist, or is not visible to this token: create it (leastprivilege.Team), or `+
		"remove this TeamMembers")
	assert.Empty(t, e.ID)
	require.NoError(t, e.Up(map[string]any{"team": "payments"}), "nobody is named")

	team := w.Resource("Team")
	require.NoError(t, team.Up(map[string]any{"name": "payments", "unmanagedMembers": true}))
	require.NoError(t, e.Up(joining("bo")))
	require.NoError(t, team.Destroy())
	require.NoError(t, e.Destroy(), "the members went with the team")
}
