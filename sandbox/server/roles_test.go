package server_test

import (
	"fmt"
	"strings"
	"testing"
)

func TestBuiltinRecords(t *testing.T) {
	t.Parallel()
	s := startScene(t, acmeSeed)
	ana := s.admin()
	roles := ana.do("GET /roles?uxPurpose=role", nil).want(200)
	roles.equal("Admin,Billing Manager,Builder,Maintainer,Member,Reader", roles.names("roles", "name"))
	if roles.at("roles", 4, "isOrgDefault") != true {
		t.Errorf("Member is not the default role: %s", roles.raw)
	}
	sets := ana.do("GET /roles?uxPurpose=set", nil).want(200)
	if n := len(sets.list("roles")); n != 13 {
		t.Errorf("got %d built-in sets, want 13: %s", n, sets.names("roles", "defaultIdentifier"))
	}
	if !strings.Contains(sets.names("roles", "defaultIdentifier"), "stack-read") {
		t.Errorf("stack-read is missing: %s", sets.raw)
	}
	member := roles.str("roles", 2, "id")
	ana.do("PATCH /roles/"+member, obj{"name": "Boss"}).want(400)
	ana.do("DELETE /roles/"+member, nil).want(400)
	ana.do("GET /roles/scopes", nil).want(200).says("environment:open")
	for _, purpose := range []string{"organization", "team"} {
		if status, _ := s.Call(s.Token, "GET", "/api/orgs/acme/roles?uxPurpose="+purpose, nil); status != 400 {
			t.Errorf("purpose %q: got %d, want 400", purpose, status)
		}
	}
}

func roleBody(name, purpose, kind string, details any) obj {
	return obj{"name": name, "description": "", "resourceType": kind, "uxPurpose": purpose, "details": details}
}

func TestRoleLayers(t *testing.T) {
	t.Parallel()
	s := startScene(t, acmeSeed)
	ana := s.admin()
	set := ana.do("POST /roles", roleBody("viewer", "set", "stack", allowOf("stack:read"))).want(200).str("id")
	policy := ana.do("POST /roles", roleBody("p", "policy", "global", groupOf(composeOf(set)))).want(200).str("id")
	role := ana.do("POST /roles", roleBody("r", "role", "global", composeOf(policy))).want(200).str("id")

	many := make([]any, 2001)
	for i := range many {
		many[i] = allowOf("stack:read")
	}
	for name, body := range map[string]obj{
		"role over role":         roleBody("x", "role", "global", composeOf(role)),
		"role over set":          roleBody("x", "role", "global", composeOf(set)),
		"policy over policy":     roleBody("x", "policy", "global", composeOf(policy)),
		"policy over nothing":    roleBody("x", "policy", "global", composeOf("no-such-record")),
		"set of another type":    roleBody("x", "set", "stack", allowOf("environment:read")),
		"set that is a tree":     roleBody("x", "set", "stack", groupOf(allowOf("stack:read"))),
		"role of an entity type": roleBody("x", "role", "stack", allowOf("stack:read")),
		"without a name":         roleBody("", "role", "global", allowOf("stack:read")),
		"too many entries":       roleBody("x", "policy", "global", groupOf(many...)),
	} {
		if got := ana.do("POST /roles", body); got.status != 400 {
			t.Errorf("%s: got %d, want 400: %.200s", name, got.status, got.raw)
		}
	}
	ana.do("POST /roles", roleBody("r", "role", "global", allowOf("stack:read"))).want(409)
	ana.do("POST /roles", roleBody("r", "policy", "global", allowOf("stack:read"))).want(200)
	ana.do("DELETE /roles/"+policy, nil).want(409)
	ana.do("DELETE /roles/"+policy+"?force=true", nil).want(409)
	ana.do("DELETE /roles/"+role, nil).want(204)
	ana.do("GET /roles/"+role, nil).want(404)
	ana.do("DELETE /roles/"+policy, nil).want(204)
}

func TestCreatePolicyAndRole(t *testing.T) {
	t.Parallel()
	s := startScene(t, acmeSeed)
	ana := s.admin()
	before := string(s.State())
	role := ana.roleWith("deployer", groupOf(allowOf("stack:read")))
	record := ana.do("GET /roles/"+role, nil).want(200)
	policy := record.str("details", "permissionDescriptors", 0)
	record.equal("PermissionDescriptorCompose", record.str("details", "__type"))
	tree := ana.do("GET /roles/"+policy, nil).want(200)
	tree.equal("policy/PermissionDescriptorGroup", tree.str("uxPurpose")+"/"+tree.str("details", "__type"))

	patched := ana.do("PATCH /roles/"+policy, obj{"details": groupOf(allowOf("stack:read", "stack:write"))}).want(200)
	if patched.at("version") != 2.0 {
		t.Errorf("version is %v after one update, want 2", patched.at("version"))
	}
	ana.do("PATCH /roles/"+role, obj{"name": "shipper"}).want(200)
	ana.do("PATCH /roles/"+role, obj{"name": "Admin"}).want(409)
	ana.do("DELETE /roles/"+role, nil).want(204)
	ana.do("GET /roles/"+policy, nil).want(404)
	if after := string(s.State()); after != before {
		t.Error("a role that came and went left traces")
	}
	if again := ana.roleWith("deployer", groupOf(allowOf("stack:read"))); again == role {
		t.Error("a role that was recreated has the id of the deleted one")
	}
}

func TestDeletingARoleInUse(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name   string
		assign func(a actor, role string)
	}{
		{"by a team", func(a actor, role string) { a.do("POST /teams/payments/roles/"+role, nil).want(204) }},
		{"by a user", func(a actor, role string) { a.do("PATCH /members/bo", obj{"fgaRoleId": role}).want(204) }},
		{"by a token", func(a actor, role string) {
			a.do("POST /tokens", obj{"name": "t", "description": "", "expires": 0, "admin": false, "roleID": role}).want(200)
		}},
		{"as default role", func(a actor, role string) { a.do("PATCH /roles/"+role+"/default", nil).want(204) }},
		{"as default deployment role", func(a actor, role string) {
			a.do("PATCH /api/orgs/acme", obj{"setDefaultDeploymentRoleId": role}).want(200)
		}},
		{"by a deployment", func(a actor, role string) {
			a.do("POST /api/stacks/acme/payments/dev/deployments/settings",
				obj{"operationContext": obj{"role": obj{"id": role}}}).want(200)
		}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			s := startScene(t, acmeSeed)
			ana := s.admin()
			role := ana.roleWith("used", groupOf(allowOf("stack:read", "role:delete", "role:read")))
			tc.assign(ana, role)
			ana.do("DELETE /roles/"+role, nil).want(409).says("cannot delete role")
			token := s.identity(tokenWithRole(role))
			token.do("DELETE /roles/"+role+"?force=true", nil).want(403)
			ana.do("DELETE /roles/"+role+"?force=true", nil).want(204)
			if strings.Contains(string(s.State()), role) {
				t.Error("the role is still named after it was deleted by force")
			}
		})
	}
}

func TestDescriptorSize(t *testing.T) {
	t.Parallel()
	s := startScene(t, acmeSeed)
	long := make([]string, 0, 40000)
	for i := range 40000 {
		long = append(long, fmt.Sprintf("stack:read-%026d", i))
	}
	s.admin().do("POST /roles", roleBody("big", "role", "global", composeOf(long...))).want(400).says("bytes")
}

// A role may grant where a tag or the entity itself is one of a set, and reaches what is in the set alone.
func TestRolesGrantOnSets(t *testing.T) {
	t.Parallel()
	s := startScene(t, acmeSeed)
	ana := s.admin()
	prod := ana.do("GET /api/stacks/acme/payments/prod", nil).want(200).str("id")
	in := func(target obj, set, of string, members ...string) obj {
		return obj{"__type": "PermissionDescriptorCondition", "subNode": allowOf("stack:read"), "condition": obj{
			"__type": "PermissionExpressionIn", "target": target, "values": obj{"__type": "PermissionSetExpression" + set, of: members},
		}}
	}
	tag := obj{"__type": "PermissionExpressionTag", "context": obj{"__type": "PermissionExpressionStack"}, "key": "environment"}
	for name, c := range map[string]struct {
		details   obj
		dev, prod int
	}{
		"tags":     {in(tag, "String", "values", "development", "test"), 200, 404},
		"both":     {in(tag, "String", "values", "development", "production"), 200, 200},
		"entities": {in(obj{"__type": "PermissionExpressionStack"}, "Stack", "identities", prod, "gone"), 404, 200},
		"nothing":  {in(tag, "String", "values"), 404, 404},
		"another kind": {
			in(obj{"__type": "PermissionExpressionEnvironment"}, "Environment", "identities", prod), 404, 404,
		},
	} {
		who := s.identity(tokenWithRole(ana.roleWith(name, c.details)))
		who.do("GET "+devStack, nil).want(c.dev)
		who.do("GET "+prodStack, nil).want(c.prod)
	}
	broken := obj{"name": "broken", "details": obj{"__type": "PermissionDescriptorCondition", "subNode": allowOf("stack:read"),
		"condition": obj{"__type": "PermissionExpressionIn", "target": tag, "values": tag}}}
	ana.do("POST /roles", broken).want(400).says("set of values")
}
