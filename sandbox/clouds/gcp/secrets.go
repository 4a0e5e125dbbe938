package gcp

import (
	"context"
	"fmt"

	"github.com/pulumi/esc"
	"github.com/pulumi/esc/schema"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/clouds"
)

// secrets is the ESC provider gcp-secrets, which reads from the Secret Manager of the login's project. See
// https://www.pulumi.com/docs/esc/integrations/dynamic-secrets/gcp-secrets/.
type secrets struct{ cloud *Cloud }

// secretInputs are the inputs of one entry of access.
func secretInputs() schema.BuilderMap {
	return schema.BuilderMap{"name": schema.String(), "version": schema.String()}
}

// Schema implements [esc.Provider].
func (secrets) Schema() (inputs, outputs *schema.Schema) {
	inputs = schema.Object().Properties(schema.BuilderMap{
		"login":  loginOutputs(),
		"access": schema.Object().AdditionalProperties(schema.Object().Properties(secretInputs()).Required("name")),
	}).Required("login", "access").Schema()
	return inputs, schema.Object().AdditionalProperties(schema.String()).Schema()
}

// Open implements [esc.Provider].
func (s secrets) Open(_ context.Context, inputs map[string]esc.Value, _ esc.EnvExecContext) (esc.Value, error) {
	login, _ := clouds.Object(inputs, "login")
	access, _ := clouds.Object(inputs, "access")
	values, err := clouds.Entries("access", access, secretInputs(), func(entry map[string]esc.Value) (string, error) {
		name := "projects/" + clouds.Text(login, "project") + "/secrets/" + clouds.Text(entry, "name")
		return s.cloud.accessSecret(clouds.Text(login, "accessToken"), name, clouds.Text(entry, "version"))
	})
	if err != nil {
		return esc.Value{}, fmt.Errorf("gcp-secrets: %w", err)
	}
	return values, nil
}
