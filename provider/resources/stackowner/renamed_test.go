package stackowner_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/resourcetest"
)

// Deleting an owner gives a stack back under whatever name it has by now, and leaves another one that has its old name.
func TestARenamedStackIsGivenBack(t *testing.T) {
	t.Parallel()
	for name, taken := range map[string]bool{"its name is free": false, "another has its name": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := resourcetest.New(t, owned)
			e := w.Resource("StackOwner")
			before := ownership(w, "payments/prod")
			require.NoError(t, e.Up(resourcetest.OwnerInputs(map[string]any{"owner": "ana", "keep": []any{"bo"}, "stack": "prod"})))
			require.NotEqual(t, before, ownership(w, "payments/prod"))
			w.Admin("POST", "/api/stacks/acme/payments/prod/rename", map[string]any{"newName": "live", "newProject": "payments"})
			if taken {
				w.Admin("POST", "/api/stacks/acme/payments", map[string]any{"stackName": "prod"})
			}
			require.NoError(t, e.Destroy())
			assert.Equal(t, before, ownership(w, "payments/live"))
			if taken {
				assert.Equal(t, "ana: ana=104", ownership(w, "payments/prod"))
			}
		})
	}
}
