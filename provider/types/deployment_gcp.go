package types

import (
	"fmt"
	"regexp"

	"github.com/pulumi/pulumi-go-provider/infer"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/googleid"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/problem"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/timetext"
)

// DeploymentGCP is the login of a stack's deployments to Google Cloud.
type DeploymentGCP struct {
	ProjectID      string  `pulumi:"projectId"`
	WorkloadPoolID string  `pulumi:"workloadPoolId"`
	ProviderID     string  `pulumi:"providerId"`
	ServiceAccount string  `pulumi:"serviceAccount"`
	Region         *string `pulumi:"region,optional"`
	TokenLifetime  *string `pulumi:"tokenLifetime,optional"`
}

// Annotate describes the login.
func (v *DeploymentGCP) Annotate(a infer.Annotator) {
	a.SetToken("index", "DeploymentGcp")
	a.Describe(v, "A login to Google Cloud by OIDC: deployments act as a service account for a short time.")
	a.Describe(&v.ProjectID, "The number of the project that holds the workload identity pool, such as `123456789012`; not the project's id.")
	a.Describe(&v.WorkloadPoolID, "The id of the workload identity pool, such as `pulumi`.")
	a.Describe(&v.ProviderID, "The id of the pool's provider, such as `payments-prod`. Its condition must admit the stack's deployments: "+
		"see the functions `deploymentSubjects` and `gcpWorkloadIdentity`.")
	a.Describe(&v.ServiceAccount, "The email address of the service account that deployments act as.")
	a.Describe(&v.Region, "The location of the workload identity pool. Google's pools are in `global`, the default.")
	a.Describe(&v.TokenLifetime, "How long the credentials live, up to `12h`. Default: `1h`, which is also the most that Google allows "+
		"unless the organization policy `iam.allowServiceAccountCredentialLifetimeExtension` names the service account. "+
		"Durations that mean the same make no difference.")
}

var gcpLocation = regexp.MustCompile(`^[a-z][a-z0-9-]*$`)

// Check returns what Google or Pulumi Cloud would refuse, with paths inside the login.
func (v DeploymentGCP) Check() problem.List {
	var problems problem.List
	problems.AddReason("projectId", googleid.BadProject(v.ProjectID))
	problems.AddReason("workloadPoolId", googleid.BadPoolID(v.WorkloadPoolID))
	problems.AddReason("providerId", googleid.BadPoolID(v.ProviderID))
	problems.AddReason("serviceAccount", googleid.BadServiceAccount(v.ServiceAccount))
	if v.Region != nil && !gcpLocation.MatchString(*v.Region) {
		problems.AddReason("region", fmt.Sprintf("%q is not a location of Google's, such as global: leave it out for global", *v.Region))
	}
	if v.TokenLifetime != nil {
		problems.AddReason("tokenLifetime", v.badLifetime())
	}
	return problems
}

func (v DeploymentGCP) badLifetime() string {
	d, err := timetext.ParseDuration(*v.TokenLifetime)
	if err != nil {
		return err.Error()
	}
	return googleid.BadLifetime(d)
}
