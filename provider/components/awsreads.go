package components

import (
	"fmt"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumix"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/arn"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/stores"
)

// awsReads are what is read from AWS's stores as text, nil for nothing.
func (s SecretStores) awsReads() *out[string] {
	return permissionsToRead(s, awsCloud{}.name(), func(needed stores.Permissions) (string, error) { return needed.AWS.Text() })
}

// awsReadsList are those reads as the only ones, nil for none.
func (s SecretStores) awsReadsList() out[[]string] {
	reads := s.awsReads()
	if reads == nil {
		return known[[]string](nil)
	}
	return pulumix.Apply(*reads, func(reads string) []string { return []string{reads} })
}

// awsPolicy allows to read exactly what is named, in the account of a role's OIDC provider.
func awsPolicy(reads out[[]string], providerARN out[string]) out[string] {
	return pulumix.Apply2Err(reads, providerARN, func(reads []string, provider string) (string, error) {
		partition, account, ok := arn.Account(provider)
		if !ok {
			return "", fmt.Errorf("%q names no account of AWS", provider)
		}
		return stores.AWSPolicyOf(reads, partition, account)
	})
}
