package types

import (
	"github.com/pulumi/pulumi-go-provider/infer"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/oidc"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/ptr"
)

const (
	branchesHelp     = "Branches, by name, whose runs are trusted."
	tagsPinHelp      = "Tags, by name, whose runs are trusted."
	ownTeamHelp      = "The team whose access this gets. Default: the component's `team` or `roleId`."
	ownRoleHelp      = "The id of the role that this gets. Default: the component's `team` or `roleId`."
	environmentsHelp = "Environments whose jobs are trusted, from whatever branch they come: protect the environment in the CI system."
)

// CiRepository is a repository whose workflows of GitHub Actions are trusted.
type CiRepository struct {
	Repository    string            `pulumi:"repository"`
	RepositoryID  *string           `pulumi:"repositoryId,optional"`
	OwnerID       *string           `pulumi:"ownerId,optional"`
	Branches      []string          `pulumi:"branches,optional" list:"set"`
	Environments  []string          `pulumi:"environments,optional" list:"set"`
	Tags          []string          `pulumi:"tags,optional" list:"set"`
	PullRequests  *bool             `pulumi:"pullRequests,optional"`
	SubjectClaims []string          `pulumi:"subjectClaims,optional" list:"ordered"`
	Claims        map[string]string `pulumi:"claims,optional"`
	Workflows     []string          `pulumi:"workflows,optional" list:"set"`
	Team          *string           `pulumi:"team,optional"`
	RoleID        *string           `pulumi:"roleId,optional"`
}

// Annotate describes the repository.
func (v *CiRepository) Annotate(a infer.Annotator) {
	a.Describe(v, "A repository whose workflows of GitHub Actions are trusted, on what is listed and nothing else. At least one branch, "+
		"environment or tag, or `pullRequests`, is given.")
	a.Describe(&v.Repository, "The repository, as `owner/name`.")
	a.Describe(&v.RepositoryID, "GitHub's number of the repository (`gh api repos/OWNER/NAME --jq .id`). With it and `ownerId`, whoever takes "+
		"over a name that was given up is not admitted. A repository whose name holds a dot, which is a wildcard, needs them. So does one whose tokens name it by its ids, as those of "+
		"new, renamed and transferred repositories do.")
	a.Describe(&v.OwnerID, "GitHub's number of the repository's owner (`gh api repos/OWNER/NAME --jq .owner.id`).")
	a.Describe(&v.Branches, branchesHelp)
	a.Describe(&v.Environments, environmentsHelp)
	a.Describe(&v.Tags, tagsPinHelp)
	a.Describe(&v.PullRequests, "Whether runs of pull requests from within the repository are trusted. Whoever may push a branch can then run "+
		"anything with the token: give such runs a team that may only read.")
	a.Describe(&v.SubjectClaims, "The keys of which GitHub makes the subject, where the organization or the repository has customized it: "+
		"`include_claim_keys`, in the same order (`gh api repos/OWNER/NAME/actions/oidc/customization/sub`). Keep `context` in it, by "+
		"which branches, environments and pull requests are told apart. Values that the component does not know are given in `claims`.")
	a.Describe(&v.Claims, "Further claims that a run must present, each with its exact value, such as `job_workflow_ref` for a reusable "+
		"workflow.")
	a.Describe(&v.Workflows, "The reusable workflows that jobs have to come from, one of them each, as they present it in `job_workflow_ref`: "+
		"`acme/workflows/.github/workflows/deploy.yml@refs/heads/main`. Each needs policies of its own, of which an issuer takes 40.")
	a.Describe(&v.Team, ownTeamHelp)
	a.Describe(&v.RoleID, ownRoleHelp)
}

// CiProject is a project whose jobs of GitLab CI/CD are trusted.
type CiProject struct {
	Project      string   `pulumi:"project"`
	ProjectID    *string  `pulumi:"projectId,optional"`
	Branches     []string `pulumi:"branches,optional" list:"set"`
	Tags         []string `pulumi:"tags,optional" list:"set"`
	Environments []string `pulumi:"environments,optional" list:"set"`
	Protected    *bool    `pulumi:"protected,optional"`
	Team         *string  `pulumi:"team,optional"`
	RoleID       *string  `pulumi:"roleId,optional"`
}

// Annotate describes the project.
func (v *CiProject) Annotate(a infer.Annotator) {
	a.Describe(v, "A project whose jobs of GitLab CI/CD are trusted, on what is listed and nothing else. At least one branch, tag or "+
		"environment is given.")
	a.Describe(&v.Project, "The project's path, as `group/project` or `group/subgroup/project`.")
	a.Describe(&v.ProjectID, "GitLab's number of the project. With it, whoever takes over a path that was given up is not admitted. A project "+
		"whose path holds a dot, which is a wildcard, is pinned by its id alone.")
	a.Describe(&v.Branches, branchesHelp)
	a.Describe(&v.Tags, tagsPinHelp)
	a.Describe(&v.Environments, environmentsHelp)
	a.Describe(&v.Protected, "Whether the branch or tag must be protected as well. Default: false.")
	a.Describe(&v.Team, ownTeamHelp)
	a.Describe(&v.RoleID, ownRoleHelp)
}

// CiServiceAccount is a service account of a Kubernetes cluster whose pods are trusted.
type CiServiceAccount struct {
	Namespace string  `pulumi:"namespace"`
	Name      string  `pulumi:"name"`
	UID       *string `pulumi:"uid,optional"`
	Team      *string `pulumi:"team,optional"`
	RoleID    *string `pulumi:"roleId,optional"`
}

// Annotate describes the account.
func (v *CiServiceAccount) Annotate(a infer.Annotator) {
	a.Describe(v, "A service account of a Kubernetes cluster whose pods are trusted.")
	a.Describe(&v.Namespace, "The account's namespace.")
	a.Describe(&v.Name, "The account's name.")
	a.Describe(&v.UID, "Kubernetes' id of the account (`kubectl get serviceaccount NAME -o jsonpath={.metadata.uid}`). With it, an account "+
		"that is recreated under the same name is not admitted. An account whose name holds a dot, which is a wildcard, is pinned by "+
		"namespace and uid alone.")
	a.Describe(&v.Team, ownTeamHelp)
	a.Describe(&v.RoleID, ownRoleHelp)
}

// Source is the repository as the pure package has it, and whose token it gets.
func (v CiRepository) Source() CiSource {
	return CiSource{oidc.GitHubRepository{
		Repository: v.Repository, RepositoryID: ptr.Value(v.RepositoryID), OwnerID: ptr.Value(v.OwnerID), Branches: v.Branches,
		Environments: v.Environments, Tags: v.Tags, PullRequests: ptr.Value(v.PullRequests), SubjectClaims: v.SubjectClaims, Claims: v.Claims,
		Workflows: v.Workflows,
	}, v.Team, v.RoleID}
}

// Source is the project as the pure package has it, and whose token it gets.
func (v CiProject) Source() CiSource {
	return CiSource{oidc.GitLabProject{
		Project: v.Project, ProjectID: ptr.Value(v.ProjectID), Branches: v.Branches, Tags: v.Tags, Environments: v.Environments,
		Protected: ptr.Value(v.Protected),
	}, v.Team, v.RoleID}
}

// Source is the account as the pure package has it, and whose token it gets.
func (v CiServiceAccount) Source() CiSource {
	return CiSource{oidc.ServiceAccount{Namespace: v.Namespace, Name: v.Name, UID: ptr.Value(v.UID)}, v.Team, v.RoleID}
}

// CiSource is what is trusted, with the team or role of its own, if it has one.
type CiSource struct {
	oidc.CISource
	Team, Role *string
}
