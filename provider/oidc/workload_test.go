package oidc

import (
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// issuersOfSystems are one of each system, and one whose claims are not known.
var issuersOfSystems = map[string]WorkloadSystem{
	GitHubIssuer:                                                                   GitHubActions,
	GitHubIssuer + "/":                                                             GitHubActions,
	GitHubIssuer + "/acme":                                                         GitHubActions, // of an enterprise of its own
	"token.actions.githubusercontent.com":                                          GitHubActions, // as AWS writes issuers
	"https://token.actions.acme.ghe.com":                                           GitHubActions,
	"https://github.acme.example/_services/token":                                  GitHubActions,
	"https://token.actions.githubusercontent.com.evil.example":                     OtherWorkloads,
	GitLabIssuer:                                                                   GitLabCI,
	"https://oidc.eks.eu-west-1.amazonaws.com/id/0A1B":                             Kubernetes,
	"https://oidc.eks.cn-north-1.amazonaws.com.cn/id/0A1B":                         Kubernetes,
	"https://container.googleapis.com/v1/projects/p/locations/l/clusters/c":        Kubernetes,
	"https://westeurope.oic.prod-aks.azure.com/t/c/":                               Kubernetes,
	"https://0a1b2c3d-0000-4000-8000-000000000000.tokens.sts.global.api.aws":       AmazonWebServices,
	"https://vstoken.dev.azure.com/0a1b2c3d-0000-4000-8000-000000000000":           AzureDevOps,
	"https://login.microsoftonline.com/0a1b2c3d-0000-4000-8000-000000000000/v2.0":  MicrosoftEntra,
	"https://sts.windows.net/0a1b2c3d-0000-4000-8000-000000000000/":                MicrosoftEntra,
	"https://accounts.google.com":                                                  GoogleCloud,
	"https://oidc.circleci.com/org/0a1b2c3d-0000-4000-8000-000000000000":           CircleCI,
	"https://agent.buildkite.com":                                                  Buildkite,
	"https://api.bitbucket.org/2.0/workspaces/acme/pipelines-config/identity/oidc": Bitbucket,
	"https://app.terraform.io":                                                     HCPTerraform,
	"https://api.pulumi.com/oidc":                                                  PulumiCloud,
	"https://api.pulumi.com/oidc/v2":                                               PulumiCloud,
	"https://ci.example":                                                           OtherWorkloads,
	"":                                                                             AnyWorkloads,
}

func TestWorkloadSystemOf(t *testing.T) {
	t.Parallel()
	seen := map[WorkloadSystem]bool{}
	for issuer, want := range issuersOfSystems {
		if got := WorkloadSystemOf(issuer); got != want {
			t.Errorf("%s: got %s, want %s", issuer, got, want)
		}
		seen[want] = true
	}
	for _, system := range WorkloadSystems() {
		if !seen[system] {
			t.Errorf("%s is not tried", system)
		}
	}
}

// pinsOf reads `claim=value` pairs.
func pinsOf(text string) map[string]string {
	pins := map[string]string{}
	for _, pair := range strings.Split(text, " & ") {
		claim, value, _ := strings.Cut(pair, "=")
		pins[claim] = value
	}
	return pins
}

func TestIdentifyingClaims(t *testing.T) {
	t.Parallel()
	for system, tests := range map[WorkloadSystem]struct{ identify, broad []string }{
		GitHubActions: {
			[]string{
				"sub=repo:acme/app:ref:refs/heads/main", "sub=repo:acme@1/app@2:pull_request", "repository_id=42 & ref=refs/heads/main",
				"repository=acme/app & environment=prod", "repository_id=42", "workflow_ref=acme/app/.github/workflows/d.yml@refs/heads/main",
				"sub=repository_owner_id:1:repository_id:2", "sub=enterprise:acme:repo:acme/app:ref:refs/heads/main", "sub=repo:acme/*",
				"repository=acme/*", "job_workflow_ref=acme/wf/.github/workflows/d.yml@refs/heads/main & repository_id=42",
			},
			[]string{
				"repository_owner=acme", "repository_owner_id=1", "enterprise=acme", "enterprise_id=1", "actor_id=7", "actor=ana", "azp=x", "tid=x",
				"anything=x", "job_workflow_ref=acme/wf/.github/workflows/d.yml@refs/heads/main", "ref=refs/heads/main", "environment=prod",
				"sub=repository_owner:acme", "sub=repository_owner_id:1", "sub=job_workflow_ref:acme/wf/.github/workflows/d.yml@refs/heads/main",
				"sub=enterprise:acme", "sub=repo:acme*", "sub=repo:*/app:ref:refs/heads/main", "sub=*:ref:refs/heads/main", "sub=repo:./app", "sub=",
				"repository_id=4*", "repository_id=4.", "repository=*/app", "repository=acm?/app", "repository=", "repository_id=...", "project_id=42",
				"workflow=deploy", "repository_visibility=private & repository_owner=acme", "sub=context:x",
			},
		},
		GitLabCI: {
			[]string{
				"sub=project_path:acme/app:ref_type:branch:ref:main", "project_id=7 & ref=main", "project_path=acme/app", "sub=project_id:7:ref:main",
				"sub=project_path:acme/*",
			},
			[]string{
				"namespace_path=acme", "namespace_id=7", "user_id=7", "user_login=ana", "user_email=a@b", "runner_id=7", "ref=main", "repository_id=42",
				"ci_config_ref_uri=gitlab.com/acme/ci//.gitlab-ci.yml@refs/heads/main", "sub=project_path:acme*", "sub=project_path:*:ref_type:branch:ref:main",
				"sub=namespace_path:acme",
			},
		},
		Kubernetes: {
			[]string{
				"sub=system:serviceaccount:ci:pulumi", "\"kubernetes.io\".serviceaccount.uid=0a1b2c3d",
				"\"kubernetes.io\".namespace=ci & \"kubernetes.io\".serviceaccount.name=pulumi", "sub=system:serviceaccount:ci:*",
			},
			[]string{
				"\"kubernetes.io\".namespace=ci", "\"kubernetes.io\".serviceaccount.name=pulumi", "\"kubernetes.io\".node.name=n",
				"kubernetes.io.serviceaccount.uid=0a1b2c3d", "sub=system:serviceaccount:*", "sub=system:serviceaccount:*:pulumi", "sub=system:*",
			},
		},
		AmazonWebServices: {
			[]string{"sub=arn:aws:iam::123456789012:role/ci"},
			[]string{"sub=arn:aws:iam::123456789012:*", "sub=arn:aws:iam::*:role/ci", "aws_account=123456789012", "org_id=o-1"},
		},
		AzureDevOps: {
			[]string{"sub=sc://acme/app/production", "sub=p://acme/app/pipeline", "prj_id=0a & def_id=7"},
			[]string{"org_id=0a", "prj_id=0a", "def_id=7", "rpo_ref=refs/heads/main", "sub=sc://acme/*", "sub=sc://*"},
		},
		MicrosoftEntra: {
			[]string{"sub=0a1b", "oid=0a1b"},
			[]string{"tid=0a", "azp=0a", "appid=0a", "aud=x", "roles=admin", "groups=x", "sub=0*", "oid=0*"},
		},
		GoogleCloud: {
			[]string{"sub=1234", "email=ci@acme.iam.gserviceaccount.com"},
			[]string{"azp=1234", "hd=acme.com", "email=*@acme.com", "sub=1*", "email_verified=true"},
		},
		CircleCI: {
			[]string{"sub=org/o/project/p/user/u", "\"oidc.circleci.com/project-id\"=0a1b", "sub=org/o/project/p/*"},
			[]string{"oidc.circleci.com/project-id=0a1b", "\"oidc.circleci.com/context-ids\"=0a", "\"oidc.circleci.com/vcs-ref\"=refs/heads/main", "sub=org/o/*", "sub=org/o/project/*", "sub=org/o/project/p*"},
		},
		Buildkite: {
			[]string{"pipeline_id=0a1b", "organization_slug=acme & pipeline_slug=app", "sub=organization:acme:pipeline:app:ref:refs/heads/main:commit:x:step:y"},
			[]string{"pipeline_slug=app", "organization_slug=acme", "organization_id=0a", "build_branch=main", "sub=organization:acme:*", "sub=organization:*", "agent_id=0a"},
		},
		Bitbucket: {
			[]string{"repositoryUuid={0a1b2c3d-0000-4000-8000-000000000000}", "sub={0a1b2c3d-0000-4000-8000-000000000000}:{0a1b2c3d-0000-4000-8000-000000000001}", "deploymentEnvironmentUuid={0a}"},
			[]string{"workspaceUuid={0a}", "branchName=main", "sub={0a1b*", "sub=*"},
		},
		HCPTerraform: {
			[]string{"sub=organization:acme:project:p:workspace:w:run_phase:apply", "terraform_workspace_id=ws-1", "terraform_organization_name=acme & terraform_workspace_name=w"},
			[]string{"terraform_workspace_name=w", "terraform_organization_name=acme", "terraform_project_id=prj-1", "terraform_run_phase=apply", "sub=organization:acme:*", "sub=organization:acme:project:*:workspace:w:run_phase:apply"},
		},
		PulumiCloud: {
			[]string{
				"sub=pulumi:deploy:org:acme:project:p:stack:s:operation:update:scope:write", "sub=pulumi:environments:org:acme:env:p/e", "sub=" + "pulumi:org:0a:env:1b",
				"sub=pulumi:environments:pulumi.organization.login:acme:rootEnvironment.name:p/e:currentEnvironment.name:p/e", "stackId=0a",
				"org=acme & root_env=p/e", "\"https://pulumi.com/root_env_id\"=0a",
			},
			[]string{
				"sub=pulumi:environments:org:acme:env:<yaml>", "sub=pulumi:environments:pulumi.organization.login:acme", "org=acme", "root_env=p/e",
				"sub=pulumi:environments:pulumi.organization.login:acme:pulumi.user.login:ana", "trigger_user=ana", "sub=pulumi:deploy:org:acme:*",
				"\"https://pulumi.com/org_id\"=0a", "operation=update", "sub=pulumi:environments:org:acme:env:*", "stack=s",
			},
		},
		OtherWorkloads: {
			[]string{"sub=app", "sub=organization:acme:pipeline:app", "sub=acme/*", "sub=project_path:acme/app:ref:main"},
			[]string{
				"repository_id=42", "project_id=7", "repository=acme/app", "email=a@b", "client_id=x", "sub=*", "sub=?", "sub=.", "sub=repo:*", "sub=repo:acme*",
				"sub=repository_owner:acme", "sub=system:serviceaccount:*", "sub=pulumi:environments:org:acme:env:<yaml>", "azp=x", "iss=https://ci.example",
			},
		},
		AnyWorkloads: {
			[]string{"sub=app", "repository_id=42", "project_id=7", "oid=0a", "email=a@b", "sub=repo:acme/app:ref:refs/heads/main", "terraform_workspace_id=ws-1"},
			[]string{"repository_owner=acme", "tid=0a", "azp=x", "job_workflow_ref=a", "anything=x", "sub=*", "sub=repository_owner:acme", "sub=repo:*", "namespace_path=acme"},
		},
	} {
		for _, text := range tests.identify {
			if got := system.Identifying(pinsOf(text)); got == nil {
				t.Errorf("%s: %s names a workload", system, text)
			}
		}
		for _, text := range tests.broad {
			if got := system.Identifying(pinsOf(text)); got != nil {
				t.Errorf("%s: %s names no workload, and %v is taken for one", system, text, got)
			}
		}
	}
}

// A policy whose claims are not on the list of the issuer's system is refused by CiTrust and OidcIssuer, and found by lint,
// whatever else stands in it.
func TestBroadClaimsAreRefusedEverywhereProperty(t *testing.T) {
	t.Parallel()
	claim := rapid.OneOf(
		rapid.SampledFrom([]string{
			"repository_owner", "repository_owner_id", "enterprise", "enterprise_id", "actor_id", "azp", "tid", "appid", "namespace_id", "ref", "environment",
			"job_workflow_ref", "org_id", "organization_slug", "workspaceUuid", "hd", "groups", "client_id", "iss",
		}),
		rapid.StringMatching(`x_[a-z]{1,8}`),
	)
	rapid.Check(t, func(t *rapid.T) {
		system := rapid.SampledFrom(append(WorkloadSystems(), OtherWorkloads, AnyWorkloads)).Draw(t, "system")
		rules := rapid.MapOfN(claim, rapid.StringMatching(`[a-z0-9]{1,5}(/[a-z0-9]{1,5})?`), 1, 4).Draw(t, "claims")
		if err := CheckIssuerPolicies(system, "acme", []IssuerPolicy{{
			Decision: Allow, TokenType: TeamToken, TeamName: "payments", Rules: with(rules, map[string]string{"aud": "urn:pulumi:org:acme"}),
		}}, IssuerOptIns{TokenWithoutRole: true, WildcardInClaim: true}); err == nil {
			t.Errorf("an issuer of %q takes %v", system, rules)
		}
		if pins, err := Claims(rules).Pins(Pinning{Wildcards: true, System: system}); err == nil {
			t.Errorf("CiTrust of %q takes %v as %v", system, rules, pins)
		}
		document, err := marshalCompact(IssuerPolicy{Decision: Allow, TokenType: TeamToken, TeamName: "payments", Rules: rules})
		if err != nil {
			t.Fatal(err)
		}
		findings, err := Lint(PulumiDocument, document, Intent{})
		if err != nil || !slices.ContainsFunc(findings, func(f Finding) bool { return f.Rule == RuleMissingSubject && f.Severity == High }) {
			t.Errorf("lint says %v of %s: %v", findings, document, err)
		}
	})
}

// A repository or project that is pinned whole admits pull requests, which CiTrust takes only when it is acknowledged.
func TestClaimsNeedAPlace(t *testing.T) {
	t.Parallel()
	for text, fine := range map[string]bool{
		"repository_id=42": false, "repository=acme/app": false, "repository_id=42 & actor_id=7": false, "repository_id=42 & ref=*": false,
		"repository_id=42 & ref=refs/heads/main": true, "repository=acme/app & environment=prod": true, "sub=repo:acme/app:pull_request": true,
	} {
		_, err := Claims(pinsOf(text)).Pins(Pinning{System: GitHubActions, Wildcards: true})
		if (err == nil) != fine {
			t.Errorf("%s: got %v", text, err)
		}
		if _, err := Claims(pinsOf(text)).Pins(Pinning{System: GitHubActions, Wildcards: true, Unpinned: true}); err != nil {
			t.Errorf("%s, acknowledged: got %v", text, err)
		}
	}
}
