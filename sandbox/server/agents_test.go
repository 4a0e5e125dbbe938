package server_test

import (
	"strings"
	"testing"
)

const agentsSeed = acmeSeed + `
roles: [{name: reader of stacks, scopes: [stack:read]}]
agents:
  - {name: open}
  - {name: bound, role: reader of stacks, approvalMode: balanced, integrations: [datadog]}
  - {name: alone, integrations: []}
`

// What an agent leaves out has a meaning of its own, and is left out of the answer.
func TestAgentDefinitionsAreRead(t *testing.T) {
	t.Parallel()
	s := startNewer(t, agentsSeed)
	const path = "/api/preview/agents/acme/definitions"
	for who, a := range map[string]actor{"an administrator": s.admin(), "a member": s.as("bo")} {
		listed := a.do("GET "+path, nil).want(200)
		if got := listed.names("definitions", "name"); got != "alone,bound,open" {
			t.Errorf("%s: got %s", who, got)
		}
		for i, want := range []string{`"enabledIntegrations":[]`, `"enabledIntegrations":[{"id":"datadog"}]`, ""} {
			one := a.do("GET "+path+"/"+listed.str("definitions", i, "id"), nil).want(200)
			if (want == "") == strings.Contains(string(one.raw), "enabledIntegrations") || !strings.Contains(string(one.raw), want) {
				t.Errorf("%s: got %s, want %s", who, one.raw, want)
			}
			if bound := i == 1; strings.Contains(string(one.raw), "roleId") != bound || strings.Contains(string(one.raw), "approvalMode") != bound {
				t.Errorf("%s: got %s", who, one.raw)
			}
		}
	}
	actor{scene: s}.do("GET "+path, nil).want(401)
	s.admin().do("GET "+path+"/none", nil).want(404)
	role := s.role("reader of stacks")
	s.admin().do("DELETE /roles/"+role, nil).want(409)
	s.Restore(s.State())
	s.admin().do("DELETE /roles/"+role+"?force=true", nil).want(204)
	if got := string(s.admin().do("GET "+path, nil).want(200).raw); strings.Contains(got, "roleId") {
		t.Errorf("a deleted role is still assumed: %s", got)
	}
}

// A service principal is on a roster of its own, holds what its role and its teams give, and is not a person.
func TestServicePrincipalsAreMembersOfAKindOfTheirOwn(t *testing.T) {
	t.Parallel()
	s := startScene(t, strings.Replace(acmeSeed, "{login: bo}", "{login: bo}\n  - {login: robot, servicePrincipal: user-defined, role: reads}", 1)+
		"roles: [{name: reads, scopes: [stack:read]}]\n")
	ana := s.admin()
	for roster, want := range map[string]string{"frontend": "ana,bo,cy,dee", "backend": "ana,bo,cy,dee", "service-principal": "robot"} {
		listed := ana.do("GET /members?type="+roster, nil).want(200)
		var names []string
		for i := range listed.list("members") {
			names = append(names, listed.str("members", i, "user", "githubLogin"))
		}
		if got := strings.Join(names, ","); got != want {
			t.Errorf("%s: got %s, want %s", roster, got, want)
		}
	}
	ana.do("GET /members?type=service-principal", nil).want(200).says(`"servicePrincipalKind":"user-defined"`)
	robot := s.as("robot")
	robot.do("GET "+devStack, nil).want(200)
	robot.do("PATCH "+devStack+"/tags", obj{"a": "b"}).want(403)
	ana.do("PATCH /members/robot", obj{"role": "admin"}).want(404)
	ana.do("DELETE /members/robot", nil).want(404)
	stack := s.assignables()[0]
	ana.do(assign, stack.update("robot", ana.set(stack, "stack-write"))).want(200).says(`"servicePrincipalKind":"user-defined"`)
	robot.do("PATCH "+devStack+"/tags", obj{"a": "b"}).want(204)
}
