package server_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/server/servertest"
)

func newTeamBody(name string) obj { return obj{"name": name, "displayName": "", "description": ""} }

func TestTokensKeepTheirOwnerWhenOthersAreDeleted(t *testing.T) {
	t.Parallel()
	s := startScene(t, acmeSeed)
	s.admin().do("POST /teams/pulumi", newTeamBody("gone")).want(201)
	s.identity(servertest.Identity{Team: "gone"})
	bo := s.as("bo")
	s.admin().do("DELETE /teams/gone", nil).want(204)
	cy := s.as("cy")
	bo.equalLogin("bo")
	cy.equalLogin("cy")
}

func (a actor) login() string {
	a.t.Helper()
	return a.do("GET /api/user", nil).want(200).str("githubLogin")
}

func (a actor) equalLogin(want string) {
	a.t.Helper()
	if got := a.login(); got != want {
		a.t.Errorf("the token is of %q, want %q", got, want)
	}
}

// A name that is used again is not the object that had it: neither a token, nor a creator's right, nor a lease passes over.
func TestAReusedNameInheritsNothing(t *testing.T) {
	t.Parallel()
	const stack = "/api/stacks/acme/payments/dev"
	for name, tc := range map[string]struct {
		identity servertest.Identity
		again    func(scene)
	}{
		"team": {servertest.Identity{Team: "payments"}, func(s scene) {
			s.admin().do("DELETE /teams/payments", nil).want(204)
			s.admin().do("POST /teams/pulumi", newTeamBody("payments")).want(201)
		}},
		"stack": {servertest.Identity{Deployment: &servertest.Deployment{Project: "payments", Stack: "dev"}}, func(s scene) {
			s.admin().do("DELETE "+stack, nil).want(204)
			s.admin().do("POST /api/stacks/acme/payments", obj{"stackName": "dev"}).want(200)
		}},
		"member": {servertest.Identity{User: "bo"}, func(s scene) {
			s.admin().do("DELETE /members/bo", nil).want(204)
			s.admin().do("POST /members/bo", obj{"role": "member"}).want(200)
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := startScene(t, acmeSeed)
			s.admin().do("PATCH ", obj{"setMembersCanCreateStacks": true}).want(200)
			old := s.identity(tc.identity)
			before := old.login()
			full := s.History()
			tc.again(s)
			old.do("GET /api/user", nil).want(401)
			fresh := s.identity(tc.identity)
			if name != "member" && fresh.login() == before {
				t.Errorf("the new %s has the identity of the old one: %s", name, before)
			}
			s.Restore(full)
			fresh.do("GET /api/user", nil).want(401)
			old.equalLogin(before)
		})
	}
}

func TestMachineIdentities(t *testing.T) {
	t.Parallel()
	s := startScene(t, acmeSeed)
	ana := s.admin()
	ana.do("PATCH ", obj{"setMembersCanCreateStacks": true}).want(200)
	tokenOf := func(path, name string) (actor, string) {
		body := obj{"name": name, "description": "", "expires": 0}
		if path == "/tokens" {
			body["admin"] = false
		}
		made := ana.do("POST "+path, body).want(200)
		return actor{scene: s, token: made.str("tokenValue")}, path + "/" + made.str("id")
	}
	for path, want := range map[string]string{"/tokens": "acme", "/teams/payments/tokens": "team-account:"} {
		first, id := tokenOf(path, "first"+path)
		second, _ := tokenOf(path, "second"+path)
		if got := first.login(); got != second.login() || !strings.HasPrefix(got, want) {
			t.Errorf("%s: the tokens are of %s and %s, want one identity %s", path, got, second.login(), want)
		}
		project := "p" + strings.ReplaceAll(path, "/", "-")
		first.do("POST /api/stacks/acme/"+project, obj{"stackName": "dev"}).want(200)
		ana.do("DELETE "+id, nil).want(204)
		second.do("PATCH /api/stacks/acme/"+project+"/dev/tags", obj{"a": "b"}).want(204)
		ana.do("GET /api/stacks/acme/"+project+"/dev/collaborators", nil).want(200).equal(second.login(), ana.do("GET /api/stacks/acme/"+project+"/dev/collaborators", nil).str("users", 0, "user", "githubLogin"))
		s.as("bo").do("GET /api/stacks/acme/"+project+"/dev", nil).want(404)
	}
	other := s.identity(servertest.Identity{Team: "empty"})
	other.do("GET /api/stacks/acme/p-teams-payments-tokens/dev", nil).want(404)
	ana.do("POST /members/acme", obj{"role": "member"}).want(400).says("acme")
}

func TestAMachineIsAdminOfTheTeamsThatItMade(t *testing.T) {
	t.Parallel()
	s := startScene(t, acmeSeed)
	s.admin().do("PATCH ", obj{"setMembersCanCreateTeams": true}).want(200)
	s.identity(servertest.Identity{Organization: true}).do("POST /teams/pulumi", newTeamBody("robots")).want(201)
	again := s.identity(servertest.Identity{Organization: true})
	again.do("PATCH /teams/robots", obj{"member": "bo", "memberAction": "add"}).want(204)
	s.admin().do("PATCH /teams/robots", obj{"member": "acme", "memberAction": "remove"}).want(204)
	again.do("PATCH /teams/robots", obj{"member": "cy", "memberAction": "add"}).want(403)
}

func TestRemovedMembersKeepNothing(t *testing.T) {
	t.Parallel()
	s := startScene(t, acmeSeed)
	s.admin().do("PATCH ", obj{"setDefaultStackPermission": 102}).want(200)
	bo := s.as("bo")
	own := actor{scene: s, token: bo.do("POST /api/user/tokens", obj{"description": "", "expires": 0}).want(200).str("tokenValue")}
	update := bo.begin(devStack, "update")
	s.admin().do("DELETE /members/bo", nil).want(204)
	update.checkpoint().want(401)
	s.admin().do("POST /members/bo", obj{"role": "admin"}).want(200)
	for _, old := range []actor{bo, own} {
		old.do("GET /api/user", nil).want(401)
	}
	update.checkpoint().want(401)
	s.as("bo").equalLogin("bo")
}

func TestSuspendedMembersHaveNoAccess(t *testing.T) {
	t.Parallel()
	s := startNewer(t, strings.Replace(acmeSeed, "{login: cy}", "{login: cy, role: admin, suspended: true}", 1))
	s.as("cy").do("GET /teams", nil).want(403).says("suspended")
	s.admin().do("GET /members?type=backend", nil).want(200).equal("ana,bo,dee", s.logins("/members?type=backend"))
	s.admin().do("GET /members?type=backend", nil).equal("ana,bo,cy,dee", s.logins("/members?type=backend&includeSuspended=true"))
}

func (s scene) logins(path string) string {
	s.t.Helper()
	got := s.admin().do("GET "+path, nil).want(200)
	var all []string
	for i := range got.list("members") {
		all = append(all, got.str("members", i, "user", "githubLogin"))
	}
	return strings.Join(all, ",")
}

// No id is ever given out twice, whatever is made, deleted and restored in between.
func TestIDsAreNeverReused(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		s := startScene(t, acmeSeed)
		seen := map[string]string{}
		var saved [][]byte
		for step := range rapid.IntRange(4, 25).Draw(rt, "steps") {
			switch rapid.IntRange(0, 5).Draw(rt, "what") {
			case 0:
				saved = append(saved, s.State())
			case 1:
				saved = append(saved, s.History())
			case 2:
				if len(saved) > 0 {
					s.Restore(rapid.SampledFrom(saved).Draw(rt, "state"))
				}
			default:
				kind := rapid.SampledFrom([]string{"stack", "team", "role", "token", "minted", "environment", "account"}).Draw(rt, "kind")
				id := s.makeAndDelete(kind)
				if before, again := seen[id]; again {
					rt.Fatalf("step %d: %s has the id %s of %s", step, kind, id, before)
				}
				seen[id] = fmt.Sprintf("%s of step %d", kind, step)
			}
		}
	})
}

// makeAndDelete makes an object of always the same name, and answers its id.
func (s scene) makeAndDelete(kind string) string {
	s.t.Helper()
	ana := s.admin()
	switch kind {
	case "stack":
		ana.do("POST /api/stacks/acme/things", obj{"stackName": "thing"}).want(200)
		id := ana.do("GET /api/stacks/acme/things/thing", nil).want(200).str("id")
		ana.do("DELETE /api/stacks/acme/things/thing", nil).want(204)
		return id
	case "team":
		ana.do("POST /teams/pulumi", newTeamBody("thing")).want(201)
		login := s.identity(servertest.Identity{Team: "thing"}).login()
		ana.do("DELETE /teams/thing", nil).want(204)
		return login
	case "role":
		id := ana.roleWith("thing", groupOf())
		ana.do("DELETE /roles/"+id, nil).want(204)
		return id
	case "token":
		made := ana.do("POST /api/user/tokens", obj{"description": "", "expires": 0}).want(200)
		ana.do("DELETE /api/user/tokens/"+made.str("id"), nil).want(204)
		return made.str("id")
	case "environment":
		ana.do("POST /api/esc/environments/acme", obj{"project": "things", "name": "thing"}).want(200)
		id := ana.do("GET /api/esc/environments/acme/things/thing/metadata", nil).want(200).str("id")
		ana.do("DELETE /api/esc/environments/acme/things/thing", nil).want(200)
		return id
	case "account":
		const path = "/api/preview/insights/acme/accounts/thing"
		ana.do("POST "+path, obj{"provider": "aws", "environment": "payments/dev"}).want(204)
		id := ana.do("GET "+path, nil).want(200).str("id")
		ana.do("DELETE "+path, nil).want(204)
		return id
	}
	bo := s.as("bo")
	bo.equalLogin("bo")
	return bo.token
}

// A token's value stands for the token that it was given out for, also when a state of another server has one of its id.
func TestTokensDoNotPassToAnotherServersState(t *testing.T) {
	t.Parallel()
	from, to := startScene(t, acmeSeed), startScene(t, acmeSeed)
	from.admin().do("POST /api/user/tokens", obj{"description": "", "expires": 0}).want(200)
	made := to.as("bo").do("POST /api/user/tokens", obj{"description": "", "expires": 0}).want(200)
	bo := actor{scene: to, token: made.str("tokenValue")}
	bo.equalLogin("bo")
	to.Restore(from.History())
	bo.do("GET /api/user", nil).want(401)

	from.admin().do("POST /tokens", obj{"name": "ci", "description": "", "expires": 0, "admin": true}).want(200)
	plain := to.admin().do("POST /tokens", obj{"name": "ci", "description": "", "expires": 0, "admin": false}).want(200)
	to.Restore(from.History())
	actor{scene: to, token: plain.str("tokenValue")}.do("GET /tokens", nil).want(401)
}

func TestExpiredTokensAreRefused(t *testing.T) {
	t.Parallel()
	s := startScene(t, acmeSeed)
	made := s.admin().do("POST /api/user/tokens", obj{"description": "", "expires": s.clock.Now().Add(time.Hour).Unix()}).want(200)
	short := actor{scene: s, token: made.str("tokenValue")}
	short.equalLogin("ana")
	s.clock.Advance(2 * time.Hour)
	short.do("GET /api/user", nil).want(401)
}

// Whoever may create teams could else approve by creating one with the name of a deleted approving team.
func TestATeamOfAReusedNameApprovesNothing(t *testing.T) {
	t.Parallel()
	s := startScene(t, acmeSeed+"gates: [{project: payments, environment: prod, action: open, approvers: {teams: [payments]}}]\n")
	ana := s.admin()
	ana.do("PATCH ", obj{"setMembersCanCreateTeams": true}).want(200)
	ask := ana.do("POST /api/esc/environments/acme/payments/prod/open/request", obj{"accessDurationSeconds": 60, "grantExpirationSeconds": 60}).want(200)
	request := "/api/change-requests/acme/" + ask.str("changeRequests", 0, "changeRequestId")
	ana.do("POST "+request+"/submit", obj{}).want(204)
	full := s.History()
	ana.do("DELETE /teams/payments", nil).want(204)
	bo := s.as("bo")
	bo.do("POST /teams/pulumi", newTeamBody("payments")).want(201)
	approve := func() int { return bo.do("POST "+request+"/approve", obj{"revisionNumber": 0, "comment": ""}).status }
	if got := approve(); got < 400 {
		t.Errorf("the founder of a team of that name approved: %d", got)
	}
	ana.do("POST "+request+"/apply", nil).want(400)
	s.Restore(full)
	if got := approve(); got != 204 {
		t.Errorf("a member of the team that was meant: got %d, want 204", got)
	}
}
