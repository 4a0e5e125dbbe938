package server

import (
	"cmp"
	"maps"
	"slices"
	"time"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/ids"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/rest"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/state"
)

func (s *org) memberRoutes() []route {
	return []route{
		{pattern: "GET /api/orgs/{orgName}/members", handle: inOrg("org_member:read", rest.Plain((*call).listMembers))},
		{pattern: "PATCH /api/orgs/{orgName}/members/{userLogin}", handle: inOrg("org_member:update", rest.DoOn((*call).memberOf, (*call).updateMember))},
		{pattern: "POST /api/orgs/{orgName}/members/{userLogin}", handle: inOrg("org_member:add", rest.JSONOn((*call).newLogin, (*call).addMember))},
		{pattern: "DELETE /api/orgs/{orgName}/members/{userLogin}", handle: inOrg("org_member:delete", rest.Plain((*call).removeMember))},
		{pattern: "GET /api/orgs/{orgName}/members/{user}/teams", handle: inOrg("org_member:read", rest.Plain((*call).listMemberTeams))},
	}
}

type member struct {
	User          userInfo  `json:"user"`
	Role          string    `json:"role"`
	FGARole       fgaRole   `json:"fgaRole"`
	KnownToPulumi bool      `json:"knownToPulumi"`
	VirtualAdmin  bool      `json:"virtualAdmin"`
	Created       time.Time `json:"created"`
	Teams         []string  `json:"teams"`
	Suspended     bool      `json:"suspended,omitempty"`
}

type fgaRole struct {
	ID         string    `json:"id"`
	Name       string    `json:"name"`
	ModifiedAt time.Time `json:"modifiedAt"`
}

const (
	rosterFrontend = "frontend" // Pulumi's own seats: one page
	rosterBackend  = "backend"  // the identity provider's: paged
	frontendLimit  = 50
)

type members struct {
	Members           []member `json:"members"`
	ContinuationToken string   `json:"continuationToken,omitempty"`
}

func (c *call) listMembers() error {
	var all []*state.User
	for _, login := range rest.SortedKeys(c.s.state.Users) {
		if u := c.s.state.Users[login]; !u.Suspended || c.Flag("includeSuspended") {
			all = append(all, u)
		}
	}
	switch c.Query("type") {
	case "", rosterFrontend:
		return c.OK(members{Members: c.s.membersOf(all[:min(len(all), frontendLimit)])})
	case rosterBackend:
		entries, next, err := rest.Page(all, c.Query("continuationToken"), c.s.options.PageSize)
		if err != nil {
			return err
		}
		return c.OK(members{Members: c.s.membersOf(entries), ContinuationToken: next})
	}
	return rest.BadRequest("invalid query parameter 'type'")
}

func (s *org) membersOf(users []*state.User) []member {
	all := make([]member, 0, len(users))
	for _, u := range users {
		all = append(all, s.member(u))
	}
	return all
}

func (s *org) member(u *state.User) member {
	return member{
		User: s.userInfo(u.Login), Role: s.legacyRole(u.RoleID), FGARole: s.fgaRole(u.RoleID), KnownToPulumi: true,
		Created: u.Created, Teams: s.teamNames(u.Login), Suspended: u.Suspended,
	}
}

// fgaRole shows a role under an id of another id space than the catalogue's, as the service does: clients must match
// roles by name.
func (s *org) fgaRole(id string) fgaRole {
	r, ok := s.state.Record(id)
	if !ok {
		return fgaRole{ID: ids.Fixed("fga", id)}
	}
	return fgaRole{ID: ids.Fixed("fga", id), Name: r.Name, ModifiedAt: r.Modified}
}

func (s *org) teamNames(login string) []string {
	names := []string{}
	for _, name := range rest.SortedKeys(s.state.Teams) {
		if _, in := s.state.Teams[name].Members[login]; in {
			names = append(names, name)
		}
	}
	return names
}

func (c *call) listMemberTeams() error {
	if _, ok := c.s.state.Users[c.Param("user")]; !ok {
		return rest.NotFound("User '%s' not found", c.Param("user"))
	}
	return c.OK(map[string]any{"teams": c.s.teamNames(c.Param("user"))})
}

// memberOf finds the member that the path names.
func (c *call) memberOf() (*state.User, error) {
	login := c.Param("userLogin")
	u, ok := c.s.state.Users[login]
	if !ok {
		return nil, rest.NotFound("User '%s' not found", login)
	}
	return u, nil
}

type updateMemberRequest struct {
	Role      string `json:"role"`
	FGARoleID string `json:"fgaRoleId"`
}

func (c *call) updateMember(u *state.User, req updateMemberRequest) error {
	role, err := c.s.requestedRole(req.FGARoleID, req.Role)
	if err != nil {
		return err
	}
	u.RoleID = role
	c.audit("member-role-changed", "Changed the role of %s to %s", u.Login, c.s.fgaRole(role).Name)
	return c.NoContent()
}

// requestedRole finds the role that a request names, by catalogue id or else by built-in name.
func (s *org) requestedRole(id, name string) (string, error) {
	if id != "" {
		if r, ok := s.state.Record(id); !ok || r.UXPurpose != state.PurposeRole {
			return "", rest.BadRequest("Invalid parameter 'roleID'.")
		}
		return id, nil
	}
	if !slices.Contains([]string{state.RoleAdmin, state.RoleMember, state.RoleBilling}, name) {
		return "", rest.NotFound("Role '%s' not found", name)
	}
	return s.state.BuiltinID(name), nil
}

// newLogin is the login that the path names, which is to become a member's.
func (c *call) newLogin() (string, error) {
	login := c.Param("userLogin")
	if !c.s.state.ValidLogin(login) {
		return "", rest.BadRequest("'%s' is no login of a person", login)
	}
	if _, ok := c.s.state.Users[login]; ok {
		return "", rest.Conflict("'%s' is already a member of the organization", login)
	}
	return login, nil
}

type addMemberRequest struct {
	Role string `json:"role"`
}

// addMember takes any login: the sandbox has no accounts outside the organization that it could look for.
func (c *call) addMember(login string, req addMemberRequest) (member, error) {
	role, err := c.s.requestedRole("", req.Role)
	if err != nil {
		return member{}, rest.BadRequest("invalid role '%s'", req.Role)
	}
	if req.Role == state.RoleMember {
		role = cmp.Or(c.s.state.Organization.Settings.DefaultRoleID, role)
	}
	u := &state.User{ID: c.s.state.NewID("user", login), Login: login, Name: login, Email: login + "@example.com", RoleID: role, Created: c.s.now()}
	c.s.state.Users[login] = u
	c.audit("member-added", "Added %s to the organization", login)
	return c.s.member(u), nil
}

func (c *call) removeMember() error {
	u, err := c.memberOf()
	if err != nil {
		return err
	}
	if c.caller.user == u {
		return rest.BadRequest("You cannot remove yourself from the organization.")
	}
	delete(c.s.state.Users, u.Login)
	for _, t := range c.s.state.Teams {
		delete(t.Members, u.Login)
	}
	for _, st := range c.s.state.Stacks {
		delete(st.Collaborators, u.Login)
	}
	maps.DeleteFunc(c.s.state.Tokens, func(_ string, t *state.Token) bool { return t.Kind == state.PersonalToken && t.Principal == u.ID })
	c.audit("member-removed", "Removed %s from the organization", u.Login)
	return c.NoContent()
}
