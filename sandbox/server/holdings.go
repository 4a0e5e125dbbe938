package server

import (
	"time"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/access"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/state"
)

// Holding is a scope that a person has on an entity. Gated says that opening the environment waits for an approval.
type Holding struct {
	Login, Entity, Scope string
	Gated                bool
}

// Holdings returns what everybody may do on every entity and on the organization, with how long an environment may stay
// open (0 is without bound). It is for tests that watch access while it changes.
func (s *Server) Holdings() map[Holding]time.Duration {
	s.mu.Lock()
	defer s.mu.Unlock()
	entities := map[string]access.Entity{"organization": orgEntity}
	for key, v := range s.state.Stacks {
		entities["stack "+key] = stackEntity(v)
	}
	for key, v := range s.state.Accounts {
		entities["account "+key] = accountEntity(v)
	}
	gated := map[string]bool{}
	for key, v := range s.state.Environments {
		entities["environment "+key] = environmentEntity(v)
		gated["environment "+key] = len(s.gatesOn(key, state.ActionOpen)) > 0
	}
	held := map[Holding]time.Duration{}
	for login, person := range s.state.Users {
		p := principal{login: login, name: person.Name, user: person}
		for name, entity := range entities {
			for scope, limit := range s.rules().scopesOn(p, entity).Scopes {
				opens := scope == "environment:open" || scope == "environment_version:open"
				held[Holding{login, name, scope, opens && gated[name]}] = limit
			}
		}
	}
	return held
}
