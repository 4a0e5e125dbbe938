// Package teams serves teams with their grants, and the members of the organization; see [Routes] and [MemberRoutes].
package teams

import (
	"cmp"
	"net/http"
	"strings"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/core"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/rest"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/state"
)

const maxDisplayName = 100

func Routes() []core.Route {
	return []core.Route{
		{Pattern: "GET /api/orgs/{orgName}/teams", Handle: rest.Plain(listTeams)},
		{Pattern: "POST /api/orgs/{orgName}/teams/pulumi", Handle: core.InOrg("team:create", rest.Do(createTeam))},
		{Pattern: "POST /api/orgs/{orgName}/teams/github", Handle: core.InOrg("github_team:create", rest.Do(createGitHubTeam))},
		{Pattern: "GET /api/orgs/{orgName}/teams/{teamName}", Handle: rest.AnswerOn((*core.Call).VisibleTeam, getTeam)},
		{Pattern: "PATCH /api/orgs/{orgName}/teams/{teamName}", Handle: rest.DoOn((*core.Call).ManagedTeam, updateTeam)},
		{Pattern: "DELETE /api/orgs/{orgName}/teams/{teamName}", Handle: rest.ActOn((*core.Call).VisibleTeam, deleteTeam)},
		{Pattern: "GET /api/orgs/{orgName}/teams/{teamName}/roles", Handle: rest.AnswerOn((*core.Call).VisibleTeam, listTeamRoles)},
		{Pattern: "POST /api/orgs/{orgName}/teams/{teamName}/roles/{roleID}", Handle: rest.ActOn(teamForRoles, assignTeamRole)},
		{Pattern: "DELETE /api/orgs/{orgName}/teams/{teamName}/roles/{roleID}", Handle: rest.ActOn(teamForRoles, removeTeamRole)},
		{Pattern: "PATCH /api/console/stacks/{orgName}/{projectName}/{stackName}/teams/{teamName}", Handle: rest.DoOn(teamOnStack, upsertStackTeam)},
		{Pattern: "GET /api/stacks/{orgName}/{projectName}/{stackName}/teams", Handle: rest.AnswerOn(core.OnStack("stack_access:read"), listStackTeams)},
	}
}

type WireTeam struct {
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
	core.UserInfo
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
func TeamSummary(c *core.Call, t *state.Team) WireTeam {
	w := WireTeam{Name: t.Name, DisplayName: t.DisplayName, Description: t.Description, Kind: t.Kind, UserRole: state.LevelNone}
	if role, in := t.Members[c.Caller.Login]; in {
		w.UserRole = role
	}
	return w
}

func showTeam(c *core.Call, t *state.Team) WireTeam {
	w := TeamSummary(c, t)
	w.RoleIDs = t.RoleIDs
	for _, login := range rest.SortedKeys(t.Members) {
		w.Members = append(w.Members, teamMember{UserInfo: c.Org.UserInfo(login), Role: t.Members[login]})
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

func listTeams(c *core.Call) error {
	all := c.SeesTeams()
	teams := []WireTeam{}
	for _, name := range rest.SortedKeys(c.Org.State.Teams) {
		if t := c.Org.State.Teams[name]; all || c.IsIn(t) {
			teams = append(teams, TeamSummary(c, t))
		}
	}
	return c.OK(map[string]any{"teams": teams})
}

func getTeam(c *core.Call, t *state.Team) (WireTeam, error) {
	return showTeam(c, t), nil
}

type createTeamRequest struct {
	Name        string `json:"name"`
	DisplayName string `json:"displayName"`
	Description string `json:"description"`
}

// createTeam makes a team, with the caller as its first member and admin.
func createTeam(c *core.Call, req createTeamRequest) error {
	if !rest.ValidName(req.Name) {
		return rest.BadRequest("team name '%s' is invalid: use letters, digits, '-', '_' and '.'", req.Name)
	}
	if err := checkDisplayName(req.DisplayName); err != nil {
		return err
	}
	if _, taken := c.Org.State.Teams[req.Name]; taken {
		return rest.Conflict("a team named '%s' already exists", req.Name)
	}
	t := state.NewTeam(c.Org.State.NewID("team", req.Name), req.Name, cmp.Or(req.DisplayName, req.Name), req.Description, state.TeamPulumi, c.Org.Now())
	t.Members[c.Caller.Login] = state.TeamRoleAdmin
	c.Org.State.Teams[t.Name] = t
	c.Audit("team-created", "Created team %s", t.Name)
	return c.JSON(http.StatusCreated, showTeam(c, t))
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

// createGitHubTeam refuses: the sandbox's organization is not backed by GitHub.
func createGitHubTeam(c *core.Call, req createGitHubTeamRequest) error {
	if req.ID == 0 {
		return rest.BadRequest("githubTeamID is required")
	}
	return rest.NotFound("GitHub team '%d' not found: organization '%s' is not backed by GitHub", req.ID, c.Org.State.Organization.Login)
}

// deleteTeam revokes the team's grants and ends its tokens.
func deleteTeam(c *core.Call, t *state.Team) error {
	if !c.Caller.IsTeamAdmin(t) {
		if err := c.RequireOrg("team:delete"); err != nil {
			return err
		}
	}
	delete(c.Org.State.Teams, t.Name)
	for id, tk := range c.Org.State.Tokens {
		if tk.Kind == state.TeamToken && tk.Team == t.Name {
			delete(c.Org.State.Tokens, id)
		}
	}
	c.Audit("team-deleted", "Deleted team %s", t.Name)
	return c.NoContent()
}

func listTeamRoles(c *core.Call, t *state.Team) (map[string]any, error) {
	roles := []core.WireRecord{}
	for _, id := range t.RoleIDs {
		if r, ok := c.Org.State.Record(id); ok {
			roles = append(roles, c.Org.WireRecord(r))
		}
	}
	return map[string]any{"roles": roles}, nil
}

// assignTeamRole replaces the role that the team had: the service holds one.
func assignTeamRole(c *core.Call, t *state.Team) error {
	r, ok := c.Org.State.Record(c.Param("roleID"))
	if !ok || r.UXPurpose != state.PurposeRole {
		return rest.BadRequest("Invalid role id")
	}
	t.RoleIDs = []string{r.ID}
	c.Audit("team-updated", "Assigned role %s to team %s", r.Name, t.Name)
	return c.NoContent()
}

func removeTeamRole(c *core.Call, t *state.Team) error {
	if len(t.RoleIDs) == 0 || t.RoleIDs[0] != c.Param("roleID") {
		return rest.NotFound("team '%s' does not have role '%s'", t.Name, c.Param("roleID"))
	}
	t.RoleIDs = []string{}
	c.Audit("team-updated", "Removed the role of team %s", t.Name)
	return c.NoContent()
}

// teamForRoles finds a team whose role the caller may change. Being its admin is not enough.
func teamForRoles(c *core.Call) (*state.Team, error) {
	t, err := c.VisibleTeam()
	if err != nil {
		return nil, err
	}
	if err := c.RequireOrg("role:update"); err != nil {
		return nil, err
	}
	return t, c.RequireOrg("team:update")
}
