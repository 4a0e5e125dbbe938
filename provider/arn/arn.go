// Package arn checks and builds the names of AWS: partitions, accounts, roles, policies and sessions. Build patterns for ARNs from
// [Prefix]. Each Bad function returns why a text is not one, and "" if it is.
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

// OfRegion is the partition that a region is in, by the beginning of its name; see
// https://docs.aws.amazon.com/whitepapers/latest/aws-fault-isolation-boundaries/partitions.html.
func OfRegion(region string) string {
	for _, one := range []struct{ prefix, partition string }{
		{"cn-", "aws-cn"}, {"us-gov-", "aws-us-gov"}, {"eusc-", "aws-eusc"}, {"us-iso-", "aws-iso"}, {"us-isob-", "aws-iso-b"},
		{"eu-isoe-", "aws-iso-e"}, {"us-isof-", "aws-iso-f"}, {"eu-isof-", "aws-iso-f"},
	} {
		if strings.HasPrefix(region, one.prefix) {
			return one.partition
		}
	}
	return Default
}

// Domain is the DNS suffix of a partition's services, as KMS names them.
func Domain(partition string) string {
	if domain, special := map[string]string{
		"aws-cn": "amazonaws.com.cn", "aws-eusc": "amazonaws.eu", "aws-iso": "c2s.ic.gov", "aws-iso-b": "sc2s.sgov.gov",
		"aws-iso-e": "cloud.adc-e.uk", "aws-iso-f": "csp.hci.ic.gov",
	}[partition]; special {
		return domain
	}
	return "amazonaws.com"
}
