package resources_test

import (
	"strings"
	"testing"

	p "github.com/pulumi/pulumi-go-provider"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/server/servertest"
)

const (
	createTeamRoute = "POST /api/orgs/{orgName}/teams/pulumi"
	deleteTeamRoute = "DELETE /api/orgs/{orgName}/teams/{teamName}"
)

func payments(more map[string]any) map[string]any {
	inputs := map[string]any{"name": "payments"}
	for key, value := range more {
		inputs[key] = value
	}
	return inputs
}

func TestTeamLifecycle(t *testing.T) {
	t.Parallel()
	w := newWorld(t, people)
	e := w.resource("Team")
	inputs := payments(map[string]any{"description": "Pays", "members": []string{"cy", "bo"}, "admins": []string{"di"}})

	preview, err := e.preview(inputs)
	require.NoError(t, err)
	assert.Empty(t, w.writes(), "a preview of a create only reads")
	w.Reset()
	assert.Equal(t, "{admins: [di], description: Pays, kind: pulumi, members: [bo, cy], name: payments, organization: acme}",
		shown(preview))

	require.NoError(t, e.up(inputs))
	assert.Equal(t, "acme/payments", e.id)
	assert.Equal(t, shown(preview), shown(e.state))
	// One create, bo, cy, di twice, and the creator ana removed.
	assert.Equal(t, map[string]int{createTeamRoute: 1, patchTeamRoute: 5}, w.calls())
	assert.Equal(t, map[string]string{"bo": "member", "cy": "member", "di": "admin"}, w.members("payments"))
	e.settled(inputs)

	w.Reset()
	require.NoError(t, e.up(inputs))
	assert.Empty(t, w.calls(), "an update without changes makes no call")

	require.NoError(t, e.refresh())
	e.settled(inputs)

	changed := payments(map[string]any{"displayName": "The Payers", "members": []string{"di", "bo"}, "admins": []string{"cy"}})
	w.Reset()
	_, err = e.preview(changed)
	require.NoError(t, err)
	assert.Empty(t, w.writes(), "a preview only reads")
	assert.Contains(t, e.said(), "make di a plain member")
	require.NoError(t, e.up(changed))
	assert.Equal(t, map[string]string{"bo": "member", "cy": "admin", "di": "member"}, w.members("payments"))
	assert.Equal(t, "The Payers", w.team("payments").DisplayName)
	assert.Empty(t, w.team("payments").Description)
	e.settled(changed)

	require.NoError(t, e.destroy())
	status, _ := w.Call(w.Token, "GET", "/api/orgs/acme/teams/payments", nil)
	assert.Equal(t, 404, status)
}

func TestTeamMembershipUnmanaged(t *testing.T) {
	t.Parallel()
	w := newWorld(t, people)
	e := w.resource("Team")
	unmanaged := payments(map[string]any{"unmanagedMembers": true})
	require.NoError(t, e.up(unmanaged))
	assert.Equal(t, map[string]int{createTeamRoute: 1}, w.calls(), "a team whose members are left to others is one call")
	assert.Equal(t, map[string]string{"ana": "admin"}, w.members("payments"), "the creator stays")

	w.admin("PATCH", "/api/orgs/acme/teams/payments", map[string]any{"member": "bo", "memberAction": "add"})
	require.NoError(t, e.refresh())
	e.settled(unmanaged)
	assert.NotEmpty(t, e.failures(payments(map[string]any{"unmanagedMembers": true, "members": []string{}}))["members"])

	// To manage it is a change; omitted lists are empty ones.
	_, err := e.preview(payments(nil))
	require.NoError(t, err)
	assert.Contains(t, e.said(), "remove bo")
	require.NoError(t, e.up(payments(nil)))
	assert.Empty(t, w.members("payments"))
	e.settled(payments(nil))

	// To stop managing it leaves everybody where they are.
	require.NoError(t, e.up(payments(map[string]any{"members": []string{"cy"}})))
	w.Reset()
	require.NoError(t, e.up(unmanaged))
	assert.Empty(t, w.writes())
	assert.Equal(t, map[string]string{"cy": "member"}, w.members("payments"))
	e.settled(unmanaged)
}

// Omitted lists are empty ones: whoever is added elsewhere is drift, and so is the creator.
func TestTeamWithoutListsIsEmpty(t *testing.T) {
	t.Parallel()
	w := newWorld(t, people)
	e := w.resource("Team")
	require.NoError(t, e.up(payments(nil)))
	assert.Empty(t, w.members("payments"), "the creator leaves")
	e.settled(payments(nil))

	w.admin("PATCH", "/api/orgs/acme/teams/payments", map[string]any{"member": "bo", "memberAction": "add"})
	require.NoError(t, e.refresh())
	assert.Equal(t, []string{"members"}, changed(e.diff(payments(nil))))
	_, err := e.preview(payments(nil))
	require.NoError(t, err)
	assert.Contains(t, e.said(), "remove bo")
	require.NoError(t, e.up(payments(nil)))
	assert.Empty(t, w.members("payments"))
}

// A service that keeps the name in other letters, or answers without one, has the team all the same: it is in the state.
func TestTeamThatIsNamedOtherwise(t *testing.T) {
	t.Parallel()
	answers := map[string]struct{ body, says string }{
		"in other letters": {`{"name": "payments", "kind": "pulumi", "members": [{"githubLogin": "ana", "role": "admin"}]}`, `is called "payments"`},
		"without a name":   {`{"kind": "pulumi"}`, ""},
		"empty":            {`{}`, ""},
	}
	for name, answer := range answers {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, people)
			e := w.resource("Team")
			asked := payments(map[string]any{"members": []string{"bo"}})
			if answer.says != "" {
				asked["name"] = "Payments"
				w.admin("POST", "/api/orgs/acme/teams/pulumi", map[string]any{"name": "payments", "displayName": "payments", "description": ""})
				w.Fault(servertest.Fault{Match: createTeamRoute, Status: 201, Body: &answer.body})
				require.ErrorContains(t, e.up(asked), answer.says)
				assert.Equal(t, "acme/payments", e.id)
				assert.Equal(t, map[string]string{"bo": "member"}, w.members("payments"), "its membership is as it should be")
				require.ErrorContains(t, e.up(asked), answer.says, "again until the program says the name that there is")
				asked["name"] = "payments"
			} else {
				w.Fault(servertest.Fault{Match: createTeamRoute, Body: &answer.body})
			}
			require.NoError(t, e.up(asked))
			assert.Equal(t, map[string]string{"bo": "member"}, w.members("payments"))
			e.settled(asked)
		})
	}
	w := newWorld(t, people)
	e := w.resource("Team")
	nothing := "{}"
	w.Fault(servertest.Fault{Match: createTeamRoute, Status: 201, Body: &nothing, Times: 10}) // each attempt is looked up
	require.Error(t, e.up(payments(nil)), "a team that is not there is not in the state")
	assert.Empty(t, e.id)
}

// A login in other letters is sent as the organization spells it; one that nobody has fails the preview.
func TestTeamLoginsOfTheOrganization(t *testing.T) {
	t.Parallel()
	w := newWorld(t, people)
	e := w.resource("Team")
	shouted := payments(map[string]any{"members": []string{"BO"}, "admins": []string{"Di"}})
	_, err := e.preview(shouted)
	require.NoError(t, err)
	require.NoError(t, e.up(shouted))
	assert.Equal(t, map[string]string{"bo": "member", "di": "admin"}, w.members("payments"))
	e.settled(shouted)

	misspelled := payments(map[string]any{"members": []string{"bo", "zz"}, "admins": []string{"dii"}})
	_, err = e.preview(misspelled)
	require.ErrorContains(t, err, `members[1]: "zz" is not a member of organization "acme"`)
	require.ErrorContains(t, err, `admins[0]: "dii" is not a member of organization "acme"; did you mean "di"?`)
	_, err = w.resource("Team").preview(payments(map[string]any{"name": "other", "members": []string{"zz"}}))
	require.ErrorContains(t, err, "zz")
	_, err = w.resource("TeamMembers").preview(map[string]any{"team": "payments", "members": []string{"zz"}})
	require.ErrorContains(t, err, "zz")
}

// One who cannot be removed keeps nobody else in the team, and lets nobody in.
func TestTeamRemovalThatFails(t *testing.T) {
	t.Parallel()
	w := newWorld(t, people)
	e := w.resource("Team")
	require.NoError(t, e.up(payments(map[string]any{"members": []string{"bo", "cy"}})))
	w.Fault(servertest.Fault{Match: patchTeamRoute, Status: 400})
	require.ErrorContains(t, e.up(payments(map[string]any{"members": []string{"di"}})), "remove bo")
	assert.Equal(t, map[string]string{"bo": "member"}, w.members("payments"))
	require.NoError(t, e.up(payments(map[string]any{"members": []string{"di"}})))
	assert.Equal(t, map[string]string{"di": "member"}, w.members("payments"))
}

func TestTeamOrderDuplicatesAndCase(t *testing.T) {
	t.Parallel()
	w := newWorld(t, people)
	e := w.resource("Team")
	require.NoError(t, e.up(payments(map[string]any{"members": []string{"di", "bo", "di"}})))
	e.settled(payments(map[string]any{"members": []string{"bo", "di"}}))

	w.Reset()
	shouted := payments(map[string]any{"members": []string{"DI", "Bo"}})
	require.NoError(t, e.up(shouted))
	assert.Empty(t, w.calls(), "the case of letters makes no difference")

	e = w.resource("Team")
	require.NoError(t, e.adopt("acme/payments"))
	require.NoError(t, e.refresh())
	assert.False(t, e.diff(shouted).HasChanges)
}

func TestTeamDrift(t *testing.T) {
	t.Parallel()
	w := newWorld(t, people)
	e := w.resource("Team")
	inputs := payments(map[string]any{"members": []string{"bo"}})
	require.NoError(t, e.up(inputs))

	w.admin("PATCH", "/api/orgs/acme/teams/payments", map[string]any{"member": "cy", "memberAction": "add"})
	w.admin("PATCH", "/api/orgs/acme/teams/payments", map[string]any{"member": "cy", "memberAction": "promote"})
	w.admin("PATCH", "/api/orgs/acme/teams/payments", map[string]any{"newDescription": "ours", "newDisplayName": "Ours"})
	require.NoError(t, e.refresh())
	assert.Equal(t, "{admins: [cy], description: ours, displayName: Ours, members: [bo], name: payments, organization: acme}",
		shown(e.inputs))

	_, err := e.preview(inputs)
	require.NoError(t, err)
	assert.Contains(t, e.said(), "WARN: team \"payments\": an update would\n  - remove cy")
	require.NoError(t, e.up(inputs))
	assert.Equal(t, map[string]string{"bo": "member"}, w.members("payments"))
	assert.Equal(t, "payments", w.team("payments").DisplayName)
	e.settled(inputs)
}

func TestTeamImport(t *testing.T) {
	t.Parallel()
	w := newWorld(t, people+`
teams:
  - {name: payments, description: Pays, members: [bo], admins: [di]}
  - {name: synced, kind: scim, displayName: From Okta, members: [bo]}
`)
	e := w.resource("Team")
	require.NoError(t, e.adopt("acme/payments"))
	inputs := payments(map[string]any{"description": "Pays", "members": []string{"bo"}, "admins": []string{"di"}})
	e.settled(inputs)
	w.Reset()
	require.NoError(t, e.up(inputs))
	assert.Empty(t, w.calls())

	synced := w.resource("Team")
	require.NoError(t, synced.adopt("acme/synced"))
	synced.settled(map[string]any{"name": "synced"})
	assert.Equal(t, "scim", synced.state.Get("kind").AsString())
	err := synced.up(map[string]any{"name": "synced", "members": []string{"cy"}})
	assert.ErrorContains(t, err, `team "synced" is a scim team now`)

	assert.ErrorContains(t, e.adopt("payments"), "organization/name")
}

func TestTeamGoneAndBlind(t *testing.T) {
	t.Parallel()
	w := newWorld(t, people)
	inputs := payments(map[string]any{"members": []string{"bo"}})
	e := w.resource("Team")
	require.NoError(t, e.up(inputs))

	// A token that sees nothing any more must not drop anything.
	blind := w.with(w.TokenFor(servertest.Identity{User: "eve"}), "Team")
	blind.id, blind.inputs, blind.state = e.id, e.inputs, e.state
	assert.ErrorContains(t, blind.refresh(), "not visible to this token")
	assert.ErrorContains(t, blind.destroy(), "not visible to this token")
	assert.ErrorContains(t, blind.up(payments(map[string]any{"members": []string{"di"}})), "not visible to this token")
	assert.Equal(t, map[string]string{"bo": "member"}, w.members("payments"))

	w.admin("DELETE", "/api/orgs/acme/teams/payments", nil)
	err := e.up(payments(map[string]any{"members": []string{"di"}}))
	assert.ErrorContains(t, err, "run `pulumi refresh`")
	kept := *e
	require.NoError(t, e.refresh())
	assert.Empty(t, e.id)
	require.NoError(t, kept.destroy(), "a team that is gone is done")
	require.NoError(t, e.up(inputs))
	assert.Equal(t, map[string]string{"bo": "member"}, w.members("payments"))
}

func TestTeamFaults(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name   string
		faults []servertest.Fault
	}{
		{name: "the answer of the create is lost", faults: []servertest.Fault{{Match: createTeamRoute, Reset: "after"}}},
		{name: "the create never arrives", faults: []servertest.Fault{{Match: createTeamRoute, Reset: "before"}}},
		{name: "a gateway answers the create", faults: []servertest.Fault{{Match: createTeamRoute, Status: 503}}},
		{name: "the create is limited", faults: []servertest.Fault{
			{Match: createTeamRoute, Status: 429, Headers: map[string]string{"Retry-After": "1"}},
		}},
		{name: "the answer of a membership change is lost", faults: []servertest.Fault{
			{Match: patchTeamRoute, Reset: "after", Times: 4},
		}},
		{name: "membership changes are limited", faults: []servertest.Fault{
			{Match: patchTeamRoute, Status: 429, Headers: map[string]string{"Retry-After": "0"}, Times: 3},
			{Match: patchTeamRoute, Status: 502, Times: 1},
		}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, people)
			for _, fault := range test.faults {
				w.Fault(fault)
			}
			e := w.resource("Team")
			inputs := payments(map[string]any{"members": []string{"bo", "cy"}, "admins": []string{"di"}})
			require.NoError(t, e.up(inputs))
			assert.Equal(t, map[string]string{"bo": "member", "cy": "member", "di": "admin"}, w.members("payments"))
			e.settled(inputs)
		})
	}
}

// A removal whose answer was lost is repeated, and then refused because nobody is there to be removed.
func TestTeamRemovalWhoseAnswerIsLost(t *testing.T) {
	t.Parallel()
	w := newWorld(t, people)
	e := w.resource("Team")
	require.NoError(t, e.up(payments(map[string]any{"members": []string{"bo", "cy"}})))
	w.Fault(servertest.Fault{Match: patchTeamRoute, Reset: "after"})
	require.NoError(t, e.up(payments(map[string]any{"members": []string{"bo"}})))
	assert.Equal(t, map[string]string{"bo": "member"}, w.members("payments"))
}

func TestTeamPartialCreate(t *testing.T) {
	t.Parallel()
	w := newWorld(t, people)
	e := w.resource("Team")
	err := e.up(payments(map[string]any{"members": []string{"bo", "nobody"}}))
	var unfinished *unfinishedError
	require.ErrorAs(t, err, &unfinished)
	assert.ErrorContains(t, err, "add member nobody")
	assert.Equal(t, "{admins: [ana], kind: pulumi, members: [bo], name: payments, organization: acme}", shown(e.state),
		"state holds what was done")

	require.NoError(t, e.up(payments(map[string]any{"members": []string{"bo"}})))
	assert.Equal(t, map[string]string{"bo": "member"}, w.members("payments"))

	again := w.resource("Team")
	assert.ErrorContains(t, again.up(payments(nil)), "pulumi import")
}

func TestTeamMembersThatCannotBeListed(t *testing.T) {
	t.Parallel()
	w := newWorld(t, people)
	e := w.resource("Team")
	inputs := payments(map[string]any{"members": []string{"bo"}})
	require.NoError(t, e.up(inputs))
	body := `{"name":"payments","displayName":"payments","description":"","kind":"pulumi","members":[],"listMembersError":"timeout"}`
	w.Fault(servertest.Fault{Match: getTeamRoute, Body: &body, Times: 2})
	assert.ErrorContains(t, e.refresh(), "could not list the members: timeout")
	assert.ErrorContains(t, e.up(payments(map[string]any{"members": []string{"cy"}})), "could not list the members: timeout")
	assert.Equal(t, map[string]string{"bo": "member"}, w.members("payments"))
}

func TestTeamRefusedToNonAdmin(t *testing.T) {
	t.Parallel()
	w := newWorld(t, people+`
settings: {membersCanCreateTeams: false}
`)
	e := w.with(w.TokenFor(servertest.Identity{User: "bo"}), "Team")
	assert.ErrorContains(t, e.up(payments(nil)), "403")
}

// A member who may create teams, and is not in the team that the program describes, finishes the membership before they
// leave it, and is not stopped half-way by having lost the right to go on.
func TestTeamCreatorLeavesLast(t *testing.T) {
	t.Parallel()
	w := newWorld(t, people)
	e := w.with(w.TokenFor(servertest.Identity{User: "bo"}), "Team")
	inputs := payments(map[string]any{"members": []string{"cy", "di"}})
	require.NoError(t, e.up(inputs))
	assert.Equal(t, map[string]string{"cy": "member", "di": "member"}, w.members("payments"))

	w.admin("PATCH", "/api/orgs/acme/teams/payments", map[string]any{"member": "bo", "memberAction": "add"})
	w.admin("PATCH", "/api/orgs/acme/teams/payments", map[string]any{"member": "bo", "memberAction": "promote"})
	require.NoError(t, e.refresh())
	require.NoError(t, e.up(payments(map[string]any{"members": []string{}})))
	assert.Empty(t, w.members("payments"))
}

func TestTeamLockOut(t *testing.T) {
	t.Parallel()
	w := newWorld(t, administeringTeam)
	e := w.with(w.TokenFor(servertest.Identity{User: "bo"}), "Team")
	require.NoError(t, e.adopt("acme/payments"))

	err := e.up(payments(map[string]any{"members": []string{"cy"}}))
	require.ErrorContains(t, err, "refused: bo may hand out access")
	require.ErrorContains(t, e.destroy(), "allow: [lockOut]")
	assert.Equal(t, map[string]string{"bo": "admin", "cy": "member"}, w.members("payments"))

	// To remove somebody else is not a lock-out; to insist is possible.
	require.NoError(t, e.up(payments(map[string]any{"admins": []string{"bo"}})))
	require.NoError(t, e.up(payments(map[string]any{"admins": []string{}, "allow": []string{"lockOut"}})))
	assert.Empty(t, w.members("payments"))
}

func TestTeamCheck(t *testing.T) {
	t.Parallel()
	w := newWorld(t, people)
	e := w.resource("Team")
	long := make([]byte, 101)
	for i := range long {
		long[i] = 'x'
	}
	for _, test := range []struct {
		name   string
		inputs map[string]any
		want   map[string]string
	}{
		{name: "nothing", inputs: map[string]any{}, want: map[string]string{"name": "is required"}},
		{name: "slash", inputs: map[string]any{"name": "acme/payments"}, want: map[string]string{"name": "without a slash"}},
		{
			name: "in both lists", inputs: payments(map[string]any{"members": []string{"bo"}, "admins": []string{"cy", "BO"}}),
			want: map[string]string{"admins[1]": "BO is in members[0] as well"},
		},
		{
			name: "same login in other letters", inputs: payments(map[string]any{"members": []string{"bo", "Bo", ""}}),
			want: map[string]string{"members[1]": "in other letters", "members[2]": "must not be empty"},
		},
		{
			name:   "github",
			inputs: map[string]any{"githubTeamId": 7, "members": []string{}, "description": "x", "displayName": "y"},
			want: map[string]string{
				"members": "comes from GitHub", "description": "comes from GitHub", "displayName": "comes from GitHub",
			},
		},
		{name: "display name", inputs: payments(map[string]any{"displayName": string(long)}), want: map[string]string{"displayName": "100"}},
		{name: "allow", inputs: payments(map[string]any{"allow": []string{"openOnAll", "lockout"}}), want: map[string]string{"allow[0]": "to here", "allow[1]": "lockOut"}},
		{name: "unknown name", inputs: map[string]any{"name": unknown}},
		{name: "unknown members", inputs: payments(map[string]any{"members": unknown, "admins": []any{unknown, "bo"}})},
	} {
		t.Run(test.name, func(t *testing.T) {
			failures := e.failures(test.inputs)
			assert.Len(t, failures, len(test.want), "%v", failures)
			for path, reason := range test.want {
				assert.Contains(t, failures[path], reason)
			}
		})
	}
	assert.Empty(t, w.calls(), "checks make no calls")
}

func TestTeamUnknowns(t *testing.T) {
	t.Parallel()
	w := newWorld(t, people)
	e := w.resource("Team")
	inputs := payments(map[string]any{"members": unknown, "description": unknown})
	preview, err := e.preview(inputs)
	require.NoError(t, err)
	assert.Equal(t, "{description: unknown, kind: pulumi, members: unknown, name: payments, organization: acme}", shown(preview))

	require.NoError(t, e.up(payments(map[string]any{"members": []string{"bo"}})))
	e.said()
	preview, err = e.preview(inputs)
	require.NoError(t, err)
	assert.Equal(t, "{description: unknown, kind: pulumi, members: unknown, name: payments, organization: acme}", shown(preview))
	assert.Empty(t, e.said(), "what is not known yet removes nobody")
	assert.True(t, e.diff(inputs).HasChanges)
}

func TestTeamReplacement(t *testing.T) {
	t.Parallel()
	w := newWorld(t, people)
	e := w.resource("Team")
	require.NoError(t, e.up(payments(nil)))

	other := e.diff(map[string]any{"name": "billing"})
	assert.Equal(t, p.UpdateReplace, other.DetailedDiff["name"].Kind)
	assert.False(t, other.DeleteBeforeReplace)

	moved := e.diff(payments(map[string]any{"organization": "beta"}))
	assert.Equal(t, p.UpdateReplace, moved.DetailedDiff["organization"].Kind)

	kind := e.diff(payments(map[string]any{"githubTeamId": 7}))
	assert.Equal(t, p.AddReplace, kind.DetailedDiff["githubTeamId"].Kind)
	assert.True(t, kind.DeleteBeforeReplace, "two teams cannot have one name")
}

// A GitHub team's name comes from GitHub. The sandbox knows no GitHub, so the service's answer is scripted.
func TestTeamFromGitHub(t *testing.T) {
	t.Parallel()
	w := newWorld(t, people+`
teams: [{name: core, kind: github, members: [bo]}]
`)
	body := `{"name":"core","displayName":"Core","description":"","kind":"github","members":[]}`
	fault := servertest.Fault{Match: "POST /api/orgs/{orgName}/teams/github", Status: 201, Body: &body}
	w.Fault(fault)
	e := w.resource("Team")
	inputs := map[string]any{"githubTeamId": 7}
	preview, err := e.preview(inputs)
	require.NoError(t, err)
	assert.Equal(t, "{githubTeamId: 7, kind: github, name: unknown, organization: acme}", shown(preview))
	require.NoError(t, e.up(inputs))
	assert.Equal(t, "acme/core", e.id)
	e.settled(inputs)
	require.NoError(t, e.refresh())
	e.settled(inputs)

	w.Fault(fault)
	misnamed := w.resource("Team")
	err = misnamed.up(map[string]any{"githubTeamId": 7, "name": "kore"})
	assert.ErrorContains(t, err, `is called "core" in Pulumi Cloud, not "kore"`)
	assert.Equal(t, "acme/core", misnamed.id)
}

func TestTeamSecretLogins(t *testing.T) {
	t.Parallel()
	w := newWorld(t, people)
	e := w.resource("Team")
	secret := plain([]any{plain("di").WithSecret(true), "bo"})
	inputs := payments(map[string]any{"members": secret})
	require.NoError(t, e.up(inputs))
	assert.Contains(t, shown(e.state), "members: secret([bo, di])")
	w.admin("PATCH", "/api/orgs/acme/teams/payments", map[string]any{"member": "bo", "memberAction": "remove"})
	require.NoError(t, e.refresh())
	assert.Contains(t, shown(e.state), "members: secret([di])", "a list that shrank keeps its mark")
	assert.Contains(t, shown(e.inputs), "members: secret([di])")
}

func TestTeamNamesOverTheLimits(t *testing.T) {
	t.Parallel()
	e := newWorld(t, people).resource("Team")
	for _, name := range []string{strings.Repeat("x", 101), "a b", "größe", "a:b"} {
		assert.NotEmpty(t, e.failures(map[string]any{"name": name})["name"], name)
	}
	assert.Empty(t, e.failures(map[string]any{"name": strings.Repeat("x", 100)}))
	assert.Empty(t, e.failures(map[string]any{"name": "Pay_ments.2-x"}))
	assert.NotEmpty(t, e.failures(map[string]any{"name": "x", "displayName": strings.Repeat("ü", 101)})["displayName"])
}
