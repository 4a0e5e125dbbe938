package server

import (
	"net/http"
	"testing"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/oidc"
)

// A deployment logs in with the subject of its stack and operation, and to nothing else.
func TestDeploymentLogins(t *testing.T) {
	t.Parallel()
	b := newBox(t, lockSeed)
	subjects, err := oidc.DeploymentSubjects("acme", "payments", "prod", []oidc.Operation{oidc.Update})
	if err != nil {
		t.Fatal(err)
	}
	b.trustGoogle("acme", subjects...)
	b.trustAzure("acme", subjects...)
	b.trustSubjects(prodRole, "acme", subjects...)
	logIn := func(cloud, operation string) reply {
		return b.send("", http.MethodPost, "/_sandbox/deployments/logins",
			map[string]any{"cloud": cloud, "project": "payments", "stack": "prod", "operation": operation})
	}
	logIn("gcp", "update").want(http.StatusBadRequest).says("have no login to gcp")
	const settings = "/api/stacks/acme/payments/prod/deployments/settings"
	b.admin(http.MethodPost, settings, map[string]any{"operationContext": map[string]any{"oidc": map[string]any{
		"aws":   map[string]any{"roleArn": prodRole, "sessionName": "p-${deployment.version}", "duration": "1h"},
		"azure": map[string]any{"clientId": azureClient, "tenantId": azureTenant, "subscriptionId": azureSubscription},
		"gcp":   map[string]any{"projectId": "123456789012", "workloadPoolId": "pulumi", "providerId": "payments-prod", "serviceAccount": googleAccount, "tokenLifetime": "30m"},
	}}}).want(http.StatusOK)
	for _, cloud := range []string{"aws", "azure", "gcp"} {
		logIn(cloud, "update").want(http.StatusOK).says(subjects[0])
		logIn(cloud, "destroy").want(http.StatusForbidden).says("operation:destroy")
		b.send("", http.MethodGet, "/_sandbox/clouds/"+cloud+"/sessions", nil).want(http.StatusOK).says(subjects[0]).hides("operation:destroy")
	}
	b.send("", http.MethodGet, "/_sandbox/clouds/aws/sessions", nil).says(`"p-1"`)
	logIn("moon", "update").want(http.StatusBadRequest).says("cloud")
	logIn("gcp", "explode").want(http.StatusBadRequest)
	b.send("", http.MethodPost, "/_sandbox/deployments/logins", map[string]any{"cloud": "gcp", "project": "p", "stack": "s"}).want(http.StatusNotFound)
}
