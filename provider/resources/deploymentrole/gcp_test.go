package deploymentrole_test

import (
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/property"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/resourcetest"
)

const deployAccount = "deploy@acme-prod.iam.gserviceaccount.com"

func gcpLogin(more map[string]any) map[string]any {
	login := map[string]any{
		"projectId": "123456789012", "workloadPoolId": "pulumi", "providerId": "payments", "serviceAccount": deployAccount,
	}
	for key, value := range more {
		login[key] = value
	}
	return map[string]any{"gcp": login}
}

func TestDeploymentRoleLogsInToGoogle(t *testing.T) {
	t.Parallel()
	w := resourcetest.New(t, resourcetest.Estate)
	before := string(w.State())
	e := w.Resource("DeploymentRole")
	inputs := resourcetest.DevDeployment(map[string]any{"oidc": gcpLogin(map[string]any{"tokenLifetime": "30m"})})
	require.NoError(t, e.Up(inputs))
	assert.JSONEq(t, `{"operationContext": {"oidc": {"gcp": {"projectId": "123456789012", "workloadPoolId": "pulumi",
		"providerId": "payments", "serviceAccount": "`+deployAccount+`", "tokenLifetime": "30m0s"}}}}`, resourcetest.DeploymentSettings(w))

	w.Reset()
	e.Settled(inputs)
	require.NoError(t, e.Up(inputs))
	assert.Empty(t, w.Calls())
	require.NoError(t, e.Refresh())
	e.Settled(inputs)
	assert.Empty(t, e.Diff(resourcetest.DevDeployment(map[string]any{"oidc": gcpLogin(map[string]any{"tokenLifetime": "1800s"})})).DetailedDiff)

	// What is not wanted any more is removed: the merge would keep it.
	less := resourcetest.DevDeployment(map[string]any{"oidc": gcpLogin(nil)})
	assert.Equal(t, []string{"oidc"}, resourcetest.Changed(e.Diff(less)))
	require.NoError(t, e.Up(less))
	assert.NotContains(t, resourcetest.DeploymentSettings(w), "tokenLifetime")

	// Both clouds, then the other alone.
	both := resourcetest.AWSLogin(nil)
	both["gcp"] = gcpLogin(nil)["gcp"]
	require.NoError(t, e.Up(resourcetest.DevDeployment(map[string]any{"oidc": both})))
	assert.Contains(t, resourcetest.DeploymentSettings(w), resourcetest.DeployARN)
	require.NoError(t, e.Refresh())
	e.Settled(resourcetest.DevDeployment(map[string]any{"oidc": both}))
	require.NoError(t, e.Up(resourcetest.DevDeployment(map[string]any{"oidc": resourcetest.AWSLogin(nil)})))
	assert.NotContains(t, resourcetest.DeploymentSettings(w), "gcp")

	require.NoError(t, e.Destroy())
	assert.Equal(t, before, string(w.State()))
}

func TestDeploymentRoleSeesDriftOfGoogleLogin(t *testing.T) {
	t.Parallel()
	w := resourcetest.New(t, resourcetest.Estate)
	e := w.Resource("DeploymentRole")
	inputs := resourcetest.DevDeployment(map[string]any{"oidc": gcpLogin(nil)})
	require.NoError(t, e.Up(inputs))
	clean := resourcetest.DeploymentSettings(w)
	w.Configure(resourcetest.Tree{"operationContext": resourcetest.Tree{"oidc": resourcetest.Tree{"gcp": resourcetest.Tree{"serviceAccount": "admin@acme-prod.iam.gserviceaccount.com", "region": "europe-west1"}}}})
	require.NoError(t, e.Refresh())
	assert.Equal(t, []string{"oidc"}, resourcetest.Changed(e.Diff(inputs)))
	assert.Contains(t, resourcetest.Shown(e.State), "admin@acme-prod")
	require.NoError(t, e.Up(inputs))
	assert.JSONEq(t, clean, resourcetest.DeploymentSettings(w))
	require.NoError(t, e.Refresh())
	e.Settled(inputs)
}

func TestDeploymentRoleRestoresGoogleLogin(t *testing.T) {
	t.Parallel()
	w := resourcetest.New(t, resourcetest.Estate)
	w.Configure(resourcetest.Tree{"operationContext": resourcetest.Tree{"oidc": resourcetest.Tree{"gcp": resourcetest.Tree{
		"projectId": "7", "workloadPoolId": "old", "providerId": "old", "serviceAccount": "old@acme-prod.iam.gserviceaccount.com",
		"region": "global", "tokenLifetime": "2h",
	}}}})
	before := string(w.State())
	e := w.Resource("DeploymentRole")
	_, err := e.Preview(resourcetest.DevDeployment(map[string]any{"oidc": gcpLogin(nil)}))
	require.NoError(t, err)
	assert.Contains(t, e.Said(), "the Google Cloud login as the service account old@acme-prod")
	require.NoError(t, e.Up(resourcetest.DevDeployment(map[string]any{"oidc": gcpLogin(nil)})))
	assert.NotContains(t, resourcetest.DeploymentSettings(w), "old")
	assert.NotContains(t, resourcetest.DeploymentSettings(w), "region")
	require.NoError(t, e.Destroy())
	assert.Equal(t, before, string(w.State()))
}

func TestDeploymentRoleImportsGoogleLogin(t *testing.T) {
	t.Parallel()
	w := resourcetest.New(t, resourcetest.Estate)
	w.Configure(resourcetest.Tree{"operationContext": resourcetest.Tree{"oidc": resourcetest.Tree{"gcp": resourcetest.Tree{
		"projectId": "123456789012", "workloadPoolId": "pulumi", "providerId": "payments", "serviceAccount": deployAccount, "tokenLifetime": "1h",
	}}}})
	e := w.Resource("DeploymentRole")
	require.NoError(t, e.Adopt("acme/payments/dev"))
	e.Settled(resourcetest.DevDeployment(map[string]any{"oidc": gcpLogin(map[string]any{"tokenLifetime": "1h"})}))
}

func TestDeploymentRoleChecksGoogleLogin(t *testing.T) {
	t.Parallel()
	w := resourcetest.New(t, resourcetest.Estate)
	e := w.Resource("DeploymentRole")
	for path, more := range map[string]map[string]any{
		"oidc.gcp.projectId":      {"projectId": "acme-prod"},
		"oidc.gcp.workloadPoolId": {"workloadPoolId": "Pulumi"},
		"oidc.gcp.providerId":     {"providerId": "abc"},
		"oidc.gcp.serviceAccount": {"serviceAccount": "deploy"},
		"oidc.gcp.region":         {"region": ""},
		"oidc.gcp.tokenLifetime":  {"tokenLifetime": "12h1s"},
	} {
		assert.Contains(t, e.Failures(resourcetest.DevDeployment(map[string]any{"oidc": gcpLogin(more)})), path)
	}
	assert.Contains(t, resourcetest.Shown(e.Checked(resourcetest.DevDeployment(map[string]any{"oidc": gcpLogin(map[string]any{"providerId": resourcetest.Unknown})}))), "oidc: unknown")
	require.NoError(t, e.Up(resourcetest.DevDeployment(map[string]any{"oidc": gcpLogin(map[string]any{"serviceAccount": property.New(deployAccount).WithSecret(true)})})))
	assert.True(t, e.State.Get("oidc").Secret())
}
