package server

import (
	"time"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/access"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/authz"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/gates"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/state"
)

// Holding is a scope that a person has on an entity. Gated is set where opening the environment needs an approval.
type Holding struct {
	Login, Entity, Scope string
	Gated                bool
}

// Holdings returns what each user may do on every entity and on the organization, with how long an environment may stay
// open (0 is without limit). It is for tests that watch access while it changes.
func (s *Server) Holdings() map[Holding]time.Duration {
	s.org.Mu.Lock()
	defer s.org.Mu.Unlock()
	entities := map[string]access.Entity{"organization": authz.Organization}
	for key, v := range s.org.State.Stacks {
		entities["stack "+key] = authz.Stack(v)
	}
	for key, v := range s.org.State.Accounts {
		entities["account "+key] = authz.Account(v)
	}
	gated := map[string]bool{}
	for key, v := range s.org.State.Environments {
		entities["environment "+key] = authz.Environment(v)
		gated["environment "+key] = len(gates.GatesOn(s.org, key, state.ActionOpen)) > 0
	}
	held := map[Holding]time.Duration{}
	for login, person := range s.org.State.Users {
		p := authz.Principal{Login: login, Name: person.Name, User: person}
		for name, entity := range entities {
			for scope, limit := range s.org.Rules().ScopesOn(p, entity).Scopes {
				opens := scope == "environment:open" || scope == "environment_version:open"
				held[Holding{login, name, scope, opens && gated[name]}] = limit
			}
		}
	}
	return held
}
