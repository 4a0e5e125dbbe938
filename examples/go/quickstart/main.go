// Least privilege for one product, payments, in one program: two teams, a development and a production environment, and
// one stack that is deployed by Pulumi Deployments.
//
// It expects the organization to have the stacks payments/dev and payments/prod, and the AWS account to have a role for
// production. Everything else it creates.
package main

import (
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sdk/go/leastprivilege"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi/config"
)

func main() {
	pulumi.Run(program)
}

func program(ctx *pulumi.Context) error {
	settings := config.New(ctx, "")

	// Development: engineers iterate here, so they may open it. It holds nothing that could hurt.
	dev, err := leastprivilege.NewEnvironment(ctx, "dev", &leastprivilege.EnvironmentArgs{
		Project: pulumi.String("payments"),
		Name:    pulumi.String("dev"),
		Tags:    pulumi.StringMap{"tier": pulumi.String("development")},
		Definition: pulumi.String(`values:
  region: eu-west-1
  environmentVariables:
    PAYMENTS_TIER: development
`),
	})
	if err != nil {
		return err
	}

	// Production: short-lived AWS credentials that only this environment can assume. The lock is the default one: no
	// other environment can copy the login, or borrow it by importing this environment.
	prod, err := leastprivilege.NewProductionEnvironment(ctx, "prod", &leastprivilege.ProductionEnvironmentArgs{
		Project:              pulumi.String("payments"),
		Name:                 pulumi.String("prod"),
		Tags:                 pulumi.StringMap{"tier": pulumi.String("production")},
		DeletionProtected:    pulumi.Bool(settings.RequireBool("protectProduction")),
		Values:               pulumi.Map{"region": pulumi.String("eu-west-1")},
		EnvironmentVariables: pulumi.Map{"PAYMENTS_TIER": pulumi.String("production")},
		Aws: &leastprivilege.AwsLoginArgs{
			// The role exists already. Attach the output `trustPolicy` below to it. Without `Create: false` the role and
			// its policies would be created here, which needs the AWS plugin.
			Create:  pulumi.Bool(false),
			RoleArn: pulumi.String(settings.Require("awsRoleArn")),
		},
	})
	if err != nil {
		return err
	}

	// The developers work in development. In production they look: viewing a stack and reading an environment show no
	// secrets. Opening an environment is what matters, and nobody needs to.
	_, err = leastprivilege.NewScopedTeam(ctx, "developers", &leastprivilege.ScopedTeamArgs{
		Name:        pulumi.String("payments-developers"),
		DisplayName: pulumi.String("Payments developers"),
		Description: pulumi.String("Builds the product payments."),
		Members:     pulumi.ToStringArray([]string{"bo", "cy"}),
		Access: &leastprivilege.AccessArgs{
			Stacks: leastprivilege.StackRuleArray{
				&leastprivilege.StackRuleArgs{
					Project: pulumi.String("payments"), Stack: pulumi.String("dev"),
					Permission: leastprivilege.StackPermissionWrite,
				},
				&leastprivilege.StackRuleArgs{
					Project: pulumi.String("payments"), Stack: pulumi.String("prod"),
					Permission: leastprivilege.StackPermissionView,
				},
			},
			Environments: leastprivilege.EnvironmentRuleArray{
				&leastprivilege.EnvironmentRuleArgs{
					Project: pulumi.String("payments"), Environment: dev.Name,
					Permission: leastprivilege.EnvironmentPermissionOpen,
				},
				&leastprivilege.EnvironmentRuleArgs{
					Tags:       pulumi.StringMap{"tier": pulumi.String("production")},
					Permission: leastprivilege.EnvironmentPermissionRead,
				},
			},
		},
		// Roles hold ids, so what they name has to exist first.
	}, pulumi.DependsOn([]pulumi.Resource{dev, prod}))
	if err != nil {
		return err
	}

	// The operators keep an eye on everything that is in production, now and later, and read the audit log.
	_, err = leastprivilege.NewScopedTeam(ctx, "operators", &leastprivilege.ScopedTeamArgs{
		Name:        pulumi.String("payments-operators"),
		DisplayName: pulumi.String("Payments operators"),
		Description: pulumi.String("Watches production."),
		Members:     pulumi.ToStringArray([]string{"di"}),
		Access: &leastprivilege.AccessArgs{
			Stacks: leastprivilege.StackRuleArray{&leastprivilege.StackRuleArgs{
				Tags:       pulumi.StringMap{"environment": pulumi.String("production")},
				Permission: leastprivilege.StackPermissionView,
			}},
			Environments: leastprivilege.EnvironmentRuleArray{&leastprivilege.EnvironmentRuleArgs{
				Tags:       pulumi.StringMap{"tier": pulumi.String("production")},
				Permission: leastprivilege.EnvironmentPermissionRead,
			}},
			Organization: leastprivilege.OrganizationAccessReadOnly,
			Scopes:       pulumi.ToStringArray([]string{"audit_logs:read"}),
		},
	})
	if err != nil {
		return err
	}

	// Changes to production are deployed, not typed. The deployment's own token may update its stack and nothing else;
	// this lets it open the production environment as well.
	_, err = leastprivilege.NewDeploymentRoleAssignment(ctx, "deployments", &leastprivilege.DeploymentRoleAssignmentArgs{
		Project: pulumi.String("payments"),
		Stack:   pulumi.String("prod"),
		Access: &leastprivilege.AccessArgs{
			Environments: leastprivilege.EnvironmentRuleArray{&leastprivilege.EnvironmentRuleArgs{
				Project: pulumi.String("payments"), Environment: pulumi.String("prod"),
				Permission: leastprivilege.EnvironmentPermissionOpen,
			}},
		},
	}, pulumi.DependsOn([]pulumi.Resource{prod}))
	if err != nil {
		return err
	}

	// The trust policy of the AWS role: exactly one subject, exactly one audience.
	ctx.Export("trustPolicy", prod.AwsTrustPolicy)
	ctx.Export("subjects", prod.Subjects)
	return nil
}
