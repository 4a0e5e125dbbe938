package aws

import (
	"context"
	"fmt"

	"github.com/pulumi/esc"
	"github.com/pulumi/esc/schema"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/oidc"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/clouds"
)

// login is the ESC provider aws-login: temporary credentials for an AWS role, by OIDC or from static keys. See
// https://www.pulumi.com/docs/esc/integrations/dynamic-login-credentials/aws-login/.
type login struct {
	cloud *Cloud
	token clouds.LoginToken
}

// loginInputs are the inputs of each way to log in, made anew each time since the library's builders change when they
// are used.
func loginInputs() map[string]schema.BuilderMap {
	return map[string]schema.BuilderMap{
		"oidc": {
			"duration":          schema.String(),
			"policyArns":        schema.Array().Items(schema.String()),
			"roleArn":           schema.String(),
			"sessionName":       schema.String(),
			"subjectAttributes": schema.Array().Items(schema.String()),
		},
		"static": {
			"accessKeyId":     schema.String(),
			"secretAccessKey": schema.String(),
			"sessionToken":    schema.String(),
		},
	}
}

// Schema implements [esc.Provider].
func (login) Schema() (inputs, outputs *schema.Schema) {
	ways := loginInputs()
	inputs = schema.Object().Properties(schema.BuilderMap{
		"oidc":   schema.Object().Properties(ways["oidc"]).Required("roleArn", "sessionName"),
		"static": schema.Object().Properties(ways["static"]).Required("accessKeyId", "secretAccessKey"),
	}).Schema()
	outputs = schema.Record(schema.BuilderMap{
		"accessKeyId":     schema.String(),
		"secretAccessKey": schema.String(),
		"sessionToken":    schema.String(),
	}).Schema()
	return inputs, outputs
}

// Open implements [esc.Provider].
func (l login) Open(_ context.Context, inputs map[string]esc.Value, env esc.EnvExecContext) (esc.Value, error) {
	if err := clouds.CheckLoginInputs(loginInputs(), inputs); err != nil {
		return esc.Value{}, fmt.Errorf("aws-login: %w", err)
	}
	byOIDC, hasOIDC := clouds.Object(inputs, "oidc")
	static, hasStatic := clouds.Object(inputs, "static")
	switch {
	case hasOIDC == hasStatic:
		return esc.Value{}, fmt.Errorf("aws-login takes exactly one of oidc and static")
	case hasStatic:
		return loginOutput(Credentials{
			AccessKeyID:     clouds.Text(static, "accessKeyId"),
			SecretAccessKey: clouds.Text(static, "secretAccessKey"),
			SessionToken:    clouds.Text(static, "sessionToken"),
		}), nil
	}
	credentials, err := l.byOIDC(byOIDC, env)
	if err != nil {
		return esc.Value{}, fmt.Errorf("aws-login: %w", err)
	}
	return loginOutput(credentials), nil
}

func (l login) byOIDC(inputs map[string]esc.Value, env esc.EnvExecContext) (Credentials, error) {
	duration, err := clouds.LoginDuration(inputs, "duration")
	if err != nil {
		return Credentials{}, err
	}
	token, err := l.token(oidc.AWS, clouds.Texts(inputs, "subjectAttributes"), env)
	if err != nil {
		return Credentials{}, err
	}
	return l.cloud.AssumeRole(AssumeRoleRequest{
		RoleARN:     clouds.Text(inputs, "roleArn"),
		SessionName: clouds.Text(inputs, "sessionName"),
		Token:       token,
		Duration:    duration,
		PolicyARNs:  clouds.Texts(inputs, "policyArns"),
	})
}

func loginOutput(credentials Credentials) esc.Value {
	return esc.NewSecret(map[string]esc.Value{
		"accessKeyId":     esc.NewSecret(credentials.AccessKeyID),
		"secretAccessKey": esc.NewSecret(credentials.SecretAccessKey),
		"sessionToken":    esc.NewSecret(credentials.SessionToken),
	})
}
