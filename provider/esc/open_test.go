package esc

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"

	lib "github.com/pulumi/esc"
	"github.com/pulumi/esc/eval"
	"github.com/pulumi/esc/schema"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/arn"
)

// seal and unseal are a cipher that a test can recognize.
func seal(plaintext string) (string, error) {
	return "sealed:" + base64.StdEncoding.EncodeToString([]byte(plaintext)), nil
}

func unseal(ciphertext string) (string, error) {
	text, ok := strings.CutPrefix(ciphertext, "sealed:")
	if !ok {
		return "", errors.New("not sealed")
	}
	plaintext, err := base64.StdEncoding.DecodeString(text)
	return string(plaintext), err
}

// awsPlugin is the login of the tests: it answers with what it was asked.
type awsPlugin struct{ catalogue }

func (p *awsPlugin) LoadProvider(_ context.Context, name string) (lib.Provider, error) {
	if name != "aws-login" {
		return nil, fmt.Errorf("unexpected provider %q", name)
	}
	return awsAnswer{}, nil
}

type awsAnswer struct{}

func (awsAnswer) Schema() (inputs, outputs *schema.Schema) { return schema.Always(), schema.Always() }

func (awsAnswer) Open(_ context.Context, inputs map[string]lib.Value, _ lib.EnvExecContext) (lib.Value, error) {
	asked, err := json.Marshal(lib.NewValue(inputs).ToJSON(false))
	if err != nil {
		return lib.Value{}, err
	}
	return lib.NewValue(map[string]lib.Value{
		"accessKeyId": lib.NewSecret("id"), "secretAccessKey": lib.NewSecret("key"), "sessionToken": lib.NewSecret("token"),
		"asked": lib.NewValue(string(asked)),
	}), nil
}

// open is [openAs] of a person.
func open(t interface{ Fatalf(string, ...any) }, definition string) lib.Value {
	return openAs(t, definition, "ana")
}

// openAs does what the service does with a definition that is written and then opened: it encrypts, stores, and evaluates.
func openAs(t interface{ Fatalf(string, ...any) }, definition, login string) lib.Value {
	sealedText, err := EncryptSecrets(definition, seal)
	if err != nil {
		t.Fatalf("%s: %v", definition, err)
	}
	environment, diagnostics, err := eval.LoadYAMLBytes("payments/prod", []byte(sealedText))
	if err != nil || len(diagnostics) > 0 {
		t.Fatalf("%s: %v, %v", sealedText, err, diagnostics)
	}
	execution, err := lib.NewExecContext(map[string]lib.Value{"pulumi": lib.NewValue(map[string]lib.Value{
		"user": lib.NewValue(map[string]lib.Value{"login": lib.NewValue(login)}),
	})})
	if err != nil {
		t.Fatalf("%v", err)
	}
	opened, diagnostics := eval.EvalEnvironment(context.Background(), "payments/prod", environment, crypter(unseal), &awsPlugin{}, imports{}, execution)
	if len(diagnostics) > 0 {
		t.Fatalf("%s: %v", sealedText, diagnostics)
	}
	if opened == nil {
		return lib.NewValue(map[string]lib.Value{})
	}
	return lib.NewValue(opened.Properties)
}

// AWS refuses a colon in the name of a session, and logins of machines have one.
func TestInterpolatedSessionNamesSuitAWSForEveryLogin(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"pulumi-${context.pulumi.user.login}", "${context.pulumi.user.login}", "${context.pulumi.user.login}.x"} {
		text, err := Build(Definition{Logins: []Login{AWSLogin{
			RoleARN: "arn:aws:iam::123456789012:role/payments-prod", SessionName: name, SubjectAttributes: []string{"rootEnvironment.name"},
		}}})
		if err != nil {
			t.Fatal(err)
		}
		for login, written := range map[string]string{
			"ana": "ana", "ana@acme.example": "ana@acme.example", "acme": "acme",
			"team-account:4b8e256a-efa7-5c39-b463-8c8625e63d8f":  "team-account-4b8e256a-efa7-5c39-b463-8c8625e63d8f",
			"stack-account:4b8e256a-efa7-5c39-b463-8c8625e63d8f": "stack-account-4b8e256a-efa7-5c39-b463-8c8625e63d8f",
		} {
			opened, err := json.Marshal(openAs(t, text, login).ToJSON(false))
			if err != nil {
				t.Fatal(err)
			}
			want := strings.ReplaceAll(name, "${context.pulumi.user.login}", written)
			if asked := `\"sessionName\":\"` + want + `\"`; !strings.Contains(string(opened), asked) {
				t.Errorf("%s, opened by %s: %s does not have %s", name, login, opened, asked)
			}
			if arn.BadSessionName(want) != "" {
				t.Errorf("%s, opened by %s: AWS refuses %s", name, login, want)
			}
		}
	}
}

func TestBuiltDefinitionOpens(t *testing.T) {
	t.Parallel()
	text, err := Build(Definition{
		Values: map[string]any{
			"region":   "eu-west-1",
			"endpoint": "https://${region}.acme.example",
			"replicas": 3.0, "ratio": 0.5, "on": true, "nothing": nil, "list": []any{"a", Secret{Value: "b"}},
			"secrets": map[string]any{
				"text": Secret{Value: "pa$$w${ord"}, "reference": Secret{Value: "${region}"}, "number": Secret{Value: 5.0}, "bool": Secret{Value: true}, "null": Secret{Value: nil},
				"list": Secret{Value: []any{1.0, Secret{Value: "x"}}}, "map": Secret{Value: map[string]any{"k": map[string]any{"fn::secret": "v"}}},
				"marked": map[string]any{"fn::secret": 7.0},
			},
		},
		PulumiConfig: map[string]any{"aws:region": "${region}"},
		Logins: []Login{AWSLogin{
			RoleARN: "arn:aws:iam::123456789012:role/payments-prod", SessionName: "payments-${context.pulumi.user.login}",
			SubjectAttributes: []string{"rootEnvironment.name"},
		}},
	})
	if err != nil {
		t.Fatal(err)
	}
	opened := open(t, text)
	got, _ := opened.ToJSON(false).(map[string]any)
	asked := `{"oidc":{"duration":"1h","roleArn":"arn:aws:iam::123456789012:role/payments-prod","sessionName":"payments-ana","subjectAttributes":["rootEnvironment.name"]}}`
	want := map[string]any{
		"region": "eu-west-1", "endpoint": "https://eu-west-1.acme.example", "replicas": 3, "ratio": 0.5, "on": true, "nothing": nil,
		"list": []any{"a", "b"},
		"secrets": map[string]any{
			"text": "pa$$w${ord", "reference": "${region}", "number": 5, "bool": true, "null": nil,
			"list": []any{1, "x"}, "map": map[string]any{"k": "v"}, "marked": 7,
		},
		"pulumiConfig":         map[string]any{"aws:region": "eu-west-1"},
		"environmentVariables": map[string]any{"AWS_ACCESS_KEY_ID": "id", "AWS_SECRET_ACCESS_KEY": "key", "AWS_SESSION_TOKEN": "token"},
		"aws":                  map[string]any{"login": map[string]any{"accessKeyId": "id", "secretAccessKey": "key", "sessionToken": "token", "asked": asked}},
	}
	if a, b := asJSON(t, got), asJSON(t, want); a != b {
		t.Errorf("got  %s\nwant %s", a, b)
	}
	// Everything marked secret comes out secret, whatever its type.
	properties, _ := opened.Value.(map[string]lib.Value)
	secrets, _ := properties["secrets"].Value.(map[string]lib.Value)
	for name, value := range secrets {
		if !allSecret(value) {
			t.Errorf("%s is not secret", name)
		}
	}
	if len(secrets) != 8 {
		t.Errorf("%d secrets", len(secrets))
	}
}

func allSecret(v lib.Value) bool {
	switch inner := v.Value.(type) {
	case map[string]lib.Value:
		for _, value := range inner {
			if !v.Secret && !allSecret(value) {
				return false
			}
		}
		return true
	case []lib.Value:
		for _, value := range inner {
			if !v.Secret && !allSecret(value) {
				return false
			}
		}
		return true
	}
	return v.Secret
}

func asJSON(t interface{ Fatalf(string, ...any) }, value any) string {
	text, err := json.MarshalIndent(value, "", " ")
	if err != nil {
		t.Fatalf("%v", err)
	}
	return string(text)
}
