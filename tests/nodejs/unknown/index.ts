// What is named by another resource's output is unknown until that resource exists.
import * as pulumi from "@pulumi/pulumi";
import * as lp from "pulumi-leastprivilege";

const role = new lp.Role("role", {
    name: "readers",
    access: { stacks: [{ project: "payments", stack: "dev", permission: lp.StackPermission.Read }] },
});
const suffix = role.roleId.apply((known) => known.toLowerCase().slice(0, 8));

const environment = new lp.ProductionEnvironment("environment", {
    project: "payments",
    name: pulumi.interpolate`env-${suffix}`,
    deletionProtected: false,
    values: { role: role.roleId, nested: { list: [role.roleId] } },
});
const team = new lp.ScopedTeam("team", {
    name: pulumi.interpolate`team-${suffix}`,
    members: ["bo"],
    access: {
        environments: [{ project: "payments", environment: pulumi.interpolate`env-${suffix}`, permission: "read" }],
    },
}, { dependsOn: environment });
// A component's output as another's input, and as a function's.
const sharing = new lp.ScopedTeam("shared", { name: pulumi.interpolate`${team.team}-shared`, roleId: role.roleId });
const locked = lp.escSubjectsOutput({ project: "payments", environment: pulumi.interpolate`env-${suffix}` });
const trust = lp.awsTrustPolicyOutput({
    accountId: "123456789012",
    subjects: locked.subjects,
    audience: locked.audiences.aws,
});

export const roleId = role.roleId;
export const teamName = team.team;
export const shared = sharing.team;
export const subjects = locked.subjects;
export const componentSubjects = environment.subjects;
export const policy = trust.document;
