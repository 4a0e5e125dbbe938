package resources

import (
	"github.com/pulumi/pulumi/sdk/v3/go/common/tokens"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/resources/logintransition"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/resources/machinetoken"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/wire"
)

// Outputs are what the framework does not know of the outputs of resources, by their tokens.
func Outputs() map[tokens.Type]wire.Outputs {
	return map[tokens.Type]wire.Outputs{
		"leastprivilege:index:MachineToken":    machinetoken.Outputs,
		"leastprivilege:index:LoginTransition": logintransition.Outputs,
	}
}
