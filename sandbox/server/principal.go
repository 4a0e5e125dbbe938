package server

import (
	"slices"
	"strings"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/state"
)

// principal is who makes a call: what an access token stands for at the moment it is used.
type principal struct {
	login string // a person's, or the synthetic one of a machine identity
	name  string
	token *state.Token
	user  *state.User  // personal tokens
	team  *state.Team  // team tokens
	stack *state.Stack // deployment tokens
}

// principalOf returns what a token stands for, false when that membership, team or stack no longer exists. One that was made
// again under the same name is another.
func (s rules) principalOf(t *state.Token) (principal, bool) {
	p, id := s.principalNamed(t)
	return p, id != "" && id == t.Principal
}

// principalNamed finds the principal that a token names, and its id; "" if there is none of that name.
//
// A machine identity belongs to the organization, the team or the stack, not to the token: what an earlier token made, a later
// one owns. Logins of stacks' identities are the sandbox's own, those of the others are the service's.
func (s rules) principalNamed(t *state.Token) (p principal, id string) {
	p = principal{token: t, name: t.Name}
	switch t.Kind {
	case state.PersonalToken:
		if u, ok := s.state.Users[t.User]; ok {
			p.login, p.name, p.user, id = u.Login, u.Name, u, u.ID
		}
	case state.TeamToken:
		if tm, ok := s.state.Teams[t.Team]; ok {
			p.login, p.team, id = "team-account:"+tm.ID, tm, tm.ID
		}
	case state.DeploymentToken:
		if st, ok := s.state.Stacks[state.EntityKey(t.Project, t.Stack)]; ok {
			p.login, p.stack, id = "stack-account:"+st.ID, st, st.ID
		}
	case state.OrganizationToken:
		p.login, id = s.state.Organization.Login, s.state.Organization.ID
	}
	return p, id
}

// hasAccess tells whether the principal of an id exists and is not suspended.
func (s rules) hasAccess(principalID string) bool {
	for _, u := range s.state.Users {
		if u.ID == principalID {
			return !u.Suspended
		}
	}
	for _, t := range s.state.Teams {
		if t.ID == principalID {
			return true
		}
	}
	return s.state.KeyOf(principalID) != "" || principalID == s.state.Organization.ID
}

// isAdmin tells whether the caller holds the built-in Admin role.
func (s rules) isAdmin(p principal) bool {
	switch {
	case p.user != nil:
		return p.user.RoleID == s.state.BuiltinID(state.RoleAdmin)
	case p.token != nil && p.token.Kind == state.OrganizationToken:
		return p.token.Admin || p.token.RoleID == s.state.BuiltinID(state.RoleAdmin)
	}
	return false
}

// teamsOf lists the teams whose grants a principal has: those that it is in, and a team token's own. A machine is in the teams
// that it made.
func (s rules) teamsOf(p principal) []*state.Team {
	var mine []*state.Team
	for _, t := range s.state.Teams {
		if p.isIn(t) {
			mine = append(mine, t)
		}
	}
	slices.SortFunc(mine, func(a, b *state.Team) int { return strings.Compare(a.Name, b.Name) })
	return mine
}

func (p principal) isIn(t *state.Team) bool {
	_, in := t.Members[p.login]
	return in || p.team == t
}

// isTeamAdmin tells whether the caller manages a team's members.
func (p principal) isTeamAdmin(t *state.Team) bool { return t.Members[p.login] == state.TeamRoleAdmin }
