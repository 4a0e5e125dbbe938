// Package stores holds the stores of secrets that environments read from: AWS Secrets Manager, AWS Parameter Store, Azure Key
// Vault and Google Secret Manager. Each implements [Store]: its block among the inputs, how ESC reads from it, what its cloud
// would refuse, and what an identity needs to read exactly what is named, and nothing else there. It does no I/O.
//
//	needed := stores.PermissionsFor([]stores.Store{stores.AWSSecretsManager{
//		Region: "eu-west-1",
//		Get:    map[string]stores.AWSSecret{"password": {SecretID: "payments/db"}},
//	}})
//	needed.AWS.Account = "123456789012"
//	policy, err := stores.AWSPolicy(needed.AWS)
package stores
