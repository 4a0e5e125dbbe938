package server

import (
	"context"
	"fmt"
	"maps"
	"strings"
	"time"

	"github.com/pulumi/esc"
	"github.com/pulumi/esc/schema"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/oidc"
)

// gcpLogin is the ESC provider gcp-login: an access token of a Google service account, by OIDC or as it is given. See
// https://www.pulumi.com/docs/esc/providers/login/gcp-login/.
type gcpLogin struct {
	opening opening
	sts     gcpSTS
}

// gcpLoginInputs are the inputs of each way to log in, besides project; see awsLoginInputs.
func gcpLoginInputs() map[string]schema.BuilderMap {
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
func (gcpLogin) Schema() (inputs, outputs *schema.Schema) {
	ways := gcpLoginInputs()
	inputs = schema.Object().Properties(schema.BuilderMap{
		"project":     schema.Number(),
		"oidc":        schema.Object().Properties(ways["oidc"]).Required("workloadPoolId", "providerId", "serviceAccount"),
		"accessToken": schema.Object().Properties(ways["accessToken"]).Required("accessToken"),
	}).Required("project").Schema()
	return inputs, gcpLoginOutputs()
}

func gcpLoginOutputs() *schema.Schema {
	return schema.Record(schema.BuilderMap{
		"project":     schema.String(),
		"accessToken": schema.String(),
		"tokenType":   schema.String(),
		"expiry":      schema.String(),
	}).Schema()
}

// Open implements [esc.Provider].
func (l gcpLogin) Open(_ context.Context, inputs map[string]esc.Value, env esc.EnvExecContext) (esc.Value, error) {
	project := fmt.Sprint(inputs["project"].Value)
	ways := maps.Clone(inputs)
	delete(ways, "project")
	if err := checkLoginInputs(gcpLoginInputs(), ways); err != nil {
		return esc.Value{}, fmt.Errorf("gcp-login: %w", err)
	}
	byOIDC, hasOIDC := object(ways, "oidc")
	given, hasGiven := object(ways, "accessToken")
	switch {
	case hasOIDC == hasGiven:
		return esc.Value{}, fmt.Errorf("gcp-login takes exactly one of oidc and accessToken")
	case hasGiven && text(given, "serviceAccount") != "":
		return esc.Value{}, fmt.Errorf("gcp-login: the sandbox's Google knows no access token but those that it gave out, so none can " +
			"impersonate a service account: use oidc")
	case hasGiven:
		return gcpLoginOutput(project, gcpCredentials{AccessToken: text(given, "accessToken")}), nil
	}
	credentials, err := l.byOIDC(project, byOIDC, env)
	if err != nil {
		return esc.Value{}, fmt.Errorf("gcp-login: %w", err)
	}
	return gcpLoginOutput(project, credentials), nil
}

func (l gcpLogin) byOIDC(project string, inputs map[string]esc.Value, env esc.EnvExecContext) (gcpCredentials, error) {
	lifetime, err := loginDuration(inputs, "tokenLifetime")
	if err != nil {
		return gcpCredentials{}, err
	}
	token, err := l.opening.loginToken(l.sts.issuer, oidc.GCP, texts(inputs, "subjectAttributes"), env)
	if err != nil {
		return gcpCredentials{}, err
	}
	return l.sts.login(gcpLoginRequest{
		Provider:       gcpProviderOf(project, text(inputs, "region"), text(inputs, "workloadPoolId"), text(inputs, "providerId")),
		ServiceAccount: text(inputs, "serviceAccount"),
		Token:          token,
		Lifetime:       lifetime,
	})
}

// gcpProviderOf is the resource name of a provider. Google has pools nowhere but in the location global.
func gcpProviderOf(project, region, pool, provider string) string {
	return strings.Join([]string{
		"projects", project, "locations", firstNonEmpty(region, "global"), "workloadIdentityPools", pool, "providers", provider,
	}, "/")
}

func gcpLoginOutput(project string, credentials gcpCredentials) esc.Value {
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
