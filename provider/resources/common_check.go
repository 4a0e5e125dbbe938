package resources

import (
	"context"

	p "github.com/pulumi/pulumi-go-provider"
	"github.com/pulumi/pulumi-go-provider/infer"
	"github.com/pulumi/pulumi/sdk/v3/go/property"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/access"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/session"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/types"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/wire"
)

// checkInputs is what every resource's Check does. It decodes the inputs, fills the organization from the
// configuration, and applies the resource's rules, which see decoded values. A problem that touches an unknown value is
// dropped: the value is judged again when it is known. When nothing failed, the lists that are sets are put in
// canonical order.
func checkInputs[I any](
	ctx context.Context, sessions session.Source, req infer.CheckRequest,
	sets []string, rules func(*session.Session, I) []access.Problem,
) (infer.CheckResponse[I], error) {
	current, err := sessions(ctx)
	if err != nil {
		return infer.CheckResponse[I]{}, err
	}
	inputs, failures := withOrganization(current, req.NewInputs)
	decoded, decodeFailures, err := infer.DefaultCheck[I](ctx, inputs)
	failures = append(failures, decodeFailures...)
	if err != nil || len(decodeFailures) > 0 {
		return infer.CheckResponse[I]{Inputs: decoded, Failures: failures}, err
	}
	unknowns := wire.Unknowns(inputs)
	for _, one := range rules(current, decoded) {
		if !wire.Touches(one.Path, unknowns) {
			failures = append(failures, p.CheckFailure{Property: one.Path, Reason: one.Reason})
		}
	}
	if len(failures) > 0 {
		return infer.CheckResponse[I]{Inputs: decoded, Failures: failures}, nil
	}
	canonical, _, err := infer.DefaultCheck[I](ctx, wire.CanonicalSets(inputs, sets...))
	return infer.CheckResponse[I]{Inputs: canonical}, err
}

const organizationProperty = "organization"

// withOrganization makes the organization part of the inputs, so that a change of configuration shows as a change of
// the resource.
func withOrganization(current *session.Session, inputs property.Map) (property.Map, []p.CheckFailure) {
	given := inputs.Get(organizationProperty)
	if given.IsComputed() || (given.IsString() && given.AsString() != "") {
		return inputs, nil
	}
	organization, err := current.OrganizationOr(nil)
	if err != nil {
		return inputs, []p.CheckFailure{{Property: organizationProperty, Reason: err.Error()}}
	}
	return inputs.Set(organizationProperty, property.New(organization)), nil
}

// The checks that resources and components share.
var (
	bareID    = types.CheckBareID
	plainName = types.CheckName
	under     = types.Under
)
