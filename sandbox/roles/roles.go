// Package roles serves custom roles, policies and permission sets, checks what they grant, and finds where they are used; see [Routes].
package roles

import (
	"cmp"
	"encoding/json"
	"net/http"
	"slices"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/access"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/core"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/rest"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/state"
)

func Routes() []core.Route {
	return []core.Route{
		{Pattern: "GET /api/orgs/{orgName}/roles", Handle: core.InOrg("role:read", rest.Plain(listRoles))},
		{Pattern: "POST /api/orgs/{orgName}/roles", Handle: core.InOrg("role:create", rest.JSON(createRole))},
		{Pattern: "GET /api/orgs/{orgName}/roles/scopes", Handle: core.InOrg("role:read", rest.Plain(listScopes))},
		{Pattern: "GET /api/orgs/{orgName}/roles/{roleID}", Handle: rest.AnswerOn(onRole("role:read"), getRole)},
		{Pattern: "PATCH /api/orgs/{orgName}/roles/{roleID}", Handle: rest.DoOn(changeableRole, updateRole)},
		{Pattern: "DELETE /api/orgs/{orgName}/roles/{roleID}", Handle: rest.ActOn(onRole("role:delete"), deleteRole)},
		{Pattern: "PATCH /api/orgs/{orgName}/roles/{roleID}/default", Handle: core.InOrg("organization:update", rest.Plain(setDefaultRole))},
		{Pattern: "GET /api/orgs/{orgName}/roles/{roleID}/teams", Handle: rest.AnswerOn(onRole("role:read"), listRoleTeams)},
		{Pattern: "GET /api/orgs/{orgName}/roles/{roleID}/users", Handle: rest.AnswerOn(onRole("role:read"), listRoleUsers)},
		{Pattern: "GET /api/orgs/{orgName}/roles/{roleID}/tokens", Handle: rest.AnswerOn(onRole("role:read"), listRoleTokens)},
	}
}

// purposes are those that the service accepts; its prose names others.
var purposes = []string{state.PurposeRole, state.PurposeRolePrivate, state.PurposeRoleTemp, state.PurposePolicy, state.PurposeSet}

func listRoles(c *core.Call) error {
	purpose := c.Query("uxPurpose")
	if !slices.Contains(purposes, purpose) {
		return rest.BadRequest("Role purpose is not valid")
	}
	roles := []core.WireRecord{}
	for _, r := range c.Org.State.Records() {
		if r.UXPurpose == purpose {
			roles = append(roles, c.Org.WireRecord(r))
		}
	}
	return c.OK(map[string]any{"roles": roles})
}

func listScopes(c *core.Call) error {
	type scope struct {
		Name     string            `json:"name"`
		Metadata map[string]string `json:"metadata"`
	}
	type group struct {
		Name   string  `json:"name"`
		Scopes []scope `json:"scopes"`
	}
	show := func(name string, scopes []string) group {
		listed := group{Name: name, Scopes: []scope{}}
		for _, one := range scopes {
			listed.Scopes = append(listed.Scopes, scope{Name: one, Metadata: map[string]string{"description": one}})
		}
		return listed
	}
	catalogue := map[string][]group{}
	for _, kind := range access.Kinds() {
		known := access.NewCatalogue(nil)
		for _, g := range access.Groups(kind) {
			catalogue[string(kind)] = append(catalogue[string(kind)], show(g.Name, g.Scopes))
		}
		added := slices.DeleteFunc(access.NewCatalogue(c.Org.Options.Scopes).Scopes(kind), func(one string) bool { return known.Has(kind, one) })
		if len(added) > 0 {
			catalogue[string(kind)] = append(catalogue[string(kind)], show(access.Groups(kind)[0].Name, added))
		}
	}
	return c.OK(catalogue)
}

func recordOf(c *core.Call, scope string) (*state.Record, error) {
	if err := c.RequireOrg(scope); err != nil {
		return nil, err
	}
	r, ok := c.Org.State.Record(c.Param("roleID"))
	if !ok {
		return nil, rest.NotFound("Role '%s' not found", c.Param("roleID"))
	}
	return r, nil
}

func getRole(c *core.Call, r *state.Record) (core.WireRecord, error) {
	return c.Org.WireRecord(r), nil
}

type roleRequest struct {
	Name         string          `json:"name"`
	Description  string          `json:"description"`
	ResourceType string          `json:"resourceType"`
	UXPurpose    string          `json:"uxPurpose"`
	Details      json.RawMessage `json:"details"`
}

func createRole(c *core.Call, req roleRequest) (core.WireRecord, error) {
	r, err := createRecords(c, req)
	if err != nil {
		return core.WireRecord{}, err
	}
	c.Audit("custom-role-created", "Created %s %s", r.UXPurpose, r.Name)
	return c.Org.WireRecord(r), nil
}

// createRecords makes one record or, with createPolicyAndRole, the policy that holds the tree and the role over it.
func createRecords(c *core.Call, req roleRequest) (*state.Record, error) {
	if !c.Flag("createPolicyAndRole") {
		return createRecord(c, req)
	}
	req.UXPurpose = cmp.Or(req.UXPurpose, state.PurposeRole)
	if req.UXPurpose != state.PurposeRole {
		return nil, rest.BadRequest("createPolicyAndRole makes a role, not a %s", req.UXPurpose)
	}
	if nameTaken(c.Org, state.PurposeRole, req.Name, "") {
		return nil, rest.Conflict("a role named '%s' already exists", req.Name)
	}
	req.ResourceType = cmp.Or(req.ResourceType, string(access.Organization))
	req.UXPurpose = state.PurposePolicy
	policy, err := createRecord(c, req)
	if err != nil {
		return nil, err
	}
	req.UXPurpose, req.Details = state.PurposeRole, compose(policy.ID)
	r, err := createRecord(c, req)
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
func createRecord(c *core.Call, req roleRequest) (*state.Record, error) {
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
	if nameTaken(c.Org, req.UXPurpose, req.Name, "") {
		return nil, rest.Conflict("a %s named '%s' already exists", req.UXPurpose, req.Name)
	}
	now := c.Org.Now()
	r := &state.Record{
		Name: req.Name, Description: req.Description, ResourceType: req.ResourceType, UXPurpose: req.UXPurpose,
		Details: req.Details, Version: 1, Created: now, Modified: now,
	}
	if err := CheckDetails(c.Org, r); err != nil {
		return nil, rest.BadRequest("%v", err)
	}
	r.ID = c.Org.State.NewID(r.UXPurpose, r.Name)
	c.Org.State.Roles[r.ID] = r
	return r, nil
}

// nameTaken reports whether another record of the purpose has the name.
func nameTaken(s *core.Org, purpose, name, except string) bool {
	return slices.ContainsFunc(s.State.Records(), func(r *state.Record) bool {
		return r.UXPurpose == purpose && r.Name == name && r.ID != except
	})
}

// changeableRole finds a role, policy or set that the caller may change.
func changeableRole(c *core.Call) (*state.Record, error) {
	r, err := recordOf(c, "role:update")
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

func updateRole(c *core.Call, r *state.Record, req updateRoleRequest) error {
	changed := *r
	rest.SetIf(&changed.Name, req.Name)
	rest.SetIf(&changed.Description, req.Description)
	if changed.Name == "" {
		return rest.BadRequest("the name is required")
	}
	if nameTaken(c.Org, r.UXPurpose, changed.Name, r.ID) {
		return rest.Conflict("a %s named '%s' already exists", r.UXPurpose, changed.Name)
	}
	if rest.Present(req.Details) {
		changed.Details = req.Details
		if err := CheckDetails(c.Org, &changed); err != nil {
			return rest.BadRequest("%v", err)
		}
	}
	changed.Version++
	changed.Modified = c.Org.Now()
	*r = changed
	c.Audit("custom-role-updated", "Updated %s %s", r.UXPurpose, r.Name)
	return c.JSON(http.StatusOK, c.Org.WireRecord(r))
}

// onRole finds what the path names for a caller who holds a scope on it.
var onRole = core.Scoped(recordOf)
