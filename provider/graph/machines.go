package graph

import (
	"slices"
	"strings"
)

// teamAccount begins the login of the machine identity of a team; that of an organization has the organization's name.
const teamAccount = "team-account:"

// machine adds what the identity that a token acts as has on the entity. Which login that is cannot be read: a login that
// is not a member's may be it, and that of the organization may be a deployment's.
func (c *collector) machine(of Kind) {
	for _, login := range c.notMembers() {
		ofTeam, ofOrganization := strings.HasPrefix(login, teamAccount), strings.EqualFold(login, c.Login)
		switch {
		case ofOrganization && of == TokenKind:
			c.own(login, "")
		case ofOrganization && of == DeploymentKind:
			c.own(login, "whether a deployment acts as the organization's own identity is not documented")
		case ofOrganization || ofTeam && of != TeamKind:
		default:
			c.own(login, "the login "+login+" is not a member's, and may be the identity of this token")
		}
	}
}

// notMembers are the logins that hold something on the entity and are neither members of the organization nor of a team.
func (e *evaluation) notMembers() []string {
	if e.notMember != nil {
		return e.notMember
	}
	e.notMember = []string{}
	add := func(login string) {
		if e.users[login] == nil && login != "" && len(e.teamsOf[login]) == 0 {
			e.notMember = append(e.notMember, login)
		}
	}
	for login := range e.resource.Direct {
		add(login)
	}
	for login := range e.resource.Assigned {
		add(login)
	}
	add(e.resource.Owner)
	slices.Sort(e.notMember)
	e.notMember = slices.Compact(e.notMember)
	return e.notMember
}
