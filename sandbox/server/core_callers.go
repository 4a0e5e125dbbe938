package server

import (
	"strconv"
	"strings"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/rest"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/state"
)

// authenticate finds the caller by the Authorization header.
func (c *call) authenticate() error {
	value, ok := strings.CutPrefix(c.Request.Header.Get("Authorization"), "token ")
	if !ok {
		return rest.Unauthorized()
	}
	t, ok := c.s.tokenByValue(strings.TrimSpace(value))
	if !ok || t.Expired(c.s.now()) {
		return rest.Unauthorized()
	}
	p, ok := c.s.rules().principalOf(t)
	if !ok {
		return rest.Unauthorized()
	}
	c.caller = p
	if p.user != nil && p.user.Suspended {
		return rest.Forbidden("the membership of '%s' in organization '%s' is suspended", p.login, c.s.state.Organization.Login)
	}
	if err := c.s.checkTokenPolicy(t); err != nil {
		return err
	}
	t.LastUsed = c.s.now()
	return nil
}

// checkTokenPolicy refuses tokens that live longer than the organization allows, as the service does on use.
// Tokens from the control endpoints are exempt, as exchanged ones are at the service.
func (s *org) checkTokenPolicy(t *state.Token) error {
	days := s.state.Organization.Settings.MaxAccessTokenExpiryDays
	_, minted := s.state.Minted()[t.ID]
	if days == 0 || minted || t.Within(days) {
		return nil
	}
	return &rest.Error{Code: 403, Message: "The `" + s.state.Organization.Login + "` organization enforces a max access token expiry of `" +
		strconv.Itoa(days) + "` days that your current token does not meet. Create a new token that expires sooner."}
}

// tokenByValue finds the token that a value was given out for. A restored state may hold another token under its id, of
// another server: that is not it.
func (s *org) tokenByValue(value string) (*state.Token, bool) {
	given, ok := s.secrets[state.HashToken(value)]
	if !ok {
		return nil, false
	}
	t, ok := s.state.Token(given.ID)
	return t, ok && given.Is(*t)
}

const tokenPrefix = "pul-"
