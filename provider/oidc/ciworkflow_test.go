package oidc

import (
	"strings"
	"testing"
	"unicode"

	"gopkg.in/yaml.v3"
	"pgregory.net/rapid"
)

func TestGitHubWorkflow(t *testing.T) {
	t.Parallel()
	got := GitHubWorkflow(CILogin{Organization: "acme", Team: "payments", Branch: "main"})
	want := `name: pulumi
on:
  push:
    branches: [main]
permissions:
  contents: read
  id-token: write
jobs:
  pulumi:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v4
      - uses: pulumi/actions@v6
      - uses: pulumi/auth-actions@v1
        with:
          organization: acme
          requested-token-type: urn:pulumi:token-type:access_token:team
          scope: team:payments
      - run: pulumi whoami --verbose
`
	if got != want {
		t.Errorf("got\n%s", got)
	}
	for part, login := range map[string]CILogin{
		"    environment: prod\n": {Environment: "prod"}, "  workflow_dispatch: {}\n": {Environment: "prod"},
		"  pull_request: {}\n": {PullRequest: true}, "    tags: [\"1\"]\n": {Tag: "1"},
		"requested-token-type: urn:pulumi:token-type:access_token:organization\n": {Organization: "acme"},
		"cloud-url: https://pulumi.example\n":                                     {APIURL: "https://pulumi.example"},
	} {
		if got := GitHubWorkflow(login); !strings.Contains(got, part) {
			t.Errorf("no %q in\n%s", part, got)
		}
	}
}

// Whatever names are in them, snippets are YAML, and hold the names as they are.
func TestSnippetsAreYAMLProperty(t *testing.T) {
	t.Parallel()
	name := rapid.OneOf(rapid.SampledFrom([]string{"main", "on", "1", "release/1", "a: b", "it's", `a"b`, "#x", "ä"}), rapid.StringOfN(rapid.RuneFrom(nil, unicode.L, unicode.N, unicode.P, unicode.Sm), 1, 8, -1))
	rapid.Check(t, func(t *rapid.T) {
		login := CILogin{
			Organization: "acme", Team: name.Draw(t, "team"), Branch: name.Draw(t, "branch"), Environment: name.Draw(t, "environment"),
			Namespace: name.Draw(t, "namespace"), Account: name.Draw(t, "account"),
		}
		var github struct {
			On   struct{ Push struct{ Branches []string } } `yaml:"on"`
			Jobs struct {
				Pulumi struct {
					Environment string
					Steps       []struct{ With map[string]string }
				}
			}
		}
		var gitlab struct {
			Pulumi struct {
				Environment string
				Tokens      map[string]map[string]string `yaml:"id_tokens"`
				Script      []string
			}
		}
		var pod struct {
			Metadata struct{ Namespace string }
			Spec     struct {
				Account string `yaml:"serviceAccountName"`
			}
		}
		for text, into := range map[string]any{GitHubWorkflow(login): &github, GitLabPipeline(login): &gitlab, KubernetesPod(login): &pod} {
			if err := yaml.Unmarshal([]byte(text), into); err != nil {
				t.Fatalf("%v in\n%s", err, text)
			}
		}
		if github.On.Push.Branches[0] != login.Branch || github.Jobs.Pulumi.Environment != login.Environment ||
			github.Jobs.Pulumi.Steps[2].With["scope"] != "team:"+login.Team {
			t.Fatalf("got %+v", github)
		}
		if gitlab.Pulumi.Environment != login.Environment || gitlab.Pulumi.Tokens["PULUMI_OIDC_TOKEN"]["aud"] != "urn:pulumi:org:acme" ||
			len(gitlab.Pulumi.Script) != 1 || strings.Count(gitlab.Pulumi.Script[0], "\n") != 2 {
			t.Fatalf("got %+v", gitlab)
		}
		if pod.Metadata.Namespace != login.Namespace || pod.Spec.Account != login.Account {
			t.Fatalf("got %+v", pod)
		}
	})
}
