package server

import (
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/rest"
)

// Patterns are all routes of the service's side, and how each recognises its caller: "open", "lease" or "token".
func (s *Server) Patterns() map[string]string {
	all := map[string]string{}
	for _, rt := range s.routes() {
		all[rt.pattern] = "token"
		if rt.open {
			all[rt.pattern] = "open"
		}
		if rt.lease {
			all[rt.pattern] = "lease"
		}
	}
	return all
}

// AddPanic registers a route whose handler has a bug.
func (s *Server) AddPanic(pattern string, unlocked bool) {
	s.router.Add(pattern, &route{pattern: pattern, open: true, unlocked: unlocked, handle: rest.Plain(func(c *call) error {
		if unlocked {
			return c.s.locked(func() error { panic("a bug") })
		}
		panic("a bug")
	})})
}
