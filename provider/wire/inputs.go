package wire

import (
	"context"

	p "github.com/pulumi/pulumi-go-provider"
	"github.com/pulumi/pulumi/sdk/v3/go/property"
)

type unknownInputsKey struct{}

// WithUnknownInputs passes the paths of unknown inputs to Diff, Create and Update, which read them with UnknownInputs. The
// framework passes only decoded values, in which an unknown looks like an empty value: a preview would announce that a list that
// is not known yet removes everything.
func WithUnknownInputs(provider p.Provider) p.Provider {
	diff, create, update := provider.Diff, provider.Create, provider.Update
	provider.Diff = func(ctx context.Context, req p.DiffRequest) (p.DiffResponse, error) {
		return diff(withUnknowns(ctx, req.Inputs), req)
	}
	provider.Create = func(ctx context.Context, req p.CreateRequest) (p.CreateResponse, error) {
		return create(withUnknowns(ctx, req.Properties), req)
	}
	provider.Update = func(ctx context.Context, req p.UpdateRequest) (p.UpdateResponse, error) {
		return update(withUnknowns(ctx, req.Inputs), req)
	}
	return provider
}

func withUnknowns(ctx context.Context, inputs property.Map) context.Context {
	return context.WithValue(ctx, unknownInputsKey{}, Unknowns(inputs))
}

// UnknownInputs returns the paths of the unknown inputs of the call that ctx belongs to.
func UnknownInputs(ctx context.Context) []string {
	unknowns, _ := ctx.Value(unknownInputsKey{}).([]string)
	return unknowns
}

// LiftSecrets moves secret marks from inside the named properties to the property as a whole. The framework puts marks
// back by list index, so that after a read, which may find elements added or removed, a mark would be on another element.
func LiftSecrets(m property.Map, names ...string) property.Map {
	for _, name := range names {
		if v, ok := m.GetOk(name); ok && v.HasSecrets() {
			m = m.Set(name, withoutSecrets(v).WithSecret(true))
		}
	}
	return m
}

func withoutSecrets(v property.Value) property.Value {
	return mapChildren(v.WithSecret(false), withoutSecrets)
}
