package oidc

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/problem"
)

// checkCustom checks a customized subject and further claims.
func (r GitHubRepository) checkCustom(p Pinning, places []place) problem.List {
	var wrong problem.List
	p.System = GitHubActions
	for _, name := range slices.Sorted(maps.Keys(r.Claims)) {
		property := fmt.Sprintf("claims[%q]", name)
		switch {
		case slices.Contains([]string{"aud", "sub", "repository_id", "repository_owner_id"}, name):
			wrong.AddReason(property, "is written by the component: leave it out")
		default:
			wrong.AddReason(property, p.badClaim(name, r.Claims))
		}
	}
	if len(r.SubjectClaims) == 0 {
		return wrong
	}
	for i, key := range r.SubjectClaims {
		for _, at := range places {
			if _, known := r.subjectPart(key, r.Repository, at); !known {
				wrong.AddReason(fmt.Sprintf("subjectClaims[%d]", i), fmt.Sprintf("%q is not known for every run that is trusted: give its value in "+
					"claims, or take it out of GitHub's template", key))
				break
			}
		}
	}
	if r.RepositoryID == "" && !slices.ContainsFunc(r.SubjectClaims, func(key string) bool { return slices.Contains([]string{"repo", "repository"}, key) }) {
		wrong.AddReason("repositoryId", "is missing: the customized subject does not name the repository")
	}
	if len(r.Branches)+len(r.Tags) > 0 && !slices.Contains(r.SubjectClaims, "context") && r.Claims["event_name"] == "" && !p.Unpinned {
		wrong.AddReason("subjectClaims", "do not hold `context`, so that a branch or tag is also that of jobs in any environment and of "+
			"`pull_request_target` runs. Add `context` to GitHub's template, or pin `event_name` in claims, or acknowledge it with "+
			"allow: [bareWildcardSubject]")
	}
	return wrong
}

// customPins are pins of a customized subject. What the subject does not say is pinned beside it.
func (r GitHubRepository) customPins(at place, always map[string]string) []CIPin {
	always = with(always, at.claims)
	pins := []CIPin{subjectPin(r.customSubject(r.Repository, at), always)}
	if numbered := r.numbered(); numbered != "" && slices.Contains(r.SubjectClaims, "repo") {
		pins = append(pins, subjectPin(r.customSubject(numbered, at), always))
	}
	return pins
}

func (r GitHubRepository) customSubject(repository string, at place) string {
	parts := make([]string, len(r.SubjectClaims))
	for i, key := range r.SubjectClaims {
		parts[i], _ = r.subjectPart(key, repository, at)
	}
	return strings.Join(parts, ":")
}

// subjectPart is what GitHub writes into a customized subject for one key, as far as that is known.
func (r GitHubRepository) subjectPart(key, repository string, at place) (part string, known bool) {
	switch key {
	case "repo":
		return "repo:" + repository, true
	case "context":
		return at.subject, at.subject != ""
	}
	owner, _, _ := strings.Cut(r.Repository, "/")
	claims := with(with(r.Claims, at.claims), map[string]string{
		"repository": r.Repository, "repository_owner": owner, "repository_id": r.RepositoryID, "repository_owner_id": r.OwnerID,
	})
	return key + ":" + strings.ReplaceAll(claims[key], ":", "%3A"), claims[key] != ""
}
