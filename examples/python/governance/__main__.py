"""The rules of an organization in one program: what everybody may do by default, what each tier allows people and
automation, who owns stacks, which tokens there are and how they expire, whose approval production needs, and how
somebody gets elevated access in an emergency.

It expects the organization to have the stacks payments/dev and payments/prod, tagged with their environment and team.
Everything else it creates.
"""

import pulumi
import pulumi_leastprivilege as lp

protect = pulumi.Config().require_bool("protectProduction")

# Who holds elevated access in an emergency, and until when. Whoever adds a line here says so in a change that somebody
# reviews. A time that is past gives it to nobody.
EMERGENCIES: list[lp.TemporaryMemberArgsDict] = [{"user": "bo", "until": "2026-01-01T00:00:00Z"}]

# Nobody has anything by default, members make nothing on their own, and no token lives longer than a quarter.
baseline = lp.OrganizationBaseline("baseline", machine_token_max_expiry="90d")

# The built-in permission set for reading stacks can decrypt configuration. This one cannot.
metadata = lp.PermissionSet(
    "metadata",
    name="stack-metadata",
    description="See stacks and their deployments, and decrypt nothing.",
    entity_type=lp.EntityType.STACK,
    scopes=["stack:read", "stack_deployment:read"],
)

# Security sees every stack, reads the audit log, and approves what the gates below ask for.
security = lp.ScopedTeam(
    "security",
    name="security",
    members=["di", "ed"],
    access={
        "stacks": [{"all": True, "permission_set": metadata.permission_set_id}],
        "organization": lp.OrganizationAccess.READ_ONLY,
        "scopes": ["audit_logs:read"],
    },
)
approvers: lp.ApproversArgsDict = {"teams": [security.team]}

dev = lp.Environment(
    "dev",
    project="payments",
    name="dev",
    tags={"environment": "development", "team": "payments"},
    definition="values:\n  region: eu-west-1\n",
)

# A change to production's definition, such as another role to log in to, takes somebody else's approval. Opening takes
# none: deployments open it, and a deployment that is started by a push could not ask.
prod = lp.ProductionEnvironment(
    "prod",
    project="payments",
    name="prod",
    tags={"environment": "production", "team": "payments"},
    deletion_protected=protect,
    values={"region": "eu-west-1"},
    aws={"create": False, "role_arn": "arn:aws:iam::123456789012:role/payments-prod"},
    update_approval={"approvers": approvers},
)

# Said once, for every team: engineers update development directly; in production they look, without reading secrets, and
# automation updates. A team's tags keep it to its own.
tiers = lp.TieredAccess(
    "tiers",
    tiers=[
        {
            "name": "development",
            "tags": {"environment": "development"},
            "people": {"stacks": lp.StackPermission.WRITE, "environments": lp.EnvironmentPermission.OPEN},
            "automation": {"stacks": lp.StackPermission.WRITE, "environments": lp.EnvironmentPermission.OPEN},
        },
        {
            "name": "production",
            "tags": {"environment": "production"},
            "people": {"stacks": lp.StackPermission.VIEW, "environments": lp.EnvironmentPermission.READ},
            "automation": {"stacks": lp.StackPermission.WRITE, "environments": lp.EnvironmentPermission.OPEN},
        },
    ],
    teams=[
        {"name": "payments", "tags": {"team": "payments"}, "members": ["bo", "cy"]},
        {"name": "ledger", "tags": {"team": "ledger"}, "members": ["cy"]},
    ],
    opts=pulumi.ResourceOptions(depends_on=[dev, prod]),
)

# Deployments of production run with what its tier allows automation.
lp.DeploymentRoleAssignment(
    "deployments",
    project="payments",
    stack="prod",
    role_id=tiers.automation_role_ids["payments"]["production"],
)

# A tool that cannot log in by OIDC: its token is scoped to the team, and replaced a week before it expires.
scanner = lp.MachineToken(
    "scanner",
    name="payments-scanner",
    team=tiers.teams["payments"],
    expires_in="30d",
    rotate_before="7d",
)

# Stacks belong to a person who is there, and whoever happened to create one keeps no rights by that.
lp.StackOwner("owners", project="payments", owner="ana", keep=["ana"])

# In an emergency: credentials of an administrator of the cloud account, in an environment of their own.
emergency = lp.ProductionEnvironment(
    "emergency",
    project="payments",
    name="break-glass",
    deletion_protected=protect,
    aws={"create": False, "role_arn": "arn:aws:iam::123456789012:role/payments-admin"},
)

# Nobody is in the team unless they are named above, with the time when it ends. And each time they open the environment,
# security approves.
break_glass = lp.BreakGlass(
    "breakGlass",
    name="break-glass",
    members=EMERGENCIES,
    access={
        "environments": [
            {
                "project": "payments",
                "environment": "break-glass",
                "permission": lp.EnvironmentPermission.OPEN,
            }
        ]
    },
    max_open_duration="1h",
    approvers=approvers,
    opts=pulumi.ResourceOptions(depends_on=[emergency]),
)

pulumi.export("settings", baseline.settings)
pulumi.export("teams", tiers.teams)
pulumi.export("scannerToken", scanner.value)  # secret
pulumi.export("scannerTokenExpires", scanner.expires_at)
pulumi.export("breakGlassMembers", break_glass.active_members)
