package types

import (
	"github.com/pulumi/pulumi-go-provider/infer"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/esc"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/stores"
)

const regionHelp = "The region of AWS, such as `eu-west-1`."

// AWSSecretsManager is what is read from AWS Secrets Manager.
type AWSSecretsManager struct {
	Region  string               `pulumi:"region"`
	Get     map[string]AWSSecret `pulumi:"get"`
	KMSKeys []string             `pulumi:"kmsKeyArns,optional" list:"set"`
}

// Annotate describes the store.
func (v *AWSSecretsManager) Annotate(a infer.Annotator) {
	a.SetToken("index", "AwsSecretsManager")
	a.Describe(v, "Secrets of AWS Secrets Manager, read when the environment is opened.")
	a.Describe(&v.Region, regionHelp)
	a.Describe(&v.Get, "The secrets, by the names that the environment gives them: `password` is read as `${aws.secrets.password}`.")
	a.Describe(&v.KMSKeys, "The ARNs of your own KMS keys that encrypt the secrets. The key of Secrets Manager itself, `aws/secretsmanager`, "+
		"needs none. Order makes no difference.")
}

// AWSSecret is one secret of AWS Secrets Manager.
type AWSSecret struct {
	SecretID     string  `pulumi:"secretId"`
	VersionID    *string `pulumi:"versionId,optional"`
	VersionStage *string `pulumi:"versionStage,optional"`
}

// Annotate describes the secret.
func (v *AWSSecret) Annotate(a infer.Annotator) {
	a.SetToken("index", "AwsSecret")
	a.Describe(v, "A secret of AWS Secrets Manager.")
	a.Describe(&v.SecretID, "The secret's name, or its whole ARN.")
	a.Describe(&v.VersionID, "The id of a version. Default: the version of `versionStage`.")
	a.Describe(&v.VersionStage, "The staging label of a version. Default: `AWSCURRENT`.")
}

// AWSParameterStore is what is read from AWS Systems Manager Parameter Store.
type AWSParameterStore struct {
	Region  string                  `pulumi:"region"`
	Get     map[string]AWSParameter `pulumi:"get"`
	KMSKeys []string                `pulumi:"kmsKeyArns,optional" list:"set"`
}

// Annotate describes the store.
func (v *AWSParameterStore) Annotate(a infer.Annotator) {
	a.SetToken("index", "AwsParameterStore")
	a.Describe(v, "Parameters of AWS Systems Manager Parameter Store, read when the environment is opened.")
	a.Describe(&v.Region, regionHelp)
	a.Describe(&v.Get, "The parameters, by the names that the environment gives them: `host` is read as `${aws.parameters.host}`.")
	a.Describe(&v.KMSKeys, "The ARNs of your own KMS keys that encrypt the parameters which are decrypted. The key of Parameter Store itself, "+
		"`aws/ssm`, needs none. Order makes no difference.")
}

// AWSParameter is one parameter of Parameter Store.
type AWSParameter struct {
	Name    string `pulumi:"name"`
	Decrypt *bool  `pulumi:"decrypt,optional"`
}

// Annotate describes the parameter.
func (v *AWSParameter) Annotate(a infer.Annotator) {
	a.SetToken("index", "AwsParameter")
	a.Describe(v, "A parameter of Parameter Store.")
	a.Describe(&v.Name, "The parameter's name, such as `/payments/host`, and after a colon a version or a label if it is not the latest.")
	a.Describe(&v.Decrypt, "Whether to decrypt the value, which a `SecureString` needs. Default: false.")
}

// Permissions is what the policy of the identity has to allow.
func (v AWSSecretsManager) Permissions() *stores.AWSSecrets {
	ids := make(map[string]string, len(v.Get))
	for name, secret := range v.Get {
		ids[name] = secret.SecretID
	}
	return &stores.AWSSecrets{Region: v.Region, IDs: ids, KMSKeys: v.KMSKeys}
}

// Store is how the environment reads the secrets.
func (v AWSSecretsManager) Store() esc.Store {
	get := make(map[string]any, len(v.Get))
	for name, secret := range v.Get {
		entry := map[string]any{"secretId": secret.SecretID}
		put(entry, "versionId", secret.VersionID)
		put(entry, "versionStage", secret.VersionStage)
		get[name] = entry
	}
	return esc.Store{Cloud: "aws", Name: "secrets", Provider: "aws-secrets", Inputs: map[string]any{"region": v.Region, "get": get}}
}

// Permissions is what the policy of the identity has to allow.
func (v AWSParameterStore) Permissions() *stores.AWSParameters {
	names := make(map[string]string, len(v.Get))
	for name, parameter := range v.Get {
		names[name] = parameter.Name
	}
	return &stores.AWSParameters{Region: v.Region, Names: names, KMSKeys: v.KMSKeys}
}

// Store is how the environment reads the parameters.
func (v AWSParameterStore) Store() esc.Store {
	get := make(map[string]any, len(v.Get))
	for name, parameter := range v.Get {
		entry := map[string]any{"name": parameter.Name}
		put(entry, "decrypt", parameter.Decrypt)
		get[name] = entry
	}
	return esc.Store{Cloud: "aws", Name: "parameters", Provider: "aws-parameter-store", Inputs: map[string]any{"region": v.Region, "get": get}}
}

func put[T any](object map[string]any, key string, value *T) {
	if value != nil {
		object[key] = *value
	}
}
