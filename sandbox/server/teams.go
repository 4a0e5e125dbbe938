package server

import (
	"cmp"
	"net/http"
	"strings"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/rest"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/state"
)

const maxDisplayName = 100

func (s *org) teamRoutes() []route {
	return []route{
		{pattern: "GET /api/orgs/{orgName}/teams", handle: rest.Plain((*call).listTeams)},
		{pattern: "POST /api/orgs/{orgName}/teams/pulumi", handle: inOrg("team:create", rest.Do((*call).createTeam))},
		{pattern: "POST /api/orgs/{orgName}/teams/github", handle: inOrg("github_team:create", rest.Do((*call).createGitHubTeam))},
		{pattern: "GET /api/orgs/{orgName}/teams/{teamName}", handle: rest.AnswerOn((*call).visibleTeam, (*call).getTeam)},
		{pattern: "PATCH /api/orgs/{orgName}/teams/{teamName}", handle: rest.DoOn((*call).managedTeam, (*call).updateTeam)},
		{pattern: "DELETE /api/orgs/{orgName}/teams/{teamName}", handle: rest.ActOn((*call).visibleTeam, (*call).deleteTeam)},
		{pattern: "GET /api/orgs/{orgName}/teams/{teamName}/roles", handle: rest.AnswerOn((*call).visibleTeam, (*call).listTeamRoles)},
		{pattern: "POST /api/orgs/{orgName}/teams/{teamName}/roles/{roleID}", handle: rest.ActOn((*call).teamForRoles, (*call).assignTeamRole)},
		{pattern: "DELETE /api/orgs/{orgName}/teams/{teamName}/roles/{roleID}", handle: rest.ActOn((*call).teamForRoles, (*call).removeTeamRole)},
		{pattern: "PATCH /api/console/stacks/{orgName}/{projectName}/{stackName}/teams/{teamName}", handle: rest.DoOn((*call).stackTeam, (*call).upsertStackTeam)},
		{pattern: "GET /api/stacks/{orgName}/{projectName}/{stackName}/teams", handle: rest.AnswerOn(onStack("stack_access:read"), (*call).listStackTeams)},
	}
}

type wireTeam struct {
	Name         string            `json:"name"`
	DisplayName  string            `json:"displayName"`
	Description  string            `json:"description"`
	Kind         string            `json:"kind"`
	UserRole     string            `json:"userRole,omitempty"` // the caller's
	Members      []teamMember      `json:"members,omitempty"`
	Stacks       []teamStack       `json:"stacks,omitempty"`
	Environments []teamEnvironment `json:"environments,omitempty"`
	Accounts     []teamAccount     `json:"accounts,omitempty"`
	RoleIDs      []string          `json:"roleIds,omitempty"`
}

type teamMember struct {
	userInfo
	Role string `json:"role"`
}

type teamStack struct {
	Project    string `json:"projectName"`
	Stack      string `json:"stackName"`
	Permission int    `json:"permission"`
}

type teamEnvironment struct {
	Project         string `json:"projectName"`
	Environment     string `json:"envName"`
	Permission      string `json:"permission"`
	MaxOpenDuration string `json:"maxOpenDuration,omitempty"`
}

type teamAccount struct {
	Account    string `json:"accountName"`
	Permission int    `json:"permission"`
}

// summary is a team as lists show it. Whether the service's lists carry grants is not documented, so clients that
// need them must ask for the team.
func (c *call) teamSummary(t *state.Team) wireTeam {
	w := wireTeam{Name: t.Name, DisplayName: t.DisplayName, Description: t.Description, Kind: t.Kind, UserRole: state.LevelNone}
	if role, in := t.Members[c.caller.login]; in {
		w.UserRole = role
	}
	return w
}

func (c *call) wireTeam(t *state.Team) wireTeam {
	w := c.teamSummary(t)
	w.RoleIDs = t.RoleIDs
	for _, login := range rest.SortedKeys(t.Members) {
		w.Members = append(w.Members, teamMember{userInfo: c.s.userInfo(login), Role: t.Members[login]})
	}
	for _, key := range rest.SortedKeys(t.Stacks) {
		project, name, _ := strings.Cut(key, "/")
		w.Stacks = append(w.Stacks, teamStack{Project: project, Stack: name, Permission: t.Stacks[key]})
	}
	for _, key := range rest.SortedKeys(t.Environments) {
		project, name, _ := strings.Cut(key, "/")
		g := t.Environments[key]
		w.Environments = append(w.Environments, teamEnvironment{
			Project: project, Environment: name, Permission: g.Permission, MaxOpenDuration: g.MaxOpenDuration,
		})
	}
	for _, name := range rest.SortedKeys(t.Accounts) {
		w.Accounts = append(w.Accounts, teamAccount{Account: name, Permission: t.Accounts[name]})
	}
	return w
}

func (c *call) listTeams() error {
	all := c.seesTeams()
	teams := []wireTeam{}
	for _, name := range rest.SortedKeys(c.s.state.Teams) {
		if t := c.s.state.Teams[name]; all || c.isIn(t) {
			teams = append(teams, c.teamSummary(t))
		}
	}
	return c.OK(map[string]any{"teams": teams})
}

func (c *call) getTeam(t *state.Team) (wireTeam, error) {
	return c.wireTeam(t), nil
}

type createTeamRequest struct {
	Name        string `json:"name"`
	DisplayName string `json:"displayName"`
	Description string `json:"description"`
}

// createTeam makes a team, with the caller as its first member and admin.
func (c *call) createTeam(req createTeamRequest) error {
	if !rest.ValidName(req.Name) {
		return rest.BadRequest("team name '%s' is invalid: use letters, digits, '-', '_' and '.'", req.Name)
	}
	if err := checkDisplayName(req.DisplayName); err != nil {
		return err
	}
	if _, taken := c.s.state.Teams[req.Name]; taken {
		return rest.Conflict("a team named '%s' already exists", req.Name)
	}
	t := state.NewTeam(c.s.state.NewID("team", req.Name), req.Name, cmp.Or(req.DisplayName, req.Name), req.Description, state.TeamPulumi, c.s.now())
	t.Members[c.caller.login] = state.TeamRoleAdmin
	c.s.state.Teams[t.Name] = t
	c.audit("team-created", "Created team %s", t.Name)
	return c.JSON(http.StatusCreated, c.wireTeam(t))
}

func checkDisplayName(name string) error {
	if len([]rune(name)) > maxDisplayName {
		return rest.BadRequest("the display name must be at most %d characters", maxDisplayName)
	}
	return nil
}

type createGitHubTeamRequest struct {
	ID int64 `json:"githubTeamID"`
}

// createGitHubTeam knows no GitHub: the organization's members are Pulumi's own.
func (c *call) createGitHubTeam(req createGitHubTeamRequest) error {
	if req.ID == 0 {
		return rest.BadRequest("githubTeamID is required")
	}
	return rest.NotFound("GitHub team '%d' not found: organization '%s' is not backed by GitHub", req.ID, c.s.state.Organization.Login)
}

// deleteTeam revokes the team's grants and ends its tokens.
func (c *call) deleteTeam(t *state.Team) error {
	if !c.caller.isTeamAdmin(t) {
		if err := c.requireOrg("team:delete"); err != nil {
			return err
		}
	}
	delete(c.s.state.Teams, t.Name)
	for id, tk := range c.s.state.Tokens {
		if tk.Kind == state.TeamToken && tk.Team == t.Name {
			delete(c.s.state.Tokens, id)
		}
	}
	c.audit("team-deleted", "Deleted team %s", t.Name)
	return c.NoContent()
}

func (c *call) listTeamRoles(t *state.Team) (map[string]any, error) {
	roles := []wireRecord{}
	for _, id := range t.RoleIDs {
		if r, ok := c.s.state.Record(id); ok {
			roles = append(roles, c.s.wireRecord(r))
		}
	}
	return map[string]any{"roles": roles}, nil
}

// assignTeamRole replaces the role that the team had: the service holds one.
func (c *call) assignTeamRole(t *state.Team) error {
	r, ok := c.s.state.Record(c.Param("roleID"))
	if !ok || r.UXPurpose != state.PurposeRole {
		return rest.BadRequest("Invalid role id")
	}
	t.RoleIDs = []string{r.ID}
	c.audit("team-updated", "Assigned role %s to team %s", r.Name, t.Name)
	return c.NoContent()
}

func (c *call) removeTeamRole(t *state.Team) error {
	if len(t.RoleIDs) == 0 || t.RoleIDs[0] != c.Param("roleID") {
		return rest.NotFound("team '%s' does not have role '%s'", t.Name, c.Param("roleID"))
	}
	t.RoleIDs = []string{}
	c.audit("team-updated", "Removed the role of team %s", t.Name)
	return c.NoContent()
}

// teamForRoles finds a team whose role the caller may change. Being its admin is not enough.
func (c *call) teamForRoles() (*state.Team, error) {
	t, err := c.visibleTeam()
	if err != nil {
		return nil, err
	}
	if err := c.requireOrg("role:update"); err != nil {
		return nil, err
	}
	return t, c.requireOrg("team:update")
}
