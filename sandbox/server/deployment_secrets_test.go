package server_test

import (
	"encoding/json"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func variable(value any) obj {
	return obj{"operationContext": obj{"environmentVariables": obj{"TOKEN": value}}}
}

// Whatever an answer shows of a secret can be written back, in part or whole, merged or in place of everything, and
// changes nothing.
func TestWritingAnAnswerBackKeepsItsSecrets(t *testing.T) {
	t.Parallel()
	s := startNewer(t, acmeSeed)
	ana := s.admin()
	all := obj{
		"executorContext": obj{"executorImage": obj{"reference": "acme/runner", "credentials": obj{"username": "u", "password": obj{"secret": "hidden-1"}}}},
		"sourceContext": obj{"git": obj{"repoUrl": "https://git.example/a", "branch": "main", "gitAuth": obj{
			"accessToken": obj{"secret": "hidden-2"}, "basicAuth": obj{"userName": "open", "password": obj{"isSecret": true, "value": "hidden-3"}},
			"sshAuth": obj{"sshPrivateKey": obj{"secret": "hidden-4"}},
		}}},
		"operationContext": obj{"environmentVariables": obj{"TOKEN": obj{"secret": "hidden-5"}, "PLAIN": "text"}},
	}
	ana.do("POST"+deployment, all).want(200)
	stored := string(s.State())
	shown := ana.do("GET"+deployment, nil).want(200)
	if strings.Contains(string(shown.raw), "hidden") {
		t.Fatalf("a secret is shown: %s", shown.raw)
	}
	rapid.Check(t, func(rt *rapid.T) {
		back := asWritten(rt, shown.body).(map[string]any)
		method := rapid.SampledFrom([]string{"POST", "PUT"}).Draw(rt, "method")
		ana.do(method+deployment, back).want(200)
		if after := string(s.State()); after != stored {
			rt.Fatalf("%s %v changed the settings:\n%s\nnow\n%s", method, back, stored, after)
		}
	})
}

// asWritten is a part of an answer as some client writes it back.
func asWritten(rt *rapid.T, value any) any {
	object, isObject := value.(map[string]any)
	if !isObject {
		return value
	}
	if object["secret"] != nil {
		text := object["ciphertext"]
		return rapid.SampledFrom([]any{
			object, obj{"secret": object["secret"]}, obj{"ciphertext": text}, obj{"secret": text},
			obj{"isSecret": true, "ciphertext": text}, obj{"secret": nil, "ciphertext": text},
		}).Draw(rt, "form")
	}
	written := obj{}
	for key, v := range object {
		written[key] = asWritten(rt, v)
	}
	return written
}

func TestSecretsOfDeploymentSettingsStayWithTheirStack(t *testing.T) {
	t.Parallel()
	s := startNewer(t, acmeSeed)
	ana := s.admin()
	ana.do("POST"+deployment, variable(obj{"secret": "hidden"})).want(200)
	shown := ana.do("GET"+deployment, nil).want(200)
	shown.equal("[secret]", shown.str("operationContext", "environmentVariables", "TOKEN", "secret"))
	ciphertext := shown.str("operationContext", "environmentVariables", "TOKEN", "ciphertext")
	other := strings.Replace(deployment, "/dev/", "/prod/", 1)
	ana.do("POST"+other, variable(obj{"ciphertext": ciphertext})).want(400).says("operationContext.environmentVariables.TOKEN.ciphertext")
	ana.do("POST"+other, variable(obj{"secret": "[secret]"})).want(400).says("operationContext.environmentVariables.TOKEN")
	ana.do("POST"+deployment, obj{"operationContext": obj{"environmentVariables": obj{"OTHER": obj{"secret": "[secret]"}}}}).want(400)
	for _, path := range []string{"decrypt", "batch-decrypt"} {
		got := ana.do("POST /api/stacks/acme/payments/dev/"+path, obj{"ciphertext": ciphertext, "ciphertexts": []string{ciphertext}})
		if got.status < 400 || contains(got.raw, "hidden") {
			t.Errorf("%s reads a secret of the deployment settings: %d %s", path, got.status, got.raw)
		}
	}
	encrypted := ana.do("POST"+deployment+"/encrypt", obj{"secret": "hidden"}).want(200)
	ana.do("POST"+deployment, variable(obj{"secret": encrypted.str("secret"), "ciphertext": encrypted.str("ciphertext")})).want(200)
	moved := startNewer(t, acmeSeed)
	moved.Restore(s.History())
	before := string(moved.State())
	back := moved.admin().do("GET"+deployment, nil).want(200)
	moved.admin().do("PUT"+deployment, back.body).want(200)
	if string(moved.State()) != before {
		t.Error("a secret from the state of another sandbox is lost when it is written back")
	}
}

// Every part of the settings is of a type, and a refusal names the part and stores nothing.
func TestDeploymentSettingsAreTyped(t *testing.T) {
	t.Parallel()
	s := startNewer(t, acmeSeed)
	ana := s.admin()
	ana.do("POST"+deployment, obj{"tag": "v1"}).want(200)
	before := string(s.State())
	for text, path := range map[string]string{
		`{"tag": 1}`: "tag", `{"tags": "v1"}`: "tags", `{"agentPoolID": "pool"}`: "agentPoolID", `{"cacheOptions": true}`: "cacheOptions",
		`{"cacheOptions": {"enable": "yes"}}`:                                                           "cacheOptions.enable",
		`{"executorContext": {"executorImage": 1}}`:                                                     "executorContext.executorImage",
		`{"executorContext": {"executorImage": {"image": "x"}}}`:                                        "executorContext.executorImage.image",
		`{"executorContext": {"executorImage": {"credentials": {"password": 7}}}}`:                      "executorContext.executorImage.credentials.password",
		`{"gitHub": {"pullRequestTemplate": "true"}}`:                                                   "gitHub.pullRequestTemplate",
		`{"gitHub": {"deployPullRequest": 1.5}}`:                                                        "gitHub.deployPullRequest",
		`{"gitHub": {"paths": "a"}}`:                                                                    "gitHub.paths",
		`{"gitHub": {"paths": ["a", 1]}}`:                                                               "gitHub.paths[1]",
		`{"gitHub": {"paths": [null]}}`:                                                                 "gitHub.paths[0]",
		`{"vcs": {"provider": "cvs"}}`:                                                                  "vcs.provider",
		`{"vcs": {"deployCommits": true}}`:                                                              "vcs.provider",
		`{"sourceContext": {"git": {"url": "x"}}}`:                                                      "sourceContext.git.url",
		`{"sourceContext": {"git": {"branch": "a", "commit": "b"}}}`:                                    "sourceContext.git.commit",
		`{"sourceContext": {"git": {"gitAuth": {"accessToken": ["hidden"]}}}}`:                          "sourceContext.git.gitAuth.accessToken",
		`{"sourceContext": {"template": {"gitAuth": {"accessToken": "x"}}}}`:                            "sourceContext.template.sourceUrl",
		`{"operationContext": []}`:                                                                      "operationContext",
		`{"operationContext": {"operation": "upgrade"}}`:                                                "operationContext.operation",
		`{"operationContext": {"preRunCommands": {"a": "b"}}}`:                                          "operationContext.preRunCommands",
		`{"operationContext": {"options": {"shell": true}}}`:                                            "operationContext.options.shell",
		`{"operationContext": {"options": {"deleteAfterDestroy": 1}}}`:                                  "operationContext.options.deleteAfterDestroy",
		`{"operationContext": {"role": "admin"}}`:                                                       "operationContext.role",
		`{"operationContext": {"role": {"ID": "x"}}}`:                                                   "operationContext.role.ID",
		`{"operationContext": {"oidc": {"aws": {"roleARN": "x"}}}}`:                                     "operationContext.oidc.aws.roleARN",
		`{"operationContext": {"oidc": {"aws": {"duration": 3600}}}}`:                                   "operationContext.oidc.aws.duration",
		`{"operationContext": {"oidc": {"aws": {"duration": "1 hour"}}}}`:                               "operationContext.oidc.aws.duration",
		`{"operationContext": {"oidc": {"aws": {"duration": "-1h"}}}}`:                                  "operationContext.oidc.aws.duration",
		`{"operationContext": {"oidc": {"gcp": {"tokenLifetime": "90"}}}}`:                              "operationContext.oidc.gcp.tokenLifetime",
		`{"operationContext": {"oidc": {"gcp": {"projectId": 123}}}}`:                                   "operationContext.oidc.gcp.projectId",
		`{"operationContext": {"oidc": {"oci": {}}}}`:                                                   "operationContext.oidc.oci",
		`{"operationContext": {"environmentVariables": ["A=hidden"]}}`:                                  "operationContext.environmentVariables",
		`{"operationContext": {"environmentVariables": {"A": 1}}}`:                                      "operationContext.environmentVariables.A",
		`{"operationContext": {"environmentVariables": {"A": {}}}}`:                                     "operationContext.environmentVariables.A",
		`{"operationContext": {"environmentVariables": {"A": {"sealed": "hidden"}}}}`:                   "operationContext.environmentVariables.A.sealed",
		`{"operationContext": {"environmentVariables": {"A": {"secret": 1}}}}`:                          "operationContext.environmentVariables.A.secret",
		`{"operationContext": {"environmentVariables": {"A": {"value": "hidden"}}}}`:                    "operationContext.environmentVariables.A",
		`{"operationContext": {"environmentVariables": {"A": {"ciphertext": "AAAA"}}}}`:                 "operationContext.environmentVariables.A.ciphertext",
		`{"operationContext": {"environmentVariables": {"A": {"isSecret": "x"}}}}`:                      "operationContext.environmentVariables.A.isSecret",
		`{"operationContext": {"environmentVariables": {"A": {"isSecret": true, "secret": "hidden"}}}}`: "operationContext.environmentVariables.A",
		`"text"`: "the settings", `[]`: "the settings", `null`: "the settings", `7`: "the settings",
	} {
		for _, method := range []string{"POST", "PUT"} {
			got := ana.do(method+deployment, json.RawMessage(text)).want(400).says(path)
			if contains(got.raw, "hidden") {
				t.Errorf("%s: the refusal repeats what could be a secret: %s", text, got.raw)
			}
		}
	}
	if string(s.State()) != before {
		t.Error("settings that were refused changed something")
	}
}
