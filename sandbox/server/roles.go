package server

import (
	"cmp"
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/access"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/rest"
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

type wireRecord struct {
	ID                string          `json:"id"`
	OrgID             string          `json:"orgId"`
	Name              string          `json:"name"`
	Description       string          `json:"description"`
	ResourceType      string          `json:"resourceType"`
	UXPurpose         string          `json:"uxPurpose"`
	Details           json.RawMessage `json:"details"`
	Version           int             `json:"version"`
	Created           time.Time       `json:"created"`
	Modified          time.Time       `json:"modified"`
	IsOrgDefault      bool            `json:"isOrgDefault"`
	DefaultIdentifier string          `json:"defaultIdentifier,omitempty"`
}

func (s *org) wireRecord(r *record) wireRecord {
	return wireRecord{
		ID: r.ID, OrgID: s.state.Organization.ID, Name: r.Name, Description: r.Description, ResourceType: r.ResourceType,
		UXPurpose: r.UXPurpose, Details: r.Details, Version: r.Version, Created: r.Created, Modified: r.Modified,
		IsOrgDefault: r.ID == s.defaultRoleID(), DefaultIdentifier: r.DefaultIdentifier,
	}
}

// defaultRoleID is the role that new members get.
func (s *org) defaultRoleID() string {
	return cmp.Or(s.state.Organization.Settings.DefaultRoleID, s.state.builtinID(roleMember))
}

// purposes are those that the service accepts; its prose names others.
var purposes = []string{purposeRole, purposeRolePrivate, purposeRoleTemp, purposePolicy, purposeSet}

func (c *call) listRoles() error {
	purpose := c.Query("uxPurpose")
	if !slices.Contains(purposes, purpose) {
		return rest.BadRequest("Role purpose is not valid")
	}
	roles := []wireRecord{}
	for _, r := range c.s.records() {
		if r.UXPurpose == purpose {
			roles = append(roles, c.s.wireRecord(r))
		}
	}
	return c.OK(map[string]any{"roles": roles})
}

// records lists built-in ones first, then custom ones, each by name.
func (s *org) records() []*record {
	var all []*record
	for _, from := range []map[string]*record{s.state.builtins, s.state.Roles} {
		start := len(all)
		for _, id := range sortedKeys(from) {
			all = append(all, from[id])
		}
		slices.SortStableFunc(all[start:], func(a, b *record) int { return strings.Compare(a.Name, b.Name) })
	}
	return all
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

func (c *call) recordOf(scope string) (*record, error) {
	if err := c.requireOrg(scope); err != nil {
		return nil, err
	}
	r, ok := c.s.state.record(c.Param("roleID"))
	if !ok {
		return nil, rest.NotFound("Role '%s' not found", c.Param("roleID"))
	}
	return r, nil
}

func (c *call) getRole(r *record) (wireRecord, error) {
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
func (c *call) createRecords(req roleRequest) (*record, error) {
	if !c.Flag("createPolicyAndRole") {
		return c.createRecord(req)
	}
	req.UXPurpose = cmp.Or(req.UXPurpose, purposeRole)
	if req.UXPurpose != purposeRole {
		return nil, rest.BadRequest("createPolicyAndRole makes a role, not a %s", req.UXPurpose)
	}
	if c.s.nameTaken(purposeRole, req.Name, "") {
		return nil, rest.Conflict("a role named '%s' already exists", req.Name)
	}
	req.ResourceType = cmp.Or(req.ResourceType, string(access.Organization))
	req.UXPurpose = purposePolicy
	policy, err := c.createRecord(req)
	if err != nil {
		return nil, err
	}
	req.UXPurpose, req.Details = purposeRole, compose(policy.ID)
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
func (c *call) createRecord(req roleRequest) (*record, error) {
	req.UXPurpose = cmp.Or(req.UXPurpose, purposeRole)
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
	if req.UXPurpose != purposeSet && req.ResourceType != string(access.Organization) {
		return nil, rest.BadRequest("the resource type of a %s is '%s'", req.UXPurpose, access.Organization)
	}
	if c.s.nameTaken(req.UXPurpose, req.Name, "") {
		return nil, rest.Conflict("a %s named '%s' already exists", req.UXPurpose, req.Name)
	}
	now := c.s.now()
	r := &record{
		Name: req.Name, Description: req.Description, ResourceType: req.ResourceType, UXPurpose: req.UXPurpose,
		Details: req.Details, Version: 1, Created: now, Modified: now,
	}
	if err := c.s.checkDetails(r); err != nil {
		return nil, rest.BadRequest("%v", err)
	}
	r.ID = c.s.state.newID(r.UXPurpose, r.Name)
	c.s.state.Roles[r.ID] = r
	return r, nil
}

// nameTaken tells whether another record of the purpose has the name.
func (s *org) nameTaken(purpose, name, except string) bool {
	return slices.ContainsFunc(s.records(), func(r *record) bool {
		return r.UXPurpose == purpose && r.Name == name && r.ID != except
	})
}

// changeableRole finds a role, policy or set that the caller may change.
func (c *call) changeableRole() (*record, error) {
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

func (c *call) updateRole(r *record, req updateRoleRequest) error {
	changed := *r
	setIf(&changed.Name, req.Name)
	setIf(&changed.Description, req.Description)
	if changed.Name == "" {
		return rest.BadRequest("the name is required")
	}
	if c.s.nameTaken(r.UXPurpose, changed.Name, r.ID) {
		return rest.Conflict("a %s named '%s' already exists", r.UXPurpose, changed.Name)
	}
	if present(req.Details) {
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
