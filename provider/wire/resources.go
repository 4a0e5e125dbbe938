package wire

import (
	"context"
	"maps"
	"slices"

	p "github.com/pulumi/pulumi-go-provider"
	"github.com/pulumi/pulumi/sdk/v3/go/property"
)

type checkedKey struct{}

// WithCheckedInputs makes a check answer with the property values that [Checked] was given, in place of what the framework
// encodes from decoded values: secrets, unknowns and dependencies then stay with their values, also where a check moves a value.
// Marks of parts of an input are moved to the input as a whole: an input that contains a secret becomes secret, and one that
// contains an unknown becomes unknown. In updates and reads the framework puts marks back by path, and keeps paths in slices that
// share memory, so that marks of nested values end up on their neighbours: a preview would take an unknown for a known empty
// value, or a refresh would show a secret.
func WithCheckedInputs(provider p.Provider) p.Provider {
	check := provider.Check
	provider.Check = func(ctx context.Context, req p.CheckRequest) (p.CheckResponse, error) {
		req.Inputs = LiftSecrets(req.Inputs, slices.Collect(maps.Keys(req.Inputs.AsMap()))...)
		var checked property.Map
		resp, err := check(context.WithValue(ctx, checkedKey{}, &checked), req)
		if err != nil || len(resp.Failures) > 0 {
			return resp, err
		}
		for name, v := range checked.All {
			if v.HasComputed() && !v.IsComputed() {
				checked = checked.Set(name, liftUnknown(v))
			}
		}
		resp.Inputs = checked
		return resp, nil
	}
	return provider
}

// Checked passes the inputs that a check accepted to [WithCheckedInputs]. An input that is null counts as absent.
func Checked(ctx context.Context, inputs property.Map) {
	if checked, is := ctx.Value(checkedKey{}).(*property.Map); is {
		*checked = withoutNulls(property.New(inputs)).AsMap()
	}
}

func withoutNulls(v property.Value) property.Value {
	v = mapChildren(v, withoutNulls)
	if !v.IsMap() {
		return v
	}
	m := v.AsMap()
	for name, child := range m.All {
		if child.IsNull() {
			m = m.Delete(name)
		}
	}
	return property.WithGoValue(v, m)
}

func liftUnknown(v property.Value) property.Value {
	var parts marks
	parts.strip(v)
	return property.New(property.Computed).WithSecret(parts.secret).WithDependencies(unique(parts.dependencies))
}
