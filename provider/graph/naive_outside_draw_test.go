package graph_test

import (
	"maps"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/graph"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/oidc"
)

// outside draws agents and the policies of an issuer.
func (d drawer) outside(o *naiveOrg, roles []string) {
	o.agents = []naiveAssistant{{name: "helper", role: d.one("agent role", roles...), paused: d.chance("paused", 3)}}
	for range d.howMany("policies", 4) {
		p := naiveTrust{
			deny: d.chance("deny", 3), tokens: d.one("tokens", "organization", "team", "team", "personal", "runner"), claims: map[string]string{},
		}
		if d.chance("sub", 2) {
			p.claims["sub"] = d.one("subject", "main", "*", "pul.", "mai?n")
		}
		if d.chance("environment", 2) {
			p.claims["environment"] = d.one("environment", "prod", "*")
		}
		switch p.tokens {
		case "organization":
			p.role, p.admin = d.one("role", append([]string{""}, roles...)...), d.chance("admin", 3)
		case "team":
			p.name = d.one("team", "", "t1", "t2", "t*", "nobody")
		case "personal":
			p.name = d.one("user", "", "ana", "bo", "nobody")
		}
		o.policies = append(o.policies, p)
	}
}

// addOutside translates agents and policies.
func (o *naiveOrg) addOutside(out *graph.Organization) {
	for _, a := range o.agents {
		out.Agents = append(out.Agents, graph.Agent{Name: a.name, Role: a.role, Paused: a.paused})
	}
	if len(o.policies) == 0 {
		return
	}
	issuer := graph.Issuer{ID: "i", Name: "ci", URL: "https://ci.example.com"}
	for _, p := range o.policies {
		made := oidc.IssuerPolicy{Decision: oidc.Allow, TokenType: oidc.TokenType(p.tokens), RoleID: p.role, Rules: maps.Clone(p.claims)}
		if p.deny {
			made.Decision = oidc.Deny
		}
		if p.admin {
			made.AuthorizedPermissions = []string{oidc.AdminPermission}
		}
		switch p.tokens {
		case "team":
			made.TeamName = p.name
		case "personal":
			made.UserLogin = p.name
		}
		issuer.Policies = append(issuer.Policies, made)
	}
	out.Issuers = append(out.Issuers, issuer)
}
