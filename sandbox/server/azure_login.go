package server

import (
	"context"
	"fmt"
	"strings"

	"github.com/pulumi/esc"
	"github.com/pulumi/esc/schema"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/oidc"
)

// azureLogin is the ESC provider azure-login: what an Azure client logs in with, by OIDC or with a client secret. See
// https://www.pulumi.com/docs/esc/providers/login/azure-login/.
//
// The service hands out the identity token, and Azure decides when a client first uses it. The sandbox has no such
// client, so its Azure decides when the environment is opened.
type azureLogin struct {
	opening opening
	entra   azureEntra
}

// azureLoginInputs are made anew each time, and other inputs are refused by Open, for the reasons that [awsLoginInputs]
// has.
func azureLoginInputs() schema.BuilderMap {
	return schema.BuilderMap{
		"clientId":          schema.String(),
		"clientSecret":      schema.String(),
		"oidc":              schema.Boolean(),
		"subjectAttributes": schema.Array().Items(schema.String()),
		"subscriptionId":    schema.String(),
		"tenantId":          schema.String(),
	}
}

// azureLoginOutputs are the outputs of azure-login, which azure-secrets takes as its login.
func azureLoginOutputs() *schema.Schema {
	return schema.Object().Properties(schema.BuilderMap{
		"clientId":       schema.String(),
		"clientSecret":   schema.String(),
		"oidc":           schema.Record(schema.BuilderMap{"token": schema.String()}),
		"subscriptionId": schema.String(),
		"tenantId":       schema.String(),
	}).Required("clientId", "subscriptionId", "tenantId").Schema()
}

// Schema implements [esc.Provider].
func (azureLogin) Schema() (inputs, outputs *schema.Schema) {
	inputs = schema.Object().Properties(azureLoginInputs()).Required("clientId", "subscriptionId", "tenantId").Schema()
	return inputs, azureLoginOutputs()
}

// Open implements [esc.Provider].
func (l azureLogin) Open(_ context.Context, inputs map[string]esc.Value, env esc.EnvExecContext) (esc.Value, error) {
	known := azureLoginInputs()
	for _, name := range sortedKeys(inputs) {
		if _, found := known[name]; !found {
			return esc.Value{}, fmt.Errorf("azure-login: unknown input %q; it has %s", name, strings.Join(sortedKeys(known), ", "))
		}
	}
	outputs, err := l.open(inputs, env)
	if err != nil {
		return esc.Value{}, fmt.Errorf("azure-login: %w", err)
	}
	return esc.NewValue(outputs), nil
}

func (l azureLogin) open(inputs map[string]esc.Value, env esc.EnvExecContext) (map[string]esc.Value, error) {
	byOIDC, _ := inputs["oidc"].Value.(bool)
	secret := text(inputs, "clientSecret")
	if byOIDC == (secret != "") {
		return nil, fmt.Errorf("give exactly one of oidc: true and clientSecret")
	}
	outputs := map[string]esc.Value{}
	for _, name := range []string{"clientId", "tenantId", "subscriptionId"} {
		outputs[name] = esc.NewValue(text(inputs, name))
	}
	if secret != "" {
		outputs["clientSecret"] = esc.NewSecret(secret)
		return outputs, nil
	}
	token, err := l.opening.loginToken(l.entra.issuer, oidc.Azure, texts(inputs, "subjectAttributes"), env)
	if err != nil {
		return nil, err
	}
	err = l.entra.signIn(azureSignIn{
		ClientID:       text(inputs, "clientId"),
		TenantID:       text(inputs, "tenantId"),
		SubscriptionID: strings.TrimPrefix(text(inputs, "subscriptionId"), "/subscriptions/"),
		Token:          token,
	})
	outputs["oidc"] = esc.NewSecret(map[string]esc.Value{"token": esc.NewSecret(token)})
	return outputs, err
}
