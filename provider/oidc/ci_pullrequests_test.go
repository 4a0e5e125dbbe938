package oidc

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// pullRequestTokens are what runs of pull requests present, written out one by one. Of a branch, only its author knows the name.
var pullRequestTokens = map[WorkloadSystem][]map[string]string{
	GitHubActions: {
		{
			"sub": "repo:acme/app:pull_request", "event_name": "pull_request", "ref": "refs/pull/7/merge", "ref_type": "branch", "ref_protected": "false",
			"head_ref": "by-the-author", "base_ref": "main", "repository": "acme/app", "repository_id": "2", "repository_owner": "acme", "repository_owner_id": "1",
			"workflow_ref": "acme/app/.github/workflows/ci.yml@refs/pull/7/merge", "job_workflow_ref": "acme/app/.github/workflows/ci.yml@refs/pull/7/merge",
		},
		{
			"sub": "repo:acme@1/app@2:pull_request", "event_name": "pull_request_review", "ref": "refs/pull/123/merge", "ref_type": "branch", "ref_protected": "false",
			"head_ref": "by-the-author", "base_ref": "main", "repository": "acme/app", "repository_id": "2", "repository_owner": "acme", "repository_owner_id": "1",
			"workflow_ref": "acme/app/.github/workflows/ci.yml@refs/pull/123/merge", "job_workflow_ref": "acme/app/.github/workflows/ci.yml@refs/pull/123/merge",
		},
		{ // it calls a reusable workflow of another repository; the subject is customized
			"sub": "repository_owner:acme:job_workflow_ref:acme/shared/.github/workflows/deploy.yml@refs/heads/main", "event_name": "pull_request",
			"ref": "refs/pull/7/merge", "ref_type": "branch", "ref_protected": "false", "head_ref": "by-the-author", "base_ref": "main",
			"repository": "acme/app", "repository_id": "2", "repository_owner": "acme", "repository_owner_id": "1",
			"workflow_ref":     "acme/app/.github/workflows/ci.yml@refs/pull/7/merge",
			"job_workflow_ref": "acme/shared/.github/workflows/deploy.yml@refs/heads/main",
		},
	},
	GitLabCI: {
		{
			"sub": "project_path:acme/app:ref_type:branch:ref:by-the-author", "pipeline_source": "merge_request_event", "ref": "by-the-author", "ref_type": "branch",
			"ref_path": "refs/merge-requests/7/head", "ref_protected": "false", "project_id": "2", "project_path": "acme/app", "namespace_id": "1",
			"ci_config_ref_uri": "gitlab.com/acme/app//.gitlab-ci.yml@refs/merge-requests/7/head",
		},
		{
			"sub": "project_path:acme/app:ref_type:branch:ref:by-the-author", "pipeline_source": "external_pull_request_event", "ref": "by-the-author",
			"ref_type": "branch", "ref_path": "refs/heads/by-the-author", "ref_protected": "false", "project_id": "2", "project_path": "acme/app", "namespace_id": "1",
			"ci_config_ref_uri": "gitlab.com/acme/app//.gitlab-ci.yml@refs/heads/by-the-author",
		},
	},
	AzureDevOps: {
		{"sub": "p://acme/web/deploy", "prj_id": "11111111-2222-3333-4444-555555555555", "def_id": "7", "rpo_ref": "refs/pull/7/merge"},
		{"sub": "sc://acme/web/pulumi", "prj_id": "11111111-2222-3333-4444-555555555555", "def_id": "7", "rpo_ref": "refs/pull/7/merge"},
	},
	Bitbucket: {{"sub": "{r}:{s}", "repositoryUuid": "{11111111-2222-3333-4444-555555555555}", "branchName": "by-the-author", "workspaceUuid": "{w}"}},
	Buildkite: {{
		"sub":               "organization:acme:pipeline:web:ref:refs/heads/by-the-author:commit:9f42346f0b21f5d9a4d1f2b4e5c6a7b8c9d0e1f2:step:build",
		"organization_slug": "acme", "pipeline_slug": "web", "organization_id": "o", "pipeline_id": "p", "build_branch": "by-the-author",
	}},
	CircleCI: {{circleProject: "11111111-2222-3333-4444-555555555555", circleRef: "refs/heads/by-the-author"}, {circleProject: "1", circleRef: "refs/pull/7/head"}},
}

// otherRuns are values that runs of pull requests do not have.
var otherRuns = []string{"push", "refs/heads/main", "refs/heads/*", "refs/tags/*", "main", "repo:acme/app:ref:refs/heads/*", "true", "prod", "repo:acme/app:environment:prod"}

// drawPattern draws a pattern for a claim: the value itself, the value with a part of it open, everything, or something else.
func drawPattern(t *rapid.T, value string) string {
	cut := rapid.IntRange(0, len(value)).Draw(t, "from")
	end := rapid.IntRange(cut, len(value)).Draw(t, "to")
	return rapid.SampledFrom([]string{
		value, "*", value[:cut] + "*", "*" + value[cut:], value[:cut] + "*" + value[end:], value[:cut] + "?" + value[min(cut+1, len(value)):],
		rapid.SampledFrom(otherRuns).Draw(t, "another"),
	}).Draw(t, "pattern")
}

// A policy that admits a token of a run of a pull request is known as one.
func TestPoliciesThatAdmitPullRequestsProperty(t *testing.T) {
	t.Parallel()
	admitted := 0
	rapid.Check(t, func(t *rapid.T) {
		system := rapid.SampledFrom(slices.Sorted(maps.Keys(pullRequestTokens))).Draw(t, "system")
		tokens := pullRequestTokens[system]
		drawn := rapid.SampledFrom(tokens).Draw(t, "token")
		p := IssuerPolicy{Decision: Allow, Rules: map[string]string{}}
		for _, claim := range rapid.SliceOfNDistinct(rapid.SampledFrom(slices.Sorted(maps.Keys(drawn))), 1, 3, rapid.ID).Draw(t, "claims") {
			p.Rules[claim] = drawPattern(t, drawn[claim])
			if pattern := p.Rules[claim]; strings.Contains(pattern, "by-the-author") || strings.Contains(drawn[claim], "by-the-author") && !strings.Contains(pattern, "*") {
				p.Rules[claim] = "*" // nobody knows the name
			}
		}
		if rapid.IntRange(0, 4).Draw(t, "environment") == 0 {
			p.Rules["environment"] = "prod"
		}
		for _, token := range tokens {
			matches := true
			for claim, pattern := range p.Rules {
				value, has := token[claim]
				matches = matches && has && MatchClaim(pattern, value)
			}
			if matches {
				admitted++
				if !p.AdmitsPullRequestsOf(system, true) {
					t.Fatalf("%s: %v admits %v", system, p.Rules, token)
				}
			}
		}
	})
	if (IssuerPolicy{Decision: Allow, Rules: pinsOf("repository_id=2")}).AdmitsPullRequestsOf(GitHubActions, false) {
		t.Error("a repository that is trusted whole")
	}
	if admitted == 0 {
		t.Error("no policy admitted anything")
	}
}

func TestPoliciesThatLeavePullRequestsOpen(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		system WorkloadSystem
		pins   string
		want   bool
	}{
		{GitHubActions, "repository_id=2 & ref=refs/*", true}, {GitHubActions, "repository_id=2 & ref=refs/*/merge", true},
		{AnyWorkloads, "repository_id=2 & ref=refs/*/merge", true}, {AnyWorkloads, "ref=refs/p*", true},
		{GitHubActions, "repository_id=2 & ref=refs/heads/*", false}, {GitHubActions, "repository_id=2 & event_name=push & ref=refs/*", false},
		{GitHubActions, "repository_id=2 & environment=prod", false}, {GitHubActions, "repository_id=2 & ref_protected=true", false},
		{GitHubActions, "repository_id=2", true}, {AnyWorkloads, "repository_id=2", false}, {GitHubActions, "sub=repo:acme/app:*", true},
		{GitHubActions, "sub=repo:acme/app:ref:refs/heads/*", false}, {GitHubActions, "sub=repo:acme/app:ref:refs/*", false},
		{GitHubActions, "job_workflow_ref=acme/shared/.github/workflows/deploy.yml@refs/heads/main & repository_owner_id=1", true},
		{GitHubActions, "repository_id=2 & job_workflow_ref=acme/shared/.github/workflows/deploy.yml@refs/heads/main", true},
		{GitHubActions, "repository_id=2 & job_workflow_ref=acme/shared/.github/workflows/deploy.yml@refs/heads/main & ref=refs/heads/main", false},
		{GitHubActions, "sub=repository_owner:acme:*", true}, {GitHubActions, "sub=repository:acme/app", true},
		{GitHubActions, "sub=job_workflow_ref:acme/shared/.github/workflows/deploy.yml@refs/heads/main", true},
		{GitHubActions, "sub=repo:acme/app:actor:*", true}, {GitHubActions, "sub=repository_id:2:context:*", true},
		{GitHubActions, "sub=repo:acme/app:ref:refs/pull/7/merge", true}, {AnyWorkloads, "sub=repo:acme/app:event_name:pull_request_target", true},
		{GitHubActions, "sub=repository_owner_id:1:repository_id:2:ref:refs/heads/main", false},
		{OtherWorkloads, `"event_name"=pull_request`, true}, {OtherWorkloads, `"sub"=repo:acme/app:*`, true}, {OtherWorkloads, `"ref"=refs/*/merge`, true},
		{GitHubActions, "sub=repository_id:2:event_name:pull*", true}, {GitHubActions, "sub=repository_owner:acme:environment:prod", false}, {GitHubActions, "sub=repository_id:2:event_name:push", false},
		{GitHubActions, "sub=repo:acme/app:workflow_ref:acme/app/.github/workflows/deploy.yml@refs/heads/main", false},
		{GitHubActions, "workflow_ref=acme/app/.github/workflows/deploy.yml@*", true},
		{GitLabCI, "project_id=2 & ref=main", false}, {GitLabCI, "project_id=2 & ref=*", true}, {GitLabCI, "project_id=2 & ref=* & ref_protected=true", false},
		{GitLabCI, "project_id=2 & ref_path=refs/*", true}, {GitLabCI, "project_id=2 & ref_path=refs/merge-requests/7/head", true},
		{GitLabCI, "sub=project_path:acme/app:ref_type:branch:ref:main", false}, {GitLabCI, "project_id=2 & pipeline_source=push & ref=*", false},
		{AzureDevOps, "sub=p://acme/web/deploy", true}, {AzureDevOps, "sub=p://acme/web/deploy & rpo_ref=refs/heads/main", false},
		{AzureDevOps, "sub=p://acme/web/deploy & rpo_ref=refs/*", true},
		{Bitbucket, "repositoryUuid={r} & branchName=main", false}, {Bitbucket, "repositoryUuid={r} & branchName=feature/*", true},
		{Bitbucket, "repositoryUuid={r}", true}, {Bitbucket, "deploymentEnvironmentUuid={e}", false},
		{Buildkite, "organization_slug=acme & pipeline_slug=web & build_branch=main", false}, {Buildkite, "organization_slug=acme & pipeline_slug=web", true},
		{Buildkite, "sub=organization:acme:pipeline:web:ref:refs/heads/main:commit:*:step:*", false},
		{Buildkite, "sub=organization:acme:pipeline:web:*", true},
		{AmazonWebServices, "sub=arn:aws:iam::123456789012:role/app", false}, {Kubernetes, "sub=system:serviceaccount:payments:*", false},
		{OtherWorkloads, "sub=build-42", false},
	} {
		if got := (IssuerPolicy{Decision: Allow, Rules: pinsOf(test.pins)}).AdmitsPullRequestsOf(test.system, true); got != test.want {
			t.Errorf("%s %s: got %v", test.system, test.pins, got)
		}
	}
}
