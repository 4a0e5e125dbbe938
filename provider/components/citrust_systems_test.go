package components_test

import (
	"slices"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/property"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Each system's workloads come to policies of its issuer, with the claims that pin them and the login to paste.
func TestCiTrustOfSystems(t *testing.T) {
	t.Parallel()
	const one, two = "0a1b2c3d-1111-4222-8333-444455556666", "0a1b2c3d-1111-4222-8333-444455556667"
	for name, test := range map[string]struct {
		inputs                           inputs
		url, audience, subject, workflow string
	}{
		"kubernetes": {
			inputs{"provider": text("kubernetes"), "url": text("https://k8s.acme.example"), "serviceAccounts": list(object(inputs{"namespace": text("pulumi-operator"), "name": text("deploy")}))},
			"https://k8s.acme.example", "urn:pulumi:org:acme", "system:serviceaccount:pulumi-operator:deploy", "serviceAccountName: deploy",
		},
		"aws": {
			inputs{"provider": text("aws"), "url": text("https://0a1b.tokens.sts.global.api.aws"), "awsRoles": list(object(inputs{"roleArn": text("arn:aws:iam::123456789012:role/ci")}))},
			"https://0a1b.tokens.sts.global.api.aws", "urn:pulumi:org:acme", "arn:aws:iam::123456789012:role/ci", "get-web-identity-token",
		},
		"azureDevOps": {
			inputs{"provider": text("azureDevOps"), "url": text("https://vstoken.dev.azure.com/" + one), "azurePipelines": list(object(inputs{"projectId": text(one), "pipelineId": text("7"), "branches": texts("main")}))},
			"https://vstoken.dev.azure.com/" + one, "api://AzureADTokenExchange", "def_id=7, prj_id=" + one + ", rpo_ref=refs/heads/main", "include: [main]",
		},
		"bitbucket": {
			inputs{"provider": text("bitbucket"), "url": text("https://api.bitbucket.org/2.0/workspaces/acme/pipelines-config/identity/oidc"), "bitbucketRepositories": list(object(inputs{"repositoryUuid": text(one), "branches": texts("main")}))},
			"https://api.bitbucket.org/2.0/workspaces/acme/pipelines-config/identity/oidc", "urn:pulumi:org:acme", "branchName=main, repositoryUuid={" + one + "}", "BITBUCKET_STEP_OIDC_TOKEN",
		},
		"buildkite": {
			inputs{"provider": text("buildkite"), "buildkitePipelines": list(object(inputs{"organizationId": text(two), "pipelineId": text(one), "tags": texts("v1")}))},
			"https://agent.buildkite.com", "urn:pulumi:org:acme", "build_tag=v1, organization_id=" + two + ", pipeline_id=" + one, "--claim pipeline_id",
		},
		"circleci": {
			inputs{"provider": text("circleci"), "url": text("https://oidc.circleci.com/org/" + two), "circleProjects": list(object(inputs{"projectId": text(one), "branches": texts("main")}))},
			"https://oidc.circleci.com/org/" + two, "urn:pulumi:org:acme", `"oidc.circleci.com/project-id"=` + one + `, "oidc.circleci.com/vcs-ref"=refs/heads/main`, "circleci run oidc get",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test.inputs["team"] = text("payments")
			e := newEngine(t)
			made, err := e.construct("CiTrust", test.inputs, false)
			require.NoError(t, err)
			issuer := e.child("leastprivilege:index:OidcIssuer", "x").Inputs
			assert.Equal(t, test.url, issuer.Get("url").AsString())
			policies := issuer.Get("policies").AsArray()
			require.Equal(t, 1, policies.Len())
			assert.Equal(t, test.audience, policies.Get(0).AsMap().Get("claims").AsMap().Get("aud").AsString())
			assert.Equal(t, test.subject, made.State.Get("subjects").AsArray().Get(0).AsString())
			assert.Contains(t, made.State.Get("workflow").AsString(), test.workflow)
			assert.Contains(t, made.State.Get("workflow").AsString(), "--oidc-team payments")
		})
	}
}

// Claims that name runs of pull requests are refused unless that is acknowledged; a repository's pullRequests says so by itself.
func TestCiTrustRefusesPullRequests(t *testing.T) {
	t.Parallel()
	custom := func(claims inputs, allow ...string) inputs {
		made := inputs{"provider": text("custom"), "url": text("https://token.actions.githubusercontent.com"), "team": text("payments"), "claims": list(object(claims))}
		if len(allow) > 0 {
			made["allow"] = texts(allow...)
		}
		return made
	}
	subject, event := inputs{"sub": text("repo:acme/app:pull_request")}, inputs{"repository_id": text("2"), "event_name": text("pull_request_target")}
	gitlab := custom(inputs{"project_id": text("7"), "pipeline_source": text("merge_request_event")})
	gitlab["url"] = text("https://gitlab.com")
	byRepository := ciGitHub(inputs{"repository": text("acme/app"), "branches": texts("main"), "claims": object(inputs{"event_name": text("pull_request_target")})}, nil)
	for name, test := range map[string]struct {
		inputs inputs
		path   string
	}{
		"by a pattern of subjects": {custom(inputs{"sub": text("repo:acme/app:*")}, "wildcardInClaim"), "claims[0]"},
		"by a pattern of events":   {custom(inputs{"repository_id": text("2"), "event_name": text("p*")}, "wildcardInClaim"), "claims[0]"},
		"by the ref":               {custom(inputs{"repository_id": text("2"), "ref": text("refs/pull/7/merge")}), "claims[0]"},
		"by the base":              {custom(inputs{"repository_id": text("2"), "environment": text("prod"), "base_ref": text("main")}), "claims[0]"},
		"by GitLab's source":       {gitlab, "claims[0]"},
		"by the subject":           {custom(subject), "claims[0]"}, "by the event": {custom(event), "claims[0]"}, "a repository's claims": {byRepository, "repositories[0]"},
	} {
		_, err := newEngine(t).construct("CiTrust", test.inputs, true)
		require.Error(t, err, name)
		assert.Equal(t, []string{test.path}, failedPaths(t, err), name)
	}
	for _, test := range []struct {
		inputs inputs
		told   bool
	}{
		{custom(subject, "pullRequests"), true}, {custom(event, "pullRequests"), true},
		{custom(inputs{"sub": text("repo:acme/app:environment:*")}, "wildcardInClaim"), false},
		{custom(inputs{"repository_id": text("2"), "event_name": text("push")}), false},
		{ciGitHub(inputs{"repository": text("acme/app"), "pullRequests": property.New(true)}, nil), true},
	} {
		e := newEngine(t)
		_, err := e.construct("CiTrust", test.inputs, false)
		require.NoError(t, err)
		told := false
		if allow, given := e.child("leastprivilege:index:OidcIssuer", "x").Inputs.GetOk("allow"); given && allow.IsArray() {
			told = slices.ContainsFunc(allow.AsArray().AsSlice(), func(one property.Value) bool { return one.AsString() == "pullRequests" })
		}
		assert.Equal(t, test.told, told, "the issuer refuses runs of pull requests as well")
	}
}
