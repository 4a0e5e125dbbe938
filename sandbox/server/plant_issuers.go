package server

import (
	"fmt"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/oidc"
)

// SeedIssuer is an OIDC issuer that the organization trusts. Without policies it admits nobody.
type SeedIssuer struct {
	Name          string       `yaml:"name"`
	URL           string       `yaml:"url"`
	MaxExpiration int          `yaml:"maxExpiration"` // seconds; 0 is the service's default
	Policies      []SeedPolicy `yaml:"policies"`
}

// SeedPolicy is one policy of an issuer: who gets a token, for whom.
type SeedPolicy struct {
	Decision string            `yaml:"decision"` // allow (default) or deny
	Team     string            `yaml:"team"`
	User     string            `yaml:"user"`
	Role     string            `yaml:"role"`  // name of a role of the seed, of an organization token
	Admin    bool              `yaml:"admin"` // of an organization token
	Claims   map[string]string `yaml:"claims"`
}

func (p *planter) plantIssuers() error {
	for i, seeded := range p.seed.OIDCIssuers {
		path := fmt.Sprintf("oidcIssuers[%d]", i)
		lifetime := int64(seeded.MaxExpiration)
		req := issuerBody{Name: &seeded.Name, URL: seeded.URL, MaxExpiration: &lifetime}
		if err := p.s.checkIssuer(req); err != nil {
			return problem(path, "%v", err)
		}
		issuer := p.s.newIssuer(req, seeded.URL)
		for j, policy := range seeded.Policies {
			planted, err := p.policy(fmt.Sprintf("%s.policies[%d]", path, j), policy)
			if err != nil {
				return err
			}
			if j == 0 {
				issuer.Policies = nil
			}
			issuer.Policies = append(issuer.Policies, planted)
		}
	}
	return nil
}

func (p *planter) policy(path string, seeded SeedPolicy) (oidc.IssuerPolicy, error) {
	policy := oidc.IssuerPolicy{TokenType: oidc.OrganizationToken, TeamName: seeded.Team, UserLogin: seeded.User, Rules: seeded.Claims}
	decision, err := oneOf(path+".decision", seeded.Decision, string(oidc.Allow), string(oidc.Deny))
	if err != nil {
		return policy, err
	}
	policy.Decision = oidc.Decision(decision)
	switch {
	case seeded.Team != "" && seeded.User != "":
		return policy, problem(path, "give team or user, not both")
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
	if err := p.s.checkPolicy(&policy); err != nil {
		return policy, problem(path, "%v", err)
	}
	return policy, nil
}
