// Values that a program does not know before it runs, and values that nobody may see.
package main

import (
	lp "github.com/pulumi-leastprivilege/pulumi-leastprivilege/sdk/go/leastprivilege"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi/config"
)

func main() {
	pulumi.Run(program)
}

func program(ctx *pulumi.Context) error {
	role, err := lp.NewRole(ctx, "role", &lp.RoleArgs{
		Name: pulumi.String("shared"),
		Access: &lp.AccessArgs{Stacks: lp.StackRuleArray{&lp.StackRuleArgs{
			Project: pulumi.String("payments"), Stack: pulumi.String("dev"), Permission: lp.StackPermissionRead,
		}}},
	})
	if err != nil {
		return err
	}
	team, err := lp.NewScopedTeam(ctx, "team", &lp.ScopedTeamArgs{
		Name:    pulumi.Sprintf("team-%s", role.RoleId),
		RoleId:  role.RoleId,
		Members: pulumi.ToStringArray([]string{"bo"}),
	})
	if err != nil {
		return err
	}
	password := config.New(ctx, "").RequireSecret("password")
	vault, err := lp.NewEnvironment(ctx, "vault", &lp.EnvironmentArgs{
		Project:    pulumi.String("payments"),
		Name:       pulumi.String("vault"),
		Definition: pulumi.Sprintf("values:\n  password:\n    fn::secret: %s\n", password),
	})
	if err != nil {
		return err
	}
	subjects := lp.EscSubjectsOutput(ctx, lp.EscSubjectsOutputArgs{
		Project:     pulumi.String("payments"),
		Environment: team.Team,
	})
	ctx.Export("team", team.Team)
	ctx.Export("definition", vault.Definition)
	ctx.Export("subjects", subjects.Subjects())
	return nil
}
