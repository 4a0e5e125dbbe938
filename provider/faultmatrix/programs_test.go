package faultmatrix_test

import (
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/enginetest"
)

// seed has what the programs select.
const seed = `
organization: acme
users: [{login: ana, role: admin}, {login: bo}, {login: cy}, {login: di}, {login: eve}, {login: sec}]
roles:
  - {name: developer, scopes: ["stack:read"]}
  - {name: operator, scopes: ["stack:read", "stack:write"]}
teams:
  - {name: payments, members: [bo]}
  - {name: security, members: [sec, eve]}
  - {name: made, members: [eve]}
stacks:
  - {project: web, stack: dev, owner: ana, tags: {tier: dev}}
  - {project: web, stack: prod, owner: ana, tags: {tier: prod}}
environments:
  - {project: web, environment: dev, owner: ana, tags: {tier: dev}, definition: "values: {}"}
  - {project: web, environment: prod, owner: ana, tags: {tier: prod}, definition: "values: {}"}
accounts:
  - {account: aws, owner: ana}
grants:
  - {user: cy, project: web, stack: prod, permission: write}
  - {team: made, project: web, stack: prod, permission: write}
`

type (
	tree = map[string]any
	list = []any
)

// program is one that a resource or component is tried with: it is created as first, updated to each of the others in turn, and deleted.
type program struct {
	kind   string
	first  tree
	others []tree
}

func (p program) declared(inputs tree) []enginetest.Declared {
	return []enginetest.Declared{{Type: p.kind, Name: "x", Inputs: inputs}}
}

func with(inputs tree, more tree) tree {
	out := tree{}
	for key, value := range inputs {
		out[key] = value
	}
	for key, value := range more {
		if out[key] = value; value == nil {
			delete(out, key)
		}
	}
	return out
}

func stackRule(stack, permission string) tree {
	return tree{"project": "web", "stack": stack, "permission": permission}
}

func environmentRule(environment, permission string) tree {
	return tree{"project": "web", "environment": environment, "permission": permission}
}

const existingRole = "arn:aws:iam::123456789012:role/r"

var (
	bySecurity = tree{"approvers": tree{"teams": list{"security"}}}
	existing   = tree{"create": false, "roleArn": existingRole}
	mainBranch = tree{"decision": "allow", "tokenType": "team", "team": "payments", "claims": tree{"sub": "repo:acme/app:ref:refs/heads/main"}}
	devBranch  = tree{"decision": "allow", "tokenType": "team", "team": "made", "claims": tree{"sub": "repo:acme/app:ref:refs/heads/dev"}}
)

// programs are those of every resource and every component. A text "role:NAME" stands for that role's id, "ci:" for the address of a CI
// system.
var programs = []program{
	{"AccessInvariant", tree{
		"scope": "environment:open", "environments": list{"web/prod"}, "allowed": tree{"users": list{"ana"}, "roles": list{"Admin"}},
	}, []tree{{
		"scope": "environment:open", "environments": list{"web/prod"}, "allowed": tree{"users": list{"ana", "bo"}, "roles": list{"Admin"}},
	}}},
	{"ApprovalGate", tree{"project": "web", "environment": "prod", "action": "open", "approvers": tree{"teams": list{"security"}}}, []tree{
		{"project": "web", "environment": "prod", "action": "open", "approvers": tree{"teams": list{"security"}, "users": list{"di"}}, "requiredApprovals": 2},
		{"project": "web", "environment": "dev", "action": "open", "approvers": tree{"teams": list{"security"}}},
	}},
	{"DeploymentRole", tree{"project": "web", "stack": "prod", "roleId": "role:developer"}, []tree{{
		"project": "web", "stack": "prod", "roleId": "role:operator", "oidc": tree{"aws": tree{"roleArn": existingRole}},
	}, {"project": "web", "stack": "prod"}}},
	{"EntityAccess", tree{
		"stack": tree{"project": "web", "stack": "prod"}, "users": list{tree{"user": "bo", "permission": "write"}}, "teams": list{},
	}, []tree{{
		"stack": tree{"project": "web", "stack": "prod"}, "users": list{tree{"user": "bo", "permission": "read"}, tree{"user": "di", "permission": "write"}},
		"teams": list{tree{"team": "payments", "permission": "read"}},
	}}},
	{"Environment", tree{"project": "web", "name": "new", "definition": "values: {a: 1}", "tags": tree{"tier": "prod"}}, []tree{
		{"project": "web", "name": "new", "definition": "values: {a: 2}", "tags": tree{"tier": "dev", "team": "web"}, "deletionProtected": false},
		{"project": "web", "name": "newer", "definition": "values: {a: {fn::secret: hidden}}"},
	}},
	{"EnvironmentOwner", tree{"project": "web", "environment": "prod", "owner": "bo"}, []tree{
		{"project": "web", "environment": "prod", "owner": "cy", "keep": list{"di"}},
	}},
	{"LoginTransition", tree{
		"project": "web", "name": "prod", "needs": tree{"aws.login": "{}"}, "subjects": list{"one"}, "awsReads": "{}",
	}, []tree{{
		"project": "web", "name": "prod", "needs": tree{"aws.login": "{}"}, "subjects": list{"one", "two"}, "awsReads": "{}",
	}}},
	{"MachineToken", tree{"name": "ci", "team": "payments", "expiresIn": "30d"}, []tree{
		{"name": "ci", "team": "payments", "expiresIn": "20d"}, {"name": "ci", "roleId": "role:developer", "expiresIn": "20d"},
	}},
	{"OidcIssuer", tree{"name": "ci", "url": "ci:", "policies": list{mainBranch}}, []tree{
		{"name": "CI", "url": "ci:", "maxExpiration": "1h", "policies": list{devBranch}},
		{"name": "CI", "url": "ci:", "maxExpiration": "1h", "policies": list{}},
	}},
	{"OrganizationSettings", tree{"defaultStackPermission": "none", "membersCanCreateTeams": false}, []tree{{
		"defaultEnvironmentPermission": "none", "membersCanCreateTeams": true, "maxAccessTokenExpiry": "90d", "defaultRoleId": "role:developer",
	}}},
	{"PermissionSet", tree{"name": "lookers", "entityType": "stack", "scopes": list{"stack:read"}}, []tree{
		{"name": "lookers", "description": "who look", "entityType": "stack", "scopes": list{"stack:read", "stack:list"}},
		{"name": "lookers", "entityType": "environment", "scopes": list{"environment:read"}},
	}},
	{"Role", tree{"name": "lookers", "access": tree{"stacks": list{stackRule("dev", "read")}}}, []tree{
		{"name": "watchers", "description": "who look", "access": tree{"stacks": list{stackRule("dev", "write"), stackRule("prod", "read")}, "scopes": list{"audit_logs:read"}}},
	}},
	{"StackOwner", tree{"project": "web", "stack": "prod", "owner": "bo"}, []tree{{"project": "web", "stack": "prod", "owner": "cy", "keep": list{"di"}}}},
	{"Team", tree{"name": "new", "members": list{"bo"}, "admins": list{"cy"}}, []tree{
		{"name": "new", "displayName": "New", "description": "d", "members": list{"cy", "di"}},
		{"name": "newer", "members": list{"cy", "di"}},
	}},
	{"TeamMembers", tree{"team": "payments", "members": list{"cy"}}, []tree{{"team": "payments", "members": list{"di"}, "admins": list{"cy"}}, {"team": "made", "members": list{"di"}}}},
	{"TeamAccess", tree{
		"team": "payments", "roleIds": list{"role:developer"}, "stacks": list{stackRule("dev", "read")}, "environments": list{environmentRule("dev", "read")},
	}, []tree{{
		"team": "payments", "roleIds": list{"role:operator"}, "stacks": list{stackRule("prod", "write"), stackRule("dev", "write")},
		"environments": list{with(environmentRule("dev", "open"), tree{"maxOpenDuration": "1h"})}, "accounts": list{tree{"account": "aws", "permission": "read"}},
	}}},

	{"ScopedTeam", tree{
		"name": "one", "members": list{"bo"}, "access": tree{"stacks": list{stackRule("dev", "write")}}, "token": tree{"expiresIn": "30d"},
	}, []tree{
		{"name": "one", "members": list{"cy"}, "admins": list{"di"}, "access": tree{
			"stacks": list{stackRule("prod", "read")}, "environments": list{environmentRule("prod", "open")}, "scopes": list{"audit_logs:read"},
		}, "token": tree{"expiresIn": "20d"}},
		{"name": "one", "members": list{"cy"}, "grantThrough": "entity", "access": tree{"stacks": list{stackRule("prod", "read")}}},
		{"name": "two", "members": list{"cy"}, "grantThrough": "entity", "access": tree{"stacks": list{stackRule("prod", "read")}}},
	}},
	{"BreakGlass", tree{
		"name": "glass", "members": list{tree{"user": "bo", "until": "2030-03-01T13:00:00Z"}}, "maxOpenDuration": "1h", "approvers": tree{"users": list{"eve"}},
		"access": tree{"environments": list{environmentRule("prod", "open")}},
	}, []tree{{
		"name": "glass", "members": list{tree{"user": "cy", "until": "2030-03-01T14:00:00Z"}}, "maxOpenDuration": "2h", "approvers": tree{"users": list{"eve", "di"}},
		"access": tree{"environments": list{environmentRule("dev", "open"), environmentRule("prod", "read")}, "stacks": list{stackRule("dev", "read")}},
	}}},
	{"CiTrust", tree{
		"provider": "github", "name": "ci", "team": "payments", "repositories": list{tree{"repository": "acme/app", "ownerId": "1", "repositoryId": "2", "branches": list{"main"}}},
	}, []tree{{
		"provider": "github", "name": "ci", "team": "made", "maxExpiration": "1h", "repositories": list{
			tree{"repository": "acme/app", "ownerId": "1", "repositoryId": "2", "tags": list{"v1"}},
			tree{"repository": "acme/web", "ownerId": "1", "repositoryId": "3", "environments": list{"prod"}, "roleId": "role:developer"},
		},
	}}},
	{"DeploymentRoleAssignment", tree{"project": "web", "stack": "prod", "access": tree{"environments": list{environmentRule("prod", "open")}}}, []tree{{
		"project": "web", "stack": "prod", "access": tree{"environments": list{environmentRule("dev", "open")}, "stacks": list{stackRule("dev", "read")}},
		"oidc": tree{"aws": existing},
	}, {"project": "web", "stack": "prod", "roleId": "role:operator"}}},
	{"OrganizationBaseline", tree{}, []tree{{
		"membersCanCreateTeams": true, "machineTokenMaxExpiry": "60d", "defaultDeploymentRoleId": "role:developer",
	}}},
	{"ProductionEnvironment", tree{
		"project": "pay", "name": "prod", "values": tree{"a": "b"}, "deletionProtected": false, "openApproval": bySecurity, "tags": tree{"tier": "prod"}, "aws": existing,
	}, []tree{{
		"project": "pay", "name": "prod", "values": tree{"a": "c", "d": "e"}, "deletionProtected": false, "openApproval": with(bySecurity, tree{"requiredApprovals": 2}),
		"tags": tree{"tier": "dev"}, "aws": existing, "lock": tree{"users": list{"bo"}},
	}, {
		"project": "pay", "name": "prod", "values": tree{"a": "c"}, "deletionProtected": false, "updateApproval": bySecurity,
	}}},
	{"ReadOnlyCloudAccess", tree{
		"project": "pay", "name": "look", "lock": tree{"users": list{"bo"}}, "aws": existing, "deletionProtected": false,
	}, []tree{{
		"project": "pay", "name": "look", "lock": tree{"users": list{"bo", "cy"}}, "aws": existing, "openApproval": bySecurity, "deletionProtected": false,
	}}},
	{"SecretStoreEnvironment", tree{
		"project": "pay", "name": "keys", "aws": existing, "deletionProtected": false,
		"secrets": tree{"awsSecretsManager": tree{"region": "eu-west-1", "get": tree{"password": tree{"secretId": "pay/db"}}}},
	}, []tree{{
		"project": "pay", "name": "keys", "aws": existing, "deletionProtected": false, "openApproval": bySecurity,
		"secrets": tree{"awsSecretsManager": tree{"region": "eu-west-1", "get": tree{"password": tree{"secretId": "pay/db"}, "other": tree{"secretId": "pay/other"}}}},
	}}},
	{"TieredAccess", tree{
		"tiers": list{tree{"name": "dev", "tags": tree{"tier": "dev"}, "people": tree{"stacks": "write", "environments": "open"}}},
		"teams": list{tree{"name": "app", "members": list{"bo"}, "tiers": list{"dev"}, "tags": tree{"team": "app"}}},
	}, []tree{{
		"tiers": list{
			tree{"name": "dev", "tags": tree{"tier": "dev"}, "people": tree{"stacks": "write", "environments": "read"}},
			tree{"name": "prod", "tags": tree{"tier": "prod"}, "people": tree{"stacks": "read"}},
		},
		"teams": list{
			tree{"name": "app", "members": list{"cy"}, "tiers": list{"dev", "prod"}, "tags": tree{"team": "app"}},
			tree{"name": "ops", "members": list{"di"}, "tiers": list{"prod"}, "tags": tree{"team": "ops"}},
		},
	}}},
}

// filled is a value with ids and addresses in place of what stands for them.
func filled(value any, ids map[string]string) any {
	switch value := value.(type) {
	case string:
		if id, ok := ids[value]; ok {
			return id
		}
	case list:
		out := make(list, len(value))
		for i, element := range value {
			out[i] = filled(element, ids)
		}
		return out
	case tree:
		out := tree{}
		for key, element := range value {
			out[key] = filled(element, ids)
		}
		return out
	}
	return value
}
