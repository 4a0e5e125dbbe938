package resources_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/server/servertest"
)

const (
	defaultRoleRoute   = "PATCH /api/orgs/{orgName}/roles/{roleID}/default"
	callerRoute        = "GET /api/user"
	personalTokenRoute = "GET /api/user/tokens"
)

// token makes a machine token or a personal one, and returns its value. days are how long it lives; 0 is for ever.
func tokenOf(w world, path string, body tree, days int) string {
	w.t.Helper()
	all := tree{"description": "", "expires": 0}
	if path == "/api/orgs/acme/tokens" {
		all["admin"] = false
	}
	for key, value := range body {
		all[key] = value
	}
	if days != 0 {
		all["expires"] = w.now().AddDate(0, 0, days).Unix() - 60
	}
	var made struct {
		TokenValue string `json:"tokenValue"`
	}
	require.NoError(w.t, json.Unmarshal(w.admin("POST", path, all), &made))
	return made.TokenValue
}

func TestOrganizationSettingsLifecycle(t *testing.T) {
	t.Parallel()
	w := newWorld(t, openDefaults)
	joiner := w.addRole("joiner", group(allow("audit_logs:read"))).ID
	deployer := w.addRole("deployer", group(allow("audit_logs:read"))).ID
	before := string(w.State())
	e := w.resource("OrganizationSettings")
	inputs := map[string]any{
		"defaultStackPermission": "none", "defaultEnvironmentPermission": "read", "defaultAccountPermission": "read",
		"membersCanCreateStacks": false, "membersCanDeleteStacks": false, "maxAccessTokenExpiry": "2160h",
		"defaultRoleId": joiner, "defaultDeploymentRoleId": deployer,
	}

	w.Reset()
	require.NoError(t, e.up(inputs))
	assert.Equal(t, map[string]int{
		organizationRoute: 1, callerRoute: 1, personalTokenRoute: 1, defaultRoleRoute: 1, patchOrganizationRoute: 1,
	}, w.calls())
	assert.Equal(t, "acme", e.id)
	assert.Equal(t, "2160h", e.state.Get("maxAccessTokenExpiry").AsString(), "as the program writes it")
	assert.Equal(t, "{defaultAccountPermission: none, defaultDeploymentRoleId: , defaultEnvironmentPermission: open, defaultRoleId: , "+
		"defaultStackPermission: write, maxAccessTokenExpiry: , membersCanCreateStacks: true, membersCanDeleteStacks: true}",
		show(e.state.Get("previous")))
	live := w.metadata()
	for key, want := range map[string]any{
		"defaultStackPermission": 0.0, "defaultEnvironmentPermission": "read", "defaultAccountPermission": 1.0,
		"membersCanCreateStacks": false, "membersCanDeleteStacks": false, "membersCanCreateTeams": true,
		"maxAccessTokenExpiryDays": 90.0, "defaultRoleId": joiner, "defaultDeploymentRoleId": deployer,
	} {
		assert.Equal(t, want, live[key], key)
	}

	w.Reset()
	e.settled(inputs)
	require.NoError(t, e.up(inputs))
	assert.Empty(t, w.calls(), "a no-op makes no call")
	require.NoError(t, e.refresh())
	assert.Equal(t, map[string]int{organizationRoute: 1}, w.calls())
	e.settled(inputs)

	w.Reset()
	require.NoError(t, e.destroy())
	assert.Equal(t, 1, w.calls()[defaultRoleRoute])
	assert.Equal(t, 1, w.calls()[patchOrganizationRoute])
	assert.Equal(t, before, string(w.State()))
}

// A setting that leaves the program is put back; one that comes later has its previous value recorded then.
func TestOrganizationSettingsComeAndGo(t *testing.T) {
	t.Parallel()
	w := newWorld(t, openDefaults)
	before := string(w.State())
	e := w.resource("OrganizationSettings")
	require.NoError(t, e.up(map[string]any{"defaultStackPermission": "none"}))
	w.change(tree{"setMembersCanCreateTeams": false, "setDefaultEnvironmentPermission": "read"})
	require.NoError(t, e.refresh())
	e.settled(map[string]any{"defaultStackPermission": "none"}) // others do not concern it

	later := map[string]any{"membersCanCreateTeams": true}
	diff := e.diff(later)
	assert.Equal(t, []string{"defaultStackPermission", "membersCanCreateTeams"}, changed(diff))
	require.NoError(t, e.up(later))
	assert.Equal(t, "{membersCanCreateTeams: false}", show(e.state.Get("previous")))
	assert.InDelta(t, 102, w.metadata()["defaultStackPermission"], 0, "what left the program is as it was")
	assert.Equal(t, true, w.metadata()["membersCanCreateTeams"])

	require.NoError(t, e.destroy())
	assert.Equal(t, false, w.metadata()["membersCanCreateTeams"], "as it was when it came to the program")
	w.change(tree{"setMembersCanCreateTeams": true, "setDefaultEnvironmentPermission": "open"})
	assert.Equal(t, before, string(w.State()))
}

func TestOrganizationSettingsDrift(t *testing.T) {
	t.Parallel()
	w := newWorld(t, openDefaults)
	e := w.resource("OrganizationSettings")
	inputs := map[string]any{"defaultStackPermission": "none", "maxAccessTokenExpiry": "90d", "membersCanDeleteStacks": false}
	require.NoError(t, e.up(inputs))
	w.change(tree{
		"setDefaultStackPermission": 103, "setMaxAccessTokenExpiryDays": 0, "setMembersCanDeleteStacks": true, "setMembersCanCreateTeams": false,
	})
	require.NoError(t, e.refresh())
	assert.Equal(t, "admin", e.state.Get("defaultStackPermission").AsString(), "a level that no program can set is seen, too")
	assert.Equal(t, []string{"defaultStackPermission", "maxAccessTokenExpiry", "membersCanDeleteStacks"}, changed(e.diff(inputs)))
	require.NoError(t, e.up(inputs))
	e.settled(inputs)
	assert.InDelta(t, 90, w.metadata()["maxAccessTokenExpiryDays"], 0)
	assert.Equal(t, "write", e.state.Get("previous").AsMap().Get("defaultStackPermission").AsString(), "what was recorded stays")
}

func TestOrganizationSettingsImport(t *testing.T) {
	t.Parallel()
	w := newWorld(t, openDefaults)
	before := string(w.State())
	e := w.resource("OrganizationSettings")
	require.NoError(t, e.adopt("acme"))
	assert.Equal(t, "{defaultAccountPermission: none, defaultEnvironmentPermission: open, defaultStackPermission: write, "+
		"membersCanCreateAccounts: true, membersCanCreateStacks: true, membersCanCreateTeams: true, membersCanDeleteStacks: true, "+
		"membersCanTransferStacks: true, organization: acme}", shown(e.inputs))
	assert.Equal(t, "{}", show(e.state.Get("previous")))

	fewer := map[string]any{"defaultStackPermission": "read"}
	require.NoError(t, e.up(fewer))
	e.settled(fewer)
	assert.Equal(t, "open", w.metadata()["defaultEnvironmentPermission"], "nothing was recorded, so that it stays")
	require.NoError(t, e.destroy())
	assert.InDelta(t, 101, w.metadata()["defaultStackPermission"], 0)
	w.change(tree{"setDefaultStackPermission": 102})
	assert.Equal(t, before, string(w.State()))
	assert.ErrorContains(t, w.resource("OrganizationSettings").adopt("acme/x"), "organization")
}

func TestOrganizationSettingsChecks(t *testing.T) {
	t.Parallel()
	w := newWorld(t, people)
	e := w.resource("OrganizationSettings")
	for _, test := range []struct {
		inputs    map[string]any
		path, say string
	}{
		{map[string]any{"defaultStackPermission": "admin"}, "defaultStackPermission", "none, read, write"},
		{map[string]any{"defaultEnvironmentPermission": "admin"}, "defaultEnvironmentPermission", "none, read, open, write"},
		{map[string]any{"defaultAccountPermission": "all"}, "defaultAccountPermission", "none, read, write"},
		{map[string]any{"allow": []string{"everything"}}, "allow[0]", "lockOut"},
		{map[string]any{"maxAccessTokenExpiry": "36h"}, "maxAccessTokenExpiry", "whole number of days"},
		{map[string]any{"maxAccessTokenExpiry": "3651d"}, "maxAccessTokenExpiry", "3650d"},
		{map[string]any{"maxAccessTokenExpiry": "soon"}, "maxAccessTokenExpiry", "not a duration"},
		{map[string]any{"defaultRoleId": "acme/1"}, "defaultRoleId", "bare id"},
		{map[string]any{"defaultRoleId": ""}, "defaultRoleId", "leave it out"},
		{map[string]any{"defaultDeploymentRoleId": "acme/1"}, "defaultDeploymentRoleId", "bare id"},
	} {
		assert.Contains(t, e.failures(test.inputs)[test.path], test.say)
	}
	assert.Empty(t, e.failures(map[string]any{"maxAccessTokenExpiry": unknown, "defaultRoleId": unknown}))
	assert.Empty(t, e.failures(map[string]any{"maxAccessTokenExpiry": "3650d"}))
	assert.Empty(t, w.calls())
}

// A role that is not there is explained, and nothing is half-lost when the second of two writes fails.
func TestOrganizationSettingsFaults(t *testing.T) {
	t.Parallel()
	w := newWorld(t, openDefaults)
	role := w.addRole("joiner", group(allow("audit_logs:read"))).ID
	before := string(w.State())

	bad := w.resource("OrganizationSettings")
	err := bad.up(map[string]any{"defaultDeploymentRoleId": "none-such"})
	require.ErrorContains(t, err, `no role with the id "none-such"`)
	assert.Empty(t, bad.id, "nothing was done")
	require.ErrorContains(t, bad.up(map[string]any{"defaultRoleId": "none-such"}), `defaultRoleId: organization "acme" has no role`)

	e := w.resource("OrganizationSettings")
	inputs := map[string]any{"defaultRoleId": role, "defaultStackPermission": "none"}
	w.Fault(servertest.Fault{Match: patchOrganizationRoute, Status: 500})
	require.ErrorAs(t, e.up(inputs), new(*unfinishedError))
	assert.Equal(t, role, e.state.Get("defaultRoleId").AsString())
	assert.Equal(t, "write", e.state.Get("defaultStackPermission").AsString(), "state says what is there")
	require.NoError(t, e.up(inputs))
	e.settled(inputs)
	require.NoError(t, e.destroy())
	assert.Equal(t, before, string(w.State()))

	// An answer that is lost, every time: what was there before is not forgotten.
	lost := w.resource("OrganizationSettings")
	w.Fault(servertest.Fault{Match: patchOrganizationRoute, Reset: "after", Times: 5})
	require.ErrorAs(t, lost.up(map[string]any{"defaultStackPermission": "none"}), new(*unfinishedError))
	require.NoError(t, lost.up(map[string]any{"defaultStackPermission": "none"}))
	require.NoError(t, lost.destroy())
	assert.Equal(t, before, string(w.State()))
}

// A role that was the default before and is gone cannot be put back.
func TestOrganizationSettingsPreviousRoleIsGone(t *testing.T) {
	t.Parallel()
	w := newWorld(t, openDefaults)
	gone := w.addRole("gone", group(allow("audit_logs:read")))
	kept := w.addRole("kept", group(allow("audit_logs:read"))).ID
	w.change(tree{"setDefaultDeploymentRoleId": gone.ID})
	w.admin("PATCH", rolesPath+"/"+gone.ID+"/default", nil)
	e := w.resource("OrganizationSettings")
	require.NoError(t, e.up(map[string]any{"defaultRoleId": kept, "defaultDeploymentRoleId": kept}))
	w.admin("DELETE", rolesPath+"/"+gone.ID, nil)
	require.NoError(t, e.destroy())
	assert.Contains(t, e.said(), "is gone: none is set")
	assert.Nil(t, w.metadata()["defaultRoleId"])
	assert.Nil(t, w.metadata()["defaultDeploymentRoleId"])
}

// The preview names what an update would stop from working, and only reads.
func TestOrganizationSettingsPreviewWarns(t *testing.T) {
	t.Parallel()
	w := newWorld(t, openDefaults+`
teams:
  - {name: payments, members: [bo]}
  - {name: web, members: [bo]}
`)
	role := w.addRole("deployer", group(allow("stack:create"))).ID
	tokenOf(w, "/api/orgs/acme/teams/payments/tokens", tree{"name": "payments-ci"}, 30)
	tokenOf(w, "/api/orgs/acme/teams/web/tokens", tree{"name": "web-ci"}, 0)
	tokenOf(w, "/api/orgs/acme/tokens", tree{"name": "plain"}, 400)
	tokenOf(w, "/api/orgs/acme/tokens", tree{"name": "scoped", "roleID": role}, 30)
	tokenOf(w, "/api/orgs/acme/tokens", tree{"name": "root", "admin": true}, 30)
	w.configure(tree{"gitHub": tree{"repository": "acme/payments", "deployCommits": true, "pullRequestTemplate": false}})
	w.admin("POST", "/api/stacks/acme/payments/prod/deployments/settings", tree{
		"gitHub":           tree{"repository": "acme/payments", "previewPullRequests": true, "pullRequestTemplate": false},
		"operationContext": tree{"role": tree{"id": role}},
	})
	e := w.resource("OrganizationSettings")
	inputs := map[string]any{"defaultStackPermission": "read", "defaultEnvironmentPermission": "none", "maxAccessTokenExpiry": "90d"}
	w.Reset()
	_, err := e.preview(inputs)
	require.NoError(t, err)
	said := e.said()
	assert.Equal(t, map[string]int{
		organizationRoute: 1, callerRoute: 1, personalTokenRoute: 1, organizationTokenRoute: 1, teamTokenRoute: 2,
		"GET /api/orgs/{orgName}/teams": 1, listStacksRoute: 1, getDeploymentRoute: 3, "GET /api/orgs/{orgName}/members": 1,
	}, w.calls())
	assert.Empty(t, w.writes())
	for _, line := range []string{
		`- bo: write on every stack, open on every environment`,
		`- token "payments-ci" of team "payments": write on every stack, open on every environment`,
		`- token "web-ci" of team "web": write on every stack, open on every environment`,
		`- organization token "plain": write on every stack, open on every environment`,
		`- token "web-ci" of team "web", which never expires`,
		`- organization token "plain", which was made on`,
		`- deployments of stack payments/dev`,
	} {
		assert.Contains(t, said, line)
	}
	for _, absent := range []string{"- ana", "scoped", "root", "stack payments/prod", `"payments-ci" of team "payments", which`} {
		assert.NotContains(t, said, absent)
	}

	inputs["defaultDeploymentRoleId"] = role
	_, err = e.preview(inputs)
	require.NoError(t, err)
	assert.NotContains(t, e.said(), "git starts", "a default deployment role gives them what they need")
	inputs["defaultDeploymentRoleId"] = unknown
	_, err = e.preview(inputs)
	require.NoError(t, err)
	assert.NotContains(t, e.said(), "git starts", "one that is still to be made will")

	w.Reset()
	_, err = e.preview(map[string]any{"defaultStackPermission": "write", "membersCanDeleteStacks": false})
	require.NoError(t, err)
	said = e.said()
	assert.Contains(t, said, "- membersCanDeleteStacks is true, and would be false", "what is replaced is named")
	assert.NotContains(t, said, "take")
	assert.Equal(t, map[string]int{organizationRoute: 1}, w.calls(), "nothing tightens, so nothing is asked")

	w.Fault(servertest.Fault{Match: organizationTokenRoute, Status: 403})
	_, err = e.preview(inputs)
	require.NoError(t, err, "a warning that cannot be given does not fail a preview")
	assert.Contains(t, e.said(), "could not all be read")
}

func TestOrganizationSettingsWarningIsBounded(t *testing.T) {
	t.Parallel()
	w := newWorld(t, openDefaults)
	for i := range 25 {
		tokenOf(w, "/api/orgs/acme/tokens", tree{"name": fmt.Sprintf("ci-%02d", i)}, 0)
	}
	e := w.resource("OrganizationSettings")
	_, err := e.preview(map[string]any{"maxAccessTokenExpiry": "1d"})
	require.NoError(t, err)
	said := e.said()
	assert.Equal(t, 20, strings.Count(said, "never expires"))
	assert.Contains(t, said, "... and 5 more")
}

// The caller's own token is not stopped from working without insisting.
func TestOrganizationSettingsOwnToken(t *testing.T) {
	t.Parallel()
	at := newClock()
	w := newWorldAt(t, openDefaults, at.now)
	lasting := tokenOf(w, "/api/user/tokens", tree{"description": "laptop"}, 0)
	short := tokenOf(w, "/api/user/tokens", tree{"description": "short"}, 10)
	inputs := map[string]any{"maxAccessTokenExpiry": "30d"}

	e := w.with(lasting, "OrganizationSettings")
	_, err := e.preview(inputs)
	require.ErrorContains(t, err, `"laptop" of ana, never expires`)
	require.ErrorContains(t, e.up(inputs), "allow: [lockOut]")
	assert.Nil(t, w.metadata()["maxAccessTokenExpiryDays"])

	inputs["allow"] = []string{"lockOut"}
	_, err = e.preview(inputs)
	require.NoError(t, err)
	require.NoError(t, e.up(inputs))
	status, answer := w.Call(lasting, "GET", "/api/user", nil)
	assert.Equal(t, 403, status)
	assert.Contains(t, string(answer), "enforces a max access token expiry of")

	at.advance(time.Minute)
	fine := w.with(short, "OrganizationSettings")
	require.NoError(t, fine.up(map[string]any{"maxAccessTokenExpiry": "20d"}))
}

// What an update would replace is said before it does, and not again while it does.
func TestOrganizationSettingsNamesWhatItReplacesOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t, openDefaults)
	inputs := map[string]any{"membersCanDeleteStacks": false}
	e := w.resource("OrganizationSettings")
	_, err := e.preview(inputs)
	require.NoError(t, err)
	assert.Contains(t, e.said(), "an update would replace these settings")
	updating := w.resource("OrganizationSettings")
	require.NoError(t, updating.up(inputs))
	assert.NotContains(t, updating.said(), "would replace")
}

// A preview does not promise what an update refuses: one that cannot read its own token is told so at preview.
func TestOrganizationSettingsOwnTokenNotReadable(t *testing.T) {
	t.Parallel()
	w := newWorld(t, openDefaults)
	role := w.addRole("settings", group(allow("organization:update"))).ID
	e := w.with(w.TokenFor(servertest.Identity{Organization: true, Role: role}), "OrganizationSettings")
	inputs := map[string]any{"maxAccessTokenExpiry": "30d"}
	_, err := e.preview(inputs)
	require.ErrorContains(t, err, "org_token:read")
	require.ErrorContains(t, err, "allow: [lockOut]")
	require.ErrorContains(t, e.up(inputs), "org_token:read")
	assert.Nil(t, w.metadata()["maxAccessTokenExpiryDays"])

	inputs["allow"] = []string{"lockOut"}
	_, err = e.preview(inputs)
	require.NoError(t, err)
	require.NoError(t, e.up(inputs))
}

// An organization token without a role has the default role: it may not take that from itself.
func TestOrganizationSettingsOwnRole(t *testing.T) {
	t.Parallel()
	w := newWorld(t, openDefaults)
	strong := w.addRole("settings", group(allow("organization:update", "org_token:read", "role:read"))).ID
	weak := w.addRole("weak", group(allow("audit_logs:read"))).ID
	w.admin("PATCH", rolesPath+"/"+strong+"/default", nil)
	e := w.with(tokenOf(w, "/api/orgs/acme/tokens", tree{"name": "robot"}, 30), "OrganizationSettings")
	inputs := map[string]any{"defaultRoleId": weak}
	_, err := e.preview(inputs)
	require.ErrorContains(t, err, `token "robot" may change the settings`)
	require.ErrorContains(t, e.up(inputs), "allow: [lockOut]")
	inputs["allow"] = []string{"lockOut"}
	require.NoError(t, e.up(inputs))
	assert.Equal(t, weak, w.metadata()["defaultRoleId"])
}
