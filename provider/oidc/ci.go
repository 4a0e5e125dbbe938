package oidc

import (
	"fmt"
	"maps"
	"reflect"
	"regexp"
	"slices"
	"strings"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/problem"
)

// Issuers of CI systems that all their customers share.
const (
	GitHubIssuer = "https://token.actions.githubusercontent.com"
	GitLabIssuer = "https://gitlab.com"
)

const exchangePrefix = "urn:pulumi:org:"

// ExchangeAudience is the audience of every token that is exchanged for one of Pulumi Cloud.
func ExchangeAudience(organization string) string { return exchangePrefix + organization }

// CIPin is one set of claims by which a trusted workload is recognized, each with its exact value. Subject is the token's whole
// subject if the claims restrict it, else "".
type CIPin struct {
	Subject string
	Claims  map[string]string
}

// Pinning is how exact pins must be. The zero value admits exact values only.
type Pinning struct {
	// Wildcards lets `*`, `?` and `.` stand in values, where Pulumi Cloud takes them as wildcards.
	Wildcards bool
	// Unpinned lets a repository or project be trusted whole, whatever the branch, environment or pull request.
	Unpinned bool
	// System says whose claims the tokens hold.
	System WorkloadSystem
}

// CISource is an origin of trusted workloads.
type CISource interface {
	// Pins lists the ways in which its workloads present themselves. Errors are [problem.List] with paths below the source.
	Pins(p Pinning) ([]CIPin, error)
}

// CITrust is a source and the token that its workloads get: Bearer is the policy that admits them, without its rules.
type CITrust struct {
	Source CISource
	Bearer IssuerPolicy
}

// CIPolicies writes a policy for each pin of what is trusted: the bearer's, with the pin's claims and the organization's
// audience as its rules; duplicates are dropped. Errors are [problem.List] whose paths start with the index of what is
// trusted, `[0].branches[1]`.
func CIPolicies(organization string, p Pinning, trusted []CITrust) ([]IssuerPolicy, error) {
	var wrong problem.List
	var policies []IssuerPolicy
	for i, one := range trusted {
		pins, err := one.Source.Pins(p)
		if err != nil {
			wrong = append(wrong, problem.Of(err).Under(fmt.Sprintf("[%d]", i))...)
			continue
		}
		for _, pin := range pins {
			for _, name := range slices.Sorted(maps.Keys(pin.Claims)) {
				if _, err := ParseClaimName(name); err != nil {
					wrong.AddReason(fmt.Sprintf("[%d]", i), err.Error())
				}
			}
			policy := one.Bearer
			policy.Rules = with(pin.Claims, map[string]string{"aud": p.System.Audience(organization)})
			if !slices.ContainsFunc(policies, func(p IssuerPolicy) bool { return reflect.DeepEqual(p, policy) }) {
				policies = append(policies, policy)
			}
		}
	}
	return policies, wrong.Err()
}

// GitHubRepository is a repository whose workflows of GitHub Actions are trusted: those on one of the branches or tags,
// those of one of the environments, and with PullRequests those of pull requests. The ids, GitHub's own numbers, stay
// with a repository and its owner for ever, where a name that is given up can be taken by a third party.
type GitHubRepository struct {
	Repository   string // owner/name
	RepositoryID string
	OwnerID      string
	Branches     []string
	Environments []string
	Tags         []string
	PullRequests bool
	// SubjectClaims are the keys of which GitHub makes the subject, where an organization has customized it.
	SubjectClaims []string
	// Claims are further claims that a run must present, such as `job_workflow_ref`.
	Claims map[string]string
	// Workflows are the reusable workflows that jobs have to come from, one of them each: what they present in `job_workflow_ref`.
	Workflows []string
}

var (
	githubName = regexp.MustCompile(`^[A-Za-z0-9_-]+/[A-Za-z0-9._-]+$`)
	numericID  = regexp.MustCompile(`^[0-9]+$`)
)

// Pins implements [CISource]. GitHub writes subjects in two forms, and which one depends on the repository's age and
// settings: `repo:owner/name:...` and `repo:owner@1/name@2:...`. Each pin is written for the first, together with the ids
// where they are given, and where both are, for the second. Without them the claims stand for the second only where they
// admit the same runs: a branch in `ref` is also that of jobs in an environment and of events that the subject tells apart.
// See
// https://docs.github.com/actions/reference/openid-connect-reference.
func (r GitHubRepository) Pins(p Pinning) ([]CIPin, error) {
	if len(r.Workflows) > 0 {
		return r.workflowPins(p)
	}
	places, err := r.check(p)
	if err != nil {
		return nil, err
	}
	var pins []CIPin
	for _, place := range places {
		pins = append(pins, r.pins(place)...)
	}
	return pins, nil
}

// place is where a workflow or job runs: the end of the subject, and the claims that say the same.
type place struct {
	subject string // "" for anywhere
	claims  map[string]string
	// sameByClaims says that the claims admit the same runs as the subject. An environment is in the subject of all its jobs;
	// a branch is not in the subject of those of its jobs that are in an environment.
	sameByClaims bool
}

func (r GitHubRepository) check(p Pinning) ([]place, error) {
	var wrong problem.List
	switch {
	case !githubName.MatchString(r.Repository):
		wrong.AddReason("repository", fmt.Sprintf("%q is not a repository of GitHub, which is written owner/name; each one is named by itself", r.Repository))
	case HasClaimWildcard(r.Repository) && r.RepositoryID == "" && !p.Wildcards:
		wrong.AddReason("repository", wildcardReason(r.Repository, "Give repositoryId and ownerId, which then decide, "))
	}
	wrong.AddReason("repositoryId", badNumber("repository", r.RepositoryID))
	wrong.AddReason("ownerId", badNumber("owner", r.OwnerID))
	if r.OwnerID != "" && r.RepositoryID == "" {
		wrong.AddReason("repositoryId", "is missing: the owner's id alone leaves the repository to its name")
	}
	var places []place
	add := func(property, what string, values []string, place func(string) place) {
		for i, value := range values {
			wrong.AddReason(fmt.Sprintf("%s[%d]", property, i), p.bad(what, value))
			places = append(places, place(value))
		}
	}
	add("branches", "branch", r.Branches, func(name string) place { return githubRef("refs/heads/" + name) })
	add("environments", "environment", r.Environments, githubEnvironment)
	add("tags", "tag", r.Tags, func(name string) place { return githubRef("refs/tags/" + name) })
	if r.PullRequests {
		places = append(places, place{subject: "pull_request", claims: map[string]string{"event_name": "pull_request"}})
	}
	if len(places) == 0 {
		places = []place{{}}
		wrong.AddReason("", p.unpinned("Pin it with branches, environments, tags or pullRequests"))
	}
	wrong = append(wrong, r.checkCustom(p, places)...)
	return places, wrong.Err()
}

func githubRef(ref string) place {
	return place{subject: "ref:" + ref, claims: map[string]string{"ref": ref}}
}

// githubEnvironment escapes what separates the parts of a subject, as GitHub does.
func githubEnvironment(name string) place {
	return place{
		subject: "environment:" + strings.ReplaceAll(name, ":", "%3A"),
		claims:  map[string]string{"environment": name}, sameByClaims: true,
	}
}

func (r GitHubRepository) pins(at place) []CIPin {
	always := maps.Clone(r.Claims)
	if always == nil {
		always = map[string]string{}
	}
	setIfGiven(always, "repository_id", r.RepositoryID)
	setIfGiven(always, "repository_owner_id", r.OwnerID)
	if len(r.SubjectClaims) > 0 {
		return r.customPins(at, always)
	}
	if at.subject == "" {
		if r.RepositoryID == "" {
			always["repository"] = r.Repository
		}
		return []CIPin{{Claims: always}}
	}
	pins := []CIPin{subjectPin("repo:"+r.Repository+":"+at.subject, always)}
	if numbered := r.numbered(); numbered != "" {
		if always = maps.Clone(always); !HasClaimWildcard(r.Repository) { // the ids are in the subject, and beside it where a dot of the name is a wildcard
			delete(always, "repository_id")
			delete(always, "repository_owner_id")
		}
		return append(pins, subjectPin("repo:"+numbered+":"+at.subject, always))
	}
	if at.sameByClaims {
		byClaims := with(always, at.claims)
		if r.RepositoryID == "" {
			byClaims["repository"] = r.Repository
		}
		pins = append(pins, CIPin{Claims: byClaims})
	}
	return pins
}

// numbered is the repository as subjects with ids write it, or "".
func (r GitHubRepository) numbered() string {
	if r.OwnerID == "" || r.RepositoryID == "" {
		return ""
	}
	owner, name, _ := strings.Cut(r.Repository, "/")
	return owner + "@" + r.OwnerID + "/" + name + "@" + r.RepositoryID
}

func subjectPin(subject string, claims map[string]string) CIPin {
	return CIPin{Subject: subject, Claims: with(claims, map[string]string{"sub": subject})}
}

// GitLabProject is a project whose jobs of GitLab CI/CD are trusted: those on one of the branches or tags, and those of
// one of the environments. Protected admits protected branches and tags only. The id stays with the project for ever,
// where a path that is given up can be taken by a third party.
type GitLabProject struct {
	Project      string // group/project, with subgroups between
	ProjectID    string
	Branches     []string
	Tags         []string
	Environments []string
	Protected    bool
}

var gitlabPath = regexp.MustCompile(`^[A-Za-z0-9_][A-Za-z0-9_.-]*(/[A-Za-z0-9_][A-Za-z0-9_.-]*)+$`)

// Pins implements [CISource]: by the subject `project_path:group/project:ref_type:branch:ref:main`, together with the
// id where it is given; environments, which are in no subject, by the claims `project_path` or `project_id` and
// `environment`. A project whose path holds a wildcard character is pinned by its id alone. See
// https://docs.gitlab.com/ci/secrets/id_token_authentication/.
func (g GitLabProject) Pins(p Pinning) ([]CIPin, error) {
	places, err := g.check(p)
	if err != nil {
		return nil, err
	}
	byID := HasClaimWildcard(g.Project) && g.ProjectID != ""
	always := map[string]string{}
	setIfGiven(always, "project_id", g.ProjectID)
	if g.Protected {
		always["ref_protected"] = "true"
	}
	var pins []CIPin
	for _, at := range places {
		switch {
		case at.subject != "" && !byID:
			pins = append(pins, subjectPin("project_path:"+g.Project+":"+at.subject, always))
		case g.ProjectID != "":
			pins = append(pins, CIPin{Claims: with(at.claims, always)})
		default:
			pins = append(pins, CIPin{Claims: with(with(at.claims, always), map[string]string{"project_path": g.Project})})
		}
	}
	return pins, nil
}

func (g GitLabProject) check(p Pinning) ([]place, error) {
	var wrong problem.List
	switch {
	case !gitlabPath.MatchString(g.Project):
		wrong.AddReason("project", fmt.Sprintf("%q is not a project of GitLab, which is written group/project; each one is named by itself", g.Project))
	case HasClaimWildcard(g.Project) && g.ProjectID == "" && !p.Wildcards:
		wrong.AddReason("project", wildcardReason(g.Project, "Give projectId, by which the project is then pinned, "))
	}
	wrong.AddReason("projectId", badNumber("project", g.ProjectID))
	var places []place
	for _, kind := range []struct {
		property, what string
		values         []string
		place          func(string) place
	}{
		{"branches", "branch", g.Branches, func(name string) place { return gitlabRef("branch", name) }},
		{"tags", "tag", g.Tags, func(name string) place { return gitlabRef("tag", name) }},
		{"environments", "environment", g.Environments, func(name string) place {
			return place{claims: map[string]string{"environment": name}}
		}},
	} {
		for i, value := range kind.values {
			wrong.AddReason(fmt.Sprintf("%s[%d]", kind.property, i), p.bad(kind.what, value))
			places = append(places, kind.place(value))
		}
	}
	if len(places) == 0 {
		places = []place{{}}
		wrong.AddReason("", p.unpinned("Pin it with branches, tags or environments"))
	}
	return places, wrong.Err()
}

func gitlabRef(kind, name string) place {
	return place{subject: "ref_type:" + kind + ":ref:" + name, claims: map[string]string{"ref_type": kind, "ref": name}}
}

// ServiceAccount is an account of a Kubernetes cluster whose pods are trusted. UID is Kubernetes' own id of it: another
// account that is made under the same name has another one.
type ServiceAccount struct {
	Namespace string
	Name      string
	UID       string
}

var (
	kubernetesLabel = regexp.MustCompile(`^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$`)
	kubernetesName  = regexp.MustCompile(`^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$`)
	uid             = regexp.MustCompile(`^[0-9a-f-]{8,64}$`)
)

// Pins implements [CISource]: by the subject `system:serviceaccount:namespace:name`, together with the UID where it is
// given. An account whose name holds a dot, which is a wildcard, is pinned by namespace and UID alone.
func (a ServiceAccount) Pins(p Pinning) ([]CIPin, error) {
	var wrong problem.List
	if !kubernetesLabel.MatchString(a.Namespace) {
		wrong.AddReason("namespace", fmt.Sprintf("%q is not a namespace of Kubernetes: small letters, digits and hyphens, at most 63", a.Namespace))
	}
	switch {
	case !kubernetesName.MatchString(a.Name):
		wrong.AddReason("name", fmt.Sprintf("%q is not the name of a service account: small letters, digits, hyphens and dots, at most 253", a.Name))
	case HasClaimWildcard(a.Name) && a.UID == "" && !p.Wildcards:
		wrong.AddReason("name", wildcardReason(a.Name, "Give uid, by which the account is then pinned, "))
	}
	if a.UID != "" && !uid.MatchString(a.UID) {
		wrong.AddReason("uid", fmt.Sprintf("%q is not the uid of a service account (`kubectl get serviceaccount -o yaml` shows it)", a.UID))
	}
	if err := wrong.Err(); err != nil {
		return nil, err
	}
	claims := map[string]string{}
	setIfGiven(claims, ClaimName("kubernetes.io", "serviceaccount", "uid"), a.UID)
	if HasClaimWildcard(a.Name) && a.UID != "" {
		claims[ClaimName("kubernetes.io", "namespace")] = a.Namespace
		return []CIPin{{Claims: claims}}, nil
	}
	return []CIPin{subjectPin("system:serviceaccount:"+a.Namespace+":"+a.Name, claims)}, nil
}

// Claims are those of one workload of any other issuer, by name.
type Claims map[string]string

// Pins implements [CISource]: the claims as they are. Errors name `["<claim>"]`.
func (c Claims) Pins(p Pinning) ([]CIPin, error) {
	var wrong problem.List
	for _, name := range slices.Sorted(maps.Keys(c)) {
		property := fmt.Sprintf("[%q]", name)
		if _, err := ParseClaimName(name); err != nil {
			wrong.AddReason(property, err.Error())
		}
		if name == "aud" {
			wrong.AddReason(property, "is always the organization's, "+ExchangeAudience("<organization>")+": leave it out")
			continue
		}
		wrong.AddReason(property, p.badClaim(name, c))
	}
	if reason := p.System.unidentified(c); reason != "" && !p.Unpinned && wrong == nil {
		wrong.AddReason("", reason+", or acknowledge it with allow: [bareWildcardSubject]")
	}
	if p.System.needsPlace(c) {
		wrong.AddReason("", p.unpinned("Pin the branch, tag, environment or event of the run as well"))
	}
	if err := wrong.Err(); err != nil {
		return nil, err
	}
	return []CIPin{{Subject: c["sub"], Claims: maps.Clone(c)}}, nil
}

func (p Pinning) bad(what, value string) string {
	switch {
	case strings.TrimSpace(value) == "":
		return what + " is empty"
	case (what == "branch" || what == "tag") && strings.HasPrefix(value, "refs/"):
		return fmt.Sprintf("%q is a whole ref: write the %s's name alone", value, what)
	case HasClaimWildcard(value) && !p.Wildcards:
		return wildcardReason(value, "Pin another claim, ")
	}
	return ""
}

// badClaim returns why a claim may not be pinned to its value.
func (p Pinning) badClaim(name string, claims map[string]string) string {
	if open := p.System.openPart(name, claims); open != "" {
		return p.bad("value", open)
	}
	return p.bad("value", claims[name])
}

func (p Pinning) unpinned(fix string) string {
	if p.Unpinned {
		return ""
	}
	return "nothing in it is pinned, so that pull requests and every branch get a token of Pulumi Cloud. " + fix +
		", or insist with allow: [bareWildcardSubject]"
}

func wildcardReason(value, fix string) string {
	return fmt.Sprintf("%q holds `*`, `?` or `.`, which Pulumi Cloud takes as wildcards (`.` is any one character), and which cannot be "+
		"escaped. %sor insist with allow: [wildcardInClaim]", value, fix)
}

func badNumber(what, id string) string {
	if id == "" || numericID.MatchString(id) {
		return ""
	}
	return fmt.Sprintf("%q is not the id of a %s, which is a number", id, what)
}

func setIfGiven(m map[string]string, key, value string) {
	if value != "" {
		m[key] = value
	}
}

// with merges two maps.
func with(one, other map[string]string) map[string]string {
	both := map[string]string{}
	maps.Copy(both, one)
	maps.Copy(both, other)
	return both
}
