package server

import (
	"encoding/json"
	"slices"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/rest"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/state"
)

// teamUpdate is the body of UpdateTeam: several independent verbs.
type teamUpdate struct {
	NewDisplayName    *string          `json:"newDisplayName"`
	NewDescription    *string          `json:"newDescription"`
	Member            string           `json:"member"`
	MemberAction      string           `json:"memberAction"`
	AddStack          *teamStack       `json:"addStackPermission"`
	EditStack         *teamStack       `json:"editStackPermission"`
	RemoveStack       *teamStack       `json:"removeStack"`
	AddEnvironment    *teamEnvironment `json:"addEnvironmentPermission"`
	EditEnvironment   *teamEnvironment `json:"editEnvironmentPermission"`
	RemoveEnvironment *teamEnvironment `json:"removeEnvironment"`
}

// updateTeam checks all verbs of the body before it carries out the first, so that a refusal changes nothing.
func (c *call) updateTeam(t *state.Team, u teamUpdate) error {
	var changes []func()
	for _, plan := range []func(*state.Team, teamUpdate) (func(), error){
		c.planNames, c.planMember, c.planStackGrant, c.planStackRemoval, c.planEnvironmentGrant, c.planEnvironmentRemoval,
	} {
		change, err := plan(t, u)
		if err != nil {
			return err
		}
		if change != nil {
			changes = append(changes, change)
		}
	}
	for _, change := range changes {
		change()
	}
	if len(changes) > 0 {
		c.audit("team-updated", "Updated team %s", t.Name)
	}
	return c.NoContent()
}

func (c *call) planNames(t *state.Team, u teamUpdate) (func(), error) {
	if u.NewDisplayName == nil && u.NewDescription == nil {
		return nil, nil
	}
	if u.NewDisplayName != nil {
		if err := checkDisplayName(*u.NewDisplayName); err != nil {
			return nil, err
		}
	}
	return func() {
		rest.SetIf(&t.DisplayName, u.NewDisplayName)
		rest.SetIf(&t.Description, u.NewDescription)
	}, nil
}

func (c *call) planMember(t *state.Team, u teamUpdate) (func(), error) {
	if u.Member == "" && u.MemberAction == "" {
		return nil, nil
	}
	if u.Member == "" || u.MemberAction == "" {
		return nil, rest.BadRequest("member and memberAction go together")
	}
	if t.Kind != state.TeamPulumi {
		return nil, rest.BadRequest("the members of %s team '%s' are managed outside Pulumi", t.Kind, t.Name)
	}
	_, in := t.Members[u.Member]
	if u.MemberAction == "add" {
		return c.planAddition(t, u.Member, in)
	}
	role, known := map[string]string{"remove": "", "promote": state.TeamRoleAdmin, "demote": state.TeamRoleMember}[u.MemberAction]
	if !known {
		return nil, rest.BadRequest("invalid memberAction '%s'", u.MemberAction)
	}
	if !in {
		return nil, rest.BadRequest("'%s' is not a member of team '%s'", u.Member, t.Name)
	}
	if role == "" {
		return func() { delete(t.Members, u.Member) }, nil
	}
	return func() { t.Members[u.Member] = role }, nil
}

func (c *call) planAddition(t *state.Team, login string, in bool) (func(), error) {
	if in {
		return nil, rest.Conflict("'%s' is already a member of team '%s'", login, t.Name)
	}
	if _, ok := c.s.state.Users[login]; !ok {
		return nil, rest.BadRequest("'%s' is not a member of organization '%s'", login, c.s.state.Organization.Login)
	}
	return func() { t.Members[login] = state.TeamRoleMember }, nil
}

func (c *call) planStackGrant(t *state.Team, u teamUpdate) (func(), error) {
	grant := u.AddStack
	if u.EditStack != nil {
		grant = u.EditStack
	}
	if grant == nil {
		return nil, nil
	}
	if !slices.Contains([]int{state.StackRead, state.StackWrite, state.StackAdmin}, grant.Permission) {
		return nil, rest.BadRequest("invalid stack permission %d", grant.Permission)
	}
	key := state.EntityKey(grant.Project, grant.Stack)
	if err := c.mayGrantStack(key); err != nil {
		return nil, err
	}
	if _, has := t.Stacks[key]; !has && u.EditStack != nil {
		return nil, rest.NotFound("team '%s' has no permission on stack '%s'", t.Name, key)
	}
	return func() { t.Stacks[key] = grant.Permission }, nil
}

// mayGrantStack refuses who could not give the right to a stack: that takes admin on it, beyond managing the team.
func (c *call) mayGrantStack(key string) error {
	st, ok := c.s.state.Stacks[key]
	if !ok || !c.can("stack:read", stackEntity(st)) {
		return rest.NotFound("Stack '%s/%s' not found", c.s.state.Organization.Login, key)
	}
	if !c.can("stack_access:update", stackEntity(st)) {
		c.audit("auth-failure-stack-permission", "%s was refused: it needs stack_access:update on stack %s", c.caller.login, key)
		return rest.Forbidden("you need the permission 'stack_access:update' on stack '%s'", key)
	}
	return nil
}

func (c *call) planStackRemoval(t *state.Team, u teamUpdate) (func(), error) {
	if u.RemoveStack == nil {
		return nil, nil
	}
	return func() { delete(t.Stacks, state.EntityKey(u.RemoveStack.Project, u.RemoveStack.Stack)) }, nil
}

func (c *call) planEnvironmentGrant(t *state.Team, u teamUpdate) (func(), error) {
	grant := u.AddEnvironment
	if u.EditEnvironment != nil {
		grant = u.EditEnvironment
	}
	if grant == nil {
		return nil, nil
	}
	if grant.Permission == state.LevelNone || !slices.Contains(state.EnvironmentPermissions, grant.Permission) {
		return nil, rest.BadRequest("invalid environment permission '%s'", grant.Permission)
	}
	limit, err := rest.NormalDuration(grant.MaxOpenDuration)
	if err != nil {
		return nil, rest.BadRequest("invalid maxOpenDuration: %v", err)
	}
	key := state.EntityKey(grant.Project, grant.Environment)
	if err := c.mayGrantEnvironment(key); err != nil {
		return nil, err
	}
	if _, has := t.Environments[key]; !has && u.EditEnvironment != nil {
		return nil, rest.NotFound("team '%s' has no permission on environment '%s'", t.Name, key)
	}
	return func() {
		t.Environments[key] = state.EnvironmentGrant{Permission: grant.Permission, MaxOpenDuration: limit}
	}, nil
}

// mayGrantEnvironment asks for admin on the environment. environment:delete stands for it: the built-in sets know no
// scope for the access itself.
func (c *call) mayGrantEnvironment(key string) error {
	e, ok := c.s.state.Environments[key]
	if !ok || !c.can("environment:read", environmentEntity(e)) {
		return rest.NotFound("Environment '%s' not found", key)
	}
	if !c.can("environment:delete", environmentEntity(e)) && !c.can("environment_access:update", environmentEntity(e)) {
		c.audit("auth-failure-environment", "%s was refused: it needs admin on environment %s", c.caller.login, key)
		return rest.Forbidden("you need to be an admin of environment '%s'", key)
	}
	return nil
}

func (c *call) planEnvironmentRemoval(t *state.Team, u teamUpdate) (func(), error) {
	if u.RemoveEnvironment == nil {
		return nil, nil
	}
	key := state.EntityKey(u.RemoveEnvironment.Project, u.RemoveEnvironment.Environment)
	return func() { delete(t.Environments, key) }, nil
}

// stackTeam is a stack and a team that gets a permission on it.
type stackTeam struct {
	stack *state.Stack
	team  *state.Team
}

func (c *call) stackTeam() (of stackTeam, err error) {
	if of.stack, err = c.stackWith("stack:read"); err != nil {
		return of, err
	}
	if of.team, err = c.visibleTeam(); err != nil {
		return of, err
	}
	if !c.can("stack_access:update", stackEntity(of.stack)) {
		c.audit("auth-failure-stack-permission", "%s was refused: it needs stack_access:update on stack %s",
			c.caller.login, state.EntityKey(of.stack.Project, of.stack.Name))
		return of, rest.Forbidden("You do not have permission to update this team.")
	}
	return of, nil
}

type permissionsRequest struct {
	Permissions json.RawMessage `json:"permissions"`
}

// upsertStackTeam is the console's way to grant a stack to a team: null revokes.
func (c *call) upsertStackTeam(of stackTeam, req permissionsRequest) error {
	level, err := numericPermission(req.Permissions, state.StackRead, state.StackWrite, state.StackAdmin)
	if err != nil {
		return err
	}
	put(of.team.Stacks, state.EntityKey(of.stack.Project, of.stack.Name), level)
	c.audit("team-updated", "Changed the permission of team %s on stack %s", of.team.Name, state.EntityKey(of.stack.Project, of.stack.Name))
	return c.NoContent()
}

// numericPermission reads a permission that may be null, which is 0 here.
func numericPermission(raw json.RawMessage, allowed ...int) (int, error) {
	if !rest.Present(raw) {
		return 0, nil
	}
	var level int
	if err := json.Unmarshal(raw, &level); err != nil || !slices.Contains(allowed, level) {
		return 0, rest.BadRequest("invalid permission %s", raw)
	}
	return level, nil
}

// put sets a grant, or removes it where the level is 0.
func put(grants map[string]int, key string, level int) {
	if level == 0 {
		delete(grants, key)
		return
	}
	grants[key] = level
}

type entityTeam struct {
	Name        string `json:"name"`
	DisplayName string `json:"displayName"`
	Description string `json:"description"`
	IsMember    bool   `json:"isMember"`
	Permission  int    `json:"permission"`
}

func (c *call) entityTeam(t *state.Team, permission int) entityTeam {
	return entityTeam{
		Name: t.Name, DisplayName: t.DisplayName, Description: t.Description, IsMember: c.isIn(t), Permission: permission,
	}
}

func (c *call) listStackTeams(st *state.Stack) (map[string]any, error) {
	teams := []entityTeam{}
	for _, name := range rest.SortedKeys(c.s.state.Teams) {
		t := c.s.state.Teams[name]
		if level, granted := t.Stacks[state.EntityKey(st.Project, st.Name)]; granted {
			teams = append(teams, c.entityTeam(t, level))
		}
	}
	return map[string]any{"projectName": st.Project, "teams": teams}, nil
}
