package aws

import (
	"github.com/pulumi/esc"
	"github.com/pulumi/esc/schema"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/clouds"
)

// store is one of the ESC providers that read from a store of AWS: aws-secrets and aws-parameter-store. See
// https://www.pulumi.com/docs/esc/providers/secrets/aws-secrets/ and
// https://www.pulumi.com/docs/esc/providers/secrets/aws-parameter-store/.
type store struct {
	cloud    *Cloud
	inputs   func() schema.BuilderMap // of one entry of get
	required string
	read     func(c *Cloud, caller principal, region string, entry map[string]esc.Value) (string, error)
}

func stores(cloud *Cloud) map[string]clouds.Opener {
	secrets := store{cloud: cloud, required: "secretId", read: readSecret}
	secrets.inputs = func() schema.BuilderMap {
		return schema.BuilderMap{"secretId": schema.String(), "versionId": schema.String(), "versionStage": schema.String()}
	}
	parameters := store{cloud: cloud, required: "name", read: readParameter}
	parameters.inputs = func() schema.BuilderMap {
		return schema.BuilderMap{"name": schema.String(), "decrypt": schema.Boolean()}
	}
	return map[string]clouds.Opener{"aws-secrets": secrets, "aws-parameter-store": parameters}
}

func readSecret(c *Cloud, caller principal, region string, entry map[string]esc.Value) (string, error) {
	return c.secretValue(caller, region, clouds.Text(entry, "secretId"))
}

func readParameter(c *Cloud, caller principal, region string, entry map[string]esc.Value) (string, error) {
	decrypt, _ := entry["decrypt"].Value.(bool)
	value, _, err := c.parameterValue(caller, region, clouds.Text(entry, "name"), decrypt)
	return value, err
}

// Schema implements [clouds.Opener].
func (s store) Schema() (inputs, outputs *schema.Schema) {
	return clouds.StoreSchema("get", s.inputs(), s.required, schema.BuilderMap{
		"region": schema.String(), "login": schema.Object().Properties(credentialInputs()),
	})
}

// Open implements [clouds.Opener].
func (s store) Open(inputs map[string]esc.Value, _ esc.EnvExecContext) (esc.Value, error) {
	login, _ := clouds.Object(inputs, "login")
	caller, err := s.cloud.authenticate(credentialsOf(login))
	if err == nil {
		err = caller.in(clouds.Text(inputs, "region"))
	}
	if err != nil {
		return esc.Value{}, err
	}
	get, _ := clouds.Object(inputs, "get")
	return clouds.Entries("get", get, s.inputs(), func(entry map[string]esc.Value) (string, error) {
		return s.read(s.cloud, caller, clouds.Text(inputs, "region"), entry)
	})
}
