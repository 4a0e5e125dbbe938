package esc

import (
	"fmt"
	"regexp"

	"gopkg.in/yaml.v3"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/problem"
)

// AzureLogin is a login to Azure by OIDC, see https://www.pulumi.com/docs/esc/providers/login/azure-login/.
//
// ClientID is that of the managed identity or app registration, TenantID that of its directory, SubscriptionID the
// subscription to work in: a GUID each. SubjectAttributes are required, as in every login.
type AzureLogin struct {
	ClientID          string
	TenantID          string
	SubscriptionID    string
	SubjectAttributes []string
}

var _ Login = AzureLogin{}

const azureLoginKey = "fn::open::azure-login"

// The credentials as Azure's tools and Pulumi's Azure providers expect them.
var azureVariables = map[string]string{
	"ARM_CLIENT_ID":       "${azure.login.clientId}",
	"ARM_OIDC_TOKEN":      "${azure.login.oidc.token}",
	"ARM_SUBSCRIPTION_ID": "${azure.login.subscriptionId}",
	"ARM_TENANT_ID":       "${azure.login.tenantId}",
	"ARM_USE_OIDC":        "true",
}

func (AzureLogin) section() string { return "azure" }

func (AzureLogin) variables() map[string]string { return azureVariables }

func (AzureLogin) credentials() []string {
	return []string{"ARM_CLIENT_ID", "ARM_OIDC_TOKEN", "ARM_TENANT_ID"}
}

func (l AzureLogin) check() problem.List {
	var wrong problem.List
	for _, id := range []struct{ path, value string }{
		{"azure.clientId", l.ClientID}, {"azure.tenantId", l.TenantID}, {"azure.subscriptionId", l.SubscriptionID},
	} {
		if !interpolates(id.value) {
			wrong.AddReason(id.path, badGUID(id.value))
		}
	}
	wrong.AddReason("azure.subjectAttributes", badAttributes(l.SubjectAttributes))
	return wrong
}

var guid = regexp.MustCompile(`^[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}$`)

func badGUID(id string) string {
	if guid.MatchString(id) {
		return ""
	}
	return fmt.Sprintf("%q is not an id of Azure's, which looks like 11111111-2222-3333-4444-555555555555", id)
}

// node puts the subject attributes beside oidc: unlike the other logins, this one has them at its top.
func (l AzureLogin) node(e *encoder) *yaml.Node {
	inputs, open := mapping(), mapping()
	field := func(key string, value any) {
		put(inputs, scalar("!!str", key), e.node("values.azure.login."+key, value))
	}
	field("clientId", l.ClientID)
	field("tenantId", l.TenantID)
	field("subscriptionId", l.SubscriptionID)
	field("oidc", true)
	field("subjectAttributes", l.SubjectAttributes)
	put(open, scalar("!!str", azureLoginKey), inputs)
	return open
}
