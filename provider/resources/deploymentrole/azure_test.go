package deploymentrole_test

import (
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/property"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/resourcetest"
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
	w := resourcetest.New(t, resourcetest.Estate)
	before := string(w.State())
	e := w.Resource("DeploymentRole")
	inputs := resourcetest.DevDeployment(map[string]any{"oidc": azureLogin(nil)})
	require.NoError(t, e.Up(inputs))
	assert.JSONEq(t, `{"operationContext": {"oidc": {"azure": {"clientId": "`+deployClient+`", "tenantId": "`+deployTenant+`",
		"subscriptionId": "`+deploySubscription+`"}}}}`, resourcetest.DeploymentSettings(w))

	w.Reset()
	e.Settled(inputs)
	require.NoError(t, e.Up(inputs))
	assert.Empty(t, w.Calls())
	require.NoError(t, e.Refresh())
	e.Settled(inputs)
	assert.Empty(t, e.Diff(resourcetest.DevDeployment(map[string]any{"oidc": azureLogin(map[string]any{"clientId": strings.ToUpper(deployClient)})})).DetailedDiff)

	// Every cloud, then the others alone.
	all := resourcetest.AWSLogin(nil)
	all["gcp"], all["azure"] = gcpLogin(nil)["gcp"], azureLogin(nil)["azure"]
	require.NoError(t, e.Up(resourcetest.DevDeployment(map[string]any{"oidc": all})))
	require.NoError(t, e.Refresh())
	e.Settled(resourcetest.DevDeployment(map[string]any{"oidc": all}))
	delete(all, "azure")
	assert.Equal(t, []string{"oidc"}, resourcetest.Changed(e.Diff(resourcetest.DevDeployment(map[string]any{"oidc": all}))))
	require.NoError(t, e.Up(resourcetest.DevDeployment(map[string]any{"oidc": all})))
	assert.NotContains(t, resourcetest.DeploymentSettings(w), "azure")
	assert.Contains(t, resourcetest.DeploymentSettings(w), resourcetest.DeployARN)

	require.NoError(t, e.Destroy())
	assert.Equal(t, before, string(w.State()))
}

// A login that somebody adds, changes or takes away is seen by a refresh, and corrected by the next update.
func TestDeploymentRoleSeesDriftOfAzureLogin(t *testing.T) {
	t.Parallel()
	w := resourcetest.New(t, resourcetest.Estate)
	e := w.Resource("DeploymentRole")
	inputs := resourcetest.DevDeployment(map[string]any{"oidc": azureLogin(nil)})
	require.NoError(t, e.Up(inputs))
	clean := resourcetest.DeploymentSettings(w)
	for _, changes := range []resourcetest.Tree{
		{"azure": resourcetest.Tree{"clientId": deployTenant}}, {"azure": nil},
		{"gcp": resourcetest.Tree{"projectId": "7", "workloadPoolId": "old", "providerId": "old", "serviceAccount": "a@b.iam.gserviceaccount.com"}},
	} {
		w.Configure(resourcetest.Tree{"operationContext": resourcetest.Tree{"oidc": changes}})
		require.NoError(t, e.Refresh())
		assert.Equal(t, []string{"oidc"}, resourcetest.Changed(e.Diff(inputs)), "%v", changes)
		require.NoError(t, e.Up(inputs))
		assert.JSONEq(t, clean, resourcetest.DeploymentSettings(w))
		require.NoError(t, e.Refresh())
		e.Settled(inputs)
	}
}

// What was set before is named before it is replaced, and comes back when the resource goes.
func TestDeploymentRoleRestoresAzureLogin(t *testing.T) {
	t.Parallel()
	w := resourcetest.New(t, resourcetest.Estate)
	w.Configure(resourcetest.Tree{"operationContext": resourcetest.Tree{"oidc": resourcetest.Tree{"azure": resourcetest.Tree{
		"clientId": strings.ToUpper(deployClient), "tenantId": deployTenant, "subscriptionId": deployTenant,
	}}}})
	before := string(w.State())
	e := w.Resource("DeploymentRole")
	_, err := e.Preview(resourcetest.DevDeployment(map[string]any{"oidc": azureLogin(nil)}))
	require.NoError(t, err)
	assert.Contains(t, e.Said(), "the Azure login with the client id "+strings.ToUpper(deployClient))
	require.NoError(t, e.Up(resourcetest.DevDeployment(map[string]any{"oidc": azureLogin(nil)})))
	assert.Contains(t, resourcetest.DeploymentSettings(w), deploySubscription)
	require.NoError(t, e.Destroy())
	assert.Equal(t, before, string(w.State()))

	require.NoError(t, e.Adopt("acme/payments/dev"))
	e.Settled(resourcetest.DevDeployment(map[string]any{"oidc": azureLogin(map[string]any{"clientId": strings.ToUpper(deployClient), "subscriptionId": deployTenant})}))
}

func TestDeploymentRoleChecksAzureLogin(t *testing.T) {
	t.Parallel()
	w := resourcetest.New(t, resourcetest.Estate)
	e := w.Resource("DeploymentRole")
	for _, name := range []string{"clientId", "tenantId", "subscriptionId"} {
		assert.Contains(t, e.Failures(resourcetest.DevDeployment(map[string]any{"oidc": azureLogin(map[string]any{name: "x"})})), "oidc.azure."+name)
	}
	assert.Contains(t, resourcetest.Shown(e.Checked(resourcetest.DevDeployment(map[string]any{"oidc": azureLogin(map[string]any{"clientId": resourcetest.Unknown})}))), "oidc: unknown")
	require.NoError(t, e.Up(resourcetest.DevDeployment(map[string]any{"oidc": azureLogin(map[string]any{"clientId": property.New(deployClient).WithSecret(true)})})))
	assert.True(t, e.State.Get("oidc").Secret())
}
