"""Least privilege for one product, `payments`, in one program: two teams, a development and a production environment,
and one stack that is deployed by Pulumi Deployments.

It expects the organization to have the stacks payments/dev and payments/prod, and the AWS account to have a role for
production. Everything else it creates.
"""

import pulumi
import pulumi_leastprivilege as lp

config = pulumi.Config()

# Development: engineers iterate here, so they may open it. It holds nothing that could hurt.
dev = lp.Environment(
    "dev",
    project="payments",
    name="dev",
    tags={"tier": "development"},
    definition="""\
values:
  region: eu-west-1
  environmentVariables:
    PAYMENTS_TIER: development
""",
)

# Production: short-lived AWS credentials that only this environment can assume. The lock is the default one: no other
# environment can copy the login, or borrow it by importing this environment.
prod = lp.ProductionEnvironment(
    "prod",
    project="payments",
    name="prod",
    tags={"tier": "production"},
    deletion_protected=config.require_bool("protectProduction"),
    values={"region": "eu-west-1"},
    environment_variables={"PAYMENTS_TIER": "production"},
    aws={
        # The role exists already. Attach the output `trustPolicy` below to it. Without `create: False` the role and its
        # policies would be created here, which needs the AWS plugin.
        "create": False,
        "role_arn": config.require("awsRoleArn"),
    },
)

# The developers work in development. In production they look: viewing a stack and reading an environment show no
# secrets. Opening an environment is what matters, and nobody needs to.
lp.ScopedTeam(
    "developers",
    name="payments-developers",
    display_name="Payments developers",
    description="Builds the product payments.",
    members=["bo", "cy"],
    access={
        "stacks": [
            {"project": "payments", "stack": "dev", "permission": lp.StackPermission.WRITE},
            {"project": "payments", "stack": "prod", "permission": lp.StackPermission.VIEW},
        ],
        "environments": [
            {"project": "payments", "environment": dev.name, "permission": lp.EnvironmentPermission.OPEN},
            {"tags": {"tier": "production"}, "permission": lp.EnvironmentPermission.READ},
        ],
    },
    # Roles hold ids, so what they name has to exist first.
    opts=pulumi.ResourceOptions(depends_on=[dev, prod]),
)

# The operators keep an eye on everything that is in production, now and later, and read the audit log.
lp.ScopedTeam(
    "operators",
    name="payments-operators",
    display_name="Payments operators",
    description="Watches production.",
    members=["di"],
    access={
        "stacks": [{"tags": {"environment": "production"}, "permission": lp.StackPermission.VIEW}],
        "environments": [{"tags": {"tier": "production"}, "permission": lp.EnvironmentPermission.READ}],
        "organization": lp.OrganizationAccess.READ_ONLY,
        "scopes": ["audit_logs:read"],
    },
)

# Changes to production are deployed, not typed. The deployment's own token may update its stack and nothing else; this
# lets it open the production environment as well.
lp.DeploymentRoleAssignment(
    "deployments",
    project="payments",
    stack="prod",
    access={
        "environments": [
            {"project": "payments", "environment": "prod", "permission": lp.EnvironmentPermission.OPEN},
        ],
    },
    opts=pulumi.ResourceOptions(depends_on=[prod]),
)

# The trust policy of the AWS role: exactly one subject, exactly one audience.
pulumi.export("trustPolicy", prod.aws_trust_policy)
pulumi.export("subjects", prod.subjects)
