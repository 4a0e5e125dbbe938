package main

import (
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sdk/go/leastprivilege"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

func main() {
	pulumi.Run(func(ctx *pulumi.Context) error {
		// An environment that engineers may open.
		dev, err := leastprivilege.NewEnvironment(ctx, "dev", &leastprivilege.EnvironmentArgs{
			Project:    pulumi.String("platform"),
			Name:       pulumi.String("dev"),
			Definition: pulumi.String("values:\n  region: eu-west-1\n"),
		})
		if err != nil {
			return err
		}
		// A team that may do exactly this. Access that somebody gives it by hand is removed by the next update.
		developers, err := leastprivilege.NewScopedTeam(ctx, "developers", &leastprivilege.ScopedTeamArgs{
			Name:    pulumi.String("platform-developers"),
			Members: pulumi.StringArray{},
			Access: &leastprivilege.AccessArgs{
				Environments: leastprivilege.EnvironmentRuleArray{&leastprivilege.EnvironmentRuleArgs{
					Project: dev.Project, Environment: dev.Name,
					Permission: leastprivilege.EnvironmentPermissionOpen,
				}},
			},
		})
		if err != nil {
			return err
		}
		ctx.Export("team", developers.Team)
		return nil
	})
}
