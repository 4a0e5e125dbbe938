package resources_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	p "github.com/pulumi/pulumi-go-provider"
	"github.com/pulumi/pulumi/sdk/v3/go/property"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/cloud"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/server"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/server/servertest"
)

const (
	mergeDeploymentRoute = "POST /api/stacks/{orgName}/{projectName}/{stackName}/deployments/settings"
	dropDeploymentRoute  = "DELETE /api/stacks/{orgName}/{projectName}/{stackName}/deployments/settings"
)

// settings are the stack's deployment settings as JSON text, without what is not theirs; "" for none.
func settingsOf(w world) string {
	w.t.Helper()
	status, answer := w.Call(w.Token, "GET", deploymentPath, nil)
	if status == http.StatusNotFound {
		return ""
	}
	var all map[string]any
	require.NoError(w.t, json.Unmarshal(answer, &all))
	delete(all, "version")
	if operation, ok := all["operationContext"].(map[string]any); ok {
		if role, ok := operation["role"].(map[string]any); ok {
			delete(role, "name") // the role's own
		}
		if variables, ok := operation["environmentVariables"].(map[string]any); ok {
			delete(variables, "HIDDEN") // a fresh ciphertext at every read
		}
	}
	text, err := json.Marshal(all)
	require.NoError(w.t, err)
	return string(text)
}

func TestDeploymentRoleLifecycle(t *testing.T) {
	t.Parallel()
	w := newWorld(t, estate)
	deployer := w.addRole("deployer", group(allow("audit_logs:read"))).ID
	before := string(w.State())
	e := w.resource("DeploymentRole")
	inputs := assigned(map[string]any{"roleId": deployer, "oidc": awsLogin(map[string]any{
		"sessionName": "pulumi-${deployment.version}", "duration": "60m",
		"policyArns": []string{"arn:aws:iam::aws:policy/B", "arn:aws:iam::aws:policy/A", "arn:aws:iam::aws:policy/B"},
	})})

	w.Reset()
	preview, err := e.preview(inputs)
	require.NoError(t, err)
	assert.Equal(t, map[string]int{getDeploymentRoute: 1, getStackRoute: 1}, w.calls())
	assert.True(t, preview.Get("previous").IsComputed())
	assert.Equal(t, deployer, preview.Get("roleId").AsString())
	assert.Empty(t, e.said())

	w.Reset()
	require.NoError(t, e.up(inputs))
	assert.Equal(t, map[string]int{getDeploymentRoute: 1, getStackRoute: 1, mergeDeploymentRoute: 1}, w.calls())
	assert.Equal(t, "acme/payments/dev", e.id)
	assert.JSONEq(t, `{"operationContext": {"role": {"id": "`+deployer+`"}, "oidc": {"aws": {"roleArn": "`+deployARN+`",
		"sessionName": "pulumi-${deployment.version}", "duration": "1h0m0s",
		"policyArns": ["arn:aws:iam::aws:policy/A", "arn:aws:iam::aws:policy/B"]}}}}`, settingsOf(w))
	assert.Equal(t, "{existed: false}", show(e.state.Get("previous")))

	w.Reset()
	e.settled(inputs)
	require.NoError(t, e.up(inputs))
	assert.Empty(t, w.calls())
	require.NoError(t, e.refresh())
	assert.Equal(t, map[string]int{getDeploymentRoute: 1}, w.calls())
	e.settled(inputs)
	same := assigned(map[string]any{"roleId": deployer, "oidc": awsLogin(map[string]any{
		"sessionName": "pulumi-${deployment.version}", "duration": "1h0m0s",
		"policyArns": []string{"arn:aws:iam::aws:policy/A", "arn:aws:iam::aws:policy/B"},
	})})
	assert.Empty(t, e.diff(same).DetailedDiff, "another spelling of the same is the same")

	w.Reset()
	less := assigned(map[string]any{"oidc": awsLogin(nil)})
	assert.Equal(t, []string{"oidc", "roleId"}, changed(e.diff(less)))
	require.NoError(t, e.up(less))
	assert.Equal(t, map[string]int{getDeploymentRoute: 1, mergeDeploymentRoute: 1}, w.calls())
	assert.JSONEq(t, `{"operationContext": {"oidc": {"aws": {"roleArn": "`+deployARN+`", "sessionName": "payments-dev"}}}}`, settingsOf(w))
	e.settled(less)

	w.Reset()
	require.NoError(t, e.destroy())
	assert.Equal(t, map[string]int{getDeploymentRoute: 2, dropDeploymentRoute: 1}, w.calls())
	assert.Equal(t, before, string(w.State()))
}

// TestDeploymentRoleRestores shows that a delete puts back what was there, and that nothing else is touched.
func TestDeploymentRoleRestores(t *testing.T) {
	t.Parallel()
	w := newWorld(t, estate)
	theirs := w.addRole("theirs", group(allow("audit_logs:read"))).ID
	ours := w.addRole("ours", group(allow("audit_logs:read"))).ID
	w.configure(tree{
		"gitHub":          tree{"repository": "acme/payments", "deployCommits": true, "pullRequestTemplate": false},
		"executorContext": tree{"executorImage": tree{"reference": "acme/runner:1"}},
		"operationContext": tree{
			"preRunCommands": []string{"make"}, "options": tree{"skipInstallDependencies": true},
			"environmentVariables": tree{"HIDDEN": tree{"secret": "hunter2"}},
			"role":                 tree{"id": theirs},
			"oidc": tree{
				"aws": tree{"roleArn": deployARN + "-old", "sessionName": "old", "duration": "2h"},
				"gcp": tree{"projectId": "1", "workloadPoolId": "p", "providerId": "q", "serviceAccount": "s"},
			},
		},
	})
	before := string(w.State())
	e := w.resource("DeploymentRole")
	inputs := assigned(map[string]any{"roleId": ours, "oidc": awsLogin(nil)})

	_, err := e.preview(inputs)
	require.NoError(t, err)
	said := e.said()
	for _, replaced := range []string{theirs, deployARN + "-old", "Google Cloud login as the service account s"} {
		assert.Contains(t, said, replaced, "what somebody else has set is shown before it is replaced")
	}

	require.NoError(t, e.up(inputs))
	assert.JSONEq(t, `{"gitHub": {"repository": "acme/payments", "deployCommits": true, "pullRequestTemplate": false},
		"executorContext": {"executorImage": {"reference": "acme/runner:1"}},
		"operationContext": {"preRunCommands": ["make"], "options": {"skipInstallDependencies": true},
			"environmentVariables": {}, "role": {"id": "`+ours+`"}, "oidc": {"aws": {"roleArn": "`+deployARN+`", "sessionName": "payments-dev"}}}}`, settingsOf(w))
	require.NoError(t, e.refresh())
	e.settled(inputs)
	assert.Contains(t, show(e.state.Get("previous")), theirs)
	assert.NotContains(t, shown(e.state), "HIDDEN", "nothing but role and OIDC is kept")

	require.NoError(t, e.destroy())
	assert.Equal(t, before, string(w.State()))
}

// Secrets that others keep in the settings stay what they are, byte for byte, at every step, wherever they lie.
func TestDeploymentRoleKeepsSecrets(t *testing.T) {
	t.Parallel()
	w := newWorld(t, estate)
	ours := w.addRole("ours", group(allow("audit_logs:read"))).ID
	w.configure(tree{
		"executorContext": tree{"executorImage": tree{"reference": "acme/runner:1", "credentials": tree{
			"username": "u", "password": tree{"secret": "hunter1"}}}},
		"sourceContext": tree{"git": tree{"repoUrl": "https://git.example/a", "gitAuth": tree{
			"sshAuth":   tree{"sshPrivateKey": tree{"secret": "hunter2"}},
			"basicAuth": tree{"userName": "u", "password": tree{"secret": "hunter3"}}}}},
		"operationContext": tree{"environmentVariables": tree{"A": tree{"secret": "hunter4"}, "B": "open"}},
	})
	kept := func() string {
		var state struct {
			Stacks map[string]struct{ Deployment map[string]any }
		}
		require.NoError(t, json.Unmarshal(w.State(), &state))
		settings := state.Stacks["payments/dev"].Deployment
		operation := settings["operationContext"].(map[string]any)
		delete(operation, "role")
		delete(operation, "oidc")
		text, err := json.Marshal(settings)
		require.NoError(t, err)
		return string(text)
	}
	before := kept()
	require.Contains(t, before, "sealed")
	e := w.resource("DeploymentRole")
	require.NoError(t, e.up(assigned(map[string]any{"oidc": awsLogin(nil)})))
	assert.Equal(t, before, kept())
	require.NoError(t, e.up(assigned(map[string]any{"roleId": ours})))
	assert.Equal(t, before, kept())
	require.NoError(t, e.refresh())
	assert.NotContains(t, shown(e.state), "hunter")
	require.NoError(t, e.destroy())
	assert.Equal(t, before, kept())
}

func TestDeploymentRoleKeepsSettingsMadeLater(t *testing.T) {
	t.Parallel()
	w := newWorld(t, estate)
	e := w.resource("DeploymentRole")
	require.NoError(t, e.up(assigned(map[string]any{"oidc": awsLogin(nil)})))
	w.configure(tree{"operationContext": tree{"preRunCommands": []string{"make"}}})
	require.NoError(t, e.destroy())
	assert.JSONEq(t, `{"operationContext": {"preRunCommands": ["make"]}}`, settingsOf(w))
}

func TestDeploymentRoleOfBeforeIsGone(t *testing.T) {
	t.Parallel()
	w := newWorld(t, estate)
	theirs := w.addRole("theirs", group(allow("audit_logs:read"))).ID
	w.configure(tree{"operationContext": tree{"role": tree{"id": theirs}, "preRunCommands": []string{"make"}}})
	e := w.resource("DeploymentRole")
	require.NoError(t, e.up(assigned(map[string]any{"oidc": awsLogin(nil)})))
	w.admin("DELETE", rolesPath+"/"+theirs, nil)
	require.NoError(t, e.destroy())
	assert.Contains(t, e.said(), "cannot be put back")
	assert.JSONEq(t, `{"operationContext": {"preRunCommands": ["make"]}}`, settingsOf(w))
}

func TestDeploymentRoleImport(t *testing.T) {
	t.Parallel()
	w := newWorld(t, estate)
	theirs := w.addRole("theirs", group(allow("audit_logs:read"))).ID
	w.configure(tree{"operationContext": tree{
		"preRunCommands": []string{"make"}, "role": tree{"id": theirs},
		"oidc": tree{"aws": tree{"roleArn": deployARN, "sessionName": "payments-dev", "duration": "1h"}},
	}})
	e := w.resource("DeploymentRole")
	require.NoError(t, e.adopt("acme/payments/dev"))
	inputs := assigned(map[string]any{"roleId": theirs, "oidc": awsLogin(map[string]any{"duration": "1h"})}) // the session's name is the default
	e.settled(inputs)
	require.NoError(t, e.refresh())
	e.settled(inputs)
	require.NoError(t, e.destroy())
	assert.JSONEq(t, `{"operationContext": {"preRunCommands": ["make"]}}`, settingsOf(w), "nothing was recorded: both are cleared")

	require.ErrorContains(t, w.resource("DeploymentRole").adopt("payments/dev"), "organization/project/stack")
}

func TestDeploymentRoleEditedInTheConsole(t *testing.T) {
	t.Parallel()
	// A cloud that this version does not know is one that the document does not know either.
	w := worldOf(t, servertest.StartNewer(t, server.Options{Seed: []byte(estate)}))
	deployer := w.addRole("deployer", group(allow("audit_logs:read"))).ID
	other := w.addRole("other", group(allow("audit_logs:read"))).ID
	e := w.resource("DeploymentRole")
	inputs := assigned(map[string]any{"roleId": deployer, "oidc": awsLogin(nil)})
	require.NoError(t, e.up(inputs))
	clean := settingsOf(w)

	w.configure(tree{"operationContext": tree{
		"role": tree{"id": other}, "preRunCommands": []string{"make"},
		"oidc": tree{"aws": tree{"sessionName": "x"}},
	}})
	plantLogin(w, "oci", tree{"tenancy": "t"})
	require.NoError(t, e.refresh())
	assert.Equal(t, []string{"oidc", "roleId", "unrecognized"}, changed(e.diff(inputs)))
	w.Reset()
	_, err := e.preview(inputs)
	require.NoError(t, err)
	assert.Empty(t, w.calls())
	assert.Contains(t, e.said(), "oidc.oci")

	require.NoError(t, e.up(inputs))
	w.configure(tree{"operationContext": tree{"preRunCommands": nil}})
	assert.JSONEq(t, clean, settingsOf(w))
	require.NoError(t, e.refresh())
	e.settled(inputs)
	assert.Equal(t, "[]", show(e.state.Get("unrecognized")))
}

// plantLogin gives the stack's settings a login to a cloud that this sandbox knows nothing of, as a newer service might.
func plantLogin(w world, cloud string, login tree) {
	w.t.Helper()
	var state tree
	require.NoError(w.t, json.Unmarshal(w.State(), &state))
	step := any(state)
	for _, key := range []string{"stacks", "payments/dev", "deployment", "operationContext", "oidc"} {
		step = step.(tree)[key]
	}
	step.(tree)[cloud] = login
	text, err := json.Marshal(state)
	require.NoError(w.t, err)
	w.Restore(text)
}

func TestDeploymentRoleWithoutStack(t *testing.T) {
	t.Parallel()
	w := newWorld(t, estate)
	e := w.resource("DeploymentRole")
	inputs := map[string]any{"project": "payments", "stack": "qa", "oidc": awsLogin(nil)}
	_, err := e.preview(inputs)
	require.NoError(t, err)
	assert.Contains(t, e.said(), `Stack "qa" of project "payments" does not exist`)
	err = e.up(inputs)
	require.ErrorContains(t, err, `Stack "qa" of project "payments" does not exist`)
	require.ErrorContains(t, err, "pulumi stack init acme/payments/qa")
	assert.Empty(t, w.writes())
}

func TestDeploymentRoleOfWrongRole(t *testing.T) {
	t.Parallel()
	w := newWorld(t, estate)
	made := w.addRole("deployer", group(allow("audit_logs:read")))
	policy, _ := cloud.PolicyOf(made)
	require.ErrorContains(t, w.resource("DeploymentRole").up(assigned(map[string]any{"roleId": "nope"})), `no role with the id "nope"`)
	require.ErrorContains(t, w.resource("DeploymentRole").up(assigned(map[string]any{"roleId": policy})), "is the id of a policy")
	assert.Empty(t, settingsOf(w))
}

func TestDeploymentRoleOfNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t, estate)
	e := w.resource("DeploymentRole")
	require.NoError(t, e.up(assigned(nil)))
	assert.Empty(t, settingsOf(w), "no settings are made to hold nothing")
	require.NoError(t, e.refresh())
	assert.NotEmpty(t, e.id)
	e.settled(assigned(nil))
	require.NoError(t, e.destroy())
}

func TestDeploymentRoleGoneOrHidden(t *testing.T) {
	t.Parallel()
	w := newWorld(t, estate)
	e := w.resource("DeploymentRole")
	inputs := assigned(map[string]any{"oidc": awsLogin(nil)})
	require.NoError(t, e.up(inputs))
	as := func(token string) *engine {
		other := w.with(token, "DeploymentRole")
		other.id, other.inputs, other.state = e.id, e.inputs, e.state
		return other
	}
	blind := w.TokenFor(servertest.Identity{User: "bo"})
	require.ErrorContains(t, as(blind).refresh(), "not visible to this token")
	require.ErrorContains(t, as(blind).destroy(), "not visible to this token")
	require.Error(t, as(blind).up(assigned(nil)))

	w.admin("DELETE", deploymentPath, nil)
	require.NoError(t, as(w.Token).destroy())
	gone := as(w.Token)
	require.NoError(t, gone.refresh())
	assert.Empty(t, gone.id)
	require.NoError(t, gone.up(inputs))

	w.dropStack("payments", "dev")
	require.ErrorContains(t, as(w.Token).up(assigned(nil)), "does not exist")
	require.NoError(t, as(w.Token).destroy())
}

func TestDeploymentRoleUnderFaults(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name  string
		fault servertest.Fault
	}{
		{name: "answer lost", fault: servertest.Fault{Match: mergeDeploymentRoute, Reset: "after"}},
		{name: "request lost", fault: servertest.Fault{Match: mergeDeploymentRoute, Reset: "before"}},
		{name: "limited", fault: servertest.Fault{
			Match: mergeDeploymentRoute, Status: http.StatusTooManyRequests, Headers: map[string]string{"Retry-After": "1"},
		}},
		{name: "unavailable", fault: servertest.Fault{Match: getDeploymentRoute, Status: http.StatusServiceUnavailable, Times: 3}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, estate)
			before := string(w.State())
			e := w.resource("DeploymentRole")
			w.Fault(test.fault)
			inputs := assigned(map[string]any{"oidc": awsLogin(nil)})
			require.NoError(t, e.up(inputs))
			e.settled(inputs)
			require.NoError(t, e.destroy())
			assert.Equal(t, before, string(w.State()))
		})
	}
}

// TestDeploymentRoleOfUnknownOutcome loses every answer to the write, which was carried out: what was there before must
// not be forgotten.
func TestDeploymentRoleOfUnknownOutcome(t *testing.T) {
	t.Parallel()
	w := newWorld(t, estate)
	theirs := w.addRole("theirs", group(allow("audit_logs:read"))).ID
	w.configure(tree{"operationContext": tree{"role": tree{"id": theirs}}})
	before := string(w.State())
	e := w.resource("DeploymentRole")
	w.Fault(servertest.Fault{Match: mergeDeploymentRoute, Reset: "after", Times: 50})
	inputs := assigned(map[string]any{"oidc": awsLogin(nil)})
	var partly *unfinishedError
	require.ErrorAs(t, e.up(inputs), &partly)
	w.Reset()
	require.NoError(t, e.up(inputs))
	assert.Equal(t, map[string]int{getDeploymentRoute: 1, mergeDeploymentRoute: 1}, w.calls())
	require.NoError(t, e.destroy())
	assert.Equal(t, before, string(w.State()))
}

func TestDeploymentRoleCheck(t *testing.T) {
	t.Parallel()
	w := newWorld(t, estate)
	e := w.resource("DeploymentRole")
	for _, test := range []struct {
		name   string
		inputs map[string]any
		path   string
		says   string
	}{
		{name: "no stack", inputs: map[string]any{"project": "payments", "stack": ""}, path: "stack"},
		{name: "slash", inputs: map[string]any{"project": "acme/payments", "stack": "dev"}, path: "project", says: "slash"},
		{name: "Pulumi id", inputs: assigned(map[string]any{"roleId": "acme/x"}), path: "roleId", says: "role.roleId"},
		{name: "empty role", inputs: assigned(map[string]any{"roleId": ""}), path: "roleId"},
		{
			name: "ARN", inputs: assigned(map[string]any{"oidc": map[string]any{"aws": map[string]any{"roleArn": "deploy"}}}),
			path: "oidc.aws.roleArn", says: "arn:aws:iam::123456789012:role/NAME",
		},
		{
			name:   "session name",
			inputs: assigned(map[string]any{"oidc": awsLogin(map[string]any{"sessionName": strings.Repeat("x", 65)})}),
			path:   "oidc.aws.sessionName", says: "64",
		},
		{
			name: "short duration", inputs: assigned(map[string]any{"oidc": awsLogin(map[string]any{"duration": "5m"})}),
			path: "oidc.aws.duration", says: "15m",
		},
		{
			name: "policy", inputs: assigned(map[string]any{"oidc": awsLogin(map[string]any{"policyArns": []string{"x"}})}),
			path: "oidc.aws.policyArns[0]",
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			failures := e.failures(test.inputs)
			require.Contains(t, failures, test.path)
			assert.Contains(t, failures[test.path], test.says)
		})
	}
	assert.Empty(t, w.calls(), "a check makes no call")
}

func TestDeploymentRoleUnknowns(t *testing.T) {
	t.Parallel()
	w := newWorld(t, estate)
	for _, test := range []struct {
		name   string
		inputs map[string]any
		shown  string
	}{
		{name: "role", inputs: assigned(map[string]any{"roleId": unknown}), shown: "roleId: unknown"},
		{name: "stack", inputs: map[string]any{"project": "payments", "stack": unknown}, shown: "stack: unknown"},
		{name: "logins", inputs: assigned(map[string]any{"oidc": unknown}), shown: "oidc: unknown"},
		{name: "login", inputs: assigned(map[string]any{"oidc": map[string]any{"aws": unknown}}), shown: "oidc: unknown"},
		{name: "ARN", inputs: assigned(map[string]any{"oidc": awsLogin(map[string]any{"roleArn": unknown})}), shown: "oidc: unknown"},
		{
			name: "policies", inputs: assigned(map[string]any{"oidc": awsLogin(map[string]any{"policyArns": unknown})}),
			shown: "oidc: unknown",
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			e := w.resource("DeploymentRole")
			assert.Contains(t, shown(e.checked(test.inputs)), test.shown)
			preview, err := e.preview(test.inputs)
			require.NoError(t, err)
			assert.Contains(t, shown(preview), test.shown)
		})
	}
	assert.Empty(t, w.writes())
}

func TestDeploymentRoleIsReplacedForAnotherStack(t *testing.T) {
	t.Parallel()
	w := newWorld(t, estate)
	e := w.resource("DeploymentRole")
	require.NoError(t, e.up(assigned(map[string]any{"oidc": awsLogin(nil)})))
	for _, property := range []string{"project", "stack", "organization"} {
		diff := e.diff(assigned(map[string]any{"oidc": awsLogin(nil), property: "other"}))
		assert.Equal(t, p.UpdateReplace, diff.DetailedDiff[property].Kind, property)
		diff = e.diff(assigned(map[string]any{"oidc": awsLogin(nil), property: unknown}))
		assert.Equal(t, p.UpdateReplace, diff.DetailedDiff[property].Kind, property)
	}
}

func TestDeploymentRoleSecretsStaySecret(t *testing.T) {
	t.Parallel()
	w := newWorld(t, estate)
	e := w.resource("DeploymentRole")
	inputs := assigned(map[string]any{"oidc": awsLogin(map[string]any{"roleArn": property.New(deployARN).WithSecret(true)})})
	require.NoError(t, e.up(inputs))
	assert.True(t, e.state.Get("oidc").Secret())
	require.NoError(t, e.refresh())
	assert.True(t, e.state.Get("oidc").Secret())
}

// The role of a stack is given to the previews of its pull requests as well, which the preview says where the stack has them.
func TestDeploymentRoleSaysWhoElseGetsIt(t *testing.T) {
	t.Parallel()
	for _, repository := range []string{"gitHub", "vcs"} {
		for _, pullRequests := range []bool{true, false} {
			w := newWorld(t, estate)
			deployer := w.addRole("deployer", group(allow("audit_logs:read"))).ID
			other := w.addRole("other", group(allow("audit_logs:read"))).ID
			settings := tree{"repository": "acme/payments", "deployCommits": true, "previewPullRequests": pullRequests}
			if repository == "gitHub" {
				settings["pullRequestTemplate"] = false
			} else {
				settings["provider"] = "gitlab"
			}
			w.configure(tree{repository: settings})
			e := w.resource("DeploymentRole")
			says := func(inputs map[string]any) bool {
				_, err := e.preview(assigned(inputs))
				require.NoError(t, err)
				return strings.Contains(e.said(), "pull requests start previews")
			}
			assert.Equal(t, pullRequests, says(map[string]any{"roleId": deployer}), repository)
			assert.False(t, says(map[string]any{"oidc": awsLogin(nil)}), "without a role there is nothing to say")
			require.NoError(t, e.up(assigned(map[string]any{"roleId": deployer})))
			w.Reset()
			assert.Equal(t, pullRequests, says(map[string]any{"roleId": other}), "another role")
			assert.Empty(t, w.writes(), "a preview only reads")
		}
	}
}
