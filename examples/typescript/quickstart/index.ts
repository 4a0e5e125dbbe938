// Least privilege for one product, `payments`, in one program: two teams, a development and a production environment,
// and one stack that is deployed by Pulumi Deployments.
//
// It expects the organization to have the stacks payments/dev and payments/prod, and the AWS account to have a role for
// production. Everything else it creates.
import * as pulumi from "@pulumi/pulumi";
import * as lp from "pulumi-leastprivilege";

const config = new pulumi.Config();

// Development: engineers iterate here, so they may open it. It holds nothing that could hurt.
const dev = new lp.Environment("dev", {
    project: "payments",
    name: "dev",
    tags: { tier: "development" },
    definition: `values:
  region: eu-west-1
  environmentVariables:
    PAYMENTS_TIER: development
`,
});

// Production: short-lived AWS credentials that only this environment can assume. The lock is the default one: no other
// environment can copy the login, or borrow it by importing this environment.
const prod = new lp.ProductionEnvironment("prod", {
    project: "payments",
    name: "prod",
    tags: { tier: "production" },
    deletionProtected: config.requireBoolean("protectProduction"),
    values: { region: "eu-west-1" },
    environmentVariables: { PAYMENTS_TIER: "production" },
    aws: {
        // The role exists already. Attach the output `trustPolicy` below to it. Without `create: false` the role and its
        // policies would be created here, which needs the AWS plugin.
        create: false,
        roleArn: config.require("awsRoleArn"),
    },
});

// The developers work in development. In production they look: viewing a stack and reading an environment show no
// secrets. Opening an environment is what matters, and nobody needs to.
new lp.ScopedTeam("developers", {
    name: "payments-developers",
    displayName: "Payments developers",
    description: "Builds the product payments.",
    members: ["bo", "cy"],
    access: {
        stacks: [
            { project: "payments", stack: "dev", permission: "write" },
            { project: "payments", stack: "prod", permission: "view" },
        ],
        environments: [
            { project: "payments", environment: dev.name, permission: "open" },
            { tags: { tier: "production" }, permission: "read" },
        ],
    },
}, {
    // Roles hold ids, so what they name has to exist first.
    dependsOn: [dev, prod],
});

// The operators keep an eye on everything that is in production, now and later, and read the audit log.
new lp.ScopedTeam("operators", {
    name: "payments-operators",
    displayName: "Payments operators",
    description: "Watches production.",
    members: ["di"],
    access: {
        stacks: [{ tags: { environment: "production" }, permission: "view" }],
        environments: [{ tags: { tier: "production" }, permission: "read" }],
        organization: "readOnly",
        scopes: ["audit_logs:read"],
    },
});

// Changes to production are deployed, not typed. The deployment's own token may update its stack and nothing else; this
// lets it open the production environment as well.
new lp.DeploymentRoleAssignment("deployments", {
    project: "payments",
    stack: "prod",
    access: {
        environments: [{ project: "payments", environment: "prod", permission: "open" }],
    },
}, { dependsOn: prod });

// The trust policy of the AWS role: exactly one subject, exactly one audience.
export const trustPolicy = prod.awsTrustPolicy;
export const subjects = prod.subjects;
