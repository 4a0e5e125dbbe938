package oidc

import (
	"encoding/json"
	"fmt"
	"strings"
)

// AWSShell is a login on AWS with a token of outbound identity federation. STS has a global endpoint, which does not make such tokens:
// the region must be set.
func AWSShell(l CILogin) string {
	return "# in a role that may call sts:GetWebIdentityToken, with AWS_REGION set\n" +
		"OIDC_TOKEN=$(aws sts get-web-identity-token --audience " + shellText(ExchangeAudience(l.Organization)) +
		" --signing-algorithm RS256 --duration-seconds 300 --query WebIdentityToken --output text)\n" +
		l.command(`"$OIDC_TOKEN"`) + "\npulumi whoami --verbose\n"
}

// AzureDevOpsPipeline is a pipeline for azure-pipelines.yml.
func AzureDevOpsPipeline(l CILogin) string {
	text := "trigger: none\n"
	switch {
	case l.Branch != "":
		text = "trigger:\n  branches:\n    include: [" + yamlText(l.Branch) + "]\n"
	case l.Tag != "":
		text = "trigger:\n  tags:\n    include: [" + yamlText(l.Tag) + "]\n"
	}
	return text + `pool:
  vmImage: ubuntu-latest
steps:
  - bash: |
      set -euo pipefail
      OIDC_TOKEN=$(curl -sSf -X POST -H "Authorization: Bearer $SYSTEM_ACCESSTOKEN" -H "Content-Length: 0" "$SYSTEM_OIDCREQUESTURI?api-version=7.1" | jq -r .oidcToken)
      ` + l.command(`"$OIDC_TOKEN"`) + `
      pulumi whoami --verbose
    env:
      SYSTEM_ACCESSTOKEN: $(System.AccessToken)
`
}

// BitbucketPipelines is a pipeline for bitbucket-pipelines.yml.
func BitbucketPipelines(l CILogin) string {
	at, indent := "  default:\n", "    "
	if l.Branch != "" {
		at, indent = "  branches:\n    "+yamlText(l.Branch)+":\n", "      "
	}
	text := "pipelines:\n" + at + indent + "- step:\n"
	for _, line := range []string{
		"image: pulumi/pulumi:latest", "oidc:", "  audiences:", "    - " + yamlText(ExchangeAudience(l.Organization)), "script:",
		"  - " + yamlCommand(l.command(`"$BITBUCKET_STEP_OIDC_TOKEN"`)), "  - pulumi whoami --verbose",
	} {
		text += indent + "    " + line + "\n"
	}
	return text
}

// BuildkitePipelineSteps is a step for a pipeline of Buildkite, which asks for the ids that policies pin.
func BuildkitePipelineSteps(l CILogin) string {
	condition := ""
	switch {
	case l.Branch != "":
		condition = "    branches: " + yamlText(l.Branch) + "\n"
	case l.Tag != "":
		condition = "    if: " + yamlText(fmt.Sprintf("build.tag == %q", l.Tag)) + "\n"
	}
	return "steps:\n  - label: pulumi\n" + condition + `    command: |
      OIDC_TOKEN="$$(buildkite-agent oidc request-token --audience ` + shellText(ExchangeAudience(l.Organization)) + ` --claim organization_id --claim pipeline_id)"
      ` + l.command(`"$$OIDC_TOKEN"`) + `
      pulumi whoami --verbose
`
}

// CircleCIConfig is a configuration for .circleci/config.yml.
func CircleCIConfig(l CILogin) string {
	claims, err := json.Marshal(map[string]string{"aud": ExchangeAudience(l.Organization)})
	if err != nil {
		panic(err) // texts always marshal
	}
	text := `version: 2.1
jobs:
  pulumi:
    docker:
      - image: pulumi/pulumi:latest
    steps:
      - run: |
          OIDC_TOKEN="$(circleci run oidc get --claims ` + shellText(string(claims)) + `)"
          ` + l.command(`"$OIDC_TOKEN"`) + `
          pulumi whoami --verbose
workflows:
  pulumi:
    jobs:
      - pulumi`
	switch {
	case l.Branch != "":
		return text + ":\n          filters:\n            branches:\n              only: " + yamlText(l.Branch) + "\n"
	case l.Tag != "":
		return text + ":\n          filters:\n            branches:\n              ignore: /.*/\n            tags:\n              only: " + yamlText(l.Tag) + "\n"
	}
	return text + "\n"
}

// yamlCommand quotes a command that stands alone in a list.
func yamlCommand(command string) string {
	if strings.ContainsAny(command, `"':#{}[]&*!|>%@`) {
		quoted, err := json.Marshal(command)
		if err != nil {
			panic(err) // texts always marshal
		}
		return string(quoted)
	}
	return command
}
