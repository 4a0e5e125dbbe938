package server

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
)

const storesDefinition = `values:
  login: {fn::open::aws-login: {oidc: {roleArn: '` + prodRole + `', sessionName: s1, subjectAttributes: [currentEnvironment.name]}}}
  got: {fn::open::aws-secrets: {region: eu-west-1, login: '${login}', get: {db: {secretId: SECRET}}}}
  parameters: {fn::open::aws-parameter-store: {region: eu-west-1, login: '${login}', get: {host: {name: /app/host, decrypt: true}}}}
`

// A store of AWS gives what the policies of the role allow, and nothing else.
func TestAWSStoresDecideByPolicies(t *testing.T) {
	t.Parallel()
	const aws = "/_sandbox/clouds/aws/"
	b := newBox(t, lockSeed)
	b.trustSubjects(prodRole, "aws:acme", "pulumi:environments:pulumi.organization.login:acme:currentEnvironment.name:payments/prod")
	key := "arn:aws:kms:eu-west-1:123456789012:key/k"
	for _, name := range []string{"db", "db-extra"} {
		b.send("", http.MethodPost, aws+"secrets", map[string]any{
			"account": "123456789012", "region": "eu-west-1", "name": name, "value": "value-of-" + name, "kmsKeyArn": key,
		}).want(http.StatusOK).says("secret:" + name + "-")
	}
	b.send("", http.MethodPost, aws+"parameters", map[string]any{
		"account": "123456789012", "region": "eu-west-1", "name": "/app/host", "value": "marked-host", "secure": true,
	}).want(http.StatusOK).says("parameter/app/host")
	exported := b.send("", http.MethodGet, "/_sandbox/state", nil).want(http.StatusOK)
	if strings.Contains(exported.body, "value-of-db") {
		t.Error("a value is in the exported state")
	}

	allow := func(policy string) {
		b.send("", http.MethodPut, aws+"roles/policies", map[string]any{"role": prodRole, "name": "p", "policy": json.RawMessage(policy)}).want(http.StatusOK)
	}
	open := func(secret string) reply {
		b.admin(http.MethodPatch, escPath("payments/prod"), strings.ReplaceAll(storesDefinition, "SECRET", secret)).want(http.StatusOK)
		return b.opened(b.user("bo"), "payments/prod")
	}
	open("db").want(http.StatusBadRequest).says("not authorized to perform: secretsmanager:GetSecretValue")
	statement := `{"Effect":"Allow","Action":["secretsmanager:GetSecretValue","ssm:GetParameter"],"Resource":[
		"arn:aws:secretsmanager:eu-west-1:123456789012:secret:db-??????","arn:aws:ssm:eu-west-1:123456789012:parameter/app/host"]}`
	allow(`{"Statement":` + statement + `}`)
	open("db").want(http.StatusBadRequest).says("not authorized to perform: kms:Decrypt")
	allow(`{"Statement":[` + statement + `,{"Effect":"Allow","Action":"kms:Decrypt","Resource":"` + key + `",
		"Condition":{"StringEquals":{"kms:ViaService":"secretsmanager.eu-west-1.amazonaws.com"}}}]}`)
	open("db").want(http.StatusOK).says("value-of-db").says("marked-host")
	open("db-extra").want(http.StatusBadRequest).says("not authorized to perform: secretsmanager:GetSecretValue")
	open("nothing").want(http.StatusBadRequest).says("not authorized")
	open("db, nosuchinput: x").want(http.StatusBadRequest).says("nosuchinput")
	b.send("", http.MethodDelete, aws+"roles/policies?name=p&role="+prodRole, nil).want(http.StatusNoContent)
	b.send("", http.MethodDelete, aws+"roles/policies?name=p&role="+prodRole, nil).want(http.StatusNotFound)
	open("db").want(http.StatusBadRequest).says("not authorized")
}

func TestAWSEndpointsRefuse(t *testing.T) {
	t.Parallel()
	const aws = "/_sandbox/clouds/aws/"
	b := newBox(t, "")
	for _, c := range []struct {
		method, path string
		body         any
		status       int
		says         string
	}{
		{http.MethodPost, "secrets", map[string]any{"account": "1", "region": "eu-west-1", "name": "n"}, 400, "account"},
		{http.MethodPost, "secrets", map[string]any{"account": "123456789012", "region": "x", "name": "n"}, 400, "region"},
		{http.MethodPost, "secrets", map[string]any{"account": "123456789012", "region": "eu-west-1", "name": "*"}, 400, "name"},
		{http.MethodPost, "secrets", map[string]any{"account": "123456789012", "region": "eu-west-1", "name": "n", "suffix": "x"}, 400, "suffix"},
		{http.MethodPost, "parameters", map[string]any{"account": "123456789012", "region": "eu-west-1", "name": ""}, 400, "name"},
		{http.MethodPut, "roles/policies", map[string]any{"role": prodRole, "name": "n", "policy": "{}"}, 404, "no role"},
		{http.MethodPost, "oidc-providers", map[string]any{"account": "1", "url": "https://a.b", "clientIds": []string{"c"}}, 400, "accountId"},
		{http.MethodPost, "oidc-providers", map[string]any{"account": "123456789012", "url": "https://a.b"}, 400, "clientIds"},
		{http.MethodPut, "oidc-providers", map[string]any{"account": "123456789012", "url": "https://a.b", "clientIds": []string{"c"}}, 404, "a.b"},
		{http.MethodDelete, "oidc-providers?arn=x", nil, 404, "x"},
		{http.MethodPost, "roles", map[string]any{"arn": prodRole, "trustPolicy": strings.Repeat(" ", 5000)}, 400, "trustPolicy"},
	} {
		b.send("", c.method, aws+c.path, c.body).want(c.status).says(c.says)
	}
}
