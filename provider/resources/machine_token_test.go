package resources_test

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	p "github.com/pulumi/pulumi-go-provider"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/server/servertest"
)

const (
	makeTeamTokenRoute   = "POST /api/orgs/{orgName}/teams/{teamName}/tokens"
	deleteTeamTokenRoute = "DELETE /api/orgs/{orgName}/teams/{teamName}/tokens/{tokenId}"
	makeOrgTokenRoute    = "POST /api/orgs/{orgName}/tokens"
	deleteOrgTokenRoute  = "DELETE /api/orgs/{orgName}/tokens/{tokenId}"
	teamTokensPath       = "/api/orgs/acme/teams/payments/tokens"
	day                  = 24 * time.Hour
)

// ci makes inputs of a team's token.
func ci(more ...map[string]any) map[string]any {
	inputs := map[string]any{"name": "ci", "team": "payments", "expiresIn": "30d", "rotateBefore": "7d"}
	for _, m := range more {
		for key, value := range m {
			if inputs[key] = value; value == nil {
				delete(inputs, key)
			}
		}
	}
	return inputs
}

// alive are the names of a team's or the organization's tokens, expired ones included.
func alive(w world, path string) []string {
	w.t.Helper()
	var list struct {
		Tokens []struct {
			Name string `json:"name"`
		} `json:"tokens"`
	}
	require.NoError(w.t, json.Unmarshal(w.admin("GET", path+"?filter=all", nil), &list))
	names := []string{}
	for _, token := range list.Tokens {
		names = append(names, token.Name)
	}
	slices.Sort(names)
	return names
}

// accepted tells whether a token is accepted.
func accepted(w world, token string) bool {
	w.t.Helper()
	status, _ := w.Call(token, "GET", "/api/user", nil)
	return status == http.StatusOK
}

func tokenValue(e *engine) string { return e.state.Get("value").AsString() }

func TestMachineTokenLifecycle(t *testing.T) {
	t.Parallel()
	at := newClock()
	w := newWorldAt(t, withTeam, at.now)
	before := string(w.State())
	e := w.resource("MachineToken")
	inputs := ci(map[string]any{"description": "Builds payments."})

	preview, err := e.preview(inputs)
	require.NoError(t, err)
	assert.Equal(t, map[string]int{organizationRoute: 1, "GET /api/orgs/{orgName}/teams/{teamName}/tokens": 1}, w.calls(),
		"a preview asks for the policy, and which names are taken")
	assert.True(t, preview.Get("value").IsComputed())
	w.Reset()
	require.NoError(t, e.up(inputs))
	assert.Equal(t, map[string]int{makeTeamTokenRoute: 1}, w.calls())
	assert.Equal(t, "acme/ci", e.id)
	assert.Equal(t, "ci-1", e.state.Get("tokenName").AsString())
	assert.Equal(t, "2030-03-31T11:59:00Z", e.state.Get("expiresAt").AsString(), "a minute less, for clocks that differ")
	assert.True(t, e.state.Get("value").Secret(), "the value is secret on the wire")
	assert.True(t, accepted(w, tokenValue(e)))

	w.Reset()
	e.settled(inputs)
	at.advance(22 * day)
	e.settled(inputs)
	require.NoError(t, e.up(inputs))
	assert.Empty(t, w.calls(), "nothing is due, and no call is made")
	require.NoError(t, e.refresh())
	assert.Equal(t, map[string]int{teamTokenRoute: 1, organizationRoute: 1}, w.calls(), "the policy decides whether it still works")
	assert.True(t, e.state.Get("value").Secret(), "also after a read")
	e.settled(inputs)

	require.NoError(t, e.destroy())
	assert.Equal(t, before, string(w.State()))
}

// A rotation makes the new token first, and the up after it deletes the old one.
func TestMachineTokenRotates(t *testing.T) {
	t.Parallel()
	at := newClock()
	w := newWorldAt(t, withTeam, at.now)
	before := string(w.State())
	e := w.resource("MachineToken")
	inputs := ci()
	require.NoError(t, e.up(inputs))
	first := tokenValue(e)

	at.advance(23 * day)
	assert.Equal(t, []string{"value"}, changed(e.diff(inputs)))
	preview, err := e.preview(inputs)
	require.NoError(t, err)
	assert.True(t, preview.Get("value").IsComputed(), "what takes the value sees that it changes")
	assert.Contains(t, e.said(), "less than rotateBefore remains")
	w.Reset()
	require.NoError(t, e.up(inputs))
	assert.Equal(t, map[string]int{makeTeamTokenRoute: 1}, w.calls())
	assert.True(t, e.state.Get("value").Secret())
	second := tokenValue(e)
	assert.NotEqual(t, first, second)
	assert.True(t, accepted(w, first), "the token before works until the next update")
	assert.True(t, accepted(w, second))
	assert.Equal(t, "ci-1", e.state.Get("previousTokenName").AsString())

	assert.Equal(t, []string{"previousTokenId"}, changed(e.diff(inputs)))
	preview, err = e.preview(inputs)
	require.NoError(t, err)
	assert.Equal(t, second, preview.Get("value").AsString(), "what takes the value sees no change")
	assert.True(t, preview.Get("value").Secret())
	assert.Contains(t, e.said(), `token "ci-1"`)
	w.Reset()
	require.NoError(t, e.up(inputs))
	assert.Equal(t, map[string]int{deleteTeamTokenRoute: 1}, w.calls())
	assert.False(t, accepted(w, first))
	assert.True(t, accepted(w, second))
	e.settled(inputs)

	// Rotation after rotation, no more than two are ever alive.
	for range 4 {
		at.advance(23 * day)
		require.NoError(t, e.up(inputs))
		assert.LessOrEqual(t, len(alive(w, teamTokensPath)), 2)
		assert.True(t, accepted(w, tokenValue(e)))
	}
	require.NoError(t, e.destroy())
	assert.Empty(t, alive(w, teamTokensPath), "both are deleted")
	assert.Equal(t, before, string(w.State()))
}

func TestMachineTokenGracePeriod(t *testing.T) {
	t.Parallel()
	at := newClock()
	w := newWorldAt(t, withTeam, at.now)
	e := w.resource("MachineToken")
	inputs := ci(map[string]any{"gracePeriod": "2d"})
	require.NoError(t, e.up(inputs))
	at.advance(24 * day)
	require.NoError(t, e.up(inputs))
	w.Reset()
	at.advance(47 * time.Hour)
	e.settled(inputs)
	require.NoError(t, e.up(inputs))
	assert.Empty(t, w.calls(), "the grace period is not over")
	at.advance(time.Hour)
	require.NoError(t, e.up(inputs))
	assert.Equal(t, map[string]int{deleteTeamTokenRoute: 1}, w.calls())
	e.settled(inputs)
}

// What a token cannot change, a new one has: lifetime and description rotate, other settings make no call.
func TestMachineTokenChanges(t *testing.T) {
	t.Parallel()
	at := newClock()
	w := newWorldAt(t, withTeam, at.now)
	e := w.resource("MachineToken")
	require.NoError(t, e.up(ci()))
	w.Reset()
	require.NoError(t, e.up(ci(map[string]any{"rotateBefore": "3d", "gracePeriod": "1h"})))
	assert.Empty(t, w.calls())
	require.NoError(t, e.up(ci(map[string]any{"expiresIn": "720h", "rotateBefore": "72h", "gracePeriod": "60m"})))
	assert.Empty(t, w.calls(), "another spelling of the same is the same")
	assert.Empty(t, changed(e.diff(ci(map[string]any{"rotateBefore": "3d", "gracePeriod": "1h"}))))
	require.NoError(t, e.up(ci(map[string]any{"expiresIn": "60d"})))
	assert.Equal(t, []string{"ci-1", "ci-2"}, alive(w, teamTokensPath))
	assert.Equal(t, "2030-04-30T11:59:00Z", e.state.Get("expiresAt").AsString())
	w.Reset()
	require.NoError(t, e.up(ci(map[string]any{"expiresIn": "60d", "description": "New."})))
	assert.Equal(t, map[string]int{deleteTeamTokenRoute: 1, makeTeamTokenRoute: 1}, w.calls())
	assert.Equal(t, []string{"ci-2", "ci-3"}, alive(w, teamTokensPath))
	for property, value := range map[string]any{"name": "other", "team": "web"} {
		assert.Equal(t, p.UpdateReplace, e.diff(ci(map[string]any{property: value})).DetailedDiff[property].Kind)
		assert.Contains(t, e.said(), "another "+property+" makes another token, and this one stops working", "no gracePeriod holds for it")
	}
}

func TestMachineTokenOfTheOrganization(t *testing.T) {
	t.Parallel()
	at := newClock()
	w := newWorldAt(t, estate, at.now)
	role := w.addRole("auditor", group(allow("audit_logs:read"))).ID
	before := string(w.State())
	e := w.resource("MachineToken")
	inputs := ci(map[string]any{"team": nil, "roleId": role})
	w.Reset()
	require.NoError(t, e.up(inputs))
	assert.Equal(t, map[string]int{makeOrgTokenRoute: 1}, w.calls())
	status, _ := w.Call(tokenValue(e), "GET", "/api/orgs/acme/auditlogs/v2", nil)
	assert.Equal(t, http.StatusOK, status)
	require.NoError(t, e.refresh())
	e.settled(inputs)
	w.Reset()
	require.NoError(t, e.destroy())
	assert.Equal(t, map[string]int{deleteOrgTokenRoute: 1, organizationTokenRoute: 1}, w.calls())
	assert.Equal(t, before, string(w.State()))

	bad := w.resource("MachineToken")
	require.ErrorContains(t, bad.up(ci(map[string]any{"team": nil, "roleId": "none-such"})), `roleId: organization "acme" has no role`)
	plain := w.resource("MachineToken")
	require.NoError(t, plain.up(ci(map[string]any{"team": nil, "allow": []string{"tokenWithoutRole"}})))

	// An organization token may not, an administrator's neither; the error says why.
	machine := w.with(w.TokenFor(servertest.Identity{Organization: true, Admin: true}), "MachineToken")
	require.ErrorContains(t, machine.up(inputs), "lets no organization token make or delete organization tokens")
}

func TestMachineTokenChecks(t *testing.T) {
	t.Parallel()
	w := newWorld(t, people)
	e := w.resource("MachineToken")
	for _, test := range []struct {
		more      map[string]any
		path, say string
	}{
		{map[string]any{"team": nil}, "roleId", "allow: [tokenWithoutRole]"},
		{map[string]any{"roleId": "1"}, "roleId", "one of team and roleId"},
		{map[string]any{"team": nil, "roleId": "acme/1"}, "roleId", "bare id"},
		{map[string]any{"name": strings.Repeat("x", 35)}, "name", "at most 34"},
		{map[string]any{"name": "a/b"}, "name", "slash"},
		{map[string]any{"expiresIn": "731d"}, "expiresIn", "two years"},
		{map[string]any{"expiresIn": "never"}, "expiresIn", "not a duration"},
		{map[string]any{"expiresIn": "1500ms"}, "expiresIn", "seconds"},
		{map[string]any{"rotateBefore": "30d"}, "rotateBefore", "shorter than expiresIn"},
		{map[string]any{"gracePeriod": "23d"}, "rotateBefore", "shorter than expiresIn"},
		{map[string]any{"rotateBefore": nil, "gracePeriod": "30d"}, "gracePeriod", "shorter than expiresIn"},
		{map[string]any{"allow": []string{"all"}}, "allow[0]", "opted in"},
	} {
		assert.Contains(t, e.failures(ci(test.more))[test.path], test.say, "%v", test.more)
	}
	assert.Empty(t, e.failures(ci(map[string]any{"team": unknown, "expiresIn": unknown, "name": unknown})))
	assert.Empty(t, e.failures(ci(map[string]any{"team": nil, "roleId": unknown})))
	assert.Empty(t, w.calls())
	assert.ErrorContains(t, e.adopt("acme/ci"), "cannot be imported")
}

// Deleted outside, expired, and its team gone.
func TestMachineTokenGone(t *testing.T) {
	t.Parallel()
	at := newClock()
	w := newWorldAt(t, withTeam, at.now)
	e := w.resource("MachineToken")
	inputs := ci()
	remove := func(property string) {
		w.admin("DELETE", teamTokensPath+"/"+e.state.Get(property).AsString(), nil)
	}
	require.NoError(t, e.up(inputs))
	remove("tokenId")
	require.NoError(t, e.refresh())
	assert.Empty(t, e.id, "gone is gone")
	require.NoError(t, e.up(inputs))
	assert.Equal(t, "ci-2", e.state.Get("tokenName").AsString(), "the first name is taken for ever")

	// The current one goes while the one before is still there: both are looked after.
	at.advance(24 * day)
	require.NoError(t, e.up(inputs))
	remove("tokenId")
	require.NoError(t, e.refresh())
	assert.Equal(t, []string{"previousTokenId", "value"}, changed(e.diff(inputs)))
	require.NoError(t, e.up(inputs))
	assert.Equal(t, []string{"ci-4"}, alive(w, teamTokensPath))
	e.settled(inputs)

	at.advance(31 * day) // it expires
	require.NoError(t, e.refresh())
	assert.Equal(t, []string{"value"}, changed(e.diff(inputs)))
	require.NoError(t, e.up(inputs))
	assert.True(t, accepted(w, tokenValue(e)))
	remove("previousTokenId")
	require.NoError(t, e.refresh())
	e.settled(inputs)

	blind := w.with(w.TokenFor(servertest.Identity{User: "cy"}), "MachineToken")
	blind.id, blind.state, blind.inputs = e.id, e.state, e.inputs
	require.Error(t, blind.refresh())
	w.admin("DELETE", "/api/orgs/acme/teams/payments", nil)
	require.NoError(t, e.destroy(), "a team that is gone took its tokens along")
}

// Whatever becomes of an answer, no token is left whose value nobody has.
func TestMachineTokenLostAnswers(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name  string
		fault servertest.Fault
		token string
	}{
		{"lost after it was made", servertest.Fault{Reset: "after"}, "ci-2"},
		{"lost twice", servertest.Fault{Reset: "after", Times: 2}, "ci-4"},
		{"lost before it was made", servertest.Fault{Reset: "before"}, "ci-1"},
		{"answered by a gateway", servertest.Fault{Status: 504}, "ci-1"},
		{"an answer without a value", servertest.Fault{Body: text(`{}`)}, "ci-2"},
		{"a name that is taken, as a bad request", servertest.Fault{
			Status: 400, Body: text(`{"code": 400, "message": "Bad Request: a token with this name already exists"}`),
		}, "ci-2"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			w := newWorldAt(t, withTeam, newClock().now)
			e := w.resource("MachineToken")
			test.fault.Match = makeTeamTokenRoute
			w.Fault(test.fault)
			require.NoError(t, e.up(ci()))
			assert.Equal(t, test.token, e.state.Get("tokenName").AsString())
			assert.Equal(t, []string{test.token}, alive(w, teamTokensPath))
			assert.True(t, accepted(w, tokenValue(e)))
		})
	}
}

func text(s string) *string { return &s }

// A rotation that fails half-way keeps what is there, and the next update goes on.
func TestMachineTokenRotationFails(t *testing.T) {
	t.Parallel()
	at := newClock()
	w := newWorldAt(t, withTeam, at.now)
	e := w.resource("MachineToken")
	require.NoError(t, e.up(ci()))
	at.advance(24 * day)
	require.NoError(t, e.up(ci()))
	second := tokenValue(e)
	at.advance(24 * day)
	w.Fault(servertest.Fault{Match: makeTeamTokenRoute, Status: 500})
	require.ErrorAs(t, e.up(ci()), new(*unfinishedError))
	assert.Equal(t, second, tokenValue(e), "the token that works stays")
	assert.True(t, e.state.Get("value").Secret(), "also in the state of a step that was partly done")
	assert.Equal(t, []string{"ci-2"}, alive(w, teamTokensPath))
	require.NoError(t, e.up(ci()))
	assert.Equal(t, []string{"ci-2", "ci-3"}, alive(w, teamTokensPath))
	require.NoError(t, e.up(ci()))
	e.settled(ci())
}

// The organization's policy is named: at preview in a warning, at up in the error.
func TestMachineTokenPolicy(t *testing.T) {
	t.Parallel()
	w := newWorldAt(t, withTeam, newClock().now)
	w.change(tree{"setMaxAccessTokenExpiryDays": 30})
	e := w.resource("MachineToken")
	long := ci(map[string]any{"expiresIn": "31d"})
	_, err := e.preview(long)
	require.NoError(t, err)
	assert.Contains(t, e.said(), "lets tokens live at most 30d")
	err = e.up(long)
	require.ErrorContains(t, err, "expiresIn: organization \"acme\" lets tokens live at most 30d, and 31d is more")
	require.NoError(t, e.up(ci()), "just as long as is allowed")
	assert.True(t, accepted(w, tokenValue(e)))
}

// The names of a token that was made and deleted many times are found in few tries.
func TestMachineTokenManyNames(t *testing.T) {
	t.Parallel()
	w := newWorldAt(t, withTeam, newClock().now)
	for range 6 {
		e := w.resource("MachineToken")
		require.NoError(t, e.up(ci()))
		require.NoError(t, e.destroy())
	}
	e := w.resource("MachineToken")
	w.Reset()
	require.NoError(t, e.up(ci()))
	assert.LessOrEqual(t, w.calls()[makeTeamTokenRoute], 7)
}

// A policy that tightens stops tokens that live longer: a refresh sees it, and the next update makes another.
func TestMachineTokenStoppedByThePolicy(t *testing.T) {
	t.Parallel()
	at := newClock()
	w := newWorldAt(t, withTeam, at.now)
	e := w.resource("MachineToken")
	inputs := ci(map[string]any{"expiresIn": "60d"})
	require.NoError(t, e.up(inputs))
	at.advance(day)
	for policy, works := range map[int]bool{60: true, 90: true} {
		w.change(tree{"setMaxAccessTokenExpiryDays": policy})
		require.NoError(t, e.refresh())
		assert.Equal(t, works, accepted(w, tokenValue(e)))
		e.settled(inputs)
	}
	w.change(tree{"setMaxAccessTokenExpiryDays": 30})
	require.False(t, accepted(w, tokenValue(e)))
	require.NoError(t, e.refresh())
	assert.Contains(t, e.said(), "has stopped working")
	assert.Equal(t, []string{"value"}, changed(e.diff(inputs)), "unchanged it is not")
	w.change(tree{"setMaxAccessTokenExpiryDays": 90})
	require.NoError(t, e.up(inputs))
	assert.True(t, accepted(w, tokenValue(e)))
	assert.Equal(t, []string{"ci-1", "ci-2"}, alive(w, teamTokensPath))
}
