package oidc

import (
	"regexp"
	"slices"
)

// pullRequestEvents are the values by which runs of pull requests, which GitLab calls merge requests, say of themselves what they
// are, by claim.
var pullRequestEvents = map[string][]string{
	"event_name":      {"pull_request", "pull_request_target", "pull_request_review", "pull_request_review_comment"},
	"pipeline_source": {"merge_request_event", "external_pull_request_event"},
}

var (
	pullRequestSubject = regexp.MustCompile(`(^|:)pull_request(:|$)`)
	pullRequestRef     = regexp.MustCompile(`(^|@)refs/(pull|merge-requests)/`)
	repositoryOfGitHub = regexp.MustCompile(`^(repo|repository):[^:]*`)
)

// AdmitsPullRequests says whether a policy is for runs of pull requests, by the subject, the event, the ref, or what they alone have.
// A pattern is for them where it matches what they present. Whoever may open one runs their own code there.
func (p IssuerPolicy) AdmitsPullRequests() bool {
	if p.Decision != Allow {
		return false
	}
	for claim, pattern := range p.Rules {
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
			if slices.ContainsFunc(pullRequestEvents[claim], func(event string) bool { return MatchClaim(pattern, event) }) {
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
