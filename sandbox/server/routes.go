package server

import "slices"

// routes lists everything that the service side of the sandbox answers, by family.
func (s *Server) routes() []route {
	return slices.Concat(
		s.tokenRoutes(),
		s.auditRoutes(),
		s.escRoutes(),
		s.oidcRoutes(),
	)
}
