package server_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/server"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/server/servertest"
)

// powerless are the kinds of callers without any grant in acmeSeed, defaults and toggles being off.
func (s scene) powerless() map[string]actor {
	none := s.admin().roleWith("nothing", groupOf())
	return map[string]actor{
		"a member":                      s.as("bo"),
		"a billing manager":             s.as("dee"),
		"a team token":                  s.identity(servertest.Identity{Team: "empty"}),
		"an organization token":         s.identity(servertest.Identity{Organization: true}),
		"a token with an empty role":    s.identity(tokenWithRole(none)),
		"a deployment of another stack": s.identity(servertest.Identity{Deployment: &servertest.Deployment{Project: "web", Stack: "dev"}}),
	}
}

// Nobody without a grant sees or changes anything.
func TestNoGrantNoAccess(t *testing.T) {
	t.Parallel()
	s := startScene(t, acmeSeed)
	actors := s.powerless()
	before := string(s.State())
	const stack, env, account = "/api/stacks/acme/payments/dev", "/api/esc/environments/acme/payments/dev", "/api/preview/insights/acme/accounts/aws-prod"
	calls := []struct {
		call string
		body any
	}{
		{"GET " + stack, nil}, {"GET " + stack + "/metadata", nil}, {"GET " + stack + "/collaborators", nil}, {"GET " + stack + "/teams", nil},
		{"DELETE " + stack, nil}, {"PATCH " + stack + "/tags", obj{"a": "b"}}, {"POST " + stack + "/tags", obj{"name": "a", "value": "b"}},
		{"DELETE " + stack + "/collaborators/ana", nil}, {"POST " + stack + "/ownership", obj{"githubLogin": "bo", "name": "", "avatarUrl": ""}},
		{"GET " + stack + "/deployments/settings", nil}, {"POST " + stack + "/deployments/settings", obj{"tag": "x"}},
		{"DELETE " + stack + "/deployments/settings", nil}, {"POST /api/stacks/acme/payments", obj{"stackName": "mine"}},
		{"PATCH /api/console/stacks/acme/payments/dev/teams/payments", obj{"permissions": 103}},
		{"GET " + env, nil}, {"GET " + env + "/metadata", nil}, {"GET " + env + "/decrypt", nil}, {"POST " + env + "/open?duration=1h", nil}, {"DELETE " + env, nil},
		{"GET " + account, nil}, {"DELETE " + account, nil}, {"PATCH " + account + "/teams/payments", obj{"permissions": 3}},
		{"POST /teams/pulumi", obj{"name": "mine", "displayName": "", "description": ""}}, {"DELETE /teams/payments", nil},
		{"PATCH /teams/empty", obj{"member": "bo", "memberAction": "add"}}, {"POST /teams/payments/tokens", obj{"name": "t", "description": "", "expires": 0}},
		{"GET /roles?uxPurpose=role", nil}, {"POST /roles", roleBody("mine", "role", "global", allowOf("role:read"))},
		{"PATCH /api/orgs/acme", obj{"setMembersCanCreateStacks": true}}, {"PATCH /members/bo", obj{"role": "admin"}},
		{"DELETE /members/cy", nil}, {"GET /tokens", nil}, {"POST /tokens", obj{"name": "t", "description": "", "expires": 0, "admin": true}},
		{"GET /auditlogs/v2", nil},
	}
	for who, actor := range actors {
		for _, c := range calls {
			got := actor.do(c.call, c.body)
			if got.status != http.StatusForbidden && got.status != http.StatusNotFound {
				t.Errorf("%s, %s: got %d, want a refusal: %.200s", who, c.call, got.status, got.raw)
			}
		}
		if got := actor.do("GET /api/user/stacks", nil).want(200); strings.Contains(string(got.raw), "payments") {
			t.Errorf("%s sees stacks: %s", who, got.raw)
		}
		if got := actor.do("GET /api/esc/environments/acme", nil); strings.Contains(string(got.raw), "payments") {
			t.Errorf("%s sees environments: %s", who, got.raw)
		}
	}
	if string(s.State()) != before {
		t.Error("somebody without a grant changed something")
	}
}

func TestOrganizationTokens(t *testing.T) {
	t.Parallel()
	s := startScene(t, acmeSeed)
	admin := s.identity(servertest.Identity{Organization: true, Admin: true})
	admin.do("POST /teams/pulumi", obj{"name": "made", "displayName": "", "description": ""}).want(201)
	admin.do("POST /tokens", obj{"name": "t", "description": "", "expires": 0, "admin": false}).want(403)
	reader := s.identity(tokenWithRole(s.admin().roleWith("reader", groupOf(allowOf("stack:read")))))
	reader.do("GET /api/stacks/acme/payments/prod", nil).want(200)
	reader.do("DELETE /api/stacks/acme/payments/prod", nil).want(403)
	reader.do("GET /members?type=frontend", nil).want(403)
}

func TestDefaultsAreForMembersOnly(t *testing.T) {
	t.Parallel()
	s := startScene(t, acmeSeed)
	s.admin().do("PATCH /api/orgs/acme", obj{"setDefaultStackPermission": 101}).want(200)
	custom := s.admin().roleWith("custom", groupOf(allowOf("team:read")))
	for who, tc := range map[string]struct {
		actor actor
		want  int
	}{
		"a member":             {s.as("bo"), 200},
		"a billing manager":    {s.as("dee"), 404},
		"a team token":         {s.identity(servertest.Identity{Team: "empty"}), 200},
		"a token without role": {s.identity(servertest.Identity{Organization: true}), 200},
		"a token with a role":  {s.identity(tokenWithRole(custom)), 404},
		"another's deployment": {s.identity(servertest.Identity{Deployment: &servertest.Deployment{Project: "web", Stack: "dev"}}), 404},
	} {
		if got := tc.actor.do("GET /api/stacks/acme/payments/dev", nil); got.status != tc.want {
			t.Errorf("%s: got %d, want %d", who, got.status, tc.want)
		}
	}
	s.admin().do("PATCH /members/bo", obj{"fgaRoleId": custom}).want(204)
	s.as("bo").do("GET /api/stacks/acme/payments/dev", nil).want(404)
}

func TestDeploymentsHoldTheirStackAndTheirRole(t *testing.T) {
	t.Parallel()
	for reading, ownStack := range map[string]int{"caps": 404, "added": 204, "replaces": 404} {
		t.Run(reading, func(t *testing.T) {
			t.Parallel()
			s := startWith(t, server.Options{Seed: []byte(acmeSeed), DeploymentRole: reading})
			run := s.identity(servertest.Identity{Deployment: &servertest.Deployment{Project: "payments", Stack: "dev"}})
			tag := func(stack string) int { return run.do("PATCH /api/stacks/acme/"+stack+"/tags", obj{"a": "b"}).status }
			if got := tag("payments/dev"); got != 204 {
				t.Errorf("own stack without a role: got %d, want 204", got)
			}
			role := s.admin().roleWith("web", groupOf(obj{
				"__type": "PermissionDescriptorCondition",
				"condition": obj{
					"__type": "PermissionExpressionEqual", "left": obj{"__type": "PermissionExpressionStack"},
					"right": obj{"__type": "PermissionLiteralExpressionStack", "identity": s.admin().do("GET /api/stacks/acme/web/dev", nil).str("id")},
				},
				"subNode": allowOf("stack:read", "stack_tags:update"),
			}))
			s.admin().do("POST"+deployment, obj{"operationContext": obj{"role": obj{"id": role}}}).want(200)
			if got := tag("payments/dev"); got != ownStack {
				t.Errorf("own stack with a role: got %d, want %d", got, ownStack)
			}
			if got := tag("web/dev"); got != 204 {
				t.Errorf("the role's stack: got %d, want 204", got)
			}
			if got := tag("payments/prod"); got != 404 {
				t.Errorf("another stack: got %d, want 404", got)
			}
			s.admin().do("DELETE"+deployment, nil).want(200)
			s.admin().do("PATCH /api/orgs/acme", obj{"setDefaultDeploymentRoleId": role}).want(200)
			if got := tag("web/dev"); got != 204 {
				t.Errorf("the default role's stack: got %d, want 204", got)
			}
		})
	}
}

// Grants add up: whatever combination is given, a stack can be read, written and administered exactly where one of
// its grants says so, and taking the grants away again ends it.
func TestGrantsAddUp(t *testing.T) {
	t.Parallel()
	s := startScene(t, acmeSeed)
	ana, bo := s.admin(), s.as("bo")
	role := ana.roleWith("writer", groupOf(allowOf("stack:read", "stack_tags:update")))
	const stack = "/api/stacks/acme/payments/dev"
	grants := []struct {
		level     int // 1 read, 2 write, 3 admin
		give, end func()
	}{
		{1, func() { ana.do("PATCH /api/orgs/acme", obj{"setDefaultStackPermission": 101}).want(200) },
			func() { ana.do("PATCH /api/orgs/acme", obj{"setDefaultStackPermission": 0}).want(200) }},
		{2, func() { ana.do("POST /teams/payments/roles/"+role, nil).want(204) },
			func() { ana.do("DELETE /teams/payments/roles/"+role, nil).want(204) }},
		{3, func() {
			ana.do("PATCH /api/console/stacks/acme/payments/dev/teams/payments", obj{"permissions": 103}).want(204)
		},
			func() { ana.do("PATCH /api/console/stacks/acme/payments/dev/teams/payments", obj{}).want(204) }},
	}
	for combination := range 1 << len(grants) {
		highest := 0
		for i, g := range grants {
			if combination&(1<<i) != 0 {
				g.give()
				highest = max(highest, g.level)
			}
		}
		got := fmt.Sprint(
			bo.do("GET "+stack, nil).status,
			bo.do("PATCH "+stack+"/tags", obj{"environment": "development"}).status,
			bo.do("DELETE "+stack+"/collaborators/nobody", nil).status, // 404 once it is allowed to look
		)
		want := []string{"404 404 404", "200 403 403", "200 204 403", "200 204 404"}[highest]
		if got != want {
			t.Errorf("combination %03b: got %s, want %s", combination, got, want)
		}
		for i, g := range grants {
			if combination&(1<<i) != 0 {
				g.end()
			}
		}
	}
}

func TestCreatorGrants(t *testing.T) {
	t.Parallel()
	s := startScene(t, acmeSeed)
	s.admin().do("PATCH /api/orgs/acme", obj{"setMembersCanCreateStacks": true, "setMembersCanDeleteStacks": false}).want(200)
	bo := s.as("bo")
	bo.do("POST /api/stacks/acme/mine", obj{"stackName": "dev"}).want(200)
	bo.do("PATCH /api/stacks/acme/mine/dev/tags", obj{"a": "b"}).want(204)
	bo.do("DELETE /api/stacks/acme/mine/dev", nil).want(403).says("may not delete stacks")
	s.admin().do("DELETE /api/stacks/acme/mine/dev/collaborators/bo", nil).want(204)
	bo.do("GET /api/stacks/acme/mine/dev", nil).want(404)

	machine := s.identity(servertest.Identity{Team: "payments"})
	machine.do("POST /api/stacks/acme/robot", obj{"stackName": "dev"}).want(200)
	users := s.admin().do("GET /api/stacks/acme/robot/dev/collaborators", nil).want(200)
	if !strings.HasPrefix(users.str("users", 0, "user", "githubLogin"), "team-account:") {
		t.Errorf("the machine has no creator grant: %s", users.raw)
	}
}
