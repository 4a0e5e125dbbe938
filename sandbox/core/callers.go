package core

import (
	"strconv"
	"strings"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/authz"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/rest"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/state"
)

// Authenticate finds the caller by the Authorization header.
func (c *Call) Authenticate() error {
	value, ok := strings.CutPrefix(c.Request.Header.Get("Authorization"), "token ")
	if !ok {
		return rest.Unauthorized()
	}
	t, ok := c.Org.tokenByValue(strings.TrimSpace(value))
	if !ok || t.Expired(c.Org.Now()) {
		return rest.Unauthorized()
	}
	p, ok := c.Org.Rules().PrincipalOf(t)
	if !ok {
		return rest.Unauthorized()
	}
	c.Caller = p
	if p.User != nil && p.User.Suspended {
		return rest.Forbidden("the membership of '%s' in organization '%s' is suspended", p.Login, c.Org.State.Organization.Login)
	}
	if err := c.Org.checkDeployment(p); err != nil {
		return err
	}
	if err := c.Org.checkTokenPolicy(t); err != nil {
		return err
	}
	t.LastUsed = c.Org.Now()
	return nil
}

// checkDeployment refuses deployments that the organization no longer lets run, and those of a person who has no access any more.
func (s *Org) checkDeployment(p authz.Principal) error {
	if p.Stack == nil {
		return nil
	}
	if why := s.Rules().DeploymentRefused(p.Stack); why != "" {
		return rest.Forbidden("the deployment is refused: %s", why)
	}
	if by := p.Token.StartedBy; by != "" && (p.Starter == nil || p.Starter.Suspended) {
		return rest.Forbidden("the deployment was started by '%s', who has no access any more", by)
	}
	return nil
}

// checkTokenPolicy refuses tokens that live longer than the organization allows, as the service does on use.
// Tokens from the control endpoints are exempt, as exchanged ones are at the service.
func (s *Org) checkTokenPolicy(t *state.Token) error {
	days := s.State.Organization.Settings.MaxAccessTokenExpiryDays
	_, minted := s.State.Minted()[t.ID]
	if days == 0 || minted || t.Within(days) {
		return nil
	}
	return &rest.Error{Code: 403, Message: "The `" + s.State.Organization.Login + "` organization enforces a max access token expiry of `" +
		strconv.Itoa(days) + "` days that your current token does not meet. Create a new token that expires sooner."}
}

// tokenByValue finds the token that a value was given out for. A restored state may hold another token under its id, of
// another server: that is not it.
func (s *Org) tokenByValue(value string) (*state.Token, bool) {
	given, ok := s.Secrets[state.HashToken(value)]
	if !ok {
		return nil, false
	}
	t, ok := s.State.Token(given.ID)
	return t, ok && given.Is(*t)
}

const TokenPrefix = "pul-"
