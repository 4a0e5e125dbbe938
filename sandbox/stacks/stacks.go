// Package stacks serves stacks: their tags, configuration, encryption, updates, checkpoints and history; see [Routes] and the other
// functions that return routes. [AuthenticateUpdate] authenticates a running update by its lease.
package stacks

import (
	"net/http"
	"slices"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/access"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/authz"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/core"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/rest"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/state"
)

func Routes() []core.Route {
	return []core.Route{
		{Pattern: "HEAD /api/stacks/{orgName}/{projectName}", Handle: rest.Plain(projectExists)},
		{Pattern: "POST /api/stacks/{orgName}/{projectName}", Handle: core.InOrg("stack:create", rest.JSON(createStack))},
		{Pattern: "GET /api/stacks/{orgName}/{projectName}/{stackName}", Handle: rest.AnswerOn(core.OnStack("stack:read"), getStack)},
		{Pattern: "DELETE /api/stacks/{orgName}/{projectName}/{stackName}", Handle: rest.ActOn(core.OnStack("stack:delete"), deleteStack)},
		{Pattern: "GET /api/stacks/{orgName}/{projectName}/{stackName}/metadata", Handle: rest.AnswerOn(core.OnStack("stack:read"), getStackMetadata)},
		{Pattern: "PATCH /api/stacks/{orgName}/{projectName}/{stackName}/tags", Handle: rest.DoOn(core.OnStack("stack_tags:update"), replaceStackTags)},
		{Pattern: "POST /api/stacks/{orgName}/{projectName}/{stackName}/tags", Handle: rest.DoOn(core.OnStack("stack_tags:update"), addStackTag)},
		{Pattern: "PATCH /api/stacks/{orgName}/{projectName}/{stackName}/tags/{tagName}", Handle: rest.DoOn(core.OnStack("stack_tags:update"), updateStackTag)},
		{Pattern: "DELETE /api/stacks/{orgName}/{projectName}/{stackName}/tags/{tagName}", Handle: rest.ActOn(core.OnStack("stack_tags:update"), deleteStackTag)},
		{Pattern: "GET /api/stacks/{orgName}/{projectName}/{stackName}/collaborators", Handle: rest.ActOn(core.OnStack("stack_access:read"), listCollaborators)},
		{Pattern: "DELETE /api/stacks/{orgName}/{projectName}/{stackName}/collaborators/{userName}", Handle: rest.ActOn(core.OnStack("stack_access:update"), deleteCollaborator)},
		{Pattern: "POST /api/stacks/{orgName}/{projectName}/{stackName}/ownership", Handle: rest.JSONOn(core.OnStack("stack_access:update"), reassignStack)},
	}
}

type stackSummary struct {
	ID      string `json:"id"`
	OrgName string `json:"orgName"`
	Project string `json:"projectName"`
	Stack   string `json:"stackName"`

	Links         *core.Links `json:"links,omitempty"`         // lists only
	LastUpdate    int64       `json:"lastUpdate,omitempty"`    // lists only
	ResourceCount *int        `json:"resourceCount,omitempty"` // lists only, of stacks that were updated
}

// VisibleStacks are those that the caller may read, by project and name.
func VisibleStacks(c *core.Call) []*state.Stack {
	may := c.Org.Rules().For(c.Caller)
	var visible []*state.Stack
	for _, key := range state.StackKind.Names(c.Org.State) {
		if st := c.Org.State.Stacks[key]; may.Can("stack:read", authz.Stack(st)) {
			visible = append(visible, st)
		}
	}
	return visible
}

func ListUserStacks(c *core.Call, size int) (map[string]any, error) {
	reach, err := ReachOf(c, c.Query("roleID"))
	if err != nil {
		return nil, err
	}
	may, wanted := c.Org.Rules().For(c.Caller), wantedStacks(c)
	found, next, err := rest.KeyPage(state.StackKind.Names(c.Org.State), c.Query("continuationToken"), size, func(key string) (*state.Stack, bool, error) {
		st := c.Org.State.Stacks[key]
		return st, wanted(st) && may.Can("stack:read", authz.Stack(st)) && reach(authz.Stack(st), "stack:read"), nil
	})
	if err != nil {
		return nil, err
	}
	stacks := make([]stackSummary, 0, len(found))
	for _, st := range found {
		sum := summarize(c.Org, st)
		sum.Links = new(c.Org.ConsoleLink(st.Project, st.Name))
		stacks = append(stacks, sum)
	}
	answer := map[string]any{"stacks": stacks}
	if next != "" {
		answer["continuationToken"] = next
	}
	return answer, nil
}

func summarize(s *core.Org, st *state.Stack) stackSummary {
	sum := stackSummary{ID: st.ID, OrgName: s.State.Organization.Login, Project: st.Project, Stack: st.Name}
	if u := st.Latest(); u != nil {
		count := st.ResourceCount()
		sum.LastUpdate, sum.ResourceCount = u.Started.Unix(), &count
	}
	return sum
}

// wantedStacks applies the list's filters.
func wantedStacks(c *core.Call) func(*state.Stack) bool {
	org, project := c.Query("organization"), c.Query("project")
	tag, value := c.Query("tagName"), c.Query("tagValue")
	here := org == "" || org == c.Org.State.Organization.Login
	return func(st *state.Stack) bool {
		has, tagged := st.Tags[tag]
		return here && (project == "" || project == st.Project) && (tag == "" || (tagged && (value == "" || value == has)))
	}
}

// ReachOf gives a filter for what a role reaches; without a role everything passes.
func ReachOf(c *core.Call, roleID string) (func(access.Entity, string) bool, error) {
	if roleID == "" {
		return func(access.Entity, string) bool { return true }, nil
	}
	r, ok := c.Org.State.Record(roleID)
	if !ok {
		return nil, rest.BadRequest("Invalid parameter 'roleID'.")
	}
	return func(e access.Entity, scope string) bool {
		return access.Evaluate(r.Descriptor(), e, c.Org.State.DescriptorOf).Has(scope)
	}, nil
}

func projectExists(c *core.Call) error {
	may := c.Org.Rules().For(c.Caller)
	for _, st := range c.Org.State.Stacks {
		if st.Project == c.Param("projectName") && may.Can("stack:read", authz.Stack(st)) {
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
	Config *StackConfig      `json:"config"`
}

type StackConfig struct {
	Environment string `json:"environment"`
}

// createStack gives the caller, a person or a machine, admin on the new stack, and the teams that it names write.
func createStack(c *core.Call, req createStackRequest) (map[string]any, error) {
	project := c.Param("projectName")
	if !rest.ValidName(project) || !rest.ValidName(req.Stack) {
		return nil, rest.BadRequest("invalid stack name '%s/%s'", project, req.Stack)
	}
	key := state.EntityKey(project, req.Stack)
	if _, taken := c.Org.State.Stacks[key]; taken {
		return nil, rest.Conflict("Stack '%s' already exists", key)
	}
	if err := checkTags(project, req.Tags); err != nil {
		return nil, err
	}
	if err := checkNewStack(c, req); err != nil {
		return nil, err
	}
	st := c.Org.State.AddStack(project, req.Stack, c.Caller.Login, req.Tags, c.Org.Now())
	for _, name := range req.Teams {
		c.Org.State.Teams[name].Stacks[key] = state.StackWrite
	}
	if req.Config != nil {
		adoptConfig(c, st, req.Config.Environment)
	}
	if req.State != nil {
		atOnce(c, st, state.KindImport)
		st.Keep(st.Version, *req.State)
	}
	c.Audit("stack-created", "Created stack %s", key)
	return map[string]any{}, nil
}

// checkNewStack refuses what a new stack cannot have: teams that the caller does not see, a configuration that is not
// there, a state that is none.
func checkNewStack(c *core.Call, req createStackRequest) error {
	for _, name := range req.Teams {
		if t, ok := c.Org.State.Teams[name]; !ok || !(c.SeesTeams() || c.IsIn(t)) {
			return rest.NotFound("Team '%s' not found", name)
		}
	}
	if req.State != nil {
		if err := req.State.Check(); err != nil {
			return err
		}
	}
	return checkNewConfig(c, req.Config)
}

type wireStack struct {
	stackSummary
	ActiveUpdate string            `json:"activeUpdate"` // the latest one, running or not; "" before the first
	Version      int               `json:"version"`
	Tags         map[string]string `json:"tags,omitempty"`
	Config       *StackConfig      `json:"config,omitempty"`
	Operation    *stackOperation   `json:"currentOperation,omitempty"`
}

// stackOperation is the update that runs at the moment.
type stackOperation struct {
	Kind    string `json:"kind"`
	Author  string `json:"author"`
	Started int64  `json:"started"`
}

func getStack(c *core.Call, st *state.Stack) (wireStack, error) {
	w := wireStack{
		stackSummary: stackSummary{ID: st.ID, OrgName: c.Org.State.Organization.Login, Project: st.Project, Stack: st.Name},
		Version:      st.Version, Tags: st.Tags,
	}
	if st.Environment != "" {
		w.Config = &StackConfig{Environment: st.Environment}
	}
	if u := st.Running(c.Org.Now()); u != nil {
		w.Operation = &stackOperation{Kind: u.Kind, Author: u.Login, Started: u.Started.Unix()}
	}
	if u := st.Latest(); u != nil {
		w.ActiveUpdate = u.ID
	}
	return w, nil
}

type PulumiStack struct {
	Name                  string            `json:"name"`
	ProgramID             string            `json:"programId"`
	RoutingProject        string            `json:"routingProject"`
	RoutingRepo           string            `json:"routingRepo"`
	Tags                  map[string]string `json:"tags,omitempty"`
	DriftDetected         bool              `json:"driftDetected"`
	HasDeploymentSettings bool              `json:"hasDeploymentSettings"`
	ProtectedByPolicy     bool              `json:"protectedByPolicy"`
}

func ShowStack(s *core.Org, st *state.Stack) PulumiStack {
	return PulumiStack{
		Name: st.Name, ProgramID: st.ID, RoutingProject: st.Project, RoutingRepo: s.State.Organization.Login, Tags: st.Tags,
		HasDeploymentSettings: st.Deployment != nil,
	}
}

// deleteStack is subject to the organization's toggle for everyone but administrators, stack admins included.
func deleteStack(c *core.Call, st *state.Stack) error {
	if !c.Org.Rules().IsAdmin(c.Caller) && !c.Org.State.Organization.Settings.MembersCanDeleteStacks {
		return rest.Forbidden("members of organization '%s' may not delete stacks", c.Org.State.Organization.Login)
	}
	if err := busy(c.Org, st); err != nil {
		return err
	}
	if !c.Flag("force") && st.ResourceCount() > 0 {
		return rest.BadRequest("Stack still contains resources.")
	}
	state.StackKind.Remove(c.Org.State, st)
	c.Audit("stack-deleted", "Deleted stack %s", state.EntityKey(st.Project, st.Name))
	return c.NoContent()
}

func getStackMetadata(c *core.Call, st *state.Stack) (map[string]any, error) {
	return map[string]any{
		"id": st.ID, "orgName": c.Org.State.Organization.Login, "projectName": st.Project, "stackName": st.Name,
		"ownedBy":              c.Org.UserInfo(st.Owner),
		"notificationSettings": map[string]bool{"notifyUpdateSuccess": false, "notifyUpdateFailure": false},
	}, nil
}

type userPermission struct {
	User       core.UserInfo `json:"user"`
	Permission int           `json:"permission"`
}

func listCollaborators(c *core.Call, st *state.Stack) error {
	users := []userPermission{}
	for _, login := range rest.SortedKeys(st.Collaborators) {
		users = append(users, userPermission{User: c.Org.UserInfo(login), Permission: st.Collaborators[login]})
	}
	return c.JSON(http.StatusOK, map[string]any{"users": users, "stackCreatorUserName": st.Creator})
}

// deleteCollaborator removes a direct grant, the creator's included.
func deleteCollaborator(c *core.Call, st *state.Stack) error {
	login := c.Param("userName")
	if _, ok := st.Collaborators[login]; !ok {
		return rest.NotFound("User '%s' is not a collaborator of the stack", login)
	}
	delete(st.Collaborators, login)
	c.Audit("stack-collaborator-removed", "Removed %s from stack %s", login, state.EntityKey(st.Project, st.Name))
	return c.NoContent()
}

// NewOwner is the login of the new owner, who must be a member.
func NewOwner(c *core.Call, next core.UserInfo) (string, error) {
	if _, ok := c.Org.State.Users[next.Login]; !ok {
		return "", rest.NotFound("User '%s' not found", next.Login)
	}
	return next.Login, nil
}

// reassignStack changes the owner and keeps creator grants; it answers with the previous owner.
func reassignStack(c *core.Call, st *state.Stack, next core.UserInfo) (core.UserInfo, error) {
	login, err := NewOwner(c, next)
	if err != nil {
		return core.UserInfo{}, err
	}
	before := c.Org.UserInfo(st.Owner)
	st.Owner = login
	return before, nil
}

// builtinTag reports whether a tag is written by the CLI and the service rather than by people.
func builtinTag(name string) bool {
	return slices.ContainsFunc([]string{"pulumi:", "vcs:", "gitHub:"}, func(p string) bool {
		return len(name) >= len(p) && name[:len(p)] == p
	})
}
