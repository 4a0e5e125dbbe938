package approvalgate_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/access"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/approval"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/resourcetest"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/server/servertest"
)

const aroundSeed = `
organization: acme
users:
- {login: ana, role: admin}
- {login: sec, role: nothing}
- {login: bo, role: nothing}
- {login: cy, role: copies}
- {login: di, role: opens}
- {login: eve, role: writes}
- {login: fay, role: clones}
- {login: gil, role: opens and deletes gates}
- {login: hal, role: changes gates}
- {login: sue, role: copies, suspended: true}
roles:
- {name: nothing, scopes: ["team:read"]}
- {name: copies, scopes: ["environment:read", "environment:clone"]}
- {name: opens, scopes: ["environment:read", "environment:open", "environment_version:open"]}
- {name: writes, scopes: ["environment:read", "environment:open", "environment:write", "change_gate:update"]}
- {name: clones, scopes: ["environment:clone"]}
- {name: opens and deletes gates, scopes: ["environment_version:open", "change_gate:delete"]}
- {name: changes gates, scopes: ["change_gate:update", "change_gate:delete"]}
teams:
- {name: payments, members: [bo]}
environments:
- {project: payments, environment: prod, definition: "imports: [payments/base]"}
- {project: payments, environment: base, definition: "values: {a: 1}"}
grants:
- {team: payments, project: payments, environment: prod, permission: open}
`

// Previews name those who can do what a gate holds back without its approval, each with the scope and where it comes from.
func TestPreviewNamesWhoGoesAroundAGate(t *testing.T) {
	t.Parallel()
	w := resourcetest.New(t, aroundSeed)
	for action, test := range map[string]struct{ named, not []string }{
		"open": {
			[]string{
				"user bo holds environment:clone: ", "team payments holds environment:clone", "user cy holds environment:clone",
				"user eve holds change_gate:update", "user gil (possibly) holds change_gate:delete",
				"without them: environment:open, environment:read", "Administrators hold every scope: ana", "roles of deployments",
			},
			[]string{"user di", "user fay", "user hal", "user sue", "user ana"},
		},
		"update": {
			[]string{"user eve holds change_gate:update", "Administrators hold every scope: ana", "Environment Write and Admin hold change_gate"},
			[]string{"user bo", "user cy", "user di", "user gil", "user hal", "team payments"},
		},
	} {
		w.Reset()
		e := w.Resource("ApprovalGate")
		_, err := e.Preview(resourcetest.GateBySec(action, nil))
		require.NoError(t, err)
		said := e.Said()
		for _, text := range test.named {
			assert.Contains(t, said, text, action)
		}
		for _, text := range test.not {
			assert.NotContains(t, said, text, action)
		}
		assert.Empty(t, w.Writes(), "a preview only reads")

		_, err = e.Preview(resourcetest.GateBySec(action, map[string]any{"enabled": false}))
		require.NoError(t, err)
		assert.NotContains(t, e.Said(), "without an approval", "it is not in force")
		_, err = e.Preview(resourcetest.GateBySec(action, map[string]any{"action": resourcetest.Unknown}))
		require.NoError(t, err)
		assert.NotContains(t, e.Said(), "without an approval", "what is not known is left to the next preview")

		require.NoError(t, e.Up(resourcetest.GateBySec(action, nil)))
		assert.NotContains(t, e.Said(), "without an approval", "an update says nothing that its preview said")
		_, err = e.Preview(resourcetest.GateBySec(action, map[string]any{"requiredApprovals": 1, "name": "another"}))
		require.NoError(t, err)
		assert.Contains(t, e.Said(), test.named[0], "a preview of a change says it again")
	}
}

// Names are bounded; all gates of a preview read the organization once; nothing that a preview says costs an update a call.
func TestWhoGoesAroundAGateIsBounded(t *testing.T) {
	t.Parallel()
	var people strings.Builder
	for i := range 30 {
		fmt.Fprintf(&people, "- {login: p%02d, role: copies}\n", i)
	}
	w := resourcetest.New(t, strings.Replace(aroundSeed, "roles:\n", people.String()+"roles:\n", 1))
	e := w.Resource("ApprovalGate")
	_, err := e.Preview(resourcetest.GateBySec("open", nil))
	require.NoError(t, err)
	said := e.Said()
	assert.Contains(t, said, "p10")
	assert.NotContains(t, said, "p29")
	assert.Contains(t, said, "... and 15 more", "35 are found, and 20 are named")
	w.Reset()
	_, err = e.Preview(resourcetest.GateBySec("open", nil))
	require.NoError(t, err)
	assert.Less(t, w.Requests().Total, 5, "the organization is read once: %v", w.Calls())
}

// Of an environment that does not exist yet, those are named who reach every one.
func TestWhoGoesAroundAGateOnAnEnvironmentToCome(t *testing.T) {
	t.Parallel()
	w := resourcetest.New(t, aroundSeed)
	e := w.Resource("ApprovalGate")
	_, err := e.Preview(resourcetest.GateBySec("open", map[string]any{"environment": "later"}))
	require.NoError(t, err)
	said := e.Said()
	assert.Contains(t, said, "user cy holds environment:clone")
	assert.NotContains(t, said, "user bo")
	assert.Contains(t, said, "The environment is not there yet")
}

// What cannot be read is said, and never fails a preview.
func TestWhoGoesAroundAGateThatCannotBeTold(t *testing.T) {
	t.Parallel()
	for route, status := range map[string]int{
		"GET /api/orgs/{orgName}/metadata": http.StatusForbidden, "GET /api/orgs/{orgName}/roles": http.StatusForbidden,
		"GET /api/orgs/{orgName}/teams": http.StatusBadRequest, "GET /api/orgs/{orgName}/members": http.StatusForbidden,
	} {
		w := resourcetest.New(t, aroundSeed)
		w.Fault(servertest.Fault{Match: route, Times: 1000, Status: status})
		e := w.Resource("ApprovalGate")
		_, err := e.Preview(resourcetest.GateBySec("open", nil))
		require.NoError(t, err, route)
		said := e.Said()
		assert.True(t, strings.Contains(said, "could not be told") || strings.Contains(said, "Could not be read"), "%s: %s", route, said)
		assert.NotContains(t, said, "nobody but administrators", route)
		assert.Positive(t, w.Calls()[route], "%v", w.Calls())
	}
	w := resourcetest.New(t, aroundSeed)
	e := w.With(w.TokenFor(servertest.Identity{User: "di"}), "ApprovalGate")
	_, err := e.Preview(resourcetest.GateBySec("open", nil))
	require.NoError(t, err)
	assert.Contains(t, e.Said(), "who could go around it without an approval could not be told")
	e = w.With(w.TokenFor(servertest.Identity{User: "bo"}), "ApprovalGate")
	_, err = e.Preview(resourcetest.GateBySec("open", nil))
	require.NoError(t, err)
	assert.Contains(t, e.Said(), "Could not be read, and may hide others: ", "lists are short for this token")
}

const writersSeed = `
organization: acme
users: [{login: ana, role: admin}, {login: sec, role: none}, {login: wim, role: none}, {login: sam, role: scoped}, {login: deployer, role: admin}]
roles:
- {name: none, scopes: ["team:read"]}
- {name: scoped, scopes: [SCOPED]}
- {name: writes, scopes: ["environment:read", "environment:open", "environment:write", "change_gate:delete"]}
teams:
- {name: deployer, members: [wim]}
stacks:
- {project: payments, stack: prod, environment: payments/prod}
- {project: web, stack: prod}
environments:
- {project: payments, environment: prod, definition: "values: {a: 1}"}
grants:
- {team: deployer, project: payments, environment: prod, permission: write}
`

// Environment Write takes a gate away: its holders are named, by themselves and by their team, also where the team is called like an
// administrator; who holds the scopes that the preview says is not; and so are deployments of stacks that import the environment.
func TestPreviewNamesWhoWritesAndSaysHowNot(t *testing.T) {
	t.Parallel()
	for _, action := range []string{"open", "update"} {
		scoped := approval.ScopesBehindGate(access.Write)
		w := resourcetest.New(t, strings.Replace(writersSeed, "SCOPED", `"`+strings.Join(scoped, `", "`)+`"`, 1))
		w.Admin("POST", "/api/stacks/acme/payments/prod/deployments/settings", resourcetest.Tree{
			"operationContext": resourcetest.Tree{"role": resourcetest.Tree{"id": w.RoleID("writes")}},
		})
		e := w.Resource("ApprovalGate")
		_, err := e.Preview(resourcetest.GateBySec(action, nil))
		require.NoError(t, err)
		said := e.Said()
		for _, text := range []string{
			"change_gate:update, change_gate:delete: team deployer > grant on the entity: write", "user wim holds ", "team deployer holds ",
			"deployment payments/prod holds change_gate:delete: deployment role", "Administrators hold every scope: ana, deployer.", strings.Join(scoped, ", "),
		} {
			assert.Contains(t, said, text, action)
		}
		assert.NotContains(t, said, "user sam", action)
		assert.NotContains(t, said, "web/prod", action)

		require.NoError(t, e.Up(resourcetest.GateBySec(action, nil)))
		gate := resourcetest.GatesPath + "/" + e.State.Get("gateId").AsString()
		assert.False(t, attempt(w, "sam", "DELETE", gate, nil), "the scopes that the preview says leave the gate where it is")
		if action == "open" {
			assert.False(t, attempt(w, "sam", "POST", resourcetest.EnvironmentPath+"/open?duration=1h", nil))
			assert.False(t, attempt(w, "wim", "POST", resourcetest.EnvironmentPath+"/open?duration=1h", nil))
		}
		assert.True(t, attempt(w, "wim", "DELETE", gate, nil))
		if action == "open" {
			assert.True(t, attempt(w, "wim", "POST", resourcetest.EnvironmentPath+"/open?duration=1h", nil))
		}
	}
}
