// Package components lists the components, each in a package of its own: its types, rules, checks, children and page. What they have
// in common is in packages beside them: kit for all, cloudlogin for those that log in to clouds, environments, ownedteam and
// approvalgate.
package components

import (
	"github.com/pulumi/pulumi-go-provider/infer"
	pschema "github.com/pulumi/pulumi/pkg/v3/codegen/schema"
	"github.com/pulumi/pulumi/sdk/v3/go/common/tokens"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/components/breakglass"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/components/citrust"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/components/deploymentroleassignment"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/components/kit"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/components/organizationbaseline"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/components/productionenvironment"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/components/readonlycloudaccess"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/components/scopedteam"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/components/secretstoreenvironment"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/components/tieredaccess"
)

// Definitions are the components. Another one is added here, and nowhere else.
var Definitions = []kit.Definition{
	organizationbaseline.Definition,
	scopedteam.Definition,
	breakglass.Definition,
	productionenvironment.Definition,
	readonlycloudaccess.Definition,
	secretstoreenvironment.Definition,
	deploymentroleassignment.Definition,
	citrust.Definition,
	tieredaccess.Definition,
}

// All are the components for a provider.
func All(host kit.Host) []infer.InferredComponent {
	all := make([]infer.InferredComponent, len(Definitions))
	for i, one := range Definitions {
		all[i] = one.Component(host)
	}
	return all
}

// Modules are the modules in which the framework puts what the components' packages declare: all belong into the module index.
func Modules() map[tokens.ModuleName]tokens.ModuleName {
	modules := map[tokens.ModuleName]tokens.ModuleName{}
	for _, one := range Definitions {
		modules[one.Module()] = "index"
	}
	return modules
}

// CorrectSchema completes the components' schema with what the framework cannot infer.
func CorrectSchema(spec *pschema.PackageSpec) {
	for _, one := range Definitions {
		one.CorrectSchema(spec)
	}
}
