// Package stores writes what an identity needs to read named secrets from the stores of a cloud, and nothing else there.
// It does no I/O and knows nothing of Pulumi.
//
//	policy, err := stores.AWSPolicy(stores.AWS{
//		Account: "123456789012",
//		Secrets: &stores.AWSSecrets{Region: "eu-west-1", IDs: map[string]string{"password": "payments/db"}},
//	})
package stores
