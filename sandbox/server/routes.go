package server

import (
	"slices"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/accounts"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/agents"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/approvals"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/assignments"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/audit"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/core"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/deployments"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/esc"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/gates"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/roles"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/stacks"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/teams"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/tokens"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/trust"
)

// routes lists everything that the service side of the sandbox answers, by family.
func (s *Server) routes() []core.Route {
	return slices.Concat(
		userRoutes(),
		organizationRoutes(),
		teams.MemberRoutes(),
		teams.Routes(),
		roles.Routes(),
		stacks.Routes(),
		stacks.StackConfigRoutes(),
		stacks.StackMoveRoutes(),
		stacks.UpdateRoutes(),
		stacks.UpdateHistoryRoutes(),
		stacks.CheckpointRoutes(),
		stacks.CryptRoutes(),
		deployments.Routes(),
		tokens.Routes(),
		accounts.Routes(),
		agents.Routes(),
		assignments.Routes(),
		audit.Routes(),
		gates.Routes(),
		approvals.ChangeRequestRoutes(),
		approvals.RequestRoutes(),
		esc.Routes(),
		trust.DiscoveryRoutes(),
		trust.IssuerRoutes(),
		s.openAPIRoutes(),
	)
}
