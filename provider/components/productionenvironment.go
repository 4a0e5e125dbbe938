package components

import (
	"github.com/pulumi/pulumi-go-provider/infer"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/types"
)

// ProductionEnvironment is an ESC environment whose cloud credentials only it can assume.
type ProductionEnvironment struct {
	pulumi.ResourceState
	EnvironmentOutputs
	IdentityOutputs
}

// Annotate describes the component.
func (c *ProductionEnvironment) Annotate(a infer.Annotator) {
	a.SetToken("index", "ProductionEnvironment")
	a.Describe(c, productionEnvironmentDocs)
}

// ProductionEnvironmentArgs are the component's inputs.
type ProductionEnvironmentArgs struct {
	EnvironmentInputs
	CloudLogins
	Lock *out[types.Lock] `pulumi:"lock,optional"`
}

// Annotate describes the inputs.
func (in *ProductionEnvironmentArgs) Annotate(a infer.Annotator) {
	a.Describe(&in.Lock, lockHelp)
}

// NewProductionEnvironment registers the component and its children.
func (f Factory) NewProductionEnvironment(
	ctx *pulumi.Context, name string, args ProductionEnvironmentArgs, options ...pulumi.ResourceOption,
) (*ProductionEnvironment, error) {
	component := &ProductionEnvironment{}
	err := registerComponent(ctx, "ProductionEnvironment", name, component, options)
	if err != nil {
		return nil, err
	}
	made, err := f.environment(ctx, name, component, environmentParts{
		EnvironmentInputs: args.EnvironmentInputs, CloudLogins: args.CloudLogins, lock: args.Lock, given: givenInputs(ctx.Context()),
	})
	component.EnvironmentOutputs, component.IdentityOutputs = made.EnvironmentOutputs, made.IdentityOutputs
	return component, err
}
