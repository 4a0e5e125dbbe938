package wire_test

import (
	"context"
	"testing"

	p "github.com/pulumi/pulumi-go-provider"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/property"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/wire"
)

func TestWithMissingRefused(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name    string
		inputs  property.Map
		found   string
		refused bool
	}{
		{name: "an import of what is not there", refused: true},
		{name: "an import of what is there", found: "acme/payments"},
		{name: "a refresh of what was deleted", inputs: props("name", text("payments"))},
		{name: "a refresh of what is there", inputs: props("name", text("payments")), found: "acme/payments"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			provider := wire.WithMissingRefused(p.Provider{
				Read: func(context.Context, p.ReadRequest) (p.ReadResponse, error) {
					return p.ReadResponse{ID: tt.found}, nil
				},
			})
			got, err := provider.Read(t.Context(), p.ReadRequest{
				ID: "acme/payments", Inputs: tt.inputs,
				Urn: resource.NewURN("dev", "platform", "", "leastprivilege:index:Team", "payments"),
			})
			if tt.refused {
				require.ErrorContains(t, err, `Team "acme/payments" does not exist`)
				return
			}
			require.NoError(t, err)
			assert.Equal(t, tt.found, got.ID)
		})
	}
}
