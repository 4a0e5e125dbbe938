package oidc

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
)

// CILogin is how a CI system logs in to Pulumi Cloud: for a token of the team, or without one for an organization token.
// APIURL is set for a Pulumi Cloud other than Pulumi's own. Branch, Tag, PullRequest, Environment and Namespace with
// Account are where it runs, as far as they are known.
type CILogin struct {
	Organization string
	Team         string
	APIURL       string
	Issuer       string
	Branch       string
	Tag          string
	PullRequest  bool
	Environment  string
	Namespace    string
	Account      string
}

// GitHubWorkflow is a workflow of GitHub Actions, for a file in .github/workflows. See
// https://github.com/pulumi/auth-actions.
func GitHubWorkflow(l CILogin) string {
	text := "name: pulumi\non:\n" + l.githubTrigger() + `permissions:
  contents: read
  id-token: write
jobs:
  pulumi:
    runs-on: ubuntu-latest
`
	if l.Environment != "" {
		text += "    environment: " + yamlText(l.Environment) + "\n"
	}
	text += `    steps:
      - uses: actions/checkout@v4
      - uses: pulumi/actions@v6
      - uses: pulumi/auth-actions@v1
        with:
          organization: ` + yamlText(l.Organization) + "\n"
	if l.Team != "" {
		text += "          requested-token-type: urn:pulumi:token-type:access_token:team\n" +
			"          scope: " + yamlText("team:"+l.Team) + "\n"
	} else {
		text += "          requested-token-type: urn:pulumi:token-type:access_token:organization\n"
	}
	if l.APIURL != "" {
		text += "          cloud-url: " + yamlText(l.APIURL) + "\n"
	}
	return text + "      - run: pulumi whoami --verbose\n"
}

func (l CILogin) githubTrigger() string {
	switch {
	case l.Branch != "":
		return "  push:\n    branches: [" + yamlText(l.Branch) + "]\n"
	case l.Tag != "":
		return "  push:\n    tags: [" + yamlText(l.Tag) + "]\n"
	case l.PullRequest:
		return "  pull_request: {}\n"
	}
	return "  workflow_dispatch: {}\n"
}

// GitLabPipeline is a job for .gitlab-ci.yml.
func GitLabPipeline(l CILogin) string {
	text := `pulumi:
  image:
    name: pulumi/pulumi:latest
    entrypoint: [""]
  id_tokens:
    PULUMI_OIDC_TOKEN:
      aud: ` + yamlText(ExchangeAudience(l.Organization)) + "\n"
	for variable, ref := range map[string]string{"CI_COMMIT_BRANCH": l.Branch, "CI_COMMIT_TAG": l.Tag} {
		if ref != "" {
			text += "  rules:\n    - if: " + yamlText(fmt.Sprintf("$%s == %q", variable, ref)) + "\n"
		}
	}
	if l.Environment != "" {
		text += "  environment: " + yamlText(l.Environment) + "\n"
	}
	return text + "  script:\n    - |\n      " + l.command(`"$PULUMI_OIDC_TOKEN"`) + "\n      pulumi whoami --verbose\n"
}

// KubernetesPod is a pod whose service account logs in with a token that is made for Pulumi Cloud and renewed by the
// cluster.
func KubernetesPod(l CILogin) string {
	return `apiVersion: v1
kind: Pod
metadata:
  name: pulumi
  namespace: ` + yamlText(l.Namespace) + `
spec:
  serviceAccountName: ` + yamlText(l.Account) + `
  restartPolicy: Never
  containers:
    - name: pulumi
      image: pulumi/pulumi:latest
      command: [bash, -ec]
      args:
        - |
          ` + l.command("file:///var/run/secrets/pulumi/token") + `
          pulumi whoami --verbose
      volumeMounts:
        - name: pulumi-token
          mountPath: /var/run/secrets/pulumi
          readOnly: true
  volumes:
    - name: pulumi-token
      projected:
        sources:
          - serviceAccountToken:
              audience: ` + yamlText(ExchangeAudience(l.Organization)) + `
              expirationSeconds: 600
              path: token
`
}

// ShellLogin is a login in a shell that holds the token in OIDC_TOKEN.
func ShellLogin(l CILogin) string {
	return "# OIDC_TOKEN holds a token of " + oneLine(l.Issuer) + " whose audience is " + oneLine(ExchangeAudience(l.Organization)) + "\n" +
		l.command(`"$OIDC_TOKEN"`) + "\npulumi whoami --verbose\n"
}

func (l CILogin) command(token string) string {
	command := "pulumi login"
	if l.APIURL != "" {
		command += " " + shellText(l.APIURL)
	}
	command += " --oidc-token " + token + " --oidc-org " + shellText(l.Organization)
	if l.Team != "" {
		command += " --oidc-team " + shellText(l.Team)
	}
	return command
}

var plainText = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_./@:-]*[A-Za-z0-9]$`)

// words that YAML takes for something else than text.
var yamlWords = regexp.MustCompile(`^(?i)(true|false|yes|no|on|off|null|y|n)$`)

// yamlText quotes what YAML would take apart or for something else. A JSON text is a YAML text.
func yamlText(text string) string {
	if plainText.MatchString(text) && !yamlWords.MatchString(text) && !strings.Contains(text, ": ") {
		return text
	}
	quoted, err := json.Marshal(text)
	if err != nil {
		panic(err) // texts always marshal
	}
	return string(quoted)
}

func shellText(text string) string {
	if plainText.MatchString(text) {
		return text
	}
	return "'" + strings.ReplaceAll(oneLine(text), "'", `'\''`) + "'"
}

func oneLine(text string) string { return strings.Join(strings.Fields(text), " ") }
