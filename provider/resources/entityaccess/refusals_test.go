package entityaccess_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/access"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/resourcetest"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/server/servertest"
)

// Whoever is not an administrator of the organization does not lose their own way in by an oversight.
func TestLockOut(t *testing.T) {
	t.Parallel()
	admins := func(more map[string]any) map[string]any {
		return onStack(merged(map[string]any{"allow": []string{"stackAdminForPeople"}}, more))
	}
	for name, test := range map[string]struct {
		as      string
		inputs  map[string]any
		refused bool
	}{
		"it goes":               {"bo", onStack(map[string]any{"users": list{user("cy", "write")}}), true},
		"it is lowered":         {"bo", onStack(map[string]any{"users": list{user("bo", "write")}}), true},
		"it stays":              {"bo", admins(map[string]any{"users": list{user("bo", "admin")}}), false},
		"an environment's":      {"bo", onEnvironment(map[string]any{"users": list{}}), true},
		"an account's":          {"bo", onAccount(map[string]any{"users": list{}}), true},
		"an account's, kept":    {"bo", onAccount(map[string]any{"users": list{user("BO", "admin")}}), false},
		"no matter in report":   {"bo", onAccount(map[string]any{"users": list{}, "mode": "report"}), false},
		"the team's goes":       {"mo", onStack(map[string]any{"teams": list{}}), true},
		"the team's is lowered": {"mo", onStack(map[string]any{"teams": list{team("owners", "write")}}), true},
		"the team's stays":      {"mo", admins(map[string]any{"teams": list{team("owners", "admin")}}), false},
		"a set's goes":          {"nia", onStack(map[string]any{"users": list{user("cy", "read")}}), true},
		"an administrator's":    {"ana", onStack(map[string]any{"users": list{}, "teams": list{}}), false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := resourcetest.New(t, estate+`
  - {team: owners, project: payments, stack: prod, permission: admin}
  - {user: nia, project: payments, stack: prod, permissionSet: keepers}
`)
			e := w.With(w.TokenFor(servertest.Identity{User: test.as}), "EntityAccess")
			_, err := e.Preview(test.inputs)
			up := e.Up(test.inputs)
			if !test.refused {
				require.NoError(t, err)
				require.NoError(t, up)
				return
			}
			require.ErrorContains(t, err, "refused: this would take the grant away by which "+test.as+", the caller, hands out access")
			require.ErrorContains(t, up, "or insist with allow: [lockOut]")
			assert.Empty(t, w.Writes())
		})
	}
}

// Who insists loses their own way in last: everything else is done before.
func TestOwnGrantGoesLast(t *testing.T) {
	t.Parallel()
	w := resourcetest.New(t, estate)
	e := w.With(w.TokenFor(servertest.Identity{User: "bo"}), "EntityAccess")
	err := e.Up(onStack(map[string]any{"users": list{user("di", "read")}, "allow": []string{"lockOut"}}))
	require.ErrorContains(t, err, "read back", "that needs the right that was just given up")
	assert.Equal(t, "di=read, team web=write", held(w, access.Stack))
}

func TestMissingEntities(t *testing.T) {
	t.Parallel()
	w := resourcetest.New(t, estate)
	none := map[string]any{"stack": map[string]any{"project": "payments", "stack": "none"}, "users": list{}}
	e := w.Resource("EntityAccess")
	_, err := e.Preview(none)
	require.NoError(t, err, "the same update may create it")
	require.ErrorContains(t, e.Up(none), "Stack payments/none does not exist in organization \"acme\", or is not visible to this token: create it first")
	assert.Empty(t, e.ID)

	inputs := onStack(map[string]any{"users": list{user("di", "read")}})
	require.NoError(t, e.Up(inputs))
	blind := w.With(w.TokenFor(servertest.Identity{User: "eve"}), "EntityAccess")
	blind.ID, blind.Inputs, blind.State = e.ID, e.Inputs, e.State
	require.ErrorContains(t, blind.Refresh(), "not visible to this token")
	require.ErrorContains(t, blind.Destroy(), "not visible to this token")
	w.DropStack("payments", "prod")
	_, err = e.Preview(onStack(map[string]any{"users": list{}}))
	require.NoError(t, err)
	assert.Contains(t, e.Said(), "stack payments/prod cannot be found now")
	require.ErrorContains(t, e.Up(onStack(map[string]any{"users": list{}})), "run `pulumi refresh`")
	gone := w.Resource("EntityAccess")
	gone.ID, gone.Inputs, gone.State = e.ID, e.Inputs, e.State
	require.NoError(t, gone.Destroy())
	require.NoError(t, e.Refresh())
	assert.Empty(t, e.ID)
}

// A person who is not a member is refused before anything is changed, and a login is spelled as the organization spells it.
func TestPeopleWhoAreNotMembers(t *testing.T) {
	t.Parallel()
	w := resourcetest.New(t, strings.Replace(estate, "- {login: di}", "- {login: di}\n  - {login: sue, suspended: true}", 1))
	e := w.Resource("EntityAccess")
	_, err := e.Preview(onStack(map[string]any{"users": list{user("sue", "read")}}))
	require.ErrorContains(t, err, `users[0].user: the membership of "sue" in organization "acme" is suspended`)
	wrong := onStack(map[string]any{"users": list{user("cyy", "read")}})
	_, err = e.Preview(wrong)
	require.ErrorContains(t, err, `users[0].user: "cyy" is not a member of organization "acme"`)
	require.ErrorContains(t, err, `did you mean "cy"?`)
	require.ErrorContains(t, e.Up(wrong), "is not a member")
	assert.Empty(t, w.Writes())
	spelled := onStack(map[string]any{"users": list{user("DI", "read")}})
	require.NoError(t, e.Up(spelled))
	assert.Equal(t, "di=read, team web=write", held(w, access.Stack))
	e.Settled(spelled)
	require.NoError(t, e.Refresh())
	e.Settled(spelled)
}

// A team that the service does not know is named, with what was done before kept.
func TestUnknownTeam(t *testing.T) {
	t.Parallel()
	w := resourcetest.New(t, estate)
	e := w.Resource("EntityAccess")
	inputs := onStack(map[string]any{"users": list{user("di", "read")}, "teams": list{team("none", "read")}})
	err := e.Up(inputs)
	require.ErrorContains(t, err, "granting on stack payments/prod, team none: read")
	require.ErrorContains(t, err, `Is team none in organization "acme"?`)
	assert.Equal(t, "di=read", held(w, access.Stack), "what was to be removed is")
	assert.Equal(t, "acme/stack/payments/prod", e.ID)
	fixed := onStack(map[string]any{"users": list{user("di", "read")}, "teams": list{team("web", "read")}})
	require.NoError(t, e.Up(fixed))
	assert.Equal(t, "di=read, team web=read", held(w, access.Stack))
	e.Settled(fixed)
}

// An answer that is lost is looked up before it is believed.
func TestLostAnswers(t *testing.T) {
	t.Parallel()
	for _, reset := range []string{"before", "after"} {
		for _, route := range []string{updateRoute, resourcetest.PatchTeamRoute, listRoute} {
			t.Run(reset+" "+route, func(t *testing.T) {
				t.Parallel()
				w := resourcetest.New(t, estate)
				e := w.Resource("EntityAccess")
				inputs := onStack(map[string]any{"users": list{user("di", "read")}, "teams": list{team("payments", "write")}})
				w.Fault(servertest.Fault{Match: route, Reset: reset})
				require.NoError(t, e.Up(inputs))
				assert.Equal(t, "di=read, team payments=write", held(w, access.Stack))
				e.Settled(inputs)
			})
		}
	}
}

// An outage in the middle keeps what was done, and the next update goes on.
func TestOutage(t *testing.T) {
	t.Parallel()
	w := resourcetest.New(t, estate)
	e := w.Resource("EntityAccess")
	inputs := onStack(map[string]any{"users": list{user("di", "read")}, "teams": list{team("payments", "write")}})
	w.Fault(servertest.Fault{Match: resourcetest.PatchTeamRoute, Status: 503, Times: 50})
	require.Error(t, e.Up(inputs))
	assert.Equal(t, "acme/stack/payments/prod", e.ID)
	w.Call(w.Token, "DELETE", "/_sandbox/faults", nil)
	assert.True(t, e.Diff(inputs).HasChanges)
	require.NoError(t, e.Up(inputs))
	assert.Equal(t, "di=read, team payments=write", held(w, access.Stack))
	e.Settled(inputs)
}

// Where the service does not list assignments, an empty list does not mean that nobody holds anything.
func TestOrganizationWithoutAssignments(t *testing.T) {
	t.Parallel()
	w := resourcetest.New(t, estate)
	_, metadata := w.Call(w.Token, http.MethodGet, "/api/orgs/acme/metadata", nil)
	off := strings.Replace(string(metadata), `"entityUserAssignmentsEnabled":true`, `"entityUserAssignmentsEnabled":false`, 1)
	require.NotEqual(t, string(metadata), off)
	w.Fault(servertest.Fault{Match: resourcetest.OrganizationRoute, Body: &off, Times: 2})
	inputs := onStack(map[string]any{"users": list{}})
	e := w.Resource("EntityAccess")
	_, err := e.Preview(inputs)
	require.ErrorContains(t, err, "cannot be listed. Manage grants of teams with TeamAccess")
	require.ErrorContains(t, e.Up(inputs), "cannot be listed")
	assert.Empty(t, w.Writes())
}

// Principals of a kind that is not known here are named and left.
func TestUnknownPrincipals(t *testing.T) {
	t.Parallel()
	w := resourcetest.New(t, estate)
	answer := fmt.Sprintf(`{"assignments":[{"principal":{"agent":{"name":"new"}},"permissionSet":{"id":%q,"name":"Stack Write","resourceType":"stack"},`+
		`"source":"new"}],"availablePermissionSets":[]}`, w.SetID("stack-write"))
	w.Fault(servertest.Fault{Match: listRoute, Body: &answer, Times: 2})
	assign2 := onStack(map[string]any{"teams": list{}})
	e := w.Resource("EntityAccess")
	_, err := e.Preview(assign2)
	require.NoError(t, err)
	assert.Contains(t, e.Said(), `permission set "Stack Write"`)
	require.NoError(t, e.Up(assign2))
	assert.Contains(t, resourcetest.Show(e.State.Get("unrecognized")), `permission set "Stack Write"`)
	e.Settled(assign2)
}

// A collaborator of a stack who is not among its assignments is found and removed all the same.
func TestCollaboratorsWhoAreNotAssigned(t *testing.T) {
	t.Parallel()
	w := resourcetest.New(t, estate)
	answer := `{"assignments":[],"availablePermissionSets":[]}`
	w.Fault(servertest.Fault{Match: listRoute, Body: &answer, Times: 3})
	e := w.Resource("EntityAccess")
	inputs := onStack(map[string]any{"users": list{}})
	_, err := e.Preview(inputs)
	require.NoError(t, err)
	assert.Contains(t, e.Said(), "user bo: admin, the grant of its creator")
	require.NoError(t, e.Up(inputs))
	assert.Equal(t, "team web=write", held(w, access.Stack))
	e.Settled(inputs)
}

func TestRefusals(t *testing.T) {
	t.Parallel()
	w := resourcetest.New(t, estate)
	e := w.Resource("EntityAccess")
	for name, test := range map[string]struct {
		inputs         map[string]any
		property, says string
	}{
		"no entity":           {map[string]any{"users": list{}}, "stack", "set exactly one of stack, environment and account"},
		"two entities":        {onStack(onAccount(map[string]any{"users": list{}})), "account", "cannot be set together with stack"},
		"nothing managed":     {onStack(nil), "users", "there is nothing to manage"},
		"mode":                {onStack(map[string]any{"users": list{}, "mode": "ask"}), "mode", "enforce, report"},
		"onForeign":           {onStack(map[string]any{"users": list{}, "onForeign": "ask"}), "onForeign", "warn, error"},
		"slash":               {map[string]any{"account": "a/b", "users": list{}}, "account", "without a slash"},
		"open on a stack":     {onStack(map[string]any{"users": list{user("bo", "open")}}), "users[0].permission", "valid are read, write, admin"},
		"view":                {onStack(map[string]any{"teams": list{team("web", "view")}}), "teams[0].permission", "valid are read, write, admin"},
		"admin for people":    {onStack(map[string]any{"users": list{user("bo", "admin")}}), "users[0].permission", "stackAdminForPeople"},
		"admin for a team":    {onStack(map[string]any{"teams": list{team("web", "admin")}}), "teams[0].permission", "stackAdminForPeople"},
		"neither":             {onStack(map[string]any{"users": list{map[string]any{"user": "bo"}}}), "users[0].permission", "exactly one of permission and permissionSet"},
		"both":                {onStack(map[string]any{"users": list{merged(user("bo", "read"), custom("bo", "x"))}}), "users[0].permissionSet", "keep one"},
		"Pulumi id":           {onStack(map[string]any{"users": list{custom("bo", "acme/x")}}), "users[0].permissionSet", "permissionSetId"},
		"empty id":            {onStack(map[string]any{"users": list{custom("bo", " ")}}), "users[0].permissionSet", "must not be empty"},
		"empty login":         {onStack(map[string]any{"users": list{user("", "read")}}), "users[0].user", "must not be empty"},
		"twice":               {onStack(map[string]any{"users": list{user("bo", "read"), user("BO", "write")}}), "users[1]", "user bo is granted twice"},
		"team twice":          {onStack(map[string]any{"teams": list{team("web", "read"), team("web", "write")}}), "teams[1]", "team web is granted twice"},
		"bound on a stack":    {onStack(map[string]any{"teams": list{merged(team("web", "read"), map[string]any{"maxOpenDuration": "1h"})}}), "teams[0].maxOpenDuration", "a stack cannot be opened"},
		"bound of read":       {onEnvironment(map[string]any{"teams": list{merged(team("web", "read"), map[string]any{"maxOpenDuration": "1h"})}}), "teams[0].maxOpenDuration", "does not open it"},
		"bound":               {onEnvironment(map[string]any{"teams": list{merged(team("web", "open"), map[string]any{"maxOpenDuration": "soon"})}}), "teams[0].maxOpenDuration", "soon"},
		"opt-in":              {onStack(map[string]any{"users": list{}, "allow": []string{"openOnAll"}}), "allow[0]", "stackAdminForPeople, lockOut"},
		"name of environment": {map[string]any{"environment": map[string]any{"project": "p", "environment": "a b"}, "users": list{}}, "environment.environment", "letters, digits"},
	} {
		failures := e.Failures(test.inputs)
		assert.Contains(t, failures[test.property], test.says, name)
		assert.Len(t, failures, 1, name)
	}
}

// A service that keeps what a collaborator has beside an assignment: an assignment does not lower it.
func TestLoweringACollaboratorIsConfirmed(t *testing.T) {
	t.Parallel()
	w := resourcetest.New(t, estate)
	e := w.Resource("EntityAccess")
	answer := `{"users":[{"user":{"githubLogin":"cy","name":"cy"},"permission":102}]}`
	w.Fault(servertest.Fault{Match: collaboratorsRoute, Body: &answer, Times: 50})
	err := e.Up(onStack(map[string]any{"users": list{user("cy", "read")}}))
	require.ErrorContains(t, err, "still there")
	require.ErrorContains(t, err, "user cy: write becomes read")
}
