package core

import (
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/access"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/authz"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/rest"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/state"
)

// RequireOrg refuses a caller who lacks an organization-level scope.
func (c *Call) RequireOrg(scope string) error {
	if c.CanOrg(scope) {
		return nil
	}
	c.Audit("auth-failure-organization-role", "%s was refused: it needs %s in organization %s",
		c.Caller.Login, scope, c.Org.State.Organization.Login)
	return rest.Forbidden("you need the permission '%s' in organization '%s'", scope, c.Org.State.Organization.Login)
}

func (c *Call) CanOrg(scope string) bool {
	return c.Org.Rules().Can(c.Caller, scope, authz.Organization)
}

func (c *Call) Can(scope string, e access.Entity) bool { return c.Org.Rules().Can(c.Caller, scope, e) }

// StackWith finds the stack that the path names, and checks the scope. A caller who cannot see the stack gets a 404, as if it did
// not exist.
func (c *Call) StackWith(scope string) (*state.Stack, error) {
	key := state.EntityKey(c.Param("projectName"), c.Param("stackName"))
	st, ok := c.Org.State.Stacks[key]
	if !ok || !c.Can("stack:read", authz.Stack(st)) {
		return nil, rest.NotFound("Stack '%s/%s' not found", c.Org.State.Organization.Login, key)
	}
	if scope != "stack:read" && !c.Can(scope, authz.Stack(st)) {
		c.Audit("auth-failure-stack-permission", "%s was refused: it needs %s on stack %s", c.Caller.Login, scope, key)
		return nil, rest.Forbidden("you need the permission '%s' on stack '%s/%s'", scope, c.Org.State.Organization.Login, key)
	}
	return st, nil
}

// AccountWith finds the Insights account that the path names, in the same way.
func (c *Call) AccountWith(scope string) (*state.Account, error) {
	name := c.Param("accountName")
	a, ok := c.Org.State.Accounts[name]
	if !ok || !c.Can("insights_account:read", authz.Account(a)) {
		return nil, rest.NotFound("Account '%s' not found", name)
	}
	if scope != "insights_account:read" && !c.Can(scope, authz.Account(a)) {
		c.Audit("auth-failure-cloud-account", "%s was refused: it needs %s on account %s", c.Caller.Login, scope, name)
		return nil, rest.Forbidden("you need the permission '%s' on account '%s'", scope, name)
	}
	return a, nil
}

// SeesTeams reports whether the caller may list the teams.
func (c *Call) SeesTeams() bool { return c.CanOrg("team:read") || c.CanOrg("team:list") }

// VisibleTeam finds the team that the path names. Callers who may not read teams see those that they are a member of.
func (c *Call) VisibleTeam() (*state.Team, error) {
	name := c.Param("teamName")
	t, ok := c.Org.State.Teams[name]
	if !ok || !(c.CanOrg("team:read") || c.IsIn(t)) {
		return nil, rest.NotFound("Team '%s' not found", name)
	}
	return t, nil
}

func (c *Call) IsIn(t *state.Team) bool { return c.Caller.IsIn(t) }

// ManagedTeam finds a team that the caller may change: by team:update, or as an admin of the team.
func (c *Call) ManagedTeam() (*state.Team, error) {
	t, err := c.VisibleTeam()
	if err != nil {
		return nil, err
	}
	if c.Caller.IsTeamAdmin(t) {
		return t, nil
	}
	return t, c.RequireOrg("team:update")
}
