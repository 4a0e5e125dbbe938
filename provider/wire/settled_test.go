package wire_test

import (
	"context"
	"errors"
	"testing"

	p "github.com/pulumi/pulumi-go-provider"
	"github.com/pulumi/pulumi/sdk/v3/go/property"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/wire"
)

// Where an update of unknown outcome is followed by one that finds no object, success would claim what is not there. A deletion goes on.
func TestUpdatesOfDeletedObjectsFail(t *testing.T) {
	t.Parallel()
	lost, updates, deletions := errors.New("no answer"), 0, 0
	provider := wire.WithSettledState(p.Provider{
		Read: func(context.Context, p.ReadRequest) (p.ReadResponse, error) { return p.ReadResponse{}, nil },
		Update: func(context.Context, p.UpdateRequest) (p.UpdateResponse, error) {
			updates++
			return p.UpdateResponse{}, lost
		},
		Delete: func(context.Context, p.DeleteRequest) error { deletions++; return nil },
	}, func(err error) bool { return errors.Is(err, lost) })
	state := property.NewMap(map[string]property.Value{"name": property.New("x")})
	first, err := provider.Update(t.Context(), p.UpdateRequest{ID: "acme/x", State: state})
	require.ErrorIs(t, err, lost)
	for _, dryRun := range []bool{true, false} {
		_, err = provider.Update(t.Context(), p.UpdateRequest{ID: "acme/x", State: first.Properties, DryRun: dryRun})
		require.ErrorContains(t, err, `"acme/x" is not there any more`)
		require.ErrorContains(t, err, "pulumi refresh")
	}
	assert.Equal(t, 1, updates)
	require.NoError(t, provider.Delete(t.Context(), p.DeleteRequest{ID: "acme/x", Properties: first.Properties}))
	assert.Equal(t, 1, deletions)
}
