package server

import "slices"

// routes lists everything that the service side of the sandbox answers, by family.
func (s *Server) routes() []route {
	return slices.Concat(
		s.userRoutes(),
		s.organizationRoutes(),
		s.memberRoutes(),
		s.teamRoutes(),
		s.roleRoutes(),
		s.stackRoutes(),
		s.stackConfigRoutes(),
		s.stackMoveRoutes(),
		s.updateRoutes(),
		s.updateHistoryRoutes(),
		s.checkpointRoutes(),
		s.cryptRoutes(),
		s.deploymentRoutes(),
		s.tokenRoutes(),
		s.accountRoutes(),
		s.auditRoutes(),
		s.gateRoutes(),
		s.changeRequestRoutes(),
		s.requestRoutes(),
		s.escRoutes(),
		s.oidcRoutes(),
		s.issuerRoutes(),
		s.openAPIRoutes(),
	)
}
