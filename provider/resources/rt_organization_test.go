package resources_test

import (
	"encoding/json"

	"github.com/stretchr/testify/require"
)

// metadata is what the service says of the organization.
func (w world) metadata() map[string]any {
	w.t.Helper()
	var all map[string]any
	require.NoError(w.t, json.Unmarshal(w.admin("GET", "/api/orgs/acme/metadata", nil), &all))
	return all
}

// change changes settings in the console.
func (w world) change(settings tree) { w.t.Helper(); w.admin("PATCH", "/api/orgs/acme", settings) }
