package teamaccess_test

import (
	"maps"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/cloud"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/resourcetest"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/server/servertest"
)

const axesEstate = resourcetest.People + `
  - {name: one, scopes: ["audit_logs:read"]}
  - {name: two, scopes: ["team:read"]}
teams: [{name: payments}]
stacks: [{project: p, stack: a}, {project: p, stack: b}]
environments: [{project: p, environment: a, definition: "values: {}"}, {project: p, environment: b, definition: "values: {}"}]
accounts: [{account: a, environment: p/a}, {account: b, environment: p/a}]
`

const removeRoleRoute = "DELETE /api/orgs/{orgName}/teams/{teamName}/roles/{roleID}"

// anAxis draws an axis of a TeamAccess: what it grants, or false when the program leaves it out.
func anAxis(t *rapid.T, what string, each func(name, level string) map[string]any, levels ...string) ([]any, bool) {
	if !rapid.Bool().Draw(t, what) {
		return nil, false
	}
	grants := []any{}
	for _, name := range rapid.SliceOfDistinct(rapid.SampledFrom([]string{"a", "b"}), rapid.ID).Draw(t, what+" names") {
		grants = append(grants, each(name, rapid.SampledFrom(levels).Draw(t, what+" level")))
	}
	return grants, true
}

func anyTeamAccess(t *rapid.T, roles []string) map[string]any {
	inputs := map[string]any{"team": "payments"}
	set := func(axis string, grants []any, given bool) {
		if given {
			inputs[axis] = grants
		}
	}
	stacks, given := anAxis(t, "stacks", func(n, l string) map[string]any {
		return map[string]any{"project": "p", "stack": n, "permission": l}
	}, "read", "write")
	set("stacks", stacks, given)
	environments, given := anAxis(t, "environments", func(n, l string) map[string]any {
		return map[string]any{"project": "p", "environment": n, "permission": l}
	}, "read", "open")
	set("environments", environments, given)
	accounts, given := anAxis(t, "accounts", func(n, l string) map[string]any {
		return map[string]any{"account": n, "permission": l}
	}, "read", "write")
	set("accounts", accounts, given)
	if rapid.Bool().Draw(t, "roles") {
		inputs["roleIds"] = rapid.SliceOfN(rapid.SampledFrom(roles), 0, 1).Draw(t, "role")
	}
	if len(inputs) == 1 {
		inputs["stacks"] = []any{}
	}
	return inputs
}

// axesOf is what a team is granted, by axis.
func axesOf(team cloud.Team) map[string]map[string]any {
	axes := map[string]map[string]any{"stacks": {}, "environments": {}, "accounts": {}, "roleIds": {}}
	for _, g := range team.Stacks {
		axes["stacks"][g.Stack] = string(g.Permission.Level())
	}
	for _, g := range team.Environments {
		axes["environments"][g.Environment] = g.Permission
	}
	for _, g := range team.Accounts {
		axes["accounts"][g.Account] = string(g.Permission.Level())
	}
	for _, id := range team.RoleIDs {
		axes["roleIds"][id] = true
	}
	return axes
}

// declaredAxes is the same of inputs, on the axes that they name.
func declaredAxes(inputs map[string]any) map[string]map[string]any {
	axes := map[string]map[string]any{}
	for axis, name := range map[string]string{"stacks": "stack", "environments": "environment", "accounts": "account"} {
		if grants, given := inputs[axis].([]any); given {
			axes[axis] = map[string]any{}
			for _, grant := range grants {
				g := grant.(map[string]any)
				axes[axis][g[name].(string)] = g["permission"]
			}
		}
	}
	if roles, given := inputs["roleIds"].([]string); given {
		axes["roleIds"] = map[string]any{}
		for _, id := range roles {
			axes["roleIds"][id] = true
		}
	}
	return axes
}

// TestTeamAccessTakesAwayWhatLeavesTheProgram is the law of axes: after an update, the team has on every axis what the
// program declares, nothing where it used to, and what it had where it never did; also when the update failed in between.
func TestTeamAccessTakesAwayWhatLeavesTheProgram(t *testing.T) {
	w := resourcetest.New(t, axesEstate)
	roles := []string{w.RoleID("one"), w.RoleID("two")}
	e, byHand := w.Resource("TeamAccess"), w.Resource("TeamAccess")
	empty := w.History()
	rapid.Check(t, func(t *rapid.T) {
		w.Restore(empty)
		*byHand = *byHand.Another()
		planted := anyTeamAccess(t, roles)
		require.NoError(t, byHand.Up(planted))
		want := axesOf(w.Team("payments"))

		*e = *e.Another()
		before, after := anyTeamAccess(t, roles), anyTeamAccess(t, roles)
		require.NoError(t, e.Up(before))
		maps.Copy(want, declaredAxes(before))
		assert.Equal(t, want, axesOf(w.Team("payments")))

		for axis := range declaredAxes(before) {
			want[axis] = map[string]any{}
		}
		maps.Copy(want, declaredAxes(after))
		for range rapid.IntRange(0, 2).Draw(t, "failures") {
			route := rapid.SampledFrom([]string{resourcetest.PatchTeamRoute, assignRoleRoute, removeRoleRoute}).Draw(t, "route")
			w.Fault(servertest.Fault{Match: route, Status: 400})
			_ = e.Up(after)
			if rapid.Bool().Draw(t, "refresh") {
				require.NoError(t, e.Refresh())
			}
		}
		w.Control("DELETE", "faults", nil, nil)
		require.NoError(t, e.Up(after))
		assert.Equal(t, want, axesOf(w.Team("payments")))
		e.Settled(after)
		require.NoError(t, e.Refresh())
		e.Settled(after)
	})
}

// A team that was granted through a role and is granted by entity does not keep the role.
func TestTeamAccessWithoutItsRole(t *testing.T) {
	t.Parallel()
	w := resourcetest.New(t, axesEstate)
	e := w.Resource("TeamAccess")
	role := w.RoleID("one")
	onStacks := map[string]any{"team": "payments", "stacks": []any{resourcetest.OnStack("p", "a", "write")}}
	both := map[string]any{"team": "payments", "stacks": []any{}, "roleIds": []string{role}}
	require.NoError(t, e.Up(both))
	_, err := e.Preview(onStacks)
	require.NoError(t, err)
	assert.Contains(t, e.Said(), "would take away\n  - role "+role)
	// A role that cannot be removed stays in the state, over a refresh too, and goes in the end.
	w.Fault(servertest.Fault{Match: removeRoleRoute, Status: 403})
	require.Error(t, e.Up(onStacks))
	assert.Contains(t, resourcetest.Shown(e.State), role)
	require.NoError(t, e.Refresh())
	assert.Equal(t, []string{"roleIds"}, resourcetest.Changed(e.Diff(onStacks)))
	require.NoError(t, e.Up(onStacks))
	assert.Empty(t, w.Team("payments").RoleIDs)
	e.Settled(onStacks)
	// A role that comes later is somebody else's.
	w.Admin("POST", "/api/orgs/acme/teams/payments/roles/"+role, nil)
	require.NoError(t, e.Refresh())
	e.Settled(onStacks)
	require.NoError(t, e.Destroy())
	assert.Equal(t, []string{role}, w.Team("payments").RoleIDs)
}

// A role step that fails after the role was lost does not leave the state with that role.
func TestTeamAccessStateAfterALostRole(t *testing.T) {
	t.Parallel()
	w := resourcetest.New(t, axesEstate)
	e := w.Resource("TeamAccess")
	one, two := w.RoleID("one"), w.RoleID("two")
	require.NoError(t, e.Up(map[string]any{"team": "payments", "roleIds": []string{one}, "stacks": []any{}}))
	lost := map[string]any{"team": "payments", "roleIds": []string{two}, "stacks": []any{resourcetest.OnStack("p", "a", "read")}}
	w.Fault(servertest.Fault{Match: assignRoleRoute, Status: 400})
	w.Admin("DELETE", "/api/orgs/acme/teams/payments/roles/"+one, nil)
	require.Error(t, e.Up(lost))
	assert.NotContains(t, resourcetest.Shown(e.State), one)
	require.NoError(t, e.Up(lost))
	assert.Equal(t, []string{two}, w.Team("payments").RoleIDs)
}
