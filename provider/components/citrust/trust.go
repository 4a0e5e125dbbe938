// Package citrust is the component CiTrust. Its page is citrust.md.
package citrust

import (
	_ "embed"
	"slices"
	"strings"

	"github.com/pulumi/pulumi-go-provider/infer"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumix"

	pulumicloud "github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/cloud"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/components/kit"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/oidc"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/problem"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/ptr"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/types"
)

//go:embed citrust.md
var page string

// CiTrust lets exactly the named workloads of a CI system exchange their tokens for short-lived ones of Pulumi Cloud.
type CiTrust struct {
	pulumi.ResourceState

	IssuerID kit.Out[string]   `pulumi:"issuerId"`
	Subjects kit.Out[[]string] `pulumi:"subjects"`
	Workflow kit.Out[string]   `pulumi:"workflow"`
}

// Annotate describes the component.
func (c *CiTrust) Annotate(a infer.Annotator) {
	a.Describe(c, page)
	a.Describe(&c.IssuerID, "The service's id of the issuer.")
	a.Describe(&c.Subjects, "What identifies the workloads that are admitted, one for each policy: the exact subject, or where other claims "+
		"are pinned in its place, those, as in `ref=refs/heads/main, repository_id=42`.")
	a.Describe(&c.Workflow, "What to put into the CI system, ready to paste: it logs in to Pulumi Cloud as the first of what is trusted.")
}

// CiProvider is a CI system.
type CiProvider string

// The CI systems that the component knows.
const (
	GitHub CiProvider = "github"
	GitLab CiProvider = "gitlab"
	EKS    CiProvider = "eks"
	GKE    CiProvider = "gke"
	Custom CiProvider = "custom"

	AWS         CiProvider = "aws"
	AzureDevOps CiProvider = "azureDevOps"
	Bitbucket   CiProvider = "bitbucket"
	Buildkite   CiProvider = "buildkite"
	CircleCI    CiProvider = "circleci"
	Kubernetes  CiProvider = "kubernetes"
)

// Values lists the CI systems.
func (CiProvider) Values() []infer.EnumValue[CiProvider] {
	return []infer.EnumValue[CiProvider]{
		{Name: "Github", Value: GitHub, Description: "GitHub Actions: give `repositories`, and `url` for GitHub Enterprise Server."},
		{Name: "Gitlab", Value: GitLab, Description: "GitLab CI/CD: give `projects`, and `url` for a self-managed GitLab."},
		{Name: "Eks", Value: EKS, Description: "Pods on Amazon Elastic Kubernetes Service: give `url` and `serviceAccounts`."},
		{Name: "Gke", Value: GKE, Description: "Pods on Google Kubernetes Engine: give `url` and `serviceAccounts`."},
		{Name: "Kubernetes", Value: Kubernetes, Description: "Pods on any Kubernetes cluster, such as those of the Pulumi Kubernetes operator or of " +
			"External Secrets: give `url` and `serviceAccounts`, and `jwks` for a cluster that Pulumi Cloud cannot reach."},
		{Name: "Aws", Value: AWS, Description: "Whatever runs with a role of AWS, by outbound identity federation: give the account's issuer as `url`, and `awsRoles`."},
		{Name: "AzureDevops", Value: AzureDevOps, Description: "Azure Pipelines: give `url`, https://vstoken.dev.azure.com/ORGANIZATION_ID, and `azurePipelines`."},
		{Name: "Bitbucket", Value: Bitbucket, Description: "Bitbucket Pipelines: give the workspace's issuer as `url`, and `bitbucketRepositories`."},
		{Name: "Buildkite", Value: Buildkite, Description: "Buildkite: give `buildkitePipelines`."},
		{Name: "Circleci", Value: CircleCI, Description: "CircleCI: give `url`, https://oidc.circleci.com/org/ORGANIZATION_ID, and `circleProjects`."},
		{Name: "Custom", Value: Custom, Description: "Any other issuer of OIDC tokens: give `url` and `claims`."},
	}
}

// kind is a CI system: its name, the issuer of its tokens, the system whose claims they hold, and the input for what is trusted there.
type kind struct {
	name, url, sources string
	system             oidc.WorkloadSystem // "" for what the URL is recognized as
	workflow           func(oidc.CILogin) string
}

var kinds = map[CiProvider]kind{
	GitHub:      {name: "GitHub Actions", system: oidc.GitHubActions, url: oidc.GitHubIssuer, sources: "repositories", workflow: oidc.GitHubWorkflow},
	GitLab:      {name: "GitLab CI/CD", system: oidc.GitLabCI, url: oidc.GitLabIssuer, sources: "projects", workflow: oidc.GitLabPipeline},
	EKS:         {name: "Amazon EKS", system: oidc.Kubernetes, sources: "serviceAccounts", workflow: oidc.KubernetesPod},
	GKE:         {name: "Google Kubernetes Engine", system: oidc.Kubernetes, sources: "serviceAccounts", workflow: oidc.KubernetesPod},
	Kubernetes:  {name: "Kubernetes", system: oidc.Kubernetes, sources: "serviceAccounts", workflow: oidc.KubernetesPod},
	AWS:         {name: "Amazon Web Services", system: oidc.AmazonWebServices, sources: "awsRoles", workflow: oidc.AWSShell},
	AzureDevOps: {name: "Azure DevOps", system: oidc.AzureDevOps, sources: "azurePipelines", workflow: oidc.AzureDevOpsPipeline},
	Bitbucket:   {name: "Bitbucket Pipelines", system: oidc.Bitbucket, sources: "bitbucketRepositories", workflow: oidc.BitbucketPipelines},
	Buildkite:   {name: "Buildkite", system: oidc.Buildkite, url: oidc.BuildkiteIssuer, sources: "buildkitePipelines", workflow: oidc.BuildkitePipelineSteps},
	CircleCI:    {name: "CircleCI", system: oidc.CircleCI, sources: "circleProjects", workflow: oidc.CircleCIConfig},
	Custom:      {name: "CI", sources: "claims", workflow: oidc.ShellLogin},
}

// Args are the component's inputs.
type Args struct {
	Organization          *kit.Out[string]                        `pulumi:"organization,optional"`
	Provider              CiProvider                              `pulumi:"provider"`
	Name                  *kit.Out[string]                        `pulumi:"name,optional"`
	URL                   *kit.Out[string]                        `pulumi:"url,optional"`
	Repositories          *kit.Out[[]types.CiRepository]          `pulumi:"repositories,optional" list:"ordered"`
	Projects              *kit.Out[[]types.CiProject]             `pulumi:"projects,optional" list:"ordered"`
	ServiceAccounts       *kit.Out[[]types.CiServiceAccount]      `pulumi:"serviceAccounts,optional" list:"ordered"`
	AWSRoles              *kit.Out[[]types.CiAwsRole]             `pulumi:"awsRoles,optional" list:"ordered"`
	AzurePipelines        *kit.Out[[]types.CiAzurePipeline]       `pulumi:"azurePipelines,optional" list:"ordered"`
	BitbucketRepositories *kit.Out[[]types.CiBitbucketRepository] `pulumi:"bitbucketRepositories,optional" list:"ordered"`
	BuildkitePipelines    *kit.Out[[]types.CiBuildkitePipeline]   `pulumi:"buildkitePipelines,optional" list:"ordered"`
	CircleProjects        *kit.Out[[]types.CiCircleProject]       `pulumi:"circleProjects,optional" list:"ordered"`
	Claims                *kit.Out[[]map[string]string]           `pulumi:"claims,optional" list:"ordered"`
	Team                  *kit.Out[string]                        `pulumi:"team,optional"`
	RoleID                *kit.Out[string]                        `pulumi:"roleId,optional"`
	MaxExpiration         *kit.Out[string]                        `pulumi:"maxExpiration,optional"`
	Thumbprints           *kit.Out[[]string]                      `pulumi:"thumbprints,optional" list:"set"`
	JWKS                  *kit.Out[string]                        `pulumi:"jwks,optional"`
	Adopt                 *kit.Out[bool]                          `pulumi:"adopt,optional"`
	Allow                 *kit.Out[[]types.OptIn]                 `pulumi:"allow,optional" list:"set"`
}

// Annotate describes the inputs.
func (in *Args) Annotate(a infer.Annotator) {
	a.Describe(&in.Organization, kit.OrganizationHelp)
	a.Describe(&in.Provider, "The CI system. It must be known at preview.")
	a.Describe(&in.Name, "The issuer's name, for people. Default: the CI system's.")
	a.Describe(&in.URL, "The issuer's URL, as its tokens name it in `iss`. Default for `github` "+
		"https://token.actions.githubusercontent.com, for `gitlab` https://gitlab.com, for `buildkite` https://agent.buildkite.com; required for the others. An organization has one issuer for a URL: put "+
		"everything that comes from it into one component.")
	a.Describe(&in.Repositories, "For `github`: the repositories whose workflows are trusted.")
	a.Describe(&in.Projects, "For `gitlab`: the projects whose jobs are trusted.")
	a.Describe(&in.ServiceAccounts, "For `eks`, `gke` and `kubernetes`: the service accounts whose pods are trusted.")
	a.Describe(&in.AWSRoles, "For `aws`: the roles whose workloads are trusted.")
	a.Describe(&in.AzurePipelines, "For `azureDevOps`: the pipelines whose runs are trusted.")
	a.Describe(&in.BitbucketRepositories, "For `bitbucket`: the repositories whose pipelines are trusted.")
	a.Describe(&in.BuildkitePipelines, "For `buildkite`: the pipelines whose builds are trusted.")
	a.Describe(&in.CircleProjects, "For `circleci`: the projects whose jobs are trusted.")
	a.Describe(&in.Claims, "For `custom`: for each trusted workload what its token says, by claim. An exact `sub` is among them, or claims by "+
		"which the system that the URL belongs to is known to name one workload, such as `repository_id` on GitHub; `aud` is filled in.")
	a.Describe(&in.Team, "The team whose access the CI system gets. Exactly one of this and `roleId` is given, here or with each of what is "+
		"trusted.")
	a.Describe(&in.RoleID, "The id of the role that the CI system gets, with an organization token: the output `roleId` of a `Role`.")
	a.Describe(&in.MaxExpiration, "The longest that a token may live. Default: `1h`.")
	a.Describe(&in.Thumbprints, "SHA-256 thumbprints of the certificates of an issuer whose certificate authority is private. Omitted, the "+
		"service finds them itself.")
	a.Describe(&in.JWKS, "The issuer's public keys, as JSON text of a key set, for an issuer that Pulumi Cloud cannot reach.")
	a.Describe(&in.Adopt, "When true, and the URL is registered already, that issuer is taken over: its policies are replaced, and a destroy "+
		"deletes it. A preview names them.")
	a.Describe(&in.Allow, "Risks taken deliberately: `wildcardInClaim`, `bareWildcardSubject`, `pullRequests`.")
}

const defaultLifetime = "1h"

// Definition is the component.
var Definition = kit.Define(kit.Rules{Check: check, MustKnown: []string{"provider"}}, build)

const token = "leastprivilege:index:OidcIssuer"

type child struct {
	pulumi.CustomResourceState
	IssuerID pulumi.StringOutput `pulumi:"issuerId"`
}

// build registers the component's issuer.
func build(c *kit.Construction, component *CiTrust, args Args) error {
	trust := pulumix.Apply4(args.sources(), args.bearer(c.Organization(args.Organization)), kit.OrZero(args.Allow),
		pulumix.Apply(kit.OrZero(args.URL), func(url string) issuer { return newIssuer(args.Provider, url) }), newTrusted)
	policies := pulumix.ApplyErr(trust, trusted.policies)
	props := kit.Properties{
		"name":          kit.OrElse(args.Name, kinds[args.Provider].name),
		"url":           pulumix.Apply(trust, func(t trusted) string { return t.issuer.url }),
		"maxExpiration": kit.OrElse(args.MaxExpiration, defaultLifetime),
		"policies":      pulumix.Apply(policies, func(all []oidc.IssuerPolicy) []map[string]any { return kit.Convert(all, policyProperties) }),
	}
	if system := kinds[args.Provider].system; system != "" {
		props["provider"] = kit.Known(string(system))
	}
	kit.SetIf(props, "organization", args.Organization)
	kit.SetIf(props, "thumbprints", args.Thumbprints)
	kit.SetIf(props, "jwks", args.JWKS)
	kit.SetIf(props, "adopt", args.Adopt)
	props["allow"] = pulumix.Apply(trust, issuerOptIns)
	issuer, err := kit.Register(c, token, c.Name, props, &child{})
	if err != nil {
		return err
	}
	component.IssuerID = pulumix.MustConvertTyped[string](issuer.IssuerID)
	component.Subjects = pulumix.Apply(policies, subjectsOf)
	component.Workflow = pulumix.Apply(trust, func(t trusted) string { return t.workflow(c.Session.Client.URL()) })
	// It is run for its warning alone.
	pulumix.ApplyErr(trust, func(t trusted) (string, error) { return "", t.warnNames(c) })
	return nil
}

// sources are all that is trusted, by kind.
type sources struct {
	repositories []types.CiRepository
	projects     []types.CiProject
	accounts     []types.CiServiceAccount
	claims       []map[string]string
	systems      systems
}

// systems are what is trusted of systems whose pins are made of ids or names alone, with where the first of them runs.
type systems struct {
	list        []types.CiSource
	branch, tag string
}

func (in Args) sources() kit.Out[sources] {
	return pulumix.Apply5(kit.OrZero(in.Repositories), kit.OrZero(in.Projects), kit.OrZero(in.ServiceAccounts), kit.OrZero(in.Claims), in.systems(),
		func(r []types.CiRepository, p []types.CiProject, a []types.CiServiceAccount, c []map[string]string, s systems) sources {
			return sources{r, p, a, c, s}
		})
}

func (in Args) systems() kit.Out[systems] {
	return pulumix.Apply5(kit.OrZero(in.AWSRoles), kit.OrZero(in.AzurePipelines), kit.OrZero(in.BitbucketRepositories), kit.OrZero(in.BuildkitePipelines),
		kit.OrZero(in.CircleProjects), func(
			aws []types.CiAwsRole, azure []types.CiAzurePipeline, bitbucket []types.CiBitbucketRepository, buildkite []types.CiBuildkitePipeline,
			circle []types.CiCircleProject,
		) systems {
			made := systems{list: slices.Concat(
				kit.Convert(aws, types.CiAwsRole.Source), kit.Convert(azure, types.CiAzurePipeline.Source), kit.Convert(bitbucket, types.CiBitbucketRepository.Source),
				kit.Convert(buildkite, types.CiBuildkitePipeline.Source), kit.Convert(circle, types.CiCircleProject.Source),
			)}
			switch {
			case len(azure) > 0:
				made.branch, made.tag = first(azure[0].Branches), first(azure[0].Tags)
			case len(bitbucket) > 0:
				made.branch = first(bitbucket[0].Branches)
			case len(buildkite) > 0:
				made.branch, made.tag = first(buildkite[0].Branches), first(buildkite[0].Tags)
			case len(circle) > 0:
				made.branch, made.tag = first(circle[0].Branches), first(circle[0].Tags)
			}
			return made
		})
}

func (s sources) list() []types.CiSource {
	return slices.Concat(
		kit.Convert(s.repositories, types.CiRepository.Source), kit.Convert(s.projects, types.CiProject.Source),
		kit.Convert(s.accounts, types.CiServiceAccount.Source), kit.Convert(s.claims, claimsSource), s.systems.list,
	)
}

func claimsSource(c map[string]string) types.CiSource {
	return types.CiSource{CISource: oidc.Claims(c)}
}

// bearer is the team or the role whose token the CI system gets.
type bearer struct{ organization, team, role string }

func (in Args) bearer(organization kit.Out[string]) kit.Out[bearer] {
	return pulumix.Apply3(organization, kit.OrZero(in.Team), kit.OrZero(in.RoleID), func(organization, team, role string) bearer {
		return bearer{organization, team, role}
	})
}

// of is the bearer of one source, which may have its own.
func (b bearer) of(source types.CiSource) bearer {
	if source.Team != nil || source.Role != nil {
		b.team, b.role = ptr.Value(source.Team), ptr.Value(source.Role)
	}
	return b
}

// template is a policy without claims.
func (b bearer) template() oidc.IssuerPolicy {
	policy := oidc.IssuerPolicy{Decision: oidc.Allow, TokenType: oidc.TeamToken, TeamName: b.team, AuthorizedPermissions: []string{}}
	if b.role != "" {
		policy.TokenType, policy.RoleID = oidc.OrganizationToken, b.role
	}
	return policy
}

type issuer struct {
	provider CiProvider
	url      string
}

func newIssuer(provider CiProvider, url string) issuer {
	if url == "" {
		url = kinds[provider].url
	}
	return issuer{provider, url}
}

// trusted is what policies and workflow are made from.
type trusted struct {
	sources sources
	bearer  bearer
	allow   []types.OptIn
	issuer  issuer
}

func newTrusted(sources sources, bearer bearer, allow []types.OptIn, issuer issuer) trusted {
	return trusted{sources, bearer, allow, issuer}
}

func (t trusted) policies() ([]oidc.IssuerPolicy, error) {
	if err := pullRequests(t.pinning(), t.allow, t.sources.list()).Err(); err != nil {
		return nil, err
	}
	return oidc.CIPolicies(t.bearer.organization, t.pinning(), kit.Convert(t.sources.list(), func(source types.CiSource) oidc.CITrust {
		return oidc.CITrust{Source: source, Bearer: t.bearer.of(source).template()}
	}))
}

func (t trusted) pinning() oidc.Pinning {
	return pinning(kinds[t.issuer.provider], t.issuer.url, t.allow)
}

// pinning is which claims may identify a workload of an issuer. While its URL is not known, it is the widest.
func pinning(kind kind, url string, allow []types.OptIn) oidc.Pinning {
	optIns := types.IssuerOptInsOf(allow)
	system := kind.system
	if system == "" {
		system = oidc.WorkloadSystemOf(url)
	}
	return oidc.Pinning{Wildcards: optIns.WildcardInClaim, Unpinned: optIns.BareWildcardSubject, System: system}
}

func policyProperties(p oidc.IssuerPolicy) map[string]any {
	made := map[string]any{"decision": string(p.Decision), "tokenType": string(p.TokenType), "claims": p.Rules}
	if p.TeamName != "" {
		made["team"] = p.TeamName
	}
	if p.RoleID != "" {
		made["roleId"] = p.RoleID
	}
	return made
}

// subjectsOf are the identifiers of the workloads that the policies admit.
func subjectsOf(policies []oidc.IssuerPolicy) []string {
	subjects := []string{}
	for _, policy := range policies {
		if subject := policy.Identifier(); !slices.Contains(subjects, subject) {
			subjects = append(subjects, subject)
		}
	}
	return subjects
}

// workflow logs in as the first of what is trusted.
func (t trusted) workflow(apiURL string) string {
	login := oidc.CILogin{Organization: t.bearer.organization, Issuer: t.issuer.url}
	if sources := t.sources.list(); len(sources) > 0 {
		login.Team = t.bearer.of(sources[0]).team
	}
	if apiURL != pulumicloud.DefaultAPIURL {
		login.APIURL = apiURL
	}
	switch {
	case len(t.sources.repositories) > 0:
		r := t.sources.repositories[0]
		login.Branch, login.Tag, login.Environment = first(r.Branches), first(r.Tags), first(r.Environments)
		login.PullRequest = ptr.Value(r.PullRequests)
		if login.Branch != "" || login.Tag != "" || login.PullRequest {
			login.Environment = "" // a job in an environment does not present its branch
		}
	case len(t.sources.projects) > 0:
		p := t.sources.projects[0]
		login.Branch, login.Environment = first(p.Branches), first(p.Environments)
		if login.Branch == "" {
			login.Tag = first(p.Tags)
		}
	case len(t.sources.systems.list) > 0:
		login.Branch, login.Tag = t.sources.systems.branch, t.sources.systems.tag
	case len(t.sources.accounts) > 0:
		login.Namespace, login.Account = t.sources.accounts[0].Namespace, t.sources.accounts[0].Name
	}
	return kinds[t.issuer.provider].workflow(login)
}

func first(list []string) string {
	if len(list) == 0 {
		return ""
	}
	return list[0]
}

// warnNames warns of repositories and projects that are trusted by name alone: others may take a name once it is free.
func (t trusted) warnNames(c *kit.Construction) error {
	var named []string
	for _, r := range t.sources.repositories {
		if ptr.Value(r.RepositoryID) == "" {
			named = append(named, r.Repository)
		}
	}
	for _, p := range t.sources.projects {
		if ptr.Value(p.ProjectID) == "" {
			named = append(named, p.Project)
		}
	}
	for _, source := range t.sources.systems.list {
		if name := nameOf(source.CISource); name != "" {
			named = append(named, name)
		}
	}
	if len(named) == 0 {
		return nil
	}
	return c.Warn("trusted by name alone, so that whoever takes the name once it is given up gets a token of Pulumi Cloud: " +
		strings.Join(named, ", ") + ". Give repositoryId and ownerId (GitHub), projectId (GitLab), projectId and pipelineId (Azure DevOps), or organizationId and " +
		"pipelineId (Buildkite)")
}

// nameOf is the name by which alone a source is trusted, or "" where ids pin it.
func nameOf(source oidc.CISource) string {
	switch source := source.(type) {
	case oidc.AzurePipeline:
		if source.PipelineID == "" {
			return source.Organization + "/" + source.Project + "/" + source.Pipeline
		}
	case oidc.BuildkitePipeline:
		if source.PipelineID == "" {
			return source.Organization + "/" + source.Pipeline
		}
	}
	return ""
}

// issuerOptIns are what the issuer is told. A repository acknowledges runs of its pull requests with pullRequests.
func issuerOptIns(t trusted) []types.OptIn {
	named := slices.ContainsFunc(t.sources.list(), namesPullRequests)
	if !named || slices.Contains(t.allow, types.PullRequestsOptIn) {
		return t.allow
	}
	return append(slices.Clone(t.allow), types.PullRequestsOptIn)
}

func namesPullRequests(source types.CiSource) bool {
	repository, ok := source.CISource.(oidc.GitHubRepository)
	return ok && repository.PullRequests
}

// pullRequests refuses sources whose claims name runs of pull requests, unless that is acknowledged. A repository says so with
// pullRequests of its own.
func pullRequests(p oidc.Pinning, allow []types.OptIn, sources []types.CiSource) problem.List {
	var problems problem.List
	if slices.Contains(allow, types.PullRequestsOptIn) {
		return nil
	}
	for i, source := range sources {
		if namesPullRequests(source) {
			continue
		}
		pins, err := source.Pins(p)
		if err != nil {
			continue // which is said elsewhere
		}
		if slices.ContainsFunc(pins, func(pin oidc.CIPin) bool {
			return oidc.IssuerPolicy{Decision: oidc.Allow, Rules: pin.Claims}.AdmitsPullRequestsOf(p.System, !p.Unpinned)
		}) {
			problems.AddReason(kit.Index("", i), oidc.AdmitsPullRequestsReason)
		}
	}
	return problems
}
