package gcp

import (
	"github.com/pulumi/esc"
	"github.com/pulumi/esc/schema"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/clouds"
)

// secrets is the ESC provider gcp-secrets, which reads from the Secret Manager of the login's project. See
// https://www.pulumi.com/docs/esc/integrations/dynamic-secrets/gcp-secrets/.
type secrets struct{ cloud *Cloud }

// Schema implements [clouds.Opener].
func (secrets) Schema() (inputs, outputs *schema.Schema) {
	return clouds.StoreSchema("access", clouds.VersionedSecret(), "name", schema.BuilderMap{"login": loginOutputs()})
}

// Open implements [clouds.Opener].
func (s secrets) Open(inputs map[string]esc.Value, _ esc.EnvExecContext) (esc.Value, error) {
	login, _ := clouds.Object(inputs, "login")
	access, _ := clouds.Object(inputs, "access")
	return clouds.Entries("access", access, clouds.VersionedSecret(), func(entry map[string]esc.Value) (string, error) {
		name := "projects/" + clouds.Text(login, "project") + "/secrets/" + clouds.Text(entry, "name")
		return s.cloud.accessSecret(clouds.Text(login, "accessToken"), name, clouds.Text(entry, "version"))
	})
}
