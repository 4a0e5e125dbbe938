// Package arn knows the partitions of AWS, in which every ARN begins. Build patterns for ARNs from [Prefix].
package arn

import (
	"slices"
	"strings"
)

// Default is the partition of AWS's ordinary regions.
const Default = "aws"

// Prefix is a regular expression for the beginning of an ARN up to the service; its one group is the partition. See
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference-arns.html.
const Prefix = `arn:(aws|aws-cn|aws-us-gov|aws-eusc|aws-iso|aws-iso-b|aws-iso-e|aws-iso-f):`

// Partitions lists the partitions that [Prefix] takes.
func Partitions() []string {
	return strings.Split(strings.Trim(strings.TrimPrefix(Prefix, "arn:"), "():"), "|")
}

// Partition is the partition that an ARN names, or "" when it names none of AWS's.
func Partition(arn string) string {
	parts := strings.SplitN(arn, ":", 3)
	if len(parts) < 3 || parts[0] != "arn" || !slices.Contains(Partitions(), parts[1]) {
		return ""
	}
	return parts[1]
}
