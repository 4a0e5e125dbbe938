package wire

import (
	"context"

	p "github.com/pulumi/pulumi-go-provider"
)

// WithoutPreviewIDs removes the id from the preview of a create. The engine takes a resource with an id for one that can be read,
// and calls the functions that depend on it. They would fail, because the object does not exist until the update.
func WithoutPreviewIDs(provider p.Provider) p.Provider {
	create := provider.Create
	provider.Create = func(ctx context.Context, req p.CreateRequest) (p.CreateResponse, error) {
		resp, err := create(ctx, req)
		if req.DryRun {
			resp.ID = ""
		}
		return resp, err
	}
	return provider
}
