package kit

import (
	"context"
	"slices"

	p "github.com/pulumi/pulumi-go-provider"
	"github.com/pulumi/pulumi-go-provider/infer"
	"github.com/pulumi/pulumi/sdk/v3/go/property"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/problem"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/session"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/wire"
)

// OrganizationProperty is the input of every resource that names its organization.
const OrganizationProperty = "organization"

// OrganizationHelp describes it.
const OrganizationHelp = "The organization. Default: the provider configuration `organization`. Changing it makes another one."

// Check validates the inputs and puts the lists that are sets in canonical order.
func (m *Managed[Args, State, Live]) Check(ctx context.Context, req infer.CheckRequest) (infer.CheckResponse[Args], error) {
	op, err := m.Start(ctx)
	if err != nil {
		return infer.CheckResponse[Args]{}, err
	}
	if m.spec.Prepare != nil {
		req.NewInputs = m.spec.Prepare(op, req.NewInputs)
	}
	op.Given, op.Unknowns = req.NewInputs, wire.Unknowns(req.NewInputs)
	return CheckInputs(ctx, op.Session, req.NewInputs, m.spec.Sets, func(inputs Args) problem.List {
		return m.spec.Rules(ctx, op, inputs)
	})
}

// CheckInputs is what every resource's Check does. It fills the organization from the configuration, decodes the inputs, and
// applies the resource's rules, which see decoded values. A problem that touches an unknown value is dropped: the value is
// checked again when it is known. When nothing failed, the lists that are sets are put in canonical order.
//
// The inputs are decoded once, and never encoded: [wire.Checked] takes them past the framework, whose answer is of no inputs.
func CheckInputs[Args any](
	ctx context.Context, current *session.Session, given property.Map, sets []string, rules func(Args) problem.List,
) (infer.CheckResponse[Args], error) {
	if _, _, err := infer.DefaultCheck[struct{}](ctx, property.Map{}); err != nil { // or else the framework decodes the inputs itself
		return infer.CheckResponse[Args]{}, err
	}
	inputs, failures := withOrganization(current, given)
	decoded, problems := wire.Decode[Args](inputs)
	if len(problems) == 0 {
		unknowns := wire.Unknowns(inputs)
		problems = slices.DeleteFunc(rules(decoded), func(one problem.Problem) bool { return wire.Touches(one.Path, unknowns) })
	}
	for _, one := range problems {
		failures = append(failures, p.CheckFailure{Property: one.Path, Reason: one.Reason})
	}
	if len(failures) == 0 {
		wire.Checked(ctx, wire.CanonicalSets(inputs, sets...))
	}
	return infer.CheckResponse[Args]{Failures: failures}, nil
}

// withOrganization makes the organization part of the inputs, so that a change of configuration shows as a change of
// the resource.
func withOrganization(current *session.Session, inputs property.Map) (property.Map, []p.CheckFailure) {
	given := inputs.Get(OrganizationProperty)
	if !given.IsNull() && (!given.IsString() || given.AsString() != "") {
		return inputs, nil // of another type as well, which fails when it is decoded
	}
	organization, err := current.OrganizationOr(nil)
	if err != nil {
		return inputs, []p.CheckFailure{{Property: OrganizationProperty, Reason: err.Error()}}
	}
	return inputs.Set(OrganizationProperty, property.New(organization)), nil
}
