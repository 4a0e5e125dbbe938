package organizationsettings_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/resourcetest"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/server/servertest"
)

// followersSeed has people who follow the default role, a suspended one among them, and people with a role of their own.
const followersSeed = `
organization: acme
users:
  - {login: ana, role: admin}
  - {login: bo, followsDefaultRole: true}
  - {login: cy, followsDefaultRole: true, suspended: true}
  - {login: di, role: builder}
  - {login: ed, role: reader}
  - {login: robot, servicePrincipal: user-defined, role: reader}
settings: {defaultRole: builder, defaultEnvironmentPermission: open}
roles:
  - {name: nothing, scopes: ["stack:create"]}
stacks:
  - {project: payments, stack: dev}
environments:
  - {project: payments, environment: prod, definition: "values: {}"}
`

const (
	followersHeading = "these follow the default role"
	losesHeading     = "whoever follows the default role would lose:"
	gainsHeading     = "whoever follows the default role would gain:"
)

// Stored default roles are set, read back, refreshed, imported and put back by their id, and drift.
func TestStoredDefaultRoleLifecycle(t *testing.T) {
	t.Parallel()
	w := resourcetest.New(t, followersSeed)
	before := string(w.State())
	builder := w.RoleID("Builder")
	for _, name := range []string{"Reader", "Maintainer", "Member", "nothing"} {
		inputs := map[string]any{"defaultRoleId": w.RoleID(name)}
		e := w.Resource("OrganizationSettings")
		require.NoError(t, e.Up(inputs))
		e.Settled(inputs)
		assert.Equal(t, builder, e.State.Get("previous").AsMap().Get("defaultRoleId").AsString())
		require.NoError(t, e.Refresh())
		e.Settled(inputs)
		w.Admin("PATCH", resourcetest.RolesPath+"/"+builder+"/default", nil)
		require.NoError(t, e.Refresh())
		assert.Equal(t, []string{"defaultRoleId"}, resourcetest.Changed(e.Diff(inputs)), name)
		require.NoError(t, e.Up(inputs))
		e.Settled(inputs)
		require.NoError(t, e.Destroy())
		assert.Equal(t, before, string(w.State()), name)
	}
	imported := w.Resource("OrganizationSettings")
	require.NoError(t, imported.Adopt("acme"))
	assert.Equal(t, builder, imported.Inputs.Get("defaultRoleId").AsString())

	// What somebody else made of it since stays.
	e := w.Resource("OrganizationSettings")
	require.NoError(t, e.Up(map[string]any{"defaultRoleId": w.RoleID("Reader")}))
	w.Admin("PATCH", resourcetest.RolesPath+"/"+w.RoleID("nothing")+"/default", nil)
	require.NoError(t, e.Destroy())
	assert.Contains(t, e.Said(), "somebody else has changed it")
	assert.Equal(t, w.RoleID("nothing"), w.Metadata()["defaultRoleId"])
}

// A preview names who follows the default role, and what they gain and lose.
func TestDefaultRolePreviewNamesFollowers(t *testing.T) {
	t.Parallel()
	w := resourcetest.New(t, followersSeed)
	tokenOf(w, "/api/orgs/acme/tokens", resourcetest.Tree{"name": "plain"}, 30)
	tokenOf(w, "/api/orgs/acme/tokens", resourcetest.Tree{"name": "scoped", "roleID": w.RoleID("nothing")}, 30)
	tokenOf(w, "/api/orgs/acme/tokens", resourcetest.Tree{"name": "root", "admin": true}, 30)
	preview := func(inputs map[string]any) string {
		t.Helper()
		e := w.Resource("OrganizationSettings")
		w.Reset()
		_, err := e.Preview(inputs)
		require.NoError(t, err)
		assert.Empty(t, w.Writes())
		return e.Said()
	}
	everybody := []string{"bo", "cy (suspended: once restored)", `organization token "plain"`}

	said := preview(map[string]any{"defaultRoleId": w.RoleID("Reader")})
	assert.Equal(t, everybody, under(said, followersHeading))
	assert.Contains(t, said, "would give them Reader in place of Builder")
	lost := under(said, losesHeading)
	require.Len(t, lost, 3)
	assert.Contains(t, lost[0], "on every stack: stack:cancel_update")
	assert.Equal(t, "on every environment: environment:clone, environment:open, environment_version:open", lost[1])
	assert.Equal(t, "in the organization: stack:create", lost[2])
	assert.Empty(t, under(said, gainsHeading))
	assert.NotContains(t, said, "is not all known")

	said = preview(map[string]any{"defaultRoleId": w.RoleID("Maintainer")})
	assert.Empty(t, under(said, losesHeading))
	assert.Len(t, under(said, gainsHeading), 4)

	// Member comes with the organization's defaults and what members can do, as they are then.
	said = preview(map[string]any{"defaultRoleId": w.RoleID("Member")})
	assert.Len(t, under(said, losesHeading), 2, "environments are open by default, and members can create stacks: %s", said)
	said = preview(map[string]any{"defaultRoleId": w.RoleID("Member"), "membersCanCreateStacks": false})
	assert.Contains(t, under(said, losesHeading), "in the organization: stack:create")
	said = preview(map[string]any{"defaultRoleId": w.RoleID("Member"), "defaultEnvironmentPermission": "none"})
	assert.Contains(t, under(said, losesHeading)[1], "on every environment: environment:clone, environment:open")

	said = preview(map[string]any{"defaultRoleId": resourcetest.Unknown})
	assert.Equal(t, everybody, under(said, followersHeading))
	assert.Contains(t, said, "what the new default role grants")

	assert.Empty(t, under(preview(map[string]any{"membersCanCreateTeams": false}), followersHeading), "it does not change")
	assert.Empty(t, w.Calls()["GET /api/orgs/{orgName}/members"])
}

// What cannot be compared is said: rules on single entities or by tags, a role that cannot be read, a roster that cannot.
func TestDefaultRolePreviewSaysWhatItCannotTell(t *testing.T) {
	t.Parallel()
	w := resourcetest.New(t, followersSeed)
	w.AddRole("tagged", resourcetest.Tree{
		"__type": "PermissionDescriptorCondition", "subNode": resourcetest.Allow("stack:read"), "condition": resourcetest.Tree{
			"__type": "PermissionExpressionEqual", "right": resourcetest.Tree{"__type": "PermissionLiteralExpressionString", "value": "dev"},
			"left": resourcetest.Tree{"__type": "PermissionExpressionTag", "key": "tier", "context": resourcetest.Tree{"__type": "PermissionExpressionStack"}},
		},
	})
	for name, c := range map[string]struct {
		role, says string
		fault      servertest.Fault
	}{
		"by tags": {w.RoleID("tagged"), "what the role tagged grants on single entities, or by tags", servertest.Fault{}},
		"no role": {"none-such", "what the role none-such grants, which could not be read", servertest.Fault{}},
		"members": {w.RoleID("Reader"), "the members that the identity provider lists", servertest.Fault{Match: "GET /api/orgs/{orgName}/members", Status: 403}},
		"outage":  {w.RoleID("Reader"), "tokens of the organization: ", servertest.Fault{Match: resourcetest.OrganizationTokenRoute, Status: 503, Times: 50}},
	} {
		t.Run(name, func(t *testing.T) {
			if c.fault.Match != "" {
				w.Fault(c.fault)
			}
			e := w.Resource("OrganizationSettings")
			_, err := e.Preview(map[string]any{"defaultRoleId": c.role})
			require.NoError(t, err)
			assert.Contains(t, e.Said(), c.says)
			w.Call(w.Token, "DELETE", "/_sandbox/faults", nil)
		})
	}
}

// What is named is what happens: whoever a preview names may do afterwards what it said they gain, and not what it said they lose, and
// nobody else's access changes.
func TestDefaultRolePreviewIsTrue(t *testing.T) {
	t.Parallel()
	roles := []string{"Reader", "Builder", "Maintainer", "Member", "nothing"}
	probes := map[string]string{
		"stack:read": "GET /api/stacks/acme/payments/dev", "environment:open": "POST /api/esc/environments/acme/payments/prod/open",
		"stack:create": "POST /api/stacks/acme/made",
	}
	rapid.Check(t, func(rt *rapid.T) {
		made := 0
		w := resourcetest.New(t, followersSeed)
		from, to := rapid.SampledFrom(roles).Draw(rt, "from"), rapid.SampledFrom(roles).Draw(rt, "to")
		defaults := rapid.SampledFrom([]string{"none", "read", "open"}).Draw(rt, "environments")
		w.Admin("PATCH", resourcetest.RolesPath+"/"+w.RoleID(from)+"/default", nil)
		w.Change(resourcetest.Tree{"setDefaultEnvironmentPermission": defaults})
		tokens := map[string]string{}
		for _, login := range []string{"bo", "di", "ed"} {
			tokens[login] = w.TokenFor(servertest.Identity{User: login})
		}
		can := func(login, probe string) bool {
			method, path, _ := strings.Cut(probe, " ")
			var body any
			if probe == probes["stack:create"] {
				made++
				body = map[string]any{"stackName": fmt.Sprint("made-", made)}
			}
			status, _ := w.Call(tokens[login], method, path, body)
			return status == 200
		}
		before := map[string]bool{}
		for login := range tokens {
			for scope, probe := range probes {
				before[login+scope] = can(login, probe)
			}
		}
		e := w.Resource("OrganizationSettings")
		inputs := map[string]any{"defaultRoleId": w.RoleID(to), "membersCanCreateStacks": rapid.Bool().Draw(rt, "members can create stacks")}
		e.Said()
		_, err := e.Preview(inputs)
		require.NoError(rt, err)
		said := e.Said()
		require.NoError(rt, e.Up(inputs))
		gained, lost := under(said, gainsHeading), under(said, losesHeading)
		for login := range tokens {
			follows := slices.Contains(under(said, followersHeading), login)
			for scope, probe := range probes {
				now := can(login, probe)
				if !follows && now != before[login+scope] && scope != "stack:create" || follows && now && !before[login+scope] && len(gained) == 0 ||
					follows && !now && before[login+scope] && len(lost) == 0 {
					rt.Fatalf("%s to %s: %s had %s: %t, now %t\n%s", from, to, login, scope, before[login+scope], now, said)
				}
			}
		}
	})
}

// A default role that is put back gives more on environments than the one now: it waits for protected environments, as a default does.
func TestDefaultRoleOutlivesProtectedEnvironments(t *testing.T) {
	t.Parallel()
	for before, refuses := range map[string]bool{"Builder": true, "Member": true, "Reader": true, "nothing": false} {
		w := resourcetest.New(t, followersSeed)
		w.Admin("PATCH", resourcetest.RolesPath+"/"+w.RoleID(before)+"/default", nil)
		narrow := w.AddRole("narrow", resourcetest.Group(resourcetest.Allow("audit_logs:read"))).ID
		e := w.Resource("OrganizationSettings")
		require.NoError(t, e.Up(map[string]any{"defaultRoleId": narrow}))
		protect(w, true)
		err := e.Destroy()
		if refuses {
			require.ErrorContains(t, err, "what the default role grants")
			require.ErrorContains(t, err, "payments/prod: protected from deletion")
			assert.Equal(t, narrow, w.Metadata()["defaultRoleId"], before)
			continue
		}
		require.NoError(t, err, before)
		assert.Contains(t, e.Said(), "defaultRoleId: narrow becomes nothing, which gives")
	}
}
