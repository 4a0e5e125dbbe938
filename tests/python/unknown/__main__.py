"""What is named by another resource's output is unknown until that resource exists."""

import pulumi
import pulumi_leastprivilege as lp

role = lp.Role(
    "role",
    name="readers",
    access={"stacks": [{"project": "payments", "stack": "dev", "permission": lp.StackPermission.READ}]},
)
suffix = role.role_id.apply(lambda known: known.lower()[:8])

environment = lp.ProductionEnvironment(
    "environment",
    project="payments",
    name=pulumi.Output.concat("env-", suffix),
    deletion_protected=False,
    values={"role": role.role_id, "nested": {"list": [role.role_id]}},
)
team = lp.ScopedTeam(
    "team",
    name=pulumi.Output.concat("team-", suffix),
    members=["bo"],
    access=lp.AccessArgs(
        environments=[
            lp.EnvironmentRuleArgs(
                project="payments",
                environment=pulumi.Output.concat("env-", suffix),
                permission=lp.EnvironmentPermission.READ,
            )
        ]
    ),
    opts=pulumi.ResourceOptions(depends_on=[environment]),
)
# A component's output as another's input, and as a function's.
shared = lp.ScopedTeam("shared", name=pulumi.Output.concat(team.team, "-shared"), role_id=role.role_id)
subjects = lp.esc_subjects_output(project="payments", environment=pulumi.Output.concat("env-", suffix))
policy = lp.aws_trust_policy_output(
    account_id="123456789012", subjects=subjects.subjects, audience=subjects.audiences.aws
)

pulumi.export("roleId", role.role_id)
pulumi.export("teamName", team.team)
pulumi.export("shared", shared.team)
pulumi.export("subjects", subjects.subjects)
pulumi.export("componentSubjects", environment.subjects)
pulumi.export("policy", policy.document)
