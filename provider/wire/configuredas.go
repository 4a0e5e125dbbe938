package wire

import (
	"context"
	"sync/atomic"

	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
)

type configuredAsKey struct{}

// WithConfiguredAs tells the construction of components as which provider of the program this process was configured, which the
// framework does not report.
func WithConfiguredAs(server pulumirpc.ResourceProviderServer) pulumirpc.ResourceProviderServer {
	return &configuredAs{ResourceProviderServer: server}
}

type configuredAs struct {
	pulumirpc.ResourceProviderServer
	name atomic.Pointer[string]
}

// Configure keeps the provider's name.
func (c *configuredAs) Configure(ctx context.Context, req *pulumirpc.ConfigureRequest) (*pulumirpc.ConfigureResponse, error) {
	name := req.GetName()
	c.name.Store(&name)
	return c.ResourceProviderServer.Configure(ctx, req)
}

// Construct passes the provider's name on.
func (c *configuredAs) Construct(ctx context.Context, req *pulumirpc.ConstructRequest) (*pulumirpc.ConstructResponse, error) {
	if name := c.name.Load(); name != nil {
		ctx = context.WithValue(ctx, configuredAsKey{}, *name)
	}
	return c.ResourceProviderServer.Construct(ctx, req)
}

// ConfiguredAs is the name of the provider resource that this process was configured as, "" if the engine did not say. Default
// providers have the names that the engine makes of the version and the address of their plugin.
func ConfiguredAs(ctx context.Context) string {
	name, _ := ctx.Value(configuredAsKey{}).(string)
	return name
}
