package azure

import (
	"fmt"
	"strings"

	"github.com/pulumi/esc"
	"github.com/pulumi/esc/schema"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/oidc"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/clouds"
)

// login is the ESC provider azure-login: what an Azure client logs in with, by OIDC or with a client secret. See
// https://www.pulumi.com/docs/esc/providers/login/azure-login/.
//
// The service hands out the identity token, and Azure decides when a client first uses it. The sandbox has no such
// client, so its Azure decides when the environment is opened.
type login struct {
	cloud *Cloud
	token clouds.LoginToken
}

// loginInputs are made anew each time, since the library's builders change when they are used.
func loginInputs() schema.BuilderMap {
	return schema.BuilderMap{
		"clientId":          schema.String(),
		"clientSecret":      schema.String(),
		"oidc":              schema.Boolean(),
		"subjectAttributes": schema.Array().Items(schema.String()),
		"subscriptionId":    schema.String(),
		"tenantId":          schema.String(),
	}
}

// loginOutputs are the outputs of azure-login, which azure-secrets takes as its login.
func loginOutputs() *schema.Schema {
	return schema.Object().Properties(schema.BuilderMap{
		"clientId":       schema.String(),
		"clientSecret":   schema.String(),
		"oidc":           schema.Record(schema.BuilderMap{"token": schema.String()}),
		"subscriptionId": schema.String(),
		"tenantId":       schema.String(),
	}).Required("clientId", "subscriptionId", "tenantId").Schema()
}

// Schema implements [clouds.Opener].
func (login) Schema() (inputs, outputs *schema.Schema) {
	inputs = schema.Object().Properties(loginInputs()).Required("clientId", "subscriptionId", "tenantId").Schema()
	return inputs, loginOutputs()
}

// Open implements [clouds.Opener].
func (l login) Open(inputs map[string]esc.Value, env esc.EnvExecContext) (esc.Value, error) {
	if err := clouds.CheckInputs(loginInputs(), inputs); err != nil {
		return esc.Value{}, err
	}
	outputs, err := l.open(inputs, env)
	return esc.NewValue(outputs), err
}

func (l login) open(inputs map[string]esc.Value, env esc.EnvExecContext) (map[string]esc.Value, error) {
	byOIDC, _ := inputs["oidc"].Value.(bool)
	secret := clouds.Text(inputs, "clientSecret")
	if byOIDC == (secret != "") {
		return nil, fmt.Errorf("give exactly one of oidc: true and clientSecret")
	}
	outputs := map[string]esc.Value{}
	for _, name := range []string{"clientId", "tenantId", "subscriptionId"} {
		outputs[name] = esc.NewValue(clouds.Text(inputs, name))
	}
	if secret != "" {
		outputs["clientSecret"] = esc.NewSecret(secret)
		return outputs, nil
	}
	token, err := l.token(oidc.Azure, clouds.Texts(inputs, "subjectAttributes"), env)
	if err != nil {
		return nil, err
	}
	err = l.cloud.SignIn(SignInRequest{
		ClientID:       clouds.Text(inputs, "clientId"),
		TenantID:       clouds.Text(inputs, "tenantId"),
		SubscriptionID: strings.TrimPrefix(clouds.Text(inputs, "subscriptionId"), "/subscriptions/"),
		Token:          token,
	})
	outputs["oidc"] = esc.NewSecret(map[string]esc.Value{"token": esc.NewSecret(token)})
	return outputs, err
}
