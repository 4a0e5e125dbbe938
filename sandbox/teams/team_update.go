package teams

import (
	"encoding/json"
	"slices"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/authz"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/core"
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
func updateTeam(c *core.Call, t *state.Team, u teamUpdate) error {
	var changes []func()
	for _, plan := range []func(*core.Call, *state.Team, teamUpdate) (func(), error){
		planNames, planMember, planStackGrant, planStackRemoval, planEnvironmentGrant,
		planEnvironmentRemoval,
	} {
		change, err := plan(c, t, u)
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
		c.Audit("team-updated", "Updated team %s", t.Name)
	}
	return c.NoContent()
}

func planNames(c *core.Call, t *state.Team, u teamUpdate) (func(), error) {
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

func planMember(c *core.Call, t *state.Team, u teamUpdate) (func(), error) {
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
		return planAddition(c, t, u.Member, in)
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

func planAddition(c *core.Call, t *state.Team, login string, in bool) (func(), error) {
	if in {
		return nil, rest.Conflict("'%s' is already a member of team '%s'", login, t.Name)
	}
	if _, ok := c.Org.State.Users[login]; !ok {
		return nil, rest.BadRequest("'%s' is not a member of organization '%s'", login, c.Org.State.Organization.Login)
	}
	return func() { t.Members[login] = state.TeamRoleMember }, nil
}

func planStackGrant(c *core.Call, t *state.Team, u teamUpdate) (func(), error) {
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
	if err := mayGrantStack(c, key); err != nil {
		return nil, err
	}
	if _, has := t.Stacks[key]; !has && u.EditStack != nil {
		return nil, rest.NotFound("team '%s' has no permission on stack '%s'", t.Name, key)
	}
	return func() { t.Stacks[key] = grant.Permission }, nil
}

// mayGrantStack refuses callers who may not grant access to a stack: that needs admin on the stack, besides managing the team.
func mayGrantStack(c *core.Call, key string) error {
	st, ok := c.Org.State.Stacks[key]
	if !ok || !c.Can("stack:read", authz.Stack(st)) {
		return rest.NotFound("Stack '%s/%s' not found", c.Org.State.Organization.Login, key)
	}
	if !c.Can("stack_access:update", authz.Stack(st)) {
		c.Audit("auth-failure-stack-permission", "%s was refused: it needs stack_access:update on stack %s", c.Caller.Login, key)
		return rest.Forbidden("you need the permission 'stack_access:update' on stack '%s'", key)
	}
	return nil
}

func planStackRemoval(c *core.Call, t *state.Team, u teamUpdate) (func(), error) {
	if u.RemoveStack == nil {
		return nil, nil
	}
	return func() { delete(t.Stacks, state.EntityKey(u.RemoveStack.Project, u.RemoveStack.Stack)) }, nil
}

func planEnvironmentGrant(c *core.Call, t *state.Team, u teamUpdate) (func(), error) {
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
	if err := mayGrantEnvironment(c, key); err != nil {
		return nil, err
	}
	if _, has := t.Environments[key]; !has && u.EditEnvironment != nil {
		return nil, rest.NotFound("team '%s' has no permission on environment '%s'", t.Name, key)
	}
	return func() {
		t.Environments[key] = state.EnvironmentGrant{Permission: grant.Permission, MaxOpenDuration: limit}
	}, nil
}

// mayGrantEnvironment requires admin on the environment. It checks environment:delete, which of the built-in permission sets only
// admin has: none of them has a scope for granting access.
func mayGrantEnvironment(c *core.Call, key string) error {
	e, ok := c.Org.State.Environments[key]
	if !ok || !c.Can("environment:read", authz.Environment(e)) {
		return rest.NotFound("Environment '%s' not found", key)
	}
	if !c.Can("environment:delete", authz.Environment(e)) && !c.Can("environment_access:update", authz.Environment(e)) {
		c.Audit("auth-failure-environment", "%s was refused: it needs admin on environment %s", c.Caller.Login, key)
		return rest.Forbidden("you need to be an admin of environment '%s'", key)
	}
	return nil
}

func planEnvironmentRemoval(c *core.Call, t *state.Team, u teamUpdate) (func(), error) {
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

func teamOnStack(c *core.Call) (of stackTeam, err error) {
	if of.stack, err = c.StackWith("stack:read"); err != nil {
		return of, err
	}
	if of.team, err = c.VisibleTeam(); err != nil {
		return of, err
	}
	if !c.Can("stack_access:update", authz.Stack(of.stack)) {
		c.Audit("auth-failure-stack-permission", "%s was refused: it needs stack_access:update on stack %s",
			c.Caller.Login, state.EntityKey(of.stack.Project, of.stack.Name))
		return of, rest.Forbidden("You do not have permission to update this team.")
	}
	return of, nil
}

type PermissionsRequest struct {
	Permissions json.RawMessage `json:"permissions"`
}

// upsertStackTeam is the console's way to grant a stack to a team: null revokes.
func upsertStackTeam(c *core.Call, of stackTeam, req PermissionsRequest) error {
	level, err := NumericPermission(req.Permissions, state.StackRead, state.StackWrite, state.StackAdmin)
	if err != nil {
		return err
	}
	Put(of.team.Stacks, state.EntityKey(of.stack.Project, of.stack.Name), level)
	c.Audit("team-updated", "Changed the permission of team %s on stack %s", of.team.Name, state.EntityKey(of.stack.Project, of.stack.Name))
	return c.NoContent()
}

// NumericPermission reads a permission that may be null, which is 0 here.
func NumericPermission(raw json.RawMessage, allowed ...int) (int, error) {
	if !rest.Present(raw) {
		return 0, nil
	}
	var level int
	if err := json.Unmarshal(raw, &level); err != nil || !slices.Contains(allowed, level) {
		return 0, rest.BadRequest("invalid permission %s", raw)
	}
	return level, nil
}

// Put sets a grant, or removes it where the level is 0.
func Put(grants map[string]int, key string, level int) {
	if level == 0 {
		delete(grants, key)
		return
	}
	grants[key] = level
}

type EntityTeam struct {
	Name        string `json:"name"`
	DisplayName string `json:"displayName"`
	Description string `json:"description"`
	IsMember    bool   `json:"isMember"`
	Permission  int    `json:"permission"`
}

func ShowEntityTeam(c *core.Call, t *state.Team, permission int) EntityTeam {
	return EntityTeam{
		Name: t.Name, DisplayName: t.DisplayName, Description: t.Description, IsMember: c.IsIn(t), Permission: permission,
	}
}

func listStackTeams(c *core.Call, st *state.Stack) (map[string]any, error) {
	teams := []EntityTeam{}
	for _, name := range rest.SortedKeys(c.Org.State.Teams) {
		t := c.Org.State.Teams[name]
		if level, granted := t.Stacks[state.EntityKey(st.Project, st.Name)]; granted {
			teams = append(teams, ShowEntityTeam(c, t, level))
		}
	}
	return map[string]any{"projectName": st.Project, "teams": teams}, nil
}
