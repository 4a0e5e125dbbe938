package wire

import (
	"context"
	"fmt"

	p "github.com/pulumi/pulumi-go-provider"
)

// WithMissingRefused makes an import or a lookup by id fail when the object does not exist. The framework answers such a read
// with empty properties, which the engine takes for an object: it would import nothing, and report success. A refresh is a read
// that carries the inputs of the last update.
func WithMissingRefused(provider p.Provider) p.Provider {
	read := provider.Read
	provider.Read = func(ctx context.Context, req p.ReadRequest) (p.ReadResponse, error) {
		resp, err := read(ctx, req)
		if err == nil && resp.ID == "" && req.Inputs.Len() == 0 {
			return resp, fmt.Errorf("%s %q does not exist\n  Correct the id; the page of this resource says how it is written",
				req.Urn.Type().Name(), req.ID)
		}
		return resp, err
	}
	return provider
}
