package server

import (
	"context"
	"fmt"

	"github.com/pulumi/esc"
	"github.com/pulumi/esc/schema"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/oidc"
)

// awsLogin is the ESC provider aws-login: temporary credentials for an AWS role, by OIDC or from static keys. See
// https://www.pulumi.com/docs/esc/integrations/dynamic-login-credentials/aws-login/.
type awsLogin struct {
	opening opening
	sts     awsSTS
}

// awsLoginInputs are the inputs of each way to log in, made anew each time since the library's builders change when they
// are used.
func awsLoginInputs() map[string]schema.BuilderMap {
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
func (awsLogin) Schema() (inputs, outputs *schema.Schema) {
	ways := awsLoginInputs()
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
func (l awsLogin) Open(_ context.Context, inputs map[string]esc.Value, env esc.EnvExecContext) (esc.Value, error) {
	if err := checkLoginInputs(awsLoginInputs(), inputs); err != nil {
		return esc.Value{}, fmt.Errorf("aws-login: %w", err)
	}
	byOIDC, hasOIDC := object(inputs, "oidc")
	static, hasStatic := object(inputs, "static")
	switch {
	case hasOIDC == hasStatic:
		return esc.Value{}, fmt.Errorf("aws-login takes exactly one of oidc and static")
	case hasStatic:
		return awsLoginOutput(awsCredentials{
			AccessKeyID:     text(static, "accessKeyId"),
			SecretAccessKey: text(static, "secretAccessKey"),
			SessionToken:    text(static, "sessionToken"),
		}), nil
	}
	credentials, err := l.byOIDC(byOIDC, env)
	if err != nil {
		return esc.Value{}, fmt.Errorf("aws-login: %w", err)
	}
	return awsLoginOutput(credentials), nil
}

func (l awsLogin) byOIDC(inputs map[string]esc.Value, env esc.EnvExecContext) (awsCredentials, error) {
	duration, err := loginDuration(inputs, "duration")
	if err != nil {
		return awsCredentials{}, err
	}
	token, err := l.opening.loginToken(l.sts.issuer, oidc.AWS, texts(inputs, "subjectAttributes"), env)
	if err != nil {
		return awsCredentials{}, err
	}
	return l.sts.assumeRole(awsAssumeRequest{
		RoleARN:     text(inputs, "roleArn"),
		SessionName: text(inputs, "sessionName"),
		Token:       token,
		Duration:    duration,
		PolicyARNs:  texts(inputs, "policyArns"),
	})
}

func awsLoginOutput(credentials awsCredentials) esc.Value {
	return esc.NewSecret(map[string]esc.Value{
		"accessKeyId":     esc.NewSecret(credentials.AccessKeyID),
		"secretAccessKey": esc.NewSecret(credentials.SecretAccessKey),
		"sessionToken":    esc.NewSecret(credentials.SessionToken),
	})
}
