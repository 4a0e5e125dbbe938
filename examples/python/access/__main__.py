"""Who has access to the stack and the environment of production, in one place: everything that is granted on them directly, to people
and to teams, and who owns the environment. Whatever else is granted there, by their creators or in the console, is drift: a refresh
shows it, a preview names it, and the next update takes it away.

It expects the organization to have the stack payments/prod, the environment payments/prod and the team operators. Roles grant
access besides, and organization administrators have it in any case: getWhoCan answers with both.
"""

import pulumi
import pulumi_leastprivilege as lp

# Operators update the stack, and cy, who is on call, reads it: secrets in its configuration and state included. Nobody else is
# granted anything on it, not even who made it.
stack = lp.EntityAccess(
    "stack",
    stack={"project": "payments", "stack": "prod"},
    users=[{"user": "cy", "permission": lp.EntityPermission.READ}],
    teams=[{"team": "operators", "permission": lp.EntityPermission.WRITE}],
)

# The environment belongs to an administrator. With `keep=["ana"]` she would hold admin on it by herself, too.
owner = lp.EnvironmentOwner("owner", project="payments", environment="prod", owner="ana")

# Operators open the environment, for an hour at most. No person holds anything on it.
environment = lp.EntityAccess(
    "environment",
    environment={"project": "payments", "environment": "prod"},
    users=[],
    teams=[{"team": "operators", "permission": lp.EntityPermission.OPEN, "max_open_duration": "1h"}],
    opts=pulumi.ResourceOptions(depends_on=[owner]),
)

pulumi.export("stackAccess", stack.granted)
pulumi.export("environmentAccess", environment.granted)
