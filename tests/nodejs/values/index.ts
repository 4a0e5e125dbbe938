// The keys of an environment's values are the user's: whatever they look like, they arrive as they are. What is secret in
// the program stays secret.
import * as pulumi from "@pulumi/pulumi";
import * as lp from "pulumi-leastprivilege";

const config = new pulumi.Config();
const password = config.requireSecret("password");

new lp.ProductionEnvironment("environment", {
    project: "payments",
    name: "values",
    deletionProtected: false,
    values: {
        camelCase: { innerCamel: 1, inner_snake: true },
        // Names of this package's own properties.
        roleArn: "camel",
        deletionProtected: "kept",
        "with-dash": "dash",
        nested: { __three: { _x: 1 } },
        plain: { "fn::secret": config.require("marked") },
        generated: { passWord: password },
        joined: { "fn::join": ["-", ["${deletionProtected}", "${roleArn}"]] },
        empty: { map: {}, list: [], text: "" },
    },
    environmentVariables: { AWS_REGION: "eu-west-1", TOKEN: password },
    pulumiConfig: { "aws:region": "eu-west-1" },
});

const written = new lp.Environment("written", {
    project: "payments",
    name: "written",
    tags: { some_tag: "a", someTag: "b" },
    definition: pulumi.interpolate`values:\n  password:\n    fn::secret: ${password}\n`,
});

// A function of something secret is secret.
const locked = lp.escSubjectsOutput({ project: "payments", environment: pulumi.interpolate`env-${password}` });
const trust = lp.awsTrustPolicyOutput({
    accountId: "123456789012",
    subjects: locked.subjects,
    audience: locked.audiences.aws,
});

export const definition = written.definition;
export const secretSubjects = locked.subjects;
export const secretPolicy = trust.document;
// Without something secret, the same form is not; and the form that takes plain values is a promise.
export const plain = lp.deploymentSubjects({
    project: "payments",
    stack: "dev",
    operations: [lp.Operation.Update],
}).then((answer) => answer.subjects);
export const plainOutput = lp.deploymentSubjectsOutput({ project: "payments", stack: "dev" }).subjects;
