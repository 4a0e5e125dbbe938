package environmentowner_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/resourcetest"
)

// Deleting an owner gives back what was taken over, and not another environment that has the name now.
func TestARecreatedEnvironmentIsNotGivenBack(t *testing.T) {
	t.Parallel()
	w := resourcetest.New(t, owned)
	e := w.Resource("EnvironmentOwner")
	require.NoError(t, e.Up(inputs(object{"owner": "ana"})))
	for _, call := range []struct {
		method, path string
		body         any
	}{
		{"DELETE", "/api/esc/environments/acme/payments/dev", nil},
		{"POST", "/api/esc/environments/acme", object{"project": "payments", "name": "dev"}},
	} {
		status, answer := w.Call(w.Token, call.method, call.path, call.body)
		require.Less(t, status, 300, string(answer))
	}
	before := ownership(w, "payments/dev")
	e.Said()
	require.NoError(t, e.Destroy())
	assert.Equal(t, before, ownership(w, "payments/dev"))
	assert.Contains(t, e.Said(), "was deleted and recreated")
}
