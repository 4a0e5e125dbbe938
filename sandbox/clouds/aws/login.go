package aws

import (
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
		"static": credentialInputs(),
	}
}

// credentialInputs are the parts of credentials.
func credentialInputs() schema.BuilderMap {
	return schema.BuilderMap{"accessKeyId": schema.String(), "secretAccessKey": schema.String(), "sessionToken": schema.String()}
}

// Schema implements [clouds.Opener].
func (login) Schema() (inputs, outputs *schema.Schema) {
	ways := loginInputs()
	inputs = schema.Object().Properties(schema.BuilderMap{
		"oidc":   schema.Object().Properties(ways["oidc"]).Required("roleArn", "sessionName"),
		"static": schema.Object().Properties(ways["static"]).Required("accessKeyId", "secretAccessKey"),
	}).Schema()
	return inputs, schema.Record(credentialInputs()).Schema()
}

// Open implements [clouds.Opener].
func (l login) Open(inputs map[string]esc.Value, env esc.EnvExecContext) (esc.Value, error) {
	way, given, err := clouds.ChosenWay(loginInputs(), inputs)
	if err != nil {
		return esc.Value{}, err
	}
	credentials := credentialsOf(given)
	if way == "oidc" {
		credentials, err = l.byOIDC(given, env)
	}
	return loginOutput(credentials), err
}

// credentialsOf are credentials among inputs: those of a static login, or those that a store takes as its login.
func credentialsOf(inputs map[string]esc.Value) Credentials {
	return Credentials{
		AccessKeyID:     clouds.Text(inputs, "accessKeyId"),
		SecretAccessKey: clouds.Text(inputs, "secretAccessKey"),
		SessionToken:    clouds.Text(inputs, "sessionToken"),
	}
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
