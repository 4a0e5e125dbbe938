package wire

import (
	"context"

	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
)

type previewingKey struct{}

// WithPreviewing marks the calls of functions that a preview makes, which the framework does not report.
func WithPreviewing(server pulumirpc.ResourceProviderServer) pulumirpc.ResourceProviderServer {
	return previewing{server}
}

type previewing struct {
	pulumirpc.ResourceProviderServer
}

// Invoke passes on whether the call is part of a preview.
func (p previewing) Invoke(ctx context.Context, req *pulumirpc.InvokeRequest) (*pulumirpc.InvokeResponse, error) {
	return p.ResourceProviderServer.Invoke(context.WithValue(ctx, previewingKey{}, req.GetPreview()), req)
}

// Previewing reports whether a function is called by a preview.
func Previewing(ctx context.Context) bool {
	is, _ := ctx.Value(previewingKey{}).(bool)
	return is
}
