package server_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	coreoidc "github.com/coreos/go-oidc/v3/oidc"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/server"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/server/servertest"
)

const (
	issuers  = "/oidc/issuers"
	exchange = "/api/oauth/token"
)

// ofMain is what a job on the main branch says.
func ofMain() obj {
	return obj{"sub": "repo:acme/app:ref:refs/heads/main", "repository": "acme/app", "ref": "refs/heads/main"}
}

// registered registers a hosted CI system and gives it policies; it answers the issuer's id.
func (a actor) registered(name string, policies ...obj) string {
	a.t.Helper()
	made := a.do("POST "+issuers, obj{"name": name, "url": a.scene.CIURL(name), "maxExpiration": 3600}).want(200)
	id := made.str("id")
	if len(policies) > 0 {
		a.policies(id, policies...)
	}
	return id
}

func (a actor) policies(issuerID string, policies ...obj) answer {
	a.t.Helper()
	current := a.do("GET /auth/policies/oidcissuers/"+issuerID, nil).want(200)
	return a.do("PATCH /auth/policies/"+current.str("id"), obj{"policies": policies}).want(200)
}

func policy(decision, kind string, rules obj, more obj) obj {
	made := obj{"decision": decision, "tokenType": kind, "authorizedPermissions": []string{}, "rules": rules}
	for name, value := range more {
		made[name] = value
	}
	return made
}

func forTeam(team string) obj {
	return policy("allow", "team", obj{"aud": "urn:pulumi:org:acme", "sub": "repo:acme/app:ref:refs/heads/main"}, obj{"teamName": team})
}

func grant(token, kind, scope string) obj {
	return obj{
		"grant_type": "urn:ietf:params:oauth:grant-type:token-exchange", "audience": "urn:pulumi:org:acme", "subject_token": token,
		"subject_token_type": "urn:ietf:params:oauth:token-type:id_token", "scope": scope,
		"requested_token_type": "urn:pulumi:token-type:access_token:" + kind,
	}
}

func (s scene) exchange(request obj) answer {
	s.t.Helper()
	status, raw := s.Call("", http.MethodPost, exchange, request)
	got := answer{t: s.t, call: "POST " + exchange, status: status, raw: raw}
	_ = json.Unmarshal(raw, &got.body)
	return got
}

func (s scene) asTeam(claims obj, team string) answer {
	s.t.Helper()
	return s.exchange(grant(s.CIToken("github", claims), "team", "team:"+team))
}

func TestIssuerLifecycle(t *testing.T) {
	t.Parallel()
	s := startScene(t, acmeSeed)
	ana := s.admin()
	before := string(s.State())
	made := ana.do("POST "+issuers, obj{"name": "ci", "url": s.CIURL("github")}).want(200)
	made.equal(s.CIURL("github"), made.str("issuer"))
	id := made.str("id")
	ana.do("POST "+issuers, obj{"name": "again", "url": s.CIURL("github") + "/"}).want(409)
	ana.do("POST "+issuers, obj{"name": "ci", "url": "http://ci.example"}).want(400)
	ana.do("POST "+issuers, obj{"url": s.CIURL("other")}).want(400).says("name is required")
	ana.do("POST "+issuers, obj{"name": "no issuer", "url": s.URL + "/nothing"}).want(400).says("discovery document")
	ana.do("POST "+issuers, obj{"name": "x", "url": s.CIURL("x"), "thumbprints": []string{"zz"}}).want(400)
	ana.do("POST "+issuers, obj{"name": "x", "url": s.CIURL("x"), "jwks": obj{"keys": []obj{}}}).want(400)

	listed := ana.do("GET "+issuers, nil).want(200)
	listed.equal("ci", listed.names("oidcIssuers", "name"))
	ana.do("PATCH "+issuers+"/"+id, obj{"maxExpiration": 60}).want(400).says("name is required")
	changed := ana.do("PATCH "+issuers+"/"+id, obj{"name": "CI", "maxExpiration": 60}).want(200)
	changed.equal("CI", changed.str("name"))
	ana.do("POST "+issuers+"/"+id+"/regenerate-thumbprints", nil).want(200)

	ana.do("DELETE "+issuers+"/"+id, nil).want(204)
	ana.do("GET "+issuers+"/"+id, nil).want(404)
	ana.do("DELETE "+issuers+"/"+id, nil).want(404)
	if after := string(s.State()); after != before {
		t.Errorf("traces are left:\n%s", after)
	}
	again := ana.do("POST "+issuers, obj{"name": "ci", "url": s.CIURL("github")}).want(200)
	if again.str("id") == id {
		t.Error("an issuer that was recreated has the id of the one that was deleted")
	}
}

func TestIssuersElsewhereAreNotContacted(t *testing.T) {
	t.Parallel()
	s := startScene(t, acmeSeed)
	const github = "https://token.actions.githubusercontent.com"
	made := s.admin().do("POST "+issuers, obj{"name": "GitHub", "url": github}).want(200)
	if prints := made.list("thumbprints"); len(prints) != 1 || len(prints[0].(string)) != 64 {
		t.Errorf("got thumbprints %v", prints)
	}
	s.admin().policies(made.str("id"), forTeam("payments"))
	claims := ofMain()
	claims["iss"] = github
	s.asTeam(claims, "payments").want(200)
	claims["sub"] = "repo:acme/other:ref:refs/heads/main"
	s.asTeam(claims, "payments").want(400)
}

func TestAuthPolicies(t *testing.T) {
	t.Parallel()
	s := startScene(t, acmeSeed)
	ana := s.admin()
	id := ana.registered("github")
	first := ana.do("GET /auth/policies/oidcissuers/"+id, nil).want(200)
	first.equal("deny", first.str("policies", 0, "decision"))
	if len(first.list("policies")) != 1 || first.str("id") == id {
		t.Errorf("a new issuer has policies %s", first.raw)
	}
	path := "PATCH /auth/policies/" + first.str("id")
	ana.do(path, obj{"policies": []obj{}}).want(400).says("can not be empty")
	ana.do("PATCH /auth/policies/"+id, obj{"policies": []obj{forTeam("payments")}}).want(404)
	ana.do("GET /auth/policies/oidcissuers/nonsense", nil).want(400)
	ana.do("GET /auth/policies/oidcissuers/"+first.str("id"), nil).want(404)
	for name, bad := range map[string]obj{
		"decision":   policy("maybe", "team", obj{}, obj{"teamName": "payments"}),
		"type":       policy("allow", "org", obj{}, nil),
		"no team":    policy("allow", "team", obj{}, nil),
		"no role":    policy("allow", "organization", obj{}, obj{"roleID": "nothing"}),
		"permission": policy("allow", "organization", obj{}, obj{"authorizedPermissions": []string{"root"}}),
		"claim":      policy("allow", "team", obj{"a..b": "x"}, obj{"teamName": "payments"}),
		"pattern":    policy("allow", "team", obj{"sub": 1}, obj{"teamName": "payments"}),
	} {
		if got := ana.do(path, obj{"policies": []obj{bad}}); got.status != 400 {
			t.Errorf("%s: got %d: %s", name, got.status, got.raw)
		}
	}
	two := ana.do(path, obj{"policies": []obj{forTeam("payments"), forTeam("empty")}}).want(200)
	one := ana.do(path, obj{"policies": []obj{forTeam("empty")}}).want(200)
	if len(two.list("policies")) != 2 || len(one.list("policies")) != 1 {
		t.Errorf("a write replaces the list: %s, then %s", two.raw, one.raw)
	}
	one.equal("empty", one.str("policies", 0, "teamName"))
}

func TestIssuersTakeScopes(t *testing.T) {
	t.Parallel()
	s := startScene(t, acmeSeed)
	id := s.admin().registered("github")
	policyID := s.admin().do("GET /auth/policies/oidcissuers/"+id, nil).str("id")
	role := s.admin().roleWith("reader", groupOf(allowOf("oidc_issuers:read", "auth_policies:read")))
	for _, who := range []struct {
		actor
		reads int
	}{{s.as("bo"), 403}, {s.identity(servertest.Identity{Organization: true, Role: role}), 200}} {
		who.do("GET "+issuers, nil).want(who.reads)
		who.do("GET "+issuers+"/"+id, nil).want(who.reads)
		who.do("GET /auth/policies/oidcissuers/"+id, nil).want(who.reads)
		who.do("POST "+issuers, obj{"name": "x", "url": s.CIURL("x")}).want(403)
		who.do("PATCH "+issuers+"/"+id, obj{"name": "x"}).want(403)
		who.do("DELETE "+issuers+"/"+id, nil).want(403)
		who.do("POST "+issuers+"/"+id+"/regenerate-thumbprints", nil).want(403)
		who.do("PATCH /auth/policies/"+policyID, obj{"policies": []obj{forTeam("payments")}}).want(403)
	}
}

func TestExchangeForTeam(t *testing.T) {
	t.Parallel()
	s := startScene(t, acmeSeed)
	id := s.admin().registered("github")
	s.asTeam(ofMain(), "payments").want(400).says("invalid_grant")
	s.admin().policies(id, forTeam("payments"))

	got := s.asTeam(ofMain(), "payments").want(200)
	got.equal("token", got.str("token_type")).equal("team:payments", got.str("scope"))
	if lifetime := got.at("expires_in"); lifetime != 3600.0 {
		t.Errorf("lives for %v seconds, and the issuer allows 3600", lifetime)
	}
	ci := actor{scene: s, token: got.str("access_token")}
	me := ci.do("GET /api/user", nil).want(200)
	me.equal("payments", me.str("tokenInfo", "team"))
	s.clock.Advance(time.Hour)
	ci.do("GET /api/user", nil).want(401)

	for name, claims := range map[string]obj{
		"another repository": {"sub": "repo:acme/app2:ref:refs/heads/main"},
		"another branch":     {"sub": "repo:acme/app:ref:refs/heads/main2"},
		"a look-alike":       {"sub": "repo:acme/app:ref:refs/heads/mainX"},
		"other letters":      {"sub": "repo:Acme/app:ref:refs/heads/main"},
		"another audience":   {"sub": ofMain()["sub"], "aud": "urn:pulumi:org:other"},
		"expired":            {"sub": ofMain()["sub"], "exp": s.clock.Now().Add(-time.Minute).Unix()},
		"not yet":            {"sub": ofMain()["sub"], "nbf": s.clock.Now().Add(time.Minute).Unix()},
		"for ever":           {"sub": ofMain()["sub"], "exp": nil},
		"another issuer":     {"sub": ofMain()["sub"], "iss": s.CIURL("gitlab")},
	} {
		refused := s.asTeam(claims, "payments")
		if refused.status != 400 || refused.str("error") != "invalid_grant" || refused.str("error_description") == "" {
			t.Errorf("%s: got %d: %s", name, refused.status, refused.raw)
		}
	}
	s.asTeam(ofMain(), "empty").want(400)
	other := s.CIToken("other", ofMain())
	forged := s.CIToken("other", obj{"sub": ofMain()["sub"], "iss": s.CIURL("github")})
	for _, token := range []string{other, forged, "x", "a.b.c"} {
		s.exchange(grant(token, "team", "team:payments")).want(400)
	}
}

func TestExchangeTypes(t *testing.T) {
	t.Parallel()
	s := startScene(t, acmeSeed+"\nroles: [{name: reader, scopes: [stack:list]}]")
	ana := s.admin()
	role := ana.roleWith("opener", groupOf(allowOf("stack:list")))
	rules := obj{"sub": ofMain()["sub"]}
	id := ana.registered("github", policy("allow", "organization", rules, obj{"roleID": role}))
	token := s.CIToken("github", ofMain())

	limited := actor{scene: s, token: s.exchange(grant(token, "organization", "")).want(200).str("access_token")}
	limited.do("GET "+issuers, nil).want(403)
	s.exchange(grant(token, "organization", "admin")).want(400)
	s.exchange(grant(token, "personal", "user:bo")).want(400)

	ana.policies(id, policy("allow", "organization", rules, obj{"authorizedPermissions": []string{"admin"}}),
		policy("allow", "personal", rules, obj{"userLogin": "bo"}), policy("allow", "runner", rules, obj{"runnerID": "r"}))
	plain := actor{scene: s, token: s.exchange(grant(token, "organization", "")).want(200).str("access_token")}
	plain.do("GET "+issuers, nil).want(403)
	admin := actor{scene: s, token: s.exchange(grant(token, "organization", "admin")).want(200).str("access_token")}
	admin.do("GET "+issuers, nil).want(200)
	bo := actor{scene: s, token: s.exchange(grant(token, "personal", "user:bo")).want(200).str("access_token")}
	me := bo.do("GET /api/user", nil).want(200)
	me.equal("bo", me.str("githubLogin"))
	s.exchange(grant(token, "runner", "runner:r")).want(400).says("no deployment runners")

	ana.policies(id, policy("allow", "personal", rules, obj{"userLogin": "nobody"}), policy("allow", "team", rules, obj{"teamName": "*"}))
	s.exchange(grant(token, "personal", "user:nobody")).want(400).says("no user")
	s.exchange(grant(token, "team", "team:nobody")).want(400).says("no team")
	s.exchange(grant(token, "team", "team:empty")).want(200)

	ana.policies(id, policy("allow", "organization", rules, obj{"roleID": role}), policy("deny", "organization", obj{}, nil))
	s.exchange(grant(token, "organization", "")).want(400).says("denies")
}

func TestExchangeIsCheckedBeforeTheToken(t *testing.T) {
	t.Parallel()
	s := startScene(t, acmeSeed)
	s.admin().registered("github", forTeam("payments"))
	good := func() obj { return grant(s.CIToken("github", ofMain()), "team", "team:payments") }
	for name, test := range map[string]struct{ parameter, value, kind string }{
		"grant":        {"grant_type", "password", "unsupported_grant_type"},
		"token type":   {"subject_token_type", "urn:ietf:params:oauth:token-type:jwt", "invalid_request"},
		"wanted type":  {"requested_token_type", "urn:pulumi:token-type:access_token:root", "invalid_request"},
		"no token":     {"subject_token", "", "invalid_request"},
		"scope":        {"scope", "user:bo", "invalid_scope"},
		"no scope":     {"scope", "", "invalid_scope"},
		"audience":     {"audience", "urn:pulumi:org:other", "invalid_target"},
		"plain name":   {"audience", "acme", "invalid_target"},
		"expiration":   {"expiration", "soon", "invalid_request"},
		"negative":     {"expiration", "-5", "invalid_request"},
		"organization": {"requested_token_type", "urn:pulumi:token-type:access_token:organization", "invalid_scope"},
	} {
		request := good()
		request[test.parameter] = test.value
		if got := s.exchange(request); got.status != 400 || got.str("error") != test.kind {
			t.Errorf("%s: got %d %s", name, got.status, got.raw)
		}
	}
	for want, asked := range map[float64]string{60: "60", 3600: "86400"} {
		request := good()
		request["expiration"] = asked
		if got := s.exchange(request).want(200); got.at("expires_in") != want {
			t.Errorf("asked for %s seconds, got %v", asked, got.at("expires_in"))
		}
	}
}

// The CLI sends a form.
func TestExchangeByForm(t *testing.T) {
	t.Parallel()
	s := startScene(t, acmeSeed)
	s.admin().registered("github", forTeam("payments"))
	form := url.Values{}
	for name, value := range grant(s.CIToken("github", ofMain()), "team", "team:payments") {
		form.Set(name, value.(string))
	}
	post := func(body string) (int, string) {
		resp, err := servertest.Client.Post(s.URL+exchange, "application/x-www-form-urlencoded", strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		data, _ := io.ReadAll(resp.Body)
		return resp.StatusCode, string(data)
	}
	if status, body := post(form.Encode()); status != 200 || !strings.Contains(body, "pul-") {
		t.Errorf("got %d: %s", status, body)
	}
	if status, body := post(form.Encode() + "&scope=team:empty"); status != 400 {
		t.Errorf("a parameter twice: got %d: %s", status, body)
	}
	if status, body := post("%zz"); status != 400 {
		t.Errorf("no form: got %d: %s", status, body)
	}
}

func TestExchangeWithStaticKeys(t *testing.T) {
	t.Parallel()
	s := startScene(t, acmeSeed)
	_, raw := s.Call("", http.MethodGet, "/_sandbox/oidc/github/.well-known/jwks", nil)
	made := s.admin().do("POST "+issuers, obj{"name": "static", "url": s.CIURL("github"), "jwks": json.RawMessage(raw)}).want(200)
	s.admin().do("POST "+issuers+"/"+made.str("id")+"/regenerate-thumbprints", nil).want(400).says("statically configured")
	s.admin().policies(made.str("id"), forTeam("payments"))
	s.Reset()
	s.asTeam(ofMain(), "payments").want(200)
	s.Restore(s.State())
	s.asTeam(ofMain(), "payments").want(200)
}

func TestExchangedTokensAreNotUnderTheExpiryPolicy(t *testing.T) {
	t.Parallel()
	s := startScene(t, acmeSeed+"\n")
	s.admin().registered("github", forTeam("payments"))
	before := string(s.State())
	token := s.asTeam(ofMain(), "payments").want(200).str("access_token")
	if after := string(s.State()); after != before || strings.Contains(after, token) {
		t.Errorf("an exchange left traces in the state:\n%s", after)
	}
	strict := startWith(t, server.Options{Seed: []byte(strings.Replace(acmeSeed, "settings: {", "settings: {maxAccessTokenExpiryDays: 1, ", 1))})
	made := strict.admin().do("POST "+issuers, obj{"name": "ci", "url": strict.CIURL("github"), "maxExpiration": 0}).want(200)
	strict.admin().policies(made.str("id"), forTeam("payments"))
	request := grant(strict.CIToken("github", ofMain()), "team", "team:payments")
	request["expiration"] = "90000" // 25 hours
	got := strict.exchange(request).want(200)
	if got.at("expires_in") != 90000.0 {
		t.Fatalf("lives for %v", got.at("expires_in"))
	}
	actor{scene: strict, token: got.str("access_token")}.do("GET /api/user", nil).want(200)
}

func TestTrustIsAudited(t *testing.T) {
	t.Parallel()
	s := startScene(t, acmeSeed)
	ana := s.admin()
	id := ana.registered("github", forTeam("payments"))
	ana.do("PATCH "+issuers+"/"+id, obj{"name": "CI"}).want(200)
	s.asTeam(ofMain(), "payments").want(200)
	s.asTeam(obj{"sub": "x"}, "payments").want(400)
	s.asTeam(obj{"sub": "x", "iss": "https://nobody.example"}, "payments").want(400)
	ana.do("DELETE "+issuers+"/"+id, nil).want(204)
	var got []string
	for i := range ana.do("GET /auditlogs/v2", nil).want(200).list("auditLogEvents") {
		got = append(got, ana.do("GET /auditlogs/v2", nil).str("auditLogEvents", i, "event"))
	}
	want := []string{
		"oidc-issuer-deleted", "oidc-issuer-validation-failed", "oidc-issuer-validation-failed", "team-token-created-for-oidc-issuer",
		"oidc-issuer-updated", "authorization-policy-updated", "oidc-issuer-registered",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestCITokensAreReadByAnIndependentVerifier(t *testing.T) {
	t.Parallel()
	s := startScene(t, acmeSeed)
	provider, err := coreoidc.NewProvider(t.Context(), s.CIURL("github"))
	if err != nil {
		t.Fatalf("discovery: %v", err)
	}
	verifier := provider.Verifier(&coreoidc.Config{ClientID: "urn:pulumi:org:acme", Now: s.clock.Now})
	token, err := verifier.Verify(t.Context(), s.CIToken("github", ofMain()))
	if err != nil || token.Subject != ofMain()["sub"] {
		t.Fatalf("got %+v, %v", token, err)
	}
	if _, err := verifier.Verify(t.Context(), s.CIToken("gitlab", obj{"iss": s.CIURL("github")})); err == nil {
		t.Error("a token of one issuer was taken for another's")
	}
	for _, path := range []string{"/_sandbox/oidc/a%20b/.well-known/jwks", "/_sandbox/oidc/%2e%2e/.well-known/jwks"} {
		if status, raw := s.Call("", http.MethodGet, path, nil); status != 400 && status != 404 && status != 501 {
			t.Errorf("%s: got %d: %s", path, status, raw)
		}
	}
	if status, _ := s.Call("", http.MethodPost, "/_sandbox/oidc/github/token", "hello"); status != 400 {
		t.Errorf("a body that is not an object: got %d", status)
	}
}

func TestSeededIssuers(t *testing.T) {
	t.Parallel()
	s := startScene(t, acmeSeed+`
roles: [{name: reader, scopes: [stack:list]}]
oidcIssuers:
  - {name: none, url: "https://none.example"}
  - name: GitHub
    url: https://token.actions.githubusercontent.com
    maxExpiration: 600
    policies:
      - {team: payments, claims: {sub: "repo:acme/app:ref:refs/heads/main"}}
      - {role: reader, claims: {sub: a}}
      - {user: bo, decision: deny}
      - {admin: true, claims: {sub: b}}
`)
	claims := ofMain()
	claims["iss"] = "https://token.actions.githubusercontent.com"
	if got := s.asTeam(claims, "payments").want(200); got.at("expires_in") != 600.0 {
		t.Errorf("lives for %v", got.at("expires_in"))
	}
	for name, seed := range map[string]string{
		"oidcIssuers[0]":                      `oidcIssuers: [{url: "https://x.example"}]`,
		"oidcIssuers[1]":                      `oidcIssuers: [{name: a, url: "https://x.example"}, {name: b, url: "https://x.example"}]`,
		"oidcIssuers[0].policies[0]":          `oidcIssuers: [{name: a, url: "https://x.example", policies: [{team: a, user: b}]}]`,
		"oidcIssuers[0].policies[0].decision": `oidcIssuers: [{name: a, url: "https://x.example", policies: [{decision: maybe}]}]`,
		"oidcIssuers[0].policies[0].role":     `oidcIssuers: [{name: a, url: "https://x.example", policies: [{role: none}]}]`,
	} {
		if _, err := server.New(server.Options{Seed: []byte(seed)}); err == nil || !strings.Contains(err.Error(), name+":") {
			t.Errorf("%s: got %v", name, err)
		}
	}
}
