package approvalgate_test

import (
	"encoding/json"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/cloud"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/resourcetest"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/server/servertest"
)

const (
	createGateRoute  = "POST /api/change-gates/{orgName}"
	readGateRoute    = "GET /api/change-gates/{orgName}/{gateID}"
	writeGateRoute   = "PUT /api/change-gates/{orgName}/{gateID}"
	deleteGateRoute  = "DELETE /api/change-gates/{orgName}/{gateID}"
	referrersOfRoute = resourcetest.ReadEnvironmentRoute + "/referrers"
)

func TestApprovalGateLifecycle(t *testing.T) {
	t.Parallel()
	w := resourcetest.New(t, resourcetest.Gated)
	before := string(w.State())
	e := w.Resource("ApprovalGate")
	inputs := resourcetest.GateOnProd(map[string]any{"approvers": map[string]any{
		"teams": []string{"security", "alone", "security"}, "users": []string{"Sue", "bo"}, "permission": "environment:write",
	}})

	preview, err := e.Preview(inputs)
	require.NoError(t, err)
	assert.Empty(t, w.Writes(), "a preview only reads")
	assert.True(t, preview.Get("gateId").IsComputed())
	said := e.Said()
	assert.Contains(t, said, `approver "Sue" is spelled "sue" by the service`)
	assert.NotContains(t, said, `approver "bo"`)
	unknown := resourcetest.GateOnProd(map[string]any{"approvers": map[string]any{"users": []string{"bo", "nobody"}}})
	_, err = e.Preview(unknown)
	require.NoError(t, err)
	assert.Contains(t, e.Said(), `approver "nobody" is not a member of organization acme`)

	w.Reset()
	err = e.Up(inputs)
	require.ErrorContains(t, err, "there is no user 'Sue'", "the service spells logins in one way")
	inputs["approvers"].(map[string]any)["users"] = []string{"sue", "bo"}
	require.NoError(t, e.Up(inputs))
	id := e.State.Get("gateId").AsString()
	assert.Equal(t, "acme/"+id, e.ID)
	made := w.Gates()
	require.Len(t, made, 1)
	assert.Equal(t, cloud.ApprovalRule{
		RequiredApprovals: 1, ReapprovalOnChange: true, Teams: []string{"alone", "security"}, Users: []string{"bo", "sue"},
		Permission: []string{"environment:write"},
	}, made[0].Rule)
	assert.True(t, made[0].Enabled)

	w.Reset()
	e.Settled(inputs)
	require.NoError(t, e.Up(inputs))
	assert.Empty(t, w.Calls(), "an update without changes makes no call")
	require.NoError(t, e.Refresh())
	assert.Equal(t, map[string]int{readGateRoute: 1}, w.Calls())
	e.Settled(inputs)
	assert.NotContains(t, resourcetest.Shown(e.Inputs), "requiredApprovals", "what is left to the default stays out of the inputs")

	changedGate := resourcetest.GateOnProd(map[string]any{
		"name": "prod is watched", "requiredApprovals": 2, "allowSelfApproval": true, "requireReapprovalOnChange": false, "enabled": false,
	})
	w.Reset()
	preview, err = e.Preview(changedGate)
	require.NoError(t, err)
	assert.Equal(t, id, preview.Get("gateId").AsString())
	assert.Empty(t, w.Writes())
	said = e.Said()
	for _, lost := range []string{"out of force", "remove team alone", "remove bo", "holders of environment:write"} {
		assert.Contains(t, said, lost)
	}
	w.Reset()
	require.NoError(t, e.Up(changedGate))
	assert.Equal(t, map[string]int{writeGateRoute: 1}, w.Calls())
	assert.Equal(t, cloud.ApprovalRule{
		RequiredApprovals: 2, AllowSelfApproval: true, Teams: []string{"security"},
	}, w.Gates()[0].Rule)
	assert.Equal(t, id, w.Gates()[0].ID, "changed in place")
	e.Settled(changedGate)

	for property, value := range map[string]string{"action": "open", "environment": "app", "project": "web"} {
		diff := e.Diff(resourcetest.GateOnProd(map[string]any{property: value}))
		assert.Contains(t, string(diff.DetailedDiff[property].Kind), "replace", property)
	}

	w.Reset()
	require.NoError(t, e.Destroy())
	assert.Equal(t, map[string]int{readGateRoute: 2, deleteGateRoute: 1}, w.Calls())
	assert.Equal(t, before, string(w.State()))
}

func TestApprovalGateChecks(t *testing.T) {
	t.Parallel()
	w := resourcetest.New(t, resourcetest.Gated)
	e := w.Resource("ApprovalGate")
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
			failures := e.Failures(resourcetest.GateOnProd(test.more))
			assert.Contains(t, failures[test.path], test.reason, "all: %v", failures)
		})
	}
	assert.Empty(t, e.Failures(resourcetest.GateOnProd(map[string]any{"approvers": users("bo"), "requiredApprovals": resourcetest.Unknown})), "an unknown passes")
	assert.Empty(t, e.Failures(resourcetest.GateOnProd(map[string]any{"approvers": resourcetest.Unknown, "requiredApprovals": 9})))
	assert.Equal(t, map[string]int{"GET /api/orgs/{orgName}/roles/scopes": 1}, w.Calls(), "a check asks about unknown scopes, once, and makes no other call")
}

// What only the service knows is refused at preview, with the count, and at the update as well.
func TestApprovalGateNobodyCouldSatisfy(t *testing.T) {
	t.Parallel()
	w := resourcetest.New(t, resourcetest.Gated)
	e := w.Resource("ApprovalGate")
	few := resourcetest.GateOnProd(map[string]any{
		"approvers": map[string]any{"teams": []string{"security", "alone"}, "users": []string{"SEC"}}, "requiredApprovals": 3,
	})
	_, err := e.Preview(few)
	require.ErrorContains(t, err, "could never be satisfied: only 2 people could approve (SEC, sue), and 3 approvals are required")
	require.ErrorContains(t, e.Up(few), "could never be satisfied")
	assert.Empty(t, w.Gates())

	just := resourcetest.GateOnProd(map[string]any{"requiredApprovals": 2})
	_, err = e.Preview(just)
	require.NoError(t, err)
	assert.Contains(t, e.Said(), "can never be approved, since nobody approves their own request")
	require.NoError(t, e.Up(just))

	_, err = e.Preview(resourcetest.GateOnProd(map[string]any{"approvers": map[string]any{"teams": []string{"alone"}}, "requiredApprovals": 2}))
	require.ErrorContains(t, err, "only 1 person could approve (sec)", "an update is checked too")

	// A team that may come with the same update cannot be counted yet; without it the gate is refused by name.
	missing := resourcetest.GateOnProd(map[string]any{"approvers": map[string]any{"teams": []string{"later"}}})
	_, err = w.Resource("ApprovalGate").Preview(missing)
	require.NoError(t, err)
	require.ErrorContains(t, w.Resource("ApprovalGate").Up(missing), "there is no team 'later'")
}

// A token that is not an administrator's gets the same answer for a team to come as for one that it may not see.
func TestApprovalGateOfATeamToComeWithALesserToken(t *testing.T) {
	t.Parallel()
	w := resourcetest.New(t, resourcetest.Gated)
	lesser := w.With(w.TokenFor(servertest.Identity{User: "bo"}), "ApprovalGate")
	for name, approvers := range map[string]map[string]any{
		"alone":                    {"teams": []string{"later"}},
		"after one that is there":  {"teams": []string{"security", "later"}},
		"beside a user":            {"teams": []string{"later"}, "users": []string{"sue"}},
		"with too few who are now": {"teams": []string{"alone", "later"}},
	} {
		gate := resourcetest.GateOnProd(map[string]any{"approvers": approvers, "requiredApprovals": 2})
		_, err := lesser.Preview(gate)
		require.NoError(t, err, name)
		assert.Contains(t, lesser.Said(), `team "later" does not exist yet, or is not visible to this token`, name)
		require.ErrorContains(t, lesser.Up(gate), "who could approve could not be counted", name)
	}
	assert.Empty(t, w.Gates())
}

// An update that is interrupted between a team and its members can go on.
func TestApprovalGateOfATeamWhoseMembersAreToCome(t *testing.T) {
	t.Parallel()
	w := resourcetest.New(t, resourcetest.Gated)
	w.Admin("POST", "/api/orgs/acme/teams/pulumi", resourcetest.Tree{"name": "empty", "displayName": "empty", "description": ""})
	w.Admin("PATCH", "/api/orgs/acme/teams/empty", resourcetest.Tree{"memberAction": "remove", "member": "ana"})
	e := w.Resource("ApprovalGate")
	gate := resourcetest.GateOnProd(map[string]any{"approvers": map[string]any{"teams": []string{"empty"}}})
	_, err := e.Preview(gate)
	require.NoError(t, err)
	assert.Contains(t, e.Said(), `team "empty" has no members yet`)
	require.ErrorContains(t, e.Up(gate), "could never be satisfied: nobody could approve")

	w.Admin("PATCH", "/api/orgs/acme/teams/empty", resourcetest.Tree{"memberAction": "add", "member": "sue"})
	_, err = e.Preview(gate)
	require.NoError(t, err)
	require.NoError(t, e.Up(gate))
}

// Deployments that a git push starts can never hold a grant.
func TestOpenGateOnWhatPushesDeploy(t *testing.T) {
	t.Parallel()
	const settings = "/api/stacks/acme/payments/prod/deployments/settings"
	for name, on := range map[string]resourcetest.Tree{
		"gitHub.deployCommits":       {"gitHub": resourcetest.Tree{"deployCommits": true, "pullRequestTemplate": false}},
		"gitHub.previewPullRequests": {"gitHub": resourcetest.Tree{"previewPullRequests": true, "pullRequestTemplate": false}},
		"gitHub.pullRequestTemplate": {"gitHub": resourcetest.Tree{"pullRequestTemplate": true}},
		"vcs.deployCommits":          {"vcs": resourcetest.Tree{"provider": "gitlab", "deployCommits": true}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := resourcetest.New(t, resourcetest.Gated)
			w.Admin("POST", settings, on)
			e := w.Resource("ApprovalGate")
			_, err := e.Preview(resourcetest.GateOnProd(map[string]any{"action": "open"}))
			require.ErrorContains(t, err, "would make every deployment fail that a git push starts")
			require.ErrorContains(t, err, "stack payments/prod ("+name+")", "found through the environment that imports this one")
			require.ErrorContains(t, err, "gate `update` instead of `open`")
			require.ErrorContains(t, e.Up(resourcetest.GateOnProd(map[string]any{"action": "open"})), "payments/prod")
			assert.Empty(t, w.Gates())
			_, err = e.Preview(resourcetest.GateOnProd(nil))
			require.NoError(t, err, "an update gate stops no deployment")
			_, err = e.Preview(resourcetest.GateOnProd(map[string]any{"action": "open", "environment": "quiet"}))
			require.NoError(t, err, "nothing imports it")
			_, err = e.Preview(resourcetest.GateOnProd(map[string]any{"action": "open", "enabled": false}))
			require.NoError(t, err, "it is not in force")
		})
	}
	w := resourcetest.New(t, resourcetest.Gated)
	w.Admin("POST", settings, resourcetest.Tree{"gitHub": resourcetest.Tree{"repository": "acme/payments", "deployCommits": false, "pullRequestTemplate": false}})
	require.NoError(t, w.Resource("ApprovalGate").Up(resourcetest.GateOnProd(map[string]any{"action": "open"})), "nothing is started by a push")
}

// A stack that names the environment in its configuration opens it as one does that names an importer of it. Deployments from
// a source in git that no push starts are told of.
func TestOpenGateOnWhatAStackOpensDirectly(t *testing.T) {
	t.Parallel()
	const settings = "/api/stacks/acme/payments/prod/deployments/settings"
	for _, environment := range []string{"app", "prod"} { // the first is named by the stack, the second is imported by it
		w := resourcetest.New(t, resourcetest.Gated)
		w.Admin("POST", settings, resourcetest.Tree{"gitHub": resourcetest.Tree{"deployCommits": true, "pullRequestTemplate": false}})
		gate := resourcetest.GateOnProd(map[string]any{"action": "open", "environment": environment})
		_, err := w.Resource("ApprovalGate").Preview(gate)
		require.ErrorContains(t, err, "stack payments/prod (gitHub.deployCommits", environment)

		w = resourcetest.New(t, resourcetest.Gated)
		w.Admin("POST", settings, resourcetest.Tree{"sourceContext": resourcetest.Tree{"git": resourcetest.Tree{"repoUrl": "https://git.example/a", "branch": "main"}}})
		e := w.Resource("ApprovalGate")
		_, err = e.Preview(gate)
		require.NoError(t, err, environment)
		said := e.Said()
		assert.Contains(t, said, "stack payments/prod (sourceContext.git)", environment)
		assert.Contains(t, said, "fail without a grant", environment)
		_, err = w.Resource("ApprovalGate").Preview(resourcetest.GateOnProd(map[string]any{"action": "open", "environment": "quiet"}))
		require.NoError(t, err)
	}
}

func TestApprovalGateOfAnEnvironmentToCome(t *testing.T) {
	t.Parallel()
	w := resourcetest.New(t, resourcetest.Gated)
	e := w.Resource("ApprovalGate")
	later := resourcetest.GateOnProd(map[string]any{"environment": "later", "action": "open"})
	_, err := e.Preview(later)
	require.NoError(t, err)
	require.ErrorContains(t, e.Up(later), "later")
}

func TestApprovalGateDrift(t *testing.T) {
	t.Parallel()
	w := resourcetest.New(t, resourcetest.Gated)
	e := w.Resource("ApprovalGate")
	inputs := resourcetest.GateOnProd(nil)
	require.NoError(t, e.Up(inputs))
	id := e.State.Get("gateId").AsString()
	body := func(edit func(rule resourcetest.Tree)) resourcetest.Tree {
		rule := resourcetest.Tree{
			"ruleType": "approval_required", "numApprovalsRequired": 1, "allowSelfApproval": false, "requireReapprovalOnChange": true,
			"eligibleApprovers": []resourcetest.Tree{{"eligibilityType": "team_member", "teamName": "security"}},
		}
		edit(rule)
		return resourcetest.Tree{
			"name": "update payments/prod", "enabled": true, "rule": rule,
			"target": resourcetest.Tree{"entityType": "environment", "qualifiedName": "payments/prod", "actionTypes": []string{"update"}},
		}
	}
	for property, edit := range map[string]func(resourcetest.Tree){
		"allowSelfApproval": func(rule resourcetest.Tree) { rule["allowSelfApproval"] = true },
		"requiredApprovals": func(rule resourcetest.Tree) { rule["numApprovalsRequired"] = 2 },
		"approvers": func(rule resourcetest.Tree) {
			rule["eligibleApprovers"] = []resourcetest.Tree{{"eligibilityType": "specific_user", "userLogin": "bo"}}
		},
		"unrecognized": func(rule resourcetest.Tree) {
			rule["eligibleApprovers"] = []resourcetest.Tree{
				{"eligibilityType": "team_member", "teamName": "security"},
				{"eligibilityType": "has_permission_on_target", "permission": "environment:write"},
				{"eligibilityType": "has_permission_on_target", "permission": "environment:delete"},
			}
		},
	} {
		w.Admin("PUT", resourcetest.GatesPath+"/"+id, body(edit))
		require.NoError(t, e.Refresh())
		assert.Contains(t, resourcetest.Changed(e.Diff(inputs)), property)
		_, err := e.Preview(inputs)
		require.NoError(t, err)
		require.NoError(t, e.Up(inputs))
		assert.Equal(t, []string{"security"}, w.Gates()[0].Rule.Teams)
		assert.Empty(t, w.Gates()[0].Rule.Permission)
		assert.Empty(t, w.Gates()[0].Rule.Users)
		assert.Equal(t, 1, w.Gates()[0].Rule.RequiredApprovals)
		e.Settled(inputs)
	}
	w.Admin("PUT", resourcetest.GatesPath+"/"+id, func() resourcetest.Tree { b := body(func(resourcetest.Tree) {}); b["enabled"] = false; return b }())
	require.NoError(t, e.Refresh())
	assert.Equal(t, []string{"enabled"}, resourcetest.Changed(e.Diff(inputs)))
}

func TestApprovalGateImport(t *testing.T) {
	t.Parallel()
	w := resourcetest.New(t, resourcetest.Gated)
	var made struct{ ID string }
	require.NoError(t, json.Unmarshal(w.Admin("POST", resourcetest.GatesPath, resourcetest.Tree{
		"name": "theirs", "enabled": true,
		"target": resourcetest.Tree{"entityType": "environment", "qualifiedName": "payments/prod", "actionTypes": []string{"open"}},
		"rule": resourcetest.Tree{
			"ruleType": "approval_required", "numApprovalsRequired": 2, "allowSelfApproval": false, "requireReapprovalOnChange": true,
			"eligibleApprovers": []resourcetest.Tree{{"eligibilityType": "team_member", "teamName": "security"}},
		},
	}), &made))
	e := w.Resource("ApprovalGate")
	require.NoError(t, e.Adopt("acme/"+made.ID))
	e.Settled(resourcetest.GateOnProd(map[string]any{"action": "open", "name": "theirs", "requiredApprovals": 2}))
	require.ErrorContains(t, w.Resource("ApprovalGate").Adopt(made.ID), "organization/id")
	none := w.Resource("ApprovalGate")
	require.NoError(t, none.Adopt("acme/none"))
	assert.Empty(t, none.ID)

	// Making the very same gate again would ask for the same twice.
	err := w.Resource("ApprovalGate").Up(resourcetest.GateOnProd(map[string]any{"action": "open", "name": "theirs", "requiredApprovals": 2}))
	require.ErrorContains(t, err, "pulumi import")
	require.ErrorContains(t, err, "acme/"+made.ID)
	assert.Len(t, w.Gates(), 1)
}

func TestApprovalGateGoneAndBlind(t *testing.T) {
	t.Parallel()
	w := resourcetest.New(t, resourcetest.Gated)
	e := w.Resource("ApprovalGate")
	require.NoError(t, e.Up(resourcetest.GateOnProd(nil)))
	blind := w.With(w.TokenFor(servertest.Identity{User: "bo"}), "ApprovalGate")
	blind.ID, blind.Inputs, blind.State = e.ID, e.Inputs, e.State
	require.ErrorContains(t, blind.Refresh(), "not visible to this token")
	require.ErrorContains(t, blind.Destroy(), "not visible to this token")

	w.Admin("DELETE", resourcetest.GatesPath+"/"+e.State.Get("gateId").AsString(), nil)
	require.ErrorContains(t, e.Up(resourcetest.GateOnProd(map[string]any{"enabled": false})), "was deleted outside Pulumi")
	kept := *e
	require.NoError(t, kept.Destroy(), "a gate that was deleted needs no delete")
	require.NoError(t, e.Refresh())
	assert.Empty(t, e.ID)
	require.NoError(t, e.Up(resourcetest.GateOnProd(nil)))
	assert.Len(t, w.Gates(), 1)
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
			w := resourcetest.New(t, resourcetest.Gated)
			// One that somebody else made, and that differs in its name only, must not be taken for ours.
			require.NoError(t, w.Resource("ApprovalGate").Up(resourcetest.GateOnProd(map[string]any{"name": "theirs"})))
			w.Fault(fault)
			e := w.Resource("ApprovalGate")
			require.NoError(t, e.Up(resourcetest.GateOnProd(nil)))
			names := []string{}
			for _, gate := range w.Gates() {
				names = append(names, gate.Name)
			}
			slices.Sort(names)
			assert.Equal(t, []string{"theirs", "update payments/prod"}, names, "nothing is made twice")
			e.Settled(resourcetest.GateOnProd(nil))
		})
	}
	w := resourcetest.New(t, resourcetest.Gated)
	e := w.Resource("ApprovalGate")
	w.Fault(servertest.Fault{Match: createGateRoute, Status: 500})
	require.Error(t, e.Up(resourcetest.GateOnProd(nil)))
	assert.Empty(t, e.ID)
	require.NoError(t, e.Up(resourcetest.GateOnProd(nil)))
	w.Fault(servertest.Fault{Match: deleteGateRoute, Status: 500})
	require.Error(t, e.Destroy())
	require.NoError(t, e.Destroy())
	assert.Empty(t, w.Gates())
}

// Who will ask does not count among who could approve.
func TestOnlyTheRequesterCouldApprove(t *testing.T) {
	t.Parallel()
	w := resourcetest.New(t, resourcetest.Gated)
	e := w.Resource("ApprovalGate")
	users := map[string]any{"users": []string{"bo", "sec"}}
	failures := e.Failures(resourcetest.GateOnProd(map[string]any{"approvers": users, "requesters": []string{"Bo"}, "requiredApprovals": 2}))
	assert.Contains(t, failures["approvers.users[0]"], "bo is among those who will ask")
	assert.Contains(t, failures["requiredApprovals"], "only 1 person could approve (sec) besides the 1 who will ask (bo), and 2 approvals are required")

	alone := resourcetest.GateOnProd(map[string]any{"approvers": map[string]any{"teams": []string{"alone"}}, "requesters": []string{"sec"}})
	_, err := e.Preview(alone)
	require.ErrorContains(t, err, "nobody could approve besides the 1 who will ask (sec), and 1 approval is required")
	require.ErrorContains(t, e.Up(alone), "could never be satisfied")

	both := resourcetest.GateOnProd(map[string]any{"requesters": []string{"sec"}})
	_, err = e.Preview(both)
	require.NoError(t, err)
	assert.Contains(t, e.Said(), "sec will ask, and could approve what others ask for")
	require.NoError(t, e.Up(both))
	e.Settled(both)
	w.Reset()
	other := resourcetest.GateOnProd(map[string]any{"requesters": []string{"bo"}})
	require.NoError(t, e.Up(other))
	assert.Empty(t, w.Writes(), "the service knows nothing of who will ask")
	e.Settled(other)
	require.NoError(t, e.Refresh())
	e.Settled(other)
}
