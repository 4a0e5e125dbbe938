package cloud_test

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/cloud"
)

// The service takes approvers in one form and gives them back in another.
func TestGateForms(t *testing.T) {
	t.Parallel()
	gate := cloud.Gate{
		Name: "open prod", Enabled: true, Project: "payments", Environment: "prod", Action: cloud.GateOpen,
		Rule: cloud.ApprovalRule{
			RequiredApprovals: 2, ReapprovalOnChange: true, Teams: []string{"security"}, Users: []string{"ana"},
			Permission: []string{"environment:write"},
		},
	}
	read := `{"id": "g1", "name": "open prod", "enabled": true,
		"target": {"entityType": "environment", "actionTypes": ["open"], "entityInfo": {"entityType": "environment", "project": "payments", "name": "prod"}},
		"rule": {"ruleType": "approval_required", "numApprovalsRequired": 2, "allowSelfApproval": false, "requireReapprovalOnChange": true,
			"eligibleApprovers": [{"eligibilityType": "has_permission_on_target", "permission": "environment:write"},
				{"eligibilityType": "specific_user", "user": {"githubLogin": "ana", "name": "Ana", "avatarUrl": ""}},
				{"eligibilityType": "team_member", "name": "security", "displayName": "Security"}]}}`
	client := scripted(t, exchange{
		call: "POST /api/change-gates/acme", status: 201, answer: read,
		body: `{"name": "open prod", "enabled": true,
			"target": {"entityType": "environment", "qualifiedName": "payments/prod", "actionTypes": ["open"]},
			"rule": {"ruleType": "approval_required", "numApprovalsRequired": 2, "allowSelfApproval": false, "requireReapprovalOnChange": true,
				"eligibleApprovers": [{"eligibilityType": "team_member", "teamName": "security"},
					{"eligibilityType": "specific_user", "userLogin": "ana"},
					{"eligibilityType": "has_permission_on_target", "permission": "environment:write"}]}}`,
	})
	made, err := client.CreateGate(t.Context(), "acme", gate, nil)
	require.NoError(t, err)
	assert.Equal(t, "g1", made.ID)
	assert.True(t, made.Same(gate), "%+v", made)
	made.Rule.AllowSelfApproval = true
	assert.False(t, made.Same(gate))
}

func TestUnknownFormOfAGateIsReported(t *testing.T) {
	t.Parallel()
	var gate cloud.Gate
	require.NoError(t, json.Unmarshal([]byte(`{"id": "g1", "name": "x", "enabled": true,
		"target": {"entityType": "stack", "qualifiedName": "payments/prod", "actionTypes": ["update", "open"]},
		"rule": {"ruleType": "moon_phase", "eligibleApprovers": [{"eligibilityType": "oracle"}]}}`), &gate))
	assert.Equal(t, "update", gate.Action)
	assert.Equal(t, []string{
		"it guards a stack", "it guards the action open as well", "its rule is of type moon_phase", "it has approvers of type oracle",
	}, gate.Unrecognized)
	assert.False(t, gate.Same(gate), "what is not understood is the same as nothing")
}

// Gates on something else than an environment are read as what they are, never fail a list, and are not among those of an
// environment that their names look like.
func TestGatesOfAnEnvironmentAreItsOwn(t *testing.T) {
	t.Parallel()
	const rule = `"rule": {"ruleType": "approval_required", "numApprovalsRequired": 1, "allowSelfApproval": false, "requireReapprovalOnChange": true,
		"eligibleApprovers": []}`
	own := `{"id": "own", "name": "x", "enabled": true, "target": {"entityType": "environment", "qualifiedName": "payments/prod",
		"actionTypes": ["open"], "entityInfo": {"entityType": "environment", "project": "payments", "name": "prod"}}, ` + rule + `}`
	others := map[string]string{
		`{"id": "g", "name": "x", "enabled": true, "target": {"entityType": "delivery_gate", "qualifiedName": "payments/prod", "actionTypes": ["approve"],
			"entityInfo": {"entityType": "delivery_gate", "project": "payments", "stack": "dev", "runNumber": 7, "gateId": "d1", "name": "prod"}}, ` + rule + `}`: `it guards a delivery_gate (gateId "d1", name "prod", project "payments", runNumber 7, stack "dev")`,
		`{"id": "g", "name": "x", "enabled": true, "target": {"entityType": "policy_exceptions", "actionTypes": ["create"],
			"entityInfo": {"entityType": "policy_exceptions", "organization": "acme"}}, ` + rule + `}`: `it guards a policy_exceptions (organization "acme")`,
		`{"id": "g", "name": "x", "enabled": true, "target": {"entityType": "moon", "qualifiedName": "payments/prod", "actionTypes": [],
			"entityInfo": "full"}, "rule": {"ruleType": "tide", "eligibleApprovers": "all"}}`: "it guards a moon",
		`{"id": "g", "name": "x", "enabled": true, "target": {"entityType": "environment", "qualifiedName": "payments/dev", "actionTypes": ["open"]}, ` +
			rule + `}`: "",
	}
	for other, says := range others {
		var gate cloud.Gate
		require.NoError(t, json.Unmarshal([]byte(other), &gate))
		if says != "" {
			assert.Equal(t, says, gate.Unrecognized[0])
			assert.Empty(t, gate.Project+gate.Environment)
			assert.False(t, gate.Same(gate))
		}
		client := scripted(t, exchange{
			call:   "GET /api/change-gates/acme?entityType=environment&qualifiedName=payments%2Fprod",
			answer: `{"gates": [` + other + `, ` + own + `], "continuationToken": ""}`,
		})
		var ids []string
		for found, err := range client.Gates(t.Context(), "acme", "payments", "prod") {
			require.NoError(t, err)
			ids = append(ids, found.ID)
		}
		assert.Equal(t, []string{"own"}, ids, other)
	}
}

// A gate of Prod is not taken for one of prod, which would appear guarded.
func TestGatesComparesNamesExactly(t *testing.T) {
	t.Parallel()
	const gate = `{"id": "g", "name": "n", "enabled": true, "target": {"entityType": "environment", "qualifiedName": "payments/Prod",
		"actionTypes": ["open"], "entityInfo": {"entityType": "environment", "project": "payments", "environment": "Prod", "name": "Prod"}},
		"rule": {"ruleType": "approval_required", "numApprovalsRequired": 1, "allowSelfApproval": false, "requireReapprovalOnChange": false,
		"eligibleApprovers": [{"eligibilityType": "team_member", "name": "ops"}]}}`
	for name, count := range map[string]int{"prod": 0, "Prod": 1} {
		client := scripted(t, exchange{
			call:   "GET /api/change-gates/acme?entityType=environment&qualifiedName=payments%2F" + name,
			answer: `{"gates": [` + gate + `], "continuationToken": ""}`,
		})
		found := 0
		for _, err := range client.Gates(t.Context(), "acme", "payments", name) {
			require.NoError(t, err)
			found++
		}
		assert.Equal(t, count, found, name)
	}
}

func TestDeploymentStarts(t *testing.T) {
	t.Parallel()
	const settings = "GET /api/stacks/acme/payments/prod/deployments/settings"
	for answer, want := range map[string][]string{
		`{"version": 1, "gitHub": {"deployCommits": true, "previewPullRequests": true}}`: {"gitHub.deployCommits", "gitHub.previewPullRequests"},
		`{"version": 1, "vcs": {"provider": "gitlab", "deployTags": true}}`:              {"vcs.deployTags"},
		`{"version": 1, "gitHub": {"deployPullRequest": 7, "deployCommits": null}}`:      {"gitHub.deployPullRequest"},
		`{"version": 1, "gitHub": {"deployCommits": false, "deployPullRequest": 0}}`:     nil,
		`{"version": 1, "gitHub": null, "operationContext": {}}`:                         nil,
		`{"version": 1}`: nil,
	} {
		client := scripted(t, exchange{call: settings, answer: answer})
		got, err := client.DeploymentStarts(t.Context(), "acme", "payments", "prod")
		require.NoError(t, err)
		assert.Equal(t, cloud.DeploymentStarts{Triggers: want}, got, answer)
	}
	sourced := scripted(t, exchange{call: settings, answer: `{"version": 1, "sourceContext": {"git": {"repoUrl": "https://git.example/a"}}}`})
	from, err := sourced.DeploymentStarts(t.Context(), "acme", "payments", "prod")
	require.NoError(t, err)
	assert.Equal(t, cloud.DeploymentStarts{Source: "sourceContext.git"}, from)
	client := scripted(t, exchange{call: settings, status: 404, answer: refusal(404, "Deployment settings not found")})
	got, err := client.DeploymentStarts(t.Context(), "acme", "payments", "prod")
	require.NoError(t, err)
	assert.Empty(t, got)
}

func TestReferrers(t *testing.T) {
	t.Parallel()
	const list = "GET /api/esc/environments/acme/payments/prod/referrers?"
	client := scripted(t,
		exchange{call: list + "latestStackVersionOnly=true", answer: `{"referrers": {
			"latest": [{"environment": {"project": "payments", "name": "app", "revision": 2}}], "3": [{"insightsAccount": {"accountName": "aws"}}]},
			"continuationToken": "n"}`},
		exchange{call: list + "continuationToken=n&latestStackVersionOnly=true", answer: `{"referrers": {
			"latest": [{"stack": {"project": "payments", "stack": "prod", "version": 1}}]}}`})
	var got []string
	for r, err := range client.Referrers(t.Context(), "acme", "payments", "prod") {
		require.NoError(t, err)
		switch {
		case r.Environment != nil:
			got = append(got, "environment "+r.Environment.Name)
		case r.Stack != nil:
			got = append(got, "stack "+r.Stack.Stack)
		case r.Account != nil:
			got = append(got, "account "+r.Account.Name)
		}
	}
	assert.Equal(t, []string{"account aws", "environment app", "stack prod"}, got)
}
