package resources_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// lasting is a member of a team until so long from now.
func lasting(w world, user string, d time.Duration) map[string]any {
	return map[string]any{"user": user, "until": w.now().Add(d).Format(time.RFC3339)}
}

func emergency(members ...any) map[string]any {
	return map[string]any{"name": "emergency", "members": []string{}, "temporaryMembers": members}
}

func TestTeamWithMembersForATime(t *testing.T) {
	t.Parallel()
	at := newClock()
	w := newWorldAt(t, people, at.now)
	e := w.resource("Team")
	inputs := emergency(lasting(w, "bo", time.Hour), lasting(w, "cy", 2*time.Hour), lasting(w, "ana", -time.Hour))
	preview, err := e.preview(inputs)
	require.NoError(t, err)
	assert.NotContains(t, show(preview.Get("temporaryMembers")), "ana", "a time that has ended before the first up adds nobody")
	require.NoError(t, e.up(inputs))
	assert.Equal(t, map[string]string{"bo": "member", "cy": "member"}, w.members("emergency"))
	w.Reset()
	e.settled(inputs)
	require.NoError(t, e.up(inputs))
	assert.Empty(t, w.calls(), "an update without changes makes no call")
	require.NoError(t, e.refresh())
	e.settled(inputs)
	assert.NotContains(t, e.said(), "has ended")

	// The time of one ends: no input changed, and yet an update has something to do. A refresh shows it before.
	at.advance(time.Hour)
	assert.Equal(t, []string{"temporaryMembers"}, changed(e.diff(inputs)))
	_, err = e.preview(inputs)
	require.NoError(t, err)
	assert.Contains(t, e.said(), "remove bo")
	require.NoError(t, e.refresh())
	assert.Equal(t, "[bo]", show(e.state.Get("expiredMembers")))
	assert.Equal(t, "[bo]", show(e.inputs.Get("members")), "a member who is not wanted any more")
	assert.Equal(t, []string{"members"}, changed(e.diff(inputs)))
	assert.Contains(t, e.said(), "the time of these members has ended")
	require.NoError(t, e.up(inputs))
	assert.Equal(t, map[string]string{"cy": "member"}, w.members("emergency"))
	e.settled(inputs)
	require.NoError(t, e.refresh())
	assert.Equal(t, "[]", show(e.state.Get("expiredMembers")))
	e.settled(inputs)

	// Naming somebody later is a normal up; so is another end.
	later := emergency(lasting(w, "ana", time.Hour), lasting(w, "cy", 5*time.Hour))
	require.NoError(t, e.up(later))
	assert.Equal(t, map[string]string{"cy": "member", "ana": "member"}, w.members("emergency"))
	e.settled(later)
	longer := emergency(lasting(w, "ana", 3*time.Hour), lasting(w, "cy", 5*time.Hour))
	w.Reset()
	require.NoError(t, e.up(longer))
	assert.Empty(t, w.writes(), "another end is nothing that the service knows of")
	e.settled(longer)
	at.advance(2 * time.Hour)
	e.settled(longer)

	// Nobody named, nobody in.
	require.NoError(t, e.up(emergency()))
	assert.Empty(t, w.members("emergency"))
	require.NoError(t, e.destroy())
}

func TestMembersForATimeDrift(t *testing.T) {
	t.Parallel()
	at := newClock()
	w := newWorldAt(t, people, at.now)
	e := w.resource("Team")
	inputs := emergency(lasting(w, "bo", time.Hour))
	require.NoError(t, e.up(inputs))
	for name, edit := range map[string]map[string]any{
		"taken out":           {"member": "bo", "memberAction": "remove"},
		"somebody else":       {"member": "cy", "memberAction": "add"},
		"made an admin of it": {"member": "bo", "memberAction": "promote"},
	} {
		t.Run(name, func(t *testing.T) {
			w.admin("PATCH", "/api/orgs/acme/teams/emergency", edit)
			require.NoError(t, e.refresh())
			assert.True(t, e.diff(inputs).HasChanges)
			require.NoError(t, e.up(inputs))
			assert.Equal(t, map[string]string{"bo": "member"}, w.members("emergency"))
			e.settled(inputs)
		})
	}
	// In an order of their own, and an end written in another zone, they are the same.
	until := w.now().Add(time.Hour).In(time.FixedZone("", 2*60*60)).Format(time.RFC3339)
	assert.Empty(t, e.diff(emergency(map[string]any{"user": "BO", "until": until})).DetailedDiff)
}

func TestMembersForATimeAlone(t *testing.T) {
	t.Parallel()
	at := newClock()
	w := newWorldAt(t, people, at.now)
	e := w.resource("Team")
	only := map[string]any{"name": "emergency", "temporaryMembers": []any{lasting(w, "bo", time.Hour)}}
	require.NoError(t, e.up(only))
	assert.Equal(t, map[string]string{"bo": "member"}, w.members("emergency"), "they are the whole membership")
	e.settled(only)
	require.NoError(t, e.refresh())
	e.settled(only)
	unmanaged := map[string]any{"name": "emergency", "unmanagedMembers": true}
	require.NoError(t, e.up(unmanaged))
	assert.Equal(t, map[string]string{"bo": "member"}, w.members("emergency"), "membership is left alone")
	e.settled(unmanaged)
}

func TestMembersForATimeChecks(t *testing.T) {
	t.Parallel()
	at := newClock()
	w := newWorldAt(t, people, at.now)
	e := w.resource("Team")
	for path, inputs := range map[string]map[string]any{
		"temporaryMembers[0].until": emergency(map[string]any{"user": "bo", "until": "tomorrow"}),
		"temporaryMembers[0].user":  emergency(map[string]any{"user": "", "until": "2030-01-01T00:00:00Z"}),
		"temporaryMembers[1].user":  emergency(lasting(w, "bo", time.Hour), lasting(w, "Bo", 2*time.Hour)),
		"temporaryMembers":          {"githubTeamId": 7, "temporaryMembers": []any{}},
	} {
		assert.Contains(t, e.failures(inputs), path)
	}
	both := emergency(lasting(w, "bo", time.Hour))
	both["members"] = []string{"bo"}
	assert.Contains(t, e.failures(both)["temporaryMembers[0].user"], "is in members[0] as well, and so would stay")
	assert.Empty(t, e.failures(emergency(map[string]any{"user": unknown, "until": unknown})))
}
