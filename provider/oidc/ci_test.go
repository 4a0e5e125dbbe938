package oidc

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/problem"
)

func describe(pins []CIPin) []string {
	var all []string
	for _, pin := range pins {
		rules := IssuerPolicy{Decision: Allow, TokenType: TeamToken, Rules: pin.Claims}.String()
		all = append(all, strings.TrimPrefix(rules, "allow team tokens to "))
	}
	return all
}

func TestPins(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		source  CISource
		pinning Pinning
		want    []string
	}{
		"GitHub, a name": {
			GitHubRepository{Repository: "acme/app", Branches: []string{"main"}},
			Pinning{},
			[]string{"sub=repo:acme/app:ref:refs/heads/main"},
		},
		"GitHub, an environment by name": {
			GitHubRepository{Repository: "acme/app", Environments: []string{"prod"}},
			Pinning{},
			[]string{"sub=repo:acme/app:environment:prod", "environment=prod, repository=acme/app"},
		},
		"GitHub, ids": {
			GitHubRepository{Repository: "acme/app", OwnerID: "1", RepositoryID: "2", Environments: []string{"prod"}},
			Pinning{},
			[]string{
				"repository_id=2, repository_owner_id=1, sub=repo:acme/app:environment:prod",
				"sub=repo:acme@1/app@2:environment:prod",
			},
		},
		"GitHub, the repository's id alone": {
			GitHubRepository{Repository: "acme/app", RepositoryID: "2", Tags: []string{"v1"}},
			Pinning{},
			[]string{"repository_id=2, sub=repo:acme/app:ref:refs/tags/v1"},
		},
		"GitHub, a dot and ids": {
			GitHubRepository{Repository: "acme/my.app", OwnerID: "1", RepositoryID: "2", PullRequests: true},
			Pinning{},
			[]string{
				"repository_id=2, repository_owner_id=1, sub=repo:acme/my.app:pull_request",
				"repository_id=2, repository_owner_id=1, sub=repo:acme@1/my.app@2:pull_request",
			},
		},
		"GitHub, a customized subject": {
			GitHubRepository{
				Repository: "acme/app", OwnerID: "1", RepositoryID: "2", Branches: []string{"main"}, SubjectClaims: []string{"repo", "context", "job_workflow_ref"},
				Claims: map[string]string{"job_workflow_ref": "acme/wf/.github/workflows/deploy.yml@refs/heads/main"},
			},
			Pinning{},
			[]string{
				"job_workflow_ref=acme/wf/.github/workflows/deploy.yml@refs/heads/main, ref=refs/heads/main, repository_id=2, repository_owner_id=1, " +
					"sub=repo:acme/app:ref:refs/heads/main:job_workflow_ref:acme/wf/.github/workflows/deploy.yml@refs/heads/main",
				"job_workflow_ref=acme/wf/.github/workflows/deploy.yml@refs/heads/main, ref=refs/heads/main, repository_id=2, repository_owner_id=1, " +
					"sub=repo:acme@1/app@2:ref:refs/heads/main:job_workflow_ref:acme/wf/.github/workflows/deploy.yml@refs/heads/main",
			},
		},
		"GitHub, a customized subject of ids": {
			GitHubRepository{
				Repository: "acme/app", OwnerID: "1", RepositoryID: "2", Environments: []string{"a:b"},
				SubjectClaims: []string{"repository_owner_id", "repository_id", "environment"},
			},
			Pinning{},
			[]string{"environment=a:b, repository_id=2, repository_owner_id=1, sub=repository_owner_id:1:repository_id:2:environment:a%3Ab"},
		},
		"GitHub, a reusable workflow": {
			GitHubRepository{
				Repository: "acme/app", Environments: []string{"prod"}, RepositoryID: "2", OwnerID: "1",
				Claims: map[string]string{"job_workflow_ref": "acme/wf/.github/workflows/deploy.yaml@refs/heads/main"},
			},
			Pinning{},
			[]string{
				"job_workflow_ref=acme/wf/.github/workflows/deploy.yaml@refs/heads/main, repository_id=2, repository_owner_id=1, sub=repo:acme/app:environment:prod",
				"job_workflow_ref=acme/wf/.github/workflows/deploy.yaml@refs/heads/main, sub=repo:acme@1/app@2:environment:prod",
			},
		},
		"GitHub, a dot, insisted": {
			GitHubRepository{Repository: "acme/my.app", PullRequests: true},
			Pinning{Wildcards: true},
			[]string{"sub=repo:acme/my.app:pull_request"},
		},
		"GitHub, a colon": {
			GitHubRepository{Repository: "acme/app", OwnerID: "1", RepositoryID: "2", Environments: []string{"a:b"}},
			Pinning{},
			[]string{
				"repository_id=2, repository_owner_id=1, sub=repo:acme/app:environment:a%3Ab",
				"sub=repo:acme@1/app@2:environment:a%3Ab",
			},
		},
		"GitHub, whole": {
			GitHubRepository{Repository: "acme/app", OwnerID: "1", RepositoryID: "2"},
			Pinning{Unpinned: true},
			[]string{"repository_id=2, repository_owner_id=1"},
		},
		"GitLab, a path": {
			GitLabProject{Project: "acme/web/app", Branches: []string{"main"}, Environments: []string{"prod"}},
			Pinning{},
			[]string{"sub=project_path:acme/web/app:ref_type:branch:ref:main", "environment=prod, project_path=acme/web/app"},
		},
		"GitLab, an id": {
			GitLabProject{Project: "acme/app", ProjectID: "7", Tags: []string{"v1"}, Environments: []string{"prod"}, Protected: true},
			Pinning{},
			[]string{
				"project_id=7, ref_protected=true, sub=project_path:acme/app:ref_type:tag:ref:v1",
				"environment=prod, project_id=7, ref_protected=true",
			},
		},
		"GitLab, a dot and an id": {
			GitLabProject{Project: "acme/my.app", ProjectID: "7", Branches: []string{"main"}},
			Pinning{},
			[]string{"project_id=7, ref=main, ref_type=branch"},
		},
		"Kubernetes":      {ServiceAccount{Namespace: "ci", Name: "pulumi"}, Pinning{}, []string{"sub=system:serviceaccount:ci:pulumi"}},
		"Kubernetes, uid": {ServiceAccount{Namespace: "ci", Name: "pulumi", UID: "0a1b2c3d-4e5f"}, Pinning{}, []string{`"kubernetes.io".serviceaccount.uid=0a1b2c3d-4e5f, sub=system:serviceaccount:ci:pulumi`}},
		"Kubernetes, a dot and uid": {
			ServiceAccount{Namespace: "ci", Name: "my.app", UID: "0a1b2c3d-4e5f"},
			Pinning{},
			[]string{`"kubernetes.io".namespace=ci, "kubernetes.io".serviceaccount.uid=0a1b2c3d-4e5f`},
		},
		"any other": {Claims{"sub": "organization:acme:pipeline:app"}, Pinning{}, []string{"sub=organization:acme:pipeline:app"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			pins, err := test.source.Pins(test.pinning)
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

func TestPinsAreRefused(t *testing.T) {
	t.Parallel()
	main := []string{"main"}
	for name, test := range map[string]struct {
		source CISource
		want   string // properties
	}{
		"GitHub, no owner":          {GitHubRepository{Repository: "app", Branches: main}, "repository"},
		"GitHub, a wildcard":        {GitHubRepository{Repository: "acme/*", Branches: main}, "repository"},
		"GitHub, a dot":             {GitHubRepository{Repository: "acme/my.app", Branches: main}, "repository"},
		"GitHub, no place":          {GitHubRepository{Repository: "acme/app"}, ""},
		"GitHub, a branch pattern":  {GitHubRepository{Repository: "acme/app", Branches: []string{"main", "release/*"}}, "branches[1]"},
		"GitHub, a dot in a tag":    {GitHubRepository{Repository: "acme/app", Tags: []string{"v1.2"}}, "tags[0]"},
		"GitHub, a ref":             {GitHubRepository{Repository: "acme/app", Branches: []string{"refs/heads/main"}}, "branches[0]"},
		"GitHub, an empty name":     {GitHubRepository{Repository: "acme/app", Environments: []string{""}}, "environments[0]"},
		"GitHub, ids":               {GitHubRepository{Repository: "acme/app", RepositoryID: "x", OwnerID: "acme", Branches: main}, "repositoryId ownerId"},
		"GitHub, the owner's alone": {GitHubRepository{Repository: "acme/app", OwnerID: "1", Branches: main}, "repositoryId"},
		"GitHub, a customized subject without the place": {
			GitHubRepository{Repository: "acme/app", Branches: main, SubjectClaims: []string{"repo"}}, "subjectClaims",
		},
		"GitHub, a customized subject of what is not known": {
			GitHubRepository{Repository: "acme/app", Branches: main, SubjectClaims: []string{"repo", "context", "job_workflow_ref"}}, "subjectClaims[2]",
		},
		"GitHub, a customized subject of no repository": {
			GitHubRepository{Repository: "acme/app", Branches: main, SubjectClaims: []string{"repository_owner", "context"}}, "repositoryId",
		},
		"GitHub, a claim that is written": {
			GitHubRepository{Repository: "acme/app", Branches: main, Claims: map[string]string{"sub": "x", "actor": "a*"}}, `claims["actor"] claims["sub"]`,
		},
		"GitHub, a dot in a reference to a workflow": {
			GitHubRepository{Repository: "acme/app", Branches: main, Claims: map[string]string{"job_workflow_ref": "acme/my.wf/.github/workflows/d.yml@refs/heads/main"}},
			`claims["job_workflow_ref"]`,
		},
		"GitLab, no group":         {GitLabProject{Project: "app", Branches: main}, "project"},
		"GitLab, a dot":            {GitLabProject{Project: "acme/my.app", Branches: main}, "project"},
		"GitLab, an id":            {GitLabProject{Project: "acme/app", ProjectID: "*", Branches: main}, "projectId"},
		"GitLab, no place":         {GitLabProject{Project: "acme/app"}, ""},
		"GitLab, a pattern":        {GitLabProject{Project: "acme/app", Environments: []string{"review/*"}}, "environments[0]"},
		"Kubernetes, a wildcard":   {ServiceAccount{Namespace: "*", Name: "*"}, "namespace name"},
		"Kubernetes, a dot":        {ServiceAccount{Namespace: "ci", Name: "my.app"}, "name"},
		"Kubernetes, a uid":        {ServiceAccount{Namespace: "ci", Name: "app", UID: "*"}, "uid"},
		"any other, audience":      {Claims{"sub": "x", "aud": "y"}, `["aud"]`},
		"any other, nothing":       {Claims{}, ""},
		"any other, a description": {Claims{"ref": "refs/heads/main"}, ""},
		"any other, a wildcard":    {Claims{"sub": "a*"}, `["sub"]`},
		"any other, a broken name": {Claims{"sub": "x", "a..b": "y"}, `["a..b"]`},
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

// similar are names that are close to each other in every way that could fool a pattern.
var similar = []string{"app", "App", "ap", "appx", "xapp", "app-1", "a-p", "my.app", "myxapp", "app2", "main", "prod"}

// lookAlikes draws any of them, pinnable those that a branch, tag or environment may be pinned to.
var (
	lookAlikes = rapid.SampledFrom(similar)
	pinnable   = rapid.SampledFrom(slices.DeleteFunc(slices.Clone(similar), HasClaimWildcard))
)

// drawPlaces draws up to two places of a kind.
func drawPlaces(t *rapid.T, label string) []string {
	return rapid.SliceOfN(pinnable, 0, 2).Draw(t, label)
}

func admits(policies []IssuerPolicy, claims map[string]any) bool {
	return DecideExchange(policies, ExchangeRequest{TokenType: TeamToken, Name: "payments"}, claims).Allowed
}

var aTeam = IssuerPolicy{Decision: Allow, TokenType: TeamToken, TeamName: "payments", AuthorizedPermissions: []string{}}

func ofTeam(sources ...CISource) []CITrust {
	trusted := make([]CITrust, len(sources))
	for i, source := range sources {
		trusted[i] = CITrust{Source: source, Bearer: aTeam}
	}
	return trusted
}

// drawIfUnpinned pins a repository that is not yet: one may not be trusted whole.
func (r *GitHubRepository) drawIfUnpinned(t *rapid.T) {
	if len(r.Branches)+len(r.Environments)+len(r.Tags) == 0 && !r.PullRequests {
		r.Branches = []string{pinnable.Draw(t, "branch")}
	}
}

// githubRun is what a job of GitHub Actions says of itself.
type githubRun struct {
	owner, name, ownerID, id  string
	branch, tag, environment  string
	pullRequest, immutableSub bool
}

// near draws what is right more often than not, else something like it: so that look-alikes differ in one thing.
func near(t *rapid.T, label, right string, others *rapid.Generator[string]) string {
	if right != "" && rapid.IntRange(0, 4).Draw(t, label+" is right") > 0 {
		return right
	}
	return others.Draw(t, label)
}

func one(t *rapid.T, label string, of []string) string {
	if len(of) == 0 {
		return ""
	}
	return rapid.SampledFrom(of).Draw(t, label)
}

func drawGitHubRun(t *rapid.T, trusted GitHubRepository) githubRun {
	owner, name, _ := strings.Cut(trusted.Repository, "/")
	r := githubRun{
		owner: near(t, "owner", owner, rapid.SampledFrom([]string{"acme", "acmee", "acm", "Acme"})), name: near(t, "repository", name, lookAlikes),
		ownerID: near(t, "owner id", "1", rapid.SampledFrom([]string{"1", "11", "2"})), id: near(t, "id", "2", rapid.SampledFrom([]string{"2", "22", "3"})),
		immutableSub: rapid.Bool().Draw(t, "immutable"), pullRequest: rapid.IntRange(0, 3).Draw(t, "event") == 0,
	}
	if rapid.Bool().Draw(t, "tagged") {
		r.tag = near(t, "tag", one(t, "of tags", trusted.Tags), lookAlikes)
	} else {
		r.branch = near(t, "branch", one(t, "of branches", trusted.Branches), lookAlikes)
	}
	if rapid.Bool().Draw(t, "in an environment") {
		r.environment = near(t, "environment", one(t, "of environments", trusted.Environments), lookAlikes)
	}
	return r
}

func (r githubRun) claims() map[string]any {
	ref, event := "refs/heads/"+r.branch, "push"
	if r.tag != "" {
		ref = "refs/tags/" + r.tag
	}
	if r.pullRequest {
		ref, event = "refs/pull/7/merge", "pull_request"
	}
	at := "ref:" + ref
	switch {
	case r.environment != "":
		at = "environment:" + r.environment
	case r.pullRequest:
		at = "pull_request"
	}
	repository := r.owner + "/" + r.name
	if r.immutableSub {
		repository = r.owner + "@" + r.ownerID + "/" + r.name + "@" + r.id
	}
	claims := map[string]any{
		"aud": "urn:pulumi:org:acme", "sub": "repo:" + repository + ":" + at, "ref": ref, "event_name": event,
		"repository": r.owner + "/" + r.name, "repository_owner": r.owner, "repository_id": r.id, "repository_owner_id": r.ownerID,
	}
	if r.environment != "" {
		claims["environment"] = r.environment
	}
	return claims
}

// Whatever is trusted, in either form of subject: what runs there gets a token, and nothing that only looks like it does.
func TestGitHubAdmitsNoLookAlikeProperty(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		trusted := GitHubRepository{
			Repository: "acme/" + lookAlikes.Draw(t, "trusted"),
			Branches:   drawPlaces(t, "branches"), Environments: drawPlaces(t, "environments"),
			Tags: drawPlaces(t, "tags"), PullRequests: rapid.Bool().Draw(t, "pull requests"),
		}
		if HasClaimWildcard(trusted.Repository) || rapid.Bool().Draw(t, "with ids") {
			trusted.RepositoryID, trusted.OwnerID = "2", "1"
		}
		trusted.drawIfUnpinned(t)
		policies, err := CIPolicies("acme", Pinning{}, ofTeam(trusted))
		if err != nil {
			t.Fatalf("CIPolicies refuses %+v: %v", trusted, err)
		}
		if err := CheckIssuerPolicies(AnyWorkloads, "acme", policies, IssuerOptIns{}); err != nil {
			t.Fatalf("%v is not what an issuer takes: %v", policies, err)
		}
		run := drawGitHubRun(t, trusted)
		named := run.owner+"/"+run.name == trusted.Repository
		same := named
		if trusted.RepositoryID != "" {
			// A dot is a wildcard in a name, and the id decides.
			same = run.id == trusted.RepositoryID && run.ownerID == trusted.OwnerID && MatchClaim(trusted.Repository, run.owner+"/"+run.name)
		}
		// A subject with ids can be written where they are known.
		presented := !run.immutableSub || trusted.RepositoryID != "" || run.environment != ""
		got := admits(policies, run.claims())
		if want := same && run.isOf(trusted) && presented; got != want {
			t.Fatalf("%v on %v: got %v", policies, run.claims(), got)
		}
	})
}

// isOf reports whether a run is one of those that are trusted of its repository: a job in an environment is that environment's,
// whatever its branch and event.
func (r githubRun) isOf(trusted GitHubRepository) bool {
	switch {
	case r.environment != "":
		return slices.Contains(trusted.Environments, r.environment)
	case r.pullRequest:
		return trusted.PullRequests
	}
	return r.tag != "" && slices.Contains(trusted.Tags, r.tag) || r.branch != "" && slices.Contains(trusted.Branches, r.branch)
}

// A customized subject admits the same runs, when it says where they are.
func TestCustomizedSubjectsAdmitNoLookAlikeProperty(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		keys := rapid.SampledFrom([][]string{
			{"repo", "context"}, {"repository_id", "context"}, {"repository_owner_id", "repository_id", "context"}, {"repo", "context", "runner_environment"},
			{"context", "repository"},
		}).Draw(t, "keys")
		trusted := GitHubRepository{
			Repository: "acme/app", RepositoryID: "2", OwnerID: "1", SubjectClaims: keys, PullRequests: rapid.Bool().Draw(t, "pull requests"),
			Branches: drawPlaces(t, "branches"), Environments: drawPlaces(t, "environments"),
			Claims: map[string]string{"runner_environment": "github-hosted"},
		}
		trusted.drawIfUnpinned(t)
		policies, err := CIPolicies("acme", Pinning{}, ofTeam(trusted))
		if err != nil {
			t.Fatalf("CIPolicies refuses %+v: %v", trusted, err)
		}
		if err := CheckIssuerPolicies(GitHubActions, "acme", policies, IssuerOptIns{}); err != nil {
			t.Fatalf("%v is not what an issuer takes: %v", policies, err)
		}
		run := drawGitHubRun(t, trusted)
		claims := run.claims()
		claims["runner_environment"] = near(t, "runner", "github-hosted", rapid.Just("self-hosted"))
		claims["sub"] = run.customSubject(keys, claims)
		byName := slices.Contains(keys, "repo") || slices.Contains(keys, "repository")
		same := run.id == "2" && run.ownerID == "1" && claims["runner_environment"] == "github-hosted" &&
			(!byName || run.owner+"/"+run.name == trusted.Repository)
		if got, want := admits(policies, claims), same && run.isOf(trusted); got != want {
			t.Fatalf("%v on %v: got %v", policies, claims, got)
		}
	})
}

// customSubject is what GitHub makes of a template.
func (r githubRun) customSubject(keys []string, claims map[string]any) string {
	sub := claims["sub"].(string)
	_, context, _ := strings.Cut(strings.TrimPrefix(sub, "repo:"), ":")
	parts := make([]string, len(keys))
	for i, key := range keys {
		switch key {
		case "repo":
			parts[i] = strings.TrimSuffix(sub, ":"+context)
		case "context":
			parts[i] = context
		default:
			parts[i] = key + ":" + fmt.Sprint(claims[key])
		}
	}
	return strings.Join(parts, ":")
}

func TestGitLabAdmitsNoLookAlikeProperty(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		trusted := GitLabProject{
			Project:  "acme/" + lookAlikes.Draw(t, "trusted"),
			Branches: drawPlaces(t, "branches"), Tags: drawPlaces(t, "tags"),
			Environments: drawPlaces(t, "environments"), Protected: rapid.Bool().Draw(t, "protected"),
		}
		if HasClaimWildcard(trusted.Project) || rapid.Bool().Draw(t, "with id") {
			trusted.ProjectID = "7"
		}
		if len(trusted.Branches)+len(trusted.Tags)+len(trusted.Environments) == 0 {
			trusted.Branches = []string{pinnable.Draw(t, "branch")}
		}
		policies, err := CIPolicies("acme", Pinning{}, ofTeam(trusted))
		if err != nil {
			t.Fatalf("CIPolicies refuses %+v: %v", trusted, err)
		}
		group := near(t, "group", "acme", rapid.SampledFrom([]string{"acme", "acme/sub", "acmee", "other/acme"}))
		_, name, _ := strings.Cut(trusted.Project, "/")
		project, id := group+"/"+near(t, "project", name, lookAlikes), rapid.SampledFrom([]string{"7", "77"}).Draw(t, "id")
		kind, ref := rapid.SampledFrom([]string{"branch", "tag"}).Draw(t, "kind"), near(t, "ref", one(t, "of branches", trusted.Branches), lookAlikes)
		protected, environment := rapid.Bool().Draw(t, "ref is protected"), lookAlikes.Draw(t, "environment")
		claims := map[string]any{
			"aud": "urn:pulumi:org:acme", "sub": fmt.Sprintf("project_path:%s:ref_type:%s:ref:%s", project, kind, ref), "project_path": project,
			"project_id": id, "ref_type": kind, "ref": ref, "ref_protected": fmt.Sprint(protected), "environment": environment,
		}
		same := project == trusted.Project
		if trusted.ProjectID != "" {
			same = id == "7" && (same || HasClaimWildcard(trusted.Project))
		}
		there := kind == "branch" && slices.Contains(trusted.Branches, ref) || kind == "tag" && slices.Contains(trusted.Tags, ref) ||
			slices.Contains(trusted.Environments, environment)
		got := admits(policies, claims)
		if got && !((same || trusted.ProjectID == "7" && id == "7") && there && (protected || !trusted.Protected)) {
			t.Fatalf("%v admits %v", policies, claims)
		}
		if same && there && (protected || !trusted.Protected) && !got {
			t.Fatalf("%v refuses %v", policies, claims)
		}
	})
}

func TestServiceAccountsAdmitNoLookAlikeProperty(t *testing.T) {
	t.Parallel()
	words := rapid.SampledFrom([]string{"ci", "cii", "c", "ci-1", "ci.x", "cizx"})
	namespaces := words.Filter(func(word string) bool { return !HasClaimWildcard(word) })
	uids := rapid.SampledFrom([]string{"0a1b2c3d-0000", "0a1b2c3d-0001"})
	rapid.Check(t, func(t *rapid.T) {
		trusted := ServiceAccount{Namespace: namespaces.Draw(t, "namespace"), Name: words.Draw(t, "name")}
		if HasClaimWildcard(trusted.Name) || rapid.Bool().Draw(t, "with uid") {
			trusted.UID = "0a1b2c3d-0000"
		}
		policies, err := CIPolicies("acme", Pinning{}, ofTeam(trusted))
		if err != nil {
			t.Fatalf("CIPolicies refuses %+v: %v", trusted, err)
		}
		namespace, name := near(t, "its namespace", trusted.Namespace, words), near(t, "its name", trusted.Name, words)
		uid := uids.Draw(t, "its uid")
		claims := map[string]any{
			"aud": []any{"urn:pulumi:org:acme"}, "sub": "system:serviceaccount:" + namespace + ":" + name,
			"kubernetes.io": map[string]any{"namespace": namespace, "serviceaccount": map[string]any{"name": name, "uid": uid}},
		}
		want := namespace == trusted.Namespace && (trusted.UID == "" || uid == trusted.UID) &&
			(name == trusted.Name || trusted.UID != "" && HasClaimWildcard(trusted.Name))
		if got := admits(policies, claims); got != want {
			t.Fatalf("%v on %v: got %v", policies, claims, got)
		}
	})
}

func TestCIPoliciesNameTheSource(t *testing.T) {
	t.Parallel()
	_, err := CIPolicies("acme", Pinning{}, ofTeam(
		GitHubRepository{Repository: "acme/app", Branches: []string{"main"}},
		GitHubRepository{Repository: "acme/app", Branches: []string{"*"}},
		GitHubRepository{Repository: "acme/app"},
	))
	var got []string
	for _, one := range problem.Of(err) {
		got = append(got, one.Path)
	}
	if want := []string{"[1].branches[0]", "[2]"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	twice := GitHubRepository{Repository: "acme/app", OwnerID: "1", RepositoryID: "2", Branches: []string{"main", "main"}}
	policies, err := CIPolicies("acme", Pinning{}, ofTeam(twice, twice))
	if err != nil || len(policies) != 2 || policies[0].Rules["aud"] != "urn:pulumi:org:acme" {
		t.Errorf("got %v, %v", policies, err)
	}
}
