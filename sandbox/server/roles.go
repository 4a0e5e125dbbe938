package server

import (
	"cmp"
	"encoding/json"
	"net/http"
	"slices"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/access"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/rest"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/state"
)

func (s *org) roleRoutes() []route {
	return []route{
		{pattern: "GET /api/orgs/{orgName}/roles", handle: inOrg("role:read", rest.Plain((*call).listRoles))},
		{pattern: "POST /api/orgs/{orgName}/roles", handle: inOrg("role:create", rest.JSON((*call).createRole))},
		{pattern: "GET /api/orgs/{orgName}/roles/scopes", handle: inOrg("role:read", rest.Plain((*call).listScopes))},
		{pattern: "GET /api/orgs/{orgName}/roles/{roleID}", handle: rest.AnswerOn(onRole("role:read"), (*call).getRole)},
		{pattern: "PATCH /api/orgs/{orgName}/roles/{roleID}", handle: rest.DoOn((*call).changeableRole, (*call).updateRole)},
		{pattern: "DELETE /api/orgs/{orgName}/roles/{roleID}", handle: rest.ActOn(onRole("role:delete"), (*call).deleteRole)},
		{pattern: "PATCH /api/orgs/{orgName}/roles/{roleID}/default", handle: inOrg("organization:update", rest.Plain((*call).setDefaultRole))},
		{pattern: "GET /api/orgs/{orgName}/roles/{roleID}/teams", handle: rest.AnswerOn(onRole("role:read"), (*call).listRoleTeams)},
		{pattern: "GET /api/orgs/{orgName}/roles/{roleID}/users", handle: rest.AnswerOn(onRole("role:read"), (*call).listRoleUsers)},
		{pattern: "GET /api/orgs/{orgName}/roles/{roleID}/tokens", handle: rest.AnswerOn(onRole("role:read"), (*call).listRoleTokens)},
	}
}

// purposes are those that the service accepts; its prose names others.
var purposes = []string{state.PurposeRole, state.PurposeRolePrivate, state.PurposeRoleTemp, state.PurposePolicy, state.PurposeSet}

func (c *call) listRoles() error {
	purpose := c.Query("uxPurpose")
	if !slices.Contains(purposes, purpose) {
		return rest.BadRequest("Role purpose is not valid")
	}
	roles := []wireRecord{}
	for _, r := range c.s.state.Records() {
		if r.UXPurpose == purpose {
			roles = append(roles, c.s.wireRecord(r))
		}
	}
	return c.OK(map[string]any{"roles": roles})
}

func (c *call) listScopes() error {
	type scope struct {
		Name     string            `json:"name"`
		Metadata map[string]string `json:"metadata"`
	}
	type group struct {
		Name   string  `json:"name"`
		Scopes []scope `json:"scopes"`
	}
	catalogue := map[string][]group{}
	for _, kind := range access.Kinds() {
		for _, g := range access.Groups(kind) {
			listed := group{Name: g.Name, Scopes: []scope{}}
			for _, name := range g.Scopes {
				listed.Scopes = append(listed.Scopes, scope{Name: name, Metadata: map[string]string{"description": name}})
			}
			catalogue[string(kind)] = append(catalogue[string(kind)], listed)
		}
	}
	return c.OK(catalogue)
}

func (c *call) recordOf(scope string) (*state.Record, error) {
	if err := c.requireOrg(scope); err != nil {
		return nil, err
	}
	r, ok := c.s.state.Record(c.Param("roleID"))
	if !ok {
		return nil, rest.NotFound("Role '%s' not found", c.Param("roleID"))
	}
	return r, nil
}

func (c *call) getRole(r *state.Record) (wireRecord, error) {
	return c.s.wireRecord(r), nil
}

type roleRequest struct {
	Name         string          `json:"name"`
	Description  string          `json:"description"`
	ResourceType string          `json:"resourceType"`
	UXPurpose    string          `json:"uxPurpose"`
	Details      json.RawMessage `json:"details"`
}

func (c *call) createRole(req roleRequest) (wireRecord, error) {
	r, err := c.createRecords(req)
	if err != nil {
		return wireRecord{}, err
	}
	c.audit("custom-role-created", "Created %s %s", r.UXPurpose, r.Name)
	return c.s.wireRecord(r), nil
}

// createRecords makes one record or, with createPolicyAndRole, the policy that holds the tree and the role over it.
func (c *call) createRecords(req roleRequest) (*state.Record, error) {
	if !c.Flag("createPolicyAndRole") {
		return c.createRecord(req)
	}
	req.UXPurpose = cmp.Or(req.UXPurpose, state.PurposeRole)
	if req.UXPurpose != state.PurposeRole {
		return nil, rest.BadRequest("createPolicyAndRole makes a role, not a %s", req.UXPurpose)
	}
	if c.s.nameTaken(state.PurposeRole, req.Name, "") {
		return nil, rest.Conflict("a role named '%s' already exists", req.Name)
	}
	req.ResourceType = cmp.Or(req.ResourceType, string(access.Organization))
	req.UXPurpose = state.PurposePolicy
	policy, err := c.createRecord(req)
	if err != nil {
		return nil, err
	}
	req.UXPurpose, req.Details = state.PurposeRole, compose(policy.ID)
	r, err := c.createRecord(req)
	if err != nil {
		return nil, err
	}
	r.Policy = policy.ID
	return r, nil
}

func compose(id string) json.RawMessage {
	data, err := json.Marshal(map[string]any{"__type": "PermissionDescriptorCompose", "permissionDescriptors": []string{id}})
	if err != nil {
		panic(err) // strings always marshal
	}
	return data
}

// createRecord makes one record. Without a purpose it is a role, and without a resource type it is about the whole
// organization.
func (c *call) createRecord(req roleRequest) (*state.Record, error) {
	req.UXPurpose = cmp.Or(req.UXPurpose, state.PurposeRole)
	req.ResourceType = cmp.Or(req.ResourceType, string(access.Organization))
	if req.Name == "" {
		return nil, rest.BadRequest("the name is required")
	}
	if !slices.Contains(purposes, req.UXPurpose) {
		return nil, rest.BadRequest("Role purpose is not valid")
	}
	if !slices.Contains(access.Kinds(), access.EntityKind(req.ResourceType)) {
		return nil, rest.BadRequest("invalid resource type '%s'", req.ResourceType)
	}
	if req.UXPurpose != state.PurposeSet && req.ResourceType != string(access.Organization) {
		return nil, rest.BadRequest("the resource type of a %s is '%s'", req.UXPurpose, access.Organization)
	}
	if c.s.nameTaken(req.UXPurpose, req.Name, "") {
		return nil, rest.Conflict("a %s named '%s' already exists", req.UXPurpose, req.Name)
	}
	now := c.s.now()
	r := &state.Record{
		Name: req.Name, Description: req.Description, ResourceType: req.ResourceType, UXPurpose: req.UXPurpose,
		Details: req.Details, Version: 1, Created: now, Modified: now,
	}
	if err := c.s.checkDetails(r); err != nil {
		return nil, rest.BadRequest("%v", err)
	}
	r.ID = c.s.state.NewID(r.UXPurpose, r.Name)
	c.s.state.Roles[r.ID] = r
	return r, nil
}

// nameTaken tells whether another record of the purpose has the name.
func (s *org) nameTaken(purpose, name, except string) bool {
	return slices.ContainsFunc(s.state.Records(), func(r *state.Record) bool {
		return r.UXPurpose == purpose && r.Name == name && r.ID != except
	})
}

// changeableRole finds a role, policy or set that the caller may change.
func (c *call) changeableRole() (*state.Record, error) {
	r, err := c.recordOf("role:update")
	if err == nil && r.DefaultIdentifier != "" {
		return nil, rest.BadRequest("'%s' is built in and cannot be changed", r.Name)
	}
	return r, err
}

type updateRoleRequest struct {
	Name        *string         `json:"name"`
	Description *string         `json:"description"`
	Details     json.RawMessage `json:"details"`
}

func (c *call) updateRole(r *state.Record, req updateRoleRequest) error {
	changed := *r
	rest.SetIf(&changed.Name, req.Name)
	rest.SetIf(&changed.Description, req.Description)
	if changed.Name == "" {
		return rest.BadRequest("the name is required")
	}
	if c.s.nameTaken(r.UXPurpose, changed.Name, r.ID) {
		return rest.Conflict("a %s named '%s' already exists", r.UXPurpose, changed.Name)
	}
	if rest.Present(req.Details) {
		changed.Details = req.Details
		if err := c.s.checkDetails(&changed); err != nil {
			return rest.BadRequest("%v", err)
		}
	}
	changed.Version++
	changed.Modified = c.s.now()
	*r = changed
	c.audit("custom-role-updated", "Updated %s %s", r.UXPurpose, r.Name)
	return c.JSON(http.StatusOK, c.s.wireRecord(r))
}

// onRole finds what the path names for a caller who holds a scope on it.
var onRole = scoped((*call).recordOf)
