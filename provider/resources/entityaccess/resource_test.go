package entityaccess_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/access"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/resourcetest"
)

const (
	listRoute          = "POST /api/orgs/{orgName}/assignments/list"
	membersRoute       = "GET /api/orgs/{orgName}/members"
	teamsRoute         = "GET /api/orgs/{orgName}/teams"
	updateRoute        = "POST /api/orgs/{orgName}/assignments/update"
	collaboratorsRoute = "GET /api/stacks/{orgName}/{projectName}/{stackName}/collaborators"
)

// estate has an entity of each kind, with grants of people and teams on it.
const estate = `
organization: acme
users:
  - {login: ana, role: admin}
  - {login: bo}
  - {login: cy}
  - {login: di}
  - {login: eve, role: nothing}
  - {login: mo, role: manager}
  - {login: nia, role: manager}
roles:
  - {name: nothing, scopes: ["stack:create"]}
  - {name: manager, scopes: ["team:read", "team:update"]}
  - {name: auditors, purpose: set, resourceType: stack, scopes: ["stack:read"]}
  - {name: keepers, purpose: set, resourceType: stack, scopes: ["stack:read", "stack_access:update", "stack_access:read"]}
teams:
  - {name: payments, members: [bo]}
  - {name: web, members: [cy]}
  - {name: owners, members: [mo]}
stacks:
  - {project: payments, stack: prod, owner: bo}
  - {project: payments, stack: dev, owner: bo}
environments:
  - {project: payments, environment: prod, owner: bo, definition: "values: {}"}
accounts:
  - {account: aws, owner: bo}
grants:
  - {user: cy, project: payments, stack: prod, permission: write}
  - {team: web, project: payments, stack: prod, permission: write}
  - {user: cy, project: payments, environment: prod, permission: open}
  - {team: web, project: payments, environment: prod, permission: open, maxOpenDuration: 1h}
  - {user: cy, account: aws, permission: read}
  - {team: web, account: aws, permission: read}
`

type list = []any

func user(login, permission string) map[string]any {
	return map[string]any{"user": login, "permission": permission}
}

func custom(login, set string) map[string]any {
	return map[string]any{"user": login, "permissionSet": set}
}

func team(name, permission string) map[string]any {
	return map[string]any{"team": name, "permission": permission}
}

// onStack are inputs for payments/prod.
func onStack(more map[string]any) map[string]any {
	return merged(map[string]any{"stack": map[string]any{"project": "payments", "stack": "prod"}}, more)
}

func onEnvironment(more map[string]any) map[string]any {
	return merged(map[string]any{"environment": map[string]any{"project": "payments", "environment": "prod"}}, more)
}

func onAccount(more map[string]any) map[string]any {
	return merged(map[string]any{"account": "aws"}, more)
}

func merged(base, more map[string]any) map[string]any {
	for key, value := range more {
		base[key] = value
	}
	return base
}

// held is what is granted directly on an entity: `bo=admin cy=write team web=write`.
func held(w resourcetest.World, kind access.EntityKind) string {
	w.T.Helper()
	client, id := w.Client(w.Token), entityID(w, kind)
	found, err := client.EntityAssignments(w.T.Context(), "acme", kind, id)
	require.NoError(w.T, err)
	names := map[string]string{}
	for _, set := range found.Sets {
		names[set.ID] = set.Name
		if _, level, builtin := strings.Cut(set.DefaultIdentifier, string(kind)+"-"); builtin {
			names[set.ID] = level
		}
	}
	var all []string
	for _, one := range found.Users {
		all = append(all, one.Login+"="+names[one.SetID])
	}
	for _, one := range found.Teams {
		text := "team " + one.Team + "=" + names[one.SetID]
		for _, g := range w.Team(one.Team).Environments {
			if kind == access.Environment && g.MaxOpenDuration != "" {
				text += " for " + g.MaxOpenDuration
			}
		}
		all = append(all, text)
	}
	return strings.Join(all, ", ")
}

func entityID(w resourcetest.World, kind access.EntityKind) string {
	w.T.Helper()
	client := w.Client(w.Token)
	switch kind {
	case access.Stack:
		found, err := client.Stack(w.T.Context(), "acme", "payments", "prod")
		require.NoError(w.T, err)
		return found.ID
	case access.Environment:
		found, err := client.EnvironmentMetadata(w.T.Context(), "acme", "payments", "prod")
		require.NoError(w.T, err)
		return found.ID
	default:
		found, err := client.Account(w.T.Context(), "acme", "aws")
		require.NoError(w.T, err)
		return found.ID
	}
}

// assign is a grant that somebody makes in the console, "" to take it away.
func assign(w resourcetest.World, kind access.EntityKind, login, level string) {
	w.T.Helper()
	client, id := w.Client(w.Token), entityID(w, kind)
	if level == "" {
		require.NoError(w.T, client.Unassign(w.T.Context(), "acme", kind, id, login))
		return
	}
	require.NoError(w.T, client.Assign(w.T.Context(), "acme", kind, id, login, w.SetID(access.SetIdentifier(kind, access.Level(level)))))
}

func TestLifecycle(t *testing.T) {
	t.Parallel()
	w := resourcetest.New(t, estate)
	e := w.Resource("EntityAccess")
	inputs := onStack(map[string]any{"users": list{user("di", "read")}, "teams": list{team("payments", "write")}})

	w.Reset()
	preview, err := e.Preview(inputs)
	require.NoError(t, err)
	assert.Empty(t, w.Writes())
	assert.Equal(t, map[string]int{
		resourcetest.OrganizationRoute: 1, resourcetest.GetStackRoute: 1, listRoute: 1, collaboratorsRoute: 1, membersRoute: 2, teamsRoute: 1,
	}, w.Calls())
	assert.True(t, preview.Get("entityId").IsComputed())
	said := e.Said()
	assert.Contains(t, said, "stack payments/prod: an update would take away")
	assert.Contains(t, said, "user bo: admin, the grant of its creator (this resource did not grant it)")
	assert.Contains(t, said, "user cy: write (this resource did not grant it)")
	assert.Contains(t, said, "team web: write (this resource did not grant it)")

	w.Reset()
	require.NoError(t, e.Up(inputs))
	assert.Equal(t, "acme/stack/payments/prod", e.ID)
	assert.Equal(t, "di=read, team payments=write", held(w, access.Stack))
	assert.Equal(t, []string{
		"POST /api/orgs/acme/assignments/update", "POST /api/orgs/acme/assignments/update", "PATCH /api/orgs/acme/teams/web",
		"POST /api/orgs/acme/assignments/update", "PATCH /api/orgs/acme/teams/payments",
	}, w.Writes(), "what is taken away goes first")
	assert.Equal(t, entityID(w, access.Stack), e.State.Get("entityId").AsString())
	assert.Equal(t, "{teams: [{permission: write, team: payments}], users: [{permission: read, user: di}]}", resourcetest.Show(e.State.Get("granted")))

	w.Reset()
	e.Settled(inputs)
	require.NoError(t, e.Up(inputs))
	assert.Empty(t, w.Calls(), "a no-op makes no call")
	require.NoError(t, e.Refresh())
	assert.Equal(t, map[string]int{resourcetest.OrganizationRoute: 1, resourcetest.GetStackRoute: 1, listRoute: 1, collaboratorsRoute: 1}, w.Calls())
	e.Settled(inputs)

	// A change of level is one call, and a login is the same in other letters.
	next := onStack(map[string]any{"users": list{user("DI", "write"), user("di", "write")}, "teams": list{team("payments", "write")}})
	assert.Equal(t, []string{"users"}, resourcetest.Changed(e.Diff(next)))
	w.Reset()
	require.NoError(t, e.Up(next))
	assert.Equal(t, []string{"POST /api/orgs/acme/assignments/update"}, w.Writes())
	assert.Equal(t, "di=write, team payments=write", held(w, access.Stack))
	e.Settled(next)

	require.NoError(t, e.Destroy())
	assert.Empty(t, held(w, access.Stack), "what it granted goes with it; what it removed does not come back")
}

// What somebody grants, changes or takes away in the console is drift, named at preview and mended by the next update.
func TestDrift(t *testing.T) {
	t.Parallel()
	for kind, on := range map[access.EntityKind]func(map[string]any) map[string]any{
		access.Stack: onStack, access.Environment: onEnvironment, access.Account: onAccount,
	} {
		t.Run(string(kind), func(t *testing.T) {
			t.Parallel()
			w := resourcetest.New(t, estate)
			e := w.Resource("EntityAccess")
			inputs := on(map[string]any{"users": list{user("bo", "write"), user("di", "read")}, "teams": list{team("web", "read")}})
			_, err := e.Preview(inputs)
			require.NoError(t, err)
			assert.Contains(t, e.Said(), "user bo: admin becomes write, the grant of its ")
			require.NoError(t, e.Up(inputs))
			const want = "bo=write, di=read, team web=read"
			assert.Equal(t, want, held(w, kind))
			e.Settled(inputs)

			assign(w, kind, "cy", "admin")
			assign(w, kind, "bo", "")
			assign(w, kind, "di", "write")
			require.NoError(t, e.Refresh())
			assert.Equal(t, []string{"users"}, resourcetest.Changed(e.Diff(inputs)))
			e.Said()
			_, err = e.Preview(inputs)
			require.NoError(t, err)
			said := e.Said()
			assert.Contains(t, said, "user cy: admin (this resource did not grant it)")
			assert.Contains(t, said, "user di: write becomes read (this resource did not grant it)")
			assert.Contains(t, said, "user bo: write")
			require.NoError(t, e.Up(inputs))
			assert.Equal(t, want, held(w, kind))
			require.NoError(t, e.Refresh())
			e.Settled(inputs)
		})
	}
}

// An axis that is left out is not touched; one that leaves the program loses what this resource granted, and nothing else.
func TestAxes(t *testing.T) {
	t.Parallel()
	w := resourcetest.New(t, estate)
	e := w.Resource("EntityAccess")
	people := onStack(map[string]any{"users": list{user("di", "read")}})
	require.NoError(t, e.Up(people))
	assert.Equal(t, "di=read, team web=write", held(w, access.Stack))

	both := onStack(map[string]any{"users": list{user("di", "read")}, "teams": list{team("payments", "read")}})
	assert.Equal(t, []string{"teams"}, resourcetest.Changed(e.Diff(both)))
	require.NoError(t, e.Up(both))
	assert.Equal(t, "di=read, team payments=read", held(w, access.Stack))

	w.Admin("PATCH", "/api/orgs/acme/teams/web", map[string]any{"addStackPermission": map[string]any{"projectName": "payments", "stackName": "prod", "permission": 101}})
	assert.Equal(t, []string{"teams"}, resourcetest.Changed(e.Diff(people)))
	require.NoError(t, e.Up(people))
	assert.Equal(t, "di=read, team web=read", held(w, access.Stack), "what another granted on the axis is not this resource's")
	e.Settled(people)
	require.NoError(t, e.Refresh())
	e.Settled(people)

	nobody := onStack(map[string]any{"users": list{}})
	require.NoError(t, e.Up(nobody))
	assert.Equal(t, "team web=read", held(w, access.Stack))
	e.Settled(nobody)
	require.NoError(t, e.Refresh())
	e.Settled(nobody)
	assign(w, access.Stack, "cy", "read")
	require.NoError(t, e.Refresh())
	assert.Equal(t, []string{"users"}, resourcetest.Changed(e.Diff(nobody)))
}

// How long a team may open an environment is part of its grant.
func TestBounds(t *testing.T) {
	t.Parallel()
	w := resourcetest.New(t, estate)
	e := w.Resource("EntityAccess")
	bounded := func(bound string) map[string]any {
		return onEnvironment(map[string]any{"teams": list{map[string]any{"team": "web", "permission": "open", "maxOpenDuration": bound}}})
	}
	require.NoError(t, e.Up(bounded("60m")))
	assert.Empty(t, w.Writes(), "1h is the same")
	require.NoError(t, e.Up(bounded("30m")))
	assert.Equal(t, "bo=admin, cy=open, team web=open for 30m0s", held(w, access.Environment))
	e.Settled(bounded("30m0s"))
	w.Admin("PATCH", "/api/orgs/acme/teams/web", map[string]any{"editEnvironmentPermission": map[string]any{
		"projectName": "payments", "envName": "prod", "permission": "open", "maxOpenDuration": "8h",
	}})
	require.NoError(t, e.Refresh())
	e.Said()
	_, err := e.Preview(bounded("30m"))
	require.NoError(t, err)
	assert.Contains(t, e.Said(), "team web: open (for 8h at most) becomes open (for 30m at most)")
	require.NoError(t, e.Up(bounded("30m")))
	assert.Equal(t, "bo=admin, cy=open, team web=open for 30m0s", held(w, access.Environment))
}

func TestCustomPermissionSets(t *testing.T) {
	t.Parallel()
	w := resourcetest.New(t, estate)
	e := w.Resource("EntityAccess")
	auditors := setNamed(w, "auditors")
	inputs := onStack(map[string]any{"users": list{custom("cy", auditors)}})
	require.NoError(t, e.Up(inputs))
	assert.Equal(t, "cy=auditors, team web=write", held(w, access.Stack))
	e.Settled(inputs)
	require.NoError(t, e.Refresh())
	e.Settled(inputs)
	_, err := e.Preview(onStack(map[string]any{"users": list{user("cy", "read")}}))
	require.NoError(t, err)
	assert.Contains(t, e.Said(), `user cy: permission set "auditors" (`+auditors+") becomes read")

	w.Reset()
	for set, says := range map[string]string{
		w.SetID("stack-read"): "is the built-in permission set",
		"none":                "is not a permission set that can be assigned on a stack",
	} {
		wrong := onStack(map[string]any{"users": list{custom("bo", set)}})
		_, err := e.Preview(wrong)
		require.ErrorContains(t, err, "users[0].permissionSet")
		require.ErrorContains(t, err, says)
		require.ErrorContains(t, e.Up(wrong), says)
	}
	assert.Empty(t, w.Writes())
}

func setNamed(w resourcetest.World, name string) string {
	w.T.Helper()
	found, err := w.Client(w.Token).EntityAssignments(w.T.Context(), "acme", access.Stack, entityID(w, access.Stack))
	require.NoError(w.T, err)
	for _, set := range found.Sets {
		if set.Name == name {
			return set.ID
		}
	}
	w.T.Fatalf("no permission set %q", name)
	return ""
}

// After an import everything is as the inputs say, and it counts as granted by the resource.
func TestImport(t *testing.T) {
	t.Parallel()
	for id, test := range map[string]struct {
		inputs map[string]any
		kind   access.EntityKind
	}{
		"acme/stack/payments/prod": {onStack(map[string]any{
			"users": list{user("bo", "admin"), user("cy", "write")}, "teams": list{team("web", "write")}, "allow": []string{"stackAdminForPeople"},
		}), access.Stack},
		"acme/environment/payments/prod": {onEnvironment(map[string]any{
			"users": list{user("bo", "admin"), user("cy", "open")}, "teams": list{map[string]any{"team": "web", "permission": "open", "maxOpenDuration": "1h"}},
		}), access.Environment},
		"acme/account/aws": {onAccount(map[string]any{
			"users": list{user("bo", "admin"), user("cy", "read")}, "teams": list{team("web", "read")},
		}), access.Account},
	} {
		t.Run(id, func(t *testing.T) {
			t.Parallel()
			w := resourcetest.New(t, estate)
			before := held(w, test.kind)
			e := w.Resource("EntityAccess")
			require.NoError(t, e.Adopt(id))
			assert.Empty(t, w.Writes())
			e.Settled(test.inputs)
			require.NoError(t, e.Refresh())
			e.Settled(test.inputs)
			assert.Equal(t, before, held(w, test.kind))
			require.NoError(t, e.Destroy())
			assert.Empty(t, held(w, test.kind))
		})
	}
	w := resourcetest.New(t, estate)
	for _, bad := range []string{"acme", "acme/payments/prod", "acme/stack/prod", "acme/account/a/b", "acme/stack//prod", "acme/team/payments/prod"} {
		require.ErrorContains(t, w.Resource("EntityAccess").Adopt(bad), "is not an id of this resource", bad)
	}
	require.NoError(t, w.Resource("EntityAccess").Adopt("acme/stack/payments/none"), "the engine reports that there is nothing")
}

// Report changes nothing, neither when it is deleted, and lists what it would.
func TestReport(t *testing.T) {
	t.Parallel()
	w := resourcetest.New(t, estate)
	before := string(w.State())
	e := w.Resource("EntityAccess")
	inputs := onStack(map[string]any{"users": list{user("cy", "read"), user("di", "read")}, "teams": list{}, "mode": "report"})
	w.Reset()
	_, err := e.Preview(inputs)
	require.NoError(t, err)
	assert.Contains(t, e.Said(), "mode report changes nothing; mode enforce would take away")
	require.NoError(t, e.Up(inputs))
	assert.Equal(t, "[{holds: admin, user: bo}, {becomes: read, holds: write, user: cy}, {holds: write, team: web}]",
		resourcetest.Show(e.State.Get("wouldRemove")))
	assert.Equal(t, "[{becomes: read, user: di}]", resourcetest.Show(e.State.Get("wouldGrant")))
	e.Settled(inputs)

	assign(w, access.Stack, "bo", "")
	w.Reset()
	require.NoError(t, e.Refresh())
	assert.Equal(t, "[{becomes: read, holds: write, user: cy}, {holds: write, team: web}]", resourcetest.Show(e.State.Get("wouldRemove")),
		"a refresh brings the list up to date")
	e.Settled(inputs)
	assign(w, access.Stack, "bo", "admin")
	w.Reset()
	require.NoError(t, e.Up(onStack(map[string]any{"users": list{}, "mode": "report", "onForeign": "error"})))
	require.NoError(t, e.Destroy())
	assert.Empty(t, w.Writes())
	assert.Len(t, string(w.State()), len(before))

	// The same inputs in the other mode are a change, which carries it out.
	require.NoError(t, e.Up(inputs))
	delete(inputs, "mode")
	assert.Equal(t, []string{"mode"}, resourcetest.Changed(e.Diff(inputs)))
	require.NoError(t, e.Up(inputs))
	assert.Equal(t, "cy=read, di=read", held(w, access.Stack))
	assert.Equal(t, "[]", resourcetest.Show(e.State.Get("wouldRemove")))

	// What was granted before the mode became report stays, also after a destroy.
	inputs["mode"] = "report"
	require.NoError(t, e.Up(inputs))
	e.Said()
	require.NoError(t, e.Destroy())
	assert.Contains(t, e.Said(), "stays, because its mode is report")
	assert.Equal(t, "cy=read, di=read", held(w, access.Stack))
}

// What others granted is refused to be removed or replaced, where the program says so.
func TestOnForeign(t *testing.T) {
	t.Parallel()
	w := resourcetest.New(t, estate)
	e := w.Resource("EntityAccess")
	inputs := onStack(map[string]any{"users": list{user("cy", "write")}, "onForeign": "error"})
	_, err := e.Preview(inputs)
	require.ErrorContains(t, err, "refused by onForeign")
	require.ErrorContains(t, err, "user bo: admin, the grant of its creator")
	assert.NotContains(t, err.Error(), "user cy")
	require.ErrorContains(t, e.Up(inputs), "refused by onForeign")
	assert.Empty(t, e.ID)
	assert.Empty(t, w.Writes())

	assign(w, access.Stack, "bo", "")
	require.NoError(t, e.Up(inputs))
	raised := onStack(map[string]any{"users": list{user("cy", "read"), user("di", "read")}, "onForeign": "error"})
	require.NoError(t, e.Up(raised), "what it found as the program says is its own")
	assign(w, access.Stack, "di", "write")
	require.NoError(t, e.Refresh())
	_, err = e.Preview(raised)
	require.ErrorContains(t, err, "user di: write becomes read (this resource did not grant it)")
	require.ErrorContains(t, e.Up(raised), "refused by onForeign")
	assert.Equal(t, "cy=read, di=write, team web=write", held(w, access.Stack))
}

// A deletion takes away what still is as this resource granted it, names what somebody has changed since, and leaves the rest.
func TestDeleteLeavesWhatOthersChanged(t *testing.T) {
	t.Parallel()
	w := resourcetest.New(t, estate)
	e := w.Resource("EntityAccess")
	inputs := onStack(map[string]any{"users": list{user("cy", "read"), user("di", "read")}, "teams": list{team("payments", "write")}})
	require.NoError(t, e.Up(inputs))
	assign(w, access.Stack, "di", "write")
	assign(w, access.Stack, "bo", "read")
	require.NoError(t, e.Refresh())
	e.Said()
	require.NoError(t, e.Destroy())
	assert.Equal(t, "bo=read, di=write", held(w, access.Stack))
	said := e.Said()
	assert.Contains(t, said, "somebody else has changed it since")
	assert.Contains(t, said, "user di: write")
	assert.NotContains(t, said, "user bo")
}

// An entity that is deleted and recreated under its name is another one: what is granted on it, somebody else has granted.
func TestRecreatedEntity(t *testing.T) {
	t.Parallel()
	w := resourcetest.New(t, estate)
	e := w.Resource("EntityAccess")
	inputs := onEnvironment(map[string]any{"users": list{user("bo", "admin"), user("cy", "read")}, "teams": list{team("payments", "read")}, "onForeign": "error"})
	require.NoError(t, w.Resource("EntityAccess").Up(onEnvironment(map[string]any{"users": list{user("bo", "admin")}, "teams": list{}})))
	require.NoError(t, e.Up(onEnvironment(map[string]any{"users": list{user("bo", "admin"), user("cy", "read")}, "teams": list{team("payments", "read")}})))
	recreate := func() {
		t.Helper()
		const path = "/api/esc/environments/acme"
		for _, call := range []struct {
			method, path string
			body         any
		}{
			{"DELETE", path + "/payments/prod", nil}, {"POST", path, map[string]any{"project": "payments", "name": "prod"}},
		} {
			status, answer := w.Call(w.Token, call.method, call.path, call.body)
			require.Less(t, status, 300, string(answer))
		}
		assign(w, access.Environment, "bo", "admin")
		assign(w, access.Environment, "cy", "read")
	}
	recreate()
	now := held(w, access.Environment)
	require.Contains(t, now, "bo=admin, cy=read")

	assign(w, access.Environment, "ana", "") // its owner
	now = held(w, access.Environment)
	onlyCy := merged(inputs, map[string]any{"users": list{user("cy", "read")}, "teams": list{}})
	_, err := e.Preview(onlyCy)
	require.ErrorContains(t, err, "user bo: admin (this resource did not grant it)")
	require.ErrorContains(t, e.Up(onlyCy), "refused by onForeign")

	e.Said()
	require.NoError(t, e.Destroy())
	assert.Equal(t, now, held(w, access.Environment), "what others granted on the new one stays")
	assert.Contains(t, e.Said(), "recreated")
}

// A refresh of a recreated entity forgets what was granted on the old one, in both modes.
func TestRefreshOfRecreatedEntity(t *testing.T) {
	t.Parallel()
	for _, mode := range []string{"enforce", "report"} {
		w := resourcetest.New(t, estate)
		e := w.Resource("EntityAccess")
		require.NoError(t, e.Up(onEnvironment(map[string]any{"users": list{user("bo", "admin")}})))
		require.NoError(t, e.Up(onEnvironment(map[string]any{"users": list{user("bo", "admin")}, "mode": mode})))
		status, answer := w.Call(w.Token, "DELETE", "/api/esc/environments/acme/payments/prod", nil)
		require.Less(t, status, 300, string(answer))
		status, answer = w.Call(w.Token, "POST", "/api/esc/environments/acme", map[string]any{"project": "payments", "name": "prod"})
		require.Less(t, status, 300, string(answer))
		assign(w, access.Environment, "bo", "admin")
		require.NoError(t, e.Refresh())
		assert.NotContains(t, resourcetest.Show(e.State.Get("granted")), "bo", mode)
	}
}
