package resources

import (
	"context"

	"github.com/pulumi/pulumi-go-provider/infer"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/problem"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/resources/kit"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/session"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/types"
)

// checkInputs is kit.CheckInputs for the resources that do not embed kit.Managed yet.
func checkInputs[I any](
	ctx context.Context, sessions session.Source, req infer.CheckRequest,
	sets []string, rules func(*session.Session, I) problem.List,
) (infer.CheckResponse[I], error) {
	current, err := sessions(ctx)
	if err != nil {
		return infer.CheckResponse[I]{}, err
	}
	return kit.CheckInputs(ctx, current, req.NewInputs, sets, func(v I) problem.List { return rules(current, v) })
}

const organizationProperty = kit.OrganizationProperty

// The checks that resources and components share.
var (
	bareID    = types.CheckBareID
	plainName = types.CheckName
)
