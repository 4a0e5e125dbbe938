package types

import (
	"fmt"
	"time"

	"github.com/pulumi/pulumi-go-provider/infer"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/arn"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/problem"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/timetext"
)

// DeploymentOIDC is how a stack's deployments log in to clouds.
type DeploymentOIDC struct {
	AWS   *DeploymentAWS   `pulumi:"aws,optional"`
	Azure *DeploymentAzure `pulumi:"azure,optional"`
	GCP   *DeploymentGCP   `pulumi:"gcp,optional"`
}

// Annotate describes the configuration.
func (v *DeploymentOIDC) Annotate(a infer.Annotator) {
	a.SetToken("index", "DeploymentOidc")
	a.Describe(v, "The cloud logins of a stack's deployments. A cloud that is not named is not logged in to.")
	a.Describe(&v.AWS, "The login to AWS.")
	a.Describe(&v.Azure, "The login to Azure.")
	a.Describe(&v.GCP, "The login to Google Cloud.")
}

// Check returns what a cloud or Pulumi Cloud would refuse, with paths inside the configuration.
func (v DeploymentOIDC) Check() problem.List {
	var problems problem.List
	if v.AWS != nil {
		problems.AddUnder("aws", v.AWS.Check())
	}
	if v.Azure != nil {
		problems.AddUnder("azure", v.Azure.Check())
	}
	if v.GCP != nil {
		problems.AddUnder("gcp", v.GCP.Check())
	}
	return problems
}

// DeploymentAWS is the login of a stack's deployments to AWS.
type DeploymentAWS struct {
	RoleARN     string   `pulumi:"roleArn"`
	SessionName *string  `pulumi:"sessionName,optional"`
	Duration    *string  `pulumi:"duration,optional"`
	PolicyARNs  []string `pulumi:"policyArns,optional"`
}

// Annotate describes the login.
func (v *DeploymentAWS) Annotate(a infer.Annotator) {
	a.SetToken("index", "DeploymentAws")
	a.Describe(v, "A login to AWS by OIDC: deployments assume a role for a short time.")
	a.Describe(&v.RoleARN, "The ARN of the role that deployments assume. Its trust policy must admit the stack's deployments: see "+
		"the function `deploymentSubjects`.")
	a.Describe(&v.SessionName, "The name of the session, by which AWS CloudTrail shows who acted: at most 64 characters. It may "+
		"hold placeholders such as `${deployment.version}`, which Pulumi Cloud fills in. Default: `<project>-<stack>`.")
	a.Describe(&v.Duration, "How long the credentials live, from `15m` to `12h`, and no longer than the role's own limit. "+
		"Durations that mean the same, such as `1h` and `60m`, make no difference.")
	a.Describe(&v.PolicyARNs, "ARNs of IAM policies that narrow the session down further. Order makes no difference.")
}

// EnvironmentSessionName is the name of the AWS session of an environment's login: whoever opens the environment, whose login
// the service fills in. Which environment it is, the role and the token's subject say. AWS refuses a name past its limit and
// cuts nothing, and logins of machines have no published bound, so nothing more is put into it.
const EnvironmentSessionName = "pulumi-${context.pulumi.user.login}"

// Check returns what AWS or Pulumi Cloud would refuse, with paths inside the login.
func (v DeploymentAWS) Check() problem.List {
	var problems problem.List
	problems.AddReason("roleArn", arn.BadRole(v.RoleARN))
	if v.SessionName != nil {
		problems.AddReason("sessionName", arn.BadSessionName(*v.SessionName))
	}
	problems.AddReason("duration", v.badDuration())
	for i, policy := range v.PolicyARNs {
		problems.AddReason(fmt.Sprintf("policyArns[%d]", i), arn.BadPolicy(policy))
	}
	return problems
}

func (v DeploymentAWS) badDuration() string {
	if v.Duration == nil {
		return ""
	}
	d, err := timetext.ParseDuration(*v.Duration)
	switch {
	case err != nil:
		return err.Error()
	case d < arn.MinSession || d > arn.MaxSession:
		return fmt.Sprintf("%s is out of range: AWS sessions last from %s to %s",
			*v.Duration, timetext.FormatDuration(arn.MinSession), timetext.FormatDuration(arn.MaxSession))
	case d%time.Second != 0:
		return fmt.Sprintf("%s is not a whole number of seconds", *v.Duration)
	}
	return ""
}

// DeploymentPrevious is what a stack's deployment settings held before they were managed, so that a delete can put it
// back. OIDC configurations hold no secrets.
type DeploymentPrevious struct {
	Existed bool              `pulumi:"existed"`
	RoleID  *string           `pulumi:"roleId,optional"`
	OIDC    map[string]string `pulumi:"oidc,optional"`
}

// Annotate describes the record.
func (v *DeploymentPrevious) Annotate(a infer.Annotator) {
	a.Describe(v, "What a stack's deployment settings held before this resource was created; deleting it puts that back.")
	a.Describe(&v.Existed, "Whether the stack had deployment settings.")
	a.Describe(&v.RoleID, "The id of the role that was set.")
	a.Describe(&v.OIDC, "The OIDC configuration that was set: JSON text, by cloud.")
}
