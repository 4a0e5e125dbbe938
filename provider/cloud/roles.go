package cloud

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
)

// Purpose tells the kinds of access records apart: a permission set is composed by a policy, a policy by a role.
type Purpose string

// Purposes of access records.
const (
	PurposeRole   Purpose = "role"
	PurposePolicy Purpose = "policy"
	PurposeSet    Purpose = "set"

	// Roles that the service keeps for itself. Members can hold them.
	PurposePrivate   Purpose = "role_private"
	PurposeTemporary Purpose = "role_temporary"
)

// Role is an access record: a role, the policy behind it, or a permission set, according to its Purpose.
type Role struct {
	ID                string          `json:"id" answer:"id"`
	Name              string          `json:"name" answer:"value"` // unique per purpose in the organization
	Description       string          `json:"description"`
	ResourceType      string          `json:"resourceType"` // global, stack, environment or insights-account
	Purpose           Purpose         `json:"uxPurpose"`
	Details           json.RawMessage `json:"details"` // a permission descriptor
	Version           int             `json:"version"`
	DefaultIdentifier string          `json:"defaultIdentifier"` // set on built-in records only
	IsDefault         bool            `json:"isOrgDefault"`
}

// RoleInput is what a record is created from.
type RoleInput struct {
	Name         string          `json:"name"`
	Description  string          `json:"description"`
	ResourceType string          `json:"resourceType"`
	Purpose      Purpose         `json:"uxPurpose"`
	Details      json.RawMessage `json:"details"`
}

// RoleChange is what to change of a record; nil fields and empty details stay as they are.
type RoleChange struct {
	Name        *string         `json:"name,omitempty"`
	Description *string         `json:"description,omitempty"`
	Details     json.RawMessage `json:"details,omitempty"`
}

// Roles lists the organization's records of one purpose, built-in and custom.
func (c *Client) Roles(ctx context.Context, organization string, purpose Purpose) ([]Role, error) {
	list, err := get[struct {
		Roles []Role `json:"roles" answer:"key"`
	}](ctx, c, call{
		method: http.MethodGet, path: []string{"orgs", organization, "roles"},
		query: url.Values{"uxPurpose": {string(purpose)}}, object: "roles of " + quoted("organization", organization),
	})
	return list.Roles, err
}

// scopeGroups are scopes under their headings, by resource type.
type scopeGroups map[string][]struct {
	Scopes []struct {
		Name string `json:"name"`
	} `json:"scopes"`
}

// AvailableScopes lists the scopes that can be granted, by resource type: global, stack, environment, insights-account.
func (c *Client) AvailableScopes(ctx context.Context, organization string) (map[string][]string, error) {
	in := roleCall(http.MethodGet, organization, "scopes")
	in.object = "scopes of " + quoted("organization", organization)
	listed := map[string][]string{}
	_, err := write(ctx, c, in, func(all scopeGroups) error {
		for resourceType, groups := range all {
			for _, group := range groups {
				for _, scope := range group.Scopes {
					listed[resourceType] = append(listed[resourceType], scope.Name)
				}
			}
		}
		if len(listed) == 0 {
			return errors.New("it has no scopes")
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return listed, nil
}

// Role returns one record by id, whatever its purpose, or ErrNotFound.
func (c *Client) Role(ctx context.Context, organization, id string) (Role, error) {
	return write(ctx, c, roleCall(http.MethodGet, organization, id), isRole(id))
}

func isRole(id string) func(Role) error {
	return func(r Role) error {
		if !bytes.HasPrefix(bytes.TrimSpace(r.Details), []byte("{")) {
			return errors.New("it has no details") // which would read as no access
		}
		return other("role", id, r.ID)
	}
}

// CreatePolicyAndRole creates a role and the policy that holds its rules, as the console does. The answer is the role,
// whose details name the policy. A name that is taken is ErrConflict.
func (c *Client) CreatePolicyAndRole(ctx context.Context, organization string, role RoleInput) (Role, error) {
	return c.createRole(ctx, organization, role, url.Values{"createPolicyAndRole": {"true"}})
}

// CreateRole creates one record.
func (c *Client) CreateRole(ctx context.Context, organization string, role RoleInput) (Role, error) {
	return c.createRole(ctx, organization, role, nil)
}

func (c *Client) createRole(ctx context.Context, organization string, role RoleInput, query url.Values) (Role, error) {
	in := call{
		method: http.MethodPost, path: []string{"orgs", organization, "roles"}, query: query,
		body: role, object: quoted(string(role.Purpose), role.Name), once: true,
	}
	return createOnce(ctx, c,
		func() (Role, error) {
			return write(ctx, c, in, func(r Role) error { return other("role", role.Name, r.Name) })
		},
		func(ctx context.Context) (Role, bool, error) { return c.findCreated(ctx, organization, role) })
}

// findCreated looks for the record that a create of unknown outcome would have made. One that differs is not ours: the
// repeated create then answers that the name is taken.
func (c *Client) findCreated(ctx context.Context, organization string, want RoleInput) (Role, bool, error) {
	records, err := c.Roles(ctx, organization, want.Purpose)
	if err != nil {
		return Role{}, false, err
	}
	for _, record := range records {
		if record.Name != want.Name || record.Description != want.Description {
			continue
		}
		rules := record
		if policyID, ok := PolicyOf(record); ok {
			if rules, err = c.Role(ctx, organization, policyID); err != nil {
				return Role{}, false, err
			}
		}
		if sameJSON(rules.Details, want.Details) {
			return record, true, nil
		}
	}
	return Role{}, false, nil
}

// PolicyOf returns the id of the policy behind a role that was made by the console or by CreatePolicyAndRole: its
// details compose exactly one record.
func PolicyOf(role Role) (id string, ok bool) {
	var compose struct {
		Type    string   `json:"__type"`
		Records []string `json:"permissionDescriptors"`
	}
	if role.Purpose != PurposeRole || json.Unmarshal(role.Details, &compose) != nil {
		return "", false
	}
	if compose.Type != "PermissionDescriptorCompose" || len(compose.Records) != 1 {
		return "", false
	}
	return compose.Records[0], true
}

// UpdateRole changes a record and returns it.
func (c *Client) UpdateRole(ctx context.Context, organization, id string, change RoleChange) (Role, error) {
	in := roleCall(http.MethodPatch, organization, id)
	in.body = change
	return write(ctx, c, in, isRole(id))
}

// DeleteRole deletes a record. One that does not exist counts as deleted; one that is assigned or composed elsewhere is ErrConflict. It
// never forces: that would clear assignments which somebody else made.
func (c *Client) DeleteRole(ctx context.Context, organization, id string) error {
	return doneIfNotFound(c.send(ctx, roleCall(http.MethodDelete, organization, id)))
}

// RoleTeams lists the teams that hold a role.
func (c *Client) RoleTeams(ctx context.Context, organization, id string) ([]Team, error) {
	list, err := get[struct {
		Teams []Team `json:"teams" answer:"key"`
	}](ctx, c, roleCall(http.MethodGet, organization, id, "teams"))
	return list.Teams, err
}

// RoleUsers lists the users to whom a role was assigned explicitly.
func (c *Client) RoleUsers(ctx context.Context, organization, id string) ([]UserInfo, error) {
	list, err := get[struct {
		Users []UserInfo `json:"users" answer:"key"`
	}](ctx, c, roleCall(http.MethodGet, organization, id, "users"))
	return list.Users, err
}

// RoleTokens lists the names of the organization tokens that carry a role.
func (c *Client) RoleTokens(ctx context.Context, organization, id string) ([]string, error) {
	list, err := get[struct {
		Tokens []struct {
			Name string `json:"name" answer:"text"`
		} `json:"tokens" answer:"key"`
	}](ctx, c, roleCall(http.MethodGet, organization, id, "tokens"))
	names := make([]string, len(list.Tokens))
	for i, token := range list.Tokens {
		names[i] = token.Name
	}
	return names, err
}

func roleCall(method, organization, id string, rest ...string) call {
	return call{
		method: method, path: append([]string{"orgs", organization, "roles", id}, rest...),
		object: quoted("role", id),
	}
}

func sameJSON(a, b json.RawMessage) bool {
	return bytes.Equal(canonicalJSON(a), canonicalJSON(b))
}

func canonicalJSON(text json.RawMessage) []byte {
	var value any
	if err := json.Unmarshal(text, &value); err != nil {
		return text
	}
	canonical, err := json.Marshal(value)
	if err != nil {
		return text
	}
	return canonical
}
