package second_test

import (
	"net/http"
	"slices"
	"strings"
)

// act is a harmless call that takes one scope: it changes nothing, or is refused for a reason that only its holders are told.
type act struct {
	scope, method, path string // the path below the entity
	body                any
}

// acts are what is tried on each kind of entity.
var acts = map[string][]act{
	stack: {
		{"stack:read", "GET", "", nil},
		{"stack:export", "GET", "/export", nil},
		{"stack:encrypt", "POST", "/encrypt", obj{"plaintext": "aHVzaA=="}},
		{"stack:decrypt", "POST", "/decrypt", obj{"ciphertext": "aHVzaA=="}},
		{"stack:write", "POST", "/update", obj{"metadata": obj{"message": "", "environment": obj{}}}},
		{"stack:import", "POST", "/import", obj{"version": 99}},
		{"stack:rename", "POST", "/rename", obj{}},
		{"stack_deployment_settings:read", "GET", "/deployments/settings", nil},
		{"stack_deployment_settings:write", "POST", "/deployments/settings", obj{}},
		{"stack_tags:update", "PATCH", "/tags/kept", obj{"name": "kept", "value": "same"}},
		{"stack_access:read", "GET", "/collaborators", nil},
		{"stack_access:read", "GET", "/teams", nil},
	},
	environment: {
		{"environment:read", "GET", "/metadata", nil},
		{"environment:open", "POST", "/open", nil},
		{"environment:open", "GET", "/decrypt", nil},
		{"environment:write", "PATCH", "", "a: [not a definition"},
		{"environment:delete", "DELETE", "", nil}, // it is protected
		{"environment_version:read", "GET", "/versions", nil},
		{"environment_version:open", "POST", "/versions/1/open", nil},
		{"environment_settings:read", "GET", "/settings", nil},
		{"environment_settings:update", "PATCH", "/settings", obj{"deletionProtected": true}},
		{"environment_tag:read", "GET", "/tags", nil},
		{"environment_tag:create", "POST", "/tags", obj{"name": "kept", "value": "same"}}, // it exists
		{"environment_tag:update", "PATCH", "/tags/kept", obj{"currentTag": obj{"value": "same"}, "newTag": obj{"value": "same"}}},
	},
	account: {
		{"insights_account:read", "GET", "", nil},
		{"insights_account_access:read", "GET", "/teams", nil},
	},
	organization: {
		{"team:create", "POST", "/api/orgs/acme/teams/pulumi", obj{}},
		{"stack:create", "POST", "/api/stacks/acme/p", obj{}},
		{"insights_account:create", "POST", "/api/preview/insights/acme/accounts/made", obj{}},
		{"org_member:read", "GET", "/api/orgs/acme/members?type=backend", nil},
		{"role:read", "GET", "/api/orgs/acme/roles?uxPurpose=set", nil},
		{"role:create", "POST", "/api/orgs/acme/roles", obj{"uxPurpose": "no purpose"}},
		{"audit_logs:read", "GET", "/api/orgs/acme/auditlogs?startTime=1900000000", nil},
		{"org_token:read", "GET", "/api/orgs/acme/tokens", nil},
		{"oidc_issuers:read", "GET", "/api/orgs/acme/oidc/issuers", nil},
		{"environment:list_deleted", "GET", "/api/esc/environments/acme/restore", nil},
		{"environment_tags:list", "GET", "/api/esc/environments/acme/tags", nil},
		{"environment_yaml:open", "POST", "/api/esc/environments/acme/yaml/open", "values: {}"},
	},
}

var bases = map[string]string{stack: "/api/stacks/acme/", environment: "/api/esc/environments/acme/",
	account: "/api/preview/insights/acme/accounts/"}

func (a act) pathOn(e entity) string {
	if e.kind == organization {
		return a.path
	}
	return bases[e.kind] + e.name + a.path
}

// let reports whether a status means that the caller may: a call that is wrong in itself says so to those only who may make it.
// A definition that opens something that the caller may not open is a wrong one to that caller.
func (a act) let(status int) bool {
	refused := []int{http.StatusUnauthorized, http.StatusForbidden, http.StatusNotFound}
	if strings.HasSuffix(a.path, "/open") {
		refused = append(refused, http.StatusBadRequest)
	}
	return !slices.Contains(refused, status)
}

// lists are the calls that show the entities of a kind, each to those who may read it, and how an answer names them.
var lists = map[string]struct {
	path, scope, field string
	name               []string
}{
	stack:       {"/api/user/stacks?organization=acme", "stack:read", "stacks", []string{"projectName", "stackName"}},
	environment: {"/api/esc/environments/acme", "environment:read", "environments", []string{"project", "name"}},
	account:     {"/api/preview/insights/acme/accounts", "insights_account:read", "accounts", []string{"name"}},
}
