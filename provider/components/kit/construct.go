package kit

import (
	"context"
	"reflect"

	p "github.com/pulumi/pulumi-go-provider"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/urn"
	"github.com/pulumi/pulumi/sdk/v3/go/common/tokens"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	construct "github.com/pulumi/pulumi/sdk/v3/go/pulumi/provider"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/session"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/wire"
)

// construct makes a component in four steps. Its inputs are checked while it is still visible what is unknown in them: an error
// names the property as the user wrote it. Then sets are sorted, without duplicates: nothing that is made from them, such as the
// names of children, their inputs and outputs, depends on the order in which the program gives them. Then they are lifted (see
// package wire), and the component is built.
func (d Definition) construct(ctx context.Context, host Host, req p.ConstructRequest, build builder) (p.ConstructResponse, error) {
	sets, err := d.Sets()
	if err != nil {
		return p.ConstructResponse{}, err
	}
	current, err := host.Sessions(ctx)
	if err != nil {
		return p.ConstructResponse{}, err
	}
	given := req.Inputs
	if err := d.refuse(ctx, current, req.DryRun, req.Urn, given); err != nil {
		return p.ConstructResponse{}, err
	}
	ordered := wire.CanonicalSets(given, sets...)
	req.Inputs = wire.Lift(ordered, d.rules.Lifting, stackOf(req.Urn))
	plugin := host.Plugin.as(wire.ConfiguredAs(ctx))
	made, err := p.ProgramConstruct(ctx, req, func(
		ctx *pulumi.Context, _, _ string, inputs inputsOf, options pulumi.ResourceOption,
	) (*construct.ConstructResult, error) {
		c := &Construction{Context: ctx, Session: current, Name: req.Urn.Name(), Given: ordered, plugin: plugin,
			parent: session.Parent{Component: req.Urn, Provider: req.Providers[packageName].Urn}}
		made, err := build(c, inputs, options)
		if err != nil {
			return nil, err
		}
		outputs := pulumi.Map{}
		encode(reflect.ValueOf(made).Elem(), outputs)
		return &construct.ConstructResult{URN: made.URN(), State: outputs}, ctx.RegisterResourceOutputs(made, outputs)
	})
	return made, d.lateFailure(req.Urn, given, err)
}

// packageName is the package's, as components are given providers for it.
const packageName tokens.Package = "leastprivilege"

type (
	inputsOf = construct.ConstructInputs
	// builder decodes the inputs of a component, and registers it and its children.
	builder func(c *Construction, inputs inputsOf, options pulumi.ResourceOption) (pulumi.ComponentResource, error)
)

// stackOf is the URN of the root stack resource, under which everything is registered.
func stackOf(component urn.URN) urn.URN {
	name := string(component.Project()) + "-" + component.Stack().String()
	return urn.New(component.Stack(), component.Project(), "", resource.RootStackType, name)
}

// Inputs and outputs that several components have stand in structs which these embed. The framework's schema flattens embedded
// structs, but the SDK decodes inputs into, and returns outputs from, the fields of the outer struct alone. So inputs are decoded
// and outputs encoded here, with the embedded structs filled in.

// decode copies inputs into the struct that a pointer points to, and into what it embeds.
func decode(inputs construct.ConstructInputs, into reflect.Value) error {
	if err := inputs.CopyTo(into.Interface()); err != nil {
		return err
	}
	for i := range into.Elem().NumField() {
		if !isShared(into.Elem().Type().Field(i)) {
			continue
		}
		if err := decode(inputs, into.Elem().Field(i).Addr()); err != nil {
			return err
		}
	}
	return nil
}

// encode collects the outputs of a struct and of what it embeds.
func encode(from reflect.Value, outputs pulumi.Map) {
	for i := range from.NumField() {
		field := from.Type().Field(i)
		if isShared(field) {
			encode(from.Field(i), outputs)
		}
		name, tagged := field.Tag.Lookup("pulumi")
		if !tagged || !field.IsExported() {
			continue
		}
		value := from.Field(i).Interface()
		if output, is := value.(pulumi.Input); is {
			outputs[name] = output
		} else {
			outputs[name] = pulumi.ToOutput(value)
		}
	}
}

// isShared reports whether a field embeds inputs or outputs of several components.
func isShared(field reflect.StructField) bool {
	return field.Anonymous && field.IsExported() && field.Type.Kind() == reflect.Struct && field.Type != reflect.TypeFor[pulumi.ResourceState]()
}
