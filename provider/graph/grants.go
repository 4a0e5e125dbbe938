package graph

import (
	"slices"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/access"
)

// OfRole is what a role gives on an entity, by its rules, to whoever holds it; false when there is no such role. What cannot be read may be
// anything, and is only possible.
func (ix *Index) OfRole(id string, t Resource) (Access, bool) {
	if _, found := ix.Records[id]; !found {
		return Access{}, false
	}
	c := collector{evaluation: ix.evaluation(t)}
	c.role(id, Step{RoleStep, "", "role"})
	return c.access, true
}

// OfMachineToken is what one machine token gives on an entity. Names of tokens are unique in a team and in the organization, not over both.
func (ix *Index) OfMachineToken(token Token, t Resource) Access { return ix.evaluation(t).token(token) }

// OfHeld is what a grant on an entity gives.
func (ix *Index) OfHeld(held Held, t Resource) Access {
	c := collector{evaluation: ix.evaluation(t)}
	c.level(held, "", Step{GrantStep, t.Name, "grant on the entity: " + c.named(held)})
	return c.access
}

// LevelOf is the first of the levels that has all of the scopes on an entity, "" where none has.
func (ix *Index) LevelOf(t Resource, scopes []string, levels []access.Level) access.Level {
	for _, level := range levels {
		held := ix.levelScopes(t.Kind, level)
		if !slices.ContainsFunc(scopes, func(scope string) bool { return !slices.Contains(held, scope) }) {
			return level
		}
	}
	return ""
}

// Administers reports whether a login administers the organization, by its role or that of a team.
func (ix *Index) Administers(login string) bool {
	if user := ix.users[login]; user != nil && user.Suspended {
		return false
	}
	return ix.IsAdministrator(UserKind, login) ||
		slices.ContainsFunc(ix.teamsOf[login], func(t *Team) bool { return ix.AdminRole != "" && slices.Contains(t.Roles, ix.AdminRole) })
}

// Sensitive reports whether an entity says that it is production, or logs in to a cloud.
func (t Resource) Sensitive() bool { return sensitive(t) }
