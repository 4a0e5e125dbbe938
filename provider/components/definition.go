package components

import (
	"github.com/pulumi/pulumi/sdk/v3/go/pulumix"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/esc"
)

// definition is the environment's YAML.
func (in environmentParts) definition(logins out[[]esc.Login]) out[string] {
	return pulumix.Apply6Err(
		orZero(in.Imports), orZero(in.Values), orZero(in.EnvironmentVariables), orZero(in.PulumiConfig), logins, in.secrets.escStores(),
		func(
			imports []string, values, variables, config map[string]any, logins []esc.Login, stores []esc.Store,
		) (string, error) {
			return esc.Build(esc.Definition{
				Imports: imports, Values: values, EnvironmentVariables: variables, PulumiConfig: config, Logins: logins, Stores: stores,
			})
		})
}
