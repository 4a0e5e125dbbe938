package server_test

import (
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/server/servertest"
)

// personal are the routes that only people may call, written down apart from the server's own table.
var personal = []string{
	"POST /api/orgs/{orgName}/tokens", "DELETE /api/orgs/{orgName}/tokens/{tokenId}",
	"GET /api/user/tokens", "POST /api/user/tokens", "DELETE /api/user/tokens/{tokenId}",
	"POST /api/user/organizations/{orgName}/default",
}

// withoutToken are the routes that anybody may call.
var withoutToken = []string{
	"GET /api/capabilities", "GET /api/cli/version", "GET /api/openapi/pulumi-spec.json", "POST /api/oauth/token",
	"GET /oidc/.well-known/jwks", "GET /oidc/.well-known/openid-configuration",
	"GET /oidc/v2/.well-known/jwks", "GET /oidc/v2/.well-known/openid-configuration",
}

const callersSeed = acmeSeed + `
roles:
  - {name: everything, scopes: [org_token:create, org_token:delete, org_token:read, organization:update, org_member:update,
      stack:read, stack:write, stack:create, team:create, role:create, environment:open]}
`

// Every route is called by every kind of principal. Who is nobody any more is refused by all that need a token, machines by
// what is for people, and nobody by a bug.
func TestEveryRouteByEveryKindOfPrincipal(t *testing.T) {
	t.Parallel()
	s := startNewer(t, callersSeed) // no body here fits the document
	s.admin().do("POST /teams/pulumi", newTeamBody("robots")).want(201)
	s.giveEverythingToMachines()
	machines := map[string]actor{
		"organization token":               s.identity(servertest.Identity{Organization: true}),
		"administrator organization token": s.identity(servertest.Identity{Organization: true, Admin: true}),
		"team token":                       s.identity(servertest.Identity{Team: "robots"}),
		"deployment token":                 s.identity(servertest.Identity{Deployment: &servertest.Deployment{Project: "web", Stack: "dev"}}),
	}
	persons := map[string]actor{"administrator": s.admin(), "member": s.as("bo")}
	nobody := s.nobodies()
	before := string(s.State())
	for _, pattern := range slices.Sorted(maps.Keys(s.Server.Patterns())) {
		how := s.Server.Patterns()[pattern]
		if (how == "open") != slices.Contains(withoutToken, pattern) {
			t.Errorf("%s needs no token: %v", pattern, how == "open")
		}
		for who, a := range nobody {
			if got := a.try(pattern); how != "open" && got.status != 401 && (got.status != 403 || who != "suspended member") {
				t.Errorf("%s by %s: got %d: %.200s", pattern, who, got.status, got.raw)
			}
		}
		for who, a := range machines {
			got := a.try(pattern)
			if refused := got.status == 403 && strings.Contains(got.str("message"), " token: "); refused != slices.Contains(personal, pattern) {
				t.Errorf("%s by %s: got %d: %.200s", pattern, who, got.status, got.raw)
			}
		}
		for who, a := range persons {
			got := a.try(pattern)
			if got.status == 500 || strings.Contains(got.str("message"), " token: ") || (how == "lease") != (got.status == 401) {
				t.Errorf("%s by %s: got %d: %.200s", pattern, who, got.status, got.raw)
			}
		}
	}
	if after := string(s.State()); after != before {
		t.Errorf("calls without sense changed the state from\n%s\nto\n%s", before, after)
	}
}

// giveEverythingToMachines gives team and deployment tokens a role with the scopes that they are refused for all the same.
func (s scene) giveEverythingToMachines() {
	s.t.Helper()
	roles := s.admin().do("GET /roles?uxPurpose=role", nil).want(200)
	for i := range roles.list("roles") {
		if roles.str("roles", i, "name") == "everything" {
			id := roles.str("roles", i, "id")
			s.admin().do("POST /teams/robots/roles/"+id, nil).want(204)
			s.admin().do("PATCH ", obj{"setDefaultDeploymentRoleId": id}).want(200)
			return
		}
	}
	s.t.Fatalf("no role: %s", roles.raw)
}

// nobodies are the principals whose tokens no longer work, or never did.
func (s scene) nobodies() map[string]actor {
	s.t.Helper()
	ana := s.admin()
	ana.do("POST /members/eve", obj{"role": "admin"}).want(200)
	ana.do("POST /members/sue", obj{"role": "admin"}).want(200)
	ana.do("POST /teams/pulumi", newTeamBody("gone")).want(201)
	ana.do("POST /api/stacks/acme/web", obj{"stackName": "gone"}).want(200)
	all := map[string]actor{
		"anonymous":        {scene: s},
		"unknown token":    {scene: s, token: "pul-0123"},
		"removed member":   s.as("eve"),
		"suspended member": s.as("sue"),
		"deleted team":     s.identity(servertest.Identity{Team: "gone"}),
		"deleted stack":    s.identity(servertest.Identity{Deployment: &servertest.Deployment{Project: "web", Stack: "gone"}}),
	}
	short := ana.do("POST /tokens", obj{"name": "short", "description": "", "expires": s.clock.Now().Add(time.Hour).Unix(), "admin": true}).want(200)
	all["expired token"] = actor{scene: s, token: short.str("tokenValue")}
	ended := ana.do("POST /tokens", obj{"name": "ended", "description": "", "expires": 0, "admin": true}).want(200)
	all["deleted token"] = actor{scene: s, token: ended.str("tokenValue")}
	for who, a := range all {
		if who != "anonymous" && who != "unknown token" {
			a.do("GET /api/user", nil).want(200)
		}
	}
	s.clock.Advance(2 * time.Hour)
	for _, path := range []string{"/members/eve", "/teams/gone", "/api/stacks/acme/web/gone", "/tokens/" + ended.str("id")} {
		ana.do("DELETE "+path, nil).want(204)
	}
	s.suspend("sue")
	return all
}

// suspend suspends a member, which the service has no documented call for.
func (s scene) suspend(login string) {
	s.t.Helper()
	s.Restore([]byte(regexp.MustCompile(`"login": "`+login+`",`).ReplaceAllString(string(s.State()), `"login": "`+login+`", "suspended": true,`)))
}

var parameter = regexp.MustCompile(`{[^}]*}`)

// try calls a route with names that do not exist, and a body that no call takes.
func (a actor) try(pattern string) answer {
	a.t.Helper()
	path := strings.ReplaceAll(pattern, "{orgName}", "acme")
	var body any
	if method, _, _ := strings.Cut(path, " "); method != "GET" && method != "HEAD" {
		body = obj{"expires": 1}
	}
	return a.do(parameter.ReplaceAllString(path, "none"), body)
}

func TestMachinesCannotCreateOrganizationTokens(t *testing.T) {
	t.Parallel()
	s := startScene(t, callersSeed)
	s.admin().do("POST /teams/pulumi", newTeamBody("robots")).want(201)
	s.giveEverythingToMachines()
	for who, i := range map[string]servertest.Identity{
		"organization": {Organization: true, Admin: true}, "team": {Team: "robots"},
		"deployment": {Deployment: &servertest.Deployment{Project: "web", Stack: "dev"}},
	} {
		a := s.identity(i)
		a.do("GET /tokens", nil).want(200)
		a.do("POST /tokens", obj{"name": "from " + who, "description": "", "expires": 0, "admin": true}).want(403).says("a machine cannot")
	}
	if got := s.admin().do("GET /tokens?filter=all", nil).want(200); len(got.list("tokens")) != 0 {
		t.Errorf("machines created tokens: %s", got.raw)
	}
}
