package provider_test

import (
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/blang/semver"
	p "github.com/pulumi/pulumi-go-provider"
	"github.com/pulumi/pulumi-go-provider/integration"
	presource "github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/tokens"
	"github.com/pulumi/pulumi/sdk/v3/go/property"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/cloud"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/resourcetest"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/server"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/server/servertest"
)

// A service that refuses every call and repeats what the resource was given, as its messages may: no operation of any resource
// shows an input that is secret.
func TestRefusalsByTheServiceShowNoSecret(t *testing.T) {
	t.Parallel()
	spec := inferred(t)
	sandbox := servertest.Start(t, server.Options{Organization: "acme", Seed: []byte(previewSeed)})
	once := cloud.Retry{Max: 1, BaseDelay: time.Microsecond, MaxDelay: time.Microsecond, RetryAfter: time.Microsecond}
	plugin, err := provider.New(provider.WithTransport(http.DefaultTransport, once))
	require.NoError(t, err)
	served, err := integration.NewServer(t.Context(), "leastprivilege", semver.MustParse("0.1.0"), integration.WithProvider(plugin))
	require.NoError(t, err)
	require.NoError(t, served.Configure(p.ConfigureRequest{Args: resourcetest.Object(map[string]any{
		"apiUrl": sandbox.URL, "accessToken": sandbox.Token, "organization": "acme",
	})}))
	body := `{"code":400,"message":"` + mark + ` is refused"}`
	sandbox.Fault(servertest.Fault{Match: "*", Times: 10000, Status: http.StatusBadRequest, Body: &body})
	var refused []string
	for _, token := range slices.Sorted(maps.Keys(spec.Resources)) {
		resource, kind := spec.Resources[token], string(tokens.Type(token).Name())
		if resource.IsComponent {
			continue
		}
		urn := presource.NewURN("dev", "platform", "", tokens.Type(token), "x")
		base := resourcetest.Object(previewed[kind]).Set("organization", property.New("acme"))
		tried := 0
		for _, input := range slices.Sorted(maps.Keys(resource.InputProperties)) {
			f := filler{spec: spec, leaf: property.New(mark).WithSecret(true)}
			typ := resource.InputProperties[input].TypeSpec
			for _, leaf := range f.leaves(input, typ, 0) {
				inputs := base.Set(input, f.fill(input, leaf, typ))
				for name, failed := range map[string]error{
					"create": second(served.Create(p.CreateRequest{Urn: urn, Properties: inputs})),
					"update": second(served.Update(p.UpdateRequest{ID: "acme/x/y", Urn: urn, Inputs: inputs, OldInputs: inputs, State: base})),
					"delete": served.Delete(p.DeleteRequest{ID: "acme/x/y", Urn: urn, OldInputs: inputs, Properties: inputs}),
					"read":   second(served.Read(p.ReadRequest{ID: "acme/x/y", Urn: urn, Inputs: inputs, Properties: inputs})),
				} {
					if failed == nil {
						continue
					}
					assert.NotContains(t, failed.Error(), mark, "%s of %s: %s", name, kind, leaf)
					if strings.Contains(failed.Error(), "is refused") {
						tried++
					}
				}
			}
		}
		if tried > 0 {
			refused = append(refused, kind)
		}
	}
	assert.Subset(t, append(refused, "LoginTransition"), slices.Collect(maps.Keys(previewed)), "every resource was refused something; "+
		"LoginTransition, which only waits for what others write, need not be")
}

func second[A any](_ A, err error) error { return err }
