package resources

import (
	"errors"

	p "github.com/pulumi/pulumi-go-provider"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/cloud"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/resources/grantowners"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/resources/oidcissuer"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/wire"
)

// Wrap puts what every resource needs around a provider of resources: see each of the steps, the outermost last.
func Wrap(provider p.Provider) p.Provider {
	provider = wire.WithComponents(provider)
	provider = wire.WithNames(provider)
	provider = wire.WithUnknownInputs(provider)
	provider = wire.WithCheckedInputs(provider)
	provider = wire.WithOutputs(provider, Outputs())
	provider = wire.WithoutPreviewIDs(provider)
	provider = oidcissuer.WithOneOwner(provider)
	provider = grantowners.WithOneOwner(provider)
	return wire.WithSettledState(provider, func(err error) bool { return errors.Is(err, cloud.ErrUnknownOutcome) })
}
