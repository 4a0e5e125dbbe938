package environments

import (
	"github.com/pulumi/pulumi/sdk/v3/go/pulumix"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/components/kit"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/esc"
)

// definition is the environment's YAML.
func (in Environment) definition(logins kit.Out[[]esc.Login]) kit.Out[string] {
	return pulumix.Apply6Err(
		kit.OrZero(in.Imports), kit.OrZero(in.Values), kit.OrZero(in.EnvironmentVariables), kit.OrZero(in.PulumiConfig), logins, in.Secrets.ESCStores(),
		func(
			imports []string, values, variables, config map[string]any, logins []esc.Login, stores []esc.Store,
		) (string, error) {
			return esc.Build(esc.Definition{
				Imports: imports, Values: values, EnvironmentVariables: variables, PulumiConfig: config, Logins: logins, Stores: stores,
			})
		})
}
