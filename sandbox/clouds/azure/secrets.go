package azure

import (
	"fmt"

	"github.com/pulumi/esc"
	"github.com/pulumi/esc/schema"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/clouds"
)

// secrets is the ESC provider azure-secrets, which reads from a Key Vault. See
// https://www.pulumi.com/docs/esc/providers/secrets/azure-secrets/.
type secrets struct{ cloud *Cloud }

// Schema implements [clouds.Opener].
func (secrets) Schema() (inputs, outputs *schema.Schema) {
	return clouds.StoreSchema("get", clouds.VersionedSecret(), "name", schema.BuilderMap{"login": loginOutputs(), "vault": schema.String()})
}

// Open implements [clouds.Opener].
func (s secrets) Open(inputs map[string]esc.Value, _ esc.EnvExecContext) (esc.Value, error) {
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
	return clouds.Entries("get", get, clouds.VersionedSecret(), func(entry map[string]esc.Value) (string, error) {
		return s.cloud.read(identity, clouds.Text(inputs, "vault"), clouds.Text(entry, "name"), clouds.Text(entry, "version"))
	})
}
