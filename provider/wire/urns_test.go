package wire_test

import (
	"context"
	"testing"

	p "github.com/pulumi/pulumi-go-provider"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/urn"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/wire"
)

func TestComponentOfAResource(t *testing.T) {
	t.Parallel()
	for of, want := range map[urn.URN]string{
		"urn:pulumi:dev::platform::leastprivilege:index:BreakGlass$leastprivilege:index:ApprovalGate::x": "BreakGlass",
		"urn:pulumi:dev::platform::leastprivilege:index:ApprovalGate::x":                                 "",
		"": "",
	} {
		got := "none"
		provider := wire.WithComponents(p.Provider{
			Create: func(ctx context.Context, _ p.CreateRequest) (p.CreateResponse, error) {
				got = wire.Component(ctx)
				return p.CreateResponse{}, nil
			},
			Delete: func(ctx context.Context, _ p.DeleteRequest) error {
				got = wire.Component(ctx)
				return nil
			},
		})
		_, err := provider.Create(t.Context(), p.CreateRequest{Urn: of})
		require.NoError(t, err)
		assert.Equal(t, want, got)
		got = "none"
		require.NoError(t, provider.Delete(t.Context(), p.DeleteRequest{Urn: of}))
		assert.Equal(t, want, got)
	}
}
