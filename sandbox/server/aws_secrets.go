package server

import (
	"context"
	"fmt"

	"github.com/pulumi/esc"
	"github.com/pulumi/esc/schema"
)

// awsStore is one of the ESC providers that read from a store of AWS: aws-secrets and aws-parameter-store. See
// https://www.pulumi.com/docs/esc/providers/secrets/aws-secrets/ and
// https://www.pulumi.com/docs/esc/providers/secrets/aws-parameter-store/.
type awsStore struct {
	name     string
	services func() awsServices
	inputs   func() schema.BuilderMap // of one entry of get
	required string
	read     func(s awsServices, caller awsCaller, region string, entry map[string]esc.Value) (string, error)
}

func awsStores(services func() awsServices) map[string]esc.Provider {
	secrets := awsStore{name: "aws-secrets", services: services, required: "secretId", read: readSecret}
	secrets.inputs = func() schema.BuilderMap {
		return schema.BuilderMap{"secretId": schema.String(), "versionId": schema.String(), "versionStage": schema.String()}
	}
	parameters := awsStore{name: "aws-parameter-store", services: services, required: "name", read: readParameter}
	parameters.inputs = func() schema.BuilderMap {
		return schema.BuilderMap{"name": schema.String(), "decrypt": schema.Boolean()}
	}
	return map[string]esc.Provider{secrets.name: secrets, parameters.name: parameters}
}

func readSecret(s awsServices, caller awsCaller, region string, entry map[string]esc.Value) (string, error) {
	return s.secretValue(caller, region, text(entry, "secretId"))
}

func readParameter(s awsServices, caller awsCaller, region string, entry map[string]esc.Value) (string, error) {
	decrypt, _ := entry["decrypt"].Value.(bool)
	value, _, err := s.parameterValue(caller, region, text(entry, "name"), decrypt)
	return value, err
}

// Schema implements [esc.Provider].
func (s awsStore) Schema() (inputs, outputs *schema.Schema) {
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
func (s awsStore) Open(_ context.Context, inputs map[string]esc.Value, _ esc.EnvExecContext) (esc.Value, error) {
	login, _ := object(inputs, "login")
	services := s.services()
	caller, err := services.caller(awsCredentials{
		AccessKeyID:     text(login, "accessKeyId"),
		SecretAccessKey: text(login, "secretAccessKey"),
		SessionToken:    text(login, "sessionToken"),
	})
	if err == nil {
		err = caller.in(text(inputs, "region"))
	}
	if err != nil {
		return esc.Value{}, fmt.Errorf("%s: %w", s.name, err)
	}
	get, _ := object(inputs, "get")
	values := map[string]esc.Value{}
	for _, name := range sortedKeys(get) {
		entry, _ := object(get, name)
		known := s.inputs()
		for _, key := range sortedKeys(entry) {
			if _, found := known[key]; !found {
				return esc.Value{}, fmt.Errorf("%s: get.%s: unknown input %q", s.name, name, key)
			}
		}
		value, err := s.read(services, caller, text(inputs, "region"), entry)
		if err != nil {
			return esc.Value{}, fmt.Errorf("%s: get.%s: %w", s.name, name, err)
		}
		values[name] = esc.NewSecret(value)
	}
	return esc.NewSecret(values), nil
}
