package trust

import (
	"slices"

	"github.com/google/uuid"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/oidc"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/core"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/rest"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/state"
)

type wireAuthPolicy struct {
	ID       string              `json:"id"`
	Version  int                 `json:"version"`
	Created  string              `json:"created,omitempty"`
	Modified string              `json:"modified,omitempty"`
	Policies []oidc.IssuerPolicy `json:"policies"`
}

func wirePolicies(i *state.OIDCIssuer) wireAuthPolicy {
	return wireAuthPolicy{
		ID: i.PolicyID, Version: i.Version, Created: stamp(i.Created), Modified: stamp(i.PolicyTime), Policies: i.Policies,
	}
}

func readAuthPolicy(c *core.Call) error {
	if _, err := uuid.Parse(c.Param("issuerId")); err != nil {
		return rest.BadRequest("Invalid issuer ID")
	}
	issuer, err := issuerWith(c, "auth_policies:read")
	if err != nil {
		return err
	}
	return c.OK(wirePolicies(issuer))
}

// issuerByPolicy finds the issuer whose policy the path names.
func issuerByPolicy(c *core.Call) (*state.OIDCIssuer, error) {
	issuer := issuerOfPolicy(c.Org, c.Param("policyId"))
	if issuer == nil {
		return nil, rest.NotFound("auth policy '%s' not found", c.Param("policyId"))
	}
	return issuer, nil
}

type updateAuthPolicyRequest struct {
	Policies []oidc.IssuerPolicy `json:"policies"`
}

// updateAuthPolicy replaces the whole list of policies, although its method is PATCH.
func updateAuthPolicy(c *core.Call, issuer *state.OIDCIssuer, req updateAuthPolicyRequest) (wireAuthPolicy, error) {
	if len(req.Policies) == 0 {
		return wireAuthPolicy{}, rest.BadRequest("policy definition can not be empty")
	}
	for i := range req.Policies {
		if err := CheckPolicy(c.Org, &req.Policies[i]); err != nil {
			return wireAuthPolicy{}, err
		}
	}
	issuer.Policies, issuer.PolicyTime = req.Policies, c.Org.Now()
	issuer.Version++
	c.Audit("authorization-policy-updated", "Updated the authorization policies of OIDC issuer %s", issuer.Name)
	return wirePolicies(issuer), nil
}

func issuerOfPolicy(s *core.Org, policyID string) *state.OIDCIssuer {
	for _, issuer := range s.State.Issuers {
		if issuer.PolicyID == policyID {
			return issuer
		}
	}
	return nil
}

// CheckPolicy checks one policy and fills what it leaves out. What its names stand for is looked up when a token is
// exchanged, except for roles.
func CheckPolicy(s *core.Org, p *oidc.IssuerPolicy) error {
	if p.Decision != oidc.Allow && p.Decision != oidc.Deny {
		return rest.BadRequest("invalid decision '%s'", p.Decision)
	}
	names := map[oidc.TokenType]string{oidc.TeamToken: p.TeamName, oidc.PersonalToken: p.UserLogin, oidc.RunnerToken: p.RunnerID}
	name, named := names[p.TokenType]
	switch {
	case !slices.Contains(oidc.TokenTypes(), p.TokenType):
		return rest.BadRequest("invalid token type '%s'", p.TokenType)
	case named && name == "" && p.Decision == oidc.Allow:
		return rest.BadRequest("a policy for %s tokens must say whose they are", p.TokenType)
	}
	if p.TokenType == oidc.OrganizationToken && p.Decision == oidc.Allow && len(p.AuthorizedPermissions) == 0 && p.RoleID == "" {
		return rest.BadRequest("a policy for organization tokens must have authorizedPermissions or a roleID")
	}
	if r, ok := s.State.Record(p.RoleID); p.RoleID != "" && (!ok || r.UXPurpose != state.PurposeRole) {
		return rest.BadRequest("Invalid role id")
	}
	for _, permission := range p.AuthorizedPermissions {
		if permission != oidc.AdminPermission && permission != "standard" {
			return rest.BadRequest("invalid permission '%s'", permission)
		}
	}
	for name := range p.Rules {
		if _, err := oidc.ParseClaimName(name); err != nil {
			return rest.BadRequest("%v", err)
		}
	}
	p.AuthorizedPermissions, p.Rules = rest.OrNone(p.AuthorizedPermissions), rest.OrEmpty(p.Rules)
	return nil
}
