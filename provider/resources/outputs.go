package resources

import (
	"github.com/pulumi/pulumi/sdk/v3/go/common/tokens"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/wire"
)

// Outputs are those that the framework does not know enough about, by resource.
func Outputs() map[tokens.Type]wire.Outputs {
	return map[tokens.Type]wire.Outputs{"leastprivilege:index:MachineToken": {
		Secret: []string{"value"},
		Chosen: []string{"value", "tokenId", "tokenName", "expiresAt", "createdAt", "generation"},
	}, "leastprivilege:index:LoginTransition": {
		Chosen: []string{"trustedSubjects", "permittedAwsReads", "maxAwsSessionSeconds"},
	}}
}
