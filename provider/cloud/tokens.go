package cloud

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"net/http"
	"net/url"
	"time"
)

// Token is an access token as lists show it: without its value.
type Token struct {
	ID          string     `json:"id"`
	Name        string     `json:"name"` // "" for personal tokens
	Description string     `json:"description"`
	Admin       bool       `json:"admin"`    // an organization token with an administrator's rights
	Expires     int64      `json:"expires"`  // Unix seconds; 0 is never
	LastUsed    int64      `json:"lastUsed"` // Unix seconds; 0 is never
	Created     time.Time  `json:"created"`
	CreatedBy   string     `json:"createdBy"` // login
	Role        *TokenRole `json:"role"`      // of an organization token, if it has one
}

// TokenRole is the role of an organization token.
type TokenRole struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

// Within reports whether the token lives at most so many days from its making, as an organization's expiry policy asks.
func (t Token) Within(days int) bool {
	return t.Expires != 0 && t.Expires <= t.Created.AddDate(0, 0, days).Unix()
}

// TokenInput is what a machine token is created from.
type TokenInput struct {
	Name        string `json:"name"` // at most 40 characters; one that was ever used is never free again
	Description string `json:"description"`
	Expires     int64  `json:"expires"` // Unix seconds; 0 is never
}

// NewToken is a token that was just created, with its value, which is shown this once.
type NewToken struct {
	ID    string `json:"id"`
	Value string `json:"tokenValue"`
}

// TokenFilter selects tokens by age.
type TokenFilter string

// Filters of token lists.
const (
	ActiveTokens TokenFilter = "active"
	AllTokens    TokenFilter = "all" // expired ones as well
)

// OrganizationTokens lists the organization's own tokens.
func (c *Client) OrganizationTokens(
	ctx context.Context, organization string, filter TokenFilter,
) iter.Seq2[Token, error] {
	return c.tokens(ctx, organizationTokenCall(http.MethodGet, organization), filter)
}

// TeamTokens lists the tokens of a team.
func (c *Client) TeamTokens(
	ctx context.Context, organization, team string, filter TokenFilter,
) iter.Seq2[Token, error] {
	return c.tokens(ctx, teamTokenCall(http.MethodGet, organization, team), filter)
}

// PersonalTokens lists the caller's own tokens.
func (c *Client) PersonalTokens(ctx context.Context, filter TokenFilter) iter.Seq2[Token, error] {
	return c.tokens(ctx, call{
		method: http.MethodGet, path: []string{"user", "tokens"}, object: "the caller's personal tokens",
	}, filter)
}

func (c *Client) tokens(ctx context.Context, in call, filter TokenFilter) iter.Seq2[Token, error] {
	in.query = url.Values{"filter": {string(filter)}}
	return pages(ctx, c, in, func(p struct {
		Tokens            []Token `json:"tokens"`
		ContinuationToken string  `json:"continuationToken"`
	},
	) ([]Token, string) {
		return p.Tokens, p.ContinuationToken
	})
}

// CreateOrganizationToken makes a token of the organization that has a role; without one, it has what members have by
// default. See createToken.
func (c *Client) CreateOrganizationToken(
	ctx context.Context, organization, roleID string, token TokenInput,
) (NewToken, error) {
	in := organizationTokenCall(http.MethodPost, organization)
	in.object = quoted("organization token", token.Name)
	in.body = struct {
		TokenInput
		Admin  bool   `json:"admin"`
		RoleID string `json:"roleID,omitempty"`
	}{TokenInput: token, RoleID: roleID}
	return c.createToken(ctx, in)
}

// CreateTeamToken makes a token of a team; see createToken.
func (c *Client) CreateTeamToken(ctx context.Context, organization, team string, token TokenInput) (NewToken, error) {
	in := teamTokenCall(http.MethodPost, organization, team)
	in.object = fmt.Sprintf("token %q of %s", token.Name, quoted("team", team))
	in.body = token
	return c.createToken(ctx, in)
}

// createToken makes a token. It is never repeated: when the answer is lost (ErrUnknownOutcome), the name may be taken for
// ever by a token whose value nobody has, which must be found, deleted and replaced by one of another name.
func (c *Client) createToken(ctx context.Context, in call) (NewToken, error) {
	in.once = true
	made, err := get[NewToken](ctx, c, in)
	if err == nil && (made.ID == "" || made.Value == "") {
		err = &Error{
			Method: in.method, Route: in.route(), Object: in.object, Status: http.StatusOK,
			Message: "the answer holds no token", cause: errors.New("no id or value"),
		}
	}
	return made, err
}

// DeleteOrganizationToken deletes a token of the organization. One that is gone is done.
func (c *Client) DeleteOrganizationToken(ctx context.Context, organization, id string) error {
	return doneIfNotFound(c.send(ctx, organizationTokenCall(http.MethodDelete, organization, id)))
}

// DeleteTeamToken deletes a token of a team. One that is gone is done.
func (c *Client) DeleteTeamToken(ctx context.Context, organization, team, id string) error {
	return doneIfNotFound(c.send(ctx, teamTokenCall(http.MethodDelete, organization, team, id)))
}

func organizationTokenCall(method, organization string, rest ...string) call {
	return call{
		method: method, path: append([]string{"orgs", organization, "tokens"}, rest...),
		object: "tokens of " + quoted("organization", organization),
	}
}

func teamTokenCall(method, organization, team string, rest ...string) call {
	return call{
		method: method, path: append([]string{"orgs", organization, "teams", team, "tokens"}, rest...),
		object: "tokens of " + quoted("team", team),
	}
}
