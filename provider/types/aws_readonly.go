package types

import "github.com/pulumi/pulumi-go-provider/infer"

// AWSReadOnlyPolicy is a policy of AWS's by which things can be looked at and not changed.
type AWSReadOnlyPolicy string

// The policies; see https://docs.aws.amazon.com/aws-managed-policy/latest/reference/ReadOnlyAccess.html and
// https://docs.aws.amazon.com/aws-managed-policy/latest/reference/ViewOnlyAccess.html.
const (
	AWSReadOnlyAccess AWSReadOnlyPolicy = "ReadOnlyAccess"
	AWSViewOnlyAccess AWSReadOnlyPolicy = "ViewOnlyAccess"
)

// Values lists the policies.
func (AWSReadOnlyPolicy) Values() []infer.EnumValue[AWSReadOnlyPolicy] {
	return []infer.EnumValue[AWSReadOnlyPolicy]{
		{Name: "ReadOnlyAccess", Value: AWSReadOnlyAccess, Description: "See all resources and what is in them: it includes reading objects in buckets and items in tables."},
		{Name: "ViewOnlyAccess", Value: AWSViewOnlyAccess, Description: "See that resources exist and how they are set up, not the data in them."},
	}
}

// Known reports whether it is one of the policies.
func (p AWSReadOnlyPolicy) Known() bool { return p == AWSReadOnlyAccess || p == AWSViewOnlyAccess }

// ARN is the policy's name in a partition: aws, aws-cn or aws-us-gov.
func (p AWSReadOnlyPolicy) ARN(partition string) string {
	if p == AWSViewOnlyAccess {
		return "arn:" + partition + ":iam::aws:policy/job-function/" + string(p)
	}
	return "arn:" + partition + ":iam::aws:policy/" + string(p)
}
