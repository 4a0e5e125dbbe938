package server_test

import (
	"strings"
	"testing"
)

func TestTeamLifecycle(t *testing.T) {
	t.Parallel()
	s := startScene(t, acmeSeed)
	ana := s.admin()
	before := string(s.State())

	created := ana.do("POST /teams/pulumi", obj{"name": "sre", "displayName": "SRE", "description": "on call"}).want(201)
	created.equal("ana/admin", created.str("members", 0, "githubLogin")+"/"+created.str("members", 0, "role"))
	ana.do("POST /teams/pulumi", obj{"name": "sre", "displayName": "", "description": ""}).want(409)

	for _, step := range []struct {
		name string
		body obj
		want int
	}{
		{"add", obj{"member": "bo", "memberAction": "add"}, 204},
		{"add again", obj{"member": "bo", "memberAction": "add"}, 409},
		{"promote", obj{"member": "bo", "memberAction": "promote"}, 204},
		{"demote the creator", obj{"member": "ana", "memberAction": "demote"}, 204},
		{"add a login that is not a member of the organization", obj{"member": "zed", "memberAction": "add"}, 400},
		{"remove who is not in it", obj{"member": "cy", "memberAction": "remove"}, 400},
		{"action without member", obj{"memberAction": "remove"}, 400},
		{"names", obj{"newDescription": "paged", "newDisplayName": "Site"}, 204},
		{"long name", obj{"newDisplayName": strings.Repeat("x", 101)}, 400},
	} {
		got := ana.do("PATCH /teams/sre", step.body)
		if got.status != step.want {
			t.Fatalf("%s: got %d, want %d: %s", step.name, got.status, step.want, got.raw)
		}
	}
	got := ana.do("GET /teams/sre", nil).want(200)
	got.equal("Site|paged", got.str("displayName")+"|"+got.str("description"))
	got.equal("ana,bo", got.names("members", "githubLogin")).equal("member,admin", got.names("members", "role"))

	ana.do("DELETE /teams/sre", nil).want(204)
	ana.do("GET /teams/sre", nil).want(404)
	ana.do("DELETE /teams/sre", nil).want(404)
	ana.do("PATCH /teams/sre", obj{"newDescription": "x"}).want(404)
	if after := string(s.State()); after != before {
		t.Errorf("a team that came and went left traces:\n%s\nnow\n%s", before, after)
	}
}

func TestTeamRefusals(t *testing.T) {
	t.Parallel()
	s := startScene(t, acmeSeed+"\n")
	ana := s.admin()
	ana.do("POST /teams/pulumi", obj{"name": "a/b", "displayName": "", "description": ""}).want(400)
	ana.do("POST /teams/pulumi", obj{"name": "ok", "displayName": strings.Repeat("x", 101), "description": ""}).want(400)
	ana.do("POST /teams/github", obj{"githubTeamID": 0}).want(400)
	ana.do("POST /teams/github", obj{"githubTeamID": 42}).want(404).says("GitHub team '42'")
}

func TestTeamOfAnotherSystem(t *testing.T) {
	t.Parallel()
	s := startScene(t, `
users: [{login: ana, role: admin}, {login: bo}]
teams: [{name: scim-sre, kind: scim, members: [ana]}]
`)
	s.admin().do("PATCH /teams/scim-sre", obj{"member": "bo", "memberAction": "add"}).want(400).says("managed outside Pulumi")
	s.admin().do("PATCH /teams/scim-sre", obj{"newDescription": "still ours to describe"}).want(204)
}

func TestTeamGrants(t *testing.T) {
	t.Parallel()
	s := startScene(t, acmeSeed)
	ana := s.admin()
	dev := func(level int) obj { return obj{"projectName": "payments", "stackName": "dev", "permission": level} }
	env := func(level, limit string) obj {
		g := obj{"projectName": "payments", "envName": "dev", "permission": level}
		if limit != "" {
			g["maxOpenDuration"] = limit
		}
		return g
	}
	for _, step := range []struct {
		name string
		body obj
		want int
	}{
		{"edit what is not granted", obj{"editStackPermission": dev(101)}, 404},
		{"grant a stack", obj{"addStackPermission": dev(101)}, 204},
		{"grant it again, wider", obj{"addStackPermission": dev(102)}, 204},
		{"edit", obj{"editStackPermission": dev(103)}, 204},
		{"none is not a grant", obj{"addStackPermission": dev(0)}, 400},
		{"nor is creator", obj{"addStackPermission": dev(104)}, 400},
		{"a stack that is not there", obj{"addStackPermission": obj{"projectName": "x", "stackName": "y", "permission": 101}}, 404},
		{"an environment", obj{"addEnvironmentPermission": env("open", "30m")}, 204},
		{"a bad limit", obj{"addEnvironmentPermission": env("open", "soon")}, 400},
		{"none on an environment", obj{"addEnvironmentPermission": env("none", "")}, 400},
	} {
		got := ana.do("PATCH /teams/payments", step.body)
		if got.status != step.want {
			t.Fatalf("%s: got %d, want %d: %s", step.name, got.status, step.want, got.raw)
		}
	}
	got := ana.do("GET /teams/payments", nil).want(200)
	if got.at("stacks", 0, "permission") != 103.0 {
		t.Errorf("got %s, want 103 on the stack", got.raw)
	}
	got.equal("30m0s", got.str("environments", 0, "maxOpenDuration"))

	ana.do("PATCH /api/console/stacks/acme/web/dev/teams/payments", obj{"permissions": 101}).want(204)
	ana.do("PATCH /api/console/stacks/acme/web/dev/teams/payments", obj{"permissions": 104}).want(400)
	ana.do("PATCH /api/console/stacks/acme/web/dev/teams/nobody", obj{"permissions": 101}).want(404)
	teams := ana.do("GET /api/stacks/acme/web/dev/teams", nil).want(200)
	teams.equal("payments", teams.names("teams", "name"))
	ana.do("PATCH /api/console/stacks/acme/web/dev/teams/payments", obj{}).want(204)

	ana.do("PATCH /api/preview/insights/acme/accounts/aws-prod/teams/payments", obj{"permissions": 2}).want(204)
	accounts := ana.do("GET /api/preview/insights/acme/accounts/aws-prod/teams", nil).want(200)
	accounts.equal("payments", accounts.names("teams", "name"))
	ana.do("PATCH /api/preview/insights/acme/accounts/aws-prod/teams/payments", obj{}).want(204)

	ana.do("PATCH /teams/payments", obj{"removeStack": obj{"projectName": "payments", "stackName": "dev"}}).want(204)
	ana.do("PATCH /teams/payments", obj{"removeEnvironment": obj{"projectName": "payments", "envName": "dev"}}).want(204)
	got = ana.do("GET /teams/payments", nil).want(200)
	if len(got.list("stacks"))+len(got.list("environments"))+len(got.list("accounts")) != 0 {
		t.Errorf("grants are left: %s", got.raw)
	}
}

func TestTeamAdminsManageTheirTeamAndNoMore(t *testing.T) {
	t.Parallel()
	s := startScene(t, acmeSeed)
	cy, bo := s.as("cy"), s.as("bo")
	cy.do("PATCH /teams/payments", obj{"member": "dee", "memberAction": "add"}).want(204)
	cy.do("PATCH /teams/empty", obj{"member": "dee", "memberAction": "add"}).want(403)
	bo.do("PATCH /teams/payments", obj{"member": "dee", "memberAction": "remove"}).want(403)
	grant := obj{"addStackPermission": obj{"projectName": "payments", "stackName": "dev", "permission": 103}}
	cy.do("PATCH /teams/payments", grant).want(404)
	s.admin().do("PATCH /teams/payments", obj{"addStackPermission": obj{"projectName": "payments", "stackName": "dev", "permission": 102}}).want(204)
	cy.do("PATCH /teams/payments", grant).want(403).says("stack_access:update")
	role := s.admin().roleWith("reader", groupOf(allowOf("stack:read")))
	cy.do("POST /teams/payments/roles/"+role, nil).want(403)
}

func TestTeamRoles(t *testing.T) {
	t.Parallel()
	s := startScene(t, acmeSeed)
	ana := s.admin()
	first := ana.roleWith("first", groupOf(allowOf("stack:read")))
	second := ana.roleWith("second", groupOf(allowOf("stack:read", "stack:write")))
	ana.do("POST /teams/payments/roles/"+first, nil).want(204)
	ana.do("POST /teams/payments/roles/"+second, nil).want(204)
	roles := ana.do("GET /teams/payments/roles", nil).want(200)
	roles.equal(second, roles.names("roles", "id"))
	ana.do("DELETE /teams/payments/roles/"+first, nil).want(404)
	ana.do("POST /teams/payments/roles/no-such-role", nil).want(400).says("Invalid role id")
	policy := ana.do("GET /roles/"+second, nil).want(200).str("details", "permissionDescriptors", 0)
	ana.do("POST /teams/payments/roles/"+policy, nil).want(400)
	teams := ana.do("GET /roles/"+second+"/teams", nil).want(200)
	teams.equal("payments", teams.names("teams", "name"))
	ana.do("DELETE /teams/payments/roles/"+second, nil).want(204)
	ana.do("GET /teams/nobody/roles", nil).want(404)
}

func TestDeletingATeamEndsItsTokens(t *testing.T) {
	t.Parallel()
	s := startScene(t, acmeSeed)
	ana := s.admin()
	value := ana.do("POST /teams/payments/tokens", obj{"name": "ci", "description": "", "expires": 0}).want(200).str("tokenValue")
	ci := actor{scene: s, token: value}
	user := ci.do("GET /api/user", nil).want(200)
	user.equal("ci/payments", user.str("tokenInfo", "name")+"/"+user.str("tokenInfo", "team"))
	ana.do("DELETE /teams/payments", nil).want(204)
	ci.do("GET /api/user", nil).want(401)
}
