package server

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/pulumi/esc"
	"github.com/pulumi/esc/schema"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/oidc"
)

// loginTokenLifetime bounds the use of the identity token itself; the cloud's session has a duration of its own.
const loginTokenLifetime = 10 * time.Minute

// awsLogin is the ESC provider aws-login: temporary credentials for an AWS role, by OIDC or from static keys. See
// https://www.pulumi.com/docs/esc/integrations/dynamic-login-credentials/aws-login/.
type awsLogin struct {
	opening opening
	sts     awsSTS
}

// awsLoginInputs are the inputs of each way to log in, made anew each time since the library's builders change when they
// are used. The schema does not forbid other inputs: the evaluator would turn a login with one more into an unknown value,
// without a word. Open refuses them.
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

// checkAWSLogin refuses inputs that the provider does not have: a misspelt subjectAttributes would otherwise be a login
// with another subject.
func checkAWSLogin(inputs map[string]esc.Value) error {
	ways := awsLoginInputs()
	for _, way := range sortedKeys(inputs) {
		known, found := ways[way]
		if !found {
			return fmt.Errorf("unknown input %q", way)
		}
		given, _ := object(inputs, way)
		for _, name := range sortedKeys(given) {
			if _, found := known[name]; !found {
				return fmt.Errorf("unknown input %q of %s; it has %s", name, way, strings.Join(sortedKeys(known), ", "))
			}
		}
	}
	return nil
}

// Open implements [esc.Provider].
func (l awsLogin) Open(_ context.Context, inputs map[string]esc.Value, env esc.EnvExecContext) (esc.Value, error) {
	if err := checkAWSLogin(inputs); err != nil {
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
	var duration time.Duration
	if written := text(inputs, "duration"); written != "" {
		parsed, err := time.ParseDuration(written)
		if err != nil || parsed <= 0 {
			return awsCredentials{}, fmt.Errorf("oidc.duration %q is not a duration such as 1h or 30m", written)
		}
		duration = parsed
	}
	token, err := l.token(texts(inputs, "subjectAttributes"), env)
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

func (l awsLogin) token(attributes []string, env esc.EnvExecContext) (string, error) {
	opened, err := l.opening.oidcContext(env)
	if err != nil {
		return "", err
	}
	subject, err := oidc.ESCSubject(opened, attributes)
	if err != nil {
		return "", fmt.Errorf("oidc: %w", err)
	}
	return l.sts.issuer.sign(identity{
		Subject:  subject,
		Audience: []string{oidc.ESCAudience(oidc.AWS, opened.Organization, opened.Current.Project)},
		Lifetime: loginTokenLifetime,
		Claims:   l.opening.claims(opened),
	})
}

func awsLoginOutput(credentials awsCredentials) esc.Value {
	return esc.NewSecret(map[string]esc.Value{
		"accessKeyId":     esc.NewSecret(credentials.AccessKeyID),
		"secretAccessKey": esc.NewSecret(credentials.SecretAccessKey),
		"sessionToken":    esc.NewSecret(credentials.SessionToken),
	})
}

func object(inputs map[string]esc.Value, key string) (map[string]esc.Value, bool) {
	value, ok := inputs[key].Value.(map[string]esc.Value)
	return value, ok
}

// text is "" for what is absent: the evaluator has already checked the inputs against the schema.
func text(inputs map[string]esc.Value, key string) string {
	value, _ := inputs[key].Value.(string)
	return value
}

func texts(inputs map[string]esc.Value, key string) []string {
	items, _ := inputs[key].Value.([]esc.Value)
	var all []string
	for _, item := range items {
		if value, ok := item.Value.(string); ok {
			all = append(all, value)
		}
	}
	return all
}
