import pulumi
import pulumi_leastprivilege as lp

# An environment that engineers may open.
dev = lp.Environment(
    "dev",
    project="platform",
    name="dev",
    definition="values:\n  region: eu-west-1\n",
)

# A team that may do exactly this. Access that somebody gives it by hand is removed by the next update.
developers = lp.ScopedTeam(
    "developers",
    name="platform-developers",
    members=[],
    access={
        "environments": [
            {"project": dev.project, "environment": dev.name, "permission": lp.EnvironmentPermission.OPEN},
        ],
    },
)

pulumi.export("team", developers.team)
