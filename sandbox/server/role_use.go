package server

import (
	"slices"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/rest"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/state"
)

// roleUse is who holds a role, and which settings name it.
type roleUse struct {
	teams      []*state.Team
	users      []*state.User
	tokens     []*state.Token
	stacks     []*state.Stack // whose deployments run with it
	settings   bool           // default role, or default deployment role
	composedBy []*state.Record
}

func (s *org) useOf(id string) roleUse {
	var use roleUse
	for _, name := range rest.SortedKeys(s.state.Teams) {
		if t := s.state.Teams[name]; slices.Contains(t.RoleIDs, id) {
			use.teams = append(use.teams, t)
		}
	}
	for _, login := range rest.SortedKeys(s.state.Users) {
		if u := s.state.Users[login]; u.RoleID == id {
			use.users = append(use.users, u)
		}
	}
	for _, tokenID := range rest.SortedKeys(s.state.Tokens) {
		if t := s.state.Tokens[tokenID]; t.RoleID == id {
			use.tokens = append(use.tokens, t)
		}
	}
	for _, key := range rest.SortedKeys(s.state.Stacks) {
		if st := s.state.Stacks[key]; deploymentRoleID(st.Deployment) == id {
			use.stacks = append(use.stacks, st)
		}
	}
	for _, r := range s.state.Roles {
		if r.ID != id && composes(r, id) {
			use.composedBy = append(use.composedBy, r)
		}
	}
	set := s.state.Organization.Settings
	use.settings = set.DefaultRoleID == id || set.DefaultDeploymentRoleID == id
	return use
}

func (u roleUse) assigned() bool {
	return len(u.teams)+len(u.users)+len(u.tokens)+len(u.stacks) > 0 || u.settings
}

// deleteRole refuses while the role is in use. force clears assignments, and takes an administrator; what another
// record composes stays whatever is asked.
func (c *call) deleteRole(r *state.Record) error {
	if r.DefaultIdentifier != "" {
		return rest.BadRequest("'%s' is built in and cannot be deleted", r.Name)
	}
	force := c.Flag("force")
	if force && !c.s.rules().isAdmin(c.caller) {
		return rest.Forbidden("only an administrator may delete a role by force")
	}
	use := c.s.useOf(r.ID)
	if len(use.composedBy) > 0 {
		return rest.Conflict("cannot delete %s '%s', it is referenced by %s '%s'", r.UXPurpose, r.Name,
			use.composedBy[0].UXPurpose, use.composedBy[0].Name)
	}
	if use.assigned() && !force {
		return rest.Conflict("cannot delete role '%s', it is referenced by users or teams", r.Name)
	}
	c.s.unassign(r.ID, use)
	c.s.removeRecord(r)
	c.audit("custom-role-deleted", "Deleted %s %s", r.UXPurpose, r.Name)
	return c.NoContent()
}

// unassign takes a role from everyone. People and tokens fall back to the organization's default role.
func (s *org) unassign(id string, use roleUse) {
	set := &s.state.Organization.Settings
	if set.DefaultRoleID == id {
		set.DefaultRoleID = ""
	}
	if set.DefaultDeploymentRoleID == id {
		set.DefaultDeploymentRoleID = ""
	}
	for _, t := range use.teams {
		t.RoleIDs = []string{}
	}
	for _, u := range use.users {
		u.RoleID = s.defaultRoleID()
	}
	for _, t := range use.tokens {
		t.RoleID = ""
	}
	for _, st := range use.stacks {
		st.Deployment = mergeSettings(st.Deployment, map[string]any{"operationContext": map[string]any{"role": nil}})
	}
}

// removeRecord deletes a record and, under a role that was made together with its policy, the policy.
func (s *org) removeRecord(r *state.Record) {
	delete(s.state.Roles, r.ID)
	if r.Policy != "" && len(s.useOf(r.Policy).composedBy) == 0 {
		delete(s.state.Roles, r.Policy)
	}
}

func (c *call) setDefaultRole() error {
	r, ok := c.s.state.Record(c.Param("roleID"))
	if !ok || r.UXPurpose != state.PurposeRole {
		return rest.BadRequest("Invalid role type")
	}
	c.s.state.Organization.Settings.DefaultRoleID = r.ID
	if r.ID == c.s.state.BuiltinID(state.RoleMember) {
		c.s.state.Organization.Settings.DefaultRoleID = ""
	}
	c.audit("organization-settings-changed", "Made %s the default role", r.Name)
	return c.NoContent()
}

func (c *call) listRoleTeams(r *state.Record) (map[string]any, error) {
	teams := []wireTeam{}
	for _, t := range c.s.useOf(r.ID).teams {
		teams = append(teams, c.teamSummary(t))
	}
	return map[string]any{"teams": teams}, nil
}

func (c *call) listRoleUsers(r *state.Record) (map[string]any, error) {
	users := []userInfo{}
	for _, u := range c.s.useOf(r.ID).users {
		users = append(users, c.s.userInfo(u.Login))
	}
	return map[string]any{"users": users}, nil
}

func (c *call) listRoleTokens(r *state.Record) (map[string]any, error) {
	tokens := []wireToken{}
	for _, t := range c.s.useOf(r.ID).tokens {
		tokens = append(tokens, c.s.wireToken(t))
	}
	return map[string]any{"tokens": tokens}, nil
}
