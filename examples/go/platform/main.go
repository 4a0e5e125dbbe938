// A platform repository: who may do what on Pulumi Cloud, for every product and tier of the organization acme.
// organization.go says which there are; this file says what each of them gets.
//
// It expects a stack for each product and tier, and in each product's AWS account a role <product>-<tier> for each
// locked tier. Everything else it creates.
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
	protect := config.New(ctx, "").RequireBool("protectProduction")
	watch, err := newWatchRole(ctx)
	if err != nil {
		return err
	}
	directory, trust := pulumi.Map{}, pulumi.StringMap{}
	for _, p := range products {
		made, err := newProduct(ctx, p, watch, protect)
		if err != nil {
			return err
		}
		directory[p.name] = made.entry
		for role, policy := range made.trustPolicies {
			trust[role] = policy
		}
	}
	if err := newDirectory(ctx, directory); err != nil {
		return err
	}
	// Attach each of them to the AWS role that it is named after.
	ctx.Export("trustPolicies", trust)
	return nil
}

// newWatchRole is what operators of any product may do: one role that all their teams hold, so that a change to it is
// one change. Its rules select by tags and reach what does not exist yet.
func newWatchRole(ctx *pulumi.Context) (*lp.Role, error) {
	return lp.NewRole(ctx, "watch-production", &lp.RoleArgs{
		Name:        pulumi.String("watch-production"),
		Description: pulumi.String("See what is in production, and the audit log."),
		Access: &lp.AccessArgs{
			Stacks: lp.StackRuleArray{&lp.StackRuleArgs{
				Tags:       pulumi.StringMap{"environment": pulumi.String("production")},
				Permission: lp.StackPermissionView,
			}},
			Environments: lp.EnvironmentRuleArray{&lp.EnvironmentRuleArgs{
				Tags:       pulumi.StringMap{"tier": pulumi.String("production")},
				Permission: lp.EnvironmentPermissionRead,
			}},
			Organization: lp.OrganizationAccessReadOnly,
			Scopes:       pulumi.ToStringArray([]string{"audit_logs:read"}),
		},
	})
}

// madeProduct is what the rest of the program needs to know of a product.
type madeProduct struct {
	entry         pulumi.Map       // in the directory
	trustPolicies pulumi.StringMap // by the name of the AWS role
}

func newProduct(ctx *pulumi.Context, p product, watch *lp.Role, protect bool) (madeProduct, error) {
	deployments, made := pulumi.Map{}, madeProduct{trustPolicies: pulumi.StringMap{}}
	var environments []pulumi.Resource
	for _, t := range tiers {
		if !t.locked {
			environment, err := newOpenTier(ctx, p, t)
			if err != nil {
				return made, err
			}
			environments = append(environments, environment)
			continue
		}
		environment, err := newLockedTier(ctx, p, t, protect)
		if err != nil {
			return made, err
		}
		environments = append(environments, environment)
		made.trustPolicies[p.name+"-"+t.name] = environment.AwsTrustPolicy.Elem()

		deployment, err := newDeployment(ctx, p, t, environment)
		if err != nil {
			return made, err
		}
		deployments[t.name] = pulumi.Map{
			"environmentId": environment.EnvironmentId,
			"roleId":        deployment.RoleId,
			"subjects":      environment.Subjects,
		}
	}
	developers, err := newDevelopers(ctx, p, environments)
	if err != nil {
		return made, err
	}
	operators, err := lp.NewScopedTeam(ctx, p.name+"-operators", &lp.ScopedTeamArgs{
		Name:        pulumi.String(p.name + "-operators"),
		Description: pulumi.String("Watches " + p.name + " in production."),
		Members:     pulumi.ToStringArray(p.operators),
		RoleId:      watch.RoleId,
	})
	if err != nil {
		return made, err
	}
	made.entry = pulumi.Map{"developers": developers.Team, "operators": operators.Team, "deployments": deployments}
	return made, nil
}

// newOpenTier is an environment in which developers iterate. It holds nothing that could hurt.
func newOpenTier(ctx *pulumi.Context, p product, t tier) (*lp.Environment, error) {
	return lp.NewEnvironment(ctx, p.name+"-"+t.name, &lp.EnvironmentArgs{
		Project:    pulumi.String(p.name),
		Name:       pulumi.String(t.name),
		Tags:       pulumi.StringMap{"tier": pulumi.String(t.tag)},
		Definition: pulumi.String("values:\n  environmentVariables:\n    TIER: " + t.name + "\n"),
	})
}

// newLockedTier is an environment with short-lived AWS credentials that nothing else can assume.
func newLockedTier(ctx *pulumi.Context, p product, t tier, protect bool) (*lp.ProductionEnvironment, error) {
	return lp.NewProductionEnvironment(ctx, p.name+"-"+t.name, &lp.ProductionEnvironmentArgs{
		Project:              pulumi.String(p.name),
		Name:                 pulumi.String(t.name),
		Tags:                 pulumi.StringMap{"tier": pulumi.String(t.tag)},
		DeletionProtected:    pulumi.Bool(protect),
		EnvironmentVariables: pulumi.Map{"TIER": pulumi.String(t.name)},
		Aws: &lp.AwsLoginArgs{
			Create:    pulumi.Bool(false),
			AccountId: pulumi.String(p.awsAccount),
			RoleName:  pulumi.String(p.name + "-" + t.name),
		},
	})
}

// newDeployment lets the deployments of a locked tier's stack, and nobody else, open its environment.
func newDeployment(ctx *pulumi.Context, p product, t tier, environment pulumi.Resource) (*lp.DeploymentRoleAssignment, error) {
	return lp.NewDeploymentRoleAssignment(ctx, p.name+"-"+t.name, &lp.DeploymentRoleAssignmentArgs{
		Project: pulumi.String(p.name),
		Stack:   pulumi.String(t.name),
		Access: &lp.AccessArgs{
			Environments: lp.EnvironmentRuleArray{&lp.EnvironmentRuleArgs{
				Project:     pulumi.String(p.name),
				Environment: pulumi.String(t.name),
				Permission:  lp.EnvironmentPermissionOpen,
			}},
		},
	}, pulumi.DependsOn([]pulumi.Resource{environment}))
}

// newDevelopers is the team that builds a product: what it may do in each tier is what the tier says.
func newDevelopers(ctx *pulumi.Context, p product, environments []pulumi.Resource) (*lp.ScopedTeam, error) {
	var stacks lp.StackRuleArray
	var inside lp.EnvironmentRuleArray
	for _, t := range tiers {
		stacks = append(stacks, &lp.StackRuleArgs{
			Project: pulumi.String(p.name), Stack: pulumi.String(t.name), Permission: t.stack,
		})
		inside = append(inside, &lp.EnvironmentRuleArgs{
			Project: pulumi.String(p.name), Environment: pulumi.String(t.name), Permission: t.environment,
		})
	}
	return lp.NewScopedTeam(ctx, p.name+"-developers", &lp.ScopedTeamArgs{
		Name:        pulumi.String(p.name + "-developers"),
		Description: pulumi.String("Builds " + p.name + "."),
		Members:     pulumi.ToStringArray(p.developers),
		Access:      &lp.AccessArgs{Stacks: stacks, Environments: inside},
		// Roles hold ids, so what they name has to exist first.
	}, pulumi.DependsOn(environments))
}

// newDirectory is an environment that other programs import to learn who has which product and how it is deployed. ESC
// definitions are YAML, of which JSON is a part.
func newDirectory(ctx *pulumi.Context, products pulumi.Map) error {
	definition := pulumi.JSONMarshal(pulumi.Map{"values": pulumi.Map{"products": products}})
	_, err := lp.NewEnvironment(ctx, "directory", &lp.EnvironmentArgs{
		Project:    pulumi.String("platform"),
		Name:       pulumi.String("directory"),
		Definition: definition,
	})
	return err
}
