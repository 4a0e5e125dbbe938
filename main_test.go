package main

import (
	"encoding/json"
	"testing"

	p "github.com/pulumi/pulumi-go-provider"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider"
)

// The plugin serves schema.json in place of inferring it, so the two must be the same.
func TestServedSchemaIsTheInferredOne(t *testing.T) {
	t.Parallel()
	plugin, err := provider.New()
	require.NoError(t, err)
	inferred, err := provider.Schema(t.Context(), plugin)
	require.NoError(t, err)
	served, err := provider.WithSchema(plugin, schema).GetSchema(t.Context(), p.GetSchemaRequest{})
	require.NoError(t, err)
	assert.Equal(t, string(inferred), served.Schema, "schema.json is stale: run make generate")

	var parsed struct {
		Version string `json:"version"`
	}
	require.NoError(t, json.Unmarshal([]byte(served.Schema), &parsed))
	assert.Equal(t, provider.Version, parsed.Version)
}
