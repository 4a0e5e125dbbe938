package server_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/server/servertest"
)

// gateSeed has an environment that bo may open and wim may write; the team security approves.
const gateSeed = `
organization: acme
users: [{login: ana, role: admin}, {login: bo}, {login: sec}, {login: sue}, {login: wim}, {login: sam, role: scoped}, {login: out}]
roles:
- name: gatekeeper
  details:
    __type: PermissionDescriptorAllow
    permissions: [environment:read, change_gate:create, change_gate:update, change_gate:delete]
- name: scoped
  scopes: [environment:read, environment:open, environment_version:read, environment_version:open, environment:write]
teams:
- {name: openers, members: [bo]}
- {name: writers, members: [wim]}
- {name: security, members: [sec, sue]}
stacks:
- {project: payments, stack: prod, environment: payments/prod}
environments:
- {project: payments, environment: prod, definition: "values: {a: {fn::secret: sesame}}"}
- {project: payments, environment: base, definition: "values: {b: base}"}
- {project: payments, environment: both, definition: "imports: [payments/prod, payments/base]"}
grants:
- {team: openers, project: payments, environment: prod, permission: open}
- {team: openers, project: payments, environment: base, permission: open}
- {team: openers, project: payments, environment: both, permission: open}
- {team: writers, project: payments, environment: prod, permission: write}
- {team: security, project: payments, environment: prod, permission: read}
`

func gateBody(action string, more obj) obj {
	rule := obj{
		"ruleType": "approval_required", "numApprovalsRequired": 1, "allowSelfApproval": false,
		"requireReapprovalOnChange": true,
		"eligibleApprovers":         []obj{{"eligibilityType": "team_member", "teamName": "security"}},
	}
	for k, v := range more {
		rule[k] = v
	}
	return obj{
		"name": action + "-prod", "enabled": true, "rule": rule,
		"target": obj{"entityType": "environment", "qualifiedName": "payments/prod", "actionTypes": []string{action}},
	}
}

const (
	gates    = "/api/change-gates/acme"
	requests = "/api/change-requests/acme"
	prod     = "/api/esc/environments/acme/payments/prod"
	ofProd   = gates + "?entityType=environment&qualifiedName=payments/prod"
)

// gate makes a gate and answers its id.
func (a actor) gate(action string, rule obj) string {
	a.t.Helper()
	return a.do("POST "+gates, gateBody(action, rule)).want(http.StatusCreated).str("id")
}

func TestGateReadsInAnotherFormThanItIsWritten(t *testing.T) {
	t.Parallel()
	s := startScene(t, gateSeed)
	before := s.State()
	ana := s.admin()
	id := ana.gate("open", obj{"eligibleApprovers": []obj{
		{"eligibilityType": "team_member", "teamName": "security"},
		{"eligibilityType": "specific_user", "userLogin": "sue"},
		{"eligibilityType": "has_permission_on_target", "permission": "environment:write"},
	}})
	read := ana.do("GET "+gates+"/"+id, nil).want(200)
	read.equal("security", read.str("rule", "eligibleApprovers", 0, "name"))
	read.equal("", read.str("rule", "eligibleApprovers", 0, "teamName"))
	read.equal("sue", read.str("rule", "eligibleApprovers", 1, "user", "githubLogin"))
	read.equal("environment:write", read.str("rule", "eligibleApprovers", 2, "permission"))
	read.equal("prod", read.str("target", "entityInfo", "name"))
	list := ana.do("GET "+ofProd, nil).want(200)
	list.equal(id, list.names("gates", "id"))
	if token, ok := list.at("continuationToken").(string); !ok || token != "" {
		t.Errorf("continuationToken is %v, want it there and empty", list.at("continuationToken"))
	}

	updated := ana.do("PUT "+gates+"/"+id, gateBody("open", obj{"numApprovalsRequired": 2})).want(200)
	if got := updated.list("rule", "eligibleApprovers"); len(got) != 1 {
		t.Errorf("a PUT leaves approvers of before: %s", updated.raw)
	}
	ana.do("DELETE "+gates+"/"+id, nil).want(204)
	ana.do("GET "+gates+"/"+id, nil).want(404)
	ana.do("DELETE "+gates+"/"+id, nil).want(404)
	ana.do("PUT "+gates+"/"+id, gateBody("open", nil)).want(404)
	if after := s.State(); string(after) != string(before) {
		t.Errorf("a gate that was deleted left a trace:\n%s", after)
	}
	for _, event := range []string{"change-gate-created", "change-gate-updated", "change-gate-deleted"} {
		ana.do("GET /auditlogs/v2?eventFilter="+event, nil).want(200).says("payments/prod").says(`"reqOrgAdmin":true`)
	}
}

// Names are not known to be unique: a create that is repeated makes a second gate.
func TestSameGateTwice(t *testing.T) {
	t.Parallel()
	s := startScene(t, gateSeed)
	first, second := s.admin().gate("open", nil), s.admin().gate("open", nil)
	list := s.admin().do("GET "+ofProd, nil)
	if got := len(list.list("gates")); got != 2 || first == second {
		t.Errorf("got %d gates, ids %s and %s", got, first, second)
	}
}

func TestBadGates(t *testing.T) {
	t.Parallel()
	s := startScene(t, gateSeed)
	change := func(edit func(body, rule, target obj)) obj {
		body := gateBody("open", nil)
		rule, _ := body["rule"].(obj)
		target, _ := body["target"].(obj)
		edit(body, rule, target)
		return body
	}
	cases := []struct {
		name string
		body obj
		says string
	}{
		{"two actions", change(func(_, _, target obj) { target["actionTypes"] = []string{"open", "update"} }), "exactly one"},
		{"no action", change(func(_, _, target obj) { target["actionTypes"] = []string{} }), "exactly one"},
		{"no approvals", change(func(_, rule, _ obj) { rule["numApprovalsRequired"] = 0 }), "at least 1"},
		{"no name", change(func(body, _, _ obj) { body["name"] = " " }), "name is empty"},
		{"an unknown team", change(func(_, rule, _ obj) {
			rule["eligibleApprovers"] = []obj{{"eligibilityType": "team_member", "teamName": "nobody"}}
		}), "there is no team"},
		{"an unknown user", change(func(_, rule, _ obj) {
			rule["eligibleApprovers"] = []obj{{"eligibilityType": "specific_user", "userLogin": "nobody"}}
		}), "there is no user"},
	}
	for _, c := range cases {
		s.admin().do("POST "+gates, c.body).want(400).says(c.says)
	}
	s.admin().do("POST "+gates, change(func(_, _, target obj) { target["qualifiedName"] = "payments/none" })).want(404)
	s.admin().do("GET "+gates, nil).want(400)
	s.admin().do("GET "+gates+"?entityType=environment&qualifiedName=payments/none", nil).want(404)
	if contains(s.State(), `"numApprovals`) || contains(s.State(), "open-prod") {
		t.Error("a gate that was refused is there")
	}
}

func TestWhoMayChangeGates(t *testing.T) {
	t.Parallel()
	s := startScene(t, gateSeed)
	id := s.admin().gate("open", nil)
	for _, login := range []string{"sam", "bo", "sec"} {
		s.as(login).do("POST "+gates, gateBody("update", nil)).want(403)
		s.as(login).do("PUT "+gates+"/"+id, gateBody("open", nil)).want(403)
		s.as(login).do("DELETE "+gates+"/"+id, nil).want(403)
		s.as(login).do("GET "+gates+"/"+id, nil).want(200)
	}
	s.admin().do("GET /auditlogs/v2?eventFilter=auth-failure-change-request", nil).says("change_gate:create").says(`"authFailure":true`)
	for _, call := range []string{"GET " + gates + "/" + id, "DELETE " + gates + "/" + id, "GET " + ofProd} {
		s.as("out").do(call, nil).want(404)
	}
	role := s.admin().do("GET /roles?uxPurpose=role", nil)
	var keeper string
	for i := range role.list("roles") {
		if role.str("roles", i, "name") == "gatekeeper" {
			keeper = role.str("roles", i, "id")
		}
	}
	token := s.identity(tokenWithRole(keeper))
	token.do("DELETE "+gates+"/"+id, nil).want(204)
	token.do("POST "+gates, gateBody("open", nil)).want(201)
}

// Environment Write carries change_gate:*, so that whoever a gate holds back may take it away. The same scopes without these may not.
func TestEnvironmentWriteTakesAGateAway(t *testing.T) {
	t.Parallel()
	s := startScene(t, gateSeed)
	open := "POST " + prod + "/open?duration=1h"
	id := s.admin().gate("open", nil)
	for _, login := range []string{"wim", "sam"} {
		s.as(login).do(open, nil).want(403).says("approved open request")
	}
	loosened := gateBody("open", nil)
	loosened["enabled"] = false
	s.as("sam").do("PUT "+gates+"/"+id, loosened).want(403).says("change_gate:update")
	s.as("sam").do("DELETE "+gates+"/"+id, nil).want(403).says("change_gate:delete")
	s.as("sam").do(open, nil).want(403)

	s.as("wim").do("PUT "+gates+"/"+id, loosened).want(200)
	s.as("wim").do(open, nil).want(200)
	s.as("wim").do("PUT "+gates+"/"+id, gateBody("open", nil)).want(200)
	s.as("wim").do(open, nil).want(403)
	s.as("wim").do("DELETE "+gates+"/"+id, nil).want(204)
	s.as("wim").do(open, nil).want(200)
}

// A gate can be on policy exceptions, which are the organization's: nothing on an environment lets anybody change it, and it holds no
// environment back.
func TestGatesOnPolicyExceptions(t *testing.T) {
	t.Parallel()
	s := startScene(t, gateSeed)
	body := gateBody("create", nil)
	body["target"] = obj{"entityType": "policy_exceptions", "qualifiedName": "acme", "actionTypes": []string{"create"}}
	for _, login := range []string{"wim", "out"} {
		s.as(login).do("POST "+gates, body).want(404)
	}
	made := s.admin().do("POST "+gates, body).want(201)
	made.equal("policy_exceptions", made.str("target", "entityInfo", "entityType"))
	made.equal("acme", made.str("target", "entityInfo", "organization"))
	id := made.str("id")
	for _, call := range []string{"GET ", "DELETE "} {
		s.as("wim").do(call+gates+"/"+id, nil).want(404)
	}
	list := s.admin().do("GET "+gates+"?entityType=policy_exceptions", nil).want(200)
	list.equal(id, list.names("gates", "id"))
	list = s.admin().do("GET "+ofProd, nil).want(200)
	list.equal("", list.names("gates", "id"))
	s.admin().do("GET "+prod+"/metadata", nil).says(`"gatedActions":[]`)
	body["target"] = obj{"entityType": "policy_exceptions", "actionTypes": []string{"open"}}
	s.admin().do("POST "+gates, body).want(400).says("exactly one of create and approve")
	s.admin().do("DELETE "+prod, nil).want(200)
	s.admin().do("GET "+gates+"/"+id, nil).want(200)
	s.admin().do("DELETE "+gates+"/"+id, nil).want(204)
}

func TestDeletingAnEnvironmentDeletesItsGates(t *testing.T) {
	t.Parallel()
	s := startScene(t, gateSeed)
	id := s.admin().gate("open", nil)
	s.admin().do("DELETE "+prod, nil).want(200)
	s.admin().do("GET "+gates+"/"+id, nil).want(404)
	s.admin().do("POST /api/esc/environments/acme", obj{"project": "payments", "name": "prod"}).want(200)
	list := s.admin().do("GET "+ofProd, nil).want(200)
	list.equal("", list.names("gates", "id"))
}

func TestGatesFromASeed(t *testing.T) {
	t.Parallel()
	s := startScene(t, gateSeed+`
gates:
- {project: payments, environment: prod, approvers: {teams: [security], users: [ana], permission: "environment:write"}, requiredApprovals: 2}
- {project: payments, environment: prod, action: update, enabled: false, approvers: {users: [ana]}}
`)
	list := s.admin().do("GET "+ofProd, nil).want(200)
	if got := list.names("gates", "name"); !strings.Contains(got, "open payments/prod") || len(list.list("gates")) != 2 {
		t.Errorf("got %s", list.raw)
	}
	s.admin().do("GET "+prod+"/metadata", nil).says(`"gatedActions":["open"]`)
	s.admin().do("GET "+prod+"/referrers", nil).want(200).says(`"stack":"prod"`)
}

func TestGatedForDeploymentsToo(t *testing.T) {
	t.Parallel()
	s := startScene(t, gateSeed)
	role := s.admin().roleWith("deployer", groupOf(allowOf("environment:read", "environment:open")))
	s.admin().do("POST /api/stacks/acme/payments/prod/deployments/settings", obj{"operationContext": obj{"role": obj{"id": role}}}).want(200)
	deployment := s.identity(servertest.Identity{Deployment: &servertest.Deployment{Project: "payments", Stack: "prod"}})
	deployment.do("POST "+prod+"/open?duration=1h", nil).want(200)
	s.admin().gate("open", nil)
	deployment.do("POST "+prod+"/open?duration=1h", nil).want(403).says("approved open request")
	deployment.do("POST "+prod+"/open/request", durations(60, 60)).want(403)
	// The administrator who made the gate needs a request too.
	s.admin().do("POST "+prod+"/open?duration=1h", nil).want(403)
}
