package teamaccess_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/cloud"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/resourcetest"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/server/servertest"
)

const (
	assignRoleRoute  = "POST /api/orgs/{orgName}/teams/{teamName}/roles/{roleID}"
	readRoleRoute    = "GET /api/orgs/{orgName}/roles/{roleID}"
	accountTeamRoute = "PATCH /api/preview/insights/{orgName}/accounts/{accountName}/teams/{teamName}"
	metadataRoute    = "GET /api/orgs/{orgName}/metadata"
)

// grants are what a team is granted directly, in one line.
func grantsOf(w resourcetest.World, team string) string {
	w.T.Helper()
	t := w.Team(team)
	var parts []string
	for _, g := range t.Stacks {
		parts = append(parts, fmt.Sprintf("%s/%s=%d", g.Project, g.Stack, g.Permission))
	}
	for _, g := range t.Environments {
		parts = append(parts, strings.TrimSuffix(fmt.Sprintf("%s/%s=%s/%s", g.Project, g.Environment, g.Permission, g.MaxOpenDuration), "/"))
	}
	for _, g := range t.Accounts {
		parts = append(parts, fmt.Sprintf("%s=%d", g.Account, g.Permission))
	}
	return strings.Join(append(parts, t.RoleIDs...), " ")
}

func stackGrant(project, stack, permission string) map[string]any {
	return map[string]any{"project": project, "stack": stack, "permission": permission}
}

func environmentGrant(project, environment, permission, maxOpen string) map[string]any {
	grant := map[string]any{"project": project, "environment": environment, "permission": permission}
	if maxOpen != "" {
		grant["maxOpenDuration"] = maxOpen
	}
	return grant
}

func accessOf(axes map[string]any) map[string]any {
	inputs := map[string]any{"team": "payments"}
	for key, value := range axes {
		inputs[key] = value
	}
	return inputs
}

func TestTeamAccessThroughRole(t *testing.T) {
	t.Parallel()
	w := resourcetest.New(t, resourcetest.Granted)
	developer, operator := w.RoleID("developer"), w.RoleID("operator")
	through := func(role string) map[string]any {
		return accessOf(map[string]any{"roleIds": []string{role}, "stacks": []any{}, "environments": []any{}, "accounts": []any{}})
	}
	e := w.Resource("TeamAccess")
	w.Reset()
	preview, err := e.Preview(through(developer))
	require.NoError(t, err)
	assert.Empty(t, w.Writes())

	w.Reset()
	require.NoError(t, e.Up(through(developer)))
	assert.Equal(t, map[string]int{resourcetest.GetTeamRoute: 1, assignRoleRoute: 1}, w.Calls(), "the record of the team says which roles it has")
	assert.Equal(t, "acme/payments", e.ID)
	assert.Equal(t, resourcetest.Shown(preview), resourcetest.Shown(e.State))
	assert.Equal(t, "{accounts: [], environments: [], organization: acme, roleIds: ["+developer+"], stacks: [], team: payments}",
		resourcetest.Shown(e.State))
	e.Settled(through(developer))

	w.Reset()
	require.NoError(t, e.Refresh())
	assert.Equal(t, map[string]int{resourcetest.GetTeamRoute: 1}, w.Calls(), "a refresh reads the team")
	e.Settled(through(developer))

	// One call replaces the role; its own is not a foreign one.
	w.Reset()
	e.Said()
	require.NoError(t, e.Up(through(operator)))
	assert.Len(t, w.Writes(), 1)
	assert.Empty(t, e.Said())
	assert.Equal(t, operator, grantsOf(w, "payments"))

	// A grant that somebody adds by hand is seen, named, and removed.
	w.Admin("PATCH", "/api/orgs/acme/teams/payments",
		map[string]any{"addEnvironmentPermission": map[string]any{"projectName": "payments", "envName": "prod", "permission": "admin"}})
	require.NoError(t, e.Refresh())
	assert.Contains(t, resourcetest.Shown(e.Inputs), "environments: [{environment: prod, permission: admin, project: payments}]")
	_, err = e.Preview(through(operator))
	require.NoError(t, err)
	assert.Contains(t, e.Said(), "team \"payments\": an update would take away\n  - admin on environment payments/prod")
	require.NoError(t, e.Up(through(operator)))
	assert.Equal(t, operator, grantsOf(w, "payments"))
	e.Settled(through(operator))

	require.NoError(t, e.Destroy())
	assert.Empty(t, grantsOf(w, "payments"))
}

func everyAxis(role string) map[string]any {
	return accessOf(map[string]any{
		"roleIds":      []string{role},
		"stacks":       []any{stackGrant("payments", "prod", "read"), stackGrant("payments", "dev", "write")},
		"environments": []any{environmentGrant("payments", "prod", "open", "30m0s"), environmentGrant("payments", "dev", "write", "")},
		"accounts":     []any{map[string]any{"account": "aws-prod", "permission": "read"}},
	})
}

func TestTeamAccessOnEntities(t *testing.T) {
	t.Parallel()
	w := resourcetest.New(t, resourcetest.Granted)
	developer := w.RoleID("developer")
	e := w.Resource("TeamAccess")
	inputs := everyAxis(developer)
	require.NoError(t, e.Up(inputs))
	all := "payments/dev=102 payments/prod=101 payments/dev=write payments/prod=open/30m0s aws-prod=1 " + developer
	assert.Equal(t, all, grantsOf(w, "payments"))
	assert.Contains(t, e.Said(), "granted 6 of 6")
	e.Settled(inputs)

	// Order, duplicates and the spelling of a duration make no difference.
	same := everyAxis(developer)
	same["stacks"] = []any{
		stackGrant("payments", "dev", "write"), stackGrant("payments", "prod", "read"), stackGrant("payments", "dev", "write"),
	}
	same["environments"] = []any{environmentGrant("payments", "dev", "write", ""), environmentGrant("payments", "prod", "open", "1800s")}
	w.Reset()
	require.NoError(t, e.Up(same))
	assert.Empty(t, w.Calls())

	require.NoError(t, e.Refresh())
	assert.Equal(t, map[string]int{resourcetest.GetTeamRoute: 1}, w.Calls())
	e.Settled(inputs)

	// Levels change in place: gives first, then what lowers, then what removes.
	changed := accessOf(map[string]any{
		"roleIds":      []string{developer},
		"stacks":       []any{stackGrant("payments", "dev", "read"), stackGrant("billing", "dev", "read")},
		"environments": []any{environmentGrant("payments", "prod", "open", "1h"), environmentGrant("payments", "dev", "read", "")},
		"accounts":     []any{map[string]any{"account": "aws-prod", "permission": "admin"}},
	})
	_, err := e.Preview(changed)
	require.NoError(t, err)
	assert.Contains(t, e.Said(), "take away\n  - read on stack payments/prod")
	require.NoError(t, e.Up(changed))
	assert.Equal(t, "billing/dev=101 payments/dev=101 payments/dev=read payments/prod=open/1h0m0s aws-prod=3 "+developer,
		grantsOf(w, "payments"))
	e.Settled(changed)

	imported := w.Resource("TeamAccess")
	require.NoError(t, imported.Adopt("acme/payments"))
	imported.Settled(changed)

	require.NoError(t, e.Destroy())
	assert.Empty(t, grantsOf(w, "payments"))
}

func TestTeamAccessUnmanagedAxes(t *testing.T) {
	t.Parallel()
	w := resourcetest.New(t, resourcetest.Granted+`
grants:
  - {team: payments, project: payments, environment: prod, permission: open}
`)
	e := w.Resource("TeamAccess")
	inputs := accessOf(map[string]any{"stacks": []any{stackGrant("payments", "dev", "read")}})
	require.NoError(t, e.Up(inputs))
	require.NoError(t, e.Refresh())
	e.Settled(inputs)
	assert.Equal(t, "{organization: acme, stacks: [{permission: read, project: payments, stack: dev}], team: payments}", resourcetest.Shown(e.State))
	w.Reset()
	require.NoError(t, e.Destroy())
	assert.Equal(t, map[string]int{resourcetest.GetTeamRoute: 2, resourcetest.PatchTeamRoute: 1}, w.Calls(), "roles are not asked for")
	assert.Equal(t, "payments/prod=open", grantsOf(w, "payments"), "an unmanaged axis is never touched")
}

// Whoever makes a stack has the level creator on it, which is what admin is.
func TestTeamAccessCreatorIsAdmin(t *testing.T) {
	t.Parallel()
	w := resourcetest.New(t, resourcetest.Granted)
	e := w.Resource("TeamAccess")
	inputs := accessOf(map[string]any{
		"stacks": []any{stackGrant("payments", "dev", "admin")}, "allow": []string{"stackAdminForPeople"},
	})
	require.NoError(t, e.Up(inputs))
	team := w.Team("payments")
	team.Stacks[0].Permission = cloud.StackCreator
	body, err := json.Marshal(team)
	require.NoError(t, err)
	text := string(body)
	w.Fault(servertest.Fault{Match: resourcetest.GetTeamRoute, Body: &text})
	require.NoError(t, e.Refresh())
	e.Settled(inputs)
}

func TestTeamAccessForeignRole(t *testing.T) {
	t.Parallel()
	w := resourcetest.New(t, resourcetest.Granted)
	developer, operator := w.RoleID("developer"), w.RoleID("operator")
	w.Admin("POST", "/api/orgs/acme/teams/payments/roles/"+operator, nil)
	e := w.Resource("TeamAccess")
	_, err := e.Preview(accessOf(map[string]any{"roleIds": []any{resourcetest.Unknown}}))
	require.NoError(t, err)
	named := `holds the role "operator" (` + operator + `), which this resource did not assign`
	assert.Contains(t, e.Said(), named, "at preview, even when the new role is not made yet")
	require.NoError(t, e.Up(accessOf(map[string]any{"roleIds": []string{developer}})))
	assert.Contains(t, e.Said(), named, "and before it is replaced")
	assert.Equal(t, developer, grantsOf(w, "payments"))
}

func TestTeamAccessTeamGone(t *testing.T) {
	t.Parallel()
	w := resourcetest.New(t, resourcetest.Granted)
	inputs := accessOf(map[string]any{"stacks": []any{stackGrant("payments", "dev", "read")}})
	wider := accessOf(map[string]any{"stacks": []any{stackGrant("payments", "dev", "write")}})
	e := w.Resource("TeamAccess")
	require.NoError(t, e.Up(inputs))

	blind := w.With(w.TokenFor(servertest.Identity{User: "eve"}), "TeamAccess")
	blind.ID, blind.Inputs, blind.State = e.ID, e.Inputs, e.State
	assert.ErrorContains(t, blind.Refresh(), "not visible to this token")
	assert.ErrorContains(t, blind.Up(wider), "not visible to this token")
	assert.ErrorContains(t, blind.Destroy(), "not visible to this token")

	w.Admin("DELETE", "/api/orgs/acme/teams/payments", nil)
	_, err := e.Preview(wider)
	require.NoError(t, err)
	assert.Contains(t, e.Said(), `team "payments" cannot be found now`)
	err = e.Up(wider)
	assert.ErrorContains(t, err, "create it (leastprivilege.Team), or remove this TeamAccess")
	assert.Equal(t, "{organization: acme, stacks: [], team: payments}", resourcetest.Shown(e.State), "the state says that nothing is granted")
	assert.ErrorContains(t, e.Up(wider), "create it (leastprivilege.Team)", "the next update reports again")
	require.NoError(t, e.Up(accessOf(map[string]any{"stacks": []any{}})), "there is nothing to take from a team that was deleted")

	deleted := *e
	require.NoError(t, deleted.Destroy())
	require.NoError(t, e.Refresh())
	assert.Empty(t, e.ID)
	assert.ErrorContains(t, e.Up(inputs), `team "payments" does not exist`)
	assert.Empty(t, e.ID, "nothing was made")

	w.Admin("POST", "/api/orgs/acme/teams/pulumi", map[string]any{"name": "payments", "displayName": "", "description": ""})
	require.NoError(t, e.Up(inputs))
	assert.Equal(t, "payments/dev=101", grantsOf(w, "payments"))
}

func TestTeamAccessPartialFailure(t *testing.T) {
	t.Parallel()
	w := resourcetest.New(t, resourcetest.Granted)
	e := w.Resource("TeamAccess")
	inputs := accessOf(map[string]any{
		"stacks": []any{stackGrant("payments", "dev", "read"), stackGrant("payments", "staging", "read")},
	})
	err := e.Up(inputs)
	var unfinished *resourcetest.UnfinishedError
	require.ErrorAs(t, err, &unfinished)
	assert.ErrorContains(t, err, "granting read on stack payments/staging")
	assert.ErrorContains(t, err, "Does stack payments/staging exist?")
	assert.Equal(t, "{organization: acme, stacks: [{permission: read, project: payments, stack: dev}], team: payments}", resourcetest.Shown(e.State))

	w.Admin("POST", "/api/stacks/acme/payments", map[string]any{"stackName": "staging"})
	require.NoError(t, e.Up(inputs))
	assert.Equal(t, "payments/dev=101 payments/staging=101", grantsOf(w, "payments"))

	// A refusal of the very first step changes nothing, and records nothing.
	fresh := w.With(w.TokenFor(servertest.Identity{User: "bo"}), "TeamAccess")
	err = fresh.Up(inputs)
	require.NoError(t, err, "what is there needs no call")
	err = fresh.Up(accessOf(map[string]any{"stacks": []any{stackGrant("payments", "dev", "write")}}))
	assert.ErrorContains(t, err, "403")
	assert.NotErrorAs(t, err, &unfinished)
}

func TestTeamAccessFaults(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name   string
		faults []servertest.Fault
	}{
		{name: "answers are lost", faults: []servertest.Fault{
			{Match: resourcetest.PatchTeamRoute, Reset: "after", Times: 3}, {Match: accountTeamRoute, Reset: "after"},
			{Match: assignRoleRoute, Reset: "after"},
		}},
		{name: "calls never arrive", faults: []servertest.Fault{
			{Match: resourcetest.PatchTeamRoute, Reset: "before", Times: 3}, {Match: assignRoleRoute, Reset: "before"},
		}},
		{name: "the service limits and is down", faults: []servertest.Fault{
			{Match: resourcetest.GetTeamRoute, Status: 503},
			{Match: resourcetest.PatchTeamRoute, Status: 429, Headers: map[string]string{"Retry-After": "1"}, Times: 2},
			{Match: resourcetest.PatchTeamRoute, Status: 503, Times: 2}, {Match: assignRoleRoute, Status: 504},
		}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			w := resourcetest.New(t, resourcetest.Granted)
			developer := w.RoleID("developer")
			e := w.Resource("TeamAccess")
			// One grant is there already: it is edited.
			w.Admin("PATCH", "/api/orgs/acme/teams/payments", map[string]any{
				"addStackPermission": map[string]any{"projectName": "payments", "stackName": "prod", "permission": 102},
			})
			for _, fault := range test.faults {
				w.Fault(fault)
			}
			inputs := everyAxis(developer)
			require.NoError(t, e.Up(inputs))
			assert.Equal(t, "payments/dev=102 payments/prod=101 payments/dev=write payments/prod=open/30m0s aws-prod=1 "+developer,
				grantsOf(w, "payments"))
			e.Settled(inputs)
		})
	}
}

// Somebody revokes a grant between the read and the edit: it is granted anew.
func TestTeamAccessEditOfWhatIsGone(t *testing.T) {
	t.Parallel()
	w := resourcetest.New(t, resourcetest.Granted)
	e := w.Resource("TeamAccess")
	require.NoError(t, e.Up(accessOf(map[string]any{"stacks": []any{stackGrant("payments", "dev", "read")}})))
	stale, err := json.Marshal(w.Team("payments"))
	require.NoError(t, err)
	w.Admin("PATCH", "/api/orgs/acme/teams/payments", map[string]any{
		"removeStack": map[string]any{"projectName": "payments", "stackName": "dev"},
	})
	body := string(stale)
	w.Fault(servertest.Fault{Match: resourcetest.GetTeamRoute, Body: &body})
	require.NoError(t, e.Up(accessOf(map[string]any{"stacks": []any{stackGrant("payments", "dev", "write")}})))
	assert.Equal(t, "payments/dev=102", grantsOf(w, "payments"))
}

// Somebody grants more between the read and the add: the grant is edited.
func TestTeamAccessAddOfWhatIsThere(t *testing.T) {
	t.Parallel()
	w := resourcetest.New(t, resourcetest.Granted)
	e := w.Resource("TeamAccess")
	stale, err := json.Marshal(w.Team("payments"))
	require.NoError(t, err)
	w.Admin("PATCH", "/api/orgs/acme/teams/payments", map[string]any{
		"addStackPermission": map[string]any{"projectName": "payments", "stackName": "dev", "permission": 103},
	})
	body := string(stale)
	w.Fault(servertest.Fault{Match: resourcetest.GetTeamRoute, Body: &body})
	w.Fault(servertest.Fault{Match: resourcetest.PatchTeamRoute, Status: 409})
	require.NoError(t, e.Up(accessOf(map[string]any{"stacks": []any{stackGrant("payments", "dev", "read")}})))
	assert.Equal(t, "payments/dev=101", grantsOf(w, "payments"))
}

// cancelling cancels when a number of writing calls were answered.
type cancelling struct {
	writes int
	cancel context.CancelFunc
}

func (c *cancelling) RoundTrip(req *http.Request) (*http.Response, error) {
	answer, err := http.DefaultTransport.RoundTrip(req)
	if req.Method == http.MethodPatch {
		if c.writes--; c.writes == 0 {
			c.cancel()
		}
	}
	return answer, err
}

func TestTeamAccessCancel(t *testing.T) {
	t.Parallel()
	w := resourcetest.New(t, resourcetest.Granted)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	e := w.Through(ctx, &http.Client{Transport: &cancelling{writes: 2, cancel: cancel}}, w.Token, "TeamAccess")
	inputs := accessOf(map[string]any{"stacks": []any{
		stackGrant("billing", "dev", "read"), stackGrant("payments", "dev", "read"), stackGrant("payments", "prod", "read"),
	}})
	err := e.Up(inputs)
	assert.ErrorContains(t, err, "stopped after 2 of 3 changes")
	assert.Equal(t, "billing/dev=101 payments/dev=101", grantsOf(w, "payments"))
	assert.NotContains(t, resourcetest.Shown(e.State), "prod")

	next := w.Resource("TeamAccess")
	next.ID, next.Inputs, next.State, next.Unfinished = e.ID, e.Inputs, e.State, e.Unfinished
	require.NoError(t, next.Up(inputs))
	assert.Equal(t, "billing/dev=101 payments/dev=101 payments/prod=101", grantsOf(w, "payments"))
}

func TestTeamAccessLockOut(t *testing.T) {
	t.Parallel()
	w := resourcetest.New(t, resourcetest.AdministeringTeam)
	administering, plainRole := w.RoleID("access-admin"), w.RoleID("plain")
	e := w.With(w.TokenFor(servertest.Identity{User: "bo"}), "TeamAccess")
	require.NoError(t, e.Adopt("acme/payments"))
	none := accessOf(map[string]any{"roleIds": []any{}})
	_, err := e.Preview(none)
	assert.ErrorContains(t, err, "refused: bo may hand out access")
	assert.ErrorContains(t, e.Up(none), "refused: bo may hand out access")
	assert.ErrorContains(t, e.Up(accessOf(map[string]any{"roleIds": []string{plainRole}})), "allow: [lockOut]")
	assert.ErrorContains(t, e.Destroy(), "allow: [lockOut]")
	assert.Equal(t, administering, grantsOf(w, "payments"))

	// With another way left, the same is allowed.
	w.Admin("POST", "/api/orgs/acme/teams/pulumi", map[string]any{"name": "second", "displayName": "", "description": ""})
	w.Admin("PATCH", "/api/orgs/acme/teams/second", map[string]any{"member": "bo", "memberAction": "add"})
	w.Admin("POST", "/api/orgs/acme/teams/second/roles/"+administering, nil)
	require.NoError(t, e.Up(accessOf(map[string]any{"roleIds": []string{plainRole}})))
	assert.Equal(t, plainRole, grantsOf(w, "payments"))

	// An administrator of the organization keeps his way whatever happens, at one more call.
	w.Admin("POST", "/api/orgs/acme/teams/payments/roles/"+administering, nil)
	admin := w.Resource("TeamAccess")
	require.NoError(t, admin.Adopt("acme/payments"))
	w.Reset()
	require.NoError(t, admin.Up(accessOf(map[string]any{"roleIds": []string{plainRole}})))
	assert.Equal(t, map[string]int{resourcetest.GetTeamRoute: 1, metadataRoute: 1, assignRoleRoute: 1}, w.Calls())

	// To insist is possible.
	w.Admin("POST", "/api/orgs/acme/teams/payments/roles/"+administering, nil)
	w.Admin("DELETE", "/api/orgs/acme/teams/second", nil)
	insisting := w.With(w.TokenFor(servertest.Identity{User: "bo"}), "TeamAccess")
	require.NoError(t, insisting.Adopt("acme/payments"))
	require.NoError(t, insisting.Up(accessOf(map[string]any{"roleIds": []any{}, "allow": []string{"lockOut"}})))
	assert.Empty(t, grantsOf(w, "payments"))
}

func TestTeamAccessCheck(t *testing.T) {
	t.Parallel()
	w := resourcetest.New(t, resourcetest.Granted)
	e := w.Resource("TeamAccess")
	for _, test := range []struct {
		name   string
		inputs map[string]any
		want   map[string]string
	}{
		{name: "nothing managed", inputs: accessOf(nil), want: map[string]string{"team": "at least one of roleIds"}},
		{
			name: "two roles, one with the organization", inputs: accessOf(map[string]any{"roleIds": []string{"acme/1", "2"}}),
			want: map[string]string{"roleIds": "at most one role", "roleIds[0]": ".roleId"},
		},
		{
			name: "granted twice",
			inputs: accessOf(map[string]any{"stacks": []any{
				stackGrant("p", "dev", "read"), stackGrant("q", "dev", "read"), stackGrant("p", "dev", "write"),
			}}),
			want: map[string]string{"stacks[2]": "stack p/dev is granted twice, read in stacks[0] and write here"},
		},
		{
			name: "bad words",
			inputs: accessOf(map[string]any{
				"stacks":       []any{stackGrant("acme/p", "", "open")},
				"environments": []any{environmentGrant("p", "dev", "open", "soon"), environmentGrant("p", "prod", "read", "1h")},
				"accounts":     []any{map[string]any{"account": "a", "permission": "open"}},
			}),
			want: map[string]string{
				"stacks[0].project": "without a slash", "stacks[0].stack": "must not be empty", "stacks[0].permission": "read, write, admin",
				"environments[0].maxOpenDuration": "not a duration", "environments[1].maxOpenDuration": "read does not open",
				"accounts[0].permission": "read, write, admin",
			},
		},
		{
			name: "stack admin for people", inputs: accessOf(map[string]any{"stacks": []any{stackGrant("p", "dev", "admin")}}),
			want: map[string]string{"stacks[0].permission": "stackAdminForPeople"},
		},
		{
			name: "stack admin insisted on", inputs: accessOf(map[string]any{
				"stacks": []any{stackGrant("p", "dev", "admin")}, "allow": []string{"stackAdminForPeople"},
			}),
		},
		{
			name: "unknowns pass", inputs: map[string]any{
				"team": resourcetest.Unknown, "roleIds": resourcetest.Unknown, "stacks": []any{
					map[string]any{"project": resourcetest.Unknown, "stack": resourcetest.Unknown, "permission": resourcetest.Unknown}, stackGrant("p", "dev", "read"),
					map[string]any{"project": "p", "stack": "dev", "permission": resourcetest.Unknown},
				},
				"environments": []any{map[string]any{
					"project": "p", "environment": resourcetest.Unknown, "permission": "open", "maxOpenDuration": resourcetest.Unknown,
				}},
			},
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			failures := e.Failures(test.inputs)
			assert.Len(t, failures, len(test.want), "%v", failures)
			for path, reason := range test.want {
				assert.Contains(t, failures[path], reason)
			}
		})
	}
	w.Reset()
	assert.Empty(t, w.Calls())
}

func TestTeamAccessUnknowns(t *testing.T) {
	t.Parallel()
	w := resourcetest.New(t, resourcetest.Granted+`
grants:
  - {team: payments, project: payments, stack: dev, permission: write}
  - {team: payments, project: payments, environment: dev, permission: read}
`)
	e := w.Resource("TeamAccess")
	preview, err := e.Preview(accessOf(map[string]any{
		"roleIds": resourcetest.Unknown, "stacks": resourcetest.Unknown, "environments": []any{},
	}))
	require.NoError(t, err)
	assert.Equal(t, "{environments: [], organization: acme, roleIds: unknown, stacks: unknown, team: payments}", resourcetest.Shown(preview))
	said := e.Said()
	goes, open, undecided := strings.Cut(said, "its grants on stacks: stacks is not known yet")
	require.True(t, undecided, said)
	assert.NotContains(t, goes, "stack payments/dev", "what is not known yet takes nothing away for certain")
	assert.Contains(t, goes, "read on environment payments/dev")
	assert.Contains(t, open, "write on stack payments/dev")
	assert.NotContains(t, open, "environment payments/dev")

	_, err = e.Preview(map[string]any{"team": resourcetest.Unknown, "stacks": []any{}})
	require.NoError(t, err)
	_, err = e.Preview(map[string]any{"team": "not-made-yet", "stacks": []any{}})
	require.NoError(t, err, "a team that the same update makes is not there at preview")
	assert.Empty(t, w.Writes())
}

func TestTeamAccessManyGrants(t *testing.T) {
	t.Parallel()
	const n = 60
	var seed strings.Builder
	seed.WriteString(resourcetest.People + "teams: [{name: payments}]\nstacks:\n")
	var grants []any
	for i := range n {
		fmt.Fprintf(&seed, "  - {project: p, stack: s%d, owner: ana}\n", i)
		grants = append(grants, stackGrant("p", fmt.Sprintf("s%d", i), "read"))
	}
	w := resourcetest.New(t, seed.String())
	e := w.Resource("TeamAccess")
	inputs := accessOf(map[string]any{"stacks": grants})
	require.NoError(t, e.Up(inputs))
	assert.Equal(t, map[string]int{resourcetest.GetTeamRoute: 1, resourcetest.PatchTeamRoute: n}, w.Calls())
	assert.Contains(t, e.Said(), "granted 50 of 60")

	// What an update would remove is named, up to 20 lines, then counted.
	_, err := e.Preview(accessOf(map[string]any{"stacks": []any{}}))
	require.NoError(t, err)
	assert.Contains(t, e.Said(), "... and 40 more")

	w.Reset()
	require.NoError(t, e.Refresh())
	assert.Equal(t, map[string]int{resourcetest.GetTeamRoute: 1}, w.Calls(), "whatever its size")
	e.Settled(inputs)
}
