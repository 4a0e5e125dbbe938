// Package productionenvironment is the component ProductionEnvironment. Its page is productionenvironment.md.
package productionenvironment

import (
	_ "embed"

	"github.com/pulumi/pulumi-go-provider/infer"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/components/cloudlogin"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/components/environments"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/components/kit"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/types"
)

//go:embed productionenvironment.md
var page string

// ProductionEnvironment is an ESC environment whose cloud credentials only it can assume.
type ProductionEnvironment struct {
	pulumi.ResourceState
	environments.Outputs
	cloudlogin.IdentityOutputs
}

// Annotate describes the component.
func (c *ProductionEnvironment) Annotate(a infer.Annotator) {
	a.Describe(c, page)
}

// Args are the component's inputs.
type Args struct {
	environments.Inputs
	cloudlogin.CloudLogins
	Lock *kit.Out[types.Lock] `pulumi:"lock,optional"`
}

// Annotate describes the inputs.
func (in *Args) Annotate(a infer.Annotator) {
	a.Describe(&in.Lock, environments.LockHelp)
}

// Definition is the component.
var Definition = kit.Define(environments.Rules(environments.Check), build)

// build registers the component's children.
func build(c *kit.Construction, component *ProductionEnvironment, args Args) error {
	made, err := environments.Environment{
		Inputs: args.Inputs, CloudLogins: args.CloudLogins, Lock: args.Lock, Given: c.Given,
	}.Register(c)
	component.Outputs, component.IdentityOutputs = made.Outputs, made.IdentityOutputs
	return err
}
