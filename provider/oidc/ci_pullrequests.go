package oidc

import (
	"regexp"
	"slices"
	"strings"
)

// pullRequestEvents are the values by which runs of pull requests, which GitLab calls merge requests, say of themselves what they
// are, by claim.
var pullRequestEvents = map[string][]string{
	"event_name":      {"pull_request", "pull_request_target", "pull_request_review", "pull_request_review_comment"},
	"pipeline_source": {"merge_request_event", "external_pull_request_event"},
}

var (
	pullRequestSubject = regexp.MustCompile(`(^|:)pull_request(_target|_review|_review_comment)?(:|$)|(^|[:@])refs/(pull|merge-requests)/`)
	pullRequestRef     = regexp.MustCompile(`(^|@)refs/(pull|merge-requests)/`)
	repositoryOfGitHub = regexp.MustCompile(`^(repo|repository):[^:]*`)
	// customizedSubject is one of GitHub Actions that is made of other claims than those that say what of a repository runs.
	customizedSubject = regexp.MustCompile(`^(repo|repository):[^:]*$|^((repo|repository):[^:]*:)?` +
		`(repository_\w+|enterprise\w*|workflow\w*|job_workflow\w*|actor\w*|runner_environment)(:|$)`)
	// otherRunSubject is a part of such a subject that runs of pull requests do not have.
	otherRunSubject = regexp.MustCompile(`(^|:)(ref:refs/(heads|tags)/|environment:[^*?.:]|ref_type:tag|ref_protected:true|` +
		`workflow_ref:[^:]*@refs/(heads|tags)/)`)
	eventOfSubject = regexp.MustCompile(`(^|:)event_name:([^:]*)`)
)

// AdmitsPullRequests says whether a policy is for runs of pull requests, whatever system the issuer is of.
func (p IssuerPolicy) AdmitsPullRequests() bool { return p.AdmitsPullRequestsOf(AnyWorkloads, false) }

// AdmitsPullRequestsOf says whether a policy admits runs of pull requests of a system: by what it compares, or, if whole is set, because it
// leaves open what of a repository or pipeline runs. Whoever may open a pull request runs their own code there. Where the system is not
// known, a policy that compares nothing of the run says nothing about pull requests.
func (p IssuerPolicy) AdmitsPullRequestsOf(system WorkloadSystem, whole bool) bool {
	return p.PullRequestsReason(system, whole) != ""
}

// pullRequests says whether runs of pull requests are admitted.
type pullRequests int

const (
	noPullRequests pullRequests = iota
	// perhapsPullRequests are runs whose tokens do not say whether they are for a pull request: cannot tell is not no.
	perhapsPullRequests
	somePullRequests
)

// admitPullRequests says whether runs of pull requests of a system hold claims with one of the values, or patterns, each. See
// [IssuerPolicy.AdmitsPullRequestsOf].
func admitPullRequests(system WorkloadSystem, values map[string][]string, whole bool) pullRequests {
	for claim, all := range values {
		for _, value := range all {
			if (IssuerPolicy{Rules: map[string]string{claim: value}}).namesPullRequests() {
				return somePullRequests
			}
		}
	}
	known, found := system != AnyWorkloads && system != OtherWorkloads, noPullRequests
	for _, run := range pullRequestRuns {
		if (!known || run.system == system) && run.admitted(values, known && whole) {
			found = max(found, run.certainty())
		}
	}
	return found
}

// AdmitsPullRequestsReason is why such a policy is refused, and what to do.
const AdmitsPullRequestsReason = "is for runs of pull requests: whoever may open one runs their own code with the token. Pin a branch, tag or " +
	"environment; or give such runs a team that may only read, and acknowledge it with allow: [pullRequests]"

// PerhapsPullRequestsReason is the same where the tokens do not say whether a run is for a pull request.
const PerhapsPullRequestsReason = "may be for runs of pull requests, which these tokens do not tell from others: plans of HCP Terraform are also " +
	"made for pull requests, and so are previews of Pulumi Deployments, and whoever may open one runs their own code with the token. Pin what such " +
	"runs do not have (`terraform_run_phase: apply`, `operation: update`); or acknowledge it with allow: [pullRequests]"

// PullRequestsReason is why a policy is refused that admits runs of pull requests of a system, "" if it does not.
func (p IssuerPolicy) PullRequestsReason(system WorkloadSystem, whole bool) string {
	if p.Decision != Allow {
		return ""
	}
	values := map[string][]string{}
	for claim, pattern := range p.Rules {
		values[claim] = []string{pattern}
	}
	found := admitPullRequests(system, values, whole)
	if found == perhapsPullRequests { // a policy for a whole workspace or stack is not refused for what nobody can tell: lint says it
		found = admitPullRequests(system, values, false)
	}
	switch found {
	case somePullRequests:
		return AdmitsPullRequestsReason
	case perhapsPullRequests:
		return PerhapsPullRequestsReason
	case noPullRequests:
	}
	return ""
}

// namesPullRequests says whether a policy is for runs of pull requests by the subject, the event, the ref, or what they alone have.
// A pattern is for them where it matches what they present.
func (p IssuerPolicy) namesPullRequests() bool {
	for name, pattern := range p.Rules {
		claim := plainClaim(name)
		switch claim {
		case subjectClaim:
			if pullRequestSubject.MatchString(pattern) || admitsPullRequestSubject(pattern) {
				return true
			}
		case "ref", "rpo_ref", "ref_path", "workflow_ref", "job_workflow_ref", "ci_config_ref_uri":
			if pullRequestRef.MatchString(pattern) {
				return true
			}
		case "base_ref", "head_ref":
			if !MatchClaim(pattern, "") {
				return true // GitHub leaves them empty in all other runs
			}
		default:
			if isPullRequestEvent(claim, pattern) {
				return true
			}
		}
	}
	return false
}

// admitsPullRequestSubject matches the pattern with the subject that runs of pull requests of its own repository have.
func admitsPullRequestSubject(pattern string) bool {
	repository := repositoryOfGitHub.FindString(pattern)
	return repository != "" && MatchClaim(pattern, repository+":pull_request")
}

// pullRequestRun is what a token of a run of a pull request holds, as patterns by claim: [someText], [someName] and [someNumber] stand for
// what is not known of it. A claim without a pattern is one that such a token does not have, or that its author cannot choose.
type pullRequestRun struct {
	system WorkloadSystem
	claims map[string][]string
}

var pullRequestRuns = []pullRequestRun{
	{GitHubActions, map[string][]string{
		subjectClaim: {
			"repo:" + someName + ":pull_request", "repo:" + someName + ":pull_request:" + someText, "repository:" + someName + ":pull_request",
			"repository_id:" + someNumber, "repository_owner_id:" + someNumber + ":repository_id:" + someNumber,
		},
		"event_name": {"pull_request", "pull_request_review", "pull_request_review_comment"},
		"ref":        {"refs/pull/" + someNumber + "/merge", "refs/pull/" + someNumber + "/head"}, "ref_type": {"branch"}, "ref_protected": {"false"},
		"head_ref": {someText}, "base_ref": {someText},
		"workflow_ref":     {someText + "@refs/pull/" + someNumber + "/merge", someText + "@refs/pull/" + someNumber + "/head"},
		"job_workflow_ref": {someText}, // of a reusable workflow that the run calls, at whatever ref
		"environment":      nil, "check_run_id": nil,
	}},
	{GitLabCI, map[string][]string{
		subjectClaim:      {"project_path:" + someName + ":ref_type:branch:ref:" + someBranch, "project_id:" + someNumber + ":ref_type:branch:ref:" + someBranch},
		"pipeline_source": {"merge_request_event", "external_pull_request_event"},
		"ref":             {someBranch}, "ref_type": {"branch"}, "ref_protected": {"false"},
		"ref_path": {
			"refs/heads/" + someBranch, "refs/merge-requests/" + someNumber + "/head", "refs/merge-requests/" + someNumber + "/merge",
			"refs/merge-requests/" + someNumber + "/train",
		},
		"ci_config_ref_uri": {someText + "@refs/heads/" + someBranch, someText + "@refs/merge-requests/" + someNumber + "/head"},
		"environment":       nil, "environment_protected": nil, "deployment_tier": nil,
	}},
	{AzureDevOps, map[string][]string{"rpo_ref": {"refs/pull/" + someNumber + "/merge", "refs/pull/" + someNumber + "/head"}}},
	{Bitbucket, map[string][]string{"branchName": {someBranch}, "deploymentEnvironmentUuid": nil}},
	{Buildkite, map[string][]string{
		subjectClaim:   {"organization:" + someName + ":pipeline:" + someName + ":ref:refs/heads/" + someBranch + ":commit:" + someText},
		"build_branch": {someBranch}, "build_tag": nil,
	}},
	// A plan for a pull request, which is called speculative, says no more of itself than any other plan.
	{HCPTerraform, map[string][]string{
		subjectClaim: {
			"organization:" + someName + ":project:" + someName + ":workspace:" + someName + ":run_phase:plan",
			"organization:" + someName + ":project:" + someName + ":stack:" + someName + ":deployment:" + someName + ":operation:plan",
		},
		"terraform_run_phase": {"plan"}, "terraform_operation": {"plan"},
	}},
	// Nor does a preview of a pull request. Stacks for review are made of one, and have names that nobody knows before.
	{PulumiCloud, map[string][]string{
		subjectClaim: {"pulumi:deploy:org:" + someName + ":project:" + someName + ":stack:" + someName + ":operation:preview:scope:write"},
		"operation":  {"preview"},
		// What environments have, deployments do not.
		"root_env": nil, "current_env": nil, `"` + pulumiClaims + `/root_env_id"`: nil, `"` + pulumiClaims + `/current_env_id"`: nil,
	}},
	{CircleCI, map[string][]string{
		circleRef: {"refs/heads/" + someBranch, "refs/pull/" + someNumber + "/head", "refs/pull/" + someNumber + "/merge"}, circleContexts: nil,
	}},
}

// Parts of a pattern of a [pullRequestRun], each one character that no claim holds.
const (
	someText   = "\uE000"
	someName   = "\uE001" // without a colon
	someNumber = "\uE002"
	someBranch = "\uE003" // chosen by who opens the pull request: a policy admits it by a `*`, not by a name
)

// certainty is how sure it is that what such a token holds is held by runs of pull requests alone, or by others too that cannot be told apart.
func (r pullRequestRun) certainty() pullRequests {
	if r.system == HCPTerraform || r.system == PulumiCloud {
		return perhapsPullRequests
	}
	return somePullRequests
}

// admitted reports whether values match what such a token holds: one of those of each claim. Unless whole is set, they must compare
// something of the run.
func (r pullRequestRun) admitted(values map[string][]string, whole bool) bool {
	compared := false
	for name, patterns := range values {
		claim := plainClaim(name)
		held, has := r.claims[claim]
		if !has {
			continue
		}
		met := slices.DeleteFunc(slices.Clone(patterns), func(pattern string) bool {
			return !slices.ContainsFunc(held, func(part string) bool { return meets([]rune(pattern), []rune(part)) }) && !r.customized(claim, pattern)
		})
		if len(met) == 0 {
			return false
		}
		compared = compared || slices.ContainsFunc(met, func(pattern string) bool { return strings.Trim(pattern, claimWildcards) != "" })
	}
	return compared || whole
}

// customized reports whether a pattern is of a subject that the owner of the repository has customized, and that runs of pull requests have too.
func (r pullRequestRun) customized(claim, pattern string) bool {
	if r.system != GitHubActions || claim != subjectClaim || !customizedSubject.MatchString(pattern) || otherRunSubject.MatchString(pattern) {
		return false
	}
	event := eventOfSubject.FindStringSubmatch(pattern)
	return event == nil || isPullRequestEvent("event_name", event[2])
}

// isPullRequestEvent reports whether a pattern for a claim matches what a run of a pull request has there.
func isPullRequestEvent(claim, pattern string) bool {
	return slices.ContainsFunc(pullRequestEvents[claim], func(event string) bool { return MatchClaim(pattern, event) })
}

// plainClaim is the one name of a claim, however its keys are quoted.
func plainClaim(name string) string {
	path, err := ParseClaimName(name)
	if err != nil {
		return name
	}
	return ClaimName(path...)
}

// meets reports whether some value is matched by both: a pattern of a policy, and one of a run.
func meets(pattern, run []rune) bool {
	type place struct {
		i, j   int
		chosen bool // a `*` has matched some of the branch
	}
	seen, open := map[place]bool{}, []place{{}}
	for len(open) > 0 {
		at := open[len(open)-1]
		open = open[:len(open)-1]
		if seen[at] {
			continue
		}
		seen[at] = true
		i, j := at.i, at.j
		if i == len(pattern) && j == len(run) {
			return true
		}
		if i < len(pattern) && (pattern[i] == '*' || pattern[i] == '?') {
			open = append(open, place{i + 1, j, at.chosen})
		}
		if j < len(run) && repeats(run[j]) && (at.chosen || string(run[j]) != someBranch) {
			open = append(open, place{i, j + 1, false})
		}
		if i == len(pattern) || j == len(run) || !together(pattern[i], run[j]) {
			continue
		}
		nextI, nextJ := i+1, j+1
		if pattern[i] == '*' {
			nextI = i
		}
		if repeats(run[j]) {
			nextJ = j
		}
		open = append(open, place{nextI, nextJ, repeats(run[j]) && (at.chosen || pattern[i] == '*')})
	}
	return false
}

func repeats(r rune) bool { return strings.ContainsRune(someText+someName+someNumber+someBranch, r) }

// together reports whether a part of a pattern and one of a run match the same character.
func together(pattern, run rune) bool {
	wild := strings.ContainsRune(claimWildcards, pattern)
	switch string(run) {
	case someText:
		return true
	case someName, someBranch:
		return pattern != ':'
	case someNumber:
		return wild || pattern >= '0' && pattern <= '9'
	}
	return wild || pattern == run
}
