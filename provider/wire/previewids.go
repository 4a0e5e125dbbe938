package wire

import (
	"context"

	p "github.com/pulumi/pulumi-go-provider"
)

// WithoutPreviewIDs makes the preview of a create answer without an id, whatever the resource says. The engine takes a
// resource with an id for one that can be read: it then calls functions that depend on it, which fail, because the object
// is created by the update.
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
