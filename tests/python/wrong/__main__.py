"""What a type checker has to refuse: each line that is marked as wrong is an error of that kind, and no other line is. A
test holds mypy to it.
"""

import pulumi
import pulumi_leastprivilege as lp

# A required property is missing: as a keyword, in the arguments class, and nested.
lp.ScopedTeam("no-name", members=["bo"])  # wrong: call-overload
lp.ScopedTeam("no-name", lp.ScopedTeamArgs(members=["bo"]))  # wrong: call-arg
lp.ProductionEnvironment("no-project", name="prod")  # wrong: call-overload
lp.Environment("no-name", project="payments")  # wrong: call-overload
lp.DeploymentRoleAssignment("no-stack", project="payments")  # wrong: call-overload
lp.TeamAccess("no-team", stacks=[])  # wrong: call-overload
lp.DeploymentRole("no-role", project="payments", stack="prod", oidc={"aws": {"duration": "1h"}})  # wrong: call-overload
lp.DeploymentAwsArgs(duration="1h")  # wrong: call-arg
lp.TeamAccess("no-permission", team="payments", stacks=[{"project": "payments", "stack": "dev"}])  # wrong: list-item
lp.deployment_subjects_output(project="payments")  # wrong: call-arg
lp.esc_subjects(project="payments")  # wrong: call-arg

# A wrong enum: a misspelled word, another kind's, one that does not exist.
lp.StackRuleArgs(all=True, permission="red")  # wrong: arg-type
lp.StackRuleArgs(all=True, permission=lp.EnvironmentPermission.OPEN)  # wrong: arg-type
lp.EnvironmentRuleArgs(all=True, permission=lp.EnvironmentPermission.OPENN)  # wrong: attr-defined
lp.ScopedTeam("enum", name="x", access={"stacks": [{"all": True, "permission": "red"}]})  # wrong: call-overload
lp.ScopedTeam("enum", name="x", access={"organization": lp.StackPermission.READ})  # wrong: call-overload
lp.ScopedTeam("enum", name="x", grant_through="entities")  # wrong: call-overload
lp.deployment_subjects_output(project="payments", stack="prod", operations=["up"])  # wrong: list-item

# A property that does not exist, a wrong type, an output that does not exist.
lp.ScopedTeam("unknown", name="x", memberz=["bo"])  # wrong: call-overload
lp.ScopedTeam("unknown", name="x", access={"stack": []})  # wrong: call-overload
lp.Team("type", name="x", members="bo,cy", github_team_id="seven")  # wrong: call-overload
team = lp.ScopedTeam("right", name="x", members=["bo"], access=lp.AccessArgs(stacks=[]))
pulumi.export("role", team.role)  # wrong: attr-defined
