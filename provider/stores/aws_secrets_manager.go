package stores

import (
	"github.com/pulumi/pulumi-go-provider/infer"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/esc"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/problem"
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

// Name is that of the block.
func (AWSSecretsManager) Name() string { return "awsSecretsManager" }

// ESC is how an environment reads the secrets.
func (v AWSSecretsManager) ESC() esc.Store {
	get := entries(v.Get, func(secret AWSSecret) map[string]any {
		entry := map[string]any{"secretId": secret.SecretID}
		put(entry, "versionId", secret.VersionID)
		put(entry, "versionStage", secret.VersionStage)
		return entry
	})
	return esc.Store{Cloud: "aws", Name: "secrets", Provider: "aws-secrets", Inputs: map[string]any{"region": v.Region, "get": get}}
}

// Check returns what AWS would refuse.
func (v AWSSecretsManager) Check(partition string) problem.List {
	return v.permissions().check(partition)
}

// Permit adds the secrets to what the policy allows to read.
func (v AWSSecretsManager) Permit(all *Permissions) { all.AWS.Secrets = v.permissions() }

// OneByOne is false: one policy allows all.
func (AWSSecretsManager) OneByOne() bool { return false }

func (v AWSSecretsManager) permissions() *AWSSecrets {
	ids := make(map[string]string, len(v.Get))
	for name, secret := range v.Get {
		ids[name] = secret.SecretID
	}
	return &AWSSecrets{Region: v.Region, IDs: ids, KMSKeys: v.KMSKeys}
}
