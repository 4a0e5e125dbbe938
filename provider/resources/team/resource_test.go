package team_test

import (
	"strings"
	"testing"

	p "github.com/pulumi/pulumi-go-provider"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/resourcetest"
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
	w := resourcetest.New(t, resourcetest.People)
	e := w.Resource("Team")
	inputs := payments(map[string]any{"description": "Pays", "members": []string{"cy", "bo"}, "admins": []string{"di"}})

	preview, err := e.Preview(inputs)
	require.NoError(t, err)
	assert.Empty(t, w.Writes(), "a preview of a create only reads")
	w.Reset()
	assert.Equal(t, "{admins: [di], description: Pays, kind: pulumi, members: [bo, cy], name: payments, organization: acme}",
		resourcetest.Shown(preview))

	require.NoError(t, e.Up(inputs))
	assert.Equal(t, "acme/payments", e.ID)
	assert.Equal(t, resourcetest.Shown(preview), resourcetest.Shown(e.State))
	// One create, bo, cy, di twice, and the creator ana removed.
	assert.Equal(t, map[string]int{createTeamRoute: 1, resourcetest.PatchTeamRoute: 5}, w.Calls())
	assert.Equal(t, map[string]string{"bo": "member", "cy": "member", "di": "admin"}, w.Members("payments"))
	e.Settled(inputs)

	w.Reset()
	require.NoError(t, e.Up(inputs))
	assert.Empty(t, w.Calls(), "an update without changes makes no call")

	require.NoError(t, e.Refresh())
	e.Settled(inputs)

	changed := payments(map[string]any{"displayName": "The Payers", "members": []string{"di", "bo"}, "admins": []string{"cy"}})
	w.Reset()
	_, err = e.Preview(changed)
	require.NoError(t, err)
	assert.Empty(t, w.Writes(), "a preview only reads")
	assert.Contains(t, e.Said(), "make di a plain member")
	require.NoError(t, e.Up(changed))
	assert.Equal(t, map[string]string{"bo": "member", "cy": "admin", "di": "member"}, w.Members("payments"))
	assert.Equal(t, "The Payers", w.Team("payments").DisplayName)
	assert.Empty(t, w.Team("payments").Description)
	e.Settled(changed)

	require.NoError(t, e.Destroy())
	status, _ := w.Call(w.Token, "GET", "/api/orgs/acme/teams/payments", nil)
	assert.Equal(t, 404, status)
}

func TestTeamMembershipUnmanaged(t *testing.T) {
	t.Parallel()
	w := resourcetest.New(t, resourcetest.People)
	e := w.Resource("Team")
	unmanaged := payments(map[string]any{"unmanagedMembers": true})
	require.NoError(t, e.Up(unmanaged))
	assert.Equal(t, map[string]int{createTeamRoute: 1}, w.Calls(), "a team whose members are left to others is one call")
	assert.Equal(t, map[string]string{"ana": "admin"}, w.Members("payments"), "the creator stays")

	w.Admin("PATCH", "/api/orgs/acme/teams/payments", map[string]any{"member": "bo", "memberAction": "add"})
	require.NoError(t, e.Refresh())
	e.Settled(unmanaged)
	assert.NotEmpty(t, e.Failures(payments(map[string]any{"unmanagedMembers": true, "members": []string{}}))["members"])

	// To manage it is a change; omitted lists are empty ones.
	_, err := e.Preview(payments(nil))
	require.NoError(t, err)
	assert.Contains(t, e.Said(), "remove bo")
	require.NoError(t, e.Up(payments(nil)))
	assert.Empty(t, w.Members("payments"))
	e.Settled(payments(nil))

	// To stop managing it leaves everybody where they are.
	require.NoError(t, e.Up(payments(map[string]any{"members": []string{"cy"}})))
	w.Reset()
	require.NoError(t, e.Up(unmanaged))
	assert.Empty(t, w.Writes())
	assert.Equal(t, map[string]string{"cy": "member"}, w.Members("payments"))
	e.Settled(unmanaged)
}

// Omitted lists are empty ones: whoever is added elsewhere is drift, and so is the creator.
func TestTeamWithoutListsIsEmpty(t *testing.T) {
	t.Parallel()
	w := resourcetest.New(t, resourcetest.People)
	e := w.Resource("Team")
	require.NoError(t, e.Up(payments(nil)))
	assert.Empty(t, w.Members("payments"), "the creator leaves")
	e.Settled(payments(nil))

	w.Admin("PATCH", "/api/orgs/acme/teams/payments", map[string]any{"member": "bo", "memberAction": "add"})
	require.NoError(t, e.Refresh())
	assert.Equal(t, []string{"members"}, resourcetest.Changed(e.Diff(payments(nil))))
	_, err := e.Preview(payments(nil))
	require.NoError(t, err)
	assert.Contains(t, e.Said(), "remove bo")
	require.NoError(t, e.Up(payments(nil)))
	assert.Empty(t, w.Members("payments"))
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
			w := resourcetest.New(t, resourcetest.People)
			e := w.Resource("Team")
			asked := payments(map[string]any{"members": []string{"bo"}})
			if answer.says != "" {
				asked["name"] = "Payments"
				w.Admin("POST", "/api/orgs/acme/teams/pulumi", map[string]any{"name": "payments", "displayName": "payments", "description": ""})
				w.Fault(servertest.Fault{Match: createTeamRoute, Status: 201, Body: &answer.body})
				require.ErrorContains(t, e.Up(asked), answer.says)
				assert.Equal(t, "acme/payments", e.ID)
				assert.Equal(t, map[string]string{"bo": "member"}, w.Members("payments"), "its membership is as it should be")
				require.ErrorContains(t, e.Up(asked), answer.says, "again until the program says the name that there is")
				asked["name"] = "payments"
			} else {
				w.Fault(servertest.Fault{Match: createTeamRoute, Body: &answer.body})
			}
			require.NoError(t, e.Up(asked))
			assert.Equal(t, map[string]string{"bo": "member"}, w.Members("payments"))
			e.Settled(asked)
		})
	}
	w := resourcetest.New(t, resourcetest.People)
	e := w.Resource("Team")
	nothing := "{}"
	w.Fault(servertest.Fault{Match: createTeamRoute, Status: 201, Body: &nothing, Times: 10}) // each attempt is looked up
	require.Error(t, e.Up(payments(nil)), "a team that is not there is not in the state")
	assert.Empty(t, e.ID)
}

// A login in other letters is sent as the organization spells it; one that nobody has fails the preview.
func TestTeamLoginsOfTheOrganization(t *testing.T) {
	t.Parallel()
	w := resourcetest.New(t, strings.Replace(resourcetest.People, "- {login: di}", "- {login: di}\n  - {login: sue, suspended: true}", 1))
	e := w.Resource("Team")
	shouted := payments(map[string]any{"members": []string{"BO"}, "admins": []string{"Di"}})
	_, err := e.Preview(shouted)
	require.NoError(t, err)
	require.NoError(t, e.Up(shouted))
	assert.Equal(t, map[string]string{"bo": "member", "di": "admin"}, w.Members("payments"))
	e.Settled(shouted)

	_, err = e.Preview(payments(map[string]any{"members": []string{"bo", "sue"}}))
	require.ErrorContains(t, err, `members[1]: the membership of "sue" in organization "acme" is suspended`)
	misspelled := payments(map[string]any{"members": []string{"bo", "zz"}, "admins": []string{"dii"}})
	_, err = e.Preview(misspelled)
	require.ErrorContains(t, err, `members[1]: "zz" is not a member of organization "acme"`)
	require.ErrorContains(t, err, `admins[0]: "dii" is not a member of organization "acme"; did you mean "di"?`)
	_, err = w.Resource("Team").Preview(payments(map[string]any{"name": "other", "members": []string{"zz"}}))
	require.ErrorContains(t, err, "zz")
	_, err = w.Resource("TeamMembers").Preview(map[string]any{"team": "payments", "members": []string{"zz"}})
	require.ErrorContains(t, err, "zz")
}

// One who cannot be removed keeps nobody else in the team, and lets nobody in.
func TestTeamRemovalThatFails(t *testing.T) {
	t.Parallel()
	w := resourcetest.New(t, resourcetest.People)
	e := w.Resource("Team")
	require.NoError(t, e.Up(payments(map[string]any{"members": []string{"bo", "cy"}})))
	w.Fault(servertest.Fault{Match: resourcetest.PatchTeamRoute, Status: 400})
	err := e.Up(payments(map[string]any{"members": []string{"di"}}))
	stays := w.Members("payments")
	require.Len(t, stays, 1, "bo or cy: they are removed at the same time")
	for login := range stays {
		require.Contains(t, []string{"bo", "cy"}, login)
		require.ErrorContains(t, err, "remove "+login)
	}
	require.NoError(t, e.Up(payments(map[string]any{"members": []string{"di"}})))
	assert.Equal(t, map[string]string{"di": "member"}, w.Members("payments"))
}

func TestTeamOrderDuplicatesAndCase(t *testing.T) {
	t.Parallel()
	w := resourcetest.New(t, resourcetest.People)
	e := w.Resource("Team")
	require.NoError(t, e.Up(payments(map[string]any{"members": []string{"di", "bo", "di"}})))
	e.Settled(payments(map[string]any{"members": []string{"bo", "di"}}))

	w.Reset()
	shouted := payments(map[string]any{"members": []string{"DI", "Bo"}})
	require.NoError(t, e.Up(shouted))
	assert.Empty(t, w.Calls(), "the case of letters makes no difference")

	e = w.Resource("Team")
	require.NoError(t, e.Adopt("acme/payments"))
	require.NoError(t, e.Refresh())
	assert.False(t, e.Diff(shouted).HasChanges)
}

func TestTeamDrift(t *testing.T) {
	t.Parallel()
	w := resourcetest.New(t, resourcetest.People)
	e := w.Resource("Team")
	inputs := payments(map[string]any{"members": []string{"bo"}})
	require.NoError(t, e.Up(inputs))

	w.Admin("PATCH", "/api/orgs/acme/teams/payments", map[string]any{"member": "cy", "memberAction": "add"})
	w.Admin("PATCH", "/api/orgs/acme/teams/payments", map[string]any{"member": "cy", "memberAction": "promote"})
	w.Admin("PATCH", "/api/orgs/acme/teams/payments", map[string]any{"newDescription": "ours", "newDisplayName": "Ours"})
	require.NoError(t, e.Refresh())
	assert.Equal(t, "{admins: [cy], description: ours, displayName: Ours, members: [bo], name: payments, organization: acme}",
		resourcetest.Shown(e.Inputs))

	_, err := e.Preview(inputs)
	require.NoError(t, err)
	assert.Contains(t, e.Said(), "WARN: team \"payments\": an update would\n  - remove cy")
	require.NoError(t, e.Up(inputs))
	assert.Equal(t, map[string]string{"bo": "member"}, w.Members("payments"))
	assert.Equal(t, "payments", w.Team("payments").DisplayName)
	e.Settled(inputs)
}

func TestTeamImport(t *testing.T) {
	t.Parallel()
	w := resourcetest.New(t, resourcetest.People+`
teams:
  - {name: payments, description: Pays, members: [bo], admins: [di]}
  - {name: synced, kind: scim, displayName: From Okta, members: [bo]}
`)
	e := w.Resource("Team")
	require.NoError(t, e.Adopt("acme/payments"))
	inputs := payments(map[string]any{"description": "Pays", "members": []string{"bo"}, "admins": []string{"di"}})
	e.Settled(inputs)
	w.Reset()
	require.NoError(t, e.Up(inputs))
	assert.Empty(t, w.Calls())

	synced := w.Resource("Team")
	require.NoError(t, synced.Adopt("acme/synced"))
	synced.Settled(map[string]any{"name": "synced"})
	assert.Equal(t, "scim", synced.State.Get("kind").AsString())
	err := synced.Up(map[string]any{"name": "synced", "members": []string{"cy"}})
	assert.ErrorContains(t, err, `team "synced" is a scim team now`)

	assert.ErrorContains(t, e.Adopt("payments"), "organization/name")
}

func TestTeamGoneAndBlind(t *testing.T) {
	t.Parallel()
	w := resourcetest.New(t, resourcetest.People)
	inputs := payments(map[string]any{"members": []string{"bo"}})
	e := w.Resource("Team")
	require.NoError(t, e.Up(inputs))

	// A token that sees nothing any more must not drop anything.
	blind := w.With(w.TokenFor(servertest.Identity{User: "eve"}), "Team")
	blind.ID, blind.Inputs, blind.State = e.ID, e.Inputs, e.State
	assert.ErrorContains(t, blind.Refresh(), "not visible to this token")
	assert.ErrorContains(t, blind.Destroy(), "not visible to this token")
	assert.ErrorContains(t, blind.Up(payments(map[string]any{"members": []string{"di"}})), "not visible to this token")
	assert.Equal(t, map[string]string{"bo": "member"}, w.Members("payments"))

	w.Admin("DELETE", "/api/orgs/acme/teams/payments", nil)
	err := e.Up(payments(map[string]any{"members": []string{"di"}}))
	assert.ErrorContains(t, err, "run `pulumi refresh`")
	kept := *e
	require.NoError(t, e.Refresh())
	assert.Empty(t, e.ID)
	require.NoError(t, kept.Destroy(), "a team that was deleted needs no delete")
	require.NoError(t, e.Up(inputs))
	assert.Equal(t, map[string]string{"bo": "member"}, w.Members("payments"))
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
			{Match: resourcetest.PatchTeamRoute, Reset: "after", Times: 4},
		}},
		{name: "membership changes are limited", faults: []servertest.Fault{
			{Match: resourcetest.PatchTeamRoute, Status: 429, Headers: map[string]string{"Retry-After": "0"}, Times: 3},
			{Match: resourcetest.PatchTeamRoute, Status: 502, Times: 1},
		}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			w := resourcetest.New(t, resourcetest.People)
			for _, fault := range test.faults {
				w.Fault(fault)
			}
			e := w.Resource("Team")
			inputs := payments(map[string]any{"members": []string{"bo", "cy"}, "admins": []string{"di"}})
			require.NoError(t, e.Up(inputs))
			assert.Equal(t, map[string]string{"bo": "member", "cy": "member", "di": "admin"}, w.Members("payments"))
			e.Settled(inputs)
		})
	}
}

// A removal whose answer was lost is repeated, and then refused because nobody is there to be removed.
func TestTeamRemovalWhoseAnswerIsLost(t *testing.T) {
	t.Parallel()
	w := resourcetest.New(t, resourcetest.People)
	e := w.Resource("Team")
	require.NoError(t, e.Up(payments(map[string]any{"members": []string{"bo", "cy"}})))
	w.Fault(servertest.Fault{Match: resourcetest.PatchTeamRoute, Reset: "after"})
	require.NoError(t, e.Up(payments(map[string]any{"members": []string{"bo"}})))
	assert.Equal(t, map[string]string{"bo": "member"}, w.Members("payments"))
}

func TestTeamPartialCreate(t *testing.T) {
	t.Parallel()
	w := resourcetest.New(t, resourcetest.People)
	e := w.Resource("Team")
	err := e.Up(payments(map[string]any{"members": []string{"bo", "nobody"}}))
	var unfinished *resourcetest.UnfinishedError
	require.ErrorAs(t, err, &unfinished)
	assert.ErrorContains(t, err, "add member nobody")
	assert.Equal(t, "{admins: [ana], kind: pulumi, members: [bo], name: payments, organization: acme}", resourcetest.Shown(e.State),
		"state holds what was done")

	require.NoError(t, e.Up(payments(map[string]any{"members": []string{"bo"}})))
	assert.Equal(t, map[string]string{"bo": "member"}, w.Members("payments"))

	again := w.Resource("Team")
	assert.ErrorContains(t, again.Up(payments(nil)), "pulumi import")
}

func TestTeamMembersThatCannotBeListed(t *testing.T) {
	t.Parallel()
	w := resourcetest.New(t, resourcetest.People)
	e := w.Resource("Team")
	inputs := payments(map[string]any{"members": []string{"bo"}})
	require.NoError(t, e.Up(inputs))
	body := `{"name":"payments","displayName":"payments","description":"","kind":"pulumi","members":[],"listMembersError":"timeout"}`
	w.Fault(servertest.Fault{Match: resourcetest.GetTeamRoute, Body: &body, Times: 2})
	assert.ErrorContains(t, e.Refresh(), "could not list the members: timeout")
	assert.ErrorContains(t, e.Up(payments(map[string]any{"members": []string{"cy"}})), "could not list the members: timeout")
	assert.Equal(t, map[string]string{"bo": "member"}, w.Members("payments"))
}

func TestTeamRefusedToNonAdmin(t *testing.T) {
	t.Parallel()
	w := resourcetest.New(t, resourcetest.People+`
settings: {membersCanCreateTeams: false}
`)
	e := w.With(w.TokenFor(servertest.Identity{User: "bo"}), "Team")
	assert.ErrorContains(t, e.Up(payments(nil)), "403")
}

// A member who may create teams, and is not in the team that the program describes, finishes the membership before they
// leave it, and is not stopped half-way by having lost the right to go on.
func TestTeamCreatorLeavesLast(t *testing.T) {
	t.Parallel()
	w := resourcetest.New(t, resourcetest.People)
	e := w.With(w.TokenFor(servertest.Identity{User: "bo"}), "Team")
	inputs := payments(map[string]any{"members": []string{"cy", "di"}})
	require.NoError(t, e.Up(inputs))
	assert.Equal(t, map[string]string{"cy": "member", "di": "member"}, w.Members("payments"))

	w.Admin("PATCH", "/api/orgs/acme/teams/payments", map[string]any{"member": "bo", "memberAction": "add"})
	w.Admin("PATCH", "/api/orgs/acme/teams/payments", map[string]any{"member": "bo", "memberAction": "promote"})
	require.NoError(t, e.Refresh())
	require.NoError(t, e.Up(payments(map[string]any{"members": []string{}})))
	assert.Empty(t, w.Members("payments"))
}

func TestTeamLockOut(t *testing.T) {
	t.Parallel()
	w := resourcetest.New(t, resourcetest.AdministeringTeam)
	e := w.With(w.TokenFor(servertest.Identity{User: "bo"}), "Team")
	require.NoError(t, e.Adopt("acme/payments"))

	err := e.Up(payments(map[string]any{"members": []string{"cy"}}))
	require.ErrorContains(t, err, "refused: bo may hand out access")
	require.ErrorContains(t, e.Destroy(), "allow: [lockOut]")
	assert.Equal(t, map[string]string{"bo": "admin", "cy": "member"}, w.Members("payments"))

	// To remove somebody else is not a lock-out; to insist is possible.
	require.NoError(t, e.Up(payments(map[string]any{"admins": []string{"bo"}})))
	require.NoError(t, e.Up(payments(map[string]any{"admins": []string{}, "allow": []string{"lockOut"}})))
	assert.Empty(t, w.Members("payments"))
}

func TestTeamCheck(t *testing.T) {
	t.Parallel()
	w := resourcetest.New(t, resourcetest.People)
	e := w.Resource("Team")
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
		{name: "unknown name", inputs: map[string]any{"name": resourcetest.Unknown}},
		{name: "unknown members", inputs: payments(map[string]any{"members": resourcetest.Unknown, "admins": []any{resourcetest.Unknown, "bo"}})},
	} {
		t.Run(test.name, func(t *testing.T) {
			failures := e.Failures(test.inputs)
			assert.Len(t, failures, len(test.want), "%v", failures)
			for path, reason := range test.want {
				assert.Contains(t, failures[path], reason)
			}
		})
	}
	assert.Empty(t, w.Calls(), "checks make no calls")
}

func TestTeamUnknowns(t *testing.T) {
	t.Parallel()
	w := resourcetest.New(t, resourcetest.People)
	e := w.Resource("Team")
	inputs := payments(map[string]any{"members": resourcetest.Unknown, "description": resourcetest.Unknown})
	preview, err := e.Preview(inputs)
	require.NoError(t, err)
	assert.Equal(t, "{description: unknown, kind: pulumi, members: unknown, name: payments, organization: acme}", resourcetest.Shown(preview))

	require.NoError(t, e.Up(payments(map[string]any{"members": []string{"bo"}})))
	e.Said()
	preview, err = e.Preview(inputs)
	require.NoError(t, err)
	assert.Equal(t, "{description: unknown, kind: pulumi, members: unknown, name: payments, organization: acme}", resourcetest.Shown(preview))
	said := e.Said()
	assert.Contains(t, said, "members is not known yet, so this preview cannot tell")
	assert.Contains(t, said, "- bo")
	assert.NotContains(t, said, "an update would", "what is not known yet removes nobody for certain")
	assert.True(t, e.Diff(inputs).HasChanges)
}

func TestTeamReplacement(t *testing.T) {
	t.Parallel()
	w := resourcetest.New(t, resourcetest.People)
	e := w.Resource("Team")
	require.NoError(t, e.Up(payments(nil)))

	other := e.Diff(map[string]any{"name": "billing"})
	assert.Equal(t, p.UpdateReplace, other.DetailedDiff["name"].Kind)
	assert.False(t, other.DeleteBeforeReplace)

	moved := e.Diff(payments(map[string]any{"organization": "beta"}))
	assert.Equal(t, p.UpdateReplace, moved.DetailedDiff["organization"].Kind)

	kind := e.Diff(payments(map[string]any{"githubTeamId": 7}))
	assert.Equal(t, p.AddReplace, kind.DetailedDiff["githubTeamId"].Kind)
	assert.True(t, kind.DeleteBeforeReplace, "two teams cannot have one name")
}

// A GitHub team's name comes from GitHub. The sandbox knows no GitHub, so the service's answer is scripted.
func TestTeamFromGitHub(t *testing.T) {
	t.Parallel()
	w := resourcetest.New(t, resourcetest.People+`
teams: [{name: core, kind: github, members: [bo]}]
`)
	body := `{"name":"core","displayName":"Core","description":"","kind":"github","members":[]}`
	fault := servertest.Fault{Match: "POST /api/orgs/{orgName}/teams/github", Status: 201, Body: &body}
	w.Fault(fault)
	e := w.Resource("Team")
	inputs := map[string]any{"githubTeamId": 7}
	preview, err := e.Preview(inputs)
	require.NoError(t, err)
	assert.Equal(t, "{githubTeamId: 7, kind: github, name: unknown, organization: acme}", resourcetest.Shown(preview))
	require.NoError(t, e.Up(inputs))
	assert.Equal(t, "acme/core", e.ID)
	e.Settled(inputs)
	require.NoError(t, e.Refresh())
	e.Settled(inputs)

	w.Fault(fault)
	misnamed := w.Resource("Team")
	err = misnamed.Up(map[string]any{"githubTeamId": 7, "name": "kore"})
	assert.ErrorContains(t, err, `is called "core" in Pulumi Cloud, not "kore"`)
	assert.Equal(t, "acme/core", misnamed.ID)
}

func TestTeamSecretLogins(t *testing.T) {
	t.Parallel()
	w := resourcetest.New(t, resourcetest.People)
	e := w.Resource("Team")
	secret := resourcetest.Plain([]any{resourcetest.Plain("di").WithSecret(true), "bo"})
	inputs := payments(map[string]any{"members": secret})
	require.NoError(t, e.Up(inputs))
	assert.Contains(t, resourcetest.Shown(e.State), "members: secret([bo, di])")
	w.Admin("PATCH", "/api/orgs/acme/teams/payments", map[string]any{"member": "bo", "memberAction": "remove"})
	require.NoError(t, e.Refresh())
	assert.Contains(t, resourcetest.Shown(e.State), "members: secret([di])", "a list that shrank keeps its mark")
	assert.Contains(t, resourcetest.Shown(e.Inputs), "members: secret([di])")
}

func TestTeamNamesOverTheLimits(t *testing.T) {
	t.Parallel()
	e := resourcetest.New(t, resourcetest.People).Resource("Team")
	for _, name := range []string{strings.Repeat("x", 101), "a b", "größe", "a:b"} {
		assert.NotEmpty(t, e.Failures(map[string]any{"name": name})["name"], name)
	}
	assert.Empty(t, e.Failures(map[string]any{"name": strings.Repeat("x", 100)}))
	assert.Empty(t, e.Failures(map[string]any{"name": "Pay_ments.2-x"}))
	assert.NotEmpty(t, e.Failures(map[string]any{"name": "x", "displayName": strings.Repeat("ü", 101)})["displayName"])
}
