package provider

import (
	"context"
	"fmt"
	"runtime"
	"runtime/debug"

	p "github.com/pulumi/pulumi-go-provider"
)

// withRecovery makes a panic in one call the error of that call: the plugin goes on, and the resources that are under way
// reach the state.
func withRecovery(provider p.Provider) p.Provider {
	provider.GetSchema = recovered("reading the schema", provider.GetSchema, nil)
	provider.CheckConfig = recovered("checking the configuration", provider.CheckConfig, nil)
	provider.DiffConfig = recovered("comparing the configuration", provider.DiffConfig, nil)
	provider.Configure = recoveredDone("configuring the provider", provider.Configure, nil)
	provider.Invoke = recovered("calling", provider.Invoke, func(r p.InvokeRequest) string { return string(r.Token) })
	provider.Check = recovered("checking", provider.Check, func(r p.CheckRequest) string { return string(r.Urn) })
	provider.Diff = recovered("comparing", provider.Diff, func(r p.DiffRequest) string { return string(r.Urn) })
	provider.Create = recovered("creating", provider.Create, func(r p.CreateRequest) string { return string(r.Urn) })
	provider.Read = recovered("reading", provider.Read, func(r p.ReadRequest) string { return string(r.Urn) })
	provider.Update = recovered("updating", provider.Update, func(r p.UpdateRequest) string { return string(r.Urn) })
	provider.Delete = recoveredDone("deleting", provider.Delete, func(r p.DeleteRequest) string { return string(r.Urn) })
	provider.Construct = recovered("constructing", provider.Construct, func(r p.ConstructRequest) string { return string(r.Urn) })
	provider.Call = recovered("calling", provider.Call, nil)
	return provider
}

func recovered[Q, A any](
	verb string, call func(context.Context, Q) (A, error), object func(Q) string,
) func(context.Context, Q) (A, error) {
	if call == nil {
		return nil
	}
	return func(ctx context.Context, req Q) (answer A, err error) {
		defer func() {
			if panicked := recover(); panicked != nil {
				err = panicError(ctx, verb, objectOf(req, object), panicked)
			}
		}()
		return call(ctx, req)
	}
}

func recoveredDone[Q any](
	verb string, call func(context.Context, Q) error, object func(Q) string,
) func(context.Context, Q) error {
	if call == nil {
		return nil
	}
	return func(ctx context.Context, req Q) error {
		_, err := recovered(verb, func(ctx context.Context, req Q) (struct{}, error) { return struct{}{}, call(ctx, req) }, object)(ctx, req)
		return err
	}
}

func objectOf[Q any](req Q, object func(Q) string) string {
	if object == nil {
		return ""
	}
	return " " + object(req)
}

// panicError says what to do. What a panic says may hold what the program holds, so only the runtime's own are repeated;
// where it was goes to the debug log.
func panicError(ctx context.Context, verb, object string, panicked any) error {
	text := ""
	if failed, ok := panicked.(runtime.Error); ok {
		text = fmt.Sprintf(" (%v)", failed)
	}
	p.GetLogger(ctx).Debugf("%s%s panicked%s\n%s", verb, object, text, debug.Stack())
	return fmt.Errorf("%s%s: the provider failed unexpectedly%s. This is a fault of leastprivilege, not of your program. What was done "+
		"before it is done: run `pulumi refresh`, then the same command again; an object that was made and is not in the state is taken over "+
		"with `pulumi import`. Please report it with the log of the command with `--logtostderr -v=9`", verb, object, text)
}
