package resourcetest

import (
	"encoding/json"

	"github.com/stretchr/testify/require"
)

// Metadata is what the service says of the organization.
func (w World) Metadata() map[string]any {
	w.T.Helper()
	var all map[string]any
	require.NoError(w.T, json.Unmarshal(w.Admin("GET", "/api/orgs/acme/metadata", nil), &all))
	return all
}

// Change changes settings in the console.
func (w World) Change(settings Tree) { w.T.Helper(); w.Admin("PATCH", "/api/orgs/acme", settings) }
