package oidc

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"gopkg.in/yaml.v3"
	"pgregory.net/rapid"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/problem"
)

const (
	idOne = "0a1b2c3d-1111-4222-8333-444455556666"
	idTwo = "0a1b2c3d-1111-4222-8333-444455556667"
)

func TestPinsOfSystems(t *testing.T) {
	t.Parallel()
	main := []string{"main"}
	for name, test := range map[string]struct {
		source CISource
		want   []string
	}{
		"AWS":                 {AWSRole{"arn:aws:iam::123456789012:role/ci/deploy"}, []string{"sub=arn:aws:iam::123456789012:role/ci/deploy"}},
		"Azure DevOps, ids":   {AzurePipeline{ProjectID: idOne, PipelineID: "7", Branches: main, Tags: []string{"v1"}}, []string{"def_id=7, prj_id=" + idOne + ", rpo_ref=refs/heads/main", "def_id=7, prj_id=" + idOne + ", rpo_ref=refs/tags/v1"}},
		"Azure DevOps, names": {AzurePipeline{Organization: "acme", Project: "My App", Pipeline: "deploy", Branches: main}, []string{"rpo_ref=refs/heads/main, sub=p://acme/My App/deploy"}},
		"Bitbucket":           {BitbucketRepository{RepositoryUUID: idOne, Branches: main, Environments: []string{"{" + idTwo + "}"}}, []string{"branchName=main, repositoryUuid={" + idOne + "}", "deploymentEnvironmentUuid={" + idTwo + "}, repositoryUuid={" + idOne + "}"}},
		"Buildkite, ids":      {BuildkitePipeline{OrganizationID: idTwo, PipelineID: idOne, Branches: main}, []string{"build_branch=main, organization_id=" + idTwo + ", pipeline_id=" + idOne}},
		"Buildkite, slugs":    {BuildkitePipeline{Organization: "acme", Pipeline: "app", Tags: []string{"v1"}}, []string{"build_tag=v1, organization_slug=acme, pipeline_slug=app"}},
		"CircleCI":            {CircleProject{ProjectID: idOne, Branches: main, Contexts: []string{idTwo}}, []string{`"oidc.circleci.com/project-id"=` + idOne + `, "oidc.circleci.com/vcs-ref"=refs/heads/main`, `"oidc.circleci.com/context-ids"=` + idTwo + `, "oidc.circleci.com/project-id"=` + idOne}},
		"GitHub, two workflows": {
			GitHubRepository{Repository: "acme/app", RepositoryID: "2", Branches: main, Workflows: []string{"acme/wf/.github/workflows/a.yml@refs/heads/main", "acme/wf/.github/workflows/b.yaml@" + strings.Repeat("0a", 20)}},
			[]string{
				"job_workflow_ref=acme/wf/.github/workflows/a.yml@refs/heads/main, repository_id=2, sub=repo:acme/app:ref:refs/heads/main",
				"job_workflow_ref=acme/wf/.github/workflows/b.yaml@" + strings.Repeat("0a", 20) + ", repository_id=2, sub=repo:acme/app:ref:refs/heads/main",
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			pins, err := test.source.Pins(Pinning{})
			if err != nil {
				t.Fatal(err)
			}
			if got := describe(pins); !slices.Equal(got, test.want) {
				t.Errorf("got  %q\nwant %q", got, test.want)
			}
			for _, pin := range pins {
				if pin.Subject != pin.Claims["sub"] {
					t.Errorf("subject %q of %v", pin.Subject, pin.Claims)
				}
			}
		})
	}
}

func TestPinsOfSystemsAreRefused(t *testing.T) {
	t.Parallel()
	main := []string{"main"}
	for name, test := range map[string]struct {
		source CISource
		want   string // properties
	}{
		"AWS, a session":            {AWSRole{"arn:aws:sts::123456789012:assumed-role/ci/x"}, "roleArn"},
		"AWS, a user":               {AWSRole{"arn:aws:iam::123456789012:user/ci"}, "roleArn"},
		"AWS, a pattern":            {AWSRole{"arn:aws:iam::123456789012:role/*"}, "roleArn"},
		"AWS, a dot":                {AWSRole{"arn:aws:iam::123456789012:role/ci.deploy"}, "roleArn"},
		"Azure DevOps, one id":      {AzurePipeline{ProjectID: idOne, Branches: main}, "pipelineId"},
		"Azure DevOps, a name":      {AzurePipeline{Organization: "acme", Project: "app", Branches: main}, "pipeline"},
		"Azure DevOps, a dot":       {AzurePipeline{Organization: "acme", Project: "my.app", Pipeline: "p", Branches: main}, "project"},
		"Azure DevOps, a slash":     {AzurePipeline{Organization: "acme", Project: "app/x", Pipeline: "p", Branches: main}, "project"},
		"Azure DevOps, no place":    {AzurePipeline{ProjectID: idOne, PipelineID: "7"}, ""},
		"Azure DevOps, a ref":       {AzurePipeline{ProjectID: idOne, PipelineID: "7", Branches: []string{"refs/heads/main"}}, "branches[0]"},
		"Bitbucket, a name":         {BitbucketRepository{RepositoryUUID: "acme/app", Branches: main}, "repositoryUuid"},
		"Bitbucket, an environment": {BitbucketRepository{RepositoryUUID: idOne, Environments: []string{"prod"}}, "environments[0]"},
		"Bitbucket, no place":       {BitbucketRepository{RepositoryUUID: idOne}, ""},
		"Buildkite, one id":         {BuildkitePipeline{PipelineID: idOne, Branches: main}, "organizationId"},
		"Buildkite, no slug":        {BuildkitePipeline{Organization: "Acme Inc", Pipeline: "app", Branches: main}, "organization"},
		"Buildkite, a pattern":      {BuildkitePipeline{Organization: "acme", Pipeline: "app", Branches: []string{"release/*"}}, "branches[0]"},
		"CircleCI, a name":          {CircleProject{ProjectID: "gh/acme/app", Branches: main}, "projectId"},
		"CircleCI, a context":       {CircleProject{ProjectID: idOne, Contexts: []string{"prod"}}, "contexts[0]"},
		"CircleCI, a dot in a tag":  {CircleProject{ProjectID: idOne, Tags: []string{"v1.2"}}, "tags[0]"},
		"GitHub, a workflow":        {GitHubRepository{Repository: "acme/app", Branches: main, Workflows: []string{"deploy.yml"}}, "workflows[0]"},
		"GitHub, any workflow":      {GitHubRepository{Repository: "acme/app", Branches: main, Workflows: []string{"acme/wf/.github/workflows/*@refs/heads/main"}}, "workflows[0]"},
		"GitHub, a dot in it":       {GitHubRepository{Repository: "acme/app", Branches: main, Workflows: []string{"acme/my.wf/.github/workflows/a.yml@refs/heads/main"}}, "workflows[0]"},
		"GitHub, a tag of it":       {GitHubRepository{Repository: "acme/app", Branches: main, Workflows: []string{"acme/wf/.github/workflows/a.yml@refs/tags/v1.2"}}, "workflows[0]"},
		"GitHub, twice":             {GitHubRepository{Repository: "acme/app", Branches: main, Claims: map[string]string{"job_workflow_ref": "x"}, Workflows: []string{"acme/wf/.github/workflows/a.yml@refs/heads/main"}}, "workflows"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			pins, err := test.source.Pins(Pinning{})
			if err == nil {
				t.Fatalf("got %v", pins)
			}
			var got []string
			for _, one := range problem.Of(err) {
				got = append(got, one.Path)
			}
			if strings.Join(got, " ") != test.want {
				t.Errorf("got %q: %v", got, err)
			}
		})
	}
}

// systemTry is one system's source of one workload, and what a run of any workload says of itself, by what tells runs apart.
type systemTry struct {
	system WorkloadSystem
	source func(w, place string) CISource
	claims func(w, other, place string) map[string]any
}

// naiveMatch compares as Pulumi Cloud documents, without any code of this package.
func naiveMatch(pattern string, value any) bool {
	expression := strings.NewReplacer(`\*`, `.*`, `\?`, `.?`, `\.`, `.`).Replace(regexp.QuoteMeta(pattern))
	matches := func(text string) bool { return regexp.MustCompile("^(?:" + expression + ")$").MatchString(text) }
	switch value := value.(type) {
	case string:
		return matches(value)
	case []any:
		return slices.ContainsFunc(value, func(one any) bool { return matches(one.(string)) })
	}
	return false
}

func naiveExchange(policies []IssuerPolicy, claims map[string]any) bool {
	return slices.ContainsFunc(policies, func(p IssuerPolicy) bool {
		for name, pattern := range p.Rules {
			if !naiveMatch(pattern, claims[strings.Trim(name, `"`)]) {
				return false
			}
		}
		return p.Decision == Allow
	})
}

// Each system's policies admit the runs of the workload and the place that are trusted, and none that only look like them.
func TestSystemsAdmitNoLookAlikeProperty(t *testing.T) {
	tries := []systemTry{
		{AmazonWebServices, func(w, _ string) CISource { return AWSRole{"arn:aws:iam::123456789012:role/" + w} },
			func(w, other, _ string) map[string]any {
				return map[string]any{"sub": "arn:aws:iam::123456789012:role/" + w, "https://sts.amazonaws.com/": map[string]any{"request_tags": map[string]any{"sub": other}}}
			}},
		{AzureDevOps, func(w, place string) CISource {
			return AzurePipeline{ProjectID: w, PipelineID: "7", Branches: []string{place}}
		},
			func(w, other, place string) map[string]any {
				return map[string]any{"sub": "p://acme/app/" + other, "prj_id": w, "def_id": "7", "rpo_ref": "refs/heads/" + place}
			}},
		{Bitbucket, func(w, place string) CISource {
			return BitbucketRepository{RepositoryUUID: w, Branches: []string{place}}
		},
			func(w, other, place string) map[string]any {
				return map[string]any{"sub": "{" + other + "}", "repositoryUuid": "{" + w + "}", "branchName": place, "workspaceUuid": "{" + idOne + "}"}
			}},
		{Buildkite, func(w, place string) CISource {
			return BuildkitePipeline{Organization: "acme", Pipeline: w, Branches: []string{place}}
		},
			func(w, other, place string) map[string]any {
				return map[string]any{"sub": other, "organization_slug": "acme", "pipeline_slug": w, "build_branch": place}
			}},
		{CircleCI, func(w, place string) CISource { return CircleProject{ProjectID: w, Contexts: []string{place}} },
			func(w, other, place string) map[string]any {
				return map[string]any{"sub": "org/" + other, "oidc.circleci.com/project-id": w, "oidc.circleci.com/context-ids": []any{idTwo[:35] + "9", place}}
			}},
	}
	admitted, denied := map[WorkloadSystem]int{}, map[WorkloadSystem]int{}
	rapid.Check(t, func(t *rapid.T) {
		for _, try := range tries {
			want, tried := trySystem(t, try)
			switch {
			case !tried:
			case want:
				admitted[try.system]++
			default:
				denied[try.system]++
			}
		}
	})
	for _, try := range tries {
		if admitted[try.system] == 0 || denied[try.system] == 0 {
			t.Errorf("%s: %d admitted, %d denied", try.system, admitted[try.system], denied[try.system])
		}
	}
}

func TestAdmitsPullRequests(t *testing.T) {
	t.Parallel()
	pins, err := GitHubRepository{Repository: "acme/app", RepositoryID: "2", OwnerID: "1", PullRequests: true}.Pins(Pinning{})
	if err != nil {
		t.Fatal(err)
	}
	for _, pin := range pins {
		if p := (IssuerPolicy{Decision: Allow, Rules: pin.Claims}); !p.AdmitsPullRequests() {
			t.Errorf("%v", pin.Claims)
		}
	}
	for text, want := range map[string]bool{
		"event_name=pull_request_target & repository_id=2": true, "event_name=pull_request": true, "sub=repo:acme/app:pull_request": true,
		"sub=repo:acme/app:pull_request:job_workflow_ref:x": true, "sub=repo:acme/app:ref:refs/heads/pull_request": false,
		"sub=repo:acme/pull_request:ref:refs/heads/main": false, "event_name=push": false,
	} {
		if got := (IssuerPolicy{Decision: Allow, Rules: pinsOf(text)}).AdmitsPullRequests(); got != want {
			t.Errorf("%s: %v", text, got)
		}
	}
	if (IssuerPolicy{Decision: Deny, Rules: pinsOf("event_name=pull_request")}).AdmitsPullRequests() {
		t.Error("a denial admits nobody")
	}
}

// Whatever names organization, branch and team have: the snippets are documents of their formats, and each holds the login as one.
func TestSnippetsOfSystems(t *testing.T) {
	t.Parallel()
	for name, of := range map[string]func(CILogin) string{
		"Azure DevOps": AzureDevOpsPipeline, "Bitbucket": BitbucketPipelines, "Buildkite": BuildkitePipelineSteps, "CircleCI": CircleCIConfig,
	} {
		for _, l := range []CILogin{
			{Organization: "acme", Team: "ci", Branch: "main"}, {Organization: "acme", Tag: "v1"}, {Organization: "a'b: c", Team: "x y", Branch: "on", APIURL: "https://p.example"},
		} {
			var document map[string]any
			text := of(l)
			if err := yaml.Unmarshal([]byte(text), &document); err != nil {
				t.Errorf("%s: %v in %s", name, err, text)
			}
			if !strings.Contains(text, "--oidc-org") || name != "Azure DevOps" && !strings.Contains(text, "urn:pulumi:org:") {
				t.Errorf("%s: %s", name, text)
			}
		}
	}
	if text := AWSShell(CILogin{Organization: "acme", Team: "ci"}); !strings.Contains(text, "get-web-identity-token --audience urn:pulumi:org:acme") ||
		!strings.Contains(text, "--oidc-team ci") {
		t.Error(text)
	}
}

// trySystem draws what is trusted and a run near it, and compares the decision with a second one. It reports whether the run is one of
// those that are trusted, and false where what was drawn cannot be trusted.
func trySystem(t *rapid.T, try systemTry) (want, tried bool) {
	ids := rapid.SampledFrom([]string{idOne, idOne, idTwo, strings.ToUpper(idOne), "{" + idOne + "}", idOne + "0"})
	roles := rapid.SampledFrom([]string{"ci", "ci2", "Ci", "c", "x/ci", "ci/x", "c-i"})
	slugs := rapid.SampledFrom([]string{"app", "app2", "ap", "App", "a-pp"})
	workloads, place := ids, rapid.SampledFrom([]string{"main", "Main", "mainx", "m-ain", "release/1", "pull/7"})
	if try.system == CircleCI {
		place = ids
	}
	if drawn, found := map[WorkloadSystem]*rapid.Generator[string]{AmazonWebServices: roles, Buildkite: slugs}[try.system]; found {
		workloads = drawn
	}
	w, at := workloads.Draw(t, "trusted"), place.Draw(t, "trusted place")
	policies, err := CIPolicies("acme", Pinning{System: try.system}, ofTeam(try.source(w, at)))
	if err != nil {
		return false, false
	}
	if err := CheckIssuerPolicies(try.system, "acme", policies, IssuerOptIns{}); err != nil {
		t.Fatalf("%v is not what an issuer takes: %v", policies, err)
	}
	if document, err := marshalCompact(policies); err != nil || len(lint(t, PulumiDocument, document, "acme")) > 0 {
		t.Fatalf("%q in %s, %v", lint(t, PulumiDocument, document, "acme"), document, err)
	}
	runOf, runAt := near(t, "its workload", w, workloads), near(t, "its place", at, place)
	claims := try.claims(runOf, w, runAt)
	audience := rapid.SampledFrom([]string{try.system.Audience("acme"), try.system.Audience("acme"), "urn:pulumi:org:other", "sts.amazonaws.com"}).Draw(t, "audience")
	claims["aud"] = audience
	want = runOf == w && audience == try.system.Audience("acme") && (runAt == at || try.system == AmazonWebServices)
	if try.system == Bitbucket { // which takes ids with and without braces
		want = claims["repositoryUuid"] == "{"+strings.Trim(w, "{}")+"}" && audience == try.system.Audience("acme") && runAt == at
	}
	if got, naive := admits(policies, claims), naiveExchange(policies, claims); got != want || naive != want {
		t.Fatalf("%v on %v: got %v, naive %v, want %v", policies, claims, got, naive, want)
	}
	return want, true
}
