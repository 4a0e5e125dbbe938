package server

import (
	"context"
	"fmt"

	"github.com/pulumi/esc"
	"github.com/pulumi/esc/schema"
)

// azureSecrets is the ESC provider azure-secrets, which reads from a Key Vault. See
// https://www.pulumi.com/docs/esc/providers/secrets/azure-secrets/.
type azureSecrets struct{ vaults azureVaults }

// azureSecretInputs are the inputs of one entry of get.
func azureSecretInputs() schema.BuilderMap {
	return schema.BuilderMap{"name": schema.String(), "version": schema.String()}
}

// Schema implements [esc.Provider].
func (azureSecrets) Schema() (inputs, outputs *schema.Schema) {
	inputs = schema.Object().Properties(schema.BuilderMap{
		"login": azureLoginOutputs(),
		"vault": schema.String(),
		"get":   schema.Object().AdditionalProperties(schema.Object().Properties(azureSecretInputs()).Required("name")),
	}).Required("login", "vault", "get").Schema()
	return inputs, schema.Object().AdditionalProperties(schema.String()).Schema()
}

// Open implements [esc.Provider].
func (s azureSecrets) Open(_ context.Context, inputs map[string]esc.Value, _ esc.EnvExecContext) (esc.Value, error) {
	values, err := s.open(inputs)
	if err != nil {
		return esc.Value{}, fmt.Errorf("azure-secrets: %w", err)
	}
	return esc.NewSecret(values), nil
}

func (s azureSecrets) open(inputs map[string]esc.Value) (map[string]esc.Value, error) {
	login, _ := object(inputs, "login")
	token, byOIDC := object(login, "oidc")
	if !byOIDC {
		return nil, fmt.Errorf("%w: AADSTS7000215: Invalid client secret provided. The sandbox's Azure knows no client secrets: use oidc", errAzureRefused)
	}
	identity, _, err := s.vaults.entra.authenticate(azureSignIn{
		ClientID: text(login, "clientId"), TenantID: text(login, "tenantId"), Token: text(token, "token"),
	})
	if err != nil {
		return nil, err
	}
	get, _ := object(inputs, "get")
	values := map[string]esc.Value{}
	for _, name := range sortedKeys(get) {
		entry, _ := object(get, name)
		known := azureSecretInputs()
		for _, key := range sortedKeys(entry) {
			if _, found := known[key]; !found {
				return nil, fmt.Errorf("get.%s: unknown input %q", name, key)
			}
		}
		value, err := s.vaults.read(identity, text(inputs, "vault"), text(entry, "name"), text(entry, "version"))
		if err != nil {
			return nil, fmt.Errorf("get.%s: %w", name, err)
		}
		values[name] = esc.NewSecret(value)
	}
	return values, nil
}
