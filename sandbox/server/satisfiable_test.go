package server_test

import "testing"

func guardOf(required int, approvers ...obj) obj {
	return obj{
		"name": "guard", "enabled": true,
		"target": obj{"entityType": "environment", "qualifiedName": "payments/prod", "actionTypes": []string{"open"}},
		"rule": obj{"ruleType": "approval_required", "numApprovalsRequired": required, "allowSelfApproval": false,
			"requireReapprovalOnChange": true, "eligibleApprovers": append([]obj{}, approvers...)},
	}
}

func TestGatesThatNobodyCouldEverSatisfyAreRefused(t *testing.T) {
	t.Parallel()
	s := startScene(t, acmeSeed)
	named := func(login string) obj { return obj{"eligibilityType": "specific_user", "userLogin": login} }
	team := obj{"eligibilityType": "team_member", "teamName": "empty"}
	for name, tc := range map[string]struct {
		body obj
		want int
	}{
		"no approvers":               {guardOf(1), 400},
		"more than are named":        {guardOf(2, named("bo")), 400},
		"one person, named twice":    {guardOf(2, named("bo"), named("bo")), 400},
		"as many as are named":       {guardOf(2, named("bo"), named("cy")), 201},
		"a team that may get people": {guardOf(2, named("bo"), team), 201},
	} {
		if got := s.admin().do("POST /api/change-gates/acme", tc.body); got.status != tc.want {
			t.Errorf("%s: got %d, want %d: %s", name, got.status, tc.want, got.raw)
		}
	}
}

// A gate that nobody satisfied yet, and one that nobody can: the refusal says which.
func TestARefusedApplySaysThatTooFewMayApprove(t *testing.T) {
	t.Parallel()
	s := startScene(t, acmeSeed)
	ana := s.admin()
	team := obj{"eligibilityType": "team_member", "teamName": "empty"}
	gate := ana.do("POST /api/change-gates/acme", guardOf(1, team)).want(201).str("id")
	ask := ana.do("POST /api/esc/environments/acme/payments/prod/open/request", obj{"accessDurationSeconds": 60, "grantExpirationSeconds": 60}).want(200)
	request := "/api/change-requests/acme/" + ask.str("changeRequests", 0, "changeRequestId")
	ana.do("POST "+request+"/submit", obj{}).want(204)
	ana.do("POST "+request+"/apply", nil).want(400).says("only 0 people may give one")
	ana.do("PATCH /teams/empty", obj{"member": "bo", "memberAction": "add"}).want(204)
	refused := ana.do("POST "+request+"/apply", nil).want(400)
	if contains(refused.raw, "people may give one") {
		t.Errorf("bo may approve: %s", refused.raw)
	}
	ana.do("DELETE /api/change-gates/acme/"+gate, nil).want(204)
}

func TestAccountsNeedAnEnvironmentThatTheCallerSees(t *testing.T) {
	t.Parallel()
	s := startScene(t, acmeSeed)
	ana := s.admin()
	const account = "/api/preview/insights/acme/accounts/"
	body := func(environment string) obj { return obj{"provider": "aws", "environment": environment} }
	ana.do("POST "+account+"a", body("payments/none")).want(400).says("payments/none")
	ana.do("POST "+account+"a", body("payments/dev")).want(204)
	ana.do("PATCH "+account+"a", obj{"environment": "nowhere"}).want(400)
	ana.do("PATCH "+account+"a", obj{"environment": "payments/prod@3"}).want(204)
	ana.do("GET "+account+"a", nil).want(200).says("payments/prod@3")
	ana.do("PATCH "+account+"none", obj{"environment": "payments/prod"}).want(404)
	s.as("bo").do("PATCH "+account+"a", obj{"environment": "payments/prod"}).want(404)
	ana.do("PATCH ", obj{"setMembersCanCreateAccounts": true, "setDefaultAccountPermission": 3}).want(200)
	bo := s.as("bo")
	bo.do("POST "+account+"b", body("payments/prod")).want(400).says("not found")
	bo.do("PATCH "+account+"a", obj{"environment": "payments/prod"}).want(400)
}

func TestOrganizationPoliciesNeedRights(t *testing.T) {
	t.Parallel()
	s := startScene(t, acmeSeed)
	made := s.admin().do("POST /oidc/issuers", obj{"name": "ci", "url": "https://token.actions.githubusercontent.com", "thumbprints": []string{}}).want(200)
	policy := s.admin().do("GET /auth/policies/oidcissuers/"+made.str("id"), nil).want(200).str("id")
	write := func(more obj) answer {
		one := obj{"decision": "allow", "tokenType": "organization", "authorizedPermissions": []string{}, "rules": obj{"sub": "a"}}
		for key, value := range more {
			one[key] = value
		}
		return s.admin().do("PATCH /auth/policies/"+policy, obj{"policies": []obj{one}})
	}
	write(nil).want(400).says("authorizedPermissions or a roleID")
	write(obj{"authorizedPermissions": []string{"standard"}}).want(200)
	write(obj{"roleID": s.admin().roleWith("r", groupOf())}).want(200)
	write(obj{"decision": "deny"}).want(200)
}
