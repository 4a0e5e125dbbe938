package teams

import (
	"maps"
	"slices"
	"time"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/core"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/ids"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/rest"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/state"
)

func MemberRoutes() []core.Route {
	return []core.Route{
		{Pattern: "GET /api/orgs/{orgName}/members", Handle: core.InOrg("org_member:read", rest.Plain(listMembers))},
		{Pattern: "PATCH /api/orgs/{orgName}/members/{userLogin}", Handle: core.InOrg("org_member:update", rest.DoOn(memberOf, updateMember))},
		{Pattern: "POST /api/orgs/{orgName}/members/{userLogin}", Handle: core.InOrg("org_member:add", rest.JSONOn(newLogin, addMember))},
		{Pattern: "DELETE /api/orgs/{orgName}/members/{userLogin}", Handle: core.InOrg("org_member:delete", rest.Plain(removeMember))},
		{Pattern: "GET /api/orgs/{orgName}/members/{user}/teams", Handle: core.InOrg("org_member:read", rest.Plain(listMemberTeams))},
	}
}

type member struct {
	User          core.UserInfo `json:"user"`
	Role          string        `json:"role"`
	FGARole       fgaRole       `json:"fgaRole"`
	KnownToPulumi bool          `json:"knownToPulumi"`
	VirtualAdmin  bool          `json:"virtualAdmin"`
	Created       time.Time     `json:"created"`
	Links         core.Links    `json:"links"`
	Teams         []string      `json:"teams,omitempty"`
	Suspended     bool          `json:"suspended,omitempty"`
	// FollowsDefaultRole says that the member has no role of their own.
	FollowsDefaultRole bool `json:"followsDefaultRole,omitempty"`
}

type fgaRole struct {
	ID         string    `json:"id"`
	Name       string    `json:"name"`
	ModifiedAt time.Time `json:"modifiedAt"`
}

const (
	rosterFrontend = "frontend" // Pulumi's own seats: one page
	rosterBackend  = "backend"  // the identity provider's: paged
	rosterServices = "service-principal"
	frontendLimit  = 50
)

type members struct {
	Members           []member `json:"members"`
	ContinuationToken string   `json:"continuationToken,omitempty"`
}

func listMembers(c *core.Call) error {
	var all []*state.User
	for _, login := range rest.SortedKeys(c.Org.State.Users) {
		u := c.Org.State.Users[login]
		if isService := c.Query("type") == rosterServices; (u.Service != "") == isService && (!u.Suspended || c.Flag("includeSuspended")) {
			all = append(all, u)
		}
	}
	switch c.Query("type") {
	case "", rosterFrontend:
		return c.OK(members{Members: membersOf(c.Org, all[:min(len(all), frontendLimit)])})
	case rosterBackend, rosterServices:
		entries, next, err := rest.Page(all, c.Query("continuationToken"), c.Org.Options.PageSize)
		if err != nil {
			return err
		}
		return c.OK(members{Members: membersOf(c.Org, entries), ContinuationToken: next})
	}
	return rest.BadRequest("invalid query parameter 'type'")
}

func membersOf(s *core.Org, users []*state.User) []member {
	all := make([]member, 0, len(users))
	for _, u := range users {
		all = append(all, showMember(s, u))
	}
	return all
}

func showMember(s *core.Org, u *state.User) member {
	return member{
		User: s.Principal(u.Login), Role: s.LegacyRole(s.State.RoleOf(u)), FGARole: showRole(s, s.State.RoleOf(u)), KnownToPulumi: true,
		Created: u.Created, Links: s.ConsoleLink("settings", "access-management", "members", u.Login), Teams: teamNames(s, u.Login),
		Suspended: u.Suspended, FollowsDefaultRole: u.RoleID == "",
	}
}

// showRole shows a role under an id of another id space than the catalogue's, as the service does: clients must match
// roles by name.
func showRole(s *core.Org, id string) fgaRole {
	r, ok := s.State.Record(id)
	if !ok {
		return fgaRole{ID: ids.Fixed("fga", id)}
	}
	return fgaRole{ID: ids.Fixed("fga", id), Name: r.Name, ModifiedAt: r.Modified}
}

func teamNames(s *core.Org, login string) []string {
	names := []string{}
	for _, name := range rest.SortedKeys(s.State.Teams) {
		if _, in := s.State.Teams[name].Members[login]; in {
			names = append(names, name)
		}
	}
	return names
}

func listMemberTeams(c *core.Call) error {
	if _, ok := c.Org.State.Users[c.Param("user")]; !ok {
		return rest.NotFound("User '%s' not found", c.Param("user"))
	}
	return c.OK(map[string]any{"teams": teamNames(c.Org, c.Param("user"))})
}

// memberOf finds the member that the path names.
func memberOf(c *core.Call) (*state.User, error) {
	login := c.Param("userLogin")
	u, ok := c.Org.State.Users[login]
	if !ok || u.Service != "" { // those are changed by calls of their own
		return nil, rest.NotFound("User '%s' not found", login)
	}
	return u, nil
}

type updateMemberRequest struct {
	Role      string `json:"role"`
	FGARoleID string `json:"fgaRoleId"`
}

func updateMember(c *core.Call, u *state.User, req updateMemberRequest) error {
	role, err := requestedRole(c.Org, req.FGARoleID, req.Role)
	if err != nil {
		return err
	}
	u.RoleID = role
	c.Audit("member-role-changed", "Changed the role of %s to %s", u.Login, showRole(c.Org, role).Name)
	return c.NoContent()
}

// requestedRole finds the role that a request names, by catalogue id or else by built-in name.
func requestedRole(s *core.Org, id, name string) (string, error) {
	if id != "" {
		if r, ok := s.State.Record(id); !ok || r.UXPurpose != state.PurposeRole {
			return "", rest.BadRequest("Invalid parameter 'roleID'.")
		}
		return id, nil
	}
	switch {
	case name == state.RoleMember && s.State.StoredDefault():
		return "", nil // follows the default role
	case slices.Contains([]string{state.RoleAdmin, state.RoleMember, state.RoleBilling}, name),
		state.IsStoredRole(name) && s.State.StoredDefault():
		return s.State.BuiltinID(name), nil
	}
	return "", rest.NotFound("Role '%s' not found", name)
}

// newLogin is the login that the path names, which is to become a member's.
func newLogin(c *core.Call) (string, error) {
	login := c.Param("userLogin")
	if !c.Org.State.ValidLogin(login) {
		return "", rest.BadRequest("'%s' is not a valid login of a person", login)
	}
	if _, ok := c.Org.State.Users[login]; ok {
		return "", rest.Conflict("'%s' is already a member of the organization", login)
	}
	return login, nil
}

type addMemberRequest struct {
	Role string `json:"role"`
}

// addMember takes any login: the sandbox has no accounts outside the organization that it could look for.
func addMember(c *core.Call, login string, req addMemberRequest) (member, error) {
	role, err := requestedRole(c.Org, "", req.Role)
	if err != nil {
		return member{}, rest.BadRequest("invalid role '%s'", req.Role)
	}
	u := &state.User{ID: c.Org.State.NewID("user", login), Login: login, Name: login, Email: login + "@example.com", RoleID: role, Created: c.Org.Now()}
	c.Org.State.Users[login] = u
	c.Audit("member-added", "Added %s to the organization", login)
	return showMember(c.Org, u), nil
}

func removeMember(c *core.Call) error {
	u, err := memberOf(c)
	if err != nil {
		return err
	}
	if c.Caller.User == u {
		return rest.BadRequest("You cannot remove yourself from the organization.")
	}
	delete(c.Org.State.Users, u.Login)
	for _, t := range c.Org.State.Teams {
		delete(t.Members, u.Login)
	}
	c.Org.State.Unassign(u.Login)
	maps.DeleteFunc(c.Org.State.Tokens, func(_ string, t *state.Token) bool { return t.Kind == state.PersonalToken && t.Principal == u.ID })
	c.Audit("member-removed", "Removed %s from the organization", u.Login)
	return c.NoContent()
}
