package wire

import (
	"context"
	"strings"

	p "github.com/pulumi/pulumi-go-provider"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/urn"
	"github.com/pulumi/pulumi/sdk/v3/go/common/tokens"
)

type componentKey struct{}

// WithNames makes known to a provider's Check, Diff, Create, Update and Delete the URN of the resource that they are called for.
func WithNames(provider p.Provider) p.Provider {
	check, diff, create, update, remove := provider.Check, provider.Diff, provider.Create, provider.Update, provider.Delete
	provider.Check = func(ctx context.Context, req p.CheckRequest) (p.CheckResponse, error) {
		return check(context.WithValue(ctx, urnKey{}, req.Urn), req)
	}
	provider.Diff = func(ctx context.Context, req p.DiffRequest) (p.DiffResponse, error) {
		return diff(context.WithValue(ctx, urnKey{}, req.Urn), req)
	}
	provider.Create = func(ctx context.Context, req p.CreateRequest) (p.CreateResponse, error) {
		return create(context.WithValue(ctx, urnKey{}, req.Urn), req)
	}
	provider.Update = func(ctx context.Context, req p.UpdateRequest) (p.UpdateResponse, error) {
		return update(context.WithValue(ctx, urnKey{}, req.Urn), req)
	}
	provider.Delete = func(ctx context.Context, req p.DeleteRequest) error {
		return remove(context.WithValue(ctx, urnKey{}, req.Urn), req)
	}
	return provider
}

type urnKey struct{}

// WithURN is a context for a resource.
func WithURN(ctx context.Context, of urn.URN) context.Context {
	return context.WithValue(ctx, urnKey{}, of)
}

// URN is that of the resource of the call which ctx belongs to; "" where it is not known.
func URN(ctx context.Context) urn.URN {
	of, _ := ctx.Value(urnKey{}).(urn.URN)
	return of
}

// WithComponents makes known to a provider's Diff, Create and Delete which component a resource is a child of: what a user can do
// about a refusal depends on where the user wrote it.
func WithComponents(provider p.Provider) p.Provider {
	diff, create, remove := provider.Diff, provider.Create, provider.Delete
	provider.Diff = func(ctx context.Context, req p.DiffRequest) (p.DiffResponse, error) {
		return diff(context.WithValue(ctx, componentKey{}, parentType(req.Urn)), req)
	}
	provider.Create = func(ctx context.Context, req p.CreateRequest) (p.CreateResponse, error) {
		return create(context.WithValue(ctx, componentKey{}, parentType(req.Urn)), req)
	}
	provider.Delete = func(ctx context.Context, req p.DeleteRequest) error {
		return remove(context.WithValue(ctx, componentKey{}, parentType(req.Urn)), req)
	}
	return provider
}

// Component is the name of the type of the component that the resource of the call which ctx belongs to is a child of; "" if
// there is none.
func Component(ctx context.Context) string {
	name, _ := ctx.Value(componentKey{}).(string)
	return name
}

func parentType(of urn.URN) string {
	if !of.IsValid() {
		return ""
	}
	types := strings.Split(string(of.QualifiedType()), urn.TypeDelimiter)
	if len(types) < 2 {
		return ""
	}
	return string(tokens.Type(types[len(types)-2]).Name())
}
