package server_test

import (
	"strings"
	"testing"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/server"
)

const fullSeed = `
organization: acme
settings: {defaultStackPermission: read, defaultEnvironmentPermission: open, defaultAccountPermission: write, maxAccessTokenExpiryDays: 90,
  defaultDeploymentRole: deployer, membersCanCreateTeams: false}
users: [{login: ana, role: admin}, {login: bo, role: deployer}, {login: cy}]
roles:
  - {name: deployer, scopes: ["stack:read"]}
  - {name: viewer, purpose: set, resourceType: stack, scopes: ["stack:read"]}
  - name: scoped
    details: {__type: PermissionDescriptorGroup, entries: [{__type: PermissionDescriptorAllow, permissions: ["team:read"]}]}
teams: [{name: payments, members: [bo], admins: [cy], role: deployer, displayName: Payments}]
stacks: [{project: p, stack: dev, owner: bo, tags: {a: b}}]
environments: [{project: p, environment: dev, definition: "values: {}", owner: cy, tags: {t: v}, deletionProtected: true}]
accounts: [{account: aws, provider: aws, environment: p/dev, owner: cy, tags: {t: v}}]
grants:
  - {team: payments, project: p, stack: dev, permission: write}
  - {team: payments, project: p, environment: dev, permission: open, maxOpenDuration: 1h}
  - {team: payments, account: aws, permission: read}
  - {user: cy, project: p, stack: dev, permission: read}
`

func TestSeedIsPlanted(t *testing.T) {
	t.Parallel()
	s := startScene(t, fullSeed)
	team := s.admin().do("GET /teams/payments", nil).want(200)
	team.equal("bo,cy", team.names("members", "githubLogin")).equal("member,admin", team.names("members", "role"))
	team.equal("1h0m0s", team.str("environments", 0, "maxOpenDuration"))
	if team.at("stacks", 0, "permission") != 102.0 || team.at("accounts", 0, "permission") != 1.0 || len(team.list("roleIds")) != 1 {
		t.Errorf("grants are missing: %s", team.raw)
	}
	users := s.admin().do("GET /api/stacks/acme/p/dev/collaborators", nil).want(200)
	users.equal("bo", users.str("stackCreatorUserName"))
	if users.at("users", 1, "permission") != 101.0 {
		t.Errorf("the direct grant of cy is missing: %s", users.raw)
	}
	settings := s.admin().do("GET /metadata", nil).want(200)
	if settings.at("defaultStackPermission") != 101.0 || settings.str("defaultDeploymentRoleId") == "" ||
		settings.at("membersCanCreateTeams") != false || settings.at("membersCanCreateStacks") != true {
		t.Errorf("settings are missing: %s", settings.raw)
	}
}

func TestSeedErrorsNameThePath(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ seed, want string }{
		{"orgnization: acme", "unknown key orgnization (line 1)"},
		{"users: [{login: ana, role: admin, rank: 1}]", "unknown key users[0].rank"},
		{"users: {login: ana}", "users (line 1) is not a list"},
		{"users: [ana]", "users[0] (line 1) is not a mapping"},
		{"users: [{login: [a]}]", "users[0].login (line 1) is not a text"},
		{"users: [{login: a, login: b}]", "users[0].login twice"},
		{"users: []", "users: none is an admin"},
		{"users: [{login: bo}]", "users: none is an admin"},
		{"users: [{login: a/b}]", `users[0].login: "a/b" is not a valid login`},
		{"users: [{login: bo, role: boss}]", `users[0].role: there is no role "boss"`},
		{"settings: {defaultStackPermission: all}", `settings.defaultStackPermission: "all" is none of none, read`},
		{"settings: {membersCanCreateStacks: perhaps}", "settings.membersCanCreateStacks (line 1) is not true or false"},
		{"settings: {maxAccessTokenExpiryDays: -1}", "settings.maxAccessTokenExpiryDays"},
		{"teams: [{name: t, members: [bo]}]", `teams[0].members[0]: there is no user "bo"`},
		{"teams: [{name: a/b}]", "teams[0].name"},
		{"teams: [{name: t, kind: club}]", "teams[0].kind"},
		{"roles: [{name: r}]", "roles[0]: give scopes or details"},
		{`roles: [{name: r, scopes: ["stack:fly"]}]`, "roles[0]: invalid permission 'stack:fly'"},
		{"roles: [{name: r, details: {__type: Nonsense}}]", "roles[0]"},
		{"stacks: [{project: p}]", "stacks[0]: give project and stack"},
		{"stacks: [{project: p, stack: s}, {project: p, stack: s}]", "stacks[1]: there is another stack p/s"},
		{"stacks: [{project: p, stack: s, owner: zed}]", `stacks[0].owner: there is no user "zed"`},
		{"environments: [{project: p, environment: e, owner: zed}]", "environments[0].owner"},
		{"accounts: [{account: a, provider: vax}]", "accounts[0].provider"},
		{"grants: [{team: t}]", `grants[0].team: there is no team "t"`},
		{"grants: [{}]", "grants[0]: give team or user"},
		{"teams: [{name: t}]\ngrants: [{team: t, project: p, stack: s, permission: read}]", "grants[0]: there is no stack p/s"},
		{"teams: [{name: t}]\ngrants: [{team: t, permission: read}]", "grants[0]: give one of stack"},
		{"users: [", "not valid YAML"},
		{"users: &u []\nteams: *u", "teams is an alias"},
		{"organization: a\n---\norganization: b", "more than one YAML document"},
	} {
		_, err := server.New(server.Options{Seed: []byte(tc.seed)})
		if err == nil || !strings.Contains(err.Error(), tc.want) {
			t.Errorf("seed %q: got error %v, want %q in it", tc.seed, err, tc.want)
		}
	}
}

// Whatever a seed says, its objects are added whole or refused with an error; it never panics.
func FuzzSeed(f *testing.F) {
	f.Add(fullSeed)
	f.Add(acmeSeed)
	f.Add("users: [{login: ana, role: admin}]\nroles: [{name: r, details: {__type: PermissionDescriptorCompose, permissionDescriptors: [x]}}]")
	f.Fuzz(func(t *testing.T, seed string) {
		s, err := server.New(server.Options{Seed: []byte(seed)})
		if (s == nil) == (err == nil) {
			t.Fatalf("got server %v and error %v", s != nil, err)
		}
	})
}
