package explained_test

import (
	"strings"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/graph"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/resourcetest"
)

// explainedProgram draws the inputs of a resource twice: as it is, and as it changes.
type explainedProgram struct {
	kind string
	draw func(w explainedWorld, rt *rapid.T) map[string]any
	// use lets people have what the resource grants, which then exists already; nil where they have it in any case.
	use func(w explainedWorld, e *resourcetest.Engine)
	// once says that its creation alone is tried, and what that brings: gains, or losses. A token with another role is another token, and the
	// owner of a stack holds what grants say.
	once string
}

func drawnGrants(rt *rapid.T) []any {
	var all []any
	for _, name := range pickSome(rt, "granted", "payments/dev", "payments/prod") {
		project, environment, _ := strings.Cut(name, "/")
		all = append(all, map[string]any{"project": project, "environment": environment, "permission": pickOne(rt, "level of "+name, "read", "open", "write")})
	}
	return orNone(all)
}

func orNone(all []any) []any {
	if all == nil {
		return []any{}
	}
	return all
}

var explainedPrograms = []explainedProgram{
	{kind: "TeamAccess", draw: func(w explainedWorld, rt *rapid.T) map[string]any {
		roles := []any{}
		if role := pickOne(rt, "role", "", "looks", "opens"); role != "" {
			roles = append(roles, w.roles[role])
		}
		return map[string]any{"team": "t1", "roleIds": roles, "environments": drawnGrants(rt)}
	}},
	{kind: "Role", use: explainedWorld.give, draw: func(_ explainedWorld, rt *rapid.T) map[string]any {
		return map[string]any{"name": "tiers", "access": map[string]any{
			"environments": []any{map[string]any{
				"tags": map[string]any{"tier": pickOne(rt, "tier", "prod", "dev")}, "permission": pickOne(rt, "permission", "read", "open", "write"),
			}},
			"stacks": []any{map[string]any{"project": "payments", "stack": "prod", "permission": pickOne(rt, "on stack", "view", "read", "write")}},
		}}
	}},
	{kind: "TeamMembers", draw: func(_ explainedWorld, rt *rapid.T) map[string]any {
		return map[string]any{"team": "t1", "members": append([]string{"di"}, pickSome(rt, "added", "bo", "cy")...)}
	}},
	{kind: "EntityAccess", draw: func(_ explainedWorld, rt *rapid.T) map[string]any {
		users := []any{map[string]any{"user": "ana", "permission": "admin"}}
		for _, login := range pickSome(rt, "people", "bo", "cy") {
			users = append(users, map[string]any{"user": login, "permission": pickOne(rt, "level of "+login, "read", "open", "admin")})
		}
		return map[string]any{"environment": map[string]any{"project": "payments", "environment": "prod"}, "users": users}
	}},
	{kind: "OrganizationSettings", draw: func(_ explainedWorld, rt *rapid.T) map[string]any {
		return map[string]any{
			"defaultEnvironmentPermission": pickOne(rt, "environments", "none", "read", "open"), "defaultStackPermission": pickOne(rt, "stacks", "none", "read", "write"),
		}
	}},
	{kind: "OidcIssuer", draw: func(w explainedWorld, rt *rapid.T) map[string]any {
		var policies []any
		for _, branch := range pickSome(rt, "branches", "main", "dev", "*") {
			policies = append(policies, map[string]any{
				"decision": pickOne(rt, "decision of "+branch, "allow", "allow", "deny"), "tokenType": "team", "team": pickOne(rt, "team of "+branch, "t1", "t2"),
				"claims": map[string]any{"sub": "repo:acme/app:ref:refs/heads/" + branch},
			})
		}
		return map[string]any{
			"name": "CI", "url": w.CIURL("github"), "maxExpiration": "1h", "policies": orNone(policies), "allow": []any{"wildcardInClaim"},
		}
	}},
	{kind: "ApprovalGate", draw: func(_ explainedWorld, rt *rapid.T) map[string]any {
		return map[string]any{
			"project": "payments", "environment": "prod", "action": "open", "approvers": map[string]any{"users": []any{"ana", pickOne(rt, "approver", "bo", "cy")}},
			"enabled": pickOne(rt, "enabled", true, false), "allowSelfApproval": pickOne(rt, "self", true, false),
		}
	}},
	{kind: "DeploymentRole", draw: func(w explainedWorld, rt *rapid.T) map[string]any {
		return map[string]any{"project": "payments", "stack": "prod", "roleId": w.roles[pickOne(rt, "role", "looks", "opens")]}
	}},
	{
		kind: "Team", draw: func(_ explainedWorld, rt *rapid.T) map[string]any {
			return map[string]any{"name": "t3", "members": append([]string{"di"}, pickSome(rt, "members of t3", "bo", "cy")...)}
		},
		use: func(w explainedWorld, _ *resourcetest.Engine) {
			w.Admin("POST", "/api/orgs/acme/teams/t3/roles/"+w.roles[pickOne(w.rt, "role of t3", "looks", "opens", "tagged")], nil)
			w.addToken(graph.TeamKind, "t3", map[string]any{"team": "t3"})
		},
	},
	{
		kind: "PermissionSet", draw: func(_ explainedWorld, rt *rapid.T) map[string]any {
			more := pickSome(rt, "scopes", "environment:open", "environment_settings:read", "environment_tag:read")
			return map[string]any{"name": "look", "entityType": "environment", "scopes": append([]string{"environment:read"}, more...)}
		},
		use: func(w explainedWorld, e *resourcetest.Engine) {
			role := w.Resource("Role")
			require.NoError(w.rt, role.Up(map[string]any{"name": "by set", "access": map[string]any{
				"environments": []any{map[string]any{"all": true, "permissionSet": e.State.Get("permissionSetId").AsString()}},
			}}))
			w.give(role)
		},
	},
	{kind: "MachineToken", once: "gains", draw: func(w explainedWorld, rt *rapid.T) map[string]any {
		return map[string]any{"name": "ci", "expiresIn": "30d", "roleId": w.roles[pickOne(rt, "role of the token", "looks", "opens", "tagged")]}
	}},
	{kind: "EnvironmentOwner", draw: func(_ explainedWorld, rt *rapid.T) map[string]any {
		return map[string]any{"project": "payments", "environment": "prod", "owner": pickOne(rt, "owner", "ana", "bo", "cy"), "keep": pickSome(rt, "kept", "ana", "bo", "cy")}
	}},
	{kind: "StackOwner", once: "losses", draw: func(_ explainedWorld, rt *rapid.T) map[string]any {
		return map[string]any{"project": "web", "stack": "prod", "owner": pickOne(rt, "owner", "ana", "bo", "cy"), "keep": pickSome(rt, "kept", "ana", "bo", "cy")}
	}},
	{
		kind: "Environment", draw: func(_ explainedWorld, rt *rapid.T) map[string]any {
			return map[string]any{
				"project": "payments", "name": "made", "definition": pickOne(rt, "definition", "values: {a: b}", "imports: [payments/dev]"), "deletionProtected": true,
				"tags": map[string]any{"tier": pickOne(rt, "tier", "prod", "dev")},
			}
		},
		use: func(w explainedWorld, _ *resourcetest.Engine) {
			w.Admin("POST", "/api/orgs/acme/teams/t2/roles/"+w.roles["tagged"], nil)
		},
	},
}
