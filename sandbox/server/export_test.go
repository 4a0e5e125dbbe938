package server

import (
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/core"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/rest"
)

// Patterns are all routes of the service's side, and how each recognises its caller: "open", "lease" or "token".
func (s *Server) Patterns() map[string]string {
	all := map[string]string{}
	for _, rt := range s.routes() {
		all[rt.Pattern] = "token"
		if rt.Open {
			all[rt.Pattern] = "open"
		}
		if rt.Lease {
			all[rt.Pattern] = "lease"
		}
	}
	return all
}

// AddPanic registers a route whose handler has a bug.
func (s *Server) AddPanic(pattern string, unlocked bool) {
	s.router.Add(pattern, &core.Route{Pattern: pattern, Open: true, Unlocked: unlocked, Handle: rest.Plain(func(c *core.Call) error {
		if unlocked {
			return c.Org.Locked(func() error { panic("a bug") })
		}
		panic("a bug")
	})})
}
