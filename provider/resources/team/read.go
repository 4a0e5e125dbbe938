package team

import (
	"context"
	"fmt"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/cloud"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/ptr"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/resources/kit"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/resources/membership"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/wire"
)

// readBack returns the actual team. An import owns the membership of a team whose membership Pulumi Cloud keeps.
func readBack(
	ctx context.Context, op kit.Op, id []string, actual cloud.Team, before kit.Before[Args, State],
) (*kit.Found[Args, State], error) {
	inputs := before.Inputs
	if inputs.Organization == nil && before.State.Name == "" && actual.Kind == cloud.TeamKindPulumi {
		inputs.Members, inputs.Admins = &[]string{}, &[]string{}
	}
	if inputs.managesMembers(actual.Kind) {
		if err := membership.Listed(actual); err != nil {
			return nil, err
		}
	}
	now := op.Session.Now()
	state := stateOf(id[0], actual, inputs, now)
	warnExpired(ctx, state)
	return &kit.Found[Args, State]{Inputs: inputsOf(id[0], actual, inputs, now), State: state}, nil
}

// warnExpired warns at a refresh of memberships that have expired.
func warnExpired(ctx context.Context, state State) {
	if expired := ptr.Value(state.ExpiredMembers); len(expired) > 0 {
		heading := fmt.Sprintf("team %q: the time of these members has ended, and an update would remove them:", state.Name)
		wire.Log(ctx).Warning(kit.Bulleted(heading, expired))
	}
}
