package graph

import (
	"fmt"
	"maps"
	"slices"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/oidc"
)

// outsider are the identities outside that get tokens by some policies of an issuer, which ask for the same claims.
type outsider struct {
	name     string
	issuer   *Issuer
	policies []oidc.IssuerPolicy // those that allow
	// claims, if given, are those of one identity; then the policies are all of the issuer.
	claims map[string]string
}

// outsidersOf are the identities that the issuers of an organization admit, by name.
func outsidersOf(issuers []Issuer) []outsider {
	var all []outsider
	for i := range issuers {
		issuer := &issuers[i]
		if issuer.Unreadable != "" {
			all = append(all, outsider{name: issuer.Name + ": " + issuer.Unreadable, issuer: issuer})
			continue
		}
		for _, policy := range issuer.Policies {
			if policy.Decision != oidc.Allow {
				continue
			}
			name := issuer.Name + ": " + policy.Claims()
			at := slices.IndexFunc(all, func(o outsider) bool { return o.name == name && o.issuer == issuer })
			if at < 0 {
				at = len(all)
				all = append(all, outsider{name: name, issuer: issuer})
			}
			all[at].policies = append(all[at].policies, policy)
		}
	}
	return sorted(all, func(o outsider) string { return o.name })
}

// outsider adds up what the tokens may do that an identity outside gets.
func (e *evaluation) outsider(o outsider) Access {
	c := collector{evaluation: e}
	if o.issuer.Unreadable != "" {
		c.administrator("the policies of the issuer are not known: "+o.issuer.Unreadable, Step{IssuerPolicyStep, o.issuer.Name, "issuer " + o.issuer.Name})
		return c.access
	}
	for _, policy := range o.policies {
		c.exchange(o, policy)
	}
	return c.access
}

// exchange adds the tokens that one policy gives. Deny wins over allow, so what a policy denies for certain is left out.
func (c *collector) exchange(o outsider, policy oidc.IssuerPolicy) {
	by := Step{IssuerPolicyStep, o.issuer.Name, fmt.Sprintf("issuer %s: %s", o.issuer.Name, policy)}
	give := func(asked oidc.ExchangeRequest, what Step, held func() Access) {
		if doubt, admitted := o.admits(policy, asked); admitted {
			c.merge(held().through(by, what).doubted(doubt))
		}
	}
	switch policy.TokenType {
	case oidc.OrganizationToken:
		plain := oidc.ExchangeRequest{TokenType: policy.TokenType}
		give(plain, Step{TokenStep, "", "organization token"}, func() Access {
			held := c.token(Token{Role: policy.RoleID})
			if oidc.GivesOtherRole(o.issuer.Policies, policy, plain, o.claims) {
				return held.doubted("another policy admits the token with another role, and which of them it then has is not documented")
			}
			return held
		})
		if policy.Admin() {
			plain.Admin = true
			give(plain, Step{TokenStep, "", "organization token"}, func() Access { return c.token(Token{Admin: true}) })
		}
	case oidc.TeamToken:
		for i := range c.Teams {
			team := &c.Teams[i]
			give(oidc.ExchangeRequest{TokenType: policy.TokenType, Name: team.Name}, Step{TokenStep, team.Name, "token of team " + team.Name},
				func() Access { return c.evaluation.team(team) })
		}
	case oidc.PersonalToken:
		for i := range c.Users {
			login := c.Users[i].Login
			give(oidc.ExchangeRequest{TokenType: policy.TokenType, Name: login}, Step{TokenStep, login, "personal token of " + login},
				func() Access { return c.login(login) })
		}
	case oidc.RunnerToken:
		// A runner gets the tokens of the deployments that it runs, and these may have any role, or be started by anybody.
		give(oidc.ExchangeRequest{TokenType: policy.TokenType, Name: policy.RunnerID}, Step{TokenStep, policy.RunnerID, "token of a deployment runner"},
			func() Access {
				runs := collector{evaluation: c.evaluation}
				runs.administrator("a runner gets the tokens of the deployments that it runs, and which these are cannot be read")
				return runs.access
			})
	}
}

// admits reports whether a policy gives the identity what is asked for, and why that may be wrong.
func (o outsider) admits(policy oidc.IssuerPolicy, asked oidc.ExchangeRequest) (doubt string, admitted bool) {
	if o.claims == nil {
		return "", policy.Fits(asked) && !oidc.Shadowed(o.issuer.Policies, policy, asked)
	}
	return oidc.AdmitsClaims(o.issuer.Policies, policy, asked, o.claims)
}

// through is the same access by paths that begin with further steps.
func (a Access) through(steps ...Step) Access {
	out := a
	out.Paths = make([]Path, len(a.Paths))
	for i, path := range a.Paths {
		path.Steps = slices.Concat(steps, path.Steps)
		out.Paths[i] = path
	}
	return out
}

// WithIdentity is the index with one identity outside as a further principal, of kind outsider and with the name that is returned, by the
// claims of its token: an issuer by its name or URL, and claims by their names as policies write them. What a policy asks for and is
// not among the claims may be so: then access is possible. False when the organization trusts no such issuer.
func (ix *Index) WithIdentity(issuer string, claims map[string]string) (with *Index, name string, found bool) {
	for i := range ix.Issuers {
		known := &ix.Issuers[i]
		if known.Name != issuer && !oidc.SameIssuer(known.URL, issuer) {
			continue
		}
		one := outsider{issuer: known, claims: maps.Clone(claims), name: known.Name + ": token with " + oidc.IssuerPolicy{Rules: claims}.Claims()}
		if one.claims == nil {
			one.claims = map[string]string{}
		}
		for _, policy := range known.Policies {
			if policy.Decision == oidc.Allow {
				one.policies = append(one.policies, policy)
			}
		}
		copied := *ix
		copied.outside = append(slices.Clip(ix.outside), one)
		return &copied, one.name, true
	}
	return nil, "", false
}
