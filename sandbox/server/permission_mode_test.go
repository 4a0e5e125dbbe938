package server_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/server"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/server/servertest"
)

const modesSeed = acmeSeed + `
roles:
  - {name: settings, scopes: [organization:update, organization:read_usage]}
  - {name: deployer, scopes: [stack:read, stack:write, stack_deployment:create]}
`

// mode sets the permission mode as an administrator.
func (s scene) mode(mode string) {
	s.t.Helper()
	s.admin().do("PATCH ", obj{"setPermissionMode": mode}).want(200).says(`"permissionMode":"` + mode + `"`)
}

func (s scene) role(name string) string {
	s.t.Helper()
	listed := s.admin().do("GET /roles?uxPurpose=role", nil).want(200)
	for i := range listed.list("roles") {
		if listed.str("roles", i, "name") == name {
			return listed.str("roles", i, "id")
		}
	}
	s.t.Fatalf("no role %s: %s", name, listed.raw)
	return ""
}

// start starts a deployment, and returns its token; "" if it is refused.
func (s scene) start(d servertest.Deployment) (actor, bool) {
	s.t.Helper()
	status, said := s.Call("", http.MethodPost, "/_sandbox/tokens", obj{"deployment": d})
	var got struct{ Token string }
	if err := json.Unmarshal(said, &got); err != nil {
		s.t.Fatalf("%d: %s", status, said)
	}
	return actor{scene: s, token: got.Token}, status == http.StatusOK
}

func TestPermissionModeIsChangedByAdministrators(t *testing.T) {
	t.Parallel()
	s := startScene(t, modesSeed)
	s.admin().do("GET /metadata", nil).want(200).says(`"permissionMode":"permissive"`).says(`"permissionModeEnabled":true`)
	for who, a := range map[string]actor{
		"a member": s.as("bo"), "a team token": s.identity(servertest.Identity{Team: "payments"}),
		"a token that changes settings": s.identity(tokenWithRole(s.role("settings"))),
	} {
		if got := a.do("PATCH ", obj{"setPermissionMode": "restricted"}); got.status != 403 {
			t.Errorf("%s: got %d", who, got.status)
		}
	}
	s.identity(tokenWithRole(s.role("settings"))).do("PATCH ", obj{"setMembersCanCreateTeams": false}).want(200)
	s.admin().do("PATCH ", obj{"setPermissionMode": "strict"}).want(400)
	s.mode("restricted")
	s.admin().do("PATCH ", obj{"setMembersCanCreateTeams": true}).want(200).says(`"permissionMode":"restricted"`)
	s.Restore(s.State())
	s.mode("permissive")
	if events := string(s.admin().do("GET /auditlogs/v2?startTime=0", nil).want(200).raw); !strings.Contains(events, "organization-settings-changed") {
		t.Error("the change is not in the audit log")
	}

	created := startScene(t, strings.Replace(modesSeed, "settings: {", "settings: {alwaysRestricted: true, ", 1))
	created.admin().do("PATCH ", obj{"setPermissionMode": "permissive"}).want(400).says("created restricted")
	if got := created.admin().do("GET /metadata", nil).want(200); strings.Contains(string(got.raw), "permissionModeEnabled") {
		t.Errorf("it can never switch: %s", got.raw)
	}
}

// In a restricted organization a deployment needs a role, however it is started, and no access token of its own.
func TestRestrictedOrganizationsRefuseDeployments(t *testing.T) {
	t.Parallel()
	s := startScene(t, modesSeed)
	ana := s.admin()
	byHand := servertest.Deployment{Project: "payments", Stack: "dev", StartedBy: "ana"}
	scheduled := servertest.Deployment{Project: "payments", Stack: "dev"}
	running, _ := s.start(scheduled)
	running.do("GET "+devStack, nil).want(200)
	check := func(why string, want bool) {
		t.Helper()
		for _, d := range []servertest.Deployment{byHand, scheduled} {
			run, started := s.start(d)
			if started != want {
				t.Errorf("%s: started %t, want %t: %+v", why, started, want, d)
			}
			if started {
				run.do("GET "+devStack, nil).want(200)
			}
		}
		status := map[bool]int{true: 200, false: 403}[want]
		running.do("GET "+devStack, nil).want(status)
		login, _ := s.Call("", http.MethodPost, "/_sandbox/deployments/logins", obj{"project": "payments", "stack": "dev", "cloud": "aws"})
		if (login == 403) == want {
			t.Errorf("%s: logging in to a cloud got %d", why, login)
		}
	}
	check("permissive", true)
	s.mode("restricted")
	check("without a role", false)
	role := obj{"role": obj{"id": s.role("deployer")}}
	ana.do("POST"+deployment, obj{"operationContext": role}).want(200)
	check("with a role", true)
	ana.do("POST"+deployment, obj{"operationContext": obj{"environmentVariables": obj{"PULUMI_ACCESS_TOKEN": obj{"secret": "x"}}}}).want(400).says("PULUMI_ACCESS_TOKEN")
	ana.do("POST"+deployment, obj{"operationContext": obj{"environmentVariables": obj{"REGION": "eu"}}}).want(200)
	check("with a variable", true)
	s.mode("permissive")
	ana.do("POST"+deployment, obj{"operationContext": obj{"environmentVariables": obj{"PULUMI_ACCESS_TOKEN": obj{"secret": "x"}}}}).want(200)
	check("permissive, with a token", true)
	s.mode("restricted")
	check("with a token", false)
	ana.do("POST"+deployment, obj{"operationContext": obj{"environmentVariables": obj{"PULUMI_ACCESS_TOKEN": nil}}}).want(200)
	check("without the token", true)
	ana.do("DELETE"+deployment, nil).want(200)
	check("without settings", false)
	ana.do("PATCH ", obj{"setDefaultDeploymentRoleId": s.role("deployer")}).want(200)
	check("with the organization's default role", true)
}

func TestTeamTokensHaveDefaultsUnlessRestricted(t *testing.T) {
	t.Parallel()
	s := startScene(t, strings.Replace(modesSeed, "settings: {", "settings: {defaultStackPermission: read, defaultEnvironmentPermission: open, defaultAccountPermission: read, ", 1)+
		"grants: [{team: payments, project: payments, stack: prod, permission: read}]\n")
	team, member := s.identity(servertest.Identity{Team: "payments"}), s.as("bo")
	for mode, status := range map[string]int{"permissive": 200, "restricted": 404} {
		s.mode(mode)
		for _, call := range []string{"GET " + devStack, "GET /api/esc/environments/acme/payments/dev", "GET /api/preview/insights/acme/accounts/aws-prod"} {
			team.do(call, nil).want(status)
			member.do(call, nil).want(200)
		}
		team.do("GET "+prodStack, nil).want(200)
	}
}

func TestRestrictedOrganizationsHaveACeilingOnTheDefaultRole(t *testing.T) {
	t.Parallel()
	s := startScene(t, modesSeed)
	for name, allowed := range map[string]bool{"Reader": true, "Builder": true, "settings": true, "Maintainer": false, "Admin": false} {
		s.mode("restricted")
		got := s.admin().do("PATCH /roles/"+s.role(name)+"/default", nil)
		if (got.status == 204) != allowed {
			t.Errorf("%s: got %d", name, got.status)
		}
		s.mode("permissive")
		s.admin().do("PATCH /roles/"+s.role(name)+"/default", nil).want(204)
		if got := s.admin().do("PATCH ", obj{"setPermissionMode": "restricted"}); (got.status == 200) != allowed {
			t.Errorf("restricting with %s: got %d", name, got.status)
		}
		s.admin().do("PATCH /roles/"+s.role("Member")+"/default", nil).want(204)
	}
}

// Members follow the default role until they get one of their own, and again when that is deleted.
func TestMembersFollowTheDefaultRole(t *testing.T) {
	t.Parallel()
	s := startScene(t, modesSeed)
	ana := s.admin()
	ana.do("POST /members/eve", obj{"role": "reader"}).want(400).says("reader")
	ana.do("PATCH /roles/"+s.role("Reader")+"/default", nil).want(204)
	ana.do("GET /metadata", nil).want(200).says(`"staticDefaultRolesEnabled":true`)
	ana.do("POST /members/eve", obj{"role": "member"}).want(200).says(`"followsDefaultRole":true`).says(`"name":"Reader"`).says(`"role":"member"`)
	fay := ana.do("POST /members/fay", obj{"role": "builder"}).want(200).says(`"name":"Builder"`)
	if strings.Contains(string(fay.raw), "followsDefaultRole") {
		t.Errorf("fay has a role: %s", fay.raw)
	}
	eve := s.as("eve")
	write := func(a actor) int { return a.do("PATCH "+devStack+"/tags", obj{"a": "b"}).status }
	eve.do("GET "+devStack, nil).want(200)
	if got := write(eve); got != 403 {
		t.Errorf("a reader writes: %d", got)
	}
	if got := write(s.as("fay")); got != 204 {
		t.Errorf("a builder does not write: %d", got)
	}
	ana.do("PATCH /roles/"+s.role("Maintainer")+"/default", nil).want(204)
	if got := write(eve); got != 204 {
		t.Errorf("eve does not follow: %d", got)
	}
	ana.do("PATCH /members/eve", obj{"fgaRoleId": s.role("deployer")}).want(204)
	if got := write(eve); got != 403 {
		t.Errorf("eve has a role of her own: %d", got)
	}
	ana.do("DELETE /roles/"+s.role("deployer")+"?force=true", nil).want(204)
	if got := write(eve); got != 204 {
		t.Errorf("eve follows again: %d", got)
	}
	ana.do("PATCH /roles/"+s.role("Member")+"/default", nil).want(204)
	eve.do("GET "+devStack, nil).want(404)
	s.Restore(s.State())
	eve.do("GET "+devStack, nil).want(404)
	seeded := startScene(t, strings.NewReplacer("settings: {", "settings: {defaultRole: reader, ", "{login: bo}", "{login: bo, followsDefaultRole: true}").Replace(acmeSeed))
	seeded.as("bo").do("GET "+devStack, nil).want(200)
	seeded.as("cy").do("GET "+devStack, nil).want(404)
	seeded.suspend("bo")
	seeded.as("bo").do("GET "+devStack, nil).want(403)
}

// A deployment that nobody started has admin on its own stack, and one that a person started that person's permissions. With a role
// every deployment has what the role grants.
func TestDeploymentsRunAsTheirStarterOrTheirRole(t *testing.T) {
	t.Parallel()
	for reading, want := range map[string]struct{ byHand, otherByHand, withRole int }{
		"caps": {200, 200, 404}, "added": {200, 404, 200}, "replaces": {200, 404, 404},
	} {
		t.Run(reading, func(t *testing.T) {
			t.Parallel()
			s := startWith(t, server.Options{DeploymentRole: reading, Seed: []byte(modesSeed + `
grants:
  - {user: bo, project: payments, stack: dev, permission: write}
  - {user: bo, project: web, stack: dev, permission: read}
`)})
			ana := s.admin()
			dev, web := "GET "+devStack, "GET /api/stacks/acme/web/dev"
			if _, started := s.start(servertest.Deployment{Project: "payments", Stack: "dev", StartedBy: "cy"}); started {
				t.Error("cy may not start one")
			}
			byHand, _ := s.start(servertest.Deployment{Project: "payments", Stack: "dev", StartedBy: "bo"})
			byHand.do(dev, nil).want(want.byHand)
			byHand.do(web, nil).want(want.otherByHand)
			byHand.do("GET "+prodStack, nil).want(404)
			admins, _ := s.start(servertest.Deployment{Project: "payments", Stack: "dev", StartedBy: "ana"})
			admins.do("GET "+prodStack, nil).want(map[bool]int{true: 200, false: 404}[reading == "caps"])
			pushed, _ := s.start(servertest.Deployment{Project: "payments", Stack: "dev"})
			pushed.do(dev, nil).want(200)
			pushed.do(web, nil).want(404)

			ana.do("POST"+deployment, obj{"operationContext": obj{"role": obj{"id": ana.roleWith("environments", allowOf("environment:read"))}}}).want(200)
			for _, run := range []actor{byHand, admins, pushed} {
				run.do(dev, nil).want(want.withRole)
				run.do(web, nil).want(404)
				run.do("GET /api/esc/environments/acme/payments/prod", nil).want(200)
			}
			ana.do("DELETE"+deployment, nil).want(200)
			s.suspend("bo")
			byHand.do(dev, nil).want(403)
		})
	}
}

// What each kind of principal has in either mode: the restricted one takes the defaults from team tokens, on the organization itself as
// well, and refuses deployments without a role. Everybody else keeps what they have.
func TestEveryKindOfPrincipalInBothModes(t *testing.T) {
	t.Parallel()
	s := startScene(t, strings.NewReplacer("settings: {", "settings: {defaultStackPermission: read, ", "{login: cy}", "{login: cy, followsDefaultRole: true}").Replace(modesSeed))
	s.admin().do("POST /api/stacks/acme/payments/prod/deployments/settings", obj{"operationContext": obj{"role": obj{"id": s.role("deployer")}}}).want(200)
	started := func(stack, by string) actor {
		a, _ := s.start(servertest.Deployment{Project: "payments", Stack: stack, StartedBy: by})
		return a
	}
	const other, members = "GET /api/stacks/acme/web/dev", "GET /members"
	for who, c := range map[string]struct {
		actor
		permissive, restricted [2]int // on another stack, and on the organization
	}{
		"an administrator":                       {s.admin(), [2]int{200, 200}, [2]int{200, 200}},
		"a member":                               {s.as("bo"), [2]int{200, 200}, [2]int{200, 200}},
		"a follower of the default role":         {s.as("cy"), [2]int{200, 200}, [2]int{200, 200}},
		"a team token":                           {s.identity(servertest.Identity{Team: "payments"}), [2]int{200, 200}, [2]int{404, 403}},
		"an organization token":                  {s.identity(servertest.Identity{Organization: true}), [2]int{200, 200}, [2]int{200, 200}},
		"an organization token with a role":      {s.identity(tokenWithRole(s.role("deployer"))), [2]int{200, 403}, [2]int{200, 403}},
		"a deployment with a role":               {started("prod", ""), [2]int{200, 403}, [2]int{200, 403}},
		"one with a role that a person started":  {started("prod", "ana"), [2]int{200, 403}, [2]int{200, 403}},
		"a deployment without a role":            {started("dev", ""), [2]int{404, 403}, [2]int{403, 403}},
		"one without that a person started":      {started("dev", "ana"), [2]int{200, 200}, [2]int{403, 403}},
		"the administrator's organization token": {s.identity(servertest.Identity{Organization: true, Admin: true}), [2]int{200, 200}, [2]int{200, 200}},
	} {
		for mode, want := range map[string][2]int{"permissive": c.permissive, "restricted": c.restricted} {
			s.mode(mode)
			if got := [2]int{c.do(other, nil).status, c.do(members, nil).status}; got != want {
				t.Errorf("%s, %s: got %v, want %v", who, mode, got, want)
			}
		}
	}
}
