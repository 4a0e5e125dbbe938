package cloud

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// Token is an access token as lists show it: without its value.
type Token struct {
	ID          string     `json:"id" answer:"id"`
	Name        string     `json:"name" answer:"value"` // "" for personal tokens
	Description string     `json:"description"`
	Admin       bool       `json:"admin" answer:"value"`    // an organization token with an administrator's rights
	Expires     int64      `json:"expires" answer:"value"`  // Unix seconds; 0 is never
	LastUsed    int64      `json:"lastUsed" answer:"value"` // Unix seconds; 0 is never
	Created     time.Time  `json:"created" answer:"value"`
	CreatedBy   string     `json:"createdBy"` // login
	Role        *TokenRole `json:"role"`      // of an organization token, if it has one
}

// TokenRole is the role of an organization token.
type TokenRole struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

// Unused reports whether this may be a token that was made with that description and role, and whose value nobody has ever used.
func (t Token) Unused(description, roleID string) bool {
	role := ""
	if t.Role != nil {
		role = t.Role.ID
	}
	return t.LastUsed == 0 && !t.Admin && t.Description == description && role == roleID
}

// Within reports whether the token lives at most so many days from its making, as an organization's expiry policy asks.
func (t Token) Within(days int) bool {
	return t.Expires != 0 && t.Expires <= t.Created.AddDate(0, 0, days).Unix()
}

// Lifetime says when the token was made and when it expires.
func (t Token) Lifetime() string {
	if t.Expires == 0 {
		return "never expires"
	}
	return fmt.Sprintf("was made on %s and expires on %s",
		t.Created.UTC().Format(time.DateOnly), time.Unix(t.Expires, 0).UTC().Format(time.DateOnly))
}

// TokenInput is what a machine token is created from.
type TokenInput struct {
	Name        string `json:"name"` // at most 40 characters; one that was ever used is never free again
	Description string `json:"description"`
	Expires     int64  `json:"expires"` // Unix seconds; 0 is never
}

// NewToken is a token that was just created, with its value, which is shown this once.
type NewToken struct {
	ID    string `json:"id" answer:"id"`
	Value string `json:"tokenValue" answer:"text"`
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
		Tokens            []Token `json:"tokens" answer:"key"`
		ContinuationToken string  `json:"continuationToken"`
	},
	) ([]Token, string) {
		return p.Tokens, p.ContinuationToken
	})
}

// ErrNameTaken is returned when a token of the name exists or once existed: the service never frees a name.
var ErrNameTaken = errors.New("the name is taken, and will never be free again")

// CreateOrganizationToken makes a token of the organization that has a role; without one, it has what members have by
// default. A name that is taken is ErrNameTaken.
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
	return c.createToken(ctx, in, token.Name, lostTokens{
		is: token.is(roleID),
		list: func(ctx context.Context) iter.Seq2[Token, error] {
			return c.OrganizationTokens(ctx, organization, AllTokens)
		},
		remove: func(ctx context.Context, id string) error { return c.DeleteOrganizationToken(ctx, organization, id) },
	})
}

// CreateTeamToken makes a token of a team. A name that is taken is ErrNameTaken.
func (c *Client) CreateTeamToken(ctx context.Context, organization, team string, token TokenInput) (NewToken, error) {
	in := teamTokenCall(http.MethodPost, organization, team)
	in.object = fmt.Sprintf("token %q of %s", token.Name, quoted("team", team))
	in.body = token
	return c.createToken(ctx, in, token.Name, lostTokens{
		is: token.is(""),
		list: func(ctx context.Context) iter.Seq2[Token, error] {
			return c.TeamTokens(ctx, organization, team, AllTokens)
		},
		remove: func(ctx context.Context, id string) error { return c.DeleteTeamToken(ctx, organization, team, id) },
	})
}

// is reports whether a token is the one that was asked for. The name alone does not say so: a create that was not carried out may have
// asked for the name of a token that somebody else uses.
func (in TokenInput) is(roleID string) func(Token) bool {
	return func(t Token) bool {
		return t.Name == in.Name && t.Expires == in.Expires && t.Unused(in.Description, roleID)
	}
}

// lostTokens finds and deletes tokens whose value was lost.
type lostTokens struct {
	is     func(Token) bool
	list   func(context.Context) iter.Seq2[Token, error]
	remove func(ctx context.Context, id string) error
}

// createToken makes a token. When its answer is lost, the token may exist, with a value that nobody has: it is looked for
// and deleted, and as its name is then taken for ever, the caller has to go on with another one.
func (c *Client) createToken(ctx context.Context, in call, name string, lost lostTokens) (NewToken, error) {
	in.once = true
	for attempt := 0; ; attempt++ {
		made, err := c.postToken(ctx, in)
		taken := errors.Is(err, ErrNameTaken)
		// One that landed after it was looked for makes the next try meet it.
		if !errors.Is(err, ErrUnknownOutcome) && (!taken || attempt == 0) {
			return made, err
		}
		cancelled := sleep(ctx, c.retry.backoff(attempt))
		deleted, lostErr := c.deleteLost(context.WithoutCancel(ctx), name, lost)
		switch {
		case lostErr != nil || cancelled != nil:
			return NewToken{}, errors.Join(err, lostErr, cancelled)
		case deleted || taken:
			return NewToken{}, fmt.Errorf("%w: the answer that held the value of %q was lost: %w", ErrNameTaken, name, err)
		case attempt == c.retry.Max || isOwnFailure(err):
			return NewToken{}, err
		}
	}
}

func (c *Client) postToken(ctx context.Context, in call) (NewToken, error) {
	made, err := get[NewToken](ctx, c, in)
	var refused *Error
	if errors.As(err, &refused) && refused.saysTaken() {
		return made, fmt.Errorf("%w: %w", ErrNameTaken, err)
	}
	return made, err
}

// saysTaken tells a taken name from other refusals. Which status the service gives it is not documented: a conflict can be
// nothing else, a 400 is told by its words.
func (e *Error) saysTaken() bool {
	if e.Status != http.StatusBadRequest {
		return e.Status == http.StatusConflict
	}
	message := strings.ToLower(e.Message)
	return strings.Contains(message, "name") && (strings.Contains(message, "already") || strings.Contains(message, "exist") ||
		strings.Contains(message, "taken") || strings.Contains(message, "in use") || strings.Contains(message, "unique"))
}

func (c *Client) deleteLost(ctx context.Context, name string, lost lostTokens) (bool, error) {
	for token, err := range lost.list(ctx) {
		if err != nil {
			return false, fmt.Errorf("whether token %q was made could not be read: %w", name, err)
		}
		if !lost.is(token) {
			continue
		}
		if err := lost.remove(ctx, token.ID); err != nil {
			return false, fmt.Errorf("token %q was made and its value is lost; delete it in the console, because that failed: %w", name, err)
		}
		return true, nil
	}
	return false, nil
}

// DeleteOrganizationToken deletes a token of the organization. One that does not exist counts as deleted.
func (c *Client) DeleteOrganizationToken(ctx context.Context, organization, id string) error {
	return doneIfNotFound(c.send(ctx, organizationTokenCall(http.MethodDelete, organization, id)))
}

// DeleteTeamToken deletes a token of a team. One that does not exist counts as deleted.
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
