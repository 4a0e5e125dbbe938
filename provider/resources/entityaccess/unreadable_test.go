package entityaccess_test

import (
	"testing"

	p "github.com/pulumi/pulumi-go-provider"
	"github.com/pulumi/pulumi/sdk/v3/go/property"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/access"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/resourcetest"
)

// A recorded bound that cannot be read is not the same as none, wherever it is compared: nothing is done, and the error says where.
func TestBoundsThatCannotBeReadAreNotTakenForNone(t *testing.T) {
	t.Parallel()
	for _, bad := range []string{"soon", "", "0s", "-1h"} {
		t.Run("bound "+bad, func(t *testing.T) {
			t.Parallel()
			w := resourcetest.New(t, estate)
			e := w.Resource("EntityAccess")
			require.NoError(t, e.Up(openFor("1h")))
			granted := resourcetest.Object(map[string]any{
				"users": list{}, "teams": list{map[string]any{"team": "web", "permission": "open", "maxOpenDuration": bad}},
			})
			e.State = e.State.Set("granted", property.New(granted))
			w.Reset()
			err := e.Destroy()
			require.ErrorContains(t, err, "maxOpenDuration")
			_, err = e.Server.Diff(p.DiffRequest{ID: e.ID, Urn: e.URN, State: e.State, OldInputs: e.Inputs, Inputs: e.Checked(openFor("30m"))})
			require.ErrorContains(t, err, "maxOpenDuration")
			_, err = e.Preview(openFor("30m"))
			require.ErrorContains(t, err, "maxOpenDuration")
			assert.Empty(t, w.Writes())
			assert.Contains(t, held(w, access.Environment), "team web=open for 1h0m0s")
		})
	}
}

// openFor are inputs by which web opens the environment for so long.
func openFor(bound string) map[string]any {
	return onEnvironment(map[string]any{"teams": list{map[string]any{"team": "web", "permission": "open", "maxOpenDuration": bound}}})
}
