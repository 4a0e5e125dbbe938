package stores

import (
	"github.com/pulumi/pulumi-go-provider/infer"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/esc"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/problem"
)

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

// Name is that of the block.
func (AWSParameterStore) Name() string { return "awsParameterStore" }

// ESC is how an environment reads the parameters.
func (v AWSParameterStore) ESC() esc.Store {
	get := entries(v.Get, func(parameter AWSParameter) map[string]any {
		entry := map[string]any{"name": parameter.Name}
		put(entry, "decrypt", parameter.Decrypt)
		return entry
	})
	return esc.Store{Cloud: "aws", Name: "parameters", Provider: "aws-parameter-store", Inputs: map[string]any{"region": v.Region, "get": get}}
}

// Check returns what AWS would refuse.
func (v AWSParameterStore) Check(partition string) problem.List {
	return v.permissions().check(partition)
}

// Permit adds the parameters to what the policy allows to read.
func (v AWSParameterStore) Permit(all *Permissions) { all.AWS.Parameters = v.permissions() }

// OneByOne is false: one policy allows all.
func (AWSParameterStore) OneByOne() bool { return false }

func (v AWSParameterStore) permissions() *AWSParameters {
	names := make(map[string]string, len(v.Get))
	for name, parameter := range v.Get {
		names[name] = parameter.Name
	}
	return &AWSParameters{Region: v.Region, Names: names, KMSKeys: v.KMSKeys}
}
