package provider

import (
	"context"

	p "github.com/pulumi/pulumi-go-provider"
	sdk "github.com/pulumi/pulumi/sdk/v3/go/pulumi/provider"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/wire"
)

// Server makes the gRPC server of a provider, as a plugin and as tests serve it.
func Server(plugin p.Provider) func(*sdk.HostClient) (pulumirpc.ResourceProviderServer, error) {
	serve := p.RawServer(Name, Version, plugin)
	return func(host *sdk.HostClient) (pulumirpc.ResourceProviderServer, error) {
		server, err := serve(host)
		if err != nil {
			return nil, err
		}
		return wire.WithConfiguredAs(wire.WithAliases(wire.WithPreviewing(server))), nil
	}
}

// Serve serves a provider to the engine until it is told to stop.
func Serve(ctx context.Context, plugin p.Provider) error {
	return sdk.MainContext(ctx, Name, Server(plugin))
}
