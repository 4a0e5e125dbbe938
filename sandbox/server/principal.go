package server

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"
	"time"
)

// principal is who makes a call: what an access token stands for at the moment it is used.
type principal struct {
	login string // a person's, or the synthetic one of a machine identity
	name  string
	token *token
	user  *user  // personal tokens
	team  *team  // team tokens
	stack *stack // deployment tokens
}

const tokenPrefix = "pul-"

// authenticate finds the caller by the Authorization header.
func (c *call) authenticate() error {
	value, ok := strings.CutPrefix(c.r.Header.Get("Authorization"), "token ")
	if !ok {
		return unauthorized()
	}
	t, ok := c.s.tokenByValue(strings.TrimSpace(value))
	if !ok || t.expired(c.s.now()) {
		return unauthorized()
	}
	p, ok := c.s.principalOf(t)
	if !ok {
		return unauthorized()
	}
	c.caller = p
	if err := c.s.checkTokenPolicy(t); err != nil {
		return err
	}
	t.LastUsed = c.s.now()
	return nil
}

// principalOf answers who a token stands for, false when that user, team or stack is gone.
func (s *Server) principalOf(t *token) (principal, bool) {
	p := principal{token: t, login: t.machineLogin(s.st.Organization.Login), name: t.Name}
	switch t.Kind {
	case personalToken:
		u, ok := s.st.Users[t.User]
		if !ok {
			return p, false
		}
		p.login, p.name, p.user = u.Login, u.Name, u
	case teamToken:
		tm, ok := s.st.Teams[t.Team]
		if !ok {
			return p, false
		}
		p.team = tm
	case deploymentToken:
		st, ok := s.st.Stacks[entityKey(t.Project, t.Stack)]
		if !ok {
			return p, false
		}
		p.stack = st
	case organizationToken:
	}
	return p, true
}

// machineLogin is the login of the identity behind a machine token. The service's own form is not published.
func (t *token) machineLogin(org string) string {
	switch t.Kind {
	case teamToken:
		return "team-token-" + t.Team + "-" + t.Name
	case deploymentToken:
		return "deployment-" + t.Project + "-" + t.Stack
	case organizationToken:
		return "org-token-" + org + "-" + t.Name
	case personalToken:
	}
	return t.User
}

func (t *token) expired(now time.Time) bool { return t.Expires != 0 && t.Expires <= now.Unix() }

// checkTokenPolicy refuses tokens that live longer than the organization allows, as the service does on use.
// Tokens from the control endpoints are exempt, as exchanged ones are at the service.
func (s *Server) checkTokenPolicy(t *token) error {
	days := s.st.Organization.Settings.MaxAccessTokenExpiryDays
	_, minted := s.st.minted[t.ID]
	if days == 0 || minted || t.within(days) {
		return nil
	}
	return &apiError{Code: 403, Message: "The `" + s.st.Organization.Login + "` organization enforces a max access token expiry of `" +
		itoa(days) + "` days that your current token does not meet. Create a new token that expires sooner."}
}

func (t *token) within(days int) bool {
	return t.Expires != 0 && t.Expires <= t.Created.AddDate(0, 0, days).Unix()
}

func (s *Server) tokenByValue(value string) (*token, bool) {
	id, ok := s.secrets[hashToken(value)]
	if !ok {
		return nil, false
	}
	return s.st.token(id)
}

func hashToken(value string) string {
	sum := sha256.Sum256([]byte(value))
	return hex.EncodeToString(sum[:])
}

// isAdmin tells whether the caller holds the built-in Admin role.
func (s *Server) isAdmin(p principal) bool {
	switch {
	case p.user != nil:
		return p.user.RoleID == s.builtinID(roleAdmin)
	case p.token != nil && p.token.Kind == organizationToken:
		return p.token.Admin || p.token.RoleID == s.builtinID(roleAdmin)
	}
	return false
}

// teamsOf lists the teams whose grants a principal has: those a person is in, or a team token's own.
func (s *Server) teamsOf(p principal) []*team {
	if p.team != nil {
		return []*team{p.team}
	}
	if p.user == nil {
		return nil
	}
	var mine []*team
	for _, name := range sortedKeys(s.st.Teams) {
		if _, in := s.st.Teams[name].Members[p.user.Login]; in {
			mine = append(mine, s.st.Teams[name])
		}
	}
	return mine
}

// isTeamAdmin tells whether the caller manages a team's members.
func (p principal) isTeamAdmin(t *team) bool {
	return p.user != nil && t.Members[p.user.Login] == teamRoleAdmin
}
