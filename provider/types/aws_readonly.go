package types

import "github.com/pulumi/pulumi-go-provider/infer"

// AwsReadOnlyPolicy is a policy of AWS's by which things can be looked at and not changed.
type AwsReadOnlyPolicy string

// The policies; see https://docs.aws.amazon.com/aws-managed-policy/latest/reference/ReadOnlyAccess.html and
// https://docs.aws.amazon.com/aws-managed-policy/latest/reference/ViewOnlyAccess.html.
const (
	AWSReadOnlyAccess AwsReadOnlyPolicy = "ReadOnlyAccess"
	AWSViewOnlyAccess AwsReadOnlyPolicy = "ViewOnlyAccess"
)

// Values lists the policies.
func (AwsReadOnlyPolicy) Values() []infer.EnumValue[AwsReadOnlyPolicy] {
	return []infer.EnumValue[AwsReadOnlyPolicy]{
		{Name: "ReadOnlyAccess", Value: AWSReadOnlyAccess, Description: "See all resources and what is in them: it includes reading objects in buckets and items in tables."},
		{Name: "ViewOnlyAccess", Value: AWSViewOnlyAccess, Description: "See that resources exist and how they are set up, not the data in them."},
	}
}

// Known reports whether it is one of the policies.
func (p AwsReadOnlyPolicy) Known() bool { return p == AWSReadOnlyAccess || p == AWSViewOnlyAccess }

// ARN is the policy's name in a partition, one of those of package arn.
func (p AwsReadOnlyPolicy) ARN(partition string) string {
	if p == AWSViewOnlyAccess {
		return "arn:" + partition + ":iam::aws:policy/job-function/" + string(p)
	}
	return "arn:" + partition + ":iam::aws:policy/" + string(p)
}
