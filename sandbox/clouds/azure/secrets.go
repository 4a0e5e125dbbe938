package azure

import (
	"context"
	"fmt"

	"github.com/pulumi/esc"
	"github.com/pulumi/esc/schema"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/clouds"
)

// secrets is the ESC provider azure-secrets, which reads from a Key Vault. See
// https://www.pulumi.com/docs/esc/providers/secrets/azure-secrets/.
type secrets struct{ cloud *Cloud }

// secretInputs are the inputs of one entry of get.
func secretInputs() schema.BuilderMap {
	return schema.BuilderMap{"name": schema.String(), "version": schema.String()}
}

// Schema implements [esc.Provider].
func (secrets) Schema() (inputs, outputs *schema.Schema) {
	inputs = schema.Object().Properties(schema.BuilderMap{
		"login": loginOutputs(),
		"vault": schema.String(),
		"get":   schema.Object().AdditionalProperties(schema.Object().Properties(secretInputs()).Required("name")),
	}).Required("login", "vault", "get").Schema()
	return inputs, schema.Object().AdditionalProperties(schema.String()).Schema()
}

// Open implements [esc.Provider].
func (s secrets) Open(_ context.Context, inputs map[string]esc.Value, _ esc.EnvExecContext) (esc.Value, error) {
	values, err := s.open(inputs)
	if err != nil {
		return esc.Value{}, fmt.Errorf("azure-secrets: %w", err)
	}
	return values, nil
}

func (s secrets) open(inputs map[string]esc.Value) (esc.Value, error) {
	login, _ := clouds.Object(inputs, "login")
	token, byOIDC := clouds.Object(login, "oidc")
	if !byOIDC {
		return esc.Value{}, fmt.Errorf("%w: AADSTS7000215: Invalid client secret provided. The sandbox's Azure knows no client secrets: use oidc", ErrRefused)
	}
	identity, _, err := s.cloud.authenticate(SignInRequest{
		ClientID: clouds.Text(login, "clientId"), TenantID: clouds.Text(login, "tenantId"), Token: clouds.Text(token, "token"),
	})
	if err != nil {
		return esc.Value{}, err
	}
	get, _ := clouds.Object(inputs, "get")
	return clouds.Entries("get", get, secretInputs(), func(entry map[string]esc.Value) (string, error) {
		return s.cloud.read(identity, clouds.Text(inputs, "vault"), clouds.Text(entry, "name"), clouds.Text(entry, "version"))
	})
}
