// Who has access to the stack and the environment of production, in one place: everything that is granted on them directly, to people
// and to teams, and who owns the environment. Whatever else is granted there, by their creators or in the console, is drift: a refresh
// shows it, a preview names it, and the next update takes it away.
//
// It expects the organization to have the stack payments/prod, the environment payments/prod and the team operators. Roles grant
// access besides, and organization administrators have it in any case: getWhoCan answers with both.
package main

import (
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sdk/go/leastprivilege"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

func main() {
	pulumi.Run(program)
}

func program(ctx *pulumi.Context) error {
	// Operators update the stack, and cy, who is on call, reads it: secrets in its configuration and state included. Nobody else is
	// granted anything on it, not even who made it.
	stack, err := leastprivilege.NewEntityAccess(ctx, "stack", &leastprivilege.EntityAccessArgs{
		Stack: leastprivilege.StackRefArgs{Project: pulumi.String("payments"), Stack: pulumi.String("prod")},
		Users: leastprivilege.EntityUserGrantArray{
			leastprivilege.EntityUserGrantArgs{User: pulumi.String("cy"), Permission: leastprivilege.EntityPermissionRead},
		},
		Teams: leastprivilege.EntityTeamGrantArray{
			leastprivilege.EntityTeamGrantArgs{Team: pulumi.String("operators"), Permission: leastprivilege.EntityPermissionWrite},
		},
	})
	if err != nil {
		return err
	}

	// The environment belongs to an administrator. With ana in Keep she would hold admin on it by herself, too.
	owner, err := leastprivilege.NewEnvironmentOwner(ctx, "owner", &leastprivilege.EnvironmentOwnerArgs{
		Project:     pulumi.String("payments"),
		Environment: pulumi.String("prod"),
		Owner:       pulumi.String("ana"),
	})
	if err != nil {
		return err
	}

	// Operators open the environment, for an hour at most. No person holds anything on it.
	environment, err := leastprivilege.NewEntityAccess(ctx, "environment", &leastprivilege.EntityAccessArgs{
		Environment: leastprivilege.EnvironmentRefArgs{Project: pulumi.String("payments"), Environment: pulumi.String("prod")},
		Users:       leastprivilege.EntityUserGrantArray{},
		Teams: leastprivilege.EntityTeamGrantArray{
			leastprivilege.EntityTeamGrantArgs{
				Team: pulumi.String("operators"), Permission: leastprivilege.EntityPermissionOpen, MaxOpenDuration: pulumi.String("1h"),
			},
		},
	}, pulumi.DependsOn([]pulumi.Resource{owner}))
	if err != nil {
		return err
	}

	ctx.Export("stackAccess", stack.Granted)
	ctx.Export("environmentAccess", environment.Granted)
	return nil
}
