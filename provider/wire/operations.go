package wire

import (
	"context"
	"errors"

	p "github.com/pulumi/pulumi-go-provider"
	"github.com/pulumi/pulumi/sdk/v3/go/property"
)

// WithQuietErrors redacts the secrets of a resource in the errors of its operations, and in what they log with [Log]: errors
// quote answers of the service, which may repeat what was sent.
func WithQuietErrors(provider p.Provider) p.Provider {
	diff, create, read, update, remove := provider.Diff, provider.Create, provider.Read, provider.Update, provider.Delete
	provider.Diff = func(ctx context.Context, req p.DiffRequest) (p.DiffResponse, error) {
		resp, err := diff(withProperties(ctx, req.Inputs, req.State), req)
		return resp, quietError(err, req.Inputs, req.State)
	}
	provider.Create = func(ctx context.Context, req p.CreateRequest) (p.CreateResponse, error) {
		resp, err := create(withProperties(ctx, req.Properties), req)
		quietReasons(resp.PartialState, req.Properties)
		return resp, quietError(err, req.Properties)
	}
	provider.Read = func(ctx context.Context, req p.ReadRequest) (p.ReadResponse, error) {
		resp, err := read(withProperties(ctx, req.Inputs, req.Properties), req)
		quietReasons(resp.PartialState, req.Inputs, req.Properties)
		return resp, quietError(err, req.Inputs, req.Properties)
	}
	provider.Update = func(ctx context.Context, req p.UpdateRequest) (p.UpdateResponse, error) {
		resp, err := update(withProperties(ctx, req.Inputs, req.State), req)
		quietReasons(resp.PartialState, req.Inputs, req.State)
		return resp, quietError(err, req.Inputs, req.State)
	}
	provider.Delete = func(ctx context.Context, req p.DeleteRequest) error {
		return quietError(remove(withProperties(ctx, req.OldInputs, req.Properties), req), req.OldInputs, req.Properties)
	}
	return provider
}

// quietError returns an error without the secrets of the properties, and the same error where it has none.
func quietError(err error, all ...property.Map) error {
	if err == nil {
		return nil
	}
	if quiet := quietText(err.Error(), all); quiet != err.Error() {
		return errors.New(quiet) // what it wraps would print them
	}
	return err
}

func quietReasons(failed *p.InitializationFailed, all ...property.Map) {
	if failed == nil {
		return
	}
	for i, reason := range failed.Reasons {
		failed.Reasons[i] = quietText(reason, all)
	}
}

func quietText(text string, all []property.Map) string {
	for _, properties := range all {
		text, _ = QuietReason(properties, "", text)
	}
	return text
}
