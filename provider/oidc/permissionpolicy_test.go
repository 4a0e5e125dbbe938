package oidc

import (
	"strings"
	"testing"
)

const (
	readDB = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:db-??????"
	dbARN  = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:db-AbCdEf"
)

func statementsOf(t *testing.T, statements ...string) PermissionDocument {
	t.Helper()
	policy, err := ParseAWSPermissionPolicy([]byte(`{"Version":"2012-10-17","Statement":[` + strings.Join(statements, ",") + `]}`))
	if err != nil {
		t.Fatal(err)
	}
	return policy
}

func TestDecidePermissions(t *testing.T) {
	t.Parallel()
	allow := `{"Effect":"Allow","Action":"secretsmanager:GetSecretValue","Resource":"` + readDB + `"}`
	deny := `{"Effect":"Deny","Action":"*","Resource":"*"}`
	viaService := `{"Effect":"Allow","Action":"kms:Decrypt","Resource":"*","Condition":{"StringEquals":{"kms:ViaService":"s3"}}}`
	variable := `{"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::${aws:username}"}`
	numeric := `{"Effect":"%s","Action":"s3:*","Resource":"*","Condition":{"NumericLessThan":{"s3:max-keys":"10"}}}`
	for name, c := range map[string]struct {
		statements []string
		request    AWSRequest
		want       bool
	}{
		"allowed":                     {[]string{allow}, AWSRequest{Action: "secretsmanager:GetSecretValue", Resource: dbARN}, true},
		"actions ignore case":         {[]string{allow}, AWSRequest{Action: "SecretsManager:getsecretvalue", Resource: dbARN}, true},
		"resources do not":            {[]string{allow}, AWSRequest{Action: "secretsmanager:GetSecretValue", Resource: strings.ToUpper(dbARN)}, false},
		"another action":              {[]string{allow}, AWSRequest{Action: "secretsmanager:PutSecretValue", Resource: dbARN}, false},
		"a longer name":               {[]string{allow}, AWSRequest{Action: "secretsmanager:GetSecretValue", Resource: dbARN + "-AbCdEf"}, false},
		"denied":                      {[]string{allow, deny}, AWSRequest{Action: "secretsmanager:GetSecretValue", Resource: dbARN}, false},
		"condition holds":             {[]string{viaService}, AWSRequest{Action: "kms:Decrypt", Resource: "k", Context: map[string][]string{"KMS:viaservice": {"s3"}}}, true},
		"condition fails":             {[]string{viaService}, AWSRequest{Action: "kms:Decrypt", Resource: "k", Context: map[string][]string{"kms:ViaService": {"ssm"}}}, false},
		"condition without the key":   {[]string{viaService}, AWSRequest{Action: "kms:Decrypt", Resource: "k"}, false},
		"a variable never grants":     {[]string{variable}, AWSRequest{Action: "s3:GetObject", Resource: "arn:aws:s3:::${aws:username}"}, false},
		"what is unclear never grant": {[]string{strings.ReplaceAll(numeric, "%s", "Allow")}, AWSRequest{Action: "s3:GetObject", Resource: "b"}, false},
		"and denies": {
			[]string{`{"Effect":"Allow","Action":"*","Resource":"*"}`, strings.ReplaceAll(numeric, "%s", "Deny")},
			AWSRequest{Action: "s3:GetObject", Resource: "b"}, false,
		},
		"not action": {[]string{`{"Effect":"Allow","NotAction":"iam:*","Resource":"*"}`}, AWSRequest{Action: "s3:GetObject", Resource: "b"}, true},
		"not resource": {
			[]string{`{"Effect":"Allow","Action":"*","NotResource":"` + readDB + `"}`},
			AWSRequest{Action: "secretsmanager:GetSecretValue", Resource: dbARN}, false,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if allowed, reason := Decide([]PermissionDocument{statementsOf(t, c.statements...)}, c.request); allowed != c.want {
				t.Errorf("allowed is %t: %s", allowed, reason)
			}
		})
	}
	if allowed, _ := Decide(nil, AWSRequest{Action: "s3:GetObject", Resource: "b"}); allowed {
		t.Error("without a policy, something is allowed")
	}
}

func TestParsePermissionPolicyRefuses(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		`{`:                                 "not JSON",
		`[]`:                                "expected an object",
		`{"Statement":[]}`:                  "no Statement",
		`{"Statement":[1]}`:                 "Statement[0]",
		`{"Version":"2020","Statement":{}}`: "Version",
		`{"Statement":{"Effect":"Allow","Action":"*"}}`:                                      "Resource and NotResource",
		`{"Statement":{"Effect":"Allow","Resource":"*"}}`:                                    "Action and NotAction",
		`{"Statement":{"Action":"*","Resource":"*"}}`:                                        "Effect",
		`{"Statement":{"Effect":"Allow","Principal":"*","Action":"*","Resource":"*"}}`:       "no principal",
		`{"Statement":{"Effect":"Allow","Effekt":"Allow","Action":"*","Resource":"*"}}`:      "unknown element",
		`{"Statement":{"Effect":"Allow","Action":"*","Resource":"*","Condition":{"X":{}}}}`:  "unknown condition operator",
		`{"Statement":{"Effect":"Allow","Action":["*"],"Resource":[]}}`:                      "the list is empty",
		`{"Statement":{"Effect":"Allow","Action":"*","Resource":"*","Resource":"arn:aws:"}}`: "comes twice",
	} {
		if _, err := ParseAWSPermissionPolicy([]byte(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", text, err, want)
		}
	}
}

func FuzzParseAWSPermissionPolicy(f *testing.F) {
	f.Add(`{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"s3:*","Resource":"*","Condition":{"Null":{"a:b":true}}}}`)
	f.Fuzz(func(_ *testing.T, text string) {
		if policy, err := ParseAWSPermissionPolicy([]byte(text)); err == nil {
			Decide([]PermissionDocument{policy}, AWSRequest{Action: "s3:GetObject", Resource: "b", Context: map[string][]string{"a:b": {"c"}}})
		}
	})
}
