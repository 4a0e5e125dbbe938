package server

import (
	"context"
	"fmt"

	"github.com/pulumi/esc"
	"github.com/pulumi/esc/schema"
)

// gcpSecrets is the ESC provider gcp-secrets, which reads from the Secret Manager of the login's project. See
// https://www.pulumi.com/docs/esc/integrations/dynamic-secrets/gcp-secrets/.
type gcpSecrets struct{ sts gcpSTS }

// gcpSecretInputs are the inputs of one entry of access.
func gcpSecretInputs() schema.BuilderMap {
	return schema.BuilderMap{"name": schema.String(), "version": schema.String()}
}

// Schema implements [esc.Provider].
func (gcpSecrets) Schema() (inputs, outputs *schema.Schema) {
	inputs = schema.Object().Properties(schema.BuilderMap{
		"login":  gcpLoginOutputs(),
		"access": schema.Object().AdditionalProperties(schema.Object().Properties(gcpSecretInputs()).Required("name")),
	}).Required("login", "access").Schema()
	return inputs, schema.Object().AdditionalProperties(schema.String()).Schema()
}

// Open implements [esc.Provider].
func (s gcpSecrets) Open(_ context.Context, inputs map[string]esc.Value, _ esc.EnvExecContext) (esc.Value, error) {
	login, _ := object(inputs, "login")
	access, _ := object(inputs, "access")
	values := map[string]esc.Value{}
	for _, key := range sortedKeys(access) {
		entry, _ := object(access, key)
		known := gcpSecretInputs()
		for _, input := range sortedKeys(entry) {
			if _, found := known[input]; !found {
				return esc.Value{}, fmt.Errorf("gcp-secrets: access.%s: unknown input %q", key, input)
			}
		}
		name := "projects/" + text(login, "project") + "/secrets/" + text(entry, "name")
		value, err := s.sts.accessSecret(text(login, "accessToken"), name, text(entry, "version"))
		if err != nil {
			return esc.Value{}, fmt.Errorf("gcp-secrets: access.%s: %w", key, err)
		}
		values[key] = esc.NewSecret(value)
	}
	return esc.NewSecret(values), nil
}
