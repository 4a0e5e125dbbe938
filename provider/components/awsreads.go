package components

import (
	"encoding/json"
	"fmt"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumix"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/arn"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/stores"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/types"
)

// awsReadsList are those reads as the only ones, nil for none.
func (s SecretStores) awsReadsList() out[[]string] {
	reads := s.awsReads()
	if reads == nil {
		return known[[]string](nil)
	}
	return pulumix.Apply(*reads, func(reads string) []string { return []string{reads} })
}

// awsReads are what is read from AWS's stores as text, nil for nothing.
func (s SecretStores) awsReads() *out[string] {
	if !s.usesAWS() {
		return nil
	}
	reads := pulumix.Apply2Err(maybe(s.AWSSecretsManager), maybe(s.AWSParameterStore),
		func(secrets *types.AWSSecretsManager, parameters *types.AWSParameterStore) (string, error) {
			read := stores.AWS{}
			if secrets != nil {
				read.Secrets = secrets.Permissions()
			}
			if parameters != nil {
				read.Parameters = parameters.Permissions()
			}
			text, err := json.Marshal(read)
			return string(text), err
		})
	return &reads
}

// awsPolicy allows to read exactly what is named, in the account of a role's OIDC provider.
func awsPolicy(reads out[[]string], providerARN out[string]) out[string] {
	return pulumix.Apply2Err(reads, providerARN, writeAWSPolicy)
}

func writeAWSPolicy(reads []string, provider string) (string, error) {
	partition, account, ok := arn.Account(provider)
	if !ok {
		return "", fmt.Errorf("%q names no account of AWS", provider)
	}
	all := make([]stores.AWS, len(reads))
	for i, one := range reads {
		if err := json.Unmarshal([]byte(one), &all[i]); err != nil {
			return "", err
		}
		all[i].Partition, all[i].Account = partition, account
	}
	return stores.AWSPolicyFor(all)
}
