package resources_test

import (
	"encoding/json"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/cloud"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/server/servertest"
)

const (
	createGateRoute  = "POST /api/change-gates/{orgName}"
	readGateRoute    = "GET /api/change-gates/{orgName}/{gateID}"
	writeGateRoute   = "PUT /api/change-gates/{orgName}/{gateID}"
	deleteGateRoute  = "DELETE /api/change-gates/{orgName}/{gateID}"
	referrersOfRoute = readEnvironmentRoute + "/referrers"
)

func TestApprovalGateLifecycle(t *testing.T) {
	t.Parallel()
	w := newWorld(t, gated)
	before := string(w.State())
	e := w.resource("ApprovalGate")
	inputs := guarding(map[string]any{"approvers": map[string]any{
		"teams": []string{"security", "alone", "security"}, "users": []string{"Sue", "bo"}, "permission": "environment:write",
	}})

	preview, err := e.preview(inputs)
	require.NoError(t, err)
	assert.Empty(t, w.writes(), "a preview only reads")
	assert.True(t, preview.Get("gateId").IsComputed())
	said := e.said()
	assert.Contains(t, said, `approver "Sue" is spelled "sue" by the service`)
	assert.NotContains(t, said, `approver "bo"`)
	stranger := guarding(map[string]any{"approvers": map[string]any{"users": []string{"bo", "nobody"}}})
	_, err = e.preview(stranger)
	require.NoError(t, err)
	assert.Contains(t, e.said(), `approver "nobody" is not a member of organization acme`)

	w.Reset()
	err = e.up(inputs)
	require.ErrorContains(t, err, "there is no user 'Sue'", "the service spells logins in one way")
	inputs["approvers"].(map[string]any)["users"] = []string{"sue", "bo"}
	require.NoError(t, e.up(inputs))
	id := e.state.Get("gateId").AsString()
	assert.Equal(t, "acme/"+id, e.id)
	made := w.gates()
	require.Len(t, made, 1)
	assert.Equal(t, cloud.ApprovalRule{
		RequiredApprovals: 1, ReapprovalOnChange: true, Teams: []string{"alone", "security"}, Users: []string{"bo", "sue"},
		Permission: []string{"environment:write"},
	}, made[0].Rule)
	assert.True(t, made[0].Enabled)

	w.Reset()
	e.settled(inputs)
	require.NoError(t, e.up(inputs))
	assert.Empty(t, w.calls(), "an update without changes makes no call")
	require.NoError(t, e.refresh())
	assert.Equal(t, map[string]int{readGateRoute: 1}, w.calls())
	e.settled(inputs)
	assert.NotContains(t, shown(e.inputs), "requiredApprovals", "what is left to the default stays out of the inputs")

	changedGate := guarding(map[string]any{
		"name": "prod is watched", "requiredApprovals": 2, "allowSelfApproval": true, "requireReapprovalOnChange": false, "enabled": false,
	})
	w.Reset()
	preview, err = e.preview(changedGate)
	require.NoError(t, err)
	assert.Equal(t, id, preview.Get("gateId").AsString())
	assert.Empty(t, w.writes())
	said = e.said()
	for _, lost := range []string{"out of force", "remove team alone", "remove bo", "holders of environment:write"} {
		assert.Contains(t, said, lost)
	}
	w.Reset()
	require.NoError(t, e.up(changedGate))
	assert.Equal(t, map[string]int{writeGateRoute: 1}, w.calls())
	assert.Equal(t, cloud.ApprovalRule{
		RequiredApprovals: 2, AllowSelfApproval: true, Teams: []string{"security"},
	}, w.gates()[0].Rule)
	assert.Equal(t, id, w.gates()[0].ID, "changed in place")
	e.settled(changedGate)

	for property, value := range map[string]string{"action": "open", "environment": "app", "project": "web"} {
		diff := e.diff(guarding(map[string]any{property: value}))
		assert.Contains(t, string(diff.DetailedDiff[property].Kind), "replace", property)
	}

	w.Reset()
	require.NoError(t, e.destroy())
	assert.Equal(t, map[string]int{readGateRoute: 2, deleteGateRoute: 1}, w.calls())
	assert.Equal(t, before, string(w.State()))
}

func TestApprovalGateChecks(t *testing.T) {
	t.Parallel()
	w := newWorld(t, gated)
	e := w.resource("ApprovalGate")
	users := func(logins ...string) map[string]any { return map[string]any{"users": logins} }
	for _, test := range []struct {
		name         string
		more         map[string]any
		path, reason string
	}{
		{"no approver at all", map[string]any{"approvers": map[string]any{}}, "approvers", "nobody could approve, and 1 approval is required"},
		{"fewer people than required", map[string]any{"approvers": users("bo", "sec", "Bo"), "requiredApprovals": 3},
			"requiredApprovals", "only 2 people could approve (bo, sec), and 3 approvals are required"},
		{"one person for two", map[string]any{"approvers": users("bo"), "requiredApprovals": 2}, "requiredApprovals", "only 1 person could approve (bo)"},
		{"no approval", map[string]any{"requiredApprovals": 0}, "requiredApprovals", "must be at least 1"},
		{"an unknown scope", map[string]any{"approvers": map[string]any{"permission": "environment:wirte"}}, "approvers.permission", "environment:write"},
		{"a scope of stacks", map[string]any{"approvers": map[string]any{"permission": "stack:write"}}, "approvers.permission", "is not a scope"},
		{"a team in an organization", map[string]any{"approvers": map[string]any{"teams": []string{"acme/security"}}}, "approvers.teams[0]", "without a slash"},
		{"an empty name", map[string]any{"name": ""}, "name", "must not be empty"},
		{"an unknown action", map[string]any{"action": "close"}, "action", "use open or update"},
		{"a path as environment", map[string]any{"environment": "payments/prod"}, "environment", "without a slash"},
	} {
		t.Run(test.name, func(t *testing.T) {
			failures := e.failures(guarding(test.more))
			assert.Contains(t, failures[test.path], test.reason, "all: %v", failures)
		})
	}
	assert.Empty(t, e.failures(guarding(map[string]any{"approvers": users("bo"), "requiredApprovals": unknown})), "an unknown passes")
	assert.Empty(t, e.failures(guarding(map[string]any{"approvers": unknown, "requiredApprovals": 9})))
	assert.Empty(t, w.calls(), "a check makes no call")
}

// What only the service knows is refused at preview, with the count, and at the up as well.
func TestApprovalGateNobodyCouldSatisfy(t *testing.T) {
	t.Parallel()
	w := newWorld(t, gated)
	e := w.resource("ApprovalGate")
	few := guarding(map[string]any{
		"approvers": map[string]any{"teams": []string{"security", "alone"}, "users": []string{"SEC"}}, "requiredApprovals": 3,
	})
	_, err := e.preview(few)
	require.ErrorContains(t, err, "could never be satisfied: only 2 people could approve (SEC, sue), and 3 approvals are required")
	require.ErrorContains(t, e.up(few), "could never be satisfied")
	assert.Empty(t, w.gates())

	just := guarding(map[string]any{"requiredApprovals": 2})
	_, err = e.preview(just)
	require.NoError(t, err)
	assert.Contains(t, e.said(), "can never be approved, since nobody approves their own request")
	require.NoError(t, e.up(just))

	_, err = e.preview(guarding(map[string]any{"approvers": map[string]any{"teams": []string{"alone"}}, "requiredApprovals": 2}))
	require.ErrorContains(t, err, "only 1 person could approve (sec)", "an update is judged too")

	// A team that may come with the same update cannot be counted yet; without it the gate is refused by name.
	missing := guarding(map[string]any{"approvers": map[string]any{"teams": []string{"later"}}})
	_, err = w.resource("ApprovalGate").preview(missing)
	require.NoError(t, err)
	require.ErrorContains(t, w.resource("ApprovalGate").up(missing), "there is no team 'later'")
}

// A token that is not an administrator's gets the same answer for a team to come as for one that it may not see.
func TestApprovalGateOfATeamToComeWithALesserToken(t *testing.T) {
	t.Parallel()
	w := newWorld(t, gated)
	lesser := w.with(w.TokenFor(servertest.Identity{User: "bo"}), "ApprovalGate")
	for name, approvers := range map[string]map[string]any{
		"alone":                    {"teams": []string{"later"}},
		"after one that is there":  {"teams": []string{"security", "later"}},
		"beside a user":            {"teams": []string{"later"}, "users": []string{"sue"}},
		"with too few who are now": {"teams": []string{"alone", "later"}},
	} {
		gate := guarding(map[string]any{"approvers": approvers, "requiredApprovals": 2})
		_, err := lesser.preview(gate)
		require.NoError(t, err, name)
		assert.Contains(t, lesser.said(), `team "later" does not exist yet, or is not visible to this token`, name)
		require.ErrorContains(t, lesser.up(gate), "who could approve could not be counted", name)
	}
	assert.Empty(t, w.gates())
}

// An update that is interrupted between a team and its members can go on.
func TestApprovalGateOfATeamWhoseMembersAreToCome(t *testing.T) {
	t.Parallel()
	w := newWorld(t, gated)
	w.admin("POST", "/api/orgs/acme/teams/pulumi", tree{"name": "empty", "displayName": "empty", "description": ""})
	w.admin("PATCH", "/api/orgs/acme/teams/empty", tree{"memberAction": "remove", "member": "ana"})
	e := w.resource("ApprovalGate")
	gate := guarding(map[string]any{"approvers": map[string]any{"teams": []string{"empty"}}})
	_, err := e.preview(gate)
	require.NoError(t, err)
	assert.Contains(t, e.said(), `team "empty" has no members yet`)
	require.ErrorContains(t, e.up(gate), "could never be satisfied: nobody could approve")

	w.admin("PATCH", "/api/orgs/acme/teams/empty", tree{"memberAction": "add", "member": "sue"})
	_, err = e.preview(gate)
	require.NoError(t, err)
	require.NoError(t, e.up(gate))
}

// Deployments that a git push starts can never hold a grant.
func TestOpenGateOnWhatPushesDeploy(t *testing.T) {
	t.Parallel()
	const settings = "/api/stacks/acme/payments/prod/deployments/settings"
	for name, on := range map[string]tree{
		"gitHub.deployCommits":       {"gitHub": tree{"deployCommits": true, "pullRequestTemplate": false}},
		"gitHub.previewPullRequests": {"gitHub": tree{"previewPullRequests": true, "pullRequestTemplate": false}},
		"gitHub.pullRequestTemplate": {"gitHub": tree{"pullRequestTemplate": true}},
		"vcs.deployCommits":          {"vcs": tree{"provider": "gitlab", "deployCommits": true}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, gated)
			w.admin("POST", settings, on)
			e := w.resource("ApprovalGate")
			_, err := e.preview(guarding(map[string]any{"action": "open"}))
			require.ErrorContains(t, err, "would make every deployment fail that a git push starts")
			require.ErrorContains(t, err, "stack payments/prod ("+name+")", "found through the environment that imports this one")
			require.ErrorContains(t, err, "gate `update` instead of `open`")
			require.ErrorContains(t, e.up(guarding(map[string]any{"action": "open"})), "payments/prod")
			assert.Empty(t, w.gates())
			_, err = e.preview(guarding(nil))
			require.NoError(t, err, "an update gate stops no deployment")
			_, err = e.preview(guarding(map[string]any{"action": "open", "environment": "quiet"}))
			require.NoError(t, err, "nothing imports it")
			_, err = e.preview(guarding(map[string]any{"action": "open", "enabled": false}))
			require.NoError(t, err, "it is not in force")
		})
	}
	w := newWorld(t, gated)
	w.admin("POST", settings, tree{"gitHub": tree{"repository": "acme/payments", "deployCommits": false, "pullRequestTemplate": false}})
	require.NoError(t, w.resource("ApprovalGate").up(guarding(map[string]any{"action": "open"})), "nothing is started by a push")
}

// A stack that names the environment in its configuration opens it as one does that names an importer of it. Deployments from
// a source in git that no push starts are told of.
func TestOpenGateOnWhatAStackOpensDirectly(t *testing.T) {
	t.Parallel()
	const settings = "/api/stacks/acme/payments/prod/deployments/settings"
	for _, environment := range []string{"app", "prod"} { // the first is named by the stack, the second is imported by it
		w := newWorld(t, gated)
		w.admin("POST", settings, tree{"gitHub": tree{"deployCommits": true, "pullRequestTemplate": false}})
		gate := guarding(map[string]any{"action": "open", "environment": environment})
		_, err := w.resource("ApprovalGate").preview(gate)
		require.ErrorContains(t, err, "stack payments/prod (gitHub.deployCommits", environment)

		w = newWorld(t, gated)
		w.admin("POST", settings, tree{"sourceContext": tree{"git": tree{"repoUrl": "https://git.example/a", "branch": "main"}}})
		e := w.resource("ApprovalGate")
		_, err = e.preview(gate)
		require.NoError(t, err, environment)
		said := e.said()
		assert.Contains(t, said, "stack payments/prod (sourceContext.git)", environment)
		assert.Contains(t, said, "fail without a grant", environment)
		_, err = w.resource("ApprovalGate").preview(guarding(map[string]any{"action": "open", "environment": "quiet"}))
		require.NoError(t, err)
	}
}

func TestApprovalGateOfAnEnvironmentToCome(t *testing.T) {
	t.Parallel()
	w := newWorld(t, gated)
	e := w.resource("ApprovalGate")
	later := guarding(map[string]any{"environment": "later", "action": "open"})
	_, err := e.preview(later)
	require.NoError(t, err)
	require.ErrorContains(t, e.up(later), "later")
}

func TestApprovalGateDrift(t *testing.T) {
	t.Parallel()
	w := newWorld(t, gated)
	e := w.resource("ApprovalGate")
	inputs := guarding(nil)
	require.NoError(t, e.up(inputs))
	id := e.state.Get("gateId").AsString()
	body := func(edit func(rule tree)) tree {
		rule := tree{
			"ruleType": "approval_required", "numApprovalsRequired": 1, "allowSelfApproval": false, "requireReapprovalOnChange": true,
			"eligibleApprovers": []tree{{"eligibilityType": "team_member", "teamName": "security"}},
		}
		edit(rule)
		return tree{
			"name": "update payments/prod", "enabled": true, "rule": rule,
			"target": tree{"entityType": "environment", "qualifiedName": "payments/prod", "actionTypes": []string{"update"}},
		}
	}
	for property, edit := range map[string]func(tree){
		"allowSelfApproval": func(rule tree) { rule["allowSelfApproval"] = true },
		"requiredApprovals": func(rule tree) { rule["numApprovalsRequired"] = 2 },
		"approvers": func(rule tree) {
			rule["eligibleApprovers"] = []tree{{"eligibilityType": "specific_user", "userLogin": "bo"}}
		},
		"unrecognized": func(rule tree) {
			rule["eligibleApprovers"] = []tree{
				{"eligibilityType": "team_member", "teamName": "security"},
				{"eligibilityType": "has_permission_on_target", "permission": "environment:write"},
				{"eligibilityType": "has_permission_on_target", "permission": "environment:delete"},
			}
		},
	} {
		w.admin("PUT", gatesPath+"/"+id, body(edit))
		require.NoError(t, e.refresh())
		assert.Contains(t, changed(e.diff(inputs)), property)
		_, err := e.preview(inputs)
		require.NoError(t, err)
		require.NoError(t, e.up(inputs))
		assert.Equal(t, []string{"security"}, w.gates()[0].Rule.Teams)
		assert.Empty(t, w.gates()[0].Rule.Permission)
		assert.Empty(t, w.gates()[0].Rule.Users)
		assert.Equal(t, 1, w.gates()[0].Rule.RequiredApprovals)
		e.settled(inputs)
	}
	w.admin("PUT", gatesPath+"/"+id, func() tree { b := body(func(tree) {}); b["enabled"] = false; return b }())
	require.NoError(t, e.refresh())
	assert.Equal(t, []string{"enabled"}, changed(e.diff(inputs)))
}

func TestApprovalGateImport(t *testing.T) {
	t.Parallel()
	w := newWorld(t, gated)
	var made struct{ ID string }
	require.NoError(t, json.Unmarshal(w.admin("POST", gatesPath, tree{
		"name": "theirs", "enabled": true,
		"target": tree{"entityType": "environment", "qualifiedName": "payments/prod", "actionTypes": []string{"open"}},
		"rule": tree{
			"ruleType": "approval_required", "numApprovalsRequired": 2, "allowSelfApproval": false, "requireReapprovalOnChange": true,
			"eligibleApprovers": []tree{{"eligibilityType": "team_member", "teamName": "security"}},
		},
	}), &made))
	e := w.resource("ApprovalGate")
	require.NoError(t, e.adopt("acme/"+made.ID))
	e.settled(guarding(map[string]any{"action": "open", "name": "theirs", "requiredApprovals": 2}))
	require.ErrorContains(t, w.resource("ApprovalGate").adopt(made.ID), "organization/id")
	none := w.resource("ApprovalGate")
	require.NoError(t, none.adopt("acme/none"))
	assert.Empty(t, none.id)

	// Making the very same gate again would ask for the same twice.
	err := w.resource("ApprovalGate").up(guarding(map[string]any{"action": "open", "name": "theirs", "requiredApprovals": 2}))
	require.ErrorContains(t, err, "pulumi import")
	require.ErrorContains(t, err, "acme/"+made.ID)
	assert.Len(t, w.gates(), 1)
}

func TestApprovalGateGoneAndBlind(t *testing.T) {
	t.Parallel()
	w := newWorld(t, gated)
	e := w.resource("ApprovalGate")
	require.NoError(t, e.up(guarding(nil)))
	blind := w.with(w.TokenFor(servertest.Identity{User: "bo"}), "ApprovalGate")
	blind.id, blind.inputs, blind.state = e.id, e.inputs, e.state
	require.ErrorContains(t, blind.refresh(), "not visible to this token")
	require.ErrorContains(t, blind.destroy(), "not visible to this token")

	w.admin("DELETE", gatesPath+"/"+e.state.Get("gateId").AsString(), nil)
	require.ErrorContains(t, e.up(guarding(map[string]any{"enabled": false})), "was deleted outside Pulumi")
	kept := *e
	require.NoError(t, kept.destroy(), "a gate that is gone is done")
	require.NoError(t, e.refresh())
	assert.Empty(t, e.id)
	require.NoError(t, e.up(guarding(nil)))
	assert.Len(t, w.gates(), 1)
}

func TestApprovalGateFaults(t *testing.T) {
	t.Parallel()
	for name, fault := range map[string]servertest.Fault{
		"the answer of the create is lost": {Match: createGateRoute, Reset: "after"},
		"the create never arrives":         {Match: createGateRoute, Reset: "before"},
		"a gateway answers the create":     {Match: createGateRoute, Status: 503},
		"the create is limited":            {Match: createGateRoute, Status: 429, Headers: map[string]string{"Retry-After": "1"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, gated)
			// One that somebody else made, and that differs in its name only, must not be taken for ours.
			require.NoError(t, w.resource("ApprovalGate").up(guarding(map[string]any{"name": "theirs"})))
			w.Fault(fault)
			e := w.resource("ApprovalGate")
			require.NoError(t, e.up(guarding(nil)))
			names := []string{}
			for _, gate := range w.gates() {
				names = append(names, gate.Name)
			}
			slices.Sort(names)
			assert.Equal(t, []string{"theirs", "update payments/prod"}, names, "nothing is made twice")
			e.settled(guarding(nil))
		})
	}
	w := newWorld(t, gated)
	e := w.resource("ApprovalGate")
	w.Fault(servertest.Fault{Match: createGateRoute, Status: 500})
	require.Error(t, e.up(guarding(nil)))
	assert.Empty(t, e.id)
	require.NoError(t, e.up(guarding(nil)))
	w.Fault(servertest.Fault{Match: deleteGateRoute, Status: 500})
	require.Error(t, e.destroy())
	require.NoError(t, e.destroy())
	assert.Empty(t, w.gates())
}

// Who will ask does not count among who could approve.
func TestOnlyTheRequesterCouldApprove(t *testing.T) {
	t.Parallel()
	w := newWorld(t, gated)
	e := w.resource("ApprovalGate")
	users := map[string]any{"users": []string{"bo", "sec"}}
	failures := e.failures(guarding(map[string]any{"approvers": users, "requesters": []string{"Bo"}, "requiredApprovals": 2}))
	assert.Contains(t, failures["approvers.users[0]"], "bo is among those who will ask")
	assert.Contains(t, failures["requiredApprovals"], "only 1 person could approve (sec) besides the 1 who will ask (bo), and 2 approvals are required")

	alone := guarding(map[string]any{"approvers": map[string]any{"teams": []string{"alone"}}, "requesters": []string{"sec"}})
	_, err := e.preview(alone)
	require.ErrorContains(t, err, "nobody could approve besides the 1 who will ask (sec), and 1 approval is required")
	require.ErrorContains(t, e.up(alone), "could never be satisfied")

	both := guarding(map[string]any{"requesters": []string{"sec"}})
	_, err = e.preview(both)
	require.NoError(t, err)
	assert.Contains(t, e.said(), "sec will ask, and could approve what others ask for")
	require.NoError(t, e.up(both))
	e.settled(both)
	w.Reset()
	other := guarding(map[string]any{"requesters": []string{"bo"}})
	require.NoError(t, e.up(other))
	assert.Empty(t, w.writes(), "the service knows nothing of who will ask")
	e.settled(other)
	require.NoError(t, e.refresh())
	e.settled(other)
}
