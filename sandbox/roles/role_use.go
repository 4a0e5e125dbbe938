package roles

import (
	"slices"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/authz"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/core"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/deployments"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/rest"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/state"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/teams"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/tokens"
)

// roleUse lists the holders of a role, and the settings that name it.
type roleUse struct {
	teams      []*state.Team
	users      []*state.User
	tokens     []*state.Token
	stacks     []*state.Stack // whose deployments run with it
	assigned   bool           // to single people, on an entity; sets only
	agents     []*state.Agent
	settings   bool // default role, or default deployment role
	composedBy []*state.Record
}

func useOf(s *core.Org, id string) roleUse {
	var use roleUse
	for _, name := range rest.SortedKeys(s.State.Teams) {
		if t := s.State.Teams[name]; slices.Contains(t.RoleIDs, id) {
			use.teams = append(use.teams, t)
		}
	}
	for _, login := range rest.SortedKeys(s.State.Users) {
		if u := s.State.Users[login]; u.RoleID == id {
			use.users = append(use.users, u)
		}
	}
	for _, tokenID := range rest.SortedKeys(s.State.Tokens) {
		if t := s.State.Tokens[tokenID]; t.RoleID == id {
			use.tokens = append(use.tokens, t)
		}
	}
	for _, key := range rest.SortedKeys(s.State.Stacks) {
		if st := s.State.Stacks[key]; authz.DeploymentRoleID(st.Deployment) == id {
			use.stacks = append(use.stacks, st)
		}
	}
	for _, r := range s.State.Roles {
		if r.ID != id && composes(r, id) {
			use.composedBy = append(use.composedBy, r)
		}
	}
	for _, agent := range rest.SortedKeys(s.State.Agents) {
		if a := s.State.Agents[agent]; a.RoleID == id {
			use.agents = append(use.agents, a)
		}
	}
	use.assigned = s.State.AssignedSet(id)
	set := s.State.Organization.Settings
	use.settings = set.DefaultRoleID == id || set.DefaultDeploymentRoleID == id
	return use
}

func (u roleUse) some() bool {
	return u.assigned || len(u.agents) > 0 || len(u.teams)+len(u.users)+len(u.tokens)+len(u.stacks) > 0 || u.settings
}

// deleteRole refuses while the role is in use. force removes the assignments first, and needs an
// administrator; a record that another one composes is never deleted.
func deleteRole(c *core.Call, r *state.Record) error {
	if r.DefaultIdentifier != "" {
		return rest.BadRequest("'%s' is built in and cannot be deleted", r.Name)
	}
	force := c.Flag("force")
	if force && !c.Org.Rules().IsAdmin(c.Caller) {
		return rest.Forbidden("only an administrator may delete a role by force")
	}
	use := useOf(c.Org, r.ID)
	if len(use.composedBy) > 0 {
		return rest.Conflict("cannot delete %s '%s', it is referenced by %s '%s'", r.UXPurpose, r.Name,
			use.composedBy[0].UXPurpose, use.composedBy[0].Name)
	}
	if use.some() && !force {
		return rest.Conflict("cannot delete role '%s', it is referenced by users or teams", r.Name)
	}
	unassign(c.Org, r.ID, use)
	removeRecord(c.Org, r)
	c.Audit("custom-role-deleted", "Deleted %s %s", r.UXPurpose, r.Name)
	return c.NoContent()
}

// unassign takes a role from everyone. People and tokens fall back to the organization's default role.
func unassign(s *core.Org, id string, use roleUse) {
	set := &s.State.Organization.Settings
	if set.DefaultRoleID == id {
		set.DefaultRoleID = ""
	}
	if set.DefaultDeploymentRoleID == id {
		set.DefaultDeploymentRoleID = ""
	}
	s.State.TakeSet(id)
	for _, a := range use.agents {
		a.RoleID = ""
	}
	for _, t := range use.teams {
		t.RoleIDs = []string{}
	}
	for _, u := range use.users {
		u.RoleID = ""
	}
	for _, t := range use.tokens {
		t.RoleID = ""
	}
	for _, st := range use.stacks {
		st.Deployment = deployments.MergeSettings(st.Deployment, map[string]any{"operationContext": map[string]any{"role": nil}})
	}
}

// removeRecord deletes a record and, under a role that was made together with its policy, the policy.
func removeRecord(s *core.Org, r *state.Record) {
	delete(s.State.Roles, r.ID)
	if r.Policy != "" && len(useOf(s, r.Policy).composedBy) == 0 {
		delete(s.State.Roles, r.Policy)
	}
}

func setDefaultRole(c *core.Call) error {
	r, ok := c.Org.State.Record(c.Param("roleID"))
	if !ok || r.UXPurpose != state.PurposeRole {
		return rest.BadRequest("Invalid role type")
	}
	if c.Org.State.Organization.Settings.Restricted && c.Org.State.TooBroadForDefault(r.ID) {
		return rest.BadRequest("'%s' is broader than a restricted organization allows as its default role", r.Name)
	}
	c.Org.State.Organization.Settings.DefaultRoleID = r.ID
	if r.ID == c.Org.State.BuiltinID(state.RoleMember) {
		c.Org.State.Organization.Settings.DefaultRoleID = ""
	}
	c.Audit("organization-settings-changed", "Made %s the default role", r.Name)
	return c.NoContent()
}

func listRoleTeams(c *core.Call, r *state.Record) (map[string]any, error) {
	holders := []teams.WireTeam{}
	for _, t := range useOf(c.Org, r.ID).teams {
		holders = append(holders, teams.TeamSummary(c, t))
	}
	return map[string]any{"teams": holders}, nil
}

func listRoleUsers(c *core.Call, r *state.Record) (map[string]any, error) {
	users := []core.UserInfo{}
	for _, u := range useOf(c.Org, r.ID).users {
		users = append(users, c.Org.UserInfo(u.Login))
	}
	return map[string]any{"users": users}, nil
}

func listRoleTokens(c *core.Call, r *state.Record) (map[string]any, error) {
	holders := []tokens.WireToken{}
	for _, t := range useOf(c.Org, r.ID).tokens {
		holders = append(holders, tokens.ShowToken(c.Org, t))
	}
	return map[string]any{"tokens": holders}, nil
}
