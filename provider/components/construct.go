package components

import (
	"context"
	"fmt"
	"reflect"

	p "github.com/pulumi/pulumi-go-provider"
	"github.com/pulumi/pulumi-go-provider/infer"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	construct "github.com/pulumi/pulumi/sdk/v3/go/pulumi/provider"
)

// Inputs and outputs that several components have stand in structs which these embed. The framework's schema flattens embedded
// structs, but the SDK decodes inputs into, and returns outputs from, the fields of the outer struct alone. So components are
// constructed here, as the framework does it, with the embedded structs filled in.

// constructor constructs components with inputs of type A.
func constructor[A any, R pulumi.ComponentResource](build infer.ComponentFn[A, R]) func(context.Context, p.ConstructRequest) (p.ConstructResponse, error) {
	return func(ctx context.Context, req p.ConstructRequest) (p.ConstructResponse, error) {
		return p.ProgramConstruct(ctx, req, func(
			ctx *pulumi.Context, _, _ string, inputs construct.ConstructInputs, options pulumi.ResourceOption,
		) (*construct.ConstructResult, error) {
			var args A
			if err := decode(inputs, reflect.ValueOf(&args)); err != nil {
				return nil, fmt.Errorf("failed to copy inputs for %s (%s): %w", req.Urn.Name(), req.Urn.Type(), err)
			}
			made, err := build(ctx, req.Urn.Name(), args, options)
			if err != nil {
				return nil, err
			}
			outputs := pulumi.Map{}
			encode(reflect.ValueOf(made).Elem(), outputs)
			return &construct.ConstructResult{URN: made.URN(), State: outputs}, ctx.RegisterResourceOutputs(made, outputs)
		})
	}
}

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
