package server_test

import (
	"encoding/json"
	"testing"
)

const deployment = " /api/stacks/acme/payments/dev/deployments/settings"

func TestDeploymentSettings(t *testing.T) {
	t.Parallel()
	s := startScene(t, acmeSeed)
	ana := s.admin()
	role := ana.roleWith("deployer", groupOf(allowOf("stack:read")))
	before := string(s.State())
	ana.do("GET"+deployment, nil).want(404)
	ana.do("DELETE"+deployment, nil).want(404)

	ana.do("POST"+deployment, obj{"operationContext": obj{
		"preRunCommands": []string{"make"}, "options": obj{"deleteAfterDestroy": true},
		"environmentVariables": obj{"TOKEN": obj{"secret": "s3cr3t"}},
	}}).want(200)
	foreign := string(s.State())
	merged := ana.do("POST"+deployment, obj{"operationContext": obj{
		"role": obj{"id": role},
		"oidc": obj{"aws": obj{"roleArn": "arn:aws:iam::123456789012:role/deploy", "sessionName": "s", "duration": "1h"}},
	}}).want(200)
	merged.equal("deployer", merged.str("operationContext", "role", "name"))
	merged.equal("1h0m0s", merged.str("operationContext", "oidc", "aws", "duration"))
	merged.equal("make", merged.str("operationContext", "preRunCommands", 0))
	for _, body := range []obj{{"operationContext": obj{"role": obj{"id": "no-such-role"}}}} {
		ana.do("POST"+deployment, body).want(400).says("Invalid role id")
	}
	ana.do("POST"+deployment, obj{"operationContext": obj{"role": nil, "oidc": obj{"aws": nil}}}).want(200)
	if after := string(s.State()); after != foreign {
		t.Errorf("setting role and login and taking them back changed what others had set:\n%s\nnow\n%s", foreign, after)
	}
	deleted := ana.do("DELETE"+deployment, nil).want(200)
	if string(deleted.raw) != "true\n" {
		t.Errorf("delete answered %q, want true", deleted.raw)
	}
	if string(s.State()) != before {
		t.Error("settings that came and went left traces")
	}
}

func TestDeploymentSecrets(t *testing.T) {
	t.Parallel()
	s := startScene(t, acmeSeed)
	ana := s.admin()
	part := func(a answer, name string) string {
		return a.str("operationContext", "environmentVariables", "TOKEN", name)
	}
	set := func(text string) obj {
		return obj{"operationContext": obj{"environmentVariables": obj{"TOKEN": obj{"secret": text}}}}
	}
	ana.do("POST"+deployment, set("s3cr3t")).want(200)
	stored := string(s.State())
	first, second := ana.do("GET"+deployment, nil).want(200), ana.do("GET"+deployment, nil).want(200)
	if part(first, "ciphertext") == part(second, "ciphertext") || contains(first.raw, "s3cr3t") {
		t.Errorf("got %s and %s, want two different ciphertexts", first.raw, second.raw)
	}
	if part(first, "secret") != "[secret]" || part(second, "secret") != "[secret]" {
		t.Errorf("got %s, want the marker", first.raw)
	}
	ana.do("POST"+deployment, set(part(first, "ciphertext"))).want(200)
	if string(s.State()) != stored {
		t.Error("writing a ciphertext back changed the secret")
	}
	ana.do("PUT"+deployment, obj{"tag": "v1"}).want(200)
	replaced := ana.do("GET"+deployment, nil).want(200)
	if replaced.at("operationContext") != nil || replaced.str("tag") != "v1" {
		t.Errorf("PUT does not replace the whole: %s", replaced.raw)
	}
	encrypted := ana.do("POST"+deployment+"/encrypt", obj{"secret": "x"}).want(200)
	if encrypted.str("secret") == "x" {
		t.Error("encrypt answered the plaintext")
	}
	ana.do("POST"+deployment+"/encrypt", obj{"secret": ""}).want(400)
	for _, dump := range [][]byte{s.State(), s.History()} {
		if !json.Valid(dump) || contains(dump, "s3cr3t") {
			t.Error("the state holds a plaintext secret")
		}
	}
}
