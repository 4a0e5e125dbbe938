package authz

import (
	"slices"
	"strings"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/state"
)

// Principal is the user, team, stack or organization that makes a call, found by the access token when it is used.
type Principal struct {
	Login string // a person's, or the synthetic one of a machine identity
	Name  string
	Token *state.Token
	User  *state.User  // personal tokens
	team  *state.Team  // team tokens
	Stack *state.Stack // deployment tokens
	// Starter is who started a deployment, nil if nobody did: a push or a schedule.
	Starter *state.User
}

// PrincipalOf returns the principal of a token, false when its membership, team or stack was deleted, also when it was recreated
// under the same name.
func (s Rules) PrincipalOf(t *state.Token) (Principal, bool) {
	p, id := s.PrincipalNamed(t)
	return p, id != "" && id == t.Principal
}

// PrincipalNamed finds the principal that a token names, and its id; "" if there is none of that name.
//
// A machine identity belongs to the organization, the team or the stack, not to the token: what one token created, a later
// token of the same identity owns. Logins of stacks' identities are the sandbox's own, those of the others are the service's.
func (s Rules) PrincipalNamed(t *state.Token) (p Principal, id string) {
	p = Principal{Token: t, Name: t.Name}
	switch t.Kind {
	case state.PersonalToken:
		if u, ok := s.State.Users[t.User]; ok {
			p.Login, p.Name, p.User, id = u.Login, u.Name, u, u.ID
		}
	case state.TeamToken:
		if tm, ok := s.State.Teams[t.Team]; ok {
			p.Login, p.team, id = "team-account:"+tm.ID, tm, tm.ID
		}
	case state.DeploymentToken:
		if st, ok := s.State.Stacks[state.EntityKey(t.Project, t.Stack)]; ok {
			p.Login, p.Stack, id = "stack-account:"+st.ID, st, st.ID
			p.Starter = s.State.Users[t.StartedBy]
		}
	case state.OrganizationToken:
		p.Login, id = s.State.Organization.Login, s.State.Organization.ID
	}
	return p, id
}

// HasAccess reports whether the principal of an id exists and is not suspended.
func (s Rules) HasAccess(principalID string) bool {
	for _, u := range s.State.Users {
		if u.ID == principalID {
			return !u.Suspended
		}
	}
	for _, t := range s.State.Teams {
		if t.ID == principalID {
			return true
		}
	}
	return s.State.KeyOf(principalID) != "" || principalID == s.State.Organization.ID
}

// IsAdmin reports whether the caller holds the built-in Admin role.
func (s Rules) IsAdmin(p Principal) bool {
	switch {
	case p.User != nil:
		return s.State.RoleOf(p.User) == s.State.BuiltinID(state.RoleAdmin)
	case p.Token != nil && p.Token.Kind == state.OrganizationToken:
		return p.Token.Admin || p.Token.RoleID == s.State.BuiltinID(state.RoleAdmin)
	}
	return false
}

// teamsOf lists the teams whose grants a principal has: those that it is in, and a team token's own. A machine is in the teams
// that it made.
func (s Rules) teamsOf(p Principal) []*state.Team {
	var mine []*state.Team
	for _, t := range s.State.Teams {
		if p.IsIn(t) {
			mine = append(mine, t)
		}
	}
	slices.SortFunc(mine, func(a, b *state.Team) int { return strings.Compare(a.Name, b.Name) })
	return mine
}

func (p Principal) IsIn(t *state.Team) bool {
	_, in := t.Members[p.Login]
	return in || p.team == t
}

// IsTeamAdmin reports whether the caller manages a team's members.
func (p Principal) IsTeamAdmin(t *state.Team) bool { return t.Members[p.Login] == state.TeamRoleAdmin }
