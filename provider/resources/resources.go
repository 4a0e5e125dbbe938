package resources

import (
	"errors"

	p "github.com/pulumi/pulumi-go-provider"
	"github.com/pulumi/pulumi-go-provider/infer"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/cloud"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/session"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/wire"
)

// All are the resources of the package.
func All(sessions session.Source) []infer.InferredResource {
	return []infer.InferredResource{
		infer.Resource(&Role{Sessions: sessions}),
		infer.Resource(&Team{Sessions: sessions}),
		infer.Resource(&TeamMembers{Sessions: sessions}),
		infer.Resource(&TeamAccess{Sessions: sessions}),
		infer.Resource(&Environment{Sessions: sessions}),
		infer.Resource(&LoginTransition{Sessions: sessions}),
		infer.Resource(NewApprovalGate(sessions)),
		infer.Resource(&DeploymentRole{Sessions: sessions}),
		infer.Resource(NewStackOwner(sessions)),
		infer.Resource(&OrganizationSettings{Sessions: sessions}),
		infer.Resource(NewPermissionSet(sessions)),
		infer.Resource(NewOIDCIssuer(sessions)),
		infer.Resource(NewMachineToken(sessions)),
	}
}

// Wrap puts what every resource needs around a provider of resources: see each of the steps, the outermost last.
func Wrap(provider p.Provider) p.Provider {
	provider = wire.WithComponents(provider)
	provider = wire.WithUnknownInputs(provider)
	provider = wire.WithLiftedInputs(provider)
	provider = wire.WithOutputs(provider, Outputs())
	provider = wire.WithoutPreviewIDs(provider)
	provider = withOneOwnerPerIssuer(provider)
	return wire.WithSettledState(provider, func(err error) bool { return errors.Is(err, cloud.ErrUnknownOutcome) })
}
