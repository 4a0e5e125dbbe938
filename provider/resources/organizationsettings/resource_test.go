package organizationsettings_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/resourcetest"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/server/servertest"
)

const (
	defaultRoleRoute   = "PATCH /api/orgs/{orgName}/roles/{roleID}/default"
	callerRoute        = "GET /api/user"
	personalTokenRoute = "GET /api/user/tokens"
)

// token makes a machine token or a personal one, and returns its value. days are how long it lives; 0 is for ever.
func tokenOf(w resourcetest.World, path string, body resourcetest.Tree, days int) string {
	w.T.Helper()
	all := resourcetest.Tree{"description": "", "expires": 0}
	if path == "/api/orgs/acme/tokens" {
		all["admin"] = false
	}
	for key, value := range body {
		all[key] = value
	}
	if days != 0 {
		all["expires"] = w.Now().AddDate(0, 0, days).Unix() - 60
	}
	var made struct {
		TokenValue string `json:"tokenValue"`
	}
	require.NoError(w.T, json.Unmarshal(w.Admin("POST", path, all), &made))
	return made.TokenValue
}

func TestOrganizationSettingsLifecycle(t *testing.T) {
	t.Parallel()
	w := resourcetest.New(t, resourcetest.OpenDefaults)
	joiner := w.AddRole("joiner", resourcetest.Group(resourcetest.Allow("audit_logs:read"))).ID
	deployer := w.AddRole("deployer", resourcetest.Group(resourcetest.Allow("audit_logs:read"))).ID
	before := string(w.State())
	e := w.Resource("OrganizationSettings")
	inputs := map[string]any{
		"defaultStackPermission": "none", "defaultEnvironmentPermission": "read", "defaultAccountPermission": "read",
		"membersCanCreateStacks": false, "membersCanDeleteStacks": false, "maxAccessTokenExpiry": "2160h",
		"defaultRoleId": joiner, "defaultDeploymentRoleId": deployer,
	}

	w.Reset()
	require.NoError(t, e.Up(inputs))
	assert.Equal(t, map[string]int{
		resourcetest.OrganizationRoute: 1, callerRoute: 1, personalTokenRoute: 1, defaultRoleRoute: 1,
		resourcetest.PatchOrganizationRoute: 2, // what narrows before the default role, what widens after it
	}, w.Calls())
	assert.Equal(t, "acme", e.ID)
	assert.Equal(t, "2160h", e.State.Get("maxAccessTokenExpiry").AsString(), "as the program writes it")
	assert.Equal(t, "{defaultAccountPermission: none, defaultDeploymentRoleId: , defaultEnvironmentPermission: open, defaultRoleId: , "+
		"defaultStackPermission: write, maxAccessTokenExpiry: , membersCanCreateStacks: true, membersCanDeleteStacks: true}",
		resourcetest.Show(e.State.Get("previous")))
	live := w.Metadata()
	for key, want := range map[string]any{
		"defaultStackPermission": 0.0, "defaultEnvironmentPermission": "read", "defaultAccountPermission": 1.0,
		"membersCanCreateStacks": false, "membersCanDeleteStacks": false, "membersCanCreateTeams": true,
		"maxAccessTokenExpiryDays": 90.0, "defaultRoleId": joiner, "defaultDeploymentRoleId": deployer,
	} {
		assert.Equal(t, want, live[key], key)
	}

	w.Reset()
	e.Settled(inputs)
	require.NoError(t, e.Up(inputs))
	assert.Empty(t, w.Calls(), "a no-op makes no call")
	require.NoError(t, e.Refresh())
	assert.Equal(t, map[string]int{resourcetest.OrganizationRoute: 1}, w.Calls())
	e.Settled(inputs)

	w.Reset()
	require.NoError(t, e.Destroy())
	assert.Equal(t, 1, w.Calls()[defaultRoleRoute])
	assert.Equal(t, 2, w.Calls()[resourcetest.PatchOrganizationRoute])
	assert.Equal(t, before, string(w.State()))
}

// A setting that leaves the program is put back; one that comes later has its previous value recorded then.
func TestOrganizationSettingsComeAndGo(t *testing.T) {
	t.Parallel()
	w := resourcetest.New(t, resourcetest.OpenDefaults)
	before := string(w.State())
	e := w.Resource("OrganizationSettings")
	require.NoError(t, e.Up(map[string]any{"defaultStackPermission": "none"}))
	w.Change(resourcetest.Tree{"setMembersCanCreateTeams": false, "setDefaultEnvironmentPermission": "read"})
	require.NoError(t, e.Refresh())
	e.Settled(map[string]any{"defaultStackPermission": "none"}) // others do not concern it

	later := map[string]any{"membersCanCreateTeams": true}
	diff := e.Diff(later)
	assert.Equal(t, []string{"defaultStackPermission", "membersCanCreateTeams"}, resourcetest.Changed(diff))
	require.NoError(t, e.Up(later))
	assert.Equal(t, "{membersCanCreateTeams: false}", resourcetest.Show(e.State.Get("previous")))
	assert.InDelta(t, 102, w.Metadata()["defaultStackPermission"], 0, "what left the program is as it was")
	assert.Equal(t, true, w.Metadata()["membersCanCreateTeams"])

	require.NoError(t, e.Destroy())
	assert.Equal(t, false, w.Metadata()["membersCanCreateTeams"], "as it was when it came to the program")
	w.Change(resourcetest.Tree{"setMembersCanCreateTeams": true, "setDefaultEnvironmentPermission": "open"})
	assert.Equal(t, before, string(w.State()))
}

func TestOrganizationSettingsDrift(t *testing.T) {
	t.Parallel()
	w := resourcetest.New(t, resourcetest.OpenDefaults)
	e := w.Resource("OrganizationSettings")
	inputs := map[string]any{"defaultStackPermission": "none", "maxAccessTokenExpiry": "90d", "membersCanDeleteStacks": false}
	require.NoError(t, e.Up(inputs))
	w.Change(resourcetest.Tree{
		"setDefaultStackPermission": 103, "setMaxAccessTokenExpiryDays": 0, "setMembersCanDeleteStacks": true, "setMembersCanCreateTeams": false,
	})
	require.NoError(t, e.Refresh())
	assert.Equal(t, "admin", e.State.Get("defaultStackPermission").AsString(), "a level that no program can set is seen, too")
	assert.Equal(t, []string{"defaultStackPermission", "maxAccessTokenExpiry", "membersCanDeleteStacks"}, resourcetest.Changed(e.Diff(inputs)))
	require.NoError(t, e.Up(inputs))
	e.Settled(inputs)
	assert.InDelta(t, 90, w.Metadata()["maxAccessTokenExpiryDays"], 0)
	assert.Equal(t, "write", e.State.Get("previous").AsMap().Get("defaultStackPermission").AsString(), "what was recorded stays")
}

func TestOrganizationSettingsImport(t *testing.T) {
	t.Parallel()
	w := resourcetest.New(t, resourcetest.OpenDefaults)
	before := string(w.State())
	e := w.Resource("OrganizationSettings")
	require.NoError(t, e.Adopt("acme"))
	assert.Equal(t, "{defaultAccountPermission: none, defaultEnvironmentPermission: open, defaultStackPermission: write, "+
		"membersCanCreateAccounts: true, membersCanCreateStacks: true, membersCanCreateTeams: true, membersCanDeleteStacks: true, "+
		"membersCanTransferStacks: true, organization: acme, permissionMode: permissive}", resourcetest.Shown(e.Inputs))
	assert.Equal(t, "{}", resourcetest.Show(e.State.Get("previous")))

	fewer := map[string]any{"defaultStackPermission": "read"}
	require.NoError(t, e.Up(fewer))
	e.Settled(fewer)
	assert.Equal(t, "open", w.Metadata()["defaultEnvironmentPermission"], "nothing was recorded, so that it stays")
	require.NoError(t, e.Destroy())
	assert.InDelta(t, 101, w.Metadata()["defaultStackPermission"], 0)
	w.Change(resourcetest.Tree{"setDefaultStackPermission": 102})
	assert.Equal(t, before, string(w.State()))
	assert.ErrorContains(t, w.Resource("OrganizationSettings").Adopt("acme/x"), "organization")
}

func TestOrganizationSettingsChecks(t *testing.T) {
	t.Parallel()
	w := resourcetest.New(t, resourcetest.People)
	e := w.Resource("OrganizationSettings")
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
		assert.Contains(t, e.Failures(test.inputs)[test.path], test.say)
	}
	assert.Empty(t, e.Failures(map[string]any{"maxAccessTokenExpiry": resourcetest.Unknown, "defaultRoleId": resourcetest.Unknown}))
	assert.Empty(t, e.Failures(map[string]any{"maxAccessTokenExpiry": "3650d"}))
	assert.Empty(t, w.Calls())
}

// A role that is not there is explained, and nothing is half-lost when the second of two writes fails.
func TestOrganizationSettingsFaults(t *testing.T) {
	t.Parallel()
	w := resourcetest.New(t, resourcetest.OpenDefaults)
	role := w.AddRole("joiner", resourcetest.Group(resourcetest.Allow("audit_logs:read"))).ID
	before := string(w.State())

	bad := w.Resource("OrganizationSettings")
	err := bad.Up(map[string]any{"defaultDeploymentRoleId": "none-such"})
	require.ErrorContains(t, err, `no role with the id "none-such"`)
	assert.Empty(t, bad.ID, "nothing was done")
	require.ErrorContains(t, bad.Up(map[string]any{"defaultRoleId": "none-such"}), `defaultRoleId: organization "acme" has no role`)

	e := w.Resource("OrganizationSettings")
	inputs := map[string]any{"defaultRoleId": role, "defaultStackPermission": "none"}
	w.Fault(servertest.Fault{Match: defaultRoleRoute, Status: 500})
	require.ErrorAs(t, e.Up(inputs), new(*resourcetest.UnfinishedError))
	assert.Equal(t, "none", e.State.Get("defaultStackPermission").AsString(), "what narrows comes first")
	assert.True(t, e.State.Get("defaultRoleId").IsNull(), "state says what is there")
	require.NoError(t, e.Up(inputs))
	assert.Equal(t, role, e.State.Get("defaultRoleId").AsString())
	e.Settled(inputs)
	require.NoError(t, e.Destroy())
	assert.Equal(t, before, string(w.State()))

	// An answer that is lost, every time: what was there before is not forgotten.
	lost := w.Resource("OrganizationSettings")
	w.Fault(servertest.Fault{Match: resourcetest.PatchOrganizationRoute, Reset: "after", Times: 5})
	require.ErrorAs(t, lost.Up(map[string]any{"defaultStackPermission": "none"}), new(*resourcetest.UnfinishedError))
	require.NoError(t, lost.Up(map[string]any{"defaultStackPermission": "none"}))
	require.NoError(t, lost.Destroy())
	assert.Equal(t, before, string(w.State()))
}

// A role that was the default before and was deleted cannot be put back.
func TestOrganizationSettingsPreviousRoleIsGone(t *testing.T) {
	t.Parallel()
	w := resourcetest.New(t, resourcetest.OpenDefaults)
	gone := w.AddRole("gone", resourcetest.Group(resourcetest.Allow("audit_logs:read")))
	kept := w.AddRole("kept", resourcetest.Group(resourcetest.Allow("audit_logs:read"))).ID
	w.Change(resourcetest.Tree{"setDefaultDeploymentRoleId": gone.ID})
	w.Admin("PATCH", resourcetest.RolesPath+"/"+gone.ID+"/default", nil)
	e := w.Resource("OrganizationSettings")
	require.NoError(t, e.Up(map[string]any{"defaultRoleId": kept, "defaultDeploymentRoleId": kept}))
	w.Admin("DELETE", resourcetest.RolesPath+"/"+gone.ID, nil)
	require.NoError(t, e.Destroy())
	assert.Contains(t, e.Said(), "is gone: none is set")
	assert.Nil(t, w.Metadata()["defaultRoleId"])
	assert.Nil(t, w.Metadata()["defaultDeploymentRoleId"])
}

// The preview names what an update would stop from working, and only reads.
func TestOrganizationSettingsPreviewWarns(t *testing.T) {
	t.Parallel()
	w := resourcetest.New(t, resourcetest.OpenDefaults+`
teams:
  - {name: payments, members: [bo]}
  - {name: web, members: [bo]}
`)
	role := w.AddRole("deployer", resourcetest.Group(resourcetest.Allow("stack:create"))).ID
	tokenOf(w, "/api/orgs/acme/teams/payments/tokens", resourcetest.Tree{"name": "payments-ci"}, 30)
	tokenOf(w, "/api/orgs/acme/teams/web/tokens", resourcetest.Tree{"name": "web-ci"}, 0)
	tokenOf(w, "/api/orgs/acme/tokens", resourcetest.Tree{"name": "plain"}, 400)
	tokenOf(w, "/api/orgs/acme/tokens", resourcetest.Tree{"name": "scoped", "roleID": role}, 30)
	tokenOf(w, "/api/orgs/acme/tokens", resourcetest.Tree{"name": "root", "admin": true}, 30)
	w.Configure(resourcetest.Tree{"gitHub": resourcetest.Tree{"repository": "acme/payments", "deployCommits": true, "pullRequestTemplate": false}})
	w.Admin("POST", "/api/stacks/acme/payments/prod/deployments/settings", resourcetest.Tree{
		"gitHub":           resourcetest.Tree{"repository": "acme/payments", "previewPullRequests": true, "pullRequestTemplate": false},
		"operationContext": resourcetest.Tree{"role": resourcetest.Tree{"id": role}},
	})
	e := w.Resource("OrganizationSettings")
	inputs := map[string]any{"defaultStackPermission": "read", "defaultEnvironmentPermission": "none", "maxAccessTokenExpiry": "90d"}
	w.Reset()
	_, err := e.Preview(inputs)
	require.NoError(t, err)
	said := e.Said()
	assert.Equal(t, map[string]int{
		resourcetest.OrganizationRoute: 1, callerRoute: 1, personalTokenRoute: 1, resourcetest.OrganizationTokenRoute: 1, resourcetest.TeamTokenRoute: 2,
		"GET /api/orgs/{orgName}/teams": 1, resourcetest.ListStacksRoute: 1, resourcetest.GetDeploymentRoute: 3, "GET /api/orgs/{orgName}/members": 1,
	}, w.Calls())
	assert.Empty(t, w.Writes())
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
	_, err = e.Preview(inputs)
	require.NoError(t, err)
	assert.NotContains(t, e.Said(), "git starts", "a default deployment role gives them what they need")
	inputs["defaultDeploymentRoleId"] = resourcetest.Unknown
	_, err = e.Preview(inputs)
	require.NoError(t, err)
	assert.NotContains(t, e.Said(), "git starts", "one that is still to be made will")

	w.Reset()
	_, err = e.Preview(map[string]any{"defaultStackPermission": "write", "membersCanDeleteStacks": false})
	require.NoError(t, err)
	said = e.Said()
	assert.Contains(t, said, "- membersCanDeleteStacks is true, and would be false", "what is replaced is named")
	assert.NotContains(t, said, "take")
	assert.Equal(t, map[string]int{resourcetest.OrganizationRoute: 1}, w.Calls(), "nothing tightens, so nothing is asked")

	w.Fault(servertest.Fault{Match: resourcetest.OrganizationTokenRoute, Status: 403})
	_, err = e.Preview(inputs)
	require.NoError(t, err, "a warning that cannot be given does not fail a preview")
	assert.Contains(t, e.Said(), "could not all be read")
}

func TestOrganizationSettingsWarningIsBounded(t *testing.T) {
	t.Parallel()
	w := resourcetest.New(t, resourcetest.OpenDefaults)
	for i := range 25 {
		tokenOf(w, "/api/orgs/acme/tokens", resourcetest.Tree{"name": fmt.Sprintf("ci-%02d", i)}, 0)
	}
	e := w.Resource("OrganizationSettings")
	_, err := e.Preview(map[string]any{"maxAccessTokenExpiry": "1d"})
	require.NoError(t, err)
	said := e.Said()
	assert.Equal(t, 20, strings.Count(said, "never expires"))
	assert.Contains(t, said, "... and 5 more")
}

// The caller's own token is not stopped from working without insisting.
func TestOrganizationSettingsOwnToken(t *testing.T) {
	t.Parallel()
	at := resourcetest.NewClock()
	w := resourcetest.NewAt(t, resourcetest.OpenDefaults, at.Now)
	lasting := tokenOf(w, "/api/user/tokens", resourcetest.Tree{"description": "laptop"}, 0)
	short := tokenOf(w, "/api/user/tokens", resourcetest.Tree{"description": "short"}, 10)
	inputs := map[string]any{"maxAccessTokenExpiry": "30d"}

	e := w.With(lasting, "OrganizationSettings")
	_, err := e.Preview(inputs)
	require.ErrorContains(t, err, `"laptop" of ana, never expires`)
	require.ErrorContains(t, e.Up(inputs), "allow: [lockOut]")
	assert.Nil(t, w.Metadata()["maxAccessTokenExpiryDays"])

	inputs["allow"] = []string{"lockOut"}
	_, err = e.Preview(inputs)
	require.NoError(t, err)
	require.NoError(t, e.Up(inputs))
	status, answer := w.Call(lasting, "GET", "/api/user", nil)
	assert.Equal(t, 403, status)
	assert.Contains(t, string(answer), "enforces a max access token expiry of")

	at.Advance(time.Minute)
	fine := w.With(short, "OrganizationSettings")
	require.NoError(t, fine.Up(map[string]any{"maxAccessTokenExpiry": "20d"}))
}

// What an update would replace is said before it does, and not again while it does.
func TestOrganizationSettingsNamesWhatItReplacesOnce(t *testing.T) {
	t.Parallel()
	w := resourcetest.New(t, resourcetest.OpenDefaults)
	inputs := map[string]any{"membersCanDeleteStacks": false}
	e := w.Resource("OrganizationSettings")
	_, err := e.Preview(inputs)
	require.NoError(t, err)
	assert.Contains(t, e.Said(), "an update would replace these settings")
	updating := w.Resource("OrganizationSettings")
	require.NoError(t, updating.Up(inputs))
	assert.NotContains(t, updating.Said(), "would replace")
}

// A preview does not promise what an update refuses: one that cannot read its own token is told so at preview.
func TestOrganizationSettingsOwnTokenNotReadable(t *testing.T) {
	t.Parallel()
	w := resourcetest.New(t, resourcetest.OpenDefaults)
	role := w.AddRole("settings", resourcetest.Group(resourcetest.Allow("organization:update"))).ID
	e := w.With(w.TokenFor(servertest.Identity{Organization: true, Role: role}), "OrganizationSettings")
	inputs := map[string]any{"maxAccessTokenExpiry": "30d"}
	_, err := e.Preview(inputs)
	require.ErrorContains(t, err, "org_token:read")
	require.ErrorContains(t, err, "allow: [lockOut]")
	require.ErrorContains(t, e.Up(inputs), "org_token:read")
	assert.Nil(t, w.Metadata()["maxAccessTokenExpiryDays"])

	inputs["allow"] = []string{"lockOut"}
	_, err = e.Preview(inputs)
	require.NoError(t, err)
	require.NoError(t, e.Up(inputs))
}

// An organization token without a role has the default role: it may not take that from itself.
func TestOrganizationSettingsOwnRole(t *testing.T) {
	t.Parallel()
	w := resourcetest.New(t, resourcetest.OpenDefaults)
	strong := w.AddRole("settings", resourcetest.Group(resourcetest.Allow("organization:update", "org_token:read", "role:read"))).ID
	weak := w.AddRole("weak", resourcetest.Group(resourcetest.Allow("audit_logs:read"))).ID
	w.Admin("PATCH", resourcetest.RolesPath+"/"+strong+"/default", nil)
	e := w.With(tokenOf(w, "/api/orgs/acme/tokens", resourcetest.Tree{"name": "robot"}, 30), "OrganizationSettings")
	inputs := map[string]any{"defaultRoleId": weak}
	_, err := e.Preview(inputs)
	require.ErrorContains(t, err, `token "robot" may change the settings`)
	require.ErrorContains(t, e.Up(inputs), "allow: [lockOut]")
	inputs["allow"] = []string{"lockOut"}
	require.NoError(t, e.Up(inputs))
	assert.Equal(t, weak, w.Metadata()["defaultRoleId"])
}
