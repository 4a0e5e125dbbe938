// Package tokens serves access tokens (see [Routes]), and makes those that the sandbox gives out by itself: [MintOutside].
package tokens

import (
	"cmp"
	"slices"
	"time"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/core"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/rest"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/state"
)

func Routes() []core.Route {
	return []core.Route{
		{Pattern: "GET /api/orgs/{orgName}/tokens", Handle: core.InOrg("org_token:read", rest.Plain(listOrgTokens))},
		{Pattern: "POST /api/orgs/{orgName}/tokens", Handle: core.InOrg("org_token:create", rest.Do(createOrgToken))},
		{Pattern: "DELETE /api/orgs/{orgName}/tokens/{tokenId}", Handle: core.InOrg("org_token:delete", rest.Plain(deleteOrgToken))},
		{Pattern: "GET /api/orgs/{orgName}/teams/{teamName}/tokens", Handle: rest.ActOn(onTeamTokens("team:list_tokens"), listTeamTokens)},
		{Pattern: "POST /api/orgs/{orgName}/teams/{teamName}/tokens", Handle: rest.DoOn(onTeamTokens("team:create_token"), createTeamToken)},
		{Pattern: "DELETE /api/orgs/{orgName}/teams/{teamName}/tokens/{tokenId}", Handle: rest.ActOn(onTeamTokens("team:delete_token"), deleteTeamToken)},
		{Pattern: "GET /api/user/tokens", Handle: rest.Plain(listPersonalTokens)},
		{Pattern: "POST /api/user/tokens", Handle: rest.Do(createPersonalToken)},
		{Pattern: "DELETE /api/user/tokens/{tokenId}", Handle: rest.Plain(deletePersonalToken)},
	}
}

type WireToken struct {
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

func ShowToken(s *core.Org, t *state.Token) WireToken {
	w := WireToken{
		ID: t.ID, Name: t.Name, Description: t.Description, Type: t.Kind, Admin: t.Admin, Expires: t.Expires,
		Created: t.Created.Format(time.RFC3339), CreatedBy: t.CreatedBy,
	}
	if !t.LastUsed.IsZero() {
		w.LastUsed = t.LastUsed.Unix()
	}
	if r, ok := s.State.Record(t.RoleID); ok {
		w.Role = &wireTokenRole{ID: r.ID, Name: r.Name, DefaultIdentifier: r.DefaultIdentifier}
	}
	return w
}

// listTokens answers with the tokens that match, by name: active ones (default), expired ones, or all.
func listTokens(c *core.Call, matches func(*state.Token) bool) error {
	size, err := c.PageSize("maxResults")
	if err != nil {
		return err
	}
	filter := cmp.Or(c.Query("filter"), "active")
	if !slices.Contains([]string{"active", "expired", "all"}, filter) {
		return rest.BadRequest("invalid filter '%s'", filter)
	}
	ids := rest.SortedKeys(c.Org.State.Tokens)
	found, next, err := rest.KeyPage(ids, c.Query("continuationToken"), size, func(id string) (*state.Token, bool, error) {
		t := c.Org.State.Tokens[id]
		return t, matches(t) && (filter == "all" || t.Expired(c.Org.Now()) == (filter == "expired")), nil
	})
	if err != nil {
		return err
	}
	tokens := make([]WireToken, 0, len(found))
	for _, t := range found {
		tokens = append(tokens, ShowToken(c.Org, t))
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
func checkToken(s *core.Org, req tokenBody) error {
	now := s.Now()
	if req.Expires != 0 && (req.Expires <= now.Unix() || req.Expires > now.AddDate(maxTokenYears, 0, 0).Unix()) {
		return rest.BadRequest("the expiration must be in the future and at most %d years ahead", maxTokenYears)
	}
	days := s.State.Organization.Settings.MaxAccessTokenExpiryDays
	if days != 0 && (req.Expires == 0 || req.Expires > now.AddDate(0, 0, days).Unix()) {
		return rest.BadRequest("organization '%s' enforces a max access token expiry of %d days", s.State.Organization.Login, days)
	}
	return nil
}

// checkTokenName refuses names that were ever used, deleted tokens' included.
func checkTokenName(s *core.Org, name string) error {
	if name == "" || len([]rune(name)) > maxTokenName {
		return rest.BadRequest("token names have 1 to %d characters", maxTokenName)
	}
	if s.State.History.TokenNames[name] {
		return rest.Conflict("a token named '%s' already exists or existed: names cannot be used again", name)
	}
	return nil
}

// keepToken stores a new token and answers its value, the only time that it is shown.
func keepToken(c *core.Call, t *state.Token) error {
	t.CreatedBy, t.Created = c.Caller.Login, c.Org.Now()
	t.ID = c.Org.State.NewID("token", string(t.Kind)+"/"+t.Name)
	value, err := mint(c.Org, t)
	if err != nil {
		return err
	}
	c.Org.State.Tokens[t.ID] = t
	if t.Kind != state.PersonalToken {
		c.Org.State.History.TokenNames[t.Name] = true
	}
	return c.OK(map[string]string{"id": t.ID, "tokenValue": value})
}

func listOrgTokens(c *core.Call) error {
	return listTokens(c, func(t *state.Token) bool { return t.Kind == state.OrganizationToken })
}

func createOrgToken(c *core.Call, req tokenBody) error {
	if err := checkTokenName(c.Org, req.Name); err != nil {
		return err
	}
	if err := checkToken(c.Org, req); err != nil {
		return err
	}
	if req.Admin && req.RoleID != "" {
		return rest.BadRequest("give admin or roleID, not both")
	}
	if r, ok := c.Org.State.Record(req.RoleID); req.RoleID != "" && (!ok || r.UXPurpose != state.PurposeRole) {
		return rest.BadRequest("Invalid role id")
	}
	c.Audit("organization-token-created", "Created organization token %s", req.Name)
	return keepToken(c, &state.Token{
		Kind: state.OrganizationToken, Name: req.Name, Description: req.Description, Expires: req.Expires, Admin: req.Admin, RoleID: req.RoleID,
	})
}

func deleteOrgToken(c *core.Call) error {
	t, ok := c.Org.State.Tokens[c.Param("tokenId")]
	if !ok || t.Kind != state.OrganizationToken {
		return rest.NotFound("Token '%s' not found", c.Param("tokenId"))
	}
	delete(c.Org.State.Tokens, t.ID)
	c.Audit("organization-token-deleted", "Deleted organization token %s", t.Name)
	return c.NoContent()
}

// teamForTokens finds a team whose tokens the caller may see or change.
func teamForTokens(c *core.Call, scope string) (*state.Team, error) {
	t, err := c.VisibleTeam()
	if err != nil || c.Caller.IsTeamAdmin(t) {
		return t, err
	}
	return t, c.RequireOrg(scope)
}

func listTeamTokens(c *core.Call, tm *state.Team) error {
	return listTokens(c, func(t *state.Token) bool { return t.Kind == state.TeamToken && t.Team == tm.Name })
}

func createTeamToken(c *core.Call, tm *state.Team, req tokenBody) error {
	if err := checkTokenName(c.Org, req.Name); err != nil {
		return err
	}
	if err := checkToken(c.Org, req); err != nil {
		return err
	}
	c.Audit("team-token-created", "Created token %s of team %s", req.Name, tm.Name)
	return keepToken(c, &state.Token{Kind: state.TeamToken, Name: req.Name, Description: req.Description, Expires: req.Expires, Team: tm.Name})
}

func deleteTeamToken(c *core.Call, tm *state.Team) error {
	t, ok := c.Org.State.Tokens[c.Param("tokenId")]
	if ok && t.Kind != state.TeamToken {
		return rest.BadRequest("the requested token is not a team token")
	}
	if !ok || t.Team != tm.Name {
		return rest.NotFound("Token '%s' not found", c.Param("tokenId"))
	}
	delete(c.Org.State.Tokens, t.ID)
	c.Audit("team-token-deleted", "Deleted token %s of team %s", t.Name, tm.Name)
	return c.NoContent()
}

func listPersonalTokens(c *core.Call) error {
	return listTokens(c, func(t *state.Token) bool { return t.Kind == state.PersonalToken && t.User == c.Caller.Login })
}

func createPersonalToken(c *core.Call, req tokenBody) error {
	if err := checkToken(c.Org, req); err != nil {
		return err
	}
	return keepToken(c, &state.Token{Kind: state.PersonalToken, Description: req.Description, Expires: req.Expires, User: c.Caller.Login})
}

func deletePersonalToken(c *core.Call) error {
	t, ok := c.Org.State.Tokens[c.Param("tokenId")]
	if !ok || t.Kind != state.PersonalToken || t.User != c.Caller.Login {
		return rest.NotFound("Token '%s' not found", c.Param("tokenId"))
	}
	delete(c.Org.State.Tokens, t.ID)
	return c.NoContent()
}

// onTeamTokens finds what the path names for a caller who holds a scope on it.
var onTeamTokens = core.Scoped(teamForTokens)
