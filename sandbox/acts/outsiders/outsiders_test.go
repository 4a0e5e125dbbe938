// Package outsiders_test draws organizations that trust an OIDC issuer, asks the product what identities outside may do, and tries it on the
// sandbox with the tokens that their own are exchanged for.
package outsiders_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/access"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/cloud"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/graph"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/oidc"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/survey"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/server"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/server/servertest"
)

type obj = map[string]any

const issuer = "ci"

// probe is a call that takes a scope on an entity.
type probe struct {
	scope, name, method, path string
	kind                      access.EntityKind
}

var probes = []probe{
	{"environment:open", "payments/prod", "POST", "/api/esc/environments/acme/payments/prod/open", access.Environment},
	{"environment:open", "payments/dev", "POST", "/api/esc/environments/acme/payments/dev/open", access.Environment},
	{"environment:read", "payments/dev", "GET", "/api/esc/environments/acme/payments/dev/metadata", access.Environment},
	{"stack:read", "payments/prod", "GET", "/api/stacks/acme/payments/prod", access.Stack},
	{"audit_logs:read", "acme", "GET", "/api/orgs/acme/auditlogs?startTime=1900000000", access.Organization},
	{"org_token:read", "acme", "GET", "/api/orgs/acme/tokens", access.Organization},
}

// claimSets are the claims of the tokens that are tried.
func claimSets() (all []map[string]string) {
	for _, sub := range []string{"main", "pull", "maintenance"} {
		all = append(all, map[string]string{"sub": sub}, map[string]string{"sub": sub, "environment": "prod"}, map[string]string{"sub": sub, "environment": "dev"})
	}
	return all
}

type drawer struct{ *rapid.T }

func (d drawer) one(label string, of ...string) string { return rapid.SampledFrom(of).Draw(d.T, label) }

// drawn is the seed of an organization, and the policies of its issuer; roles are by name.
func (d drawer) drawn() (seed string, policies []oidc.IssuerPolicy) {
	role := func(label string) string {
		entries := []obj{}
		for range rapid.IntRange(0, 2).Draw(d.T, label) {
			allow := obj{"__type": "PermissionDescriptorAllow", "permissions": rapid.SampledFrom([][]string{
				{"environment:read", "environment:open"}, {"environment:read"}, {"stack:read"}, {"audit_logs:read"}, {"org_token:read"},
			}).Draw(d.T, "scopes")}
			if d.one("by a tag", "yes", "no") == "yes" {
				allow = obj{"__type": "PermissionDescriptorCondition", "subNode": allow, "condition": obj{
					"__type": "PermissionExpressionEqual", "left": obj{"__type": "PermissionExpressionTag",
						"context": obj{"__type": "PermissionExpressionEnvironment"}, "key": "tier"},
					"right": obj{"__type": "PermissionLiteralExpressionString", "value": "prod"},
				}}
			}
			entries = append(entries, allow)
		}
		text, err := json.Marshal(obj{"__type": "PermissionDescriptorGroup", "entries": entries})
		if err != nil {
			panic(err) // texts always marshal
		}
		return string(text)
	}
	for range rapid.IntRange(1, 4).Draw(d.T, "policies") {
		policies = append(policies, d.policy())
	}
	return fmt.Sprintf(`
organization: acme
settings: {defaultEnvironmentPermission: %s, defaultStackPermission: %s, permissionMode: %s}
users: [{login: ana, role: admin}, {login: bo, role: %s}, {login: cy, role: r2, suspended: %s}]
roles: [{name: r1, details: %s}, {name: r2, details: %s}]
teams: [{name: web, members: [bo], role: %s}, {name: ops, role: %s}]
stacks: [{project: payments, stack: prod}]
environments:
  - {project: payments, environment: prod, definition: "values: {a: b}", owner: ana, tags: {tier: prod}}
  - {project: payments, environment: dev, definition: "values: {a: b}", owner: %s}
grants: [{team: web, project: payments, environment: dev, permission: %s}]
`, d.one("default", "none", "none", "read", "open"), d.one("default for stacks", "none", "none", "read"), d.one("mode", "permissive", "permissive", "restricted"),
		d.one("role of bo", "r1", "member"), d.one("suspended", "true", "false"), role("r1"), role("r2"), d.one("team's role", "r1", "r2"),
		d.one("operators' role", "r2", "r1"), d.one("owner", "ana", "bo"), d.one("grant", "read", "open")), policies
}

func (d drawer) policy() oidc.IssuerPolicy {
	p := oidc.IssuerPolicy{
		Decision: oidc.Decision(d.one("decision", "allow", "allow", "allow", "deny")), Rules: map[string]string{},
		TokenType: oidc.TokenType(d.one("token", "organization", "team", "personal")), AuthorizedPermissions: []string{},
	}
	if d.one("sub", "yes", "yes", "no") == "yes" {
		p.Rules["sub"] = d.one("subject", "main", "pull", "*", "main*")
	}
	if d.one("environment", "yes", "no") == "yes" {
		p.Rules["environment"] = d.one("name", "prod", "*")
	}
	switch p.TokenType {
	case oidc.OrganizationToken:
		p.RoleID = d.one("role", "r1", "r2")
		if d.one("admin", "yes", "no", "no") == "yes" {
			p.RoleID, p.AuthorizedPermissions = "", []string{oidc.AdminPermission}
		}
	case oidc.TeamToken:
		p.TeamName = d.one("team", "web", "ops", "nobody")
	default:
		p.UserLogin = d.one("user", "ana", "bo", "cy", "nobody")
	}
	return p
}

// world is a sandbox with a drawn organization.
type world struct {
	*servertest.Running
	t        *testing.T
	policies []oidc.IssuerPolicy
	survey   *survey.Survey
}

func begin(t *testing.T, seed string, policies []oidc.IssuerPolicy) world {
	t.Helper()
	w := world{servertest.StartNewer(t, server.Options{Organization: "acme", Seed: []byte(seed)}), t, slices.Clone(policies), nil}
	roles := map[string]string{}
	list, _ := w.admin("GET", "/api/orgs/acme/roles?uxPurpose=role", nil)["roles"].([]any)
	for _, one := range list {
		roles[one.(obj)["name"].(string)] = one.(obj)["id"].(string)
	}
	for i := range w.policies {
		w.policies[i].RoleID = roles[w.policies[i].RoleID]
	}
	made := w.admin("POST", "/api/orgs/acme/oidc/issuers", obj{"name": issuer, "url": w.CIURL(issuer)})
	of := w.admin("GET", "/api/orgs/acme/auth/policies/oidcissuers/"+made["id"].(string), nil)
	w.admin("PATCH", "/api/orgs/acme/auth/policies/"+of["id"].(string), obj{"policies": w.policies})
	client, err := cloud.New(cloud.Config{URL: w.URL, Token: w.Token})
	if err != nil {
		t.Fatal(err)
	}
	w.survey = survey.Of(client, "acme")
	return w
}

func (w world) admin(method, path string, body any) obj {
	w.t.Helper()
	status, raw := w.Call(w.Token, method, path, body)
	if status >= http.StatusMultipleChoices {
		w.t.Fatalf("%s %s: %d %s", method, path, status, raw)
	}
	var answer obj
	if err := json.Unmarshal(raw, &answer); err != nil {
		w.t.Fatal(err)
	}
	return answer
}

// exchanged are all tokens that a token with these claims is exchanged for.
func (w world) exchanged(claims map[string]string) (tokens []string) {
	w.t.Helper()
	shown := obj{}
	for name, value := range claims {
		shown[name] = value
	}
	subject := w.CIToken(issuer, shown)
	for _, asked := range [][2]string{
		{"organization", ""}, {"organization", "admin"}, {"team", "team:web"}, {"team", "team:ops"}, {"team", "team:nobody"},
		{"personal", "user:ana"}, {"personal", "user:bo"}, {"personal", "user:cy"}, {"personal", "user:nobody"},
	} {
		_, raw := w.Call("", "POST", "/api/oauth/token", obj{
			"grant_type": "urn:ietf:params:oauth:grant-type:token-exchange", "audience": "urn:pulumi:org:acme", "subject_token": subject,
			"subject_token_type": "urn:ietf:params:oauth:token-type:id_token", "requested_token_type": "urn:pulumi:token-type:access_token:" + asked[0],
			"scope": asked[1],
		})
		var answer struct {
			Token string `json:"access_token"`
		}
		if json.Unmarshal(raw, &answer) == nil && answer.Token != "" {
			tokens = append(tokens, answer.Token)
		}
	}
	return tokens
}

func (w world) may(tokens []string, x probe) bool {
	w.t.Helper()
	return slices.ContainsFunc(tokens, func(token string) bool {
		status, _ := w.Call(token, x.method, x.path, nil)
		return status == http.StatusOK
	})
}

func question(x probe, claims map[string]string) survey.Question {
	return survey.Question{Kind: x.kind, Name: x.name, Options: survey.Options{Catalogue: access.NewCatalogue(nil), Claims: claims}}
}

// held is what the product says of the token that is shown.
func (w world) held(claims map[string]string, x probe) graph.Certainty {
	w.t.Helper()
	held, blind, err := w.survey.Effective(w.t.Context(), graph.OutsiderKind, issuer, question(x, claims))
	if err != nil || len(blind) > 0 {
		w.t.Fatal(err, blind)
	}
	return held.Holds(x.scope)
}

// matches reports whether a token is one of the identities that a principal stands for: all claims that the policies ask for.
func (w world) matches(principal string, claims map[string]string) bool {
	return slices.ContainsFunc(w.policies, func(p oidc.IssuerPolicy) bool {
		if p.Decision != oidc.Allow || issuer+": "+p.Claims() != principal {
			return false
		}
		for name, pattern := range p.Rules {
			value, has := claims[name]
			prefix, open := strings.CutSuffix(pattern, "*")
			if !has || value != pattern && !(open && strings.HasPrefix(value, prefix)) {
				return false
			}
		}
		return true
	})
}

// What the product says of a token holds of every token that it is exchanged for: what is certain is let through by one of them, and what
// it does not have is refused by all. Of the principals that an answer lists, one stands for every token that is let through.
func TestOutsidersHoldWhatTheirTokensDo(t *testing.T) {
	t.Parallel()
	organizations := 25
	if given := os.Getenv("LEASTPRIVILEGE_LAW_CHAINS"); given != "" {
		var err error
		if organizations, err = strconv.Atoi(given); err != nil {
			t.Fatal(err)
		}
	}
	counts := map[string]int{}
	for n := range organizations {
		type draw struct {
			seed     string
			policies []oidc.IssuerPolicy
		}
		one := rapid.Custom(func(t *rapid.T) draw { seed, policies := drawer{t}.drawn(); return draw{seed, policies} }).Example(n)
		w := begin(t, one.seed, one.policies)
		listed := map[probe][]graph.Principal{}
		for _, x := range probes {
			answer, _, err := w.survey.WhoCan(t.Context(), x.scope, question(x, nil))
			if err != nil {
				t.Fatal(err)
			}
			for _, p := range answer.Principals {
				if p.Kind == graph.OutsiderKind {
					listed[x] = append(listed[x], p)
				}
			}
		}
		for _, claims := range claimSets() {
			tokens := w.exchanged(claims)
			for _, x := range probes {
				may, says := w.may(tokens, x), w.held(claims, x)
				counts[fmt.Sprintf("%s, let through %t", says, may)]++
				stands := slices.ContainsFunc(listed[x], func(p graph.Principal) bool { return w.matches(p.Name, claims) })
				certain := slices.ContainsFunc(listed[x], func(p graph.Principal) bool {
					return p.Certainty == graph.Certain && p.Name == issuer+": "+oidc.IssuerPolicy{Rules: claims}.Claims()
				})
				if says == graph.Certain && !may || says == "" && may || may && !stands || certain && !may {
					t.Fatalf("organization %d: token with %v, %s on %s: let through %t, the product says %q; listed %v\n%+v\n%s",
						n, claims, x.scope, x.name, may, says, listed[x], w.policies, one.seed)
				}
			}
		}
	}
	t.Logf("%d organizations: %v", organizations, counts)
	if counts["certain, let through true"] < organizations || counts[", let through false"] < organizations {
		t.Errorf("the law was hardly tried: %v", counts)
	}
}
