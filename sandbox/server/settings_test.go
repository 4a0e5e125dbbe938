package server_test

import (
	"fmt"
	"testing"
	"time"
)

func TestOrganizationSettings(t *testing.T) {
	t.Parallel()
	s := startScene(t, acmeSeed)
	ana := s.admin()
	role := ana.roleWith("deployer", groupOf(allowOf("stack:read")))
	before := string(s.State())
	set := ana.do("PATCH /api/orgs/acme", obj{
		"setDefaultStackPermission": 101, "setDefaultEnvironmentPermission": "open", "setDefaultAccountPermission": 1,
		"setMembersCanCreateStacks": true, "setMaxAccessTokenExpiryDays": 90, "setDefaultDeploymentRoleId": role,
	}).want(200)
	set.equal("open/"+role, set.str("defaultEnvironmentPermission")+"/"+set.str("defaultDeploymentRoleId"))
	got := ana.do("GET /metadata", nil).want(200)
	got.equal("101/90/true", fmt.Sprintf("%v/%v/%v", got.at("defaultStackPermission"), got.at("maxAccessTokenExpiryDays"), got.at("membersCanCreateStacks")))
	ana.do("PATCH /api/orgs/acme", obj{
		"setDefaultStackPermission": 0, "setDefaultEnvironmentPermission": "none", "setDefaultAccountPermission": 0,
		"setMembersCanCreateStacks": false, "setMaxAccessTokenExpiryDays": 0, "setDefaultDeploymentRoleId": "",
	}).want(200)
	if string(s.State()) != before {
		t.Error("settings that were set back left traces")
	}
	for name, body := range map[string]obj{
		"creator as default": {"setDefaultStackPermission": 104},
		"unknown role":       {"setDefaultDeploymentRoleId": "no-such-role"},
		"too many days":      {"setMaxAccessTokenExpiryDays": 4000},
	} {
		if got := ana.do("PATCH /api/orgs/acme", body); got.status != 400 {
			t.Errorf("%s: got %d, want 400", name, got.status)
		}
	}
	s.as("bo").do("PATCH /api/orgs/acme", obj{"setMembersCanCreateStacks": true}).want(403)
	ana.do("GET /api/orgs/other/metadata", nil).want(404)
}

func TestMembers(t *testing.T) {
	t.Parallel()
	s := startScene(t, acmeSeed)
	ana := s.admin()
	list := ana.do("GET /members?type=frontend", nil).want(200)
	if len(list.list("members")) != 4 {
		t.Errorf("got %s, want four members", list.raw)
	}
	list.equal("Admin/Billing Manager", list.str("members", 0, "fgaRole", "name")+"/"+list.str("members", 3, "fgaRole", "name"))
	if status, _ := s.Call(s.Token, "GET", "/api/orgs/acme/members?type=sideways", nil); status != 400 {
		t.Errorf("an unknown roster: got %d, want 400", status)
	}
	role := ana.roleWith("reader", groupOf(allowOf("stack:read")))
	for _, step := range []struct {
		call string
		body any
		want int
	}{
		{"PATCH /members/bo", obj{"fgaRoleId": role}, 204},
		{"PATCH /members/bo", obj{"fgaRoleId": "no-such-role"}, 400},
		{"PATCH /members/bo", obj{"role": "admin"}, 204},
		{"PATCH /members/bo", obj{"role": "potential-member"}, 404},
		{"PATCH /members/zed", obj{"role": "admin"}, 404},
		{"POST /members/bo", obj{"role": "member"}, 409},
		{"POST /members/eve", obj{"role": "member"}, 200},
		{"POST /members/fay", obj{"role": "none"}, 400},
		{"DELETE /members/ana", nil, 400},
		{"DELETE /members/bo", nil, 204},
		{"DELETE /members/bo", nil, 404},
		{"GET /members/cy/teams", nil, 200},
	} {
		if got := ana.do(step.call, step.body); got.status != step.want {
			t.Errorf("%s %v: got %d, want %d: %s", step.call, step.body, got.status, step.want, got.raw)
		}
	}
	team := ana.do("GET /teams/payments", nil).want(200)
	team.equal("cy", team.names("members", "githubLogin"))
}

func TestTokens(t *testing.T) {
	t.Parallel()
	s := startScene(t, acmeSeed)
	ana := s.admin()
	in := func(d time.Duration) int64 { return s.clock.Now().Add(d).Unix() }
	body := func(name string, expires int64) obj {
		return obj{"name": name, "description": "", "expires": expires, "admin": false}
	}
	made := ana.do("POST /tokens", body("ci", in(time.Hour))).want(200)
	ci := actor{scene: s, token: made.str("tokenValue")}
	ci.do("GET /api/user", nil).want(200)
	ana.do("POST /tokens", body("ci", 0)).want(409)
	ana.do("POST /teams/payments/tokens", obj{"name": "ci", "description": "", "expires": 0}).want(409)
	ana.do("POST /tokens", body("a-name-that-is-much-longer-than-40-characters", 0)).want(400)
	ana.do("POST /tokens", body("late", in(3*365*24*time.Hour))).want(400)
	ana.do("POST /tokens", body("past", in(-time.Hour))).want(400)
	both := body("both", 0)
	both["admin"], both["roleID"] = true, ana.roleWith("r", groupOf(allowOf("stack:read")))
	ana.do("POST /tokens", both).want(400)

	s.clock.Advance(2 * time.Hour)
	ci.do("GET /api/user", nil).want(401)
	for filter, want := range map[string]string{"": "", "active": "", "expired": "ci", "all": "ci"} {
		path := "GET /tokens"
		if filter != "" {
			path += "?filter=" + filter
		}
		got := ana.do(path, nil).want(200)
		got.equal(want, got.names("tokens", "name"))
	}
	ana.do("DELETE /teams/payments/tokens/"+made.str("id"), nil).want(400).says("not a team token")
	ana.do("DELETE /tokens/"+made.str("id"), nil).want(204)
	ana.do("DELETE /tokens/"+made.str("id"), nil).want(404)
	ana.do("POST /tokens", body("ci", 0)).want(409)
}

func TestTokenExpiryPolicy(t *testing.T) {
	t.Parallel()
	s := startScene(t, acmeSeed)
	ana := s.admin()
	body := func(name string, expires int64) obj {
		return obj{"name": name, "description": "", "expires": expires, "admin": false}
	}
	old := ana.do("POST /tokens", body("old", 0)).want(200)
	ana.do("PATCH /api/orgs/acme", obj{"setMaxAccessTokenExpiryDays": 30}).want(200)
	actor{scene: s, token: old.str("tokenValue")}.do("GET /api/user", nil).want(403).says("max access token expiry of `30` days")
	ana.do("POST /tokens", body("forever", 0)).want(400)
	ana.do("POST /tokens", body("long", s.clock.Now().AddDate(0, 0, 31).Unix())).want(400)
	short := ana.do("POST /tokens", body("short", s.clock.Now().AddDate(0, 0, 30).Unix())).want(200)
	actor{scene: s, token: short.str("tokenValue")}.do("GET /api/user", nil).want(200)
}

func TestPersonalTokens(t *testing.T) {
	t.Parallel()
	s := startScene(t, acmeSeed)
	bo := s.as("bo")
	made := bo.do("POST /api/user/tokens", obj{"description": "laptop", "expires": 0}).want(200)
	again := actor{scene: s, token: made.str("tokenValue")}
	who := again.do("GET /api/user", nil).want(200)
	who.equal("bo", who.str("githubLogin"))
	s.as("cy").do("DELETE /api/user/tokens/"+made.str("id"), nil).want(404)
	bo.do("DELETE /api/user/tokens/"+made.str("id"), nil).want(204)
	again.do("GET /api/user", nil).want(401)
}

func TestAuditLog(t *testing.T) {
	t.Parallel()
	s := startScene(t, acmeSeed)
	ana := s.admin()
	ana.do("POST /teams/pulumi", obj{"name": "sre", "displayName": "", "description": ""}).want(201)
	s.clock.Advance(time.Minute)
	s.as("bo").do("DELETE /teams/payments", nil).want(403)
	s.clock.Advance(time.Minute)
	ana.do("DELETE /teams/sre", nil).want(204)
	now := s.clock.Now().Unix()

	v2 := ana.do("GET /auditlogs/v2", nil).want(200)
	v2.equal("team-deleted,auth-failure-organization-role,team-created", v2.names("auditLogEvents", "event"))
	if v2.at("auditLogEvents", 1, "authFailure") != true || v2.str("auditLogEvents", 1, "user", "githubLogin") != "bo" {
		t.Errorf("the refusal of bo is not marked: %s", v2.raw)
	}
	recent := ana.do(fmt.Sprintf("GET /auditlogs/v2?startTime=%d", now-30), nil).want(200)
	recent.equal("team-deleted", recent.names("auditLogEvents", "event"))
	v1 := ana.do(fmt.Sprintf("GET /auditlogs?startTime=%d", now-30), nil).want(200)
	v1.equal("auth-failure-organization-role,team-created", v1.names("auditLogEvents", "event"))
	ana.do("GET /auditlogs", nil).want(400)
	one := ana.do("GET /auditlogs/v2?eventFilter=team-created&userFilter=ana", nil).want(200)
	one.equal("team-created", one.names("auditLogEvents", "event"))
	ana.do("GET /auditlogs/v2?userFilter=zed", nil).want(404)
	s.as("bo").do("GET /auditlogs/v2", nil).want(403)
}
