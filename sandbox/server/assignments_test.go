package server_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/server/servertest"
)

const assignmentsSeed = acmeSeed + `
roles:
  - {name: look, purpose: set, resourceType: environment, scopes: [environment:read, environment_version:read]}
  - {name: grants stacks, scopes: [stack:read, stack_access:read, stack_access:update]}
  - {name: sees stacks, scopes: [stack:read, stack_access:read]}
  - {name: grants environments, scopes: [environment:read, environment_access:read, environment_access:update]}
  - {name: sees environments, scopes: [environment:read, environment_access:read]}
  - {name: writes environments, scopes: [environment:read, environment:open, environment:write]}
  - {name: grants accounts, scopes: [insights_account:read, insights_account_access:read, insights_account_access:update]}
  - {name: sees accounts, scopes: [insights_account:read, insights_account_access:read]}
`

// assignable is one entity of each kind, and what shows that a person reached a level on it.
type assignable struct {
	context, id, kind string
	reads, manages    string // calls that Read and Admin allow
	granter, seer     string // roles with the scopes that list and update take
}

func (s scene) assignables() []assignable {
	s.t.Helper()
	ana := s.admin()
	return []assignable{
		{
			"Stack", ana.do("GET /api/stacks/acme/payments/dev", nil).want(200).str("id"), "stack",
			"GET /api/stacks/acme/payments/dev", "GET /api/stacks/acme/payments/dev/collaborators", "grants stacks", "sees stacks",
		},
		{
			"Environment", ana.do("GET /api/esc/environments/acme/payments/dev/metadata", nil).want(200).str("id"), "environment",
			"GET /api/esc/environments/acme/payments/dev", "PATCH /api/esc/environments/acme/payments/dev/settings",
			"grants environments", "sees environments",
		},
		{
			"InsightsAccount", ana.do("GET /api/preview/insights/acme/accounts/aws-prod", nil).want(200).str("id"), "insights-account",
			"GET /api/preview/insights/acme/accounts/aws-prod", "GET /api/preview/insights/acme/accounts/aws-prod/teams", "grants accounts", "sees accounts",
		},
	}
}

func (a assignable) list() obj {
	return obj{"context": obj{"__type": "PermissionExpression" + a.context}, "id": a.id}
}

func (a assignable) update(login, set string) obj {
	body := a.list()
	body["userId"] = login
	if set != "" {
		body["permissionSetId"] = set
	}
	return body
}

const assign, assigned = "POST /assignments/update", "POST /assignments/list"

// set finds a permission set by its identifier or name, among those that can be assigned on the entity.
func (a actor) set(on assignable, name string) string {
	a.t.Helper()
	sets := a.do(assigned, on.list()).want(200)
	for i := range sets.list("availablePermissionSets") {
		if sets.str("availablePermissionSets", i, "name") == name || sets.str("availablePermissionSets", i, "defaultIdentifier") == name {
			return sets.str("availablePermissionSets", i, "id")
		}
	}
	a.t.Fatalf("no set %s: %s", name, sets.raw)
	return ""
}

func (a actor) holders(on assignable) []string {
	a.t.Helper()
	listed := a.do(assigned, on.list()).want(200)
	all := []string{}
	for i := range listed.list("assignments") {
		who := listed.at("assignments", i, "principal")
		name := listed.str("assignments", i, "source") + " "
		if _, isUser := who.(map[string]any)["user"]; isUser {
			name += listed.str("assignments", i, "principal", "user", "githubLogin")
		} else {
			name += listed.str("assignments", i, "principal", "team", "name")
		}
		all = append(all, name+" "+listed.str("assignments", i, "permissionSet", "defaultIdentifier"))
	}
	return all
}

// A person reaches what was assigned, from then on and no longer than until it is revoked, and everything is in the audit log
// and in the export.
func TestAssignmentsGrantAndRevoke(t *testing.T) {
	t.Parallel()
	s := startScene(t, assignmentsSeed)
	ana, bo := s.admin(), s.as("bo")
	before := string(s.State())
	for _, on := range s.assignables() {
		bo.do(on.reads, nil).want(404)
		for level, manages := range map[string]int{"read": 403, "admin": 200} {
			ana.do(assign, on.update("bo", ana.set(on, on.kind+"-"+level))).want(200).says(on.kind + "-" + level)
			bo.do(on.reads, nil).want(200)
			if on.kind != "environment" {
				manages = 200 // Read shows who has access
			}
			bo.do(on.manages, map[bool]any{true: obj{}}[on.kind == "environment"]).want(manages)
			if got := ana.holders(on); !slices.Contains(got, "assignment bo "+on.kind+"-"+level) || len(got) != 2 {
				t.Errorf("%s: got %v", on.kind, got)
			}
			if !strings.Contains(string(s.State()), `"bo": `) {
				t.Errorf("%s: the export has no assignment", on.kind)
			}
		}
		s.Restore(s.State())
		bo.do(on.reads, nil).want(200)
		ana.do(assign, on.update("bo", "")).want(200).equal("", ana.do(assign, on.update("bo", "")).want(200).str("assignment"))
		bo.do(on.reads, nil).want(404)
	}
	if after := string(s.State()); after != before {
		t.Errorf("assignments that came and went left traces:\n%s\n%s", before, after)
	}
	events := string(ana.do("GET /auditlogs/v2?startTime=0", nil).want(200).raw)
	for _, event := range []string{
		"stack-collaborator-added", "stack-collaborator-permissions-changed", "stack-collaborator-removed",
		"environment-user-added", "environment-user-permissions-changed", "environment-user-removed",
		"cloud-account-user-added", "cloud-account-user-removed",
	} {
		if !strings.Contains(events, `"`+event+`"`) {
			t.Errorf("no event %s", event)
		}
	}
}

// Who may list and update is decided by the scopes on the entity, and by nothing else.
func TestAssignmentsAreGuarded(t *testing.T) {
	t.Parallel()
	s := startScene(t, assignmentsSeed)
	ana := s.admin()
	roles := map[string]string{}
	listed := ana.do("GET /roles?uxPurpose=role", nil).want(200)
	for i := range listed.list("roles") {
		roles[listed.str("roles", i, "name")] = listed.str("roles", i, "id")
	}
	nobody, cy := s.as("bo"), s.as("cy")
	for _, on := range s.assignables() {
		read := ana.set(on, on.kind+"-read")
		try := func(who actor, list, update int) {
			t.Helper()
			who.do(assigned, on.list()).want(list)
			who.do(assign, on.update("dee", read)).want(update)
			who.do(assign, on.update("dee", "")).want(update)
		}
		try(ana, 200, 200)
		try(nobody, 404, 404)
		try(s.identity(servertest.Identity{Team: "payments"}), 404, 404)
		try(s.identity(tokenWithRole(roles[on.seer])), 200, 403)
		try(s.identity(tokenWithRole(roles[on.granter])), 200, 200)
		if on.kind == "environment" {
			try(s.identity(tokenWithRole(roles["writes environments"])), 403, 403)
		}
		ana.do(assign, on.update("cy", read)).want(200)
		try(cy, map[string]int{"stack": 200, "environment": 403, "insights-account": 200}[on.kind], 403)
		ana.do(assign, on.update("cy", ana.set(on, on.kind+"-admin"))).want(200)
		try(cy, 200, 200)
		ana.do(assign, on.update("cy", "")).want(200)
		try(cy, 404, 404)
	}
}

func TestAssignmentsRefuseWhatDoesNotFit(t *testing.T) {
	t.Parallel()
	s := startScene(t, assignmentsSeed)
	ana := s.admin()
	all := s.assignables()
	stack, environment := all[0], all[1]
	set := ana.set(environment, "look")
	before := string(s.State())
	ana.do(assign, environment.update("zed", set)).want(404).says("zed")
	ana.do(assign, environment.update("zed", "")).want(404)
	ana.do(assign, environment.update("bo", "nothing")).want(400).says("permission set")
	ana.do(assign, stack.update("bo", set)).want(400).says("permission set")
	ana.do(assign, environment.update("bo", ana.do("GET /roles?uxPurpose=role", nil).want(200).str("roles", 0, "id"))).want(400)
	ana.do(assign, assignable{context: "Stack", id: environment.id}.update("bo", set)).want(404)
	ana.do(assign, assignable{context: "Team", id: environment.id}.update("bo", set)).want(400).says("context")
	ana.do(assign, assignable{context: "Stack", id: "x"}.update("bo", set)).want(404)
	if after := string(s.State()); after != before {
		t.Errorf("refused assignments left traces:\n%s\n%s", before, after)
	}
}

// The grant of a creator is an assignment like any other: it is listed, replaced and revoked, and comes back with ownership.
func TestTheGrantOfACreatorIsAnAssignment(t *testing.T) {
	t.Parallel()
	s := startScene(t, strings.ReplaceAll(assignmentsSeed, `{login: bo}`, `{login: bo, role: maker}`)+
		"  - {name: maker, scopes: [environment:create, stack:create]}\n")
	ana, bo := s.admin(), s.as("bo")
	bo.do("POST /api/esc/environments/acme", obj{"project": "bo", "name": "own"}).want(200)
	bo.do("POST /api/stacks/acme/bo", obj{"stackName": "own"}).want(200)
	for _, on := range []assignable{
		{context: "Environment", kind: "environment", id: ana.do("GET /api/esc/environments/acme/bo/own/metadata", nil).want(200).str("id"), reads: "GET /api/esc/environments/acme/bo/own"},
		{context: "Stack", kind: "stack", id: ana.do("GET /api/stacks/acme/bo/own", nil).want(200).str("id"), reads: "GET /api/stacks/acme/bo/own"},
	} {
		if got := ana.holders(on); !slices.Equal(got, []string{"assignment bo " + on.kind + "-admin"}) {
			t.Errorf("got %v", got)
		}
		ana.do(assign, on.update("bo", ana.set(on, on.kind+"-read"))).want(200)
		bo.do(on.reads, nil).want(200)
		bo.do(assign, on.update("cy", ana.set(on, on.kind+"-read"))).want(403)
		ana.do(assign, on.update("bo", "")).want(200)
		bo.do(on.reads, nil).want(404)
		if got := ana.holders(on); len(got) != 0 {
			t.Errorf("got %v", got)
		}
		s.Restore(s.State())
		bo.do(on.reads, nil).want(404)
	}
	ana.do("POST /api/esc/environments/acme/bo/own/ownership", obj{"githubLogin": "cy", "name": "", "avatarUrl": ""}).want(200)
	bo.do("GET /api/esc/environments/acme/bo/own", nil).want(404)
	s.as("cy").do("GET /api/esc/environments/acme/bo/own", nil).want(200)
}

// What is assigned ends with the person, the entity and the set.
func TestAssignmentsEndWithTheirParts(t *testing.T) {
	t.Parallel()
	s := startScene(t, assignmentsSeed)
	ana := s.admin()
	environment := s.assignables()[1]
	look := ana.set(environment, "look")
	ana.do(assign, environment.update("bo", look)).want(200)
	ana.do(assign, environment.update("cy", look)).want(200)
	ana.do("DELETE /roles/"+look, nil).want(409)
	ana.do("DELETE /members/bo", nil).want(204)
	ana.do("POST /members/bo", obj{"role": "member"}).want(200)
	s.as("bo").do(environment.reads, nil).want(404)
	s.as("cy").do(environment.reads, nil).want(200)
	ana.do("DELETE /roles/"+look+"?force=true", nil).want(204)
	s.as("cy").do(environment.reads, nil).want(404)
	ana.do(assign, environment.update("cy", ana.set(environment, "environment-read"))).want(200)
	ana.do("DELETE /api/esc/environments/acme/payments/dev", nil).want(200)
	deleted := ana.do("GET /api/esc/environments/acme/restore", nil).want(200)
	ana.do("PUT /api/esc/environments/acme/restore", obj{"project": "payments", "name": "dev", "deletionTimestamp": deleted.str("environments", 0, "deletedAt")}).want(204)
	s.as("cy").do(environment.reads, nil).want(404)
}
