package survey

import (
	"net/http"
	"slices"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/cloud"
)

// wrote makes stale what a write may have changed. An unknown kind of write makes everything stale.
func (s *Survey) wrote(w cloud.Write) {
	p := w.Path
	at := func(i int) string {
		if i < len(p) {
			return p[i]
		}
		return ""
	}
	entity := func(i int) string { return at(i) + "/" + at(i+1) }
	switch {
	case at(0) == "orgs" && at(1) != s.organization, at(0) == "esc" && at(2) != s.organization,
		at(0) == "stacks" && at(1) != s.organization, at(0) == "change-gates" && at(1) != s.organization,
		at(0) == "change-requests" && at(1) != s.organization, at(0) == "user":
		// Another organization, or the caller's own tokens.
	case at(0) == "orgs":
		s.wroteOrganization(w)
	case at(0) == "esc" && len(p) >= 5:
		s.entityWritten(w, 5, entity(3))
		s.wroteEnvironment(w, entity(3), at(5))
	case at(0) == "esc": // something was made or restored, which nothing was known of
		s.listed.stale()
	case at(0) == "stacks" && at(4) == "deployments":
		s.deployed.stale(entity(2))
	case at(0) == "stacks":
		s.entityWritten(w, 4, entity(2))
		s.stacks.stale(entity(2))
		s.deployed.stale(entity(2))
		s.stackList.stale()
	case at(0) == "change-gates":
		s.gateWritten(w)
	case at(0) == "change-requests":
		s.definitions.allStale() // a draft that is applied becomes the definition
	case at(0) == "preview" && at(1) == "agents" && at(2) == s.organization:
		s.agents.stale()
	case at(0) == "preview" && at(1) == "insights" && at(2) == s.organization:
		s.accountList.stale()
		s.accounts.stale(at(4))
		s.entityWritten(w, 5, at(4))
		if at(5) == "teams" {
			s.teams.stale(at(6))
		}
	default:
		s.allStale()
	}
}

// wroteEnvironment handles a write to an environment. Its id, owner and gates outlive a change of its definition or its tags.
func (s *Survey) wroteEnvironment(w cloud.Write, name, part string) {
	switch {
	case w.Method == http.MethodPatch && part == "":
		s.definitions.stale(name)
	case part == "tags":
		s.tags.stale(name)
		s.listed.stale()
	case part == "open":
	default:
		s.environments.stale(name)
		s.gates.stale(name)
		s.tags.stale(name)
		s.listed.stale()
		s.referrers.stale(name)
		s.definitions.stale(name)
	}
}

func (s *Survey) wroteOrganization(w cloud.Write) {
	part, name, rest := "", "", ""
	if len(w.Path) > 2 {
		part = w.Path[2]
	}
	if len(w.Path) > 3 {
		name = w.Path[3]
	}
	if len(w.Path) > 4 {
		rest = w.Path[4]
	}
	switch part {
	case "": // settings
		s.settings.stale()
	case "roles":
		s.records.stale()
		s.referred.allStale()
		if rest == "default" || w.Method == http.MethodDelete {
			s.settings.stale()
		}
		if rest == "default" {
			s.members.stale() // those who follow the default role have another one
		}
	case "members":
		s.members.stale()
		s.settings.stale() // it counts members
		s.teams.allStale() // removing a member takes them out of teams
	case "tokens":
		s.tokens.stale()
	case "teams":
		s.wroteTeam(w, name, rest)
	case "assignments": // of which the path does not say on which entity
		s.stacks.allStale()
		s.environments.allStale()
		s.accounts.allStale()
	case "oidc", "auth":
		s.issuers.stale()
	default:
		s.allStale()
	}
}

func (s *Survey) wroteTeam(w cloud.Write, name, rest string) {
	if rest == "tokens" {
		s.teamTokens.stale(name)
		return
	}
	s.teams.stale(name)
	if w.Method == http.MethodPost && rest == "" || w.Method == http.MethodDelete && rest == "" {
		s.teamNames.stale()
		s.teamTokens.stale(name)
		s.teams.allStale() // a team may come back under a name that was read as deleted
	}
}

// entityWritten handles what is known of an entity elsewhere: an entity that is deleted, moved or cloned takes its grants with
// it, and a new entity of the same name has none of them.
func (s *Survey) entityWritten(w cloud.Write, end int, name string) {
	last := ""
	if len(w.Path) > end {
		last = w.Path[end]
	}
	if (w.Method == http.MethodDelete && len(w.Path) == end) || slices.Contains([]string{"clone", "rename", "transfer"}, last) {
		s.teamsOn(name)
	}
}

// teamsOn makes the teams stale that have a grant on an entity.
func (s *Survey) teamsOn(name string) {
	project, rest := cut(name)
	s.teams.staleWhere(func(team seen[*cloud.Team]) bool {
		if team.value == nil {
			return false
		}
		return slices.ContainsFunc(team.value.Stacks, func(g cloud.StackGrant) bool { return g.Project == project && g.Stack == rest }) ||
			slices.ContainsFunc(team.value.Environments, func(g cloud.EnvironmentGrant) bool {
				return g.Project == project && g.Environment == rest
			}) || slices.ContainsFunc(team.value.Accounts, func(g cloud.AccountGrant) bool { return g.Account == name })
	})
}

// gateWritten handles a gate that was created, changed or deleted. Whether an environment is gated is part of the environment.
func (s *Survey) gateWritten(w cloud.Write) {
	environment := w.Environment
	if environment == "" && len(w.Path) > 2 {
		s.gates.staleWhere(func(read seen[[]gate]) bool {
			if at := slices.IndexFunc(read.value, func(g gate) bool { return g.ID == w.Path[2] }); at >= 0 {
				environment = read.value[at].environment
			}
			return false
		})
	}
	if environment == "" {
		s.gates.allStale()
		s.environments.allStale()
		return
	}
	s.gates.stale(environment)
	s.environments.stale(environment)
}

func (s *Survey) allStale() {
	s.settings.stale()
	s.records.stale()
	s.referred.allStale()
	s.members.stale()
	s.tokens.stale()
	s.teamNames.stale()
	s.teams.allStale()
	s.teamTokens.allStale()
	s.stackList.stale()
	s.deployed.allStale()
	s.stacks.allStale()
	s.accounts.allStale()
	s.environments.allStale()
	s.gates.allStale()
	s.tags.allStale()
	s.definitions.allStale()
	s.referrers.allStale()
	s.listed.stale()
	s.accountList.stale()
	s.agents.stale()
	s.issuers.stale()
}
