package oidc

import (
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strings"
)

// WorkloadSystem is a system whose tokens name the workloads that run on it.
type WorkloadSystem string

// The systems whose claims are known.
const (
	GitHubActions      WorkloadSystem = "github"
	GitLabCI           WorkloadSystem = "gitlab"
	Kubernetes         WorkloadSystem = "kubernetes"
	AmazonWebServices  WorkloadSystem = "aws"
	AzureDevOps        WorkloadSystem = "azureDevops"
	MicrosoftEntra     WorkloadSystem = "entra"
	GoogleCloud        WorkloadSystem = "google"
	CircleCI           WorkloadSystem = "circleci"
	Buildkite          WorkloadSystem = "buildkite"
	Bitbucket          WorkloadSystem = "bitbucket"
	HCPTerraform       WorkloadSystem = "terraform"
	PulumiCloud        WorkloadSystem = "pulumi"
	OtherWorkloads     WorkloadSystem = "other" // an issuer whose claims are not known: only `sub` names a workload there
	AnyWorkloads       WorkloadSystem = ""      // an issuer that is not known yet: what names a workload in any of the systems does
	subjectClaim                      = "sub"
	kubernetesClaims                  = `"kubernetes.io"`
	circleClaims                      = "oidc.circleci.com"
	pulumiClaims                      = "https://pulumi.com"
	anySubjectOfEntity                = `^.`
)

// workloadClaims are the claims of a system's tokens that name one workload. A claim that is not listed names none: unrelated
// workloads share it, or it is not known.
type workloadClaims struct {
	system WorkloadSystem
	name   string
	issuer *regexp.Regexp // on an issuer's host and path
	// subject is how a subject that names a workload looks: what stands before the first `*` or `?` of a pattern matches it.
	subject *regexp.Regexp
	// word begins such subjects, by which they are recognized where the issuer is not.
	word string
	// opaque subjects are ids, of which a part names nobody.
	opaque bool
	// foreign tables are of issuers that are not recognized: the parts of their subjects are recognized in the subject itself.
	foreign bool
	// sets are further sets of claims that together name a workload.
	sets [][]string
	// whole are claims that name a repository or project; places say what of it runs.
	whole, places []string
}

// githubNamed are the parts of a subject of GitHub Actions that name a repository. A subject that an organization has
// customized is made of other claims as well.
var githubNamed = regexp.MustCompile(`(^|:)((repo|repository):[^/:]*[^/:.][^/:]*/|repository_id:[0-9]+(:|$)|workflow_ref:[^/:]*[^/:.][^/:]*/[^/:]+/)`)

var workloads = []workloadClaims{
	{
		system: GitHubActions, name: "GitHub Actions",
		issuer:  regexp.MustCompile(`^(token\.actions\.(githubusercontent\.com|[a-z0-9-]+\.ghe\.com)(/.*)?|[^/]+/_services/token)$`),
		subject: githubNamed,
		sets:    [][]string{{"repository_id"}, {"repository"}, {"workflow_ref"}},
		whole:   []string{"repository_id", "repository"},
		places:  []string{"ref", "environment", "event_name", "workflow_ref", "job_workflow_ref", "check_run_id"},
	},
	{
		system: GitLabCI, name: "GitLab CI/CD",
		issuer:  regexp.MustCompile(`^gitlab\.com$`),
		word:    "project_",
		subject: regexp.MustCompile(`(^|:)(project_path:[^/:]*[^/:.][^/:]*/|project_id:[0-9]+(:|$))`),
		sets:    [][]string{{"project_id"}, {"project_path"}},
		whole:   []string{"project_id", "project_path"},
		places:  []string{"ref", "environment", "ref_protected", "environment_protected", "pipeline_source", "ci_config_ref_uri"},
	},
	{
		system: Kubernetes, name: "Kubernetes",
		issuer: regexp.MustCompile(`^(oidc\.eks(-fips)?\.[a-z0-9-]+\.(amazonaws\.com(\.cn)?|api\.aws|api\.amazonwebservices\.com\.cn)/id/.+|` +
			`container\.googleapis\.com/v1/.+|[a-z0-9-]+\.oic\.[a-z0-9-]*aks\.azure\.(com|us|cn)/.+)$`),
		subject: regexp.MustCompile(`^system:serviceaccount:[^:]+:`), word: "system:",
		sets: [][]string{
			{kubernetesClaims + ".serviceaccount.uid"},
			{kubernetesClaims + ".pod.uid"},
			{kubernetesClaims + ".namespace", kubernetesClaims + ".serviceaccount.name"},
		},
	},
	{
		system: AmazonWebServices, name: "Amazon Web Services",
		issuer:  regexp.MustCompile(`^[a-z0-9-]+\.tokens\.sts\.([a-z0-9-]+\.)?(api\.aws|amazonaws\.com)$`),
		subject: regexp.MustCompile(`^arn:[a-z-]+:(iam|sts)::[0-9]{12}:[a-z-]+/.`),
	},
	{
		system: AzureDevOps, name: "Azure DevOps",
		issuer:  regexp.MustCompile(`^vstoken\.dev\.azure\.com/.+$`),
		subject: regexp.MustCompile(`^(sc|p)://[^/]+/[^/]+/.`),
		sets:    [][]string{{"prj_id", "def_id"}},
	},
	{
		system: MicrosoftEntra, name: "Microsoft Entra ID",
		issuer:  regexp.MustCompile(`^(login\.microsoftonline\.(com|us)|login\.partner\.microsoftonline\.cn|sts\.windows\.net|sts\.chinacloudapi\.cn)/.+$`),
		subject: regexp.MustCompile(anySubjectOfEntity), opaque: true,
		sets: [][]string{{"oid"}},
	},
	{
		system: GoogleCloud, name: "Google",
		issuer:  regexp.MustCompile(`^accounts\.google\.com$`),
		subject: regexp.MustCompile(anySubjectOfEntity), opaque: true,
		sets: [][]string{{"email"}},
	},
	{
		system: CircleCI, name: "CircleCI",
		issuer:  regexp.MustCompile(`^oidc\.circleci\.com/org/.+$`),
		subject: regexp.MustCompile(`^org/[^/]+/project/[^/*]+(/|$)`),
		sets:    [][]string{{`"` + circleClaims + `/project-id"`}},
	},
	{
		system: Buildkite, name: "Buildkite",
		issuer:  regexp.MustCompile(`^agent\.buildkite\.com$`),
		subject: regexp.MustCompile(`^organization:[^:]+:pipeline:[^:]`),
		sets:    [][]string{{"pipeline_id"}, {"organization_slug", "pipeline_slug"}, {"organization_id", "pipeline_slug"}},
	},
	{
		system: Bitbucket, name: "Bitbucket Pipelines",
		issuer:  regexp.MustCompile(`^api\.bitbucket\.org/2\.0/workspaces/[^/]+/pipelines-config/identity/oidc$`),
		subject: regexp.MustCompile(`^\{[0-9A-Fa-f-]{36}\}(:|$)`),
		sets:    [][]string{{"repositoryUuid"}, {"deploymentEnvironmentUuid"}},
	},
	{
		system: HCPTerraform, name: "HCP Terraform",
		issuer:  regexp.MustCompile(`^app\.(eu\.)?terraform\.io$`),
		subject: regexp.MustCompile(`^organization:[^:]+:project:[^:]+:(workspace|stack):[^:]`),
		sets: [][]string{
			{"terraform_workspace_id"}, {"terraform_stack_id"},
			{"terraform_organization_id", "terraform_workspace_name"}, {"terraform_organization_name", "terraform_workspace_name"},
		},
	},
	{
		system: PulumiCloud, name: "Pulumi Cloud",
		issuer: regexp.MustCompile(`^api\.pulumi\.com/oidc(/v2)?$`), word: "pulumi:",
		subject: regexp.MustCompile(`^pulumi:(deploy:org:[^:]+:project:[^:]+:stack:[^:]|environments:org:[^:]+:env:[^:<]|org:[^:]+:env:[^:]|` +
			`environments:pulumi\.organization\.login:[^:]+:([^:]+:[^:]+:)*(root|current)Environment\.name:[^:<])`),
		sets: [][]string{
			{"stackId"},
			{"org", "project", "stack"},
			{"org", "root_env"},
			{"org", "current_env"},
			{`"` + pulumiClaims + `/root_env_id"`},
			{`"` + pulumiClaims + `/current_env_id"`},
		},
	},
}

// other stands for every issuer whose claims are not known.
var other = workloadClaims{system: OtherWorkloads, name: "this issuer", subject: regexp.MustCompile(anySubjectOfEntity), foreign: true}

// WorkloadSystemOf recognizes an issuer by its URL, with or without the scheme: [OtherWorkloads] when its claims are not
// known, [AnyWorkloads] when the URL is empty.
func WorkloadSystemOf(issuer string) WorkloadSystem {
	if issuer == "" {
		return AnyWorkloads
	}
	where := issuer
	if u, err := url.Parse(issuer); err == nil && u.Host != "" {
		where = u.Host + u.Path
	}
	where = strings.ToLower(strings.TrimRight(where, "/"))
	for _, w := range workloads {
		if w.issuer.MatchString(where) {
			return w.system
		}
	}
	return OtherWorkloads
}

// WorkloadSystems returns the systems whose claims are known.
func WorkloadSystems() []WorkloadSystem {
	systems := make([]WorkloadSystem, len(workloads))
	for i, w := range workloads {
		systems[i] = w.system
	}
	return systems
}

// tables are those that apply to a system: all of them if it is not known.
func (s WorkloadSystem) tables() []workloadClaims {
	if s == AnyWorkloads {
		all := slices.Clone(workloads)
		for i := range all {
			all[i].subject, all[i].opaque, all[i].foreign = other.subject, false, true
		}
		return all
	}
	for _, w := range workloads {
		if w.system == s {
			return []workloadClaims{w}
		}
	}
	return []workloadClaims{other}
}

// Identifying returns the claims of pins that together name one workload of the system, or nil where they name none:
// the pins are then shared by workloads that have nothing to do with each other. A pin is an exact value, or a pattern
// with `*` and `?`, which names a workload only as far as what stands before them does.
func (s WorkloadSystem) Identifying(pins map[string]string) []string {
	for _, w := range s.tables() {
		if set := w.identifying(pins, w.names); set != nil {
			return set
		}
	}
	return nil
}

// identifiers are all claims that take part in naming a workload.
func (s WorkloadSystem) identifiers() []string {
	claims := []string{subjectClaim}
	for _, w := range s.tables() {
		claims = append(claims, slices.Concat(w.sets...)...)
	}
	return claims
}

// mentions reports whether the claims that name a workload are pinned, to whatever pattern.
func (s WorkloadSystem) mentions(pins map[string]string) bool {
	return slices.ContainsFunc(s.tables(), func(w workloadClaims) bool {
		return w.identifying(pins, func(claim, value string) bool {
			return strings.ContainsAny(value, "*?") || w.names(claim, value)
		}) != nil
	})
}

func (w workloadClaims) identifying(pins map[string]string, names func(claim, value string) bool) []string {
	for _, set := range append([][]string{{subjectClaim}}, w.sets...) {
		named := !slices.ContainsFunc(set, func(claim string) bool { return !names(claim, pins[claim]) })
		if named {
			return set
		}
	}
	return nil
}

// ownedName is a name that begins with its owner's: `owner/`.
var ownedName = regexp.MustCompile(`^[^/]*[^/.][^/]*/`)

// names reports whether a claim's value names a workload.
func (w workloadClaims) names(claim, value string) bool {
	if strings.Trim(value, ".") == "" {
		return false
	}
	start, _, pattern := strings.Cut(strings.ReplaceAll(value, "?", "*"), "*")
	switch {
	case claim == subjectClaim:
		return w.namedBySubject(start, pattern)
	case !pattern:
		return !namesById(claim) || !strings.Contains(value, ".")
	}
	// A pattern stands for many; where the owner is written out, they are all the owner's.
	return slices.Contains([]string{"repository", "project_path", "workflow_ref"}, claim) && ownedName.MatchString(start)
}

// namesById are claims whose values hold no dots, so that one in them is a wildcard.
func namesById(claim string) bool {
	claim = strings.ToLower(strings.Trim(claim, `"`))
	return strings.HasSuffix(claim, "id") || strings.HasSuffix(claim, "uuid")
}

func (w workloadClaims) namedBySubject(start string, pattern bool) bool {
	switch {
	case pattern && w.opaque, w.foreign && !tellsApart(start, pattern):
		return false
	}
	// Where a pattern goes on, nothing ends.
	return w.subject.MatchString(start) && (!pattern || w.subject.MatchString(start+"*"))
}

// subjectOfGitHub is a subject that is made of the claims of GitHub Actions.
var subjectOfGitHub = regexp.MustCompile(`^(repo|repository\w*|enterprise\w*|workflow\w*|job_workflow\w*|actor\w*|event_name|runner_environment|context)(:|$)`)

// tellsApart reports whether a subject of an issuer that is not recognized, up to its first wildcard, is more than what many
// workloads share.
func tellsApart(start string, pattern bool) bool {
	if subjectOfGitHub.MatchString(start) {
		return githubNamed.MatchString(start)
	}
	for _, w := range workloads {
		if w.word != "" && strings.HasPrefix(start, w.word) {
			return w.subject.MatchString(start)
		}
	}
	return !pattern || strings.Trim(start, ":/@.") != ""
}

// githubFixed are parts of references to workflows that are the same in all of them.
var githubFixed = strings.NewReplacer("/.github/workflows/", "/github/workflows/", ".yml@", "@", ".yaml@", "@")

// githubRepositoryPart is the name of the repository in a subject.
var githubRepositoryPart = regexp.MustCompile(`^repo:[^:*?]*:`)

// openPart is the part of a claim's pattern in which wildcards matter: they do not in the name of a repository whose id is pinned
// as well, nor do the dots that every reference to a workflow has.
func (s WorkloadSystem) openPart(claim string, pins map[string]string) string {
	value := pins[claim]
	if s != GitHubActions && s != AnyWorkloads || !slices.Contains([]string{subjectClaim, "workflow_ref", "job_workflow_ref"}, claim) {
		return value
	}
	if claim == subjectClaim && !subjectOfGitHub.MatchString(value) {
		return value
	}
	if numericID.MatchString(pins["repository_id"]) && claim == subjectClaim {
		value = githubRepositoryPart.ReplaceAllString(value, "")
	}
	return githubFixed.Replace(value)
}

// needsPlace reports whether pins name a repository or project, and nothing about which of its runs.
func (s WorkloadSystem) needsPlace(pins map[string]string) bool {
	if s == AnyWorkloads {
		return false
	}
	for _, w := range s.tables() {
		set := w.identifying(pins, w.names)
		if len(set) != 1 || !slices.Contains(w.whole, set[0]) {
			continue
		}
		return !slices.ContainsFunc(w.places, func(claim string) bool { return strings.Trim(pins[claim], claimWildcards) != "" })
	}
	return false
}

// unidentified returns why pins name no workload of the system, and which claims would, or is "".
func (s WorkloadSystem) unidentified(pins map[string]string) string {
	if s.Identifying(pins) != nil {
		return ""
	}
	name, claims := "this issuer", []string{subjectClaim}
	if known := s.tables(); len(known) == 1 {
		name = known[0].name
		for _, set := range known[0].sets {
			claims = append(claims, strings.Join(set, " with "))
		}
	}
	reason := "names no workload of " + name + ", so that many that have nothing to do with each other get a token"
	if s == OtherWorkloads {
		return reason + ". Which of its claims do is not known: pin the exact `sub`, say whose claims they are with `provider`"
	}
	return reason + fmt.Sprintf(": pin an exact %s", strings.Join(claims, ", or "))
}
