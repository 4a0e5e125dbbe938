package cloudlogin

import (
	"fmt"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumix"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/arn"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/components/kit"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/stores"
)

// AWSReads are what is read from AWS's stores as text, nil for nothing.
func (s SecretStores) AWSReads() *kit.Out[string] {
	return permissionsToRead(s, awsCloud{}.Name(), func(needed stores.Permissions) (string, error) { return needed.AWS.Text() })
}

// AWSReadsList are these reads as a list of one, nil for nothing.
func (s SecretStores) AWSReadsList() kit.Out[[]string] {
	reads := s.AWSReads()
	if reads == nil {
		return kit.Known[[]string](nil)
	}
	return pulumix.Apply(*reads, func(reads string) []string { return []string{reads} })
}

// AWSPolicy allows to read exactly what is named, in the account of a role's OIDC provider.
func AWSPolicy(reads kit.Out[[]string], providerARN kit.Out[string]) kit.Out[string] {
	return pulumix.Apply2Err(reads, providerARN, func(reads []string, provider string) (string, error) {
		partition, account, ok := arn.Account(provider)
		if !ok {
			return "", fmt.Errorf("%q names no account of AWS", provider)
		}
		return stores.AWSPolicyOf(reads, partition, account)
	})
}
