"""The keys of an environment's values are the user's: whatever they look like, they arrive as they are. What is secret in
the program stays secret.
"""

import pulumi
import pulumi_leastprivilege as lp

config = pulumi.Config()
password = config.require_secret("password")

environment = lp.ProductionEnvironment(
    "environment",
    project="payments",
    name="values",
    deletion_protected=False,
    values={
        "camelCase": {"innerCamel": 1, "inner_snake": True},
        "snake_case": {"innerCamel": [{"some_key": 1.5, "someKey": "two"}]},
        # Names of this package's own properties.
        "role_arn": "snake",
        "roleArn": "camel",
        "deletion_protected": "kept",
        "deletionProtected": "kept too",
        "UPPER_CASE": "upper",
        "with-dash": "dash",
        "_one": "underscore",
        "__two": "underscores",
        "nested": {"__three": {"_x": 1}},
        "plain": {"fn::secret": config.require("marked")},
        "generated": {"pass_word": password},
        "joined": {"fn::join": ["-", ["${snake_case.innerCamel[0].someKey}", "${UPPER_CASE}"]]},
        "empty": {"map": {}, "list": [], "text": ""},
    },
    environment_variables={"AWS_REGION": "eu-west-1", "lower_case": "${snake_case.innerCamel[0].someKey}"},
    pulumi_config={"aws:region": "eu-west-1", "app:some_key": "x"},
)

written = lp.Environment(
    "written",
    project="payments",
    name="written",
    tags={"some_tag": "a", "someTag": "b"},
    definition=password.apply(lambda text: f"values:\n  password:\n    fn::secret: {text}\n"),
)

# A function of something secret is secret.
subjects = lp.esc_subjects_output(project="payments", environment=password.apply(lambda text: f"env-{text}"))
policy = lp.aws_trust_policy_output(
    account_id="123456789012", subjects=subjects.subjects, audience=subjects.audiences.aws
)
# Without something secret, the same form is not; and the form that takes plain values answers at once.
plain = lp.deployment_subjects(project="payments", stack="dev", operations=[lp.Operation.UPDATE])
plain_output = lp.deployment_subjects_output(project="payments", stack="dev")

pulumi.export("environmentId", environment.environment_id)
pulumi.export("definition", written.definition)
pulumi.export("secretSubjects", subjects.subjects)
pulumi.export("secretPolicy", policy.document)
pulumi.export("plain", plain.subjects)
pulumi.export("plainOutput", plain_output.subjects)
