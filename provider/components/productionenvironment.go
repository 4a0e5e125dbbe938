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

// productionEnvironment is the component.
var productionEnvironment = Define(environmentRules(checkEnvironment), buildProductionEnvironment)

// buildProductionEnvironment registers the component's children.
func buildProductionEnvironment(c *Construction, component *ProductionEnvironment, args ProductionEnvironmentArgs) error {
	made, err := environmentParts{
		EnvironmentInputs: args.EnvironmentInputs, CloudLogins: args.CloudLogins, lock: args.Lock, given: c.Given,
	}.register(c)
	component.EnvironmentOutputs, component.IdentityOutputs = made.EnvironmentOutputs, made.IdentityOutputs
	return err
}
