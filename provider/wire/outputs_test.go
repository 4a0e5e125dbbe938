package wire_test

import (
	"context"
	"testing"

	p "github.com/pulumi/pulumi-go-provider"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/tokens"
	"github.com/pulumi/pulumi/sdk/v3/go/property"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/wire"
)

// Outputs are secret in every answer, and an empty one that the update chooses is unknown in the preview of an update alone.
func TestWithOutputs(t *testing.T) {
	t.Parallel()
	empty := props("value", text(""), "number", property.New(0.0), "plain", text(""))
	provider := wire.WithOutputs(p.Provider{
		Create: func(context.Context, p.CreateRequest) (p.CreateResponse, error) {
			return p.CreateResponse{Properties: empty}, nil
		},
		Update: func(context.Context, p.UpdateRequest) (p.UpdateResponse, error) {
			return p.UpdateResponse{Properties: empty}, nil
		},
		Read: func(context.Context, p.ReadRequest) (p.ReadResponse, error) {
			return p.ReadResponse{Properties: empty}, nil
		},
	}, map[tokens.Type]wire.Outputs{"a:index:B": {Secret: []string{"value", "absent"}, Chosen: []string{"value", "number"}}})
	ours := resource.NewURN("dev", "platform", "", "a:index:B", "x")
	other := resource.NewURN("dev", "platform", "", "a:index:C", "x")
	marked := empty.Set("value", text("").WithSecret(true))

	made, err := provider.Create(t.Context(), p.CreateRequest{Urn: ours})
	require.NoError(t, err)
	assert.Equal(t, marked, made.Properties)
	read, err := provider.Read(t.Context(), p.ReadRequest{Urn: ours})
	require.NoError(t, err)
	assert.Equal(t, marked, read.Properties)
	changed, err := provider.Update(t.Context(), p.UpdateRequest{Urn: ours})
	require.NoError(t, err)
	assert.Equal(t, marked, changed.Properties)
	previewed, err := provider.Update(t.Context(), p.UpdateRequest{Urn: ours, DryRun: true})
	require.NoError(t, err)
	assert.True(t, previewed.Properties.Get("value").IsComputed())
	assert.True(t, previewed.Properties.Get("value").Secret())
	assert.True(t, previewed.Properties.Get("number").IsComputed())
	assert.Equal(t, text(""), previewed.Properties.Get("plain"))
	untouched, err := provider.Update(t.Context(), p.UpdateRequest{Urn: other, DryRun: true})
	require.NoError(t, err)
	assert.Equal(t, empty, untouched.Properties)
}
