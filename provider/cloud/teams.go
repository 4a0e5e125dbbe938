package cloud

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
)

// Team is a team with its members and everything it is granted.
type Team struct {
	Name         string             `json:"name" answer:"text"` // unique and immutable
	DisplayName  string             `json:"displayName"`
	Description  string             `json:"description"`
	Kind         string             `json:"kind"` // pulumi, github or scim
	Members      []TeamMember       `json:"members"`
	Stacks       []StackGrant       `json:"stacks"`
	Environments []EnvironmentGrant `json:"environments"`
	Accounts     []AccountGrant     `json:"accounts"`
	RoleIDs      []string           `json:"roleIds"`  // left out of an answer where there are none
	CallerRole   string             `json:"userRole"` // the caller's role in the team: none, member or admin
	// ListMembersError is set when the identity provider could not be asked. Members is then incomplete and must not
	// be taken for the membership.
	ListMembersError string `json:"listMembersError"`
}

// Kinds of teams.
const (
	TeamKindPulumi = "pulumi" // made and managed on Pulumi Cloud
	TeamKindGitHub = "github" // backed by a GitHub team
	TeamKindSCIM   = "scim"   // provisioned by the identity provider
)

// TeamMember is a member of a team.
type TeamMember struct {
	Login string `json:"githubLogin" answer:"text"`
	Role  string `json:"role" answer:"text"` // member or admin
}

// The team roles: of those who manage a team, and of the others.
const (
	TeamRoleAdmin  = "admin"
	TeamRoleMember = "member"
)

// StackPermission is the service's number for a level of access to a stack. The order of the numbers means nothing.
type StackPermission int

// Levels of access to a stack. Creator reads as what Admin is, and says who made the stack.
const (
	StackNone    StackPermission = 0
	StackRead    StackPermission = 101
	StackWrite   StackPermission = 102
	StackAdmin   StackPermission = 103
	StackCreator StackPermission = 104
)

// AccountPermission is the service's number for a level of access to an Insights account: 1 read, 2 write, 3 admin.
type AccountPermission int

// StackGrant is a team's access to one stack.
type StackGrant struct {
	Project    string          `json:"projectName" answer:"text"`
	Stack      string          `json:"stackName" answer:"text"`
	Permission StackPermission `json:"permission" answer:"value"`
	SetName    string          `json:"permissionSetName,omitempty"` // read only
}

// EnvironmentGrant is a team's access to one environment.
type EnvironmentGrant struct {
	Project         string `json:"projectName"`
	Environment     string `json:"envName" answer:"text"`
	Permission      string `json:"permission" answer:"value"`   // read, open, write or admin
	MaxOpenDuration string `json:"maxOpenDuration,omitempty"`   // Go duration; the service normalises it (15m -> 15m0s)
	SetName         string `json:"permissionSetName,omitempty"` // read only
}

// AccountGrant is a team's access to one Insights account.
type AccountGrant struct {
	Account    string            `json:"accountName" answer:"text"`
	Permission AccountPermission `json:"permission" answer:"value"`
	SetName    string            `json:"permissionSetName,omitempty"` // read only
}

// Teams lists an organization's teams. Whether entries are complete is not documented; read a team to be sure.
func (c *Client) Teams(ctx context.Context, organization string) ([]Team, error) {
	list, err := get[struct {
		Teams []Team `json:"teams" answer:"key"`
	}](ctx, c, call{
		method: http.MethodGet, path: []string{"orgs", organization, "teams"},
		object: "teams of " + quoted("organization", organization),
	})
	return list.Teams, err
}

// Team returns one team, or ErrNotFound.
func (c *Client) Team(ctx context.Context, organization, team string) (Team, error) {
	return write(ctx, c, teamCall(http.MethodGet, organization, team), isTeam(team))
}

func isTeam(name string) func(Team) error {
	return func(t Team) error { return otherName("team", name, t.Name) }
}

// CreateTeam creates a team whose membership Pulumi Cloud holds. The service adds the caller as team admin. A team of
// that name that exists already is ErrConflict.
func (c *Client) CreateTeam(ctx context.Context, organization, name, displayName, description string) (Team, error) {
	return c.createTeam(ctx, organization, "pulumi", map[string]any{
		"name": name, "displayName": displayName, "description": description,
	}, func(t Team) bool {
		return t.Name == name && t.DisplayName == displayName && t.Description == description && isNew(t)
	})
}

// CreateGitHubTeam creates a team whose membership follows the GitHub team with that id.
func (c *Client) CreateGitHubTeam(ctx context.Context, organization string, githubTeamID int64) (Team, error) {
	in := call{
		method: http.MethodPost, path: []string{"orgs", organization, "teams", "github"},
		body: map[string]any{"githubTeamID": githubTeamID}, object: "GitHub team", once: true,
	}
	// The name comes from GitHub, so a create of unknown outcome cannot be looked up by it.
	return get[Team](ctx, c, in)
}

// isNew tells a team that was just made, whose only member is its creator, from one that somebody uses.
func isNew(t Team) bool {
	grants := len(t.Stacks) + len(t.Environments) + len(t.Accounts) + len(t.RoleIDs)
	return t.Kind == TeamKindPulumi && len(t.Members) <= 1 && grants == 0
}

func (c *Client) createTeam(
	ctx context.Context, organization, kind string, body map[string]any, same func(Team) bool,
) (Team, error) {
	name, _ := body["name"].(string)
	in := call{
		method: http.MethodPost, path: []string{"orgs", organization, "teams", kind},
		body: body, object: quoted("team", name), once: true,
	}
	return createOnce(ctx, c,
		func() (Team, error) { return write(ctx, c, in, isTeam(name)) },
		func(ctx context.Context) (Team, bool, error) {
			found, ok, err := absentIfNotFound(c.Team(ctx, organization, name))
			return found, ok && same(found), err
		})
}

// DeleteTeam deletes a team, its grants and its tokens. A team that is not found is done.
func (c *Client) DeleteTeam(ctx context.Context, organization, team string) error {
	return doneIfNotFound(c.send(ctx, teamCall(http.MethodDelete, organization, team)))
}

// UpdateTeam sets a team's display name and description. Both are always sent: whether leaving one out keeps or
// clears it is not documented.
func (c *Client) UpdateTeam(ctx context.Context, organization, team, displayName, description string) error {
	return c.patchTeam(ctx, organization, team, map[string]any{
		"newDisplayName": displayName, "newDescription": description,
	})
}

// MemberAction is what to do with a team's member.
type MemberAction string

// Actions on a team's members. Promote and demote change between member and team admin.
const (
	AddMember     MemberAction = "add"
	RemoveMember  MemberAction = "remove"
	PromoteMember MemberAction = "promote"
	DemoteMember  MemberAction = "demote"
)

// ChangeTeamMember adds, removes, promotes or demotes a member. Adding a member who is there already is done; a conflict alone
// does not show that.
func (c *Client) ChangeTeamMember(ctx context.Context, organization, team, login string, action MemberAction) error {
	err := c.patchTeam(ctx, organization, team, map[string]any{"member": login, "memberAction": action})
	if action != AddMember || !errors.Is(err, ErrConflict) {
		return err
	}
	now, readErr := c.Team(ctx, organization, team)
	if readErr != nil {
		return fmt.Errorf("%w\n  Whether %q is a member already could not be read: %w", err, login, readErr)
	}
	if slices.ContainsFunc(now.Members, func(m TeamMember) bool { return strings.EqualFold(m.Login, login) }) {
		return nil
	}
	return err
}

// AddStackGrant grants a team access to a stack.
func (c *Client) AddStackGrant(ctx context.Context, organization, team string, grant StackGrant) error {
	return c.patchTeam(ctx, organization, team, map[string]any{"addStackPermission": grant})
}

// EditStackGrant changes the level of a grant in place.
func (c *Client) EditStackGrant(ctx context.Context, organization, team string, grant StackGrant) error {
	return c.patchTeam(ctx, organization, team, map[string]any{"editStackPermission": grant})
}

// RemoveStackGrant revokes a team's access to a stack.
func (c *Client) RemoveStackGrant(ctx context.Context, organization, team, project, stack string) error {
	return c.patchTeam(ctx, organization, team, map[string]any{
		"removeStack": map[string]string{"projectName": project, "stackName": stack},
	})
}

// AddEnvironmentGrant grants a team access to an environment.
func (c *Client) AddEnvironmentGrant(ctx context.Context, organization, team string, grant EnvironmentGrant) error {
	return c.patchTeam(ctx, organization, team, map[string]any{"addEnvironmentPermission": grant})
}

// EditEnvironmentGrant changes a grant in place.
func (c *Client) EditEnvironmentGrant(ctx context.Context, organization, team string, grant EnvironmentGrant) error {
	return c.patchTeam(ctx, organization, team, map[string]any{"editEnvironmentPermission": grant})
}

// RemoveEnvironmentGrant revokes a team's access to an environment.
func (c *Client) RemoveEnvironmentGrant(ctx context.Context, organization, team, project, environment string) error {
	return c.patchTeam(ctx, organization, team, map[string]any{
		"removeEnvironment": map[string]string{"projectName": project, "envName": environment},
	})
}

// SetAccountGrant grants a team access to an Insights account, or changes it; nil revokes it.
func (c *Client) SetAccountGrant(
	ctx context.Context, organization, team, account string, permission *AccountPermission,
) error {
	err := c.send(ctx, call{
		method: http.MethodPatch,
		path:   []string{"preview", "insights", organization, "accounts", account, "teams", team},
		body:   map[string]any{"permissions": permission},
		object: quoted("team", team) + " on " + quoted("account", account),
	})
	if permission == nil {
		return doneIfNotFound(err)
	}
	return err
}

// AssignTeamRole gives a team a role, in place of the one it had.
func (c *Client) AssignTeamRole(ctx context.Context, organization, team, roleID string) error {
	return c.send(ctx, teamCall(http.MethodPost, organization, team, "roles", roleID))
}

// RemoveTeamRole takes a role from a team. A role that the team does not hold is done.
func (c *Client) RemoveTeamRole(ctx context.Context, organization, team, roleID string) error {
	return doneIfNotFound(c.send(ctx, teamCall(http.MethodDelete, organization, team, "roles", roleID)))
}

func (c *Client) patchTeam(ctx context.Context, organization, team string, body map[string]any) error {
	in := teamCall(http.MethodPatch, organization, team)
	in.body = body
	return c.send(ctx, in)
}

func teamCall(method, organization, team string, rest ...string) call {
	return call{
		method: method, path: append([]string{"orgs", organization, "teams", team}, rest...),
		object: quoted("team", team),
	}
}

// IsNotFound reports whether the object is missing, or not visible to the caller: the service does not say which.
func IsNotFound(err error) bool { return errors.Is(err, ErrNotFound) }
