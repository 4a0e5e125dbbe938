package esc

import (
	"errors"
	"strings"
	"testing"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/problem"
)

func azure() AzureLogin {
	return AzureLogin{
		ClientID:          "11111111-1111-4111-8111-111111111111",
		TenantID:          "22222222-2222-4222-8222-222222222222",
		SubscriptionID:    "33333333-3333-4333-8333-333333333333",
		SubjectAttributes: []string{"rootEnvironment.name", "currentEnvironment.name"},
	}
}

func TestBuildAzure(t *testing.T) {
	t.Parallel()
	got, err := Build(Definition{
		Values:               map[string]any{"azure": map[string]any{"region": "westeurope"}},
		EnvironmentVariables: map[string]any{"ARM_USE_OIDC": "false"},
		Logins:               []Login{azure(), login()},
	})
	want := `values:
  aws:
    login:
      fn::open::aws-login:
        oidc:
          duration: 1h
          roleArn: arn:aws:iam::123456789012:role/payments-prod
          sessionName: payments
          subjectAttributes:
            - rootEnvironment.name
            - currentEnvironment.name
  azure:
    login:
      fn::open::azure-login:
        clientId: 11111111-1111-4111-8111-111111111111
        tenantId: 22222222-2222-4222-8222-222222222222
        subscriptionId: 33333333-3333-4333-8333-333333333333
        oidc: true
        subjectAttributes:
          - rootEnvironment.name
          - currentEnvironment.name
    region: westeurope
  environmentVariables:
    ARM_CLIENT_ID: ${azure.login.clientId}
    ARM_OIDC_TOKEN: ${azure.login.oidc.token}
    ARM_SUBSCRIPTION_ID: ${azure.login.subscriptionId}
    ARM_TENANT_ID: ${azure.login.tenantId}
    ARM_USE_OIDC: "false"
    AWS_ACCESS_KEY_ID: ${aws.login.accessKeyId}
    AWS_SECRET_ACCESS_KEY: ${aws.login.secretAccessKey}
    AWS_SESSION_TOKEN: ${aws.login.sessionToken}
`
	if err != nil || got != want {
		t.Errorf("got %v\n%s", err, got)
	}
}

func TestBuildRefusesAzure(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		change func(*AzureLogin)
		want   string // "" is accepted
	}{
		"as it is":         {func(*AzureLogin) {}, ""},
		"upper case":       {func(l *AzureLogin) { l.ClientID = strings.ToUpper("aaaaaaaa-1111-4111-8111-111111111111") }, ""},
		"a reference":      {func(l *AzureLogin) { l.SubscriptionID = "${azure.subscription}" }, "unknown property"},
		"client":           {func(l *AzureLogin) { l.ClientID = "payments-prod" }, "azure.clientId:"},
		"no tenant":        {func(l *AzureLogin) { l.TenantID = "" }, "azure.tenantId:"},
		"a domain":         {func(l *AzureLogin) { l.TenantID = "acme.onmicrosoft.com" }, "azure.tenantId:"},
		"a resource id":    {func(l *AzureLogin) { l.SubscriptionID = "/subscriptions/" + l.SubscriptionID }, "azure.subscriptionId:"},
		"no attributes":    {func(l *AzureLogin) { l.SubjectAttributes = nil }, "azure.subjectAttributes:"},
		"an empty one":     {func(l *AzureLogin) { l.SubjectAttributes = []string{"rootEnvironment.name", ""} }, "azure.subjectAttributes:"},
		"more than a GUID": {func(l *AzureLogin) { l.ClientID += "0" }, "azure.clientId:"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := azure()
			test.change(&l)
			_, err := Build(Definition{Logins: []Login{l}})
			var errs problem.List
			if (test.want == "") != (err == nil) || err != nil && (!errors.As(err, &errs) || len(errs) != 1 || !strings.Contains(errs[0].Error(), test.want)) {
				t.Errorf("got %v, want %q", err, test.want)
			}
		})
	}
}
