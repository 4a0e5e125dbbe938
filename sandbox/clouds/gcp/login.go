package gcp

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"strings"
	"time"

	"github.com/pulumi/esc"
	"github.com/pulumi/esc/schema"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/oidc"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/clouds"
)

// login is the ESC provider gcp-login: an access token of a Google service account, by OIDC or as it is given. See
// https://www.pulumi.com/docs/esc/providers/login/gcp-login/.
type login struct {
	cloud *Cloud
	token clouds.LoginToken
}

// loginInputs are the inputs of each way to log in, besides project, made anew each time since the library's builders change
// when they are used.
func loginInputs() map[string]schema.BuilderMap {
	return map[string]schema.BuilderMap{
		"oidc": {
			"workloadPoolId":    schema.String(),
			"providerId":        schema.String(),
			"serviceAccount":    schema.String(),
			"region":            schema.String(),
			"tokenLifetime":     schema.String(),
			"subjectAttributes": schema.Array().Items(schema.String()),
		},
		"accessToken": {
			"accessToken":    schema.String(),
			"serviceAccount": schema.String(),
			"tokenLifetime":  schema.String(),
		},
	}
}

// Schema implements [esc.Provider].
func (login) Schema() (inputs, outputs *schema.Schema) {
	ways := loginInputs()
	inputs = schema.Object().Properties(schema.BuilderMap{
		"project":     schema.Number(),
		"oidc":        schema.Object().Properties(ways["oidc"]).Required("workloadPoolId", "providerId", "serviceAccount"),
		"accessToken": schema.Object().Properties(ways["accessToken"]).Required("accessToken"),
	}).Required("project").Schema()
	return inputs, loginOutputs()
}

func loginOutputs() *schema.Schema {
	return schema.Record(schema.BuilderMap{
		"project":     schema.String(),
		"accessToken": schema.String(),
		"tokenType":   schema.String(),
		"expiry":      schema.String(),
	}).Schema()
}

// Open implements [esc.Provider].
func (l login) Open(_ context.Context, inputs map[string]esc.Value, env esc.EnvExecContext) (esc.Value, error) {
	project := fmt.Sprint(inputs["project"].Value)
	ways := maps.Clone(inputs)
	delete(ways, "project")
	if err := clouds.CheckLoginInputs(loginInputs(), ways); err != nil {
		return esc.Value{}, fmt.Errorf("gcp-login: %w", err)
	}
	byOIDC, hasOIDC := clouds.Object(ways, "oidc")
	given, hasGiven := clouds.Object(ways, "accessToken")
	switch {
	case hasOIDC == hasGiven:
		return esc.Value{}, fmt.Errorf("gcp-login takes exactly one of oidc and accessToken")
	case hasGiven && clouds.Text(given, "serviceAccount") != "":
		return esc.Value{}, fmt.Errorf("gcp-login: the sandbox's Google knows no access token but those that it gave out, so none can " +
			"impersonate a service account: use oidc")
	case hasGiven:
		return loginOutput(project, Credentials{AccessToken: clouds.Text(given, "accessToken")}), nil
	}
	credentials, err := l.byOIDC(project, byOIDC, env)
	if err != nil {
		return esc.Value{}, fmt.Errorf("gcp-login: %w", err)
	}
	return loginOutput(project, credentials), nil
}

func (l login) byOIDC(project string, inputs map[string]esc.Value, env esc.EnvExecContext) (Credentials, error) {
	lifetime, err := clouds.LoginDuration(inputs, "tokenLifetime")
	if err != nil {
		return Credentials{}, err
	}
	token, err := l.token(oidc.GCP, clouds.Texts(inputs, "subjectAttributes"), env)
	if err != nil {
		return Credentials{}, err
	}
	return l.cloud.Login(LoginRequest{
		Provider:       providerOf(project, clouds.Text(inputs, "region"), clouds.Text(inputs, "workloadPoolId"), clouds.Text(inputs, "providerId")),
		ServiceAccount: clouds.Text(inputs, "serviceAccount"),
		Token:          token,
		Lifetime:       lifetime,
	})
}

// providerOf is the resource name of a provider. Google has pools nowhere but in the location global.
func providerOf(project, region, pool, provider string) string {
	return strings.Join([]string{
		"projects", project, "locations", cmp.Or(region, "global"), "workloadIdentityPools", pool, "providers", provider,
	}, "/")
}

func loginOutput(project string, credentials Credentials) esc.Value {
	expiry := ""
	if !credentials.Expires.IsZero() {
		expiry = credentials.Expires.Format(time.RFC3339)
	}
	return esc.NewSecret(map[string]esc.Value{
		"project":     esc.NewValue(project),
		"accessToken": esc.NewSecret(credentials.AccessToken),
		"tokenType":   esc.NewValue("Bearer"),
		"expiry":      esc.NewValue(expiry),
	})
}
