package wire

import (
	"context"
	"errors"

	p "github.com/pulumi/pulumi-go-provider"
	"github.com/pulumi/pulumi/sdk/v3/go/property"
)

// WithQuietErrors redacts the secrets of a resource, a component or a function in the errors of its operations, and in what they log
// with [Log]: errors quote answers of the service, which may repeat what was sent. An output that repeats a secret becomes secret.
// own, if there is one, returns what else is secret: the configuration of the provider itself.
func WithQuietErrors(provider p.Provider, own func() property.Map) p.Provider {
	q := quieting{own}
	diff, create, read, update, remove := provider.Diff, provider.Create, provider.Read, provider.Update, provider.Delete
	provider.Diff = func(ctx context.Context, req p.DiffRequest) (p.DiffResponse, error) {
		all := q.secrets(req.Inputs, req.State)
		resp, err := diff(withProperties(ctx, all...), req)
		return resp, quietError(err, all)
	}
	provider.Create = func(ctx context.Context, req p.CreateRequest) (p.CreateResponse, error) {
		all := q.secrets(req.Properties)
		ctx = withProperties(ctx, all...)
		resp, err := create(ctx, req)
		quietReasons(resp.PartialState, all)
		if repeatsAny(property.New(resp.ID), wholeSecrets(all)) {
			Log(ctx).Warning("the id of this resource holds a value that is marked as a secret. Pulumi keeps ids in plain, and shows them: " +
				"names should not be secret")
		}
		resp.Properties = withRepeatedHidden(resp.Properties, all)
		return resp, quietError(err, all)
	}
	provider.Read = func(ctx context.Context, req p.ReadRequest) (p.ReadResponse, error) {
		all := q.secrets(req.Inputs, req.Properties)
		resp, err := read(withProperties(ctx, all...), req)
		quietReasons(resp.PartialState, all)
		resp.Inputs, resp.Properties = withRepeatedHidden(resp.Inputs, all), withRepeatedHidden(resp.Properties, all)
		return resp, quietError(err, all)
	}
	provider.Update = func(ctx context.Context, req p.UpdateRequest) (p.UpdateResponse, error) {
		all := q.secrets(req.Inputs, req.State)
		resp, err := update(withProperties(ctx, all...), req)
		quietReasons(resp.PartialState, all)
		resp.Properties = withRepeatedHidden(resp.Properties, all)
		return resp, quietError(err, all)
	}
	provider.Delete = func(ctx context.Context, req p.DeleteRequest) error {
		all := q.secrets(req.OldInputs, req.Properties)
		return quietError(remove(withProperties(ctx, all...), req), all)
	}
	return q.calls(provider)
}

type quieting struct{ own func() property.Map }

// secrets are the properties of an operation whose secrets are kept quiet, and those of the provider itself.
func (q quieting) secrets(all ...property.Map) []property.Map {
	if q.own == nil {
		return all
	}
	return append(all, q.own())
}

// calls keeps the secrets of components and functions quiet.
func (q quieting) calls(provider p.Provider) p.Provider {
	if construct := provider.Construct; construct != nil {
		provider.Construct = func(ctx context.Context, req p.ConstructRequest) (p.ConstructResponse, error) {
			all := q.secrets(req.Inputs)
			resp, err := construct(withProperties(ctx, all...), req)
			return resp, quietError(err, all)
		}
	}
	if invoke := provider.Invoke; invoke != nil {
		provider.Invoke = func(ctx context.Context, req p.InvokeRequest) (p.InvokeResponse, error) {
			all := q.secrets(req.Args)
			resp, err := invoke(withProperties(ctx, all...), req)
			for i, failure := range resp.Failures {
				resp.Failures[i].Reason = quietText(failure.Reason, all)
			}
			resp.Return = withRepeatedHidden(resp.Return, all)
			return resp, quietError(err, all)
		}
	}
	return provider
}

// quietError returns an error without the secrets of the properties, and the same error where it has none.
func quietError(err error, all []property.Map) error {
	if err == nil {
		return nil
	}
	if quiet := quietText(err.Error(), all); quiet != err.Error() {
		return errors.New(quiet) // what it wraps would print them
	}
	return err
}

func quietReasons(failed *p.InitializationFailed, all []property.Map) {
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
