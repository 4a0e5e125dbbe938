package arn_test

import (
	"regexp"
	"slices"
	"testing"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/arn"
)

func TestPartitions(t *testing.T) {
	t.Parallel()
	want := []string{"aws", "aws-cn", "aws-us-gov", "aws-eusc", "aws-iso", "aws-iso-b", "aws-iso-e", "aws-iso-f"}
	if got := arn.Partitions(); !slices.Equal(got, want) {
		t.Fatalf("got %q, want %q", got, want)
	}
	prefix := regexp.MustCompile("^" + arn.Prefix)
	for _, partition := range want {
		text := "arn:" + partition + ":iam::123456789012:role/x"
		if arn.Partition(text) != partition || prefix.FindStringSubmatch(text)[1] != partition {
			t.Errorf("%s is read as %q", text, arn.Partition(text))
		}
	}
	for _, text := range []string{"", "aws", "arn:aws", "arn:awsx:iam::1:role/x", "arn:aws-:iam:", "ARN:aws:iam:"} {
		if arn.Partition(text) != "" || prefix.MatchString(text) {
			t.Errorf("%s is read as %q", text, arn.Partition(text))
		}
	}
}
