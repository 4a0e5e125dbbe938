package wire_test

import (
	"context"
	"testing"

	p "github.com/pulumi/pulumi-go-provider"
	"github.com/pulumi/pulumi/sdk/v3/go/property"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/wire"
)

// A result that repeats a secret argument is secret, also where the service's message was cut within it.
func TestResultsThatRepeatASecretAreSecret(t *testing.T) {
	t.Parallel()
	args := property.NewMap(map[string]property.Value{"document": property.New("hunter2-and-more").WithSecret(true)})
	for answer, secret := range map[string]bool{
		"refused: hunter2-and-more":     true,
		"refused: hunter2-and-...":      true,
		"first... then hunter2-a... no": true,
		"refused: hunter2...":           false, // less than a part that counts
		"refused: hunter2-and- more":    false,
		"refused: and-more...":          false,
		"...":                           false,
	} {
		provider := wire.WithQuietErrors(p.Provider{Invoke: func(context.Context, p.InvokeRequest) (p.InvokeResponse, error) {
			return p.InvokeResponse{Return: property.NewMap(map[string]property.Value{"blind": property.New([]property.Value{property.New(answer)})})}, nil
		}}, nil)
		result, err := provider.Invoke(t.Context(), p.InvokeRequest{Args: args})
		require.NoError(t, err)
		assert.Equal(t, secret, result.Return.Get("blind").Secret(), answer)
	}
}
