package team_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/resourcetest"
)

// lasting is a member of a team until so long from now.
func lasting(w resourcetest.World, user string, d time.Duration) map[string]any {
	return map[string]any{"user": user, "until": w.Now().Add(d).Format(time.RFC3339)}
}

func emergency(members ...any) map[string]any {
	return map[string]any{"name": "emergency", "members": []string{}, "temporaryMembers": members}
}

func TestTeamWithMembersForATime(t *testing.T) {
	t.Parallel()
	at := resourcetest.NewClock()
	w := resourcetest.NewAt(t, resourcetest.People, at.Now)
	e := w.Resource("Team")
	inputs := emergency(lasting(w, "bo", time.Hour), lasting(w, "cy", 2*time.Hour), lasting(w, "ana", -time.Hour))
	preview, err := e.Preview(inputs)
	require.NoError(t, err)
	assert.NotContains(t, resourcetest.Show(preview.Get("temporaryMembers")), "ana", "a membership that has expired before the first update adds nobody")
	require.NoError(t, e.Up(inputs))
	assert.Equal(t, map[string]string{"bo": "member", "cy": "member"}, w.Members("emergency"))
	w.Reset()
	e.Settled(inputs)
	require.NoError(t, e.Up(inputs))
	assert.Empty(t, w.Calls(), "an update without changes makes no call")
	require.NoError(t, e.Refresh())
	e.Settled(inputs)
	assert.NotContains(t, e.Said(), "has ended")

	// The time of one ends: no input changed, and yet an update has something to do. A refresh shows it before.
	at.Advance(time.Hour)
	assert.Equal(t, []string{"temporaryMembers"}, resourcetest.Changed(e.Diff(inputs)))
	_, err = e.Preview(inputs)
	require.NoError(t, err)
	assert.Contains(t, e.Said(), "remove bo")
	require.NoError(t, e.Refresh())
	assert.Equal(t, "[bo]", resourcetest.Show(e.State.Get("expiredMembers")))
	assert.Equal(t, "[bo]", resourcetest.Show(e.Inputs.Get("members")), "a member who is not wanted any more")
	assert.Equal(t, []string{"members"}, resourcetest.Changed(e.Diff(inputs)))
	assert.Contains(t, e.Said(), "the time of these members has ended")
	require.NoError(t, e.Up(inputs))
	assert.Equal(t, map[string]string{"cy": "member"}, w.Members("emergency"))
	e.Settled(inputs)
	require.NoError(t, e.Refresh())
	assert.Equal(t, "[]", resourcetest.Show(e.State.Get("expiredMembers")))
	e.Settled(inputs)

	// Naming somebody later is a normal up; so is another end.
	later := emergency(lasting(w, "ana", time.Hour), lasting(w, "cy", 5*time.Hour))
	require.NoError(t, e.Up(later))
	assert.Equal(t, map[string]string{"cy": "member", "ana": "member"}, w.Members("emergency"))
	e.Settled(later)
	longer := emergency(lasting(w, "ana", 3*time.Hour), lasting(w, "cy", 5*time.Hour))
	w.Reset()
	require.NoError(t, e.Up(longer))
	assert.Empty(t, w.Writes(), "another end is nothing that the service knows of")
	e.Settled(longer)
	at.Advance(2 * time.Hour)
	e.Settled(longer)

	// Nobody named, nobody in.
	require.NoError(t, e.Up(emergency()))
	assert.Empty(t, w.Members("emergency"))
	require.NoError(t, e.Destroy())
}

func TestMembersForATimeDrift(t *testing.T) {
	t.Parallel()
	at := resourcetest.NewClock()
	w := resourcetest.NewAt(t, resourcetest.People, at.Now)
	e := w.Resource("Team")
	inputs := emergency(lasting(w, "bo", time.Hour))
	require.NoError(t, e.Up(inputs))
	for name, edit := range map[string]map[string]any{
		"taken out":           {"member": "bo", "memberAction": "remove"},
		"somebody else":       {"member": "cy", "memberAction": "add"},
		"made an admin of it": {"member": "bo", "memberAction": "promote"},
	} {
		t.Run(name, func(t *testing.T) {
			w.Admin("PATCH", "/api/orgs/acme/teams/emergency", edit)
			require.NoError(t, e.Refresh())
			assert.True(t, e.Diff(inputs).HasChanges)
			require.NoError(t, e.Up(inputs))
			assert.Equal(t, map[string]string{"bo": "member"}, w.Members("emergency"))
			e.Settled(inputs)
		})
	}
	// In an order of their own, and an end written in another zone, they are the same.
	until := w.Now().Add(time.Hour).In(time.FixedZone("", 2*60*60)).Format(time.RFC3339)
	assert.Empty(t, e.Diff(emergency(map[string]any{"user": "BO", "until": until})).DetailedDiff)
}

func TestMembersForATimeAlone(t *testing.T) {
	t.Parallel()
	at := resourcetest.NewClock()
	w := resourcetest.NewAt(t, resourcetest.People, at.Now)
	e := w.Resource("Team")
	only := map[string]any{"name": "emergency", "temporaryMembers": []any{lasting(w, "bo", time.Hour)}}
	require.NoError(t, e.Up(only))
	assert.Equal(t, map[string]string{"bo": "member"}, w.Members("emergency"), "they are the whole membership")
	e.Settled(only)
	require.NoError(t, e.Refresh())
	e.Settled(only)
	unmanaged := map[string]any{"name": "emergency", "unmanagedMembers": true}
	require.NoError(t, e.Up(unmanaged))
	assert.Equal(t, map[string]string{"bo": "member"}, w.Members("emergency"), "membership is left alone")
	e.Settled(unmanaged)
}

func TestMembersForATimeChecks(t *testing.T) {
	t.Parallel()
	at := resourcetest.NewClock()
	w := resourcetest.NewAt(t, resourcetest.People, at.Now)
	e := w.Resource("Team")
	for path, inputs := range map[string]map[string]any{
		"temporaryMembers[0].until": emergency(map[string]any{"user": "bo", "until": "tomorrow"}),
		"temporaryMembers[0].user":  emergency(map[string]any{"user": "", "until": "2030-01-01T00:00:00Z"}),
		"temporaryMembers[1].user":  emergency(lasting(w, "bo", time.Hour), lasting(w, "Bo", 2*time.Hour)),
		"temporaryMembers":          {"githubTeamId": 7, "temporaryMembers": []any{}},
	} {
		assert.Contains(t, e.Failures(inputs), path)
	}
	both := emergency(lasting(w, "bo", time.Hour))
	both["members"] = []string{"bo"}
	assert.Contains(t, e.Failures(both)["temporaryMembers[0].user"], "is in members[0] as well, and so would stay")
	assert.Empty(t, e.Failures(emergency(map[string]any{"user": resourcetest.Unknown, "until": resourcetest.Unknown})))
}
