package state

import (
	"time"
)

// Token is an access token without its value, which is shown once and only kept as a hash (Server.secrets).
type Token struct {
	ID          string    `json:"id"`
	Kind        TokenKind `json:"kind"`
	Principal   string    `json:"principal"` // id of the membership, team, stack or organization that it stands for
	Name        string    `json:"name"`
	Description string    `json:"description"`
	User        string    `json:"user,omitempty"`   // personal
	Team        string    `json:"team,omitempty"`   // team
	Admin       bool      `json:"admin,omitempty"`  // organization
	RoleID      string    `json:"roleId,omitempty"` // organization
	Project     string    `json:"project,omitempty"`
	Stack       string    `json:"stack,omitempty"`     // deployment, with Project
	Operation   string    `json:"operation,omitempty"` // deployment
	StartedBy   string    `json:"startedBy,omitempty"` // deployment: login; "" if nobody did
	Expires     int64     `json:"expires"`             // Unix seconds, 0 is never
	CreatedBy   string    `json:"createdBy"`
	Created     time.Time `json:"created,omitzero"`
	LastUsed    time.Time `json:"lastUsed,omitzero"`
}

type TokenKind string

const (
	PersonalToken     TokenKind = "personal"
	OrganizationToken TokenKind = "organization"
	TeamToken         TokenKind = "team"
	DeploymentToken   TokenKind = "deployment"
)

func (t *Token) Expired(now time.Time) bool { return t.Expires != 0 && t.Expires <= now.Unix() }

func (t *Token) Within(days int) bool {
	return t.Expires != 0 && t.Expires <= t.Created.AddDate(0, 0, days).Unix()
}

// Is reports whether two records are of one token: they agree in all that does not change while a token lives.
func (t Token) Is(now Token) bool {
	if now.RoleID == "" {
		t.RoleID = "" // its role was deleted by force
	}
	for _, one := range []*Token{&t, &now} {
		one.Created, one.LastUsed, one.Description = time.Time{}, time.Time{}, ""
		one.Project, one.Stack = "", "" // a stack can be renamed
	}
	return t == now
}

// Token finds a token by id, whether it is part of the organization or came from the control endpoints.
func (st *State) Token(id string) (*Token, bool) {
	if t, ok := st.Tokens[id]; ok {
		return t, true
	}
	t, ok := st.minted[id]
	return t, ok
}
