package types

import (
	"maps"

	"github.com/pulumi/pulumi-go-provider/infer"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/oidc"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/ptr"
)

// OidcDecision is what a policy says to the tokens that match it.
type OidcDecision string

// Values lists the decisions.
func (OidcDecision) Values() []infer.EnumValue[OidcDecision] {
	return []infer.EnumValue[OidcDecision]{
		{Name: "Allow", Value: OidcDecision(oidc.Allow), Description: "Give the token."},
		{Name: "Deny", Value: OidcDecision(oidc.Deny), Description: "Refuse it, whatever other policies say and in whatever order they stand."},
	}
}

// OidcTokenType is the kind of access token that an exchange gives.
type OidcTokenType string

// Values lists the types of token.
func (OidcTokenType) Values() []infer.EnumValue[OidcTokenType] {
	return []infer.EnumValue[OidcTokenType]{
		{Name: "Organization", Value: OidcTokenType(oidc.OrganizationToken), Description: "A token of the organization, with a role."},
		{Name: "Team", Value: OidcTokenType(oidc.TeamToken), Description: "A token of a team, with what the team may do."},
		{Name: "Personal", Value: OidcTokenType(oidc.PersonalToken), Description: "A token of a person, with everything that person may do."},
		{Name: "Runner", Value: OidcTokenType(oidc.RunnerToken), Description: "A token of a deployment runner."},
	}
}

// OidcProvider is a system whose tokens name the workloads that run on it.
type OidcProvider string

// Values lists the systems whose claims are known.
func (OidcProvider) Values() []infer.EnumValue[OidcProvider] {
	value := func(name string, system oidc.WorkloadSystem, what string) infer.EnumValue[OidcProvider] {
		return infer.EnumValue[OidcProvider]{Name: name, Value: OidcProvider(system), Description: what}
	}
	return []infer.EnumValue[OidcProvider]{
		value("Github", oidc.GitHubActions, "GitHub Actions."),
		value("Gitlab", oidc.GitLabCI, "GitLab CI/CD; a self-managed GitLab is not recognized by its URL."),
		value("Kubernetes", oidc.Kubernetes, "Service accounts of Kubernetes clusters; one of your own is not recognized by its URL."),
		value("Aws", oidc.AmazonWebServices, "Roles of Amazon Web Services, by outbound identity federation."),
		value("AzureDevops", oidc.AzureDevOps, "Azure DevOps."),
		value("Entra", oidc.MicrosoftEntra, "Microsoft Entra ID (Azure AD)."),
		value("Google", oidc.GoogleCloud, "Google accounts and service accounts."),
		value("Circleci", oidc.CircleCI, "CircleCI."),
		value("Buildkite", oidc.Buildkite, "Buildkite."),
		value("Bitbucket", oidc.Bitbucket, "Bitbucket Pipelines."),
		value("Terraform", oidc.HCPTerraform, "HCP Terraform (Terraform Cloud)."),
		value("Pulumi", oidc.PulumiCloud, "Pulumi Cloud itself: ESC logins and deployments."),
		value("Other", oidc.OtherWorkloads, "Any other system: only an exact `sub` is known to name a workload."),
	}
}

// WorkloadSystem is the system that is given, else the one that the issuer's URL is recognized as.
func WorkloadSystem(given *OidcProvider, url string) oidc.WorkloadSystem {
	if given != nil {
		return oidc.WorkloadSystem(*given)
	}
	return oidc.WorkloadSystemOf(url)
}

// OidcPolicy says which tokens of an issuer are exchanged for which tokens of Pulumi Cloud.
type OidcPolicy struct {
	Decision  OidcDecision      `pulumi:"decision"`
	TokenType OidcTokenType     `pulumi:"tokenType"`
	Team      *string           `pulumi:"team,optional"`
	User      *string           `pulumi:"user,optional"`
	Runner    *string           `pulumi:"runner,optional"`
	RoleID    *string           `pulumi:"roleId,optional"`
	Admin     *bool             `pulumi:"admin,optional"`
	Claims    map[string]string `pulumi:"claims,optional"`
}

// Annotate describes the policy.
func (v *OidcPolicy) Annotate(a infer.Annotator) {
	a.Describe(v, "A policy of an OIDC issuer: which of its tokens are exchanged for which tokens of Pulumi Cloud. A deny wins over every "+
		"allow; a token that no policy allows is refused.")
	a.Describe(&v.Decision, "Whether matching tokens are exchanged.")
	a.Describe(&v.TokenType, "The type of token that the policy is about.")
	a.Describe(&v.Team, "The team whose token is given; required for type `team`.")
	a.Describe(&v.User, "The login of the person whose token is given; required for type `personal`.")
	a.Describe(&v.Runner, "The runner whose token is given; required for type `runner`.")
	a.Describe(&v.RoleID, "For type `organization`: the id of the role that the token has, the output `roleId` of a `Role`. Without one it has "+
		"what members have by default, which takes the opt-in `tokenWithoutRole`.")
	a.Describe(&v.Admin, "For type `organization`: let the caller ask for a token that administers the organization. It takes the opt-in "+
		"`tokenWithoutRole`.")
	a.Describe(&v.Claims, "What the token must say: patterns by claim, all of which must match. Dots in a name lead into nested claims; a key "+
		"with dots stands in double quotes, as in `\"kubernetes.io\".namespace`. Pulumi Cloud takes `*`, `?` and `.` in values as wildcards, "+
		"which takes the opt-in `wildcardInClaim`. A policy that allows always pins `aud` to `urn:pulumi:org:<organization>`, which is filled "+
		"in, and claims that name one workload: an exact `sub`, or what the issuer's system is known to name workloads by, such as "+
		"`repository_id` on GitHub. Anything else takes the opt-in `bareWildcardSubject`.")
}

// Policy is the policy as Pulumi Cloud writes it.
func (v OidcPolicy) Policy() oidc.IssuerPolicy {
	policy := oidc.IssuerPolicy{
		Decision: oidc.Decision(v.Decision), TokenType: oidc.TokenType(v.TokenType), TeamName: ptr.Value(v.Team), UserLogin: ptr.Value(v.User),
		RunnerID: ptr.Value(v.Runner), RoleID: ptr.Value(v.RoleID), AuthorizedPermissions: []string{}, Rules: map[string]string{},
	}
	maps.Copy(policy.Rules, v.Claims)
	if ptr.Value(v.Admin) {
		policy.AuthorizedPermissions = append(policy.AuthorizedPermissions, oidc.AdminPermission)
	}
	return policy
}

// OidcPolicyOf translates a policy that was read.
func OidcPolicyOf(p oidc.IssuerPolicy) OidcPolicy {
	return OidcPolicy{
		Decision: OidcDecision(p.Decision), TokenType: OidcTokenType(p.TokenType), Team: ptr.NonZero(p.TeamName), User: ptr.NonZero(p.UserLogin),
		Runner: ptr.NonZero(p.RunnerID), RoleID: ptr.NonZero(p.RoleID), Admin: ptr.NonZero(p.Admin()), Claims: p.Rules,
	}
}

// PullRequestsOptIn acknowledges that runs of pull requests get tokens.
const PullRequestsOptIn OptIn = "pullRequests"

// IssuerOptInsOf picks the opt-ins that are about the policies of issuers.
func IssuerOptInsOf(given []OptIn) oidc.IssuerOptIns {
	var all oidc.IssuerOptIns
	for _, one := range given {
		all.TokenWithoutRole = all.TokenWithoutRole || one == "tokenWithoutRole"
		all.BareWildcardSubject = all.BareWildcardSubject || one == "bareWildcardSubject"
		all.WildcardInClaim = all.WildcardInClaim || one == "wildcardInClaim"
	}
	return all
}
