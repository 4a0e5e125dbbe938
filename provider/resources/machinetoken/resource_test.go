package machinetoken_test

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

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/resourcetest"
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

// alive are the names of a team's or the organization's tokens, expired ones included.
func alive(w resourcetest.World, path string) []string {
	w.T.Helper()
	var list struct {
		Tokens []struct {
			Name string `json:"name"`
		} `json:"tokens"`
	}
	require.NoError(w.T, json.Unmarshal(w.Admin("GET", path+"?filter=all", nil), &list))
	names := []string{}
	for _, token := range list.Tokens {
		names = append(names, token.Name)
	}
	slices.Sort(names)
	return names
}

// accepted tells whether a token is accepted.
func accepted(w resourcetest.World, token string) bool {
	w.T.Helper()
	status, _ := w.Call(token, "GET", "/api/user", nil)
	return status == http.StatusOK
}

func tokenValue(e *resourcetest.Engine) string { return e.State.Get("value").AsString() }

func TestMachineTokenLifecycle(t *testing.T) {
	t.Parallel()
	at := resourcetest.NewClock()
	w := resourcetest.NewAt(t, resourcetest.WithTeam, at.Now)
	before := string(w.State())
	e := w.Resource("MachineToken")
	inputs := resourcetest.TokenInputs(map[string]any{"description": "Builds payments."})

	preview, err := e.Preview(inputs)
	require.NoError(t, err)
	assert.Equal(t, map[string]int{resourcetest.OrganizationRoute: 1, "GET /api/orgs/{orgName}/teams/{teamName}/tokens": 1}, w.Calls(),
		"a preview asks for the policy, and which names are taken")
	assert.True(t, preview.Get("value").IsComputed())
	w.Reset()
	require.NoError(t, e.Up(inputs))
	assert.Equal(t, map[string]int{makeTeamTokenRoute: 1}, w.Calls())
	assert.Equal(t, "acme/ci", e.ID)
	assert.Equal(t, "ci-1", e.State.Get("tokenName").AsString())
	assert.Equal(t, "2030-03-31T11:59:00Z", e.State.Get("expiresAt").AsString(), "a minute less, for clocks that differ")
	assert.True(t, e.State.Get("value").Secret(), "the value is secret on the wire")
	assert.True(t, accepted(w, tokenValue(e)))

	w.Reset()
	e.Settled(inputs)
	at.Advance(22 * day)
	e.Settled(inputs)
	require.NoError(t, e.Up(inputs))
	assert.Empty(t, w.Calls(), "nothing is due, and no call is made")
	require.NoError(t, e.Refresh())
	assert.Equal(t, map[string]int{resourcetest.TeamTokenRoute: 1, resourcetest.OrganizationRoute: 1}, w.Calls(), "the policy decides whether it still works")
	assert.True(t, e.State.Get("value").Secret(), "also after a read")
	e.Settled(inputs)

	require.NoError(t, e.Destroy())
	assert.Equal(t, before, string(w.State()))
}

// A rotation makes the new token first, and the update after it deletes the old one.
func TestMachineTokenRotates(t *testing.T) {
	t.Parallel()
	at := resourcetest.NewClock()
	w := resourcetest.NewAt(t, resourcetest.WithTeam, at.Now)
	before := string(w.State())
	e := w.Resource("MachineToken")
	inputs := resourcetest.TokenInputs()
	require.NoError(t, e.Up(inputs))
	first := tokenValue(e)

	at.Advance(23 * day)
	assert.Equal(t, []string{"value"}, resourcetest.Changed(e.Diff(inputs)))
	preview, err := e.Preview(inputs)
	require.NoError(t, err)
	assert.True(t, preview.Get("value").IsComputed(), "what takes the value sees that it changes")
	assert.Contains(t, e.Said(), "less than rotateBefore remains")
	w.Reset()
	require.NoError(t, e.Up(inputs))
	assert.Equal(t, map[string]int{makeTeamTokenRoute: 1}, w.Calls())
	assert.True(t, e.State.Get("value").Secret())
	second := tokenValue(e)
	assert.NotEqual(t, first, second)
	assert.True(t, accepted(w, first), "the token before works until the next update")
	assert.True(t, accepted(w, second))
	assert.Equal(t, "ci-1", e.State.Get("previousTokenName").AsString())

	assert.Equal(t, []string{"previousTokenId"}, resourcetest.Changed(e.Diff(inputs)))
	preview, err = e.Preview(inputs)
	require.NoError(t, err)
	assert.Equal(t, second, preview.Get("value").AsString(), "what takes the value sees no change")
	assert.True(t, preview.Get("value").Secret())
	assert.Contains(t, e.Said(), `token "ci-1"`)
	w.Reset()
	require.NoError(t, e.Up(inputs))
	assert.Equal(t, map[string]int{deleteTeamTokenRoute: 1}, w.Calls())
	assert.False(t, accepted(w, first))
	assert.True(t, accepted(w, second))
	e.Settled(inputs)

	// Rotation after rotation, no more than two are ever alive.
	for range 4 {
		at.Advance(23 * day)
		require.NoError(t, e.Up(inputs))
		assert.LessOrEqual(t, len(alive(w, teamTokensPath)), 2)
		assert.True(t, accepted(w, tokenValue(e)))
	}
	require.NoError(t, e.Destroy())
	assert.Empty(t, alive(w, teamTokensPath), "both are deleted")
	assert.Equal(t, before, string(w.State()))
}

func TestMachineTokenGracePeriod(t *testing.T) {
	t.Parallel()
	at := resourcetest.NewClock()
	w := resourcetest.NewAt(t, resourcetest.WithTeam, at.Now)
	e := w.Resource("MachineToken")
	inputs := resourcetest.TokenInputs(map[string]any{"gracePeriod": "2d"})
	require.NoError(t, e.Up(inputs))
	at.Advance(24 * day)
	require.NoError(t, e.Up(inputs))
	w.Reset()
	at.Advance(47 * time.Hour)
	e.Settled(inputs)
	require.NoError(t, e.Up(inputs))
	assert.Empty(t, w.Calls(), "the grace period is not over")
	at.Advance(time.Hour)
	require.NoError(t, e.Up(inputs))
	assert.Equal(t, map[string]int{deleteTeamTokenRoute: 1}, w.Calls())
	e.Settled(inputs)
}

// What a token cannot change, a new one has: lifetime and description rotate, other settings make no call.
func TestMachineTokenChanges(t *testing.T) {
	t.Parallel()
	at := resourcetest.NewClock()
	w := resourcetest.NewAt(t, resourcetest.WithTeam, at.Now)
	e := w.Resource("MachineToken")
	require.NoError(t, e.Up(resourcetest.TokenInputs()))
	w.Reset()
	require.NoError(t, e.Up(resourcetest.TokenInputs(map[string]any{"rotateBefore": "3d", "gracePeriod": "1h"})))
	assert.Empty(t, w.Calls())
	require.NoError(t, e.Up(resourcetest.TokenInputs(map[string]any{"expiresIn": "720h", "rotateBefore": "72h", "gracePeriod": "60m"})))
	assert.Empty(t, w.Calls(), "another spelling of the same is the same")
	assert.Empty(t, resourcetest.Changed(e.Diff(resourcetest.TokenInputs(map[string]any{"rotateBefore": "3d", "gracePeriod": "1h"}))))
	require.NoError(t, e.Up(resourcetest.TokenInputs(map[string]any{"expiresIn": "60d"})))
	assert.Equal(t, []string{"ci-1", "ci-2"}, alive(w, teamTokensPath))
	assert.Equal(t, "2030-04-30T11:59:00Z", e.State.Get("expiresAt").AsString())
	w.Reset()
	require.NoError(t, e.Up(resourcetest.TokenInputs(map[string]any{"expiresIn": "60d", "description": "New."})))
	assert.Equal(t, map[string]int{deleteTeamTokenRoute: 1, makeTeamTokenRoute: 1}, w.Calls())
	assert.Equal(t, []string{"ci-2", "ci-3"}, alive(w, teamTokensPath))
	for property, value := range map[string]any{"name": "other", "team": "web"} {
		assert.Equal(t, p.UpdateReplace, e.Diff(resourcetest.TokenInputs(map[string]any{property: value})).DetailedDiff[property].Kind)
		assert.Contains(t, e.Said(), "another "+property+" makes another token, and this one stops working", "no gracePeriod holds for it")
	}
}

func TestMachineTokenOfTheOrganization(t *testing.T) {
	t.Parallel()
	at := resourcetest.NewClock()
	w := resourcetest.NewAt(t, resourcetest.Estate, at.Now)
	role := w.AddRole("auditor", resourcetest.Group(resourcetest.Allow("audit_logs:read"))).ID
	before := string(w.State())
	e := w.Resource("MachineToken")
	inputs := resourcetest.TokenInputs(map[string]any{"team": nil, "roleId": role})
	w.Reset()
	require.NoError(t, e.Up(inputs))
	assert.Equal(t, map[string]int{makeOrgTokenRoute: 1}, w.Calls())
	status, _ := w.Call(tokenValue(e), "GET", "/api/orgs/acme/auditlogs/v2", nil)
	assert.Equal(t, http.StatusOK, status)
	require.NoError(t, e.Refresh())
	e.Settled(inputs)
	w.Reset()
	require.NoError(t, e.Destroy())
	assert.Equal(t, map[string]int{deleteOrgTokenRoute: 1, resourcetest.OrganizationTokenRoute: 1}, w.Calls())
	assert.Equal(t, before, string(w.State()))

	bad := w.Resource("MachineToken")
	require.ErrorContains(t, bad.Up(resourcetest.TokenInputs(map[string]any{"team": nil, "roleId": "none-such"})), `roleId: organization "acme" has no role`)
	plain := w.Resource("MachineToken")
	require.NoError(t, plain.Up(resourcetest.TokenInputs(map[string]any{"team": nil, "allow": []string{"tokenWithoutRole"}})))

	// An organization token may not, an administrator's neither; the error says why.
	machine := w.With(w.TokenFor(servertest.Identity{Organization: true, Admin: true}), "MachineToken")
	require.ErrorContains(t, machine.Up(inputs), "lets no organization token make or delete organization tokens")
}

func TestMachineTokenChecks(t *testing.T) {
	t.Parallel()
	w := resourcetest.New(t, resourcetest.People)
	e := w.Resource("MachineToken")
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
		assert.Contains(t, e.Failures(resourcetest.TokenInputs(test.more))[test.path], test.say, "%v", test.more)
	}
	assert.Empty(t, e.Failures(resourcetest.TokenInputs(map[string]any{"team": resourcetest.Unknown, "expiresIn": resourcetest.Unknown, "name": resourcetest.Unknown})))
	assert.Empty(t, e.Failures(resourcetest.TokenInputs(map[string]any{"team": nil, "roleId": resourcetest.Unknown})))
	assert.Empty(t, w.Calls())
	assert.ErrorContains(t, e.Adopt("acme/ci"), "cannot be imported")
}

// Deleted outside, expired, and its team deleted.
func TestMachineTokenGone(t *testing.T) {
	t.Parallel()
	at := resourcetest.NewClock()
	w := resourcetest.NewAt(t, resourcetest.WithTeam, at.Now)
	e := w.Resource("MachineToken")
	inputs := resourcetest.TokenInputs()
	remove := func(property string) {
		w.Admin("DELETE", teamTokensPath+"/"+e.State.Get(property).AsString(), nil)
	}
	require.NoError(t, e.Up(inputs))
	remove("tokenId")
	require.NoError(t, e.Refresh())
	assert.Empty(t, e.ID, "a deleted token has no id")
	require.NoError(t, e.Up(inputs))
	assert.Equal(t, "ci-2", e.State.Get("tokenName").AsString(), "the first name is taken for ever")

	// The current one goes while the one before is still there: both are looked after.
	at.Advance(24 * day)
	require.NoError(t, e.Up(inputs))
	remove("tokenId")
	require.NoError(t, e.Refresh())
	assert.Equal(t, []string{"previousTokenId", "value"}, resourcetest.Changed(e.Diff(inputs)))
	require.NoError(t, e.Up(inputs))
	assert.Equal(t, []string{"ci-4"}, alive(w, teamTokensPath))
	e.Settled(inputs)

	at.Advance(31 * day) // it expires
	require.NoError(t, e.Refresh())
	assert.Equal(t, []string{"value"}, resourcetest.Changed(e.Diff(inputs)))
	require.NoError(t, e.Up(inputs))
	assert.True(t, accepted(w, tokenValue(e)))
	remove("previousTokenId")
	require.NoError(t, e.Refresh())
	e.Settled(inputs)

	blind := w.With(w.TokenFor(servertest.Identity{User: "cy"}), "MachineToken")
	blind.ID, blind.State, blind.Inputs = e.ID, e.State, e.Inputs
	require.Error(t, blind.Refresh())
	w.Admin("DELETE", "/api/orgs/acme/teams/payments", nil)
	require.NoError(t, e.Destroy(), "a team that was deleted took its tokens along")
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
			w := resourcetest.NewAt(t, resourcetest.WithTeam, resourcetest.NewClock().Now)
			e := w.Resource("MachineToken")
			test.fault.Match = makeTeamTokenRoute
			w.Fault(test.fault)
			require.NoError(t, e.Up(resourcetest.TokenInputs()))
			assert.Equal(t, test.token, e.State.Get("tokenName").AsString())
			assert.Equal(t, []string{test.token}, alive(w, teamTokensPath))
			assert.True(t, accepted(w, tokenValue(e)))
		})
	}
}

func text(s string) *string { return &s }

// A rotation that fails half-way keeps what is there, and the next update goes on.
func TestMachineTokenRotationFails(t *testing.T) {
	t.Parallel()
	at := resourcetest.NewClock()
	w := resourcetest.NewAt(t, resourcetest.WithTeam, at.Now)
	e := w.Resource("MachineToken")
	require.NoError(t, e.Up(resourcetest.TokenInputs()))
	at.Advance(24 * day)
	require.NoError(t, e.Up(resourcetest.TokenInputs()))
	second := tokenValue(e)
	at.Advance(24 * day)
	w.Fault(servertest.Fault{Match: makeTeamTokenRoute, Status: 500})
	require.ErrorAs(t, e.Up(resourcetest.TokenInputs()), new(*resourcetest.UnfinishedError))
	assert.Equal(t, second, tokenValue(e), "the token that works stays")
	assert.True(t, e.State.Get("value").Secret(), "also in the state of a step that was a partial failure")
	assert.Equal(t, []string{"ci-2"}, alive(w, teamTokensPath))
	require.NoError(t, e.Up(resourcetest.TokenInputs()))
	assert.Equal(t, []string{"ci-2", "ci-3"}, alive(w, teamTokensPath))
	require.NoError(t, e.Up(resourcetest.TokenInputs()))
	e.Settled(resourcetest.TokenInputs())
}

// The organization's policy is named: at preview in a warning, at up in the error.
func TestMachineTokenPolicy(t *testing.T) {
	t.Parallel()
	w := resourcetest.NewAt(t, resourcetest.WithTeam, resourcetest.NewClock().Now)
	w.Change(resourcetest.Tree{"setMaxAccessTokenExpiryDays": 30})
	e := w.Resource("MachineToken")
	long := resourcetest.TokenInputs(map[string]any{"expiresIn": "31d"})
	_, err := e.Preview(long)
	require.NoError(t, err)
	assert.Contains(t, e.Said(), "lets tokens live at most 30d")
	err = e.Up(long)
	require.ErrorContains(t, err, "expiresIn: organization \"acme\" lets tokens live at most 30d, and 31d is more")
	require.NoError(t, e.Up(resourcetest.TokenInputs()), "just as long as is allowed")
	assert.True(t, accepted(w, tokenValue(e)))
}

// The names of a token that was made and deleted many times are found in few tries.
func TestMachineTokenManyNames(t *testing.T) {
	t.Parallel()
	w := resourcetest.NewAt(t, resourcetest.WithTeam, resourcetest.NewClock().Now)
	for range 6 {
		e := w.Resource("MachineToken")
		require.NoError(t, e.Up(resourcetest.TokenInputs()))
		require.NoError(t, e.Destroy())
	}
	e := w.Resource("MachineToken")
	w.Reset()
	require.NoError(t, e.Up(resourcetest.TokenInputs()))
	assert.LessOrEqual(t, w.Calls()[makeTeamTokenRoute], 7)
}

// A policy that tightens stops tokens that live longer: a refresh sees it, and the next update makes another.
func TestMachineTokenStoppedByThePolicy(t *testing.T) {
	t.Parallel()
	at := resourcetest.NewClock()
	w := resourcetest.NewAt(t, resourcetest.WithTeam, at.Now)
	e := w.Resource("MachineToken")
	inputs := resourcetest.TokenInputs(map[string]any{"expiresIn": "60d"})
	require.NoError(t, e.Up(inputs))
	at.Advance(day)
	for policy, works := range map[int]bool{60: true, 90: true} {
		w.Change(resourcetest.Tree{"setMaxAccessTokenExpiryDays": policy})
		require.NoError(t, e.Refresh())
		assert.Equal(t, works, accepted(w, tokenValue(e)))
		e.Settled(inputs)
	}
	w.Change(resourcetest.Tree{"setMaxAccessTokenExpiryDays": 30})
	require.False(t, accepted(w, tokenValue(e)))
	require.NoError(t, e.Refresh())
	assert.Contains(t, e.Said(), "has stopped working")
	assert.Equal(t, []string{"value"}, resourcetest.Changed(e.Diff(inputs)), "unchanged it is not")
	w.Change(resourcetest.Tree{"setMaxAccessTokenExpiryDays": 90})
	require.NoError(t, e.Up(inputs))
	assert.True(t, accepted(w, tokenValue(e)))
	assert.Equal(t, []string{"ci-1", "ci-2"}, alive(w, teamTokensPath))
}
