package aws

import (
	"context"
	"fmt"

	"github.com/pulumi/esc"
	"github.com/pulumi/esc/schema"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/clouds"
)

// store is one of the ESC providers that read from a store of AWS: aws-secrets and aws-parameter-store. See
// https://www.pulumi.com/docs/esc/providers/secrets/aws-secrets/ and
// https://www.pulumi.com/docs/esc/providers/secrets/aws-parameter-store/.
type store struct {
	name     string
	cloud    *Cloud
	inputs   func() schema.BuilderMap // of one entry of get
	required string
	read     func(c *Cloud, caller principal, region string, entry map[string]esc.Value) (string, error)
}

func stores(cloud *Cloud) map[string]esc.Provider {
	secrets := store{name: "aws-secrets", cloud: cloud, required: "secretId", read: readSecret}
	secrets.inputs = func() schema.BuilderMap {
		return schema.BuilderMap{"secretId": schema.String(), "versionId": schema.String(), "versionStage": schema.String()}
	}
	parameters := store{name: "aws-parameter-store", cloud: cloud, required: "name", read: readParameter}
	parameters.inputs = func() schema.BuilderMap {
		return schema.BuilderMap{"name": schema.String(), "decrypt": schema.Boolean()}
	}
	return map[string]esc.Provider{secrets.name: secrets, parameters.name: parameters}
}

func readSecret(c *Cloud, caller principal, region string, entry map[string]esc.Value) (string, error) {
	return c.secretValue(caller, region, clouds.Text(entry, "secretId"))
}

func readParameter(c *Cloud, caller principal, region string, entry map[string]esc.Value) (string, error) {
	decrypt, _ := entry["decrypt"].Value.(bool)
	value, _, err := c.parameterValue(caller, region, clouds.Text(entry, "name"), decrypt)
	return value, err
}

// Schema implements [esc.Provider].
func (s store) Schema() (inputs, outputs *schema.Schema) {
	login := schema.Object().Properties(schema.BuilderMap{
		"accessKeyId":     schema.String(),
		"secretAccessKey": schema.String(),
		"sessionToken":    schema.String(),
	})
	inputs = schema.Object().Properties(schema.BuilderMap{
		"region": schema.String(),
		"login":  login,
		"get":    schema.Object().AdditionalProperties(schema.Object().Properties(s.inputs()).Required(s.required)),
	}).Required("region", "login", "get").Schema()
	return inputs, schema.Object().AdditionalProperties(schema.String()).Schema()
}

// Open implements [esc.Provider].
func (s store) Open(_ context.Context, inputs map[string]esc.Value, _ esc.EnvExecContext) (esc.Value, error) {
	login, _ := clouds.Object(inputs, "login")
	caller, err := s.cloud.authenticate(Credentials{
		AccessKeyID:     clouds.Text(login, "accessKeyId"),
		SecretAccessKey: clouds.Text(login, "secretAccessKey"),
		SessionToken:    clouds.Text(login, "sessionToken"),
	})
	if err == nil {
		err = caller.in(clouds.Text(inputs, "region"))
	}
	if err != nil {
		return esc.Value{}, fmt.Errorf("%s: %w", s.name, err)
	}
	get, _ := clouds.Object(inputs, "get")
	values, err := clouds.Entries("get", get, s.inputs(), func(entry map[string]esc.Value) (string, error) {
		return s.read(s.cloud, caller, clouds.Text(inputs, "region"), entry)
	})
	if err != nil {
		return esc.Value{}, fmt.Errorf("%s: %w", s.name, err)
	}
	return values, nil
}
