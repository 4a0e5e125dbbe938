package deploymentrole_test

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
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/resourcetest"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/server"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/server/servertest"
)

const (
	mergeDeploymentRoute = "POST /api/stacks/{orgName}/{projectName}/{stackName}/deployments/settings"
	dropDeploymentRoute  = "DELETE /api/stacks/{orgName}/{projectName}/{stackName}/deployments/settings"
)

func TestDeploymentRoleLifecycle(t *testing.T) {
	t.Parallel()
	w := resourcetest.New(t, resourcetest.Estate)
	deployer := w.AddRole("deployer", resourcetest.Group(resourcetest.Allow("audit_logs:read"))).ID
	before := string(w.State())
	e := w.Resource("DeploymentRole")
	inputs := resourcetest.DevDeployment(map[string]any{"roleId": deployer, "oidc": resourcetest.AWSLogin(map[string]any{
		"sessionName": "pulumi-${deployment.version}", "duration": "60m",
		"policyArns": []string{"arn:aws:iam::aws:policy/B", "arn:aws:iam::aws:policy/A", "arn:aws:iam::aws:policy/B"},
	})})

	w.Reset()
	preview, err := e.Preview(inputs)
	require.NoError(t, err)
	assert.Equal(t, map[string]int{resourcetest.GetDeploymentRoute: 1, resourcetest.GetStackRoute: 1}, w.Calls())
	assert.True(t, preview.Get("previous").IsComputed())
	assert.Equal(t, deployer, preview.Get("roleId").AsString())
	assert.Empty(t, e.Said())

	w.Reset()
	require.NoError(t, e.Up(inputs))
	assert.Equal(t, map[string]int{resourcetest.GetDeploymentRoute: 1, resourcetest.GetStackRoute: 1, mergeDeploymentRoute: 1}, w.Calls())
	assert.Equal(t, "acme/payments/dev", e.ID)
	assert.JSONEq(t, `{"operationContext": {"role": {"id": "`+deployer+`"}, "oidc": {"aws": {"roleArn": "`+resourcetest.DeployARN+`",
		"sessionName": "pulumi-${deployment.version}", "duration": "1h0m0s",
		"policyArns": ["arn:aws:iam::aws:policy/A", "arn:aws:iam::aws:policy/B"]}}}}`, resourcetest.DeploymentSettings(w))
	assert.Equal(t, "{existed: false}", resourcetest.Show(e.State.Get("previous")))

	w.Reset()
	e.Settled(inputs)
	require.NoError(t, e.Up(inputs))
	assert.Empty(t, w.Calls())
	require.NoError(t, e.Refresh())
	assert.Equal(t, map[string]int{resourcetest.GetDeploymentRoute: 1}, w.Calls())
	e.Settled(inputs)
	same := resourcetest.DevDeployment(map[string]any{"roleId": deployer, "oidc": resourcetest.AWSLogin(map[string]any{
		"sessionName": "pulumi-${deployment.version}", "duration": "1h0m0s",
		"policyArns": []string{"arn:aws:iam::aws:policy/A", "arn:aws:iam::aws:policy/B"},
	})})
	assert.Empty(t, e.Diff(same).DetailedDiff, "another spelling of the same is the same")

	w.Reset()
	less := resourcetest.DevDeployment(map[string]any{"oidc": resourcetest.AWSLogin(nil)})
	assert.Equal(t, []string{"oidc", "roleId"}, resourcetest.Changed(e.Diff(less)))
	require.NoError(t, e.Up(less))
	assert.Equal(t, map[string]int{resourcetest.GetDeploymentRoute: 1, mergeDeploymentRoute: 1}, w.Calls())
	assert.JSONEq(t, `{"operationContext": {"oidc": {"aws": {"roleArn": "`+resourcetest.DeployARN+`", "sessionName": "payments-dev"}}}}`, resourcetest.DeploymentSettings(w))
	e.Settled(less)

	w.Reset()
	require.NoError(t, e.Destroy())
	assert.Equal(t, map[string]int{resourcetest.GetDeploymentRoute: 2, dropDeploymentRoute: 1}, w.Calls())
	assert.Equal(t, before, string(w.State()))
}

// TestDeploymentRoleRestores shows that a delete puts back what was there, and that nothing else is touched.
func TestDeploymentRoleRestores(t *testing.T) {
	t.Parallel()
	w := resourcetest.New(t, resourcetest.Estate)
	theirs := w.AddRole("theirs", resourcetest.Group(resourcetest.Allow("audit_logs:read"))).ID
	ours := w.AddRole("ours", resourcetest.Group(resourcetest.Allow("audit_logs:read"))).ID
	w.Configure(resourcetest.Tree{
		"gitHub":          resourcetest.Tree{"repository": "acme/payments", "deployCommits": true, "pullRequestTemplate": false},
		"executorContext": resourcetest.Tree{"executorImage": resourcetest.Tree{"reference": "acme/runner:1"}},
		"operationContext": resourcetest.Tree{
			"preRunCommands": []string{"make"}, "options": resourcetest.Tree{"skipInstallDependencies": true},
			"environmentVariables": resourcetest.Tree{"HIDDEN": resourcetest.Tree{"secret": "hunter2"}},
			"role":                 resourcetest.Tree{"id": theirs},
			"oidc": resourcetest.Tree{
				"aws": resourcetest.Tree{"roleArn": resourcetest.DeployARN + "-old", "sessionName": "old", "duration": "2h"},
				"gcp": resourcetest.Tree{"projectId": "1", "workloadPoolId": "p", "providerId": "q", "serviceAccount": "s"},
			},
		},
	})
	before := string(w.State())
	e := w.Resource("DeploymentRole")
	inputs := resourcetest.DevDeployment(map[string]any{"roleId": ours, "oidc": resourcetest.AWSLogin(nil)})

	_, err := e.Preview(inputs)
	require.NoError(t, err)
	said := e.Said()
	for _, replaced := range []string{theirs, resourcetest.DeployARN + "-old", "Google Cloud login as the service account s"} {
		assert.Contains(t, said, replaced, "what somebody else has set is shown before it is replaced")
	}

	require.NoError(t, e.Up(inputs))
	assert.JSONEq(t, `{"gitHub": {"repository": "acme/payments", "deployCommits": true, "pullRequestTemplate": false},
		"executorContext": {"executorImage": {"reference": "acme/runner:1"}},
		"operationContext": {"preRunCommands": ["make"], "options": {"skipInstallDependencies": true},
			"environmentVariables": {}, "role": {"id": "`+ours+`"}, "oidc": {"aws": {"roleArn": "`+resourcetest.DeployARN+`", "sessionName": "payments-dev"}}}}`, resourcetest.DeploymentSettings(w))
	require.NoError(t, e.Refresh())
	e.Settled(inputs)
	assert.Contains(t, resourcetest.Show(e.State.Get("previous")), theirs)
	assert.NotContains(t, resourcetest.Shown(e.State), "HIDDEN", "nothing but role and OIDC is kept")

	require.NoError(t, e.Destroy())
	assert.Equal(t, before, string(w.State()))
}

// Secrets that others keep in the settings stay what they are, byte for byte, at every step, wherever they lie.
func TestDeploymentRoleKeepsSecrets(t *testing.T) {
	t.Parallel()
	w := resourcetest.New(t, resourcetest.Estate)
	ours := w.AddRole("ours", resourcetest.Group(resourcetest.Allow("audit_logs:read"))).ID
	w.Configure(resourcetest.Tree{
		"executorContext": resourcetest.Tree{"executorImage": resourcetest.Tree{"reference": "acme/runner:1", "credentials": resourcetest.Tree{
			"username": "u", "password": resourcetest.Tree{"secret": "hunter1"}}}},
		"sourceContext": resourcetest.Tree{"git": resourcetest.Tree{"repoUrl": "https://git.example/a", "gitAuth": resourcetest.Tree{
			"sshAuth":   resourcetest.Tree{"sshPrivateKey": resourcetest.Tree{"secret": "hunter2"}},
			"basicAuth": resourcetest.Tree{"userName": "u", "password": resourcetest.Tree{"secret": "hunter3"}}}}},
		"operationContext": resourcetest.Tree{"environmentVariables": resourcetest.Tree{"A": resourcetest.Tree{"secret": "hunter4"}, "B": "open"}},
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
	e := w.Resource("DeploymentRole")
	require.NoError(t, e.Up(resourcetest.DevDeployment(map[string]any{"oidc": resourcetest.AWSLogin(nil)})))
	assert.Equal(t, before, kept())
	require.NoError(t, e.Up(resourcetest.DevDeployment(map[string]any{"roleId": ours})))
	assert.Equal(t, before, kept())
	require.NoError(t, e.Refresh())
	assert.NotContains(t, resourcetest.Shown(e.State), "hunter")
	require.NoError(t, e.Destroy())
	assert.Equal(t, before, kept())
}

func TestDeploymentRoleKeepsSettingsMadeLater(t *testing.T) {
	t.Parallel()
	w := resourcetest.New(t, resourcetest.Estate)
	e := w.Resource("DeploymentRole")
	require.NoError(t, e.Up(resourcetest.DevDeployment(map[string]any{"oidc": resourcetest.AWSLogin(nil)})))
	w.Configure(resourcetest.Tree{"operationContext": resourcetest.Tree{"preRunCommands": []string{"make"}}})
	require.NoError(t, e.Destroy())
	assert.JSONEq(t, `{"operationContext": {"preRunCommands": ["make"]}}`, resourcetest.DeploymentSettings(w))
}

func TestDeploymentRoleOfBeforeIsGone(t *testing.T) {
	t.Parallel()
	w := resourcetest.New(t, resourcetest.Estate)
	theirs := w.AddRole("theirs", resourcetest.Group(resourcetest.Allow("audit_logs:read"))).ID
	w.Configure(resourcetest.Tree{"operationContext": resourcetest.Tree{"role": resourcetest.Tree{"id": theirs}, "preRunCommands": []string{"make"}}})
	e := w.Resource("DeploymentRole")
	require.NoError(t, e.Up(resourcetest.DevDeployment(map[string]any{"oidc": resourcetest.AWSLogin(nil)})))
	w.Admin("DELETE", resourcetest.RolesPath+"/"+theirs, nil)
	require.NoError(t, e.Destroy())
	assert.Contains(t, e.Said(), "cannot be put back")
	assert.JSONEq(t, `{"operationContext": {"preRunCommands": ["make"]}}`, resourcetest.DeploymentSettings(w))
}

func TestDeploymentRoleImport(t *testing.T) {
	t.Parallel()
	w := resourcetest.New(t, resourcetest.Estate)
	theirs := w.AddRole("theirs", resourcetest.Group(resourcetest.Allow("audit_logs:read"))).ID
	w.Configure(resourcetest.Tree{"operationContext": resourcetest.Tree{
		"preRunCommands": []string{"make"}, "role": resourcetest.Tree{"id": theirs},
		"oidc": resourcetest.Tree{"aws": resourcetest.Tree{"roleArn": resourcetest.DeployARN, "sessionName": "payments-dev", "duration": "1h"}},
	}})
	e := w.Resource("DeploymentRole")
	require.NoError(t, e.Adopt("acme/payments/dev"))
	inputs := resourcetest.DevDeployment(map[string]any{"roleId": theirs, "oidc": resourcetest.AWSLogin(map[string]any{"duration": "1h"})}) // the session's name is the default
	e.Settled(inputs)
	require.NoError(t, e.Refresh())
	e.Settled(inputs)
	require.NoError(t, e.Destroy())
	assert.JSONEq(t, `{"operationContext": {"preRunCommands": ["make"]}}`, resourcetest.DeploymentSettings(w), "nothing was recorded: both are cleared")

	require.ErrorContains(t, w.Resource("DeploymentRole").Adopt("payments/dev"), "organization/project/stack")
}

func TestDeploymentRoleEditedInTheConsole(t *testing.T) {
	t.Parallel()
	// A cloud that this version does not know is one that the document does not know either.
	w := resourcetest.On(t, servertest.StartNewer(t, server.Options{Seed: []byte(resourcetest.Estate)}))
	deployer := w.AddRole("deployer", resourcetest.Group(resourcetest.Allow("audit_logs:read"))).ID
	other := w.AddRole("other", resourcetest.Group(resourcetest.Allow("audit_logs:read"))).ID
	e := w.Resource("DeploymentRole")
	inputs := resourcetest.DevDeployment(map[string]any{"roleId": deployer, "oidc": resourcetest.AWSLogin(nil)})
	require.NoError(t, e.Up(inputs))
	clean := resourcetest.DeploymentSettings(w)

	w.Configure(resourcetest.Tree{"operationContext": resourcetest.Tree{
		"role": resourcetest.Tree{"id": other}, "preRunCommands": []string{"make"},
		"oidc": resourcetest.Tree{"aws": resourcetest.Tree{"sessionName": "x"}},
	}})
	plantLogin(w, "oci", resourcetest.Tree{"tenancy": "t"})
	require.NoError(t, e.Refresh())
	assert.Equal(t, []string{"oidc", "roleId", "unrecognized"}, resourcetest.Changed(e.Diff(inputs)))
	w.Reset()
	_, err := e.Preview(inputs)
	require.NoError(t, err)
	assert.Empty(t, w.Calls())
	assert.Contains(t, e.Said(), "oidc.oci")

	require.NoError(t, e.Up(inputs))
	w.Configure(resourcetest.Tree{"operationContext": resourcetest.Tree{"preRunCommands": nil}})
	assert.JSONEq(t, clean, resourcetest.DeploymentSettings(w))
	require.NoError(t, e.Refresh())
	e.Settled(inputs)
	assert.Equal(t, "[]", resourcetest.Show(e.State.Get("unrecognized")))
}

// plantLogin gives the stack's settings a login to a cloud that this sandbox knows nothing of, as a newer service might.
func plantLogin(w resourcetest.World, cloud string, login resourcetest.Tree) {
	w.T.Helper()
	var state resourcetest.Tree
	require.NoError(w.T, json.Unmarshal(w.State(), &state))
	step := any(state)
	for _, key := range []string{"stacks", "payments/dev", "deployment", "operationContext", "oidc"} {
		step = step.(resourcetest.Tree)[key]
	}
	step.(resourcetest.Tree)[cloud] = login
	text, err := json.Marshal(state)
	require.NoError(w.T, err)
	w.Restore(text)
}

func TestDeploymentRoleWithoutStack(t *testing.T) {
	t.Parallel()
	w := resourcetest.New(t, resourcetest.Estate)
	e := w.Resource("DeploymentRole")
	inputs := map[string]any{"project": "payments", "stack": "qa", "oidc": resourcetest.AWSLogin(nil)}
	_, err := e.Preview(inputs)
	require.NoError(t, err)
	assert.Contains(t, e.Said(), `Stack "qa" of project "payments" does not exist`)
	err = e.Up(inputs)
	require.ErrorContains(t, err, `Stack "qa" of project "payments" does not exist`)
	require.ErrorContains(t, err, "pulumi stack init acme/payments/qa")
	assert.Empty(t, w.Writes())
}

func TestDeploymentRoleOfWrongRole(t *testing.T) {
	t.Parallel()
	w := resourcetest.New(t, resourcetest.Estate)
	made := w.AddRole("deployer", resourcetest.Group(resourcetest.Allow("audit_logs:read")))
	policy, _ := cloud.PolicyOf(made)
	require.ErrorContains(t, w.Resource("DeploymentRole").Up(resourcetest.DevDeployment(map[string]any{"roleId": "nope"})), `no role with the id "nope"`)
	require.ErrorContains(t, w.Resource("DeploymentRole").Up(resourcetest.DevDeployment(map[string]any{"roleId": policy})), "is the id of a policy")
	assert.Empty(t, resourcetest.DeploymentSettings(w))
}

func TestDeploymentRoleOfNothing(t *testing.T) {
	t.Parallel()
	w := resourcetest.New(t, resourcetest.Estate)
	e := w.Resource("DeploymentRole")
	require.NoError(t, e.Up(resourcetest.DevDeployment(nil)))
	assert.Empty(t, resourcetest.DeploymentSettings(w), "no settings are made to hold nothing")
	require.NoError(t, e.Refresh())
	assert.NotEmpty(t, e.ID)
	e.Settled(resourcetest.DevDeployment(nil))
	require.NoError(t, e.Destroy())
}

func TestDeploymentRoleGoneOrHidden(t *testing.T) {
	t.Parallel()
	w := resourcetest.New(t, resourcetest.Estate)
	e := w.Resource("DeploymentRole")
	inputs := resourcetest.DevDeployment(map[string]any{"oidc": resourcetest.AWSLogin(nil)})
	require.NoError(t, e.Up(inputs))
	as := func(token string) *resourcetest.Engine {
		other := w.With(token, "DeploymentRole")
		other.ID, other.Inputs, other.State = e.ID, e.Inputs, e.State
		return other
	}
	blind := w.TokenFor(servertest.Identity{User: "bo"})
	require.ErrorContains(t, as(blind).Refresh(), "not visible to this token")
	require.ErrorContains(t, as(blind).Destroy(), "not visible to this token")
	require.Error(t, as(blind).Up(resourcetest.DevDeployment(nil)))

	w.Admin("DELETE", resourcetest.DeploymentPath, nil)
	require.NoError(t, as(w.Token).Destroy())
	gone := as(w.Token)
	require.NoError(t, gone.Refresh())
	assert.Empty(t, gone.ID)
	require.NoError(t, gone.Up(inputs))

	w.DropStack("payments", "dev")
	require.ErrorContains(t, as(w.Token).Up(resourcetest.DevDeployment(nil)), "does not exist")
	require.NoError(t, as(w.Token).Destroy())
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
		{name: "unavailable", fault: servertest.Fault{Match: resourcetest.GetDeploymentRoute, Status: http.StatusServiceUnavailable, Times: 3}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			w := resourcetest.New(t, resourcetest.Estate)
			before := string(w.State())
			e := w.Resource("DeploymentRole")
			w.Fault(test.fault)
			inputs := resourcetest.DevDeployment(map[string]any{"oidc": resourcetest.AWSLogin(nil)})
			require.NoError(t, e.Up(inputs))
			e.Settled(inputs)
			require.NoError(t, e.Destroy())
			assert.Equal(t, before, string(w.State()))
		})
	}
}

// TestDeploymentRoleOfUnknownOutcome loses every answer to the write, which was carried out: what was there before must
// not be forgotten.
func TestDeploymentRoleOfUnknownOutcome(t *testing.T) {
	t.Parallel()
	w := resourcetest.New(t, resourcetest.Estate)
	theirs := w.AddRole("theirs", resourcetest.Group(resourcetest.Allow("audit_logs:read"))).ID
	w.Configure(resourcetest.Tree{"operationContext": resourcetest.Tree{"role": resourcetest.Tree{"id": theirs}}})
	before := string(w.State())
	e := w.Resource("DeploymentRole")
	w.Fault(servertest.Fault{Match: mergeDeploymentRoute, Reset: "after", Times: 50})
	inputs := resourcetest.DevDeployment(map[string]any{"oidc": resourcetest.AWSLogin(nil)})
	var partial *resourcetest.UnfinishedError
	require.ErrorAs(t, e.Up(inputs), &partial)
	w.Reset()
	require.NoError(t, e.Up(inputs))
	assert.Equal(t, map[string]int{resourcetest.GetDeploymentRoute: 1, mergeDeploymentRoute: 1}, w.Calls())
	require.NoError(t, e.Destroy())
	assert.Equal(t, before, string(w.State()))
}

func TestDeploymentRoleCheck(t *testing.T) {
	t.Parallel()
	w := resourcetest.New(t, resourcetest.Estate)
	e := w.Resource("DeploymentRole")
	for _, test := range []struct {
		name   string
		inputs map[string]any
		path   string
		says   string
	}{
		{name: "no stack", inputs: map[string]any{"project": "payments", "stack": ""}, path: "stack"},
		{name: "slash", inputs: map[string]any{"project": "acme/payments", "stack": "dev"}, path: "project", says: "slash"},
		{name: "Pulumi id", inputs: resourcetest.DevDeployment(map[string]any{"roleId": "acme/x"}), path: "roleId", says: "role.roleId"},
		{name: "empty role", inputs: resourcetest.DevDeployment(map[string]any{"roleId": ""}), path: "roleId"},
		{
			name: "ARN", inputs: resourcetest.DevDeployment(map[string]any{"oidc": map[string]any{"aws": map[string]any{"roleArn": "deploy"}}}),
			path: "oidc.aws.roleArn", says: "arn:aws:iam::123456789012:role/NAME",
		},
		{
			name:   "session name",
			inputs: resourcetest.DevDeployment(map[string]any{"oidc": resourcetest.AWSLogin(map[string]any{"sessionName": strings.Repeat("x", 65)})}),
			path:   "oidc.aws.sessionName", says: "64",
		},
		{
			name: "short duration", inputs: resourcetest.DevDeployment(map[string]any{"oidc": resourcetest.AWSLogin(map[string]any{"duration": "5m"})}),
			path: "oidc.aws.duration", says: "15m",
		},
		{
			name: "policy", inputs: resourcetest.DevDeployment(map[string]any{"oidc": resourcetest.AWSLogin(map[string]any{"policyArns": []string{"x"}})}),
			path: "oidc.aws.policyArns[0]",
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			failures := e.Failures(test.inputs)
			require.Contains(t, failures, test.path)
			assert.Contains(t, failures[test.path], test.says)
		})
	}
	assert.Empty(t, w.Calls(), "a check makes no call")
}

func TestDeploymentRoleUnknowns(t *testing.T) {
	t.Parallel()
	w := resourcetest.New(t, resourcetest.Estate)
	for _, test := range []struct {
		name   string
		inputs map[string]any
		shown  string
	}{
		{name: "role", inputs: resourcetest.DevDeployment(map[string]any{"roleId": resourcetest.Unknown}), shown: "roleId: unknown"},
		{name: "stack", inputs: map[string]any{"project": "payments", "stack": resourcetest.Unknown}, shown: "stack: unknown"},
		{name: "logins", inputs: resourcetest.DevDeployment(map[string]any{"oidc": resourcetest.Unknown}), shown: "oidc: unknown"},
		{name: "login", inputs: resourcetest.DevDeployment(map[string]any{"oidc": map[string]any{"aws": resourcetest.Unknown}}), shown: "oidc: unknown"},
		{name: "ARN", inputs: resourcetest.DevDeployment(map[string]any{"oidc": resourcetest.AWSLogin(map[string]any{"roleArn": resourcetest.Unknown})}), shown: "oidc: unknown"},
		{
			name: "policies", inputs: resourcetest.DevDeployment(map[string]any{"oidc": resourcetest.AWSLogin(map[string]any{"policyArns": resourcetest.Unknown})}),
			shown: "oidc: unknown",
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			e := w.Resource("DeploymentRole")
			assert.Contains(t, resourcetest.Shown(e.Checked(test.inputs)), test.shown)
			preview, err := e.Preview(test.inputs)
			require.NoError(t, err)
			assert.Contains(t, resourcetest.Shown(preview), test.shown)
		})
	}
	assert.Empty(t, w.Writes())
}

func TestDeploymentRoleIsReplacedForAnotherStack(t *testing.T) {
	t.Parallel()
	w := resourcetest.New(t, resourcetest.Estate)
	e := w.Resource("DeploymentRole")
	require.NoError(t, e.Up(resourcetest.DevDeployment(map[string]any{"oidc": resourcetest.AWSLogin(nil)})))
	for _, property := range []string{"project", "stack", "organization"} {
		diff := e.Diff(resourcetest.DevDeployment(map[string]any{"oidc": resourcetest.AWSLogin(nil), property: "other"}))
		assert.Equal(t, p.UpdateReplace, diff.DetailedDiff[property].Kind, property)
		diff = e.Diff(resourcetest.DevDeployment(map[string]any{"oidc": resourcetest.AWSLogin(nil), property: resourcetest.Unknown}))
		assert.Equal(t, p.UpdateReplace, diff.DetailedDiff[property].Kind, property)
	}
}

func TestDeploymentRoleSecretsStaySecret(t *testing.T) {
	t.Parallel()
	w := resourcetest.New(t, resourcetest.Estate)
	e := w.Resource("DeploymentRole")
	inputs := resourcetest.DevDeployment(map[string]any{"oidc": resourcetest.AWSLogin(map[string]any{"roleArn": property.New(resourcetest.DeployARN).WithSecret(true)})})
	require.NoError(t, e.Up(inputs))
	assert.True(t, e.State.Get("oidc").Secret())
	require.NoError(t, e.Refresh())
	assert.True(t, e.State.Get("oidc").Secret())
}

// The role of a stack is given to the previews of its pull requests as well, which the preview says where the stack has them.
func TestDeploymentRoleSaysWhoElseGetsIt(t *testing.T) {
	t.Parallel()
	for _, repository := range []string{"gitHub", "vcs"} {
		for _, pullRequests := range []bool{true, false} {
			w := resourcetest.New(t, resourcetest.Estate)
			deployer := w.AddRole("deployer", resourcetest.Group(resourcetest.Allow("audit_logs:read"))).ID
			other := w.AddRole("other", resourcetest.Group(resourcetest.Allow("audit_logs:read"))).ID
			settings := resourcetest.Tree{"repository": "acme/payments", "deployCommits": true, "previewPullRequests": pullRequests}
			if repository == "gitHub" {
				settings["pullRequestTemplate"] = false
			} else {
				settings["provider"] = "gitlab"
			}
			w.Configure(resourcetest.Tree{repository: settings})
			e := w.Resource("DeploymentRole")
			says := func(inputs map[string]any) bool {
				_, err := e.Preview(resourcetest.DevDeployment(inputs))
				require.NoError(t, err)
				return strings.Contains(e.Said(), "pull requests start previews")
			}
			assert.Equal(t, pullRequests, says(map[string]any{"roleId": deployer}), repository)
			assert.False(t, says(map[string]any{"oidc": resourcetest.AWSLogin(nil)}), "without a role there is nothing to say")
			require.NoError(t, e.Up(resourcetest.DevDeployment(map[string]any{"roleId": deployer})))
			w.Reset()
			assert.Equal(t, pullRequests, says(map[string]any{"roleId": other}), "another role")
			assert.Empty(t, w.Writes(), "a preview only reads")
		}
	}
}
