package gcp

import (
	"cmp"
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

// Schema implements [clouds.Opener].
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

// Open implements [clouds.Opener].
func (l login) Open(inputs map[string]esc.Value, env esc.EnvExecContext) (esc.Value, error) {
	project := fmt.Sprint(inputs["project"].Value)
	ways := maps.Clone(inputs)
	delete(ways, "project")
	way, given, err := clouds.ChosenWay(loginInputs(), ways)
	switch {
	case err != nil:
		return esc.Value{}, err
	case way == "accessToken" && clouds.Text(given, "serviceAccount") != "":
		return esc.Value{}, fmt.Errorf("the sandbox's Google knows no access token but those that it gave out, so none can " +
			"impersonate a service account: use oidc")
	case way == "accessToken":
		return loginOutput(project, Credentials{AccessToken: clouds.Text(given, "accessToken")}), nil
	}
	credentials, err := l.byOIDC(project, given, env)
	return loginOutput(project, credentials), err
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
