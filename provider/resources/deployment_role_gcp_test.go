package resources_test

import (
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/property"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
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
	w := newWorld(t, estate)
	before := string(w.State())
	e := w.resource("DeploymentRole")
	inputs := assigned(map[string]any{"oidc": gcpLogin(map[string]any{"tokenLifetime": "30m"})})
	require.NoError(t, e.up(inputs))
	assert.JSONEq(t, `{"operationContext": {"oidc": {"gcp": {"projectId": "123456789012", "workloadPoolId": "pulumi",
		"providerId": "payments", "serviceAccount": "`+deployAccount+`", "tokenLifetime": "30m0s"}}}}`, settingsOf(w))

	w.Reset()
	e.settled(inputs)
	require.NoError(t, e.up(inputs))
	assert.Empty(t, w.calls())
	require.NoError(t, e.refresh())
	e.settled(inputs)
	assert.Empty(t, e.diff(assigned(map[string]any{"oidc": gcpLogin(map[string]any{"tokenLifetime": "1800s"})})).DetailedDiff)

	// What is not wanted any more is removed: the merge would keep it.
	less := assigned(map[string]any{"oidc": gcpLogin(nil)})
	assert.Equal(t, []string{"oidc"}, changed(e.diff(less)))
	require.NoError(t, e.up(less))
	assert.NotContains(t, settingsOf(w), "tokenLifetime")

	// Both clouds, then the other alone.
	both := awsLogin(nil)
	both["gcp"] = gcpLogin(nil)["gcp"]
	require.NoError(t, e.up(assigned(map[string]any{"oidc": both})))
	assert.Contains(t, settingsOf(w), deployARN)
	require.NoError(t, e.refresh())
	e.settled(assigned(map[string]any{"oidc": both}))
	require.NoError(t, e.up(assigned(map[string]any{"oidc": awsLogin(nil)})))
	assert.NotContains(t, settingsOf(w), "gcp")

	require.NoError(t, e.destroy())
	assert.Equal(t, before, string(w.State()))
}

func TestDeploymentRoleSeesDriftOfGoogleLogin(t *testing.T) {
	t.Parallel()
	w := newWorld(t, estate)
	e := w.resource("DeploymentRole")
	inputs := assigned(map[string]any{"oidc": gcpLogin(nil)})
	require.NoError(t, e.up(inputs))
	clean := settingsOf(w)
	w.configure(tree{"operationContext": tree{"oidc": tree{"gcp": tree{"serviceAccount": "admin@acme-prod.iam.gserviceaccount.com", "region": "europe-west1"}}}})
	require.NoError(t, e.refresh())
	assert.Equal(t, []string{"oidc"}, changed(e.diff(inputs)))
	assert.Contains(t, shown(e.state), "admin@acme-prod")
	require.NoError(t, e.up(inputs))
	assert.JSONEq(t, clean, settingsOf(w))
	require.NoError(t, e.refresh())
	e.settled(inputs)
}

func TestDeploymentRoleRestoresGoogleLogin(t *testing.T) {
	t.Parallel()
	w := newWorld(t, estate)
	w.configure(tree{"operationContext": tree{"oidc": tree{"gcp": tree{
		"projectId": "7", "workloadPoolId": "old", "providerId": "old", "serviceAccount": "old@acme-prod.iam.gserviceaccount.com",
		"region": "global", "tokenLifetime": "2h",
	}}}})
	before := string(w.State())
	e := w.resource("DeploymentRole")
	_, err := e.preview(assigned(map[string]any{"oidc": gcpLogin(nil)}))
	require.NoError(t, err)
	assert.Contains(t, e.said(), "the Google Cloud login as the service account old@acme-prod")
	require.NoError(t, e.up(assigned(map[string]any{"oidc": gcpLogin(nil)})))
	assert.NotContains(t, settingsOf(w), "old")
	assert.NotContains(t, settingsOf(w), "region")
	require.NoError(t, e.destroy())
	assert.Equal(t, before, string(w.State()))
}

func TestDeploymentRoleImportsGoogleLogin(t *testing.T) {
	t.Parallel()
	w := newWorld(t, estate)
	w.configure(tree{"operationContext": tree{"oidc": tree{"gcp": tree{
		"projectId": "123456789012", "workloadPoolId": "pulumi", "providerId": "payments", "serviceAccount": deployAccount, "tokenLifetime": "1h",
	}}}})
	e := w.resource("DeploymentRole")
	require.NoError(t, e.adopt("acme/payments/dev"))
	e.settled(assigned(map[string]any{"oidc": gcpLogin(map[string]any{"tokenLifetime": "1h"})}))
}

func TestDeploymentRoleChecksGoogleLogin(t *testing.T) {
	t.Parallel()
	w := newWorld(t, estate)
	e := w.resource("DeploymentRole")
	for path, more := range map[string]map[string]any{
		"oidc.gcp.projectId":      {"projectId": "acme-prod"},
		"oidc.gcp.workloadPoolId": {"workloadPoolId": "Pulumi"},
		"oidc.gcp.providerId":     {"providerId": "abc"},
		"oidc.gcp.serviceAccount": {"serviceAccount": "deploy"},
		"oidc.gcp.region":         {"region": ""},
		"oidc.gcp.tokenLifetime":  {"tokenLifetime": "12h1s"},
	} {
		assert.Contains(t, e.failures(assigned(map[string]any{"oidc": gcpLogin(more)})), path)
	}
	assert.Contains(t, shown(e.checked(assigned(map[string]any{"oidc": gcpLogin(map[string]any{"providerId": unknown})}))), "oidc: unknown")
	require.NoError(t, e.up(assigned(map[string]any{"oidc": gcpLogin(map[string]any{"serviceAccount": property.New(deployAccount).WithSecret(true)})})))
	assert.True(t, e.state.Get("oidc").Secret())
}
