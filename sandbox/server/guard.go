package server

import (
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/access"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/rest"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/state"
)

// requireOrg refuses a caller who lacks an organization-level scope.
func (c *call) requireOrg(scope string) error {
	if c.canOrg(scope) {
		return nil
	}
	c.audit("auth-failure-organization-role", "%s was refused: it needs %s in organization %s",
		c.caller.login, scope, c.s.state.Organization.Login)
	return rest.Forbidden("you need the permission '%s' in organization '%s'", scope, c.s.state.Organization.Login)
}

func (c *call) canOrg(scope string) bool { return c.s.rules().can(c.caller, scope, orgEntity) }

func (c *call) can(scope string, e access.Entity) bool { return c.s.rules().can(c.caller, scope, e) }

// stackWith finds the stack that the path names. Who cannot see it learns no more than that it was not found.
func (c *call) stackWith(scope string) (*state.Stack, error) {
	key := state.EntityKey(c.Param("projectName"), c.Param("stackName"))
	st, ok := c.s.state.Stacks[key]
	if !ok || !c.can("stack:read", stackEntity(st)) {
		return nil, rest.NotFound("Stack '%s/%s' not found", c.s.state.Organization.Login, key)
	}
	if scope != "stack:read" && !c.can(scope, stackEntity(st)) {
		c.audit("auth-failure-stack-permission", "%s was refused: it needs %s on stack %s", c.caller.login, scope, key)
		return nil, rest.Forbidden("you need the permission '%s' on stack '%s/%s'", scope, c.s.state.Organization.Login, key)
	}
	return st, nil
}

// accountWith finds the Insights account that the path names, in the same way.
func (c *call) accountWith(scope string) (*state.Account, error) {
	name := c.Param("accountName")
	a, ok := c.s.state.Accounts[name]
	if !ok || !c.can("insights_account:read", accountEntity(a)) {
		return nil, rest.NotFound("Account '%s' not found", name)
	}
	if scope != "insights_account:read" && !c.can(scope, accountEntity(a)) {
		c.audit("auth-failure-cloud-account", "%s was refused: it needs %s on account %s", c.caller.login, scope, name)
		return nil, rest.Forbidden("you need the permission '%s' on account '%s'", scope, name)
	}
	return a, nil
}

// seesTeams tells whether the caller may know which teams there are.
func (c *call) seesTeams() bool { return c.canOrg("team:read") || c.canOrg("team:list") }

// visibleTeam finds the team that the path names: who may not read teams sees those they are in.
func (c *call) visibleTeam() (*state.Team, error) {
	name := c.Param("teamName")
	t, ok := c.s.state.Teams[name]
	if !ok || !(c.canOrg("team:read") || c.isIn(t)) {
		return nil, rest.NotFound("Team '%s' not found", name)
	}
	return t, nil
}

func (c *call) isIn(t *state.Team) bool { return c.caller.isIn(t) }

// managedTeam finds a team that the caller may change: by team:update, or as an admin of the team.
func (c *call) managedTeam() (*state.Team, error) {
	t, err := c.visibleTeam()
	if err != nil {
		return nil, err
	}
	if c.caller.isTeamAdmin(t) {
		return t, nil
	}
	return t, c.requireOrg("team:update")
}
