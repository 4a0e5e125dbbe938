// Package kit is what all components have in common. [Define] makes a component of its rules, its types and the function that
// registers its children; a [Construction] is what that function works with.
//
// A component's inputs are [pulumix.Output] values, [Out] for short, whose element is the same plain Go type that the resources
// use, so that a type stands once in the schema; an optional one is a pointer, nil when absent. Only what decides which children
// exist is plain, and must be known: [Rules] name it. Package wire lifts secrets and unknowns out of nested values before a component
// sees them.
//
// What several components take or return stands in structs that their inputs and outputs embed. This works for these alone: the
// Go SDK's decoder, which fills blocks inside of inputs, does not look into embedded structs, so a block that resembles another
// has its fields written out.
package kit

import (
	"context"
	"errors"
	"fmt"
	"path"
	"reflect"

	p "github.com/pulumi/pulumi-go-provider"
	"github.com/pulumi/pulumi-go-provider/infer"
	pschema "github.com/pulumi/pulumi/pkg/v3/codegen/schema"
	"github.com/pulumi/pulumi/sdk/v3/go/common/tokens"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/session"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/wire"
)

// Host is what components need of the provider that constructs them.
type Host struct {
	Sessions session.Source
	Plugin   Plugin
}

// Definition is a component: all that the provider has to know of it. [Define] makes one.
type Definition struct {
	token     tokens.Type
	args      reflect.Type // of the inputs
	rules     Rules
	component func(Host) infer.InferredComponent
}

// Define defines the component that the type C describes, with inputs of type A. It has the type's name. Build registers its
// children, and sets its outputs; the component itself is registered already.
func Define[A any, C any, R interface {
	*C
	pulumi.ComponentResource
}](rules Rules, build func(c *Construction, component R, args A) error) Definition {
	d := Definition{
		token: tokens.Type("leastprivilege:index:" + reflect.TypeFor[C]().Name()),
		args:  reflect.TypeFor[A](),
		rules: rules,
	}
	d.component = func(host Host) infer.InferredComponent {
		return component{
			InferredComponent: infer.ComponentF(onlyForSchema[A, R]),
			construct: func(ctx context.Context, req p.ConstructRequest) (p.ConstructResponse, error) {
				return d.construct(ctx, host, req, func(c *Construction, in inputsOf, options pulumi.ResourceOption) (pulumi.ComponentResource, error) {
					var args A
					if err := decode(in, reflect.ValueOf(&args)); err != nil {
						return nil, fmt.Errorf("failed to copy inputs for %s (%s): %w", req.Urn.Name(), req.Urn.Type(), err)
					}
					made := R(new(C))
					if err := c.registerSelf(string(d.token), made, options); err != nil {
						return nil, err
					}
					return made, build(c, made, args)
				})
			},
		}
	}
	return d
}

// Component is the component for a provider.
func (d Definition) Component(host Host) infer.InferredComponent { return d.component(host) }

// Name is the component's name.
func (d Definition) Name() string { return string(d.token.Name()) }

// Sets are the paths of the inputs whose order makes no difference.
func (d Definition) Sets() ([]string, error) { return wire.Sets(d.args) }

// Module is the module in which the framework puts what the component's package declares. It belongs into the module index.
func (d Definition) Module() tokens.ModuleName { return tokens.ModuleName(path.Base(d.args.PkgPath())) }

// CorrectSchema completes the component's schema with what the framework cannot infer.
func (d Definition) CorrectSchema(spec *pschema.PackageSpec) {
	resource := spec.Resources[string(d.token)]
	correctSchema(&resource, d.rules.MayBeAbsent)
	spec.Resources[string(d.token)] = resource
}

// component is a component whose schema the framework infers. It is constructed by its definition.
type component struct {
	infer.InferredComponent
	construct func(context.Context, p.ConstructRequest) (p.ConstructResponse, error)
}

// Construct makes the component.
func (c component) Construct(ctx context.Context, req p.ConstructRequest) (p.ConstructResponse, error) {
	return c.construct(ctx, req)
}

// onlyForSchema has the types of a component's inputs and outputs, of which the framework infers the schema.
func onlyForSchema[A any, R pulumi.ComponentResource](*pulumi.Context, string, A, ...pulumi.ResourceOption) (R, error) {
	var none R
	return none, errors.New("components are constructed by their definitions: a bug in the provider")
}
