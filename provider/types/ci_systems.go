package types

import (
	"github.com/pulumi/pulumi-go-provider/infer"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/oidc"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/ptr"
)

// CiAwsRole is a role of AWS whose workloads are trusted.
type CiAwsRole struct {
	RoleARN string  `pulumi:"roleArn"`
	Team    *string `pulumi:"team,optional"`
	RoleID  *string `pulumi:"roleId,optional"`
}

// Annotate describes the role.
func (v *CiAwsRole) Annotate(a infer.Annotator) {
	a.Describe(v, "A role of AWS whose workloads are trusted, whatever assumes it. AWS puts no id of the role into its tokens: another role that is "+
		"created under the same name is admitted as well.")
	a.Describe(&v.RoleARN, "The role's ARN, `arn:aws:iam::123456789012:role/NAME`. It needs the permission `sts:GetWebIdentityToken`.")
	a.Describe(&v.Team, ownTeamHelp)
	a.Describe(&v.RoleID, ownRoleHelp)
}

// CiAzurePipeline is a pipeline of Azure DevOps whose runs are trusted.
type CiAzurePipeline struct {
	Organization *string  `pulumi:"organization,optional"`
	Project      *string  `pulumi:"project,optional"`
	Pipeline     *string  `pulumi:"pipeline,optional"`
	ProjectID    *string  `pulumi:"projectId,optional"`
	PipelineID   *string  `pulumi:"pipelineId,optional"`
	Branches     []string `pulumi:"branches,optional" list:"set"`
	Tags         []string `pulumi:"tags,optional" list:"set"`
	Team         *string  `pulumi:"team,optional"`
	RoleID       *string  `pulumi:"roleId,optional"`
}

// Annotate describes the pipeline.
func (v *CiAzurePipeline) Annotate(a infer.Annotator) {
	a.Describe(v, "A pipeline of Azure DevOps whose runs are trusted, on what is listed and nothing else. It is named by `projectId` and `pipelineId`, or "+
		"by organization, project and pipeline.")
	a.Describe(&v.Organization, "The organization of Azure DevOps. Not needed with the ids.")
	a.Describe(&v.Project, "The project's name. Not needed with the ids.")
	a.Describe(&v.Pipeline, "The pipeline's name. Not needed with the ids.")
	a.Describe(&v.ProjectID, "The project's id (`az devops project show --project NAME --query id`), which stays with it for ever.")
	a.Describe(&v.PipelineID, "The pipeline's number (`az pipelines show --name NAME --query id`), which stays with it for ever.")
	a.Describe(&v.Branches, branchesHelp)
	a.Describe(&v.Tags, tagsPinHelp)
	a.Describe(&v.Team, ownTeamHelp)
	a.Describe(&v.RoleID, ownRoleHelp)
}

// CiBitbucketRepository is a repository of Bitbucket Cloud whose pipelines are trusted.
type CiBitbucketRepository struct {
	RepositoryUUID string   `pulumi:"repositoryUuid"`
	Branches       []string `pulumi:"branches,optional" list:"set"`
	Environments   []string `pulumi:"environments,optional" list:"set"`
	Team           *string  `pulumi:"team,optional"`
	RoleID         *string  `pulumi:"roleId,optional"`
}

// Annotate describes the repository.
func (v *CiBitbucketRepository) Annotate(a infer.Annotator) {
	a.Describe(v, "A repository of Bitbucket Cloud whose pipelines are trusted, on what is listed and nothing else.")
	a.Describe(&v.RepositoryUUID, "The repository's id, with or without braces, from its settings under OpenID Connect.")
	a.Describe(&v.Branches, branchesHelp)
	a.Describe(&v.Environments, "The ids of deployment environments whose steps are trusted, from whatever branch they come: restrict the environment in "+
		"Bitbucket.")
	a.Describe(&v.Team, ownTeamHelp)
	a.Describe(&v.RoleID, ownRoleHelp)
}

// CiBuildkitePipeline is a pipeline of Buildkite whose builds are trusted.
type CiBuildkitePipeline struct {
	Organization   *string  `pulumi:"organization,optional"`
	Pipeline       *string  `pulumi:"pipeline,optional"`
	OrganizationID *string  `pulumi:"organizationId,optional"`
	PipelineID     *string  `pulumi:"pipelineId,optional"`
	Branches       []string `pulumi:"branches,optional" list:"set"`
	Tags           []string `pulumi:"tags,optional" list:"set"`
	Team           *string  `pulumi:"team,optional"`
	RoleID         *string  `pulumi:"roleId,optional"`
}

// Annotate describes the pipeline.
func (v *CiBuildkitePipeline) Annotate(a infer.Annotator) {
	a.Describe(v, "A pipeline of Buildkite whose builds are trusted, of what is listed and nothing else. It is named by `organizationId` and `pipelineId`, "+
		"or by organization and pipeline. A build of a pull request has the branch's name: let the pipeline build none from forks, or prefix their branches.")
	a.Describe(&v.Organization, "The organization's slug. Not needed with the ids.")
	a.Describe(&v.Pipeline, "The pipeline's slug. Not needed with the ids.")
	a.Describe(&v.OrganizationID, "The organization's id, which stays with it for ever. A job has to ask for it: `--claim organization_id`.")
	a.Describe(&v.PipelineID, "The pipeline's id, which stays with it for ever. A job has to ask for it: `--claim pipeline_id`.")
	a.Describe(&v.Branches, branchesHelp)
	a.Describe(&v.Tags, tagsPinHelp)
	a.Describe(&v.Team, ownTeamHelp)
	a.Describe(&v.RoleID, ownRoleHelp)
}

// CiCircleProject is a project of CircleCI whose jobs are trusted.
type CiCircleProject struct {
	ProjectID string   `pulumi:"projectId"`
	Branches  []string `pulumi:"branches,optional" list:"set"`
	Tags      []string `pulumi:"tags,optional" list:"set"`
	Contexts  []string `pulumi:"contexts,optional" list:"set"`
	Team      *string  `pulumi:"team,optional"`
	RoleID    *string  `pulumi:"roleId,optional"`
}

// Annotate describes the project.
func (v *CiCircleProject) Annotate(a infer.Annotator) {
	a.Describe(v, "A project of CircleCI whose jobs are trusted, on what is listed and nothing else.")
	a.Describe(&v.ProjectID, "The project's id, from its settings.")
	a.Describe(&v.Branches, branchesHelp)
	a.Describe(&v.Tags, tagsPinHelp)
	a.Describe(&v.Contexts, "The ids of contexts whose jobs are trusted, from whatever branch they come: restrict the context in CircleCI.")
	a.Describe(&v.Team, ownTeamHelp)
	a.Describe(&v.RoleID, ownRoleHelp)
}

// Source is the role as the pure package has it, and whose token it gets.
func (v CiAwsRole) Source() CiSource {
	return CiSource{oidc.AWSRole{RoleARN: v.RoleARN}, v.Team, v.RoleID}
}

// Source is the pipeline as the pure package has it, and whose token it gets.
func (v CiAzurePipeline) Source() CiSource {
	return CiSource{oidc.AzurePipeline{
		Organization: ptr.Value(v.Organization), Project: ptr.Value(v.Project), Pipeline: ptr.Value(v.Pipeline), ProjectID: ptr.Value(v.ProjectID),
		PipelineID: ptr.Value(v.PipelineID), Branches: v.Branches, Tags: v.Tags,
	}, v.Team, v.RoleID}
}

// Source is the repository as the pure package has it, and whose token it gets.
func (v CiBitbucketRepository) Source() CiSource {
	return CiSource{oidc.BitbucketRepository{RepositoryUUID: v.RepositoryUUID, Branches: v.Branches, Environments: v.Environments}, v.Team, v.RoleID}
}

// Source is the pipeline as the pure package has it, and whose token it gets.
func (v CiBuildkitePipeline) Source() CiSource {
	return CiSource{oidc.BuildkitePipeline{
		Organization: ptr.Value(v.Organization), Pipeline: ptr.Value(v.Pipeline), OrganizationID: ptr.Value(v.OrganizationID),
		PipelineID: ptr.Value(v.PipelineID), Branches: v.Branches, Tags: v.Tags,
	}, v.Team, v.RoleID}
}

// Source is the project as the pure package has it, and whose token it gets.
func (v CiCircleProject) Source() CiSource {
	return CiSource{oidc.CircleProject{ProjectID: v.ProjectID, Branches: v.Branches, Tags: v.Tags, Contexts: v.Contexts}, v.Team, v.RoleID}
}
