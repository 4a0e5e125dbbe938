package graph

import (
	"cmp"
	"slices"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/access"
)

// MembersCan are an organization's settings `membersCan...`. The first ones give something to whoever has the defaults; the others take
// something from everybody who is not an administrator, whatever else they hold.
type MembersCan struct {
	CreateStacks   bool `json:"createStacks"`
	CreateTeams    bool `json:"createTeams"`
	CreateAccounts bool `json:"createAccounts"`
	DeleteStacks   bool `json:"deleteStacks"`
	TransferStacks bool `json:"transferStacks"`
	// Unknown says why these are not known, "" where they are. Each may then be on or off.
	Unknown string `json:"unknown,omitempty"`
}

// Settings are what an organization's settings give to whoever has the defaults.
type Settings struct {
	Defaults   Defaults
	MembersCan MembersCan
}

// creations are the settings that give a scope in the organization, by that scope.
var creations = []struct {
	scope, setting string
	on             func(MembersCan) bool
}{
	{"stack:create", "membersCanCreateStacks", func(m MembersCan) bool { return m.CreateStacks }},
	{"team:create", "membersCanCreateTeams", func(m MembersCan) bool { return m.CreateTeams }},
	{"insights_account:create", "membersCanCreateAccounts", func(m MembersCan) bool { return m.CreateAccounts }},
}

// removals are the settings without which only administrators can use a scope.
var removals = map[string]struct {
	setting string
	on      func(MembersCan) bool
}{
	"stack:delete":   {"membersCanDeleteStacks", func(m MembersCan) bool { return m.DeleteStacks }},
	"stack:transfer": {"membersCanTransferStacks", func(m MembersCan) bool { return m.TransferStacks }},
}

// toggles adds what settings give in the organization to those who have the defaults.
func (c *collector) toggles(doubt string, steps ...Step) {
	for _, one := range creations {
		on := one.on(c.MembersCan)
		if !on && c.MembersCan.Unknown == "" {
			continue
		}
		why := doubt
		if !on {
			why = c.MembersCan.Unknown
		}
		c.add([]string{one.scope}, 0, why, append(slices.Clip(steps), Step{DefaultStep, one.setting, "organization setting " + one.setting})...)
	}
}

// withheld says why a principal may not be able to use a scope that it holds, by a setting; "" if none says so.
func (ix *Index) withheld(p Principal, scope string, t Resource) string {
	removal, is := removals[scope]
	if !is || t.Kind != access.Stack || ix.IsAdministrator(p.Kind, p.Name) {
		return ""
	}
	switch {
	case removal.on(ix.MembersCan):
		return ""
	case ix.MembersCan.Unknown != "":
		return ix.MembersCan.Unknown
	}
	return "the setting " + removal.setting + " is off, so that the service refuses this to who is not an administrator"
}

// IsAdministrator reports whether a principal is an administrator of the organization; of tokens with one name, whether each is.
func (ix *Index) IsAdministrator(kind Kind, name string) bool {
	switch kind {
	case UserKind, ServicePrincipalKind:
		u := ix.users[name]
		return u != nil && (u.Admin || u.RoleUnknown == "" && u.Role != "" && u.Role == ix.AdminRole)
	case TokenKind:
		named := ix.tokensOf(name)
		return len(named) > 0 && !slices.ContainsFunc(named, func(t Token) bool { return !ix.isAdministratorToken(t) })
	default:
		return false
	}
}

func (ix *Index) isAdministratorToken(t Token) bool {
	role := cmp.Or(t.Role, ix.DefaultRole)
	return t.Team == "" && (t.Admin || role != "" && role == ix.AdminRole)
}

// tokensOf are the tokens of a name: one of the organization, and any of teams.
func (ix *Index) tokensOf(name string) []Token {
	return slices.DeleteFunc(slices.Clone(ix.Tokens), func(t Token) bool { return t.Name != name })
}
