package resources_test

import (
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/property"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const (
	deployClient       = "aaaaaaaa-1111-4111-8111-111111111111"
	deployTenant       = "22222222-2222-4222-8222-222222222222"
	deploySubscription = "33333333-3333-4333-8333-333333333333"
)

func azureLogin(more map[string]any) map[string]any {
	login := map[string]any{"clientId": deployClient, "tenantId": deployTenant, "subscriptionId": deploySubscription}
	for key, value := range more {
		login[key] = value
	}
	return map[string]any{"azure": login}
}

func TestDeploymentRoleLogsInToAzure(t *testing.T) {
	t.Parallel()
	w := newWorld(t, estate)
	before := string(w.State())
	e := w.resource("DeploymentRole")
	inputs := assigned(map[string]any{"oidc": azureLogin(nil)})
	require.NoError(t, e.up(inputs))
	assert.JSONEq(t, `{"operationContext": {"oidc": {"azure": {"clientId": "`+deployClient+`", "tenantId": "`+deployTenant+`",
		"subscriptionId": "`+deploySubscription+`"}}}}`, settingsOf(w))

	w.Reset()
	e.settled(inputs)
	require.NoError(t, e.up(inputs))
	assert.Empty(t, w.calls())
	require.NoError(t, e.refresh())
	e.settled(inputs)
	assert.Empty(t, e.diff(assigned(map[string]any{"oidc": azureLogin(map[string]any{"clientId": strings.ToUpper(deployClient)})})).DetailedDiff)

	// Every cloud, then the others alone.
	all := awsLogin(nil)
	all["gcp"], all["azure"] = gcpLogin(nil)["gcp"], azureLogin(nil)["azure"]
	require.NoError(t, e.up(assigned(map[string]any{"oidc": all})))
	require.NoError(t, e.refresh())
	e.settled(assigned(map[string]any{"oidc": all}))
	delete(all, "azure")
	assert.Equal(t, []string{"oidc"}, changed(e.diff(assigned(map[string]any{"oidc": all}))))
	require.NoError(t, e.up(assigned(map[string]any{"oidc": all})))
	assert.NotContains(t, settingsOf(w), "azure")
	assert.Contains(t, settingsOf(w), deployARN)

	require.NoError(t, e.destroy())
	assert.Equal(t, before, string(w.State()))
}

// A login that somebody adds, changes or takes away is seen by a refresh, and mended by the next update.
func TestDeploymentRoleSeesDriftOfAzureLogin(t *testing.T) {
	t.Parallel()
	w := newWorld(t, estate)
	e := w.resource("DeploymentRole")
	inputs := assigned(map[string]any{"oidc": azureLogin(nil)})
	require.NoError(t, e.up(inputs))
	clean := settingsOf(w)
	for _, changes := range []tree{
		{"azure": tree{"clientId": deployTenant}}, {"azure": nil},
		{"gcp": tree{"projectId": "7", "workloadPoolId": "old", "providerId": "old", "serviceAccount": "a@b.iam.gserviceaccount.com"}},
	} {
		w.configure(tree{"operationContext": tree{"oidc": changes}})
		require.NoError(t, e.refresh())
		assert.Equal(t, []string{"oidc"}, changed(e.diff(inputs)), "%v", changes)
		require.NoError(t, e.up(inputs))
		assert.JSONEq(t, clean, settingsOf(w))
		require.NoError(t, e.refresh())
		e.settled(inputs)
	}
}

// What was set before is named before it is replaced, and comes back when the resource goes.
func TestDeploymentRoleRestoresAzureLogin(t *testing.T) {
	t.Parallel()
	w := newWorld(t, estate)
	w.configure(tree{"operationContext": tree{"oidc": tree{"azure": tree{
		"clientId": strings.ToUpper(deployClient), "tenantId": deployTenant, "subscriptionId": deployTenant,
	}}}})
	before := string(w.State())
	e := w.resource("DeploymentRole")
	_, err := e.preview(assigned(map[string]any{"oidc": azureLogin(nil)}))
	require.NoError(t, err)
	assert.Contains(t, e.said(), "the Azure login with the client id "+strings.ToUpper(deployClient))
	require.NoError(t, e.up(assigned(map[string]any{"oidc": azureLogin(nil)})))
	assert.Contains(t, settingsOf(w), deploySubscription)
	require.NoError(t, e.destroy())
	assert.Equal(t, before, string(w.State()))

	require.NoError(t, e.adopt("acme/payments/dev"))
	e.settled(assigned(map[string]any{"oidc": azureLogin(map[string]any{"clientId": strings.ToUpper(deployClient), "subscriptionId": deployTenant})}))
}

func TestDeploymentRoleChecksAzureLogin(t *testing.T) {
	t.Parallel()
	w := newWorld(t, estate)
	e := w.resource("DeploymentRole")
	for _, name := range []string{"clientId", "tenantId", "subscriptionId"} {
		assert.Contains(t, e.failures(assigned(map[string]any{"oidc": azureLogin(map[string]any{name: "x"})})), "oidc.azure."+name)
	}
	assert.Contains(t, shown(e.checked(assigned(map[string]any{"oidc": azureLogin(map[string]any{"clientId": unknown})}))), "oidc: unknown")
	require.NoError(t, e.up(assigned(map[string]any{"oidc": azureLogin(map[string]any{"clientId": property.New(deployClient).WithSecret(true)})})))
	assert.True(t, e.state.Get("oidc").Secret())
}
