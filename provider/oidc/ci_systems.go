package oidc

import (
	"cmp"
	"fmt"
	"regexp"
	"strings"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/arn"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/problem"
)

// Issuers of the systems of this file that are one for everybody, and the one audience of tokens of Azure DevOps, which pipelines
// cannot choose.
const (
	BuildkiteIssuer     = "https://agent.buildkite.com"
	azureDevOpsAudience = "api://AzureADTokenExchange"
	circleProject       = `"` + circleClaims + `/project-id"`
	circleContexts      = `"` + circleClaims + `/context-ids"`
	circleRef           = `"` + circleClaims + `/vcs-ref"`
)

// Audience is the audience of a system's tokens that are exchanged for one of the organization's: the exchange's own, where the
// system lets a job ask for it.
func (s WorkloadSystem) Audience(organization string) string {
	if s == AzureDevOps {
		return azureDevOpsAudience
	}
	return ExchangeAudience(organization)
}

var (
	uuidPattern = regexp.MustCompile(`^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$`)
	slugPattern = regexp.MustCompile(`^[a-z0-9][a-z0-9-]*$`)
	roleARN     = regexp.MustCompile(`^` + arn.Prefix + `iam::[0-9]{12}:role/[A-Za-z0-9_+=,.@/-]+$`)
)

// AWSRole is a role of AWS whose workloads are trusted by outbound identity federation: the issuer is the account's, and the subject
// the role's ARN, whatever assumes the role. AWS has no id of the role in these tokens: another role that is created under the same
// name is admitted as well. See
// https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_outbound_token_claims.html.
type AWSRole struct{ RoleARN string }

// Pins implements [CISource].
func (r AWSRole) Pins(p Pinning) ([]CIPin, error) {
	var wrong problem.List
	switch {
	case !roleARN.MatchString(r.RoleARN):
		wrong.AddReason("roleArn", fmt.Sprintf("%q is not the ARN of an IAM role, which looks like arn:aws:iam::123456789012:role/NAME; a session's "+
			"ARN is not in the token", r.RoleARN))
	case HasClaimWildcard(r.RoleARN) && !p.Wildcards:
		wrong.AddReason("roleArn", wildcardReason(r.RoleARN, "Use a role without a dot in its name, "))
	}
	return []CIPin{subjectPin(r.RoleARN, nil)}, wrong.Err()
}

// AzurePipeline is a pipeline of Azure DevOps whose runs are trusted, on one of the branches or tags. The ids stay with a project and
// its pipeline for ever; the subject is made of names. See
// https://learn.microsoft.com/azure/devops/pipelines/release/configure-workload-identity.
type AzurePipeline struct {
	Organization string
	Project      string
	Pipeline     string
	ProjectID    string
	PipelineID   string
	Branches     []string
	Tags         []string
}

// Pins implements [CISource]: by the ids where both are given, else by the subject `p://organization/project/pipeline`.
func (a AzurePipeline) Pins(p Pinning) ([]CIPin, error) {
	var wrong problem.List
	byID := a.ProjectID != "" || a.PipelineID != ""
	always := map[string]string{"prj_id": a.ProjectID, "def_id": a.PipelineID}
	if byID {
		wrong.AddReason("projectId", badUUID("project", a.ProjectID))
		wrong.AddReason("pipelineId", badNumber("pipeline", cmp.Or(a.PipelineID, "none")))
	} else {
		always = map[string]string{subjectClaim: "p://" + a.Organization + "/" + a.Project + "/" + a.Pipeline}
		for _, part := range []struct{ property, value string }{{"organization", a.Organization}, {"project", a.Project}, {"pipeline", a.Pipeline}} {
			switch {
			case part.value == "" || strings.Contains(part.value, "/"):
				wrong.AddReason(part.property, fmt.Sprintf("%q is not a name: give organization, project and pipeline, or projectId and pipelineId", part.value))
			case HasClaimWildcard(part.value) && !p.Wildcards:
				wrong.AddReason(part.property, wildcardReason(part.value, "Give projectId and pipelineId, "))
			}
		}
	}
	pins := placed(&wrong, p, always, "Pin it with branches or tags",
		places{"branches", "branch", a.Branches, inClaim("rpo_ref", "refs/heads/")},
		places{"tags", "tag", a.Tags, inClaim("rpo_ref", "refs/tags/")})
	return pins, wrong.Err()
}

// BitbucketRepository is a repository of Bitbucket Cloud whose pipelines are trusted, on one of the branches or in one of the
// deployment environments. All of it is named by ids, which stay for ever. See
// https://support.atlassian.com/bitbucket-cloud/docs/integrate-pipelines-with-resource-servers-using-oidc/.
type BitbucketRepository struct {
	RepositoryUUID string
	Branches       []string
	Environments   []string // ids
}

// Pins implements [CISource]. The subject holds the id of each step, so that claims are pinned in its place.
func (b BitbucketRepository) Pins(p Pinning) ([]CIPin, error) {
	var wrong problem.List
	wrong.AddReason("repositoryUuid", badUUID("repository", unbraced(b.RepositoryUUID)))
	for i, environment := range b.Environments {
		wrong.AddReason(fmt.Sprintf("environments[%d]", i), badUUID("environment", unbraced(environment)))
	}
	pins := placed(&wrong, p, map[string]string{"repositoryUuid": braced(b.RepositoryUUID)}, "Pin it with branches or environments",
		places{"branches", "branch", b.Branches, inClaim("branchName", "")},
		places{"environments", "environment", b.Environments, func(id string) map[string]string {
			return map[string]string{"deploymentEnvironmentUuid": braced(id)}
		}})
	return pins, wrong.Err()
}

// BuildkitePipeline is a pipeline of Buildkite whose builds are trusted, of one of the branches or tags. The ids stay with an
// organization and its pipeline for ever, and are in the token where the job asks for them. See
// https://buildkite.com/docs/pipelines/security/oidc.
type BuildkitePipeline struct {
	Organization   string // slug
	Pipeline       string // slug
	OrganizationID string
	PipelineID     string
	Branches       []string
	Tags           []string
}

// Pins implements [CISource]. A job chooses which claim its subject is made of, so that claims are pinned in its place.
func (b BuildkitePipeline) Pins(p Pinning) ([]CIPin, error) {
	var wrong problem.List
	always := map[string]string{"organization_slug": b.Organization, "pipeline_slug": b.Pipeline}
	if b.OrganizationID != "" || b.PipelineID != "" {
		always = map[string]string{"organization_id": b.OrganizationID, "pipeline_id": b.PipelineID}
		wrong.AddReason("organizationId", badUUID("organization", b.OrganizationID))
		wrong.AddReason("pipelineId", badUUID("pipeline", b.PipelineID))
	} else {
		for _, part := range []struct{ property, value string }{{"organization", b.Organization}, {"pipeline", b.Pipeline}} {
			if !slugPattern.MatchString(part.value) {
				wrong.AddReason(part.property, fmt.Sprintf("%q is not a slug, as it stands in the URL of a pipeline: give organization and pipeline, or "+
					"organizationId and pipelineId", part.value))
			}
		}
	}
	pins := placed(&wrong, p, always, "Pin it with branches or tags",
		places{"branches", "branch", b.Branches, inClaim("build_branch", "")},
		places{"tags", "tag", b.Tags, inClaim("build_tag", "")})
	return pins, wrong.Err()
}

// CircleProject is a project of CircleCI whose jobs are trusted, on one of the branches or tags, or with one of the contexts, which can be
// restricted to people and branches. All of it is named by ids, which stay for ever. See
// https://circleci.com/docs/openid-connect-tokens/.
type CircleProject struct {
	ProjectID string
	Branches  []string
	Tags      []string
	Contexts  []string // ids
}

// Pins implements [CISource]. The subject holds who started the job, so that claims are pinned in its place.
func (c CircleProject) Pins(p Pinning) ([]CIPin, error) {
	var wrong problem.List
	wrong.AddReason("projectId", badUUID("project", c.ProjectID))
	for i, context := range c.Contexts {
		wrong.AddReason(fmt.Sprintf("contexts[%d]", i), badUUID("context", context))
	}
	pins := placed(&wrong, p, map[string]string{circleProject: c.ProjectID}, "Pin it with branches, tags or contexts",
		places{"branches", "branch", c.Branches, inClaim(circleRef, "refs/heads/")},
		places{"tags", "tag", c.Tags, inClaim(circleRef, "refs/tags/")},
		places{"contexts", "context", c.Contexts, inClaim(circleContexts, "")})
	return pins, wrong.Err()
}

// places are the values of one property that says where jobs run.
type places struct {
	property, what string
	values         []string
	claims         func(value string) map[string]string
}

// inClaim is a claim that holds the value behind a prefix.
func inClaim(claim, prefix string) func(value string) map[string]string {
	return func(value string) map[string]string { return map[string]string{claim: prefix + value} }
}

// placed is a pin for each place, with the claims that all of them have. Without a place everything is trusted, which is refused
// unless it is acknowledged.
func placed(wrong *problem.List, p Pinning, always map[string]string, fix string, kinds ...places) []CIPin {
	var pins []CIPin
	add := func(claims map[string]string) {
		claims = with(always, claims)
		pins = append(pins, CIPin{Subject: claims[subjectClaim], Claims: claims})
	}
	for _, kind := range kinds {
		for i, value := range kind.values {
			wrong.AddReason(fmt.Sprintf("%s[%d]", kind.property, i), p.bad(kind.what, value))
			add(kind.claims(value))
		}
	}
	if len(pins) == 0 {
		wrong.AddReason("", p.unpinned(fix))
		add(nil)
	}
	return pins
}

func badUUID(what, id string) string {
	if uuidPattern.MatchString(id) {
		return ""
	}
	return fmt.Sprintf("%q is not the id of a %s, which looks like 0a1b2c3d-1111-4222-8333-444455556666", id, what)
}

// Bitbucket writes ids in braces.
func unbraced(id string) string { return strings.TrimSuffix(strings.TrimPrefix(id, "{"), "}") }
func braced(id string) string   { return "{" + unbraced(id) + "}" }
