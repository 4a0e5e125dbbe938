"""AWS roles of one's own, with trust policies that admit exactly one ESC environment and one deployed stack.

The components can make such roles by themselves. Do it by hand, as here, where roles are made in a program of another
team, or need what the components do not have. The functions that compute subjects and policies make no call and need no
token.
"""

import pulumi
import pulumi_aws as aws
import pulumi_leastprivilege as lp

PROJECT, STACK, ENVIRONMENT = "payments", "prod", "prod"

# The OIDC provider of Pulumi Cloud exists once in an AWS account, so it is named, not made. Its ARN follows from the
# account's id.
account = aws.get_caller_identity_output().account_id

# One: the environment. Without a lock nobody but the environment itself is admitted. A lock that is given here has to be
# given to the component below as well.
environment = lp.esc_subjects_output(project=PROJECT, environment=ENVIRONMENT)
environment_trust = lp.aws_trust_policy_output(
    account_id=account,
    subjects=environment.subjects,
    audience=environment.audiences.aws,
)
reader = aws.iam.Role(
    "reader",
    name="payments-prod-reader",
    assume_role_policy=environment_trust.document,
)
aws.iam.RolePolicyAttachment(
    "reader-may",
    role=reader.name,
    policy_arn="arn:aws:iam::aws:policy/job-function/ViewOnlyAccess",
)
prod = lp.ProductionEnvironment(
    "prod",
    project=PROJECT,
    name=ENVIRONMENT,
    deletion_protected=pulumi.Config().require_bool("protectProduction"),
    aws={"create": False, "role_arn": reader.arn},
)

# Two: the deployments of the stack, which need no environment. Previews are left out: they come from pull requests, and
# whoever can open one would hold the credentials that can change production.
deployments = lp.deployment_subjects_output(
    project=PROJECT,
    stack=STACK,
    operations=[lp.Operation.UPDATE, lp.Operation.REFRESH],
)
deployments_trust = lp.aws_trust_policy_output(
    account_id=account,
    subjects=deployments.subjects,
    audience=deployments.audience,
)
deployer = aws.iam.Role(
    "deployer",
    name="payments-prod-deployer",
    assume_role_policy=deployments_trust.document,
)
aws.iam.RolePolicy(
    "deployer-may",
    role=deployer.name,
    policy=pulumi.Output.json_dumps(
        {
            "Version": "2012-10-17",
            "Statement": [
                {
                    "Effect": "Allow",
                    "Action": ["lambda:UpdateFunctionCode"],
                    "Resource": pulumi.Output.format("arn:aws:lambda:eu-west-1:{0}:function:payments-prod", account),
                }
            ],
        }
    ),
)
lp.DeploymentRole(
    "deployments",
    project=PROJECT,
    stack=STACK,
    oidc={"aws": {"role_arn": deployer.arn, "session_name": "payments-prod", "duration": "1h"}},
)

pulumi.export("readerArn", reader.arn)
pulumi.export("deployerArn", deployer.arn)
pulumi.export("environmentSubjects", environment.subjects)
pulumi.export("deploymentSubjects", deployments.subjects)
