// Programs that the compiler has to refuse. Each line that ends in `wrong: code word` is an error of that code whose text
// names the word, and no other line is. A test holds the compiler to it.
import * as pulumi from "@pulumi/pulumi";
import * as lp from "pulumi-leastprivilege";

// A required property is missing: at the top, nested, and of a function.
new lp.ScopedTeam("no-name", { members: ["bo"] }); // wrong: TS2345 'name'
new lp.ProductionEnvironment("no-project", { name: "prod" }); // wrong: TS2345 'project'
new lp.Environment("no-name", { project: "payments" }); // wrong: TS2345 'name'
new lp.DeploymentRoleAssignment("no-stack", { project: "payments" }); // wrong: TS2345 'stack'
new lp.TeamAccess("no-team", { stacks: [] }); // wrong: TS2345 'team'
new lp.TeamAccess("no-permission", { team: "payments", stacks: [{ project: "payments", stack: "dev" }] }); // wrong: TS2322 'permission'
new lp.DeploymentRole("no-role", { project: "payments", stack: "prod", oidc: { aws: { duration: "1h" } } }); // wrong: TS2322 'roleArn'
new lp.ScopedTeam("no-arguments"); // wrong: TS2554 arguments
lp.deploymentSubjectsOutput({ project: "payments" }); // wrong: TS2345 'stack'
lp.escSubjects({ project: "payments" }); // wrong: TS2345 'environment'

// A wrong enum: a misspelled word, another kind's, one that does not exist.
new lp.ScopedTeam("enum", { name: "x", access: { stacks: [{ all: true, permission: "red" }] } }); // wrong: TS2820 "red"
new lp.ScopedTeam("enum", { name: "x", access: { stacks: [{ all: true, permission: "open" }] } }); // wrong: TS2322 "open"
new lp.ScopedTeam("enum", { name: "x", access: { stacks: [{ all: true, permission: lp.StackPermission.Open }] } }); // wrong: TS2339 'Open'
new lp.ScopedTeam("enum", { name: "x", access: { organization: "everything" } }); // wrong: TS2322 "everything"
new lp.ScopedTeam("enum", { name: "x", grantThrough: "entities" }); // wrong: TS2322 "entities"
lp.deploymentSubjectsOutput({ project: "payments", stack: "prod", operations: ["up"] }); // wrong: TS2322 "up"
lp.deploymentSubjects({ project: "payments", stack: "prod", operations: [lp.StackPermission.Write] }); // wrong: TS2322 "write"

// A property that does not exist, a wrong type, an output where a plain value is needed, an output that does not exist.
new lp.ScopedTeam("unknown", { name: "x", memberz: ["bo"] }); // wrong: TS2561 'memberz'
new lp.ScopedTeam("unknown", { name: "x", access: { stack: [] } }); // wrong: TS2353 'stack'
new lp.ProductionEnvironment("unknown", { project: "p", name: "x", aws: { rolearn: "arn" } }); // wrong: TS2353 'rolearn'
new lp.Team("type", { name: "x", members: "bo,cy" }); // wrong: TS2322 'string'
new lp.ScopedTeam("type", { name: "x", existing: pulumi.output(true) }); // wrong: TS2322 'OutputInstance<boolean>'
lp.escSubjects({ project: "payments", environment: pulumi.output("prod") }); // wrong: TS2322 'string'
const team = new lp.ScopedTeam("right", { name: "x", members: ["bo"], access: { stacks: [] } });
export const role = team.role; // wrong: TS2339 'role'
