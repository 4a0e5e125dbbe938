package resources_test

import (
	"maps"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/cloud"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/server/servertest"
)

const axesEstate = people + `
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
	w := newWorld(t, axesEstate)
	roles := []string{roleNamed(w, "one"), roleNamed(w, "two")}
	e, byHand := w.resource("TeamAccess"), w.resource("TeamAccess")
	empty := w.History()
	rapid.Check(t, func(t *rapid.T) {
		w.Restore(empty)
		*byHand = *byHand.another()
		planted := anyTeamAccess(t, roles)
		require.NoError(t, byHand.up(planted))
		want := axesOf(w.team("payments"))

		*e = *e.another()
		before, after := anyTeamAccess(t, roles), anyTeamAccess(t, roles)
		require.NoError(t, e.up(before))
		maps.Copy(want, declaredAxes(before))
		assert.Equal(t, want, axesOf(w.team("payments")))

		for axis := range declaredAxes(before) {
			want[axis] = map[string]any{}
		}
		maps.Copy(want, declaredAxes(after))
		for range rapid.IntRange(0, 2).Draw(t, "failures") {
			route := rapid.SampledFrom([]string{patchTeamRoute, assignRoleRoute, removeRoleRoute}).Draw(t, "route")
			w.Fault(servertest.Fault{Match: route, Status: 400})
			_ = e.up(after)
			if rapid.Bool().Draw(t, "refresh") {
				require.NoError(t, e.refresh())
			}
		}
		w.Control("DELETE", "faults", nil, nil)
		require.NoError(t, e.up(after))
		assert.Equal(t, want, axesOf(w.team("payments")))
		e.settled(after)
		require.NoError(t, e.refresh())
		e.settled(after)
	})
}

func roleNamed(w world, name string) string {
	w.t.Helper()
	roles, err := w.client(w.Token).Roles(w.t.Context(), "acme", cloud.PurposeRole)
	require.NoError(w.t, err)
	for _, role := range roles {
		if role.Name == name {
			return role.ID
		}
	}
	require.Fail(w.t, "no role "+name)
	return ""
}

// A team that was granted through a role and is granted by entity does not keep the role.
func TestTeamAccessWithoutItsRole(t *testing.T) {
	t.Parallel()
	w := newWorld(t, axesEstate)
	e := w.resource("TeamAccess")
	role := roleNamed(w, "one")
	onStacks := map[string]any{"team": "payments", "stacks": []any{onStack("p", "a", "write")}}
	both := map[string]any{"team": "payments", "stacks": []any{}, "roleIds": []string{role}}
	require.NoError(t, e.up(both))
	_, err := e.preview(onStacks)
	require.NoError(t, err)
	assert.Contains(t, e.said(), "would take away\n  - role "+role)
	// A role that cannot be removed stays in the state, over a refresh too, and goes in the end.
	w.Fault(servertest.Fault{Match: removeRoleRoute, Status: 403})
	require.Error(t, e.up(onStacks))
	assert.Contains(t, shown(e.state), role)
	require.NoError(t, e.refresh())
	assert.Equal(t, []string{"roleIds"}, changed(e.diff(onStacks)))
	require.NoError(t, e.up(onStacks))
	assert.Empty(t, w.team("payments").RoleIDs)
	e.settled(onStacks)
	// A role that comes later is somebody else's.
	w.admin("POST", "/api/orgs/acme/teams/payments/roles/"+role, nil)
	require.NoError(t, e.refresh())
	e.settled(onStacks)
	require.NoError(t, e.destroy())
	assert.Equal(t, []string{role}, w.team("payments").RoleIDs)
}

// A role step that fails after the role was lost does not leave the state with that role.
func TestTeamAccessStateAfterALostRole(t *testing.T) {
	t.Parallel()
	w := newWorld(t, axesEstate)
	e := w.resource("TeamAccess")
	one, two := roleNamed(w, "one"), roleNamed(w, "two")
	require.NoError(t, e.up(map[string]any{"team": "payments", "roleIds": []string{one}, "stacks": []any{}}))
	lost := map[string]any{"team": "payments", "roleIds": []string{two}, "stacks": []any{onStack("p", "a", "read")}}
	w.Fault(servertest.Fault{Match: assignRoleRoute, Status: 400})
	w.admin("DELETE", "/api/orgs/acme/teams/payments/roles/"+one, nil)
	require.Error(t, e.up(lost))
	assert.NotContains(t, shown(e.state), one)
	require.NoError(t, e.up(lost))
	assert.Equal(t, []string{two}, w.team("payments").RoleIDs)
}
