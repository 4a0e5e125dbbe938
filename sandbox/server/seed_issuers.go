package server

import (
	"fmt"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/oidc"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/seed"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/trust"
)

func (p *seeder) addIssuers() error {
	for i, seeded := range p.seed.OIDCIssuers {
		path := fmt.Sprintf("oidcIssuers[%d]", i)
		lifetime := int64(seeded.MaxExpiration)
		req := trust.IssuerBody{Name: &seeded.Name, URL: seeded.URL, MaxExpiration: &lifetime}
		if err := trust.CheckIssuer(p.s, req); err != nil {
			return seed.Problem(path, "%v", err)
		}
		issuer := trust.NewIssuer(p.s, req, seeded.URL)
		for j, policy := range seeded.Policies {
			added, err := p.policy(fmt.Sprintf("%s.policies[%d]", path, j), policy)
			if err != nil {
				return err
			}
			if j == 0 {
				issuer.Policies = nil
			}
			issuer.Policies = append(issuer.Policies, added)
		}
	}
	return nil
}

func (p *seeder) policy(path string, seeded seed.Policy) (oidc.IssuerPolicy, error) {
	policy := oidc.IssuerPolicy{TokenType: oidc.OrganizationToken, TeamName: seeded.Team, UserLogin: seeded.User, Rules: seeded.Claims}
	decision, err := seed.OneOf(path+".decision", seeded.Decision, string(oidc.Allow), string(oidc.Deny))
	if err != nil {
		return policy, err
	}
	policy.Decision = oidc.Decision(decision)
	switch {
	case seeded.Team != "" && seeded.User != "":
		return policy, seed.Problem(path, "give team or user, not both")
	case seeded.Team != "":
		policy.TokenType = oidc.TeamToken
	case seeded.User != "":
		policy.TokenType = oidc.PersonalToken
	}
	if policy.RoleID, err = p.optionalRole(path+".role", seeded.Role); err != nil {
		return policy, err
	}
	if seeded.Admin {
		policy.AuthorizedPermissions = []string{oidc.AdminPermission}
	}
	if err := trust.CheckPolicy(p.s, &policy); err != nil {
		return policy, seed.Problem(path, "%v", err)
	}
	return policy, nil
}
