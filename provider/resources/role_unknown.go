package resources

import (
	"context"

	"github.com/pulumi/pulumi-go-provider/infer"
	"github.com/pulumi/pulumi/sdk/v3/go/property"
)

// liftUnknown is the last step of a check: it makes an input unknown as a whole when a part of it is. The framework keeps
// the paths of unknown values in slices that share memory, so that the marks of nested values end up on their neighbours,
// and a preview would take `project: unknown` for a project without a name.
//
// The parts were judged before. checked are the inputs that the check gave, given the ones that it was asked about.
func liftUnknown[I any](
	ctx context.Context, checked I, given property.Map, organization *string, name string,
) (I, error) {
	v, ok := given.GetOk(name)
	if !ok || v.IsComputed() || !v.HasComputed() {
		return checked, nil
	}
	lifted := given.Set(name, property.New(property.Computed).WithSecret(v.HasSecrets()).WithDependencies(v.Dependencies()))
	if organization != nil && !given.Get(organizationProperty).IsComputed() {
		lifted = lifted.Set(organizationProperty, property.WithGoValue(given.Get(organizationProperty), *organization))
	}
	inputs, _, err := infer.DefaultCheck[I](ctx, lifted)
	return inputs, err
}
