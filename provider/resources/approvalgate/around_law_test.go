package approvalgate_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/resourcetest"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/core"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/server"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/server/servertest"
)

// tried are the logins of those who try to go around a gate.
var tried = []string{"p0", "p1"}

// drawAroundSeed draws what these hold on payments/prod: scopes by a role of their own, a level by a team, another one by default.
func drawAroundSeed(t *rapid.T) string {
	scopes := []string{
		"environment:read", "environment:open", "environment_version:open", "environment:write", "environment:clone", "environment:delete",
		"environment:create", "environment:restore_deleted", "environment:list_deleted", "change_gate:create", "change_gate:update", "change_gate:delete",
	}
	var users, roles, teams, grants strings.Builder
	for i, login := range tried {
		role := "member"
		if rapid.Bool().Draw(t, login+" has a role") {
			role = fmt.Sprintf("role%d", i)
			held := rapid.SliceOfNDistinct(rapid.SampledFrom(scopes), 1, len(scopes), rapid.ID).Draw(t, role)
			fmt.Fprintf(&roles, "- {name: %s, scopes: [%s]}\n", role, `"`+strings.Join(held, `", "`)+`"`)
		}
		fmt.Fprintf(&users, "- {login: %s, role: %s}\n", login, role)
		if level := rapid.SampledFrom([]string{"", "read", "open", "write", "admin"}).Draw(t, "level of the team of "+login); level != "" {
			fmt.Fprintf(&teams, "- {name: team%d, members: [%s]}\n", i, login)
			fmt.Fprintf(&grants, "- {team: team%d, project: payments, environment: prod, permission: %s}\n", i, level)
		}
	}
	return "organization: acme\nusers:\n- {login: ana, role: admin}\n- {login: sec, role: member}\n" + users.String() +
		"settings: {defaultEnvironmentPermission: " + rapid.SampledFrom([]string{"none", "read", "open", "write"}).Draw(t, "default") + "}\n" +
		"roles:\n- {name: unused, scopes: [\"team:read\"]}\n" + roles.String() +
		"teams:\n- {name: security, members: [sec]}\n" + teams.String() +
		"environments:\n- {project: payments, environment: prod, definition: \"values: {a: 1}\"}\n" +
		"grants:\n- {team: security, project: payments, environment: prod, permission: read}\n" + grants.String()
}

// attempt is a call, and whether it was done.
func attempt(w resourcetest.World, login, method, path string, body any) bool {
	status, _ := w.Call(w.TokenFor(servertest.Identity{User: login}), method, path, body)
	return status < http.StatusMultipleChoices
}

// goesAround tries every way around a gate, one after another, and returns the first that led to what the gate guards.
func goesAround(w resourcetest.World, login, action, gateID string) string {
	reaches := func(path string) bool {
		if action == "open" {
			return attempt(w, login, "POST", path+"/open?duration=1h", nil)
		}
		return attempt(w, login, "PATCH", path, resourcetest.Tree{"values": resourcetest.Tree{"a": 2}}) // JSON is YAML
	}
	const copied = "/api/esc/environments/acme/payments/copy"
	disabled := resourcetest.Tree{
		"name": "x", "enabled": false,
		"target": resourcetest.Tree{"entityType": "environment", "qualifiedName": "payments/prod", "actionTypes": []string{action}},
		"rule": resourcetest.Tree{
			"ruleType": "approval_required", "numApprovalsRequired": 1, "allowSelfApproval": false, "requireReapprovalOnChange": true,
			"eligibleApprovers": []resourcetest.Tree{{"eligibilityType": "specific_user", "userLogin": "sec"}},
		},
	}
	named := resourcetest.Tree{"project": "payments", "name": "prod"}
	latest := resourcetest.Tree{"project": "payments", "name": "prod", "deletionTimestamp": ""}
	before := w.State()
	for _, way := range []struct {
		name string
		goes func() bool
	}{
		{"does what is guarded", func() bool { return reaches(resourcetest.EnvironmentPath) }},
		{"deletes the gate", func() bool {
			return attempt(w, login, "DELETE", resourcetest.GatesPath+"/"+gateID, nil) && reaches(resourcetest.EnvironmentPath)
		}},
		{"puts the gate out of force", func() bool {
			return attempt(w, login, "PUT", resourcetest.GatesPath+"/"+gateID, disabled) && reaches(resourcetest.EnvironmentPath)
		}},
		{"copies the environment", func() bool {
			return action == "open" && attempt(w, login, "POST", resourcetest.EnvironmentPath+"/clone", resourcetest.Tree{"project": "payments", "name": "copy"}) &&
				reaches(copied)
		}},
		{"deletes and restores the environment", func() bool {
			return attempt(w, login, "DELETE", resourcetest.EnvironmentPath, nil) &&
				attempt(w, login, "PUT", "/api/esc/environments/acme/restore", latest) && reaches(resourcetest.EnvironmentPath)
		}},
		{"creates the environment anew", func() bool {
			return action == "update" && attempt(w, login, "DELETE", resourcetest.EnvironmentPath, nil) &&
				attempt(w, login, "POST", "/api/esc/environments/acme", named) && reaches(resourcetest.EnvironmentPath)
		}},
	} {
		reached := way.goes()
		w.Restore(before)
		if reached {
			return way.name
		}
	}
	return ""
}

// Whoever gets around a gate on the sandbox, by whichever way, is named at preview.
func TestWhoGetsAroundAGateIsNamedProperty(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		seed := drawAroundSeed(rt)
		w := resourcetest.On(t, servertest.Start(t, server.Options{Seed: []byte(seed), Clone: core.CloneUnchecked}))
		action := rapid.SampledFrom([]string{"open", "update"}).Draw(rt, "action")
		e := w.Resource("ApprovalGate")
		_, err := e.Preview(resourcetest.GateBySec(action, nil))
		require.NoError(t, err)
		said := e.Said()
		require.NoError(t, e.Up(resourcetest.GateBySec(action, nil)))
		for _, login := range tried {
			if way := goesAround(w, login, action, e.State.Get("gateId").AsString()); way != "" {
				assert.Contains(rt, said, "user "+login+" ", "%s %s\n%s", login, way, seed)
			}
		}
	})
}

// Each way alone suffices: who holds just what it takes gets around, and is named with the scope; without one of its scopes, neither.
func TestEachWayAroundAGate(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		action, way, names string
		scopes             []string
	}{
		{"open", "deletes the gate", "change_gate:delete", []string{"environment:read", "environment:open", "change_gate:delete"}},
		{"open", "puts the gate out of force", "change_gate:update", []string{"environment:read", "environment:open", "change_gate:update"}},
		{"open", "copies the environment", "environment:clone", []string{"environment:read", "environment:open", "environment:clone", "environment:create"}},
		{
			"open", "deletes and restores the environment", "environment:delete",
			[]string{"environment:read", "environment:open", "environment:delete", "environment:restore_deleted"},
		},
		{"update", "deletes the gate", "change_gate:delete", []string{"environment:read", "environment:write", "change_gate:delete"}},
		{"update", "puts the gate out of force", "change_gate:update", []string{"environment:read", "environment:write", "change_gate:update"}},
		{"update", "creates the environment anew", "environment:delete", []string{"environment:read", "environment:delete", "environment:create"}},
	} {
		for without := range len(test.scopes) + 1 {
			held := slices.Clone(test.scopes)
			if without < len(held) {
				held = slices.Delete(held, without, without+1)
			}
			seed := "organization: acme\nusers: [{login: ana, role: admin}, {login: sec, role: none}, {login: p0, role: held}]\n" +
				"roles:\n- {name: none, scopes: [\"team:read\"]}\n- {name: held, scopes: [\"team:read\", \"" + strings.Join(held, `", "`) + "\"]}\n" +
				"environments:\n- {project: payments, environment: prod, definition: \"values: {a: 1}\"}\n"
			w := resourcetest.On(t, servertest.Start(t, server.Options{Seed: []byte(seed), Clone: core.CloneUnchecked}))
			e := w.Resource("ApprovalGate")
			_, err := e.Preview(resourcetest.GateBySec(test.action, nil))
			require.NoError(t, err)
			said := e.Said()
			require.NoError(t, e.Up(resourcetest.GateBySec(test.action, nil)))
			way := goesAround(w, "p0", test.action, e.State.Get("gateId").AsString())
			if without == len(test.scopes) {
				assert.Equal(t, test.way, way)
				assert.Contains(t, said, "user p0 holds "+test.names+": ")
			} else if way != "" {
				assert.Contains(t, said, "user p0 ", "%v %s", held, way)
			}
		}
	}
}
