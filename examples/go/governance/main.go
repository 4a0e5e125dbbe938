// The rules of an organization in one program: what everybody may do by default, what each tier allows people and
// automation, who owns stacks, which tokens there are and how they expire, whose approval production needs, and how
// somebody gets elevated access in an emergency.
//
// It expects the organization to have the stacks payments/dev and payments/prod, tagged with their environment and team.
// Everything else it creates.
package main

import (
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sdk/go/leastprivilege"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi/config"
)

// emergencies says who holds elevated access, and until when. Whoever adds a line here says so in a change that somebody
// reviews. A time that is past gives it to nobody.
var emergencies = leastprivilege.TemporaryMemberArray{
	leastprivilege.TemporaryMemberArgs{User: pulumi.String("bo"), Until: pulumi.String("2026-01-01T00:00:00Z")},
}

func main() {
	pulumi.Run(program)
}

func program(ctx *pulumi.Context) error {
	protect := pulumi.Bool(config.New(ctx, "").RequireBool("protectProduction"))

	// Nobody has anything by default, members make nothing on their own, and no token lives longer than a quarter.
	baseline, err := leastprivilege.NewOrganizationBaseline(ctx, "baseline", &leastprivilege.OrganizationBaselineArgs{
		MachineTokenMaxExpiry: pulumi.String("90d"),
	})
	if err != nil {
		return err
	}
	security, err := reviewers(ctx)
	if err != nil {
		return err
	}
	approvers := leastprivilege.ApproversArgs{Teams: pulumi.StringArray{security.Team}}
	environments, err := environments(ctx, protect, approvers)
	if err != nil {
		return err
	}
	tiers, err := tiers(ctx, environments)
	if err != nil {
		return err
	}
	scanner, err := automation(ctx, tiers)
	if err != nil {
		return err
	}

	// Stacks belong to a person who is there, and whoever happened to create one keeps no rights by that.
	_, err = leastprivilege.NewStackOwner(ctx, "owners", &leastprivilege.StackOwnerArgs{
		Project: pulumi.String("payments"),
		Owner:   pulumi.String("ana"),
		Keep:    pulumi.ToStringArray([]string{"ana"}),
	})
	if err != nil {
		return err
	}
	breakGlass, err := emergency(ctx, protect, approvers)
	if err != nil {
		return err
	}

	ctx.Export("settings", baseline.Settings)
	ctx.Export("teams", tiers.Teams)
	ctx.Export("scannerToken", scanner.Value) // secret
	ctx.Export("scannerTokenExpires", scanner.ExpiresAt)
	ctx.Export("breakGlassMembers", breakGlass.ActiveMembers)
	return nil
}

// reviewers makes the team that sees every stack, reads the audit log, and approves what the gates ask for.
func reviewers(ctx *pulumi.Context) (*leastprivilege.ScopedTeam, error) {
	// The built-in permission set for reading stacks can decrypt configuration. This one cannot.
	metadata, err := leastprivilege.NewPermissionSet(ctx, "metadata", &leastprivilege.PermissionSetArgs{
		Name:        pulumi.String("stack-metadata"),
		Description: pulumi.String("See stacks and their deployments, and decrypt nothing."),
		EntityType:  leastprivilege.EntityTypeStack,
		Scopes:      pulumi.ToStringArray([]string{"stack:read", "stack_deployment:read"}),
	})
	if err != nil {
		return nil, err
	}
	return leastprivilege.NewScopedTeam(ctx, "security", &leastprivilege.ScopedTeamArgs{
		Name:    pulumi.String("security"),
		Members: pulumi.ToStringArray([]string{"di", "ed"}),
		Access: &leastprivilege.AccessArgs{
			Stacks: leastprivilege.StackRuleArray{
				leastprivilege.StackRuleArgs{All: pulumi.Bool(true), PermissionSet: metadata.PermissionSetId},
			},
			Organization: leastprivilege.OrganizationAccessReadOnly,
			Scopes:       pulumi.ToStringArray([]string{"audit_logs:read"}),
		},
	})
}

// environments makes those of development and production.
func environments(
	ctx *pulumi.Context, protect pulumi.Bool, approvers leastprivilege.ApproversArgs,
) ([]pulumi.Resource, error) {
	dev, err := leastprivilege.NewEnvironment(ctx, "dev", &leastprivilege.EnvironmentArgs{
		Project:    pulumi.String("payments"),
		Name:       pulumi.String("dev"),
		Tags:       pulumi.StringMap{"environment": pulumi.String("development"), "team": pulumi.String("payments")},
		Definition: pulumi.String("values:\n  region: eu-west-1\n"),
	})
	if err != nil {
		return nil, err
	}

	// A change to production's definition, such as another role to log in to, takes somebody else's approval. Opening
	// takes none: deployments open it, and a deployment that is started by a push could not ask.
	prod, err := leastprivilege.NewProductionEnvironment(ctx, "prod", &leastprivilege.ProductionEnvironmentArgs{
		Project:           pulumi.String("payments"),
		Name:              pulumi.String("prod"),
		Tags:              pulumi.StringMap{"environment": pulumi.String("production"), "team": pulumi.String("payments")},
		DeletionProtected: protect,
		Values:            pulumi.Map{"region": pulumi.String("eu-west-1")},
		Aws: &leastprivilege.AwsLoginArgs{
			Create:  pulumi.Bool(false),
			RoleArn: pulumi.String("arn:aws:iam::123456789012:role/payments-prod"),
		},
		UpdateApproval: leastprivilege.ApprovalArgs{Approvers: approvers},
	})
	return []pulumi.Resource{dev, prod}, err
}

// tiers says once, for every team: engineers update development directly; in production they look, without reading
// secrets, and automation updates. A team's tags keep it to its own.
func tiers(ctx *pulumi.Context, environments []pulumi.Resource) (*leastprivilege.TieredAccess, error) {
	rights := func(stacks leastprivilege.StackPermission, environments leastprivilege.EnvironmentPermission) leastprivilege.TierRightsArgs {
		return leastprivilege.TierRightsArgs{Stacks: stacks, Environments: environments}
	}
	updates := rights(leastprivilege.StackPermissionWrite, leastprivilege.EnvironmentPermissionOpen)
	views := rights(leastprivilege.StackPermissionView, leastprivilege.EnvironmentPermissionRead)
	return leastprivilege.NewTieredAccess(ctx, "tiers", &leastprivilege.TieredAccessArgs{
		Tiers: leastprivilege.TierArray{
			leastprivilege.TierArgs{
				Name:   pulumi.String("development"),
				Tags:   pulumi.StringMap{"environment": pulumi.String("development")},
				People: updates, Automation: updates,
			},
			leastprivilege.TierArgs{
				Name:   pulumi.String("production"),
				Tags:   pulumi.StringMap{"environment": pulumi.String("production")},
				People: views, Automation: updates,
			},
		},
		Teams: leastprivilege.TieredTeamArray{
			leastprivilege.TieredTeamArgs{
				Name: pulumi.String("payments"), Tags: pulumi.StringMap{"team": pulumi.String("payments")},
				Members: pulumi.ToStringArray([]string{"bo", "cy"}),
			},
			leastprivilege.TieredTeamArgs{
				Name: pulumi.String("ledger"), Tags: pulumi.StringMap{"team": pulumi.String("ledger")},
				Members: pulumi.ToStringArray([]string{"cy"}),
			},
		},
	}, pulumi.DependsOn(environments))
}

// automation gives deployments of production what its tier allows automation, and a tool that cannot log in by OIDC a
// token that is scoped to the team, and replaced a week before it expires.
func automation(ctx *pulumi.Context, tiers *leastprivilege.TieredAccess) (*leastprivilege.MachineToken, error) {
	_, err := leastprivilege.NewDeploymentRoleAssignment(ctx, "deployments", &leastprivilege.DeploymentRoleAssignmentArgs{
		Project: pulumi.String("payments"),
		Stack:   pulumi.String("prod"),
		RoleId:  tiers.AutomationRoleIds.MapIndex(pulumi.String("payments")).MapIndex(pulumi.String("production")),
	})
	if err != nil {
		return nil, err
	}
	return leastprivilege.NewMachineToken(ctx, "scanner", &leastprivilege.MachineTokenArgs{
		Name:         pulumi.String("payments-scanner"),
		Team:         tiers.Teams.MapIndex(pulumi.String("payments")),
		ExpiresIn:    pulumi.String("30d"),
		RotateBefore: pulumi.String("7d"),
	})
}

// emergency makes an environment with credentials of an administrator of the cloud account, and the team that may open
// it. Nobody is in the team unless they are named above, with the time when it ends. And each time they open the
// environment, security approves.
func emergency(
	ctx *pulumi.Context, protect pulumi.Bool, approvers leastprivilege.ApproversArgs,
) (*leastprivilege.BreakGlass, error) {
	environment, err := leastprivilege.NewProductionEnvironment(ctx, "emergency", &leastprivilege.ProductionEnvironmentArgs{
		Project:           pulumi.String("payments"),
		Name:              pulumi.String("break-glass"),
		DeletionProtected: protect,
		Aws: &leastprivilege.AwsLoginArgs{
			Create:  pulumi.Bool(false),
			RoleArn: pulumi.String("arn:aws:iam::123456789012:role/payments-admin"),
		},
	})
	if err != nil {
		return nil, err
	}
	return leastprivilege.NewBreakGlass(ctx, "breakGlass", &leastprivilege.BreakGlassArgs{
		Name:    pulumi.String("break-glass"),
		Members: emergencies,
		Access: &leastprivilege.AccessArgs{Environments: leastprivilege.EnvironmentRuleArray{
			leastprivilege.EnvironmentRuleArgs{
				Project: pulumi.String("payments"), Environment: pulumi.String("break-glass"),
				Permission: leastprivilege.EnvironmentPermissionOpen,
			},
		}},
		MaxOpenDuration: pulumi.String("1h"),
		Approvers:       approvers,
	}, pulumi.DependsOn([]pulumi.Resource{environment}))
}
