package wire

import (
	"context"
	"maps"
	"slices"

	p "github.com/pulumi/pulumi-go-provider"
	"github.com/pulumi/pulumi/sdk/v3/go/property"
)

// WithLiftedInputs makes a check move what is said about a part of an input to the input as a whole: what contains a secret
// becomes secret, and what contains an unknown becomes unknown once its known parts were judged. The framework puts marks
// back by path, and keeps paths in slices that share memory, so that those of nested values end up on their neighbours: a
// preview would take an unknown for a known empty value, or a refresh would show a secret.
func WithLiftedInputs(provider p.Provider) p.Provider {
	check := provider.Check
	provider.Check = func(ctx context.Context, req p.CheckRequest) (p.CheckResponse, error) {
		given := req.Inputs
		req.Inputs = LiftSecrets(given, slices.Collect(maps.Keys(given.AsMap()))...)
		resp, err := check(ctx, req)
		if err != nil || len(resp.Failures) > 0 {
			return resp, err
		}
		for name, v := range given.All {
			if v.HasComputed() && !v.IsComputed() {
				resp.Inputs = resp.Inputs.Set(name, liftUnknown(v))
			}
		}
		return resp, nil
	}
	return provider
}

func liftUnknown(v property.Value) property.Value {
	var parts marks
	parts.strip(v)
	return property.New(property.Computed).WithSecret(parts.secret).WithDependencies(unique(parts.dependencies))
}
