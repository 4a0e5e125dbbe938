package server

import (
	"cmp"
	"slices"
	"time"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/rest"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/state"
)

func (s *org) tokenRoutes() []route {
	return []route{
		{pattern: "GET /api/orgs/{orgName}/tokens", handle: inOrg("org_token:read", rest.Plain((*call).listOrgTokens))},
		{pattern: "POST /api/orgs/{orgName}/tokens", handle: inOrg("org_token:create", rest.Do((*call).createOrgToken))},
		{pattern: "DELETE /api/orgs/{orgName}/tokens/{tokenId}", handle: inOrg("org_token:delete", rest.Plain((*call).deleteOrgToken))},
		{pattern: "GET /api/orgs/{orgName}/teams/{teamName}/tokens", handle: rest.ActOn(onTeamTokens("team:list_tokens"), (*call).listTeamTokens)},
		{pattern: "POST /api/orgs/{orgName}/teams/{teamName}/tokens", handle: rest.DoOn(onTeamTokens("team:create_token"), (*call).createTeamToken)},
		{pattern: "DELETE /api/orgs/{orgName}/teams/{teamName}/tokens/{tokenId}", handle: rest.ActOn(onTeamTokens("team:delete_token"), (*call).deleteTeamToken)},
		{pattern: "GET /api/user/tokens", handle: rest.Plain((*call).listPersonalTokens)},
		{pattern: "POST /api/user/tokens", handle: rest.Do((*call).createPersonalToken)},
		{pattern: "DELETE /api/user/tokens/{tokenId}", handle: rest.Plain((*call).deletePersonalToken)},
	}
}

type wireToken struct {
	ID          string          `json:"id"`
	Name        string          `json:"name"`
	Description string          `json:"description"`
	Type        state.TokenKind `json:"type"`
	Admin       bool            `json:"admin"`
	Expires     int64           `json:"expires"`
	LastUsed    int64           `json:"lastUsed"`
	Created     string          `json:"created"`
	CreatedBy   string          `json:"createdBy"`
	Role        *wireTokenRole  `json:"role,omitempty"`
}

type wireTokenRole struct {
	ID                string `json:"id"`
	Name              string `json:"name"`
	DefaultIdentifier string `json:"defaultIdentifier,omitempty"`
}

func (s *org) wireToken(t *state.Token) wireToken {
	w := wireToken{
		ID: t.ID, Name: t.Name, Description: t.Description, Type: t.Kind, Admin: t.Admin, Expires: t.Expires,
		Created: t.Created.Format(time.RFC3339), CreatedBy: t.CreatedBy,
	}
	if !t.LastUsed.IsZero() {
		w.LastUsed = t.LastUsed.Unix()
	}
	if r, ok := s.state.Record(t.RoleID); ok {
		w.Role = &wireTokenRole{ID: r.ID, Name: r.Name, DefaultIdentifier: r.DefaultIdentifier}
	}
	return w
}

// listTokens answers those that match, by name, of the wanted age: active (default), expired, or all.
func (c *call) listTokens(matches func(*state.Token) bool) error {
	size, err := c.pageSize("maxResults")
	if err != nil {
		return err
	}
	filter := cmp.Or(c.Query("filter"), "active")
	if !slices.Contains([]string{"active", "expired", "all"}, filter) {
		return rest.BadRequest("invalid filter '%s'", filter)
	}
	ids := rest.SortedKeys(c.s.state.Tokens)
	found, next, err := rest.KeyPage(ids, c.Query("continuationToken"), size, func(id string) (*state.Token, bool, error) {
		t := c.s.state.Tokens[id]
		return t, matches(t) && (filter == "all" || t.Expired(c.s.now()) == (filter == "expired")), nil
	})
	if err != nil {
		return err
	}
	tokens := make([]wireToken, 0, len(found))
	for _, t := range found {
		tokens = append(tokens, c.s.wireToken(t))
	}
	answer := map[string]any{"tokens": tokens}
	if next != "" {
		answer["continuationToken"] = next
	}
	return c.OK(answer)
}

type tokenBody struct {
	Name        string `json:"name"`
	Description string `json:"description"`
	Expires     int64  `json:"expires"`
	Admin       bool   `json:"admin"`
	RoleID      string `json:"roleID"`
}

const maxTokenYears = 2

// checkToken applies what holds for every kind of token.
func (s *org) checkToken(req tokenBody) error {
	now := s.now()
	if req.Expires != 0 && (req.Expires <= now.Unix() || req.Expires > now.AddDate(maxTokenYears, 0, 0).Unix()) {
		return rest.BadRequest("the expiration must be in the future and at most %d years ahead", maxTokenYears)
	}
	days := s.state.Organization.Settings.MaxAccessTokenExpiryDays
	if days != 0 && (req.Expires == 0 || req.Expires > now.AddDate(0, 0, days).Unix()) {
		return rest.BadRequest("organization '%s' enforces a max access token expiry of %d days", s.state.Organization.Login, days)
	}
	return nil
}

// checkTokenName refuses names that were ever used, deleted tokens' included.
func (s *org) checkTokenName(name string) error {
	if name == "" || len([]rune(name)) > maxTokenName {
		return rest.BadRequest("token names have 1 to %d characters", maxTokenName)
	}
	if s.state.History.TokenNames[name] {
		return rest.Conflict("a token named '%s' already exists or existed: names cannot be used again", name)
	}
	return nil
}

// keepToken stores a new token and answers its value, the only time that it is shown.
func (c *call) keepToken(t *state.Token) error {
	t.CreatedBy, t.Created = c.caller.login, c.s.now()
	t.ID = c.s.state.NewID("token", string(t.Kind)+"/"+t.Name)
	value, err := c.s.mint(t)
	if err != nil {
		return err
	}
	c.s.state.Tokens[t.ID] = t
	if t.Kind != state.PersonalToken {
		c.s.state.History.TokenNames[t.Name] = true
	}
	return c.OK(map[string]string{"id": t.ID, "tokenValue": value})
}

func (c *call) listOrgTokens() error {
	return c.listTokens(func(t *state.Token) bool { return t.Kind == state.OrganizationToken })
}

func (c *call) createOrgToken(req tokenBody) error {
	if err := c.s.checkTokenName(req.Name); err != nil {
		return err
	}
	if err := c.s.checkToken(req); err != nil {
		return err
	}
	if req.Admin && req.RoleID != "" {
		return rest.BadRequest("give admin or roleID, not both")
	}
	if r, ok := c.s.state.Record(req.RoleID); req.RoleID != "" && (!ok || r.UXPurpose != state.PurposeRole) {
		return rest.BadRequest("Invalid role id")
	}
	c.audit("organization-token-created", "Created organization token %s", req.Name)
	return c.keepToken(&state.Token{
		Kind: state.OrganizationToken, Name: req.Name, Description: req.Description, Expires: req.Expires, Admin: req.Admin, RoleID: req.RoleID,
	})
}

func (c *call) deleteOrgToken() error {
	t, ok := c.s.state.Tokens[c.Param("tokenId")]
	if !ok || t.Kind != state.OrganizationToken {
		return rest.NotFound("Token '%s' not found", c.Param("tokenId"))
	}
	delete(c.s.state.Tokens, t.ID)
	c.audit("organization-token-deleted", "Deleted organization token %s", t.Name)
	return c.NoContent()
}

// teamForTokens finds a team whose tokens the caller may see or change.
func (c *call) teamForTokens(scope string) (*state.Team, error) {
	t, err := c.visibleTeam()
	if err != nil || c.caller.isTeamAdmin(t) {
		return t, err
	}
	return t, c.requireOrg(scope)
}

func (c *call) listTeamTokens(tm *state.Team) error {
	return c.listTokens(func(t *state.Token) bool { return t.Kind == state.TeamToken && t.Team == tm.Name })
}

func (c *call) createTeamToken(tm *state.Team, req tokenBody) error {
	if err := c.s.checkTokenName(req.Name); err != nil {
		return err
	}
	if err := c.s.checkToken(req); err != nil {
		return err
	}
	c.audit("team-token-created", "Created token %s of team %s", req.Name, tm.Name)
	return c.keepToken(&state.Token{Kind: state.TeamToken, Name: req.Name, Description: req.Description, Expires: req.Expires, Team: tm.Name})
}

func (c *call) deleteTeamToken(tm *state.Team) error {
	t, ok := c.s.state.Tokens[c.Param("tokenId")]
	if ok && t.Kind != state.TeamToken {
		return rest.BadRequest("the requested token is not a team token")
	}
	if !ok || t.Team != tm.Name {
		return rest.NotFound("Token '%s' not found", c.Param("tokenId"))
	}
	delete(c.s.state.Tokens, t.ID)
	c.audit("team-token-deleted", "Deleted token %s of team %s", t.Name, tm.Name)
	return c.NoContent()
}

func (c *call) listPersonalTokens() error {
	return c.listTokens(func(t *state.Token) bool { return t.Kind == state.PersonalToken && t.User == c.caller.login })
}

func (c *call) createPersonalToken(req tokenBody) error {
	if err := c.s.checkToken(req); err != nil {
		return err
	}
	return c.keepToken(&state.Token{Kind: state.PersonalToken, Description: req.Description, Expires: req.Expires, User: c.caller.login})
}

func (c *call) deletePersonalToken() error {
	t, ok := c.s.state.Tokens[c.Param("tokenId")]
	if !ok || t.Kind != state.PersonalToken || t.User != c.caller.login {
		return rest.NotFound("Token '%s' not found", c.Param("tokenId"))
	}
	delete(c.s.state.Tokens, t.ID)
	return c.NoContent()
}

// onTeamTokens finds what the path names for a caller who holds a scope on it.
var onTeamTokens = scoped((*call).teamForTokens)
