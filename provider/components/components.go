// Package components holds the components of the package, one file each.
//
// A component's inputs are [pulumix.Output] values whose element is the same plain Go type that the resources use, so
// that a type stands once in the schema; an optional one is a pointer, nil when absent. Only what decides which
// children exist is plain, and must be known. package wire lifts secrets and unknowns out of nested values before a
// component sees them.
package components

import (
	"github.com/pulumi/pulumi-go-provider/infer"
	pschema "github.com/pulumi/pulumi/pkg/v3/codegen/schema"
	"github.com/pulumi/pulumi/sdk/v3/go/common/tokens"
)

// Definitions are the components: all that is to be done for another one is to add it here.
var Definitions = []Definition{
	organizationBaseline,
	scopedTeam,
	breakGlass,
	productionEnvironment,
	readOnlyCloudAccess,
	secretStoreEnvironment,
	deploymentRoleAssignment,
	ciTrust,
	tieredAccess,
}

// All are the components for a provider.
func All(host Host) []infer.InferredComponent {
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

// CorrectSchema says of the components what the framework cannot infer.
func CorrectSchema(spec *pschema.PackageSpec) {
	for _, one := range Definitions {
		one.CorrectSchema(spec)
	}
}
