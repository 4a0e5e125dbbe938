// AWS roles of one's own, with trust policies that admit exactly one ESC environment and one deployed stack.
//
// The components can make such roles by themselves. Do it by hand, as here, where roles are made in a program of another
// team, or need what the components do not have. The functions that compute subjects and policies make no call and need
// no token. Their `...Output` forms take outputs and give outputs.
import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import * as lp from "pulumi-leastprivilege";

const project = "payments";
const name = "prod"; // of the stack, and of the environment

// The OIDC provider of Pulumi Cloud exists once in an AWS account, so it is named, not made. Its ARN follows from the
// account's id.
const { accountId } = aws.getCallerIdentityOutput();

// One: the environment. Without a lock of its own, only the environment itself can assume the role; the component below
// writes the login with the same lock, so that the role and the login cannot disagree.
const environment = lp.escSubjectsOutput({ project, environment: name });
const reader = new aws.iam.Role("reader", {
    name: "payments-prod-reader",
    assumeRolePolicy: lp.awsTrustPolicyOutput({
        accountId,
        subjects: environment.subjects,
        audience: environment.audiences.aws,
    }).document,
});
new aws.iam.RolePolicyAttachment("reader-looks", {
    role: reader.name,
    policyArn: "arn:aws:iam::aws:policy/job-function/ViewOnlyAccess",
});
new lp.ProductionEnvironment("prod", {
    project,
    name,
    deletionProtected: new pulumi.Config().requireBoolean("protectProduction"),
    aws: { create: false, roleArn: reader.arn },
});

// Two: the deployments of the stack, which need no environment. Previews are left out: they come from pull requests, and
// whoever can open one would hold the credentials that can change production.
const deployments = lp.deploymentSubjectsOutput({ project, stack: name, operations: ["update", "refresh"] });
const deployer = new aws.iam.Role("deployer", {
    name: "payments-prod-deployer",
    assumeRolePolicy: lp.awsTrustPolicyOutput({
        accountId,
        subjects: deployments.subjects,
        audience: deployments.audience,
    }).document,
});
new aws.iam.RolePolicy("deployer-deploys", {
    role: deployer.name,
    policy: pulumi.jsonStringify({
        Version: "2012-10-17",
        Statement: [{
            Effect: "Allow",
            Action: ["lambda:GetFunction", "lambda:UpdateFunctionCode"],
            Resource: pulumi.interpolate`arn:aws:lambda:*:${accountId}:function:payments-*`,
        }],
    }),
});
new lp.DeploymentRole("deployments", {
    project,
    stack: name,
    oidc: { aws: { roleArn: deployer.arn, sessionName: "payments-prod", duration: "1h" } },
});

export const readerArn = reader.arn;
export const deployerArn = deployer.arn;
export const subjects = pulumi.all([environment.subjects, deployments.subjects])
    .apply(([environments, operations]) => [...environments, ...operations]);
