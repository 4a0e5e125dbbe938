package server

import (
	"net/http"
	"slices"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/access"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/rest"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/state"
)

func (s *org) stackRoutes() []route {
	return []route{
		{pattern: "HEAD /api/stacks/{orgName}/{projectName}", handle: rest.Plain((*call).projectExists)},
		{pattern: "POST /api/stacks/{orgName}/{projectName}", handle: inOrg("stack:create", rest.JSON((*call).createStack))},
		{pattern: "GET /api/stacks/{orgName}/{projectName}/{stackName}", handle: rest.AnswerOn(onStack("stack:read"), (*call).getStack)},
		{pattern: "DELETE /api/stacks/{orgName}/{projectName}/{stackName}", handle: rest.ActOn(onStack("stack:delete"), (*call).deleteStack)},
		{pattern: "GET /api/stacks/{orgName}/{projectName}/{stackName}/metadata", handle: rest.AnswerOn(onStack("stack:read"), (*call).getStackMetadata)},
		{pattern: "PATCH /api/stacks/{orgName}/{projectName}/{stackName}/tags", handle: rest.DoOn(onStack("stack_tags:update"), (*call).replaceStackTags)},
		{pattern: "POST /api/stacks/{orgName}/{projectName}/{stackName}/tags", handle: rest.DoOn(onStack("stack_tags:update"), (*call).addStackTag)},
		{pattern: "PATCH /api/stacks/{orgName}/{projectName}/{stackName}/tags/{tagName}", handle: rest.DoOn(onStack("stack_tags:update"), (*call).updateStackTag)},
		{pattern: "DELETE /api/stacks/{orgName}/{projectName}/{stackName}/tags/{tagName}", handle: rest.ActOn(onStack("stack_tags:update"), (*call).deleteStackTag)},
		{pattern: "GET /api/stacks/{orgName}/{projectName}/{stackName}/collaborators", handle: rest.ActOn(onStack("stack_access:read"), (*call).listCollaborators)},
		{pattern: "DELETE /api/stacks/{orgName}/{projectName}/{stackName}/collaborators/{userName}", handle: rest.ActOn(onStack("stack_access:update"), (*call).deleteCollaborator)},
		{pattern: "POST /api/stacks/{orgName}/{projectName}/{stackName}/ownership", handle: rest.JSONOn(onStack("stack_access:update"), (*call).reassignStack)},
	}
}

type stackSummary struct {
	ID      string `json:"id"`
	OrgName string `json:"orgName"`
	Project string `json:"projectName"`
	Stack   string `json:"stackName"`

	LastUpdate    int64 `json:"lastUpdate,omitempty"`    // lists only
	ResourceCount *int  `json:"resourceCount,omitempty"` // lists only, of stacks that were updated
}

// visibleStacks are those that the caller may read, by project and name.
func (c *call) visibleStacks() []*state.Stack {
	may := c.s.rules().deciderFor(c.caller)
	var visible []*state.Stack
	for _, key := range state.StackKind.Names(c.s.state) {
		if st := c.s.state.Stacks[key]; may.can("stack:read", stackEntity(st)) {
			visible = append(visible, st)
		}
	}
	return visible
}

func (c *call) listUserStacks(size int) (map[string]any, error) {
	reach, err := c.reachOf(c.Query("roleID"))
	if err != nil {
		return nil, err
	}
	may, wanted := c.s.rules().deciderFor(c.caller), c.wantedStacks()
	found, next, err := rest.KeyPage(state.StackKind.Names(c.s.state), c.Query("continuationToken"), size, func(key string) (*state.Stack, bool, error) {
		st := c.s.state.Stacks[key]
		return st, wanted(st) && may.can("stack:read", stackEntity(st)) && reach(stackEntity(st), "stack:read"), nil
	})
	if err != nil {
		return nil, err
	}
	stacks := make([]stackSummary, 0, len(found))
	for _, st := range found {
		stacks = append(stacks, c.s.stackSummary(st))
	}
	answer := map[string]any{"stacks": stacks}
	if next != "" {
		answer["continuationToken"] = next
	}
	return answer, nil
}

func (s *org) stackSummary(st *state.Stack) stackSummary {
	sum := stackSummary{ID: st.ID, OrgName: s.state.Organization.Login, Project: st.Project, Stack: st.Name}
	if u := st.Latest(); u != nil {
		count := st.ResourceCount()
		sum.LastUpdate, sum.ResourceCount = u.Started.Unix(), &count
	}
	return sum
}

// wantedStacks applies the list's filters.
func (c *call) wantedStacks() func(*state.Stack) bool {
	org, project := c.Query("organization"), c.Query("project")
	tag, value := c.Query("tagName"), c.Query("tagValue")
	here := org == "" || org == c.s.state.Organization.Login
	return func(st *state.Stack) bool {
		has, tagged := st.Tags[tag]
		return here && (project == "" || project == st.Project) && (tag == "" || (tagged && (value == "" || value == has)))
	}
}

// reachOf gives a filter for what a role reaches; without a role everything passes.
func (c *call) reachOf(roleID string) (func(access.Entity, string) bool, error) {
	if roleID == "" {
		return func(access.Entity, string) bool { return true }, nil
	}
	r, ok := c.s.state.Record(roleID)
	if !ok {
		return nil, rest.BadRequest("Invalid parameter 'roleID'.")
	}
	return func(e access.Entity, scope string) bool {
		return access.Evaluate(r.Descriptor(), e, c.s.state.DescriptorOf).Has(scope)
	}, nil
}

func (c *call) projectExists() error {
	may := c.s.rules().deciderFor(c.caller)
	for _, st := range c.s.state.Stacks {
		if st.Project == c.Param("projectName") && may.can("stack:read", stackEntity(st)) {
			return c.OK(st.Project)
		}
	}
	return rest.NotFound("Project '%s' not found", c.Param("projectName"))
}

type createStackRequest struct {
	Stack  string            `json:"stackName"`
	Tags   map[string]string `json:"tags"`
	Teams  []string          `json:"teams"`
	State  *state.Deployment `json:"state"`
	Config *stackConfig      `json:"config"`
}

type stackConfig struct {
	Environment string `json:"environment"`
}

// createStack gives the caller admin on the new stack, whoever or whatever they are, and write to the teams it names.
func (c *call) createStack(req createStackRequest) (map[string]any, error) {
	project := c.Param("projectName")
	if !rest.ValidName(project) || !rest.ValidName(req.Stack) {
		return nil, rest.BadRequest("invalid stack name '%s/%s'", project, req.Stack)
	}
	key := state.EntityKey(project, req.Stack)
	if _, taken := c.s.state.Stacks[key]; taken {
		return nil, rest.Conflict("Stack '%s' already exists", key)
	}
	if err := checkTags(project, req.Tags); err != nil {
		return nil, err
	}
	if err := c.checkNewStack(req); err != nil {
		return nil, err
	}
	st := c.s.state.AddStack(project, req.Stack, c.caller.login, req.Tags, c.s.now())
	for _, name := range req.Teams {
		c.s.state.Teams[name].Stacks[key] = state.StackWrite
	}
	if req.Config != nil {
		c.adoptConfig(st, req.Config.Environment)
	}
	if req.State != nil {
		c.atOnce(st, state.KindImport)
		st.Keep(st.Version, *req.State)
	}
	c.audit("stack-created", "Created stack %s", key)
	return map[string]any{}, nil
}

// checkNewStack refuses what a new stack cannot have: teams that the caller does not see, a configuration that is not
// there, a state that is none.
func (c *call) checkNewStack(req createStackRequest) error {
	for _, name := range req.Teams {
		if t, ok := c.s.state.Teams[name]; !ok || !(c.seesTeams() || c.isIn(t)) {
			return rest.NotFound("Team '%s' not found", name)
		}
	}
	if req.State != nil {
		if err := req.State.Check(); err != nil {
			return err
		}
	}
	return c.checkNewConfig(req.Config)
}

type wireStack struct {
	stackSummary
	ActiveUpdate string            `json:"activeUpdate"` // the latest one, running or not; "" before the first
	Version      int               `json:"version"`
	Tags         map[string]string `json:"tags"`
	Config       *stackConfig      `json:"config,omitempty"`
	Operation    *stackOperation   `json:"currentOperation,omitempty"`
}

// stackOperation is the update that runs at the moment.
type stackOperation struct {
	Kind    string `json:"kind"`
	Author  string `json:"author"`
	Started int64  `json:"started"`
}

func (c *call) getStack(st *state.Stack) (wireStack, error) {
	w := wireStack{
		stackSummary: stackSummary{ID: st.ID, OrgName: c.s.state.Organization.Login, Project: st.Project, Stack: st.Name},
		Version:      st.Version, Tags: st.Tags,
	}
	if st.Environment != "" {
		w.Config = &stackConfig{Environment: st.Environment}
	}
	if u := st.Running(c.s.now()); u != nil {
		w.Operation = &stackOperation{Kind: u.Kind, Author: u.Login, Started: u.Started.Unix()}
	}
	if u := st.Latest(); u != nil {
		w.ActiveUpdate = u.ID
	}
	return w, nil
}

type pulumiStack struct {
	Name                  string            `json:"name"`
	ProgramID             string            `json:"programId"`
	RoutingProject        string            `json:"routingProject"`
	RoutingRepo           string            `json:"routingRepo"`
	Tags                  map[string]string `json:"tags"`
	DriftDetected         bool              `json:"driftDetected"`
	HasDeploymentSettings bool              `json:"hasDeploymentSettings"`
	ProtectedByPolicy     bool              `json:"protectedByPolicy"`
}

func (s *org) pulumiStack(st *state.Stack) pulumiStack {
	return pulumiStack{
		Name: st.Name, ProgramID: st.ID, RoutingProject: st.Project, RoutingRepo: s.state.Organization.Login, Tags: st.Tags,
		HasDeploymentSettings: st.Deployment != nil,
	}
}

// deleteStack is subject to the organization's toggle for everyone but administrators, stack admins included.
func (c *call) deleteStack(st *state.Stack) error {
	if !c.s.rules().isAdmin(c.caller) && !c.s.state.Organization.Settings.MembersCanDeleteStacks {
		return rest.Forbidden("members of organization '%s' may not delete stacks", c.s.state.Organization.Login)
	}
	if err := c.s.busy(st); err != nil {
		return err
	}
	if !c.Flag("force") && st.ResourceCount() > 0 {
		return rest.BadRequest("Stack still contains resources.")
	}
	state.StackKind.Remove(c.s.state, st)
	c.audit("stack-deleted", "Deleted stack %s", state.EntityKey(st.Project, st.Name))
	return c.NoContent()
}

func (c *call) getStackMetadata(st *state.Stack) (map[string]any, error) {
	return map[string]any{
		"orgName": c.s.state.Organization.Login, "projectName": st.Project, "stackName": st.Name,
		"ownedBy":              c.s.userInfo(st.Owner),
		"notificationSettings": map[string]bool{"notifyUpdateSuccess": false, "notifyUpdateFailure": false},
	}, nil
}

type userPermission struct {
	User       userInfo `json:"user"`
	Permission int      `json:"permission"`
}

func (c *call) listCollaborators(st *state.Stack) error {
	users := []userPermission{}
	for _, login := range rest.SortedKeys(st.Collaborators) {
		users = append(users, userPermission{User: c.s.userInfo(login), Permission: st.Collaborators[login]})
	}
	return c.JSON(http.StatusOK, map[string]any{"users": users, "stackCreatorUserName": st.Creator})
}

// deleteCollaborator removes a direct grant, the creator's included.
func (c *call) deleteCollaborator(st *state.Stack) error {
	login := c.Param("userName")
	if _, ok := st.Collaborators[login]; !ok {
		return rest.NotFound("User '%s' is not a collaborator of the stack", login)
	}
	delete(st.Collaborators, login)
	c.audit("stack-collaborator-removed", "Removed %s from stack %s", login, state.EntityKey(st.Project, st.Name))
	return c.NoContent()
}

// newOwner is the login of an owner-to-be, who must be a member.
func (c *call) newOwner(next userInfo) (string, error) {
	if _, ok := c.s.state.Users[next.Login]; !ok {
		return "", rest.NotFound("User '%s' not found", next.Login)
	}
	return next.Login, nil
}

// reassignStack moves the ownership and leaves creator grants as they are; it answers the owner of before.
func (c *call) reassignStack(st *state.Stack, next userInfo) (userInfo, error) {
	login, err := c.newOwner(next)
	if err != nil {
		return userInfo{}, err
	}
	before := c.s.userInfo(st.Owner)
	st.Owner = login
	return before, nil
}

// builtinTag tells whether a tag is written by the CLI and the service rather than by people.
func builtinTag(name string) bool {
	return slices.ContainsFunc([]string{"pulumi:", "vcs:", "gitHub:"}, func(p string) bool {
		return len(name) >= len(p) && name[:len(p)] == p
	})
}
